"""Transaction ids rise within their second (rule L14); what was recorded before keeps its ids."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registry", sa.Column("rising_from", sa.BigInteger(), nullable=False, server_default="1"))
    op.execute("UPDATE registry SET rising_from = (SELECT coalesce(max(id), 0) + 1 FROM consent_event)")
