"""How far the witness was compared by the last proof, so that a nightly one need not read all of it.

What was noted before is let go: the next proof looks at everything, because a MAC covers each column.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.drop_table("verified")
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
        sa.Column("witness_size", ID, nullable=False),
        sa.Column("witness_bytes", ID, nullable=False),
        sa.Column("witness_digest", sa.LargeBinary(), nullable=False),
        sa.Column("round_bytes", ID, nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name="verified_one_row_check"),
    )
