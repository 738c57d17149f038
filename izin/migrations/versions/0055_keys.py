"""What a program's key may do, and its last calls."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0051"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.add_column("api_user", sa.Column("reads_only", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("api_user", sa.Column("brands", sa.Text(), nullable=True))
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


def downgrade() -> None:
    op.drop_table("api_call")
    op.drop_column("api_user", "brands")
    op.drop_column("api_user", "reads_only")
