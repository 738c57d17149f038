"""How many records were not taken, by code; and partners that are closed."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.create_table(
        "refused_count",
        sa.Column("brand", ID, autoincrement=False, nullable=False),
        sa.Column("day", ID, autoincrement=False, nullable=False),
        sa.Column("channel", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("way", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("refused", ID, nullable=False),
        sa.Column("upload", ID),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("brand", "day", "channel", "way", "code", name="refused_count_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="refused_count_brand_fkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("refused_count_last_at", "refused_count", ["last_at"])
    op.add_column("partner", sa.Column("closed_at", INSTANT))
