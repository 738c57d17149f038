"""Erasures of earlier versions left no mark; it takes the keys to set it (consents/care/unmarked.py)."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registry", sa.Column("unmarked", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE registry SET unmarked = true")  # a new registry has no row yet
