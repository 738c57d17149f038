"""Visits of helpers, texts that sign in, and sessions that may do less for it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.add_column("session", sa.Column("limited", sa.Boolean()))
    op.create_table(
        "helper_visit",
        sa.Column("session", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT),
        sa.PrimaryKeyConstraint("session", name="helper_visit_pkey"),
        sa.ForeignKeyConstraint(["session"], ["session.key"], name="helper_visit_session_fkey", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("helper_visit_address", "helper_visit", ["address"])
    op.create_index("helper_visit_ends_at", "helper_visit", ["ends_at"])
    op.create_table(
        "shown_text",
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("proved_at", INSTANT),
        sa.Column("used", sa.Boolean()),
        sa.PrimaryKeyConstraint("holder", name="shown_text_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("shown_text_digest", "shown_text", ["digest"])
    op.create_index("shown_text_address", "shown_text", ["address"])
    op.create_index("shown_text_expires_at", "shown_text", ["expires_at"])
