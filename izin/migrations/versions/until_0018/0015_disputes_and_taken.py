"""Refusals that dispute what a company declared, and up to where each brand's refusals were taken in time."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    disputes()
    refusals_taken()


def disputes() -> None:
    """An act says whether it disputes; the trigger that keeps acts names their columns, so it is made anew."""
    op.add_column("act", sa.Column("disputed", sa.Boolean()))
    bind = op.get_bind()
    history = ", ".join(one["name"] for one in sa.inspect(bind).get_columns("act") if one["name"] != "evidence")
    postgresql = bind.dialect.name == "postgresql"
    refusal = (
        "FOR EACH ROW EXECUTE FUNCTION izin_history()"
        if postgresql
        else "BEGIN SELECT RAISE(ABORT, 'act is history and cannot be changed'); END"
    )
    op.execute("DROP TRIGGER act_no_update" + (" ON act" if postgresql else ""))
    op.execute(f"CREATE TRIGGER act_no_update BEFORE UPDATE OF {history} ON act {refusal}")


def refusals_taken() -> None:
    op.create_table(
        "refusals_taken",
        sa.Column("brand", ID, autoincrement=False, nullable=False),
        sa.Column("event", ID, nullable=False),
        sa.Column("untaken", ID, nullable=False),
        sa.Column("oldest", INSTANT),
        sa.PrimaryKeyConstraint("brand", name="refusals_taken_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="refusals_taken_brand_fkey"),
        sqlite_with_rowid=False,
    )
