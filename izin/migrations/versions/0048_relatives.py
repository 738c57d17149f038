"""Passkeys of citizens and the sessions they begin; lasting helpers and the visits they open."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.LargeBinary()
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.add_column("session", sa.Column("passkey", BYTES))
    op.create_table(
        "passkey",
        sa.Column("digest", BYTES, nullable=False),
        sa.Column("credential", BYTES, nullable=False),
        sa.Column("address", BYTES, nullable=False),
        sa.Column("public", BYTES, nullable=False),
        sa.Column("counter", ID, nullable=False),
        sa.Column("device", BYTES),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("proved_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.PrimaryKeyConstraint("digest", name="passkey_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("passkey_address", "passkey", ["address"])
    op.create_index("passkey_device", "passkey", ["device"])
    op.create_index("passkey_proved_at", "passkey", ["proved_at"])
    op.add_column("helper_visit", sa.Column("delegation", BYTES))
    op.create_table(
        "delegation",
        sa.Column("key", BYTES, nullable=False),
        sa.Column("address", BYTES, nullable=False),
        sa.Column("helper", BYTES, nullable=False),
        sa.Column("label", sa.SmallInteger(), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
        sa.Column("noticed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="delegation_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("delegation_address", "delegation", ["address"])
    op.create_index("delegation_helper", "delegation", ["helper"])
    op.create_index("delegation_ends_at", "delegation", ["ends_at"])
    op.create_index("delegation_used_at", "delegation", ["used_at"])
