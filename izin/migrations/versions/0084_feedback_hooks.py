"""Where mailing services and messengers post who wants no more messages."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0084"
down_revision = "0081"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.create_table(
        "feedback_hook",
        sa.Column("id", ID, primary_key=True),
        sa.Column("brand", ID, nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("bounces", sa.Boolean(), nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("used_at", AT, nullable=True),
        sa.Column("refused", ID, nullable=False),
        sa.Column("unread", ID, nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="feedback_hook_brand_fkey"),
        sa.UniqueConstraint("digest", name="feedback_hook_digest_key"),
    )
    op.create_index("feedback_hook_brand", "feedback_hook", ["brand"])


def downgrade() -> None:
    op.drop_table("feedback_hook")
