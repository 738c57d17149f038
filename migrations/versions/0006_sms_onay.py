"""Which brands take a consent by SMS."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sms_onay",
        sa.Column("brand", ID, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("brand", name="sms_onay_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="sms_onay_brand_fkey"),
    )
