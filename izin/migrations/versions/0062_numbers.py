"""One number for a load and for the panel's file, from one counter; people beside movements, which the worker counts
again from the first event."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "load_number",
        sa.Column("id", ID, primary_key=True, autoincrement=False),
        sa.Column("last", ID, nullable=False),
    )
    op.execute(
        "INSERT INTO load_number (id, last) SELECT 1, coalesce(max(id), 0) FROM "
        "(SELECT max(id) AS id FROM upload UNION ALL SELECT max(id) AS id FROM panel_upload) AS used"
    )
    op.add_column("movement_count", sa.Column("people", ID, nullable=False, server_default="0"))
    op.execute("DELETE FROM movement_count")
    op.execute("DELETE FROM movements_counted")


def downgrade() -> None:
    op.drop_column("movement_count", "people")
    op.execute("DELETE FROM movement_count")
    op.execute("DELETE FROM movements_counted")
    op.drop_table("load_number")
