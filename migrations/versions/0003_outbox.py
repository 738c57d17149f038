"""What is to be sent by SMS and mail, and how the carriers do."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")
KINDS = "kind IN ('sms', 'mail')"


def key(name: str, kind: sa.types.TypeEngine, *rest: object, **options: object) -> sa.Column:
    return sa.Column(name, kind, *rest, nullable=False, **options)


def upgrade() -> None:
    op.create_table(
        "outbox",
        key("id", ID),
        key("kind", sa.Text()),
        sa.Column("sealed", sa.LargeBinary()),
        key("secret", sa.Boolean()),
        key("created_at", INSTANT),
        key("expires_at", INSTANT),
        key("next_try_at", INSTANT),
        key("tries", sa.SmallInteger()),
        key("state", sa.Text()),
        sa.Column("settled_at", INSTANT),
        sa.Column("message_id", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="outbox_pkey"),
        sa.CheckConstraint(KINDS, name=op.f("outbox_kind_check")),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'given_up')", name=op.f("outbox_state_check")),
    )
    partial("outbox_due", ["kind", "secret", "next_try_at"], "waiting")
    partial("outbox_given_up", ["kind"], "given_up")
    op.create_table(
        "carrier",
        key("kind", sa.Text()),
        sa.Column("failing_since", INSTANT),
        sa.Column("failed_at", INSTANT),
        sa.PrimaryKeyConstraint("kind", name="carrier_pkey"),
        sa.CheckConstraint(KINDS, name=op.f("carrier_kind_check")),
    )


def partial(name: str, columns: list[str], state: str) -> None:
    where = sa.text(f"state = '{state}'")
    op.create_index(name, "outbox", columns, sqlite_where=where, postgresql_where=where)
