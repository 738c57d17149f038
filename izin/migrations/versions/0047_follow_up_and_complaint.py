"""The questions after a refusal's last day, and the complaints that citizens count."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0043"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    personal = sa.text("recipient IS NOT NULL OR text IS NOT NULL")
    op.create_table(
        "follow_up",
        sa.Column("act", ID, nullable=False, autoincrement=False),
        sa.Column("recipient", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("asked_at", INSTANT),
        sa.Column("answered_at", INSTANT),
        sa.Column("brand", ID),
        sa.PrimaryKeyConstraint("act", name="follow_up_pkey"),
        sa.ForeignKeyConstraint(["recipient"], ["recipient.id"], name="follow_up_recipient_fkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="follow_up_brand_fkey"),
        sa.CheckConstraint("kind IN ('sms', 'mail')", name="follow_up_kind_check"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "complaint",
        sa.Column("id", ID, nullable=False),
        sa.Column("once", sa.LargeBinary(), nullable=False),
        sa.Column("recipient", ID),
        sa.Column("brand", ID),
        sa.Column("sender", sa.Text()),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("act", ID),
        sa.Column("counted_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT),
        sa.Column("answered_at", INSTANT),
        sa.Column("text", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="complaint_pkey"),
        sa.UniqueConstraint("once", name="complaint_once_key"),
        sa.ForeignKeyConstraint(["recipient"], ["recipient.id"], name="complaint_recipient_fkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="complaint_brand_fkey"),
        sa.CheckConstraint("(brand IS NULL) <> (sender IS NULL)", name="complaint_about_check"),
    )
    op.create_index("complaint_recipient", "complaint", ["recipient"])
    op.create_index("complaint_brand_day", "complaint", ["brand", "day"])
    op.create_index(
        "complaint_counted_at", "complaint", ["counted_at"], sqlite_where=personal, postgresql_where=personal
    )
    op.create_index("follow_up_due_at", "follow_up", ["due_at"])
    op.create_index("follow_up_recipient", "follow_up", ["recipient"])
