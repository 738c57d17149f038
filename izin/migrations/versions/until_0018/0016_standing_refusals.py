"""Standing refusals: what a citizen refuses ahead, for one channel and identity of an address."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.add_column("act", sa.Column("blankets", sa.SmallInteger()))
    op.create_table(
        "blanket_word",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("act", ID, nullable=False),
        sa.Column("recipient", ID, nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("identity", sa.SmallInteger(), nullable=False),
        sa.Column("refuses", sa.Boolean(), nullable=False),
        sa.Column("source", sa.SmallInteger(), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="blanket_word_pkey"),
        sa.ForeignKeyConstraint(["act"], ["act.id"], name="blanket_word_act_fkey"),
        sa.ForeignKeyConstraint(["recipient"], ["recipient.id"], name="blanket_word_recipient_fkey"),
    )
    op.create_index("blanket_word_recipient", "blanket_word", ["recipient"])
    op.create_index("blanket_word_act", "blanket_word", ["act"])
    guards()


def guards() -> None:
    """The rows never change; the trigger that keeps acts names their columns, so it is made anew."""
    bind = op.get_bind()
    history = ", ".join(one["name"] for one in sa.inspect(bind).get_columns("act") if one["name"] != "evidence")
    postgresql = bind.dialect.name == "postgresql"

    def refusal(table: str) -> str:
        if postgresql:
            return "FOR EACH ROW EXECUTE FUNCTION izin_history()"
        return f"BEGIN SELECT RAISE(ABORT, '{table} is history and cannot be changed'); END"

    op.execute("DROP TRIGGER act_no_update" + (" ON act" if postgresql else ""))
    op.execute(f"CREATE TRIGGER act_no_update BEFORE UPDATE OF {history} ON act {refusal('act')}")
    for deed in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER blanket_word_no_{deed.lower()} BEFORE {deed} ON blanket_word {refusal('blanket_word')}"
        )
    if postgresql:
        op.execute(
            "CREATE TRIGGER blanket_word_no_truncate BEFORE TRUNCATE ON blanket_word "
            "FOR EACH STATEMENT EXECUTE FUNCTION izin_history()"
        )
