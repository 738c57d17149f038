"""The sync with the national registry: accounts, how far each brand is, what became of each movement."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.create_table(
        "national_account",
        sa.Column("id", ID, nullable=False),
        sa.Column("provider", ID, nullable=False),
        sa.Column("iys_code", ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.LargeBinary()),
        sa.Column("blocked_until", INSTANT),
        sa.Column("blocked_by", sa.Text()),
        sa.Column("reached_at", INSTANT),
        _count("clock_offset"),
        sa.Column("window_at", INSTANT, nullable=False),
        *map(_count, ("requests", "failures", "past_requests", "past_failures")),
        sa.PrimaryKeyConstraint("id", name="national_account_pkey"),
        sa.ForeignKeyConstraint(["provider"], ["provider.id"], name="national_account_provider_fkey"),
        sa.UniqueConstraint("provider", name="national_account_provider_key"),
        sa.UniqueConstraint("iys_code", name="national_account_iys_code_key"),
    )
    op.create_table(
        "national_brand",
        sa.Column("brand", ID, autoincrement=False, nullable=False),
        sa.Column("account", ID, nullable=False),
        _count("cursor"),
        _count("act"),
        sa.Column("after_hs", sa.Text()),
        sa.Column("after_iys", sa.Text()),
        sa.Column("pulled_at", INSTANT),
        sa.Column("compared_at", INSTANT),
        _count("compared_to"),
        sa.Column("checked_day", sa.Date()),
        sa.Column("differing_day", sa.Date()),
        _count("unread"),
        sa.PrimaryKeyConstraint("brand", name="national_brand_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="national_brand_brand_fkey"),
        sa.ForeignKeyConstraint(["account"], ["national_account.id"], name="national_brand_account_fkey"),
    )
    op.create_index("national_brand_account", "national_brand", ["account"])
    op.create_table(
        "national_batch",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("request", sa.Text()),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="national_batch_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="national_batch_brand_fkey"),
    )
    op.create_index("national_batch_brand", "national_batch", ["brand"])
    items()
    op.create_table(
        "national_lease",
        sa.Column("id", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="national_lease_pkey"),
        sa.CheckConstraint("id = 1", name="national_lease_one_row_check"),
    )


def items() -> None:
    op.create_table(
        "national_item",
        sa.Column("event", ID, autoincrement=False, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("recipient", ID, nullable=False),
        *(sa.Column(name, sa.SmallInteger(), nullable=False) for name in ("channel", "identity", "status")),
        sa.Column("said_at", INSTANT, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("source", sa.SmallInteger()),
        sa.Column("at", INSTANT),
        sa.Column("not_before", INSTANT),
        sa.Column("code", sa.Text()),
        sa.Column("tries", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("batch", ID),
        sa.Column("place", sa.SmallInteger()),
        sa.Column("settled_at", INSTANT),
        sa.Column("sealed", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("event", name="national_item_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="national_item_brand_fkey"),
        sa.ForeignKeyConstraint(["recipient"], ["recipient.id"], name="national_item_recipient_fkey"),
        sa.ForeignKeyConstraint(["batch"], ["national_batch.id"], name="national_item_batch_fkey"),
        sa.CheckConstraint("state IN (0, 1, 2, 3, 4)", name="national_item_state_check"),
        sqlite_with_rowid=False,
    )
    for name, columns, condition in (
        ("open", ["brand", "due_at"], "state IN (0, 1, 4)"),
        ("batch", ["batch"], "batch IS NOT NULL"),
        ("escalated", ["brand"], "state = 3"),
    ):
        where = sa.text(condition)
        op.create_index(f"national_item_{name}", "national_item", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("national_item_recipient", "national_item", ["recipient", "brand"])


def _count(name: str) -> sa.Column:
    return sa.Column(name, ID, nullable=False, server_default="0")
