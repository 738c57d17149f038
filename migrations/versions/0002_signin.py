"""Sign-in: one-time codes, sessions, what is remembered of an address, throttles."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger()
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def key(name: str, kind: sa.types.TypeEngine, *rest: object, **options: object) -> sa.Column:
    return sa.Column(name, kind, *rest, nullable=False, **options)


def upgrade() -> None:
    op.create_table(
        "throttle",
        key("key", sa.LargeBinary()),
        key("at", INSTANT),
        key("count", ID),
        sa.PrimaryKeyConstraint("key", "at", name="throttle_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("throttle_at", "throttle", ["at"])
    op.create_table(
        "one_time_code",
        key("holder", sa.LargeBinary()),
        key("purpose", SMALL),
        key("address", sa.LargeBinary()),
        key("mac", sa.LargeBinary()),
        sa.Column("earlier", sa.LargeBinary()),
        key("first_asked_at", INSTANT),
        key("asked", SMALL),
        key("asked_at", INSTANT),
        key("expires_at", INSTANT),
        key("tries", SMALL),
        key("wrong", SMALL),
        sa.Column("used_at", INSTANT),
        sa.PrimaryKeyConstraint("holder", name="one_time_code_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session",
        key("key", sa.LargeBinary()),
        key("started_at", INSTANT),
        key("touched_at", INSTANT),
        key("current", SMALL),
        sa.PrimaryKeyConstraint("key", name="session_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session_address",
        key("session", sa.LargeBinary()),
        key("place", SMALL, autoincrement=False),
        key("address", sa.LargeBinary()),
        key("proved_at", INSTANT),
        sa.Column("last_sign_in", INSTANT),
        sa.PrimaryKeyConstraint("session", "place", name="session_address_pkey"),
        sa.ForeignKeyConstraint(["session"], ["session.key"], name="session_address_session_fkey", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("session_address_address", "session_address", ["address"])
    op.create_table(
        "sign_in",
        key("address", sa.LargeBinary()),
        sa.Column("at", INSTANT),
        key("wrong", ID),
        sa.Column("wrong_at", INSTANT),
        sa.PrimaryKeyConstraint("address", name="sign_in_pkey"),
        sqlite_with_rowid=False,
    )
