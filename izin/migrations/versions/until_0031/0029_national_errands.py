"""The national registry in the panel: when an account began, when a brand last sent and heard, what people asked."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.add_column("national_account", sa.Column("started_at", INSTANT))
    # Who was synchronised before this version goes on.
    op.execute("UPDATE national_account SET started_at = window_at")
    op.add_column("national_brand", sa.Column("sent_at", INSTANT))
    op.add_column("national_brand", sa.Column("pushed_at", INSTANT))
    op.create_table(
        "national_errand",
        sa.Column("account", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT),
        sa.Column("outcome", sa.Text()),
        sa.PrimaryKeyConstraint("account", "kind", name="national_errand_pkey"),
        sa.ForeignKeyConstraint(["account"], ["national_account.id"], name="national_errand_account_fkey"),
        sqlite_with_rowid=False,
    )
