"""First-contact notices: which addresses get none, and how far the job has come. Businesses with many lines."""

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
    businesses()


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


def businesses() -> None:
    """Businesses, their lines, and what was done for these (consents/tables/business_tables.py)."""
    table(
        "business",
        must("id", ID),
        refer("owner", "recipient"),
        must("sealed", sa.LargeBinary()),
        must("standing", sa.Boolean()),
        must("made_at", INSTANT),
        sa.UniqueConstraint("owner", name="business_owner_key"),
    )
    table(
        "business_domain",
        refer("business", "business", key=True),
        must("domain", sa.Text()),
        sa.Column("proved_at", INSTANT),
        key="business domain",
    )
    table(
        "business_claim",
        must("id", ID),
        refer("business", "business"),
        must("state", sa.SmallInteger()),
        must("lines", ID),
        must("place", ID),
        must("added", ID),
        sa.Column("sealed", sa.LargeBinary()),
        must("asked_at", INSTANT),
        sa.Column("decided_at", INSTANT),
        sa.Column("why", sa.LargeBinary()),
        sa.CheckConstraint("state IN (0, 1, 2, 3)", name="business_claim_state_check"),
    )
    op.create_index("business_claim_state", "business_claim", ["state", "id"])
    op.create_index("business_claim_business", "business_claim", ["business"])
    table(
        "business_line",
        refer("recipient", "recipient", key=True),
        refer("business", "business"),
        must("added_at", INSTANT),
        sa.Column("left_at", INSTANT),
        key="recipient",
    )
    op.create_index("business_line_business", "business_line", ["business", "recipient"])
    table(
        "business_run",
        must("id", ID),
        refer("business", "business"),
        sa.Column("undoes", ID),
        must("standing", sa.Boolean()),
        must("before", sa.Boolean()),
        must("place", ID),
        must("done", ID),
        must("failed", ID),
        must("asked_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.UniqueConstraint("undoes", name="business_run_undoes_key"),
    )
    op.create_index("business_run_open", "business_run", ["finished_at", "id"])
    op.create_index("business_run_business", "business_run", ["business", "id"])
    table("business_act", refer("act", "act", key=True), refer("run", "business_run"), key="act")
    op.create_index("business_act_run", "business_act", ["run", "act"])


def must(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def refer(name: str, to: str, *, key: bool = False) -> sa.Column[Any]:
    """``key``: part of the primary key, without a sequence."""
    return sa.Column(name, ID, nullable=False, autoincrement=not key and "auto", info={"to": to})


def table(name: str, *parts: sa.Column[Any] | sa.Constraint, key: str = "id") -> None:
    """Tables with an ``id`` number their rows by themselves."""
    columns = [part for part in parts if isinstance(part, sa.Column)]
    op.create_table(
        name,
        *parts,
        sa.PrimaryKeyConstraint(*key.split(), name=f"{name}_pkey"),
        *(
            sa.ForeignKeyConstraint([one.name], [f"{one.info['to']}.id"], name=f"{name}_{one.name}_fkey")
            for one in columns
            if "to" in one.info
        ),
        sqlite_with_rowid=key == "id",
    )
