"""Which brands take a consent by SMS; and an index of the received texts that are still to be forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sms_onay",
        sa.Column("brand", ID, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("brand", name="sms_onay_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="sms_onay_brand_fkey"),
    )
    op.drop_index("inbound_message_received_at", "inbound_message")
    readable = sa.text("sealed IS NOT NULL OR reply IS NOT NULL")
    op.create_index(
        "inbound_message_received_at",
        "inbound_message",
        ["received_at"],
        sqlite_where=readable,
        postgresql_where=readable,
    )
