"""Which version of its form a poster prints; of those that are there, the one published when they were made."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("till", sa.Column("version", sa.SmallInteger()))
    op.execute(
        "UPDATE till SET version = (SELECT max(number) FROM form_version "
        "WHERE form_version.form = till.form AND published_at <= till.made_at) WHERE kind = 'poster'"
    )


def downgrade() -> None:
    op.drop_column("till", "version")
