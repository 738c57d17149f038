"""The doors that need no sign-in, and messages that are spoken."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def key(name: str, kind: sa.types.TypeEngine, *rest: object, **options: object) -> sa.Column:
    return sa.Column(name, kind, *rest, nullable=False, **options)


def upgrade() -> None:
    op.create_table(
        "short_link",
        key("digest", sa.LargeBinary()),
        key("recipient", ID),
        key("brand", ID),
        key("channel", sa.SmallInteger()),
        key("expires_at", INSTANT),
        sa.PrimaryKeyConstraint("digest", name="short_link_pkey"),
        sa.ForeignKeyConstraint(["recipient"], ["recipient.id"], name="short_link_recipient_fkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="short_link_brand_fkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("short_link_expires_at", "short_link", ["expires_at"])
    op.create_table(
        "brand_number",
        key("number", sa.Text()),
        key("brand", ID),
        sa.PrimaryKeyConstraint("number", name="brand_number_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="brand_number_brand_fkey"),
    )
    op.create_index("brand_number_brand", "brand_number", ["brand"])
    op.create_table(
        "inbound_message",
        key("id", ID),
        key("carrier", sa.Text()),
        key("name", sa.Text()),
        key("received_at", INSTANT),
        key("state", sa.Text()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("reply", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="inbound_message_pkey"),
        sa.CheckConstraint("state IN ('done', 'unclear')", name=op.f("inbound_message_state_check")),
    )
    op.create_index("inbound_message_name", "inbound_message", ["carrier", "name"], unique=True)
    op.create_index("inbound_message_received_at", "inbound_message", ["received_at"])
    unclear = sa.text("state = 'unclear'")
    op.create_index(
        "inbound_message_unclear",
        "inbound_message",
        ["received_at"],
        sqlite_where=unclear,
        postgresql_where=unclear,
    )
    op.create_table(
        "sms_question",
        key("sender", sa.LargeBinary()),
        key("asks", sa.Text()),
        key("channels", sa.SmallInteger()),
        sa.Column("brand", ID),
        sa.Column("code", sa.LargeBinary()),
        key("tries", sa.SmallInteger()),
        key("expires_at", INSTANT),
        sa.PrimaryKeyConstraint("sender", name="sms_question_pkey"),
        sa.CheckConstraint("asks IN ('brand', 'onay')", name=op.f("sms_question_asks_check")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "inbox_cursor",
        key("carrier", sa.Text()),
        key("position", sa.Text()),
        key("read_at", INSTANT),
        sa.PrimaryKeyConstraint("carrier", name="inbox_cursor_pkey"),
    )
    for table in ("outbox", "carrier"):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"{table}_kind_check"), type_="check")
            batch.create_check_constraint(op.f(f"{table}_kind_check"), "kind IN ('sms', 'mail', 'call')")
