"""Adds each panel user's count of wrong second steps in a row."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("panel_user", sa.Column("step_wrong", sa.SmallInteger(), nullable=False, server_default="0"))
