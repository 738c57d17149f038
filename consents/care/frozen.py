"""Checks the triggers by which the database refuses to change history (rule L7)."""

from __future__ import annotations

import re

from sqlalchemy import Table, text

from consents.columns import SealedBytes
from consents.store import Snapshot, Statement
from consents.store.statements import POSTGRESQL, SQLITE
from consents.tables import metadata

_REFUSALS = {
    SQLITE: r"BEGIN SELECT RAISE\(ABORT, '[^']*'\); END",
    POSTGRESQL: r"FOR EACH (ROW|STATEMENT) EXECUTE FUNCTION (\w+\.)?izin_history\(\)",
}
_TRIGGERS = {
    SQLITE: Statement(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")),
    POSTGRESQL: Statement(
        text(
            "SELECT tgname, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
            "WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND prosrc LIKE ' BEGIN RAISE EXCEPTION %'"
        )
    ),
}


def fault(snapshot: Snapshot) -> str | None:
    """The first frozen table, of the rooms that are loaded, whose rows can be changed; None when all are guarded."""
    found = dict(snapshot.all(_TRIGGERS[snapshot.dialect]))
    verbs = ["UPDATE", "DELETE", *(["TRUNCATE"] if snapshot.dialect == POSTGRESQL else [])]
    for table in filter(_is_frozen, metadata.sorted_tables):
        for verb in verbs:
            trigger = f"{table.name}_no_{verb.lower()}"
            if not _refuses(found.get(trigger, ""), table, verb, snapshot.dialect):
                return f"nothing keeps {table.name} from {verb}: the trigger {trigger} is gone, or not as it was made"
    return None


def _is_frozen(table: Table) -> bool:
    return bool(table.info.get("frozen"))


def _refuses(definition: str, table: Table, verb: str, dialect: str) -> bool:
    """Whether a trigger is as the migration made it: for every row, and for every column of history."""
    head = rf"CREATE TRIGGER \w+ BEFORE {verb}(?: OF (?P<columns>[\w, ]+))? ON (?:\w+\.)?{table.name} "
    match = re.fullmatch(head + _REFUSALS[dialect], definition)
    if match is None:
        return False
    named = match["columns"]
    # Sealed columns change: an erasure empties them, and a key rotation encrypts them again.
    history = {column.name for column in table.columns if not isinstance(column.type, SealedBytes)}
    return named is None or history <= set(named.split(", "))
