"""The register of requests about one's own data."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0070"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.create_table(
        "data_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("who", sa.LargeBinary()),
        sa.Column("address", sa.LargeBinary()),
        sa.Column("words", sa.LargeBinary()),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("entered_by", ID),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("closed_by", ID),
        sa.Column("answer", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="data_request_pkey"),
        sa.CheckConstraint("(who IS NULL) = (address IS NULL)", name="data_request_erased_check"),
        sa.CheckConstraint("(state = 0) = (closed_at IS NULL)", name="data_request_closed_check"),
    )
    op.create_index("data_request_who", "data_request", ["who"])
    op.create_index("data_request_state", "data_request", ["state", "asked_at"])


def downgrade() -> None:
    op.drop_table("data_request")
