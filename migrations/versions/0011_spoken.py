"""Who has spoken to a brand himself, and who took something back, is found without reading what stands for all."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SPOKEN = sa.text("citizen_event IS NOT NULL")
UNDOING = sa.text("undoes IS NOT NULL")


def upgrade() -> None:
    # SQLite appends the rest of the key to every index of this table by itself.
    columns = ["brand"] if op.get_bind().dialect.name == "sqlite" else ["brand", "recipient"]
    op.create_index("consent_spoken", "consent", columns, sqlite_where=SPOKEN, postgresql_where=SPOKEN)
    op.create_index("act_undoing", "act", ["recipient"], sqlite_where=UNDOING, postgresql_where=UNDOING)
