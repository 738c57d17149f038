"""The witness inside the database: checkpoints in a table of their own, for hosts without a lasting disk."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.create_table(
        "witness",
        sa.Column("size", ID, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("previous", ID, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("size", name="witness_pkey"),
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    refusal = (
        "FOR EACH ROW EXECUTE FUNCTION izin_history()"
        if postgresql
        else "BEGIN SELECT RAISE(ABORT, 'witness is history and cannot be changed'); END"
    )
    for deed in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER witness_no_{deed.lower()} BEFORE {deed} ON witness {refusal}")
    if postgresql:
        op.execute(
            "CREATE TRIGGER witness_no_truncate BEFORE TRUNCATE ON witness "
            "FOR EACH STATEMENT EXECUTE FUNCTION izin_history()"
        )
