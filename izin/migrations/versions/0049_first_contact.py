"""First-contact notices: which addresses get none, and how far the job has come."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

# As in 0043: SQLite numbers INTEGER columns alone, and keeps instants without rounding as NUMERIC; PostgreSQL has
# BIGINT and DOUBLE PRECISION.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    first_contact()


def first_contact() -> None:
    """Addresses as marks; kind and time are empty where no notice was sent."""
    op.create_table(
        "first_contact",
        sa.Column("address", sa.LargeBinary(), primary_key=True),
        sa.Column("kind", sa.Text()),
        sa.Column("at", INSTANT),
        sa.CheckConstraint("kind IN ('sms', 'mail')", name="first_contact_kind_check"),
        sqlite_with_rowid=False,
    )
    op.create_index("first_contact_kind_at", "first_contact", ["kind", "at"])
    op.create_table(
        "first_contact_pass",
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("after", ID, nullable=False),
        sa.Column("ended_at", INSTANT),
        sqlite_with_rowid=False,
    )
