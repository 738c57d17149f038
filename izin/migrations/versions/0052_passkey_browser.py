"""The browser that saved a passkey, by family: "Chrome, Android". Empty for those saved before."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("passkey", sa.Column("browser", sa.Text()))
