"""The schema of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    history()
    companies()
    sign_in()
    doors()
    programs()
    witness()


def history() -> None:
    """A key's own history is found without a person's whole; transaction ids rise within their second from now on."""
    # SQLite appends the row number to every index by itself.
    number = [] if op.get_bind().dialect.name == "sqlite" else ["id"]
    op.drop_index("consent_event_recipient", "consent_event")
    op.create_index("consent_event_recipient", "consent_event", ["recipient", "brand", *number])
    op.add_column("registry", sa.Column("rising_from", sa.BigInteger(), nullable=False, server_default="1"))
    op.execute("UPDATE registry SET rising_from = (SELECT coalesce(max(id), 0) + 1 FROM consent_event)")
    op.drop_column("registry", "unmarked")


def companies() -> None:
    """Each brand carries a mark, made with the registry's keys, of whose it is."""
    op.add_column("brand", sa.Column("voucher", sa.LargeBinary()))


def sign_in() -> None:
    """Who has proved an address before; sweeps go by indexes."""
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


def doors() -> None:
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
    op.create_index("sms_question_expires_at", "sms_question", ["expires_at"])


def programs() -> None:
    """Users of programs can be ended; how often programs call is counted once for all processes of a site."""
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


def witness() -> None:
    """Checkpoints once more, in a table that only grows, for hosts without a lasting disk."""
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
