"""The public figures of each month that is over."""

import sqlalchemy as sa
from alembic import op

revision = "0086"
down_revision = "0084"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "public_figure",
        sa.Column("month", ID, nullable=False, autoincrement=False),
        sa.Column("what", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("amount", ID, nullable=True),
        sa.PrimaryKeyConstraint("month", "what", "part", name="public_figure_pkey"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("public_figure")
