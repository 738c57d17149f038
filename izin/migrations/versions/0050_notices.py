"""Notices to the panel's people: which were sent, and which kinds a person has switched off."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.add_column("panel_user", sa.Column("muted", sa.SmallInteger(), nullable=False, server_default="0"))
    op.create_table(
        "panel_notice",
        sa.Column("person", ID, sa.ForeignKey("panel_user.id"), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("about", sa.Text(), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("panel_notice_at", "panel_notice", ["at"])
