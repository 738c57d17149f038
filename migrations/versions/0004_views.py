"""How a citizen wants to see an address: what was before him stays hidden."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.create_table(
        "recipient_view",
        sa.Column("recipient", ID, nullable=False, autoincrement=False),
        sa.Column("answered_at", INSTANT, nullable=False),
        sa.Column("hidden_before", INSTANT),
        sa.PrimaryKeyConstraint("recipient", name="recipient_view_pkey"),
        sa.ForeignKeyConstraint(["recipient"], ["recipient.id"], name="recipient_view_recipient_fkey"),
    )
