"""Up to where everything was proved, so that a nightly proof begins there."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0034"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.create_table(
        "verified",
        sa.Column("id", sa.SmallInteger(), primary_key=True),
        sa.Column("size", ID, nullable=False),
        sa.Column("event", ID, nullable=False),
        sa.Column("recipient", ID, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("whole_at", INSTANT, nullable=False),
        sa.Column("proved_since", INSTANT, nullable=False),
        sa.Column("round_at", INSTANT, nullable=False),
        sa.Column("round_act", ID, nullable=False),
        sa.Column("round_recipient", ID, nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name="verified_one_row_check"),
    )
