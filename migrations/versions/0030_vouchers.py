"""Each brand carries a mark, made with the registry's keys, of whose it is (consents/care/vouchers.py)."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("brand", sa.Column("voucher", sa.LargeBinary(), nullable=True))
