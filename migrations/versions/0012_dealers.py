"""What dealers collected is counted without going through all that a brand holds."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLLECTED = sa.text("provider_dealer IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "consent_dealer", "consent", ["provider_dealer"], sqlite_where=COLLECTED, postgresql_where=COLLECTED
    )
