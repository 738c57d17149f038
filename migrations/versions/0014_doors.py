"""A key's own history is found without reading all of a person's; a question about what GERI AL would bring back."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    # SQLite appends the row number to every index by itself.
    number = [] if op.get_bind().dialect.name == "sqlite" else ["id"]
    op.drop_index("consent_event_recipient", "consent_event")
    op.create_index("consent_event_recipient", "consent_event", ["recipient", "brand", *number])
    _ask_anew()


def _ask_anew() -> None:
    """An open question lives ten minutes, so the table is made anew: SQLite changes no CHECK."""
    op.drop_table("sms_question")
    op.create_table(
        "sms_question",
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("asks", sa.Text(), nullable=False),
        sa.Column("channels", sa.SmallInteger(), nullable=False),
        sa.Column("brand", ID),
        sa.Column("act", ID),
        sa.Column("code", sa.LargeBinary()),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("sender", name="sms_question_pkey"),
        sa.CheckConstraint("asks IN ('brand', 'onay', 'undo')", name=op.f("sms_question_asks_check")),
        sqlite_with_rowid=False,
    )
