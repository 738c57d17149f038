"""Dealers at the national registry: which number it knows each of ours by, and under which one a movement was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.add_column("national_brand", sa.Column("dealers_due_at", INSTANT))
    op.add_column("national_item", sa.Column("retailer", ID))
    op.create_table(
        "national_dealer",
        sa.Column("dealer", ID, autoincrement=False, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("retailer", ID, nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("dealer", name="national_dealer_pkey"),
        sa.ForeignKeyConstraint(["dealer"], ["dealer.id"], name="national_dealer_dealer_fkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="national_dealer_brand_fkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("national_dealer_retailer", "national_dealer", ["brand", "retailer"], unique=True)
