"""Who has asked to be told of declared consents, and where."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    watch()


def watch() -> None:
    op.create_table(
        "watch",
        sa.Column("recipient", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.LargeBinary(), nullable=False),
        sa.Column("stop", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("event", ID, nullable=False),
        sa.Column("looked_at", INSTANT, nullable=False),
        sa.Column("proved_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("recipient", name="watch_pkey"),
        sa.ForeignKeyConstraint(["recipient"], ["recipient.id"], name="watch_recipient_fkey"),
        sa.CheckConstraint("kind IN ('sms', 'mail')", name=op.f("watch_kind_check")),
        sqlite_with_rowid=False,
    )
    op.create_index("watch_looked_at", "watch", ["kind", "looked_at"])
    op.create_index("watch_proved_at", "watch", ["proved_at"])
    op.create_index("watch_stop", "watch", ["stop"])
