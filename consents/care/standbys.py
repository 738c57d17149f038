"""Whether PostgreSQL waits for a standby, so that an acknowledged change outlives the primary."""

from __future__ import annotations

import re

from sqlalchemy import text

from consents.store import Snapshot, Statement, Store

# Each may be seen by any role; where it may not see a standby's state, that is NULL. A running base backup is none.
_STANDBYS = Statement(
    text(
        "SELECT count(*), coalesce(array_agg(lower(application_name)), '{}'),"
        " current_setting('synchronous_standby_names') FROM pg_stat_replication"
        " WHERE state IS NULL OR state IN ('catchup', 'streaming')"
    )
)
# As in: ANY 1 (b, "c d")
_LIST = re.compile(r"^\s*(?:(?:ANY|FIRST)?\s*\d+\s*\((?P<names>.*)\))\s*$", re.IGNORECASE | re.DOTALL)
_NAME = re.compile(r'"((?:[^"]|"")*)"|([^\s,"]+)')


def warnings(store: Store) -> list[str]:
    """A sentence for each: no standby is waited for; one that is waited for is away; the standby that is read does not
    answer or is none."""
    if store.engine.dialect.name != "postgresql":
        return []
    found = []
    if store.replica is not None and store.replica.resting:
        found.append("DATABASE_READ_URL does not answer, or is no standby of this primary: the primary is read instead")
    attached, following, waited_for = store.read_now(Snapshot.one, _STANDBYS) or (0, [], "")
    if waited_for:
        found += [
            f"the standby {name} of synchronous_standby_names does not follow the primary: where too few are left of "
            "those, no change can be recorded"
            for name in names(waited_for)
            if name not in following
        ]
    elif attached:
        found.append(
            "PostgreSQL has standbys and none is synchronous: what was acknowledged is lost with the primary;"
            " set synchronous_standby_names"
        )
    return found


def names(waited_for: str) -> list[str]:
    """The names in ``synchronous_standby_names``, in lower case as PostgreSQL compares them; not ``*``."""
    listed = found["names"] if (found := _LIST.match(waited_for)) else waited_for
    every = (quoted.replace('""', '"') or plain for quoted, plain in _NAME.findall(listed))
    return [name.lower() for name in every if name != "*"]
