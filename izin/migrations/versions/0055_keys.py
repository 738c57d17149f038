"""What a program's key may do."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_user", sa.Column("reads_only", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("api_user", sa.Column("brands", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("api_user", "brands")
    op.drop_column("api_user", "reads_only")
