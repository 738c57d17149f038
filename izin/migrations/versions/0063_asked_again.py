"""Which version of its form a poster prints (of those that are there, the one published when they were made); how the
requests of each day ended; an index of verified numbers, whose proofs are stamped."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")
VERIFIED = sa.text("state = 2 AND purpose = 0")


def upgrade() -> None:
    op.add_column("till", sa.Column("version", sa.SmallInteger()))
    op.execute(
        "UPDATE till SET version = (SELECT max(number) FROM form_version "
        "WHERE form_version.form = till.form AND published_at <= till.made_at) WHERE kind = 'poster'"
    )
    op.create_table(
        "request_count",
        sa.Column("company", ID, sa.ForeignKey("provider.id"), primary_key=True, autoincrement=False),
        sa.Column("day", INSTANT, primary_key=True),
        sa.Column("brand", ID, primary_key=True, autoincrement=False),
        sa.Column("purpose", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("method", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("state", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("yes", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("no", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", ID, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("request_count_day", "request_count", ["day"])
    op.create_table(
        "requests_counted",
        sa.Column("id", ID, primary_key=True, autoincrement=False),
        sa.Column("until", INSTANT, nullable=False),
    )
    op.create_index(
        "consent_request_verified",
        "consent_request",
        ["ended_at"],
        sqlite_where=VERIFIED,
        postgresql_where=VERIFIED,
    )


def downgrade() -> None:
    op.drop_index("consent_request_verified", "consent_request")
    op.drop_table("requests_counted")
    op.drop_index("request_count_day", "request_count")
    op.drop_table("request_count")
    op.drop_column("till", "version")
