"""Whether an acknowledged change outlives the primary: its standbys, and whether PostgreSQL waits for one of them."""

from __future__ import annotations

from sqlalchemy import text

from consents.store import Snapshot, Statement, Store

# Each may be seen by any role; where it may not see a standby's state, that is NULL. A running base backup is none.
_STANDBYS = Statement(
    text(
        "SELECT count(*), current_setting('synchronous_standby_names') FROM pg_stat_replication"
        " WHERE state IS NULL OR state IN ('catchup', 'streaming')"
    )
)


def warnings(store: Store) -> list[str]:
    """A sentence where standbys follow the primary and none is waited for, as its failure loses what was acknowledged;
    and one where the standby that is to be read does not answer or is none."""
    if store.engine.dialect.name != "postgresql":
        return []
    found = []
    if store.replica is not None and store.replica.resting:
        found.append("DATABASE_READ_URL does not answer, or is no standby: the primary is read instead")
    attached, waited_for = store.read_now(Snapshot.one, _STANDBYS) or (0, "")
    if not attached or waited_for:
        return found
    return [
        *found,
        "PostgreSQL has standbys and none is synchronous: what was acknowledged is lost with the primary;"
        " set synchronous_standby_names",
    ]
