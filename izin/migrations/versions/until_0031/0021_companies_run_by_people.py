"""States of providers and brands, and what was changed of them."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    states()
    company_changes()
    programs()
    packages()
    transitions()
    gateways()


def states() -> None:
    """Providers can be paused and closed, brands closed."""
    op.add_column("provider", sa.Column("state", sa.Text(), nullable=False, server_default="active"))
    op.add_column("brand", sa.Column("closed_at", INSTANT))


def company_changes() -> None:
    """A table that only grows."""
    op.create_table(
        "company_change",
        sa.Column("id", ID, primary_key=True),
        sa.Column("provider", ID, sa.ForeignKey("provider.id", name="company_change_provider_fkey"), nullable=False),
        sa.Column("brand", ID, sa.ForeignKey("brand.id", name="company_change_brand_fkey")),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("company_change_provider", "company_change", ["provider", "id"])
    postgresql = op.get_bind().dialect.name == "postgresql"
    refusal = (
        "FOR EACH ROW EXECUTE FUNCTION izin_history()"
        if postgresql
        else "BEGIN SELECT RAISE(ABORT, 'company_change is history and cannot be changed'); END"
    )
    for deed in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER company_change_no_{deed.lower()} BEFORE {deed} ON company_change {refusal}")
    if postgresql:
        op.execute(
            "CREATE TRIGGER company_change_no_truncate BEFORE TRUNCATE ON company_change "
            "FOR EACH STATEMENT EXECUTE FUNCTION izin_history()"
        )


def programs() -> None:
    """From where users of programs may call, and when they last did."""
    op.add_column("api_user", sa.Column("networks", sa.Text()))
    op.add_column("api_user", sa.Column("used_at", INSTANT))


def packages() -> None:
    """How many addresses a provider may hold consents for, and who reaches the API through a partner only."""
    op.add_column("registry", sa.Column("partner_below", ID))
    op.create_table(
        "provider_package",
        sa.Column("provider", ID, autoincrement=False, nullable=False),
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("used", ID, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("provider", name="provider_package_pkey"),
        sa.ForeignKeyConstraint(["provider"], ["provider.id"], name="provider_package_provider_fkey"),
        sqlite_with_rowid=False,
    )


def transitions() -> None:
    """Times in which old records are loaded. Raw SQL, because SQLite adds a column with its reference only so."""
    op.create_table(
        "transition_window",
        sa.Column("id", ID, primary_key=True),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("load_until", sa.Date(), nullable=False),
        sa.Column("check_until", sa.Date(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
    )
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE upload ADD COLUMN transition {number} "
        "CONSTRAINT upload_transition_fkey REFERENCES transition_window (id)"
    )


def gateways() -> None:
    """Several gateways of one kind."""
    op.add_column("outbox", sa.Column("via", sa.Text()))
    op.create_table(
        "gateway_rest",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rests_until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="gateway_rest_pkey"),
        sqlite_with_rowid=False,
    )
