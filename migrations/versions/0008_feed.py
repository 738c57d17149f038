"""The citizens' words are found among all without reading those of the providers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OWN = sa.text("source >= 32")


def upgrade() -> None:
    # SQLite appends the row number to every index by itself.
    columns = ["brand"] if op.get_bind().dialect.name == "sqlite" else ["brand", "id"]
    op.create_index("consent_event_own", "consent_event", columns, sqlite_where=OWN, postgresql_where=OWN)
