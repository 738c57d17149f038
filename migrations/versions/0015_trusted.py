"""Who has proved an address before; sweeps of sign-in and of questions by SMS go by indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.create_table(
        "trusted_asker",
        sa.Column("asker", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("wrong", sa.SmallInteger(), nullable=False),
        sa.Column("proved_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("asker", "address", name="trusted_asker_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("trusted_asker_address", "trusted_asker", ["address", "proved_at"])
    op.create_index("trusted_asker_proved_at", "trusted_asker", ["proved_at"])
    op.add_column("one_time_code", sa.Column("asker", sa.LargeBinary()))
    op.create_index("one_time_code_asked_at", "one_time_code", ["asked_at"])
    op.create_index("one_time_code_address", "one_time_code", ["address"])
    op.create_index("session_started_at", "session", ["started_at"])
    op.create_index("sign_in_at", "sign_in", ["at"])
    op.create_index("sign_in_wrong_at", "sign_in", ["wrong_at"])
    op.create_index("sms_question_expires_at", "sms_question", ["expires_at"])
