"""Users of programs can be ended; how often programs call is counted once for all processes of a site."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.add_column("api_user", sa.Column("ended_at", INSTANT))
    op.create_table(
        "api_rate",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("count", ID, nullable=False),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":  # counts may be lost in a crash, and cost no log
        op.execute("ALTER TABLE api_rate SET UNLOGGED")
        op.execute("ALTER TABLE api_rate SET (fillfactor = 50)")
