"""How the columns of an uploaded file were matched."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("panel_upload", sa.Column("layout", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("panel_upload", "layout")
