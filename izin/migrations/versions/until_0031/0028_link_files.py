"""Files that the worker makes are of several kinds: of consents, and of short links."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("panel_export", sa.Column("kind", sa.SmallInteger(), nullable=False, server_default="0"))
