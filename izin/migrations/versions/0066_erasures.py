"""What an erasure finds by the address: messages and received texts. The erasures themselves, for backups that are
restored; replaced day reports; runs that destroy old data."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0063"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")
MARKED = sa.text("who IS NOT NULL")


def upgrade() -> None:
    for table in ("outbox", "inbound_message"):
        op.add_column(table, sa.Column("who", sa.LargeBinary()))
        op.create_index(f"{table}_who", table, ["who"], sqlite_where=MARKED, postgresql_where=MARKED)
    op.create_table(
        "erasure",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("at", ID, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "replaced_report",
        sa.Column("brand", ID, sa.ForeignKey("brand.id"), primary_key=True, autoincrement=False),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("channel", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("sha384", sa.LargeBinary(), primary_key=True),
        sa.Column("sha512", sa.LargeBinary()),
        sa.Column("size", ID, nullable=False),
        sa.Column("movements", ID, nullable=False),
        sa.Column("stamp", sa.LargeBinary()),
        sa.Column("agreed_at", INSTANT),
        sa.Column("replaced_at", INSTANT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "destruction_run",
        sa.Column("id", ID, primary_key=True),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("place", ID, nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    for table in ("destruction_run", "replaced_report", "erasure"):
        op.drop_table(table)
    for table in ("outbox", "inbound_message"):
        op.drop_index(f"{table}_who", table)
        op.drop_column(table, "who")
