"""Reasons, what acts of the panel changed, and applicants' tax numbers are sealed; those of before too.

The log stays whole: an act's evidence has the digest of the plain words, which are opened to compare it. ``izin rekey``
may encrypt sealed columns again; the triggers keep all other columns as they were written.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from consents import held_keys

revision = "0041"
down_revision = "0039"
branch_labels = None
depends_on = None

SEALED, PAGE = sa.LargeBinary(), 1000
HISTORY = {
    "panel_act": "id, at, person, what, provider, brand, object, words_digest, mark",
    "company_change": "id, provider, brand, what, detail, done_by, at",
}
Row = Sequence[Any]
Values = Sequence[bytes | None]


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    seal = _seal()
    for table in HISTORY:
        _let_change(table, postgresql)

    def words(row: Row) -> Values:
        plain_words = dict(zip(("before", "after", "why"), row, strict=True), salt=secrets.token_hex(16))
        plain = json.dumps(plain_words, sort_keys=True, ensure_ascii=False).encode()
        return seal(plain), hashlib.sha256(plain).digest()

    _replace("panel_act", ("before", "after", "why"), {"words": True, "words_digest": True}, words, postgresql)
    _replace("company_change", ("reason",), {"reason": True}, lambda row: [seal(row[0].encode())], postgresql)
    application = lambda row: [seal(row[0].encode()), seal(row[1].encode()) if row[1] else None]  # noqa: E731
    _replace("provider_application", ("tax", "why"), {"tax": True, "why": False}, application, postgresql)
    op.execute("UPDATE outbox SET error = 'dropped:' WHERE error LIKE 'dropped: %'")  # the log of acts has why
    for table, columns in HISTORY.items():
        _freeze(table, columns, postgresql)


def _seal() -> Callable[[bytes], bytes]:
    """What seals by the newest key of evidence; an empty registry has none, and nothing to seal."""
    found = op.get_bind().execute(
        sa.text("SELECT wrapped FROM registry_key WHERE purpose = 'evidence' ORDER BY version DESC LIMIT 1")
    )
    row = found.first()
    if row is None:
        return lambda plain: plain
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA secure_delete = ON")  # else the plain words stay in the gaps of the file
    context = op.get_context().config
    tried = context.attributes.get("secrets", ()) if context else ()
    cipher = AESSIV(held_keys.unwrap(tried, "evidence", bytes(row[0])))
    return lambda plain: cipher.encrypt(plain, None)


def _replace(
    table: str, plain: Sequence[str], sealed: dict[str, bool], of: Callable[[Row], Values], postgresql: bool
) -> None:
    """Puts sealed columns in the place of plain ones. ``sealed``: by name, whether they are never empty."""
    for name, required in sealed.items():
        # SQLite adds a NOT NULL column only with a default.
        default = sa.text("x''") if required and not postgresql else None
        op.add_column(
            table, sa.Column(f"sealed_{name}", SEALED, nullable=not required or postgresql, server_default=default)
        )
    _fill(table, plain, [f"sealed_{name}" for name in sealed], of)
    for name in plain:
        op.drop_column(table, name)
    for name, required in sealed.items():
        op.execute(f"ALTER TABLE {table} RENAME COLUMN sealed_{name} TO {name}")
        if postgresql and required:
            op.alter_column(table, name, nullable=False)
    if postgresql:
        op.execute(f"CLUSTER {table} USING {table}_pkey")  # rewrites the rows without the dropped columns' contents


def _fill(table: str, plain: Sequence[str], sealed: Sequence[str], of: Callable[[Row], Values]) -> None:
    bind, after = op.get_bind(), 0
    read = sa.text(f"SELECT id, {', '.join(plain)} FROM {table} WHERE id > :after ORDER BY id LIMIT {PAGE}")
    write = sa.text(f"UPDATE {table} SET {', '.join(f'{name} = :{name}' for name in sealed)} WHERE id = :id")
    while rows := bind.execute(read, {"after": after}).all():
        bind.execute(write, [{"id": row[0], **dict(zip(sealed, of(row[1:]), strict=True))} for row in rows])
        after = rows[-1][0]


def _let_change(table: str, postgresql: bool) -> None:
    op.execute(f"DROP TRIGGER {table}_no_update" + (f" ON {table}" if postgresql else ""))


def _freeze(table: str, columns: str, postgresql: bool) -> None:
    refusal = (
        "FOR EACH ROW EXECUTE FUNCTION izin_history()"
        if postgresql
        else f"BEGIN SELECT RAISE(ABORT, '{table} is history and cannot be changed'); END"
    )
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE OF {columns} ON {table} {refusal}")
