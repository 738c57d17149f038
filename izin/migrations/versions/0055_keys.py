"""What a program's key may do, and its last calls; posts of push connections, and those for a whole company."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0052"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.add_column("api_user", sa.Column("reads_only", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("api_user", sa.Column("brands", sa.Text(), nullable=True))
    op.add_column("api_user", sa.Column("test", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "api_call",
        sa.Column("api_user", ID, sa.ForeignKey("api_user.id"), primary_key=True, autoincrement=False),
        sa.Column("number", ID, primary_key=True, autoincrement=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_index("api_call_at", "api_call", ["at"])

    op.add_column("push_connection", sa.Column("whole", ID, nullable=True))
    only = sa.text("whole IS NOT NULL")
    op.create_index("push_connection_whole", "push_connection", ["whole"], sqlite_where=only, postgresql_where=only)
    op.create_table(
        "push_delivery",
        sa.Column("id", ID, primary_key=True),
        sa.Column("connection", ID, sa.ForeignKey("push_connection.id"), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("after_event", ID, nullable=False),
        sa.Column("last_event", ID, nullable=False),
        sa.Column("movements", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("took", sa.SmallInteger(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
    )
    op.create_index("push_delivery_connection", "push_delivery", ["connection", "id"])
    op.create_index("push_delivery_at", "push_delivery", ["at"])


def downgrade() -> None:
    op.drop_table("push_delivery")
    op.drop_index("push_connection_whole", "push_connection")
    op.drop_column("push_connection", "whole")
    op.drop_table("api_call")
    op.drop_column("api_user", "test")
    op.drop_column("api_user", "brands")
    op.drop_column("api_user", "reads_only")
