"""The public figures of each month that is over; letters whose writer a code proves, and who passed them on."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.create_table(
        "public_figure",
        sa.Column("month", ID, nullable=False, autoincrement=False),
        sa.Column("what", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("amount", ID, nullable=True),
        sa.PrimaryKeyConstraint("month", "what", "part", name="public_figure_pkey"),
        sqlite_with_rowid=False,
    )
    op.add_column("data_request", sa.Column("proved_at", AT, nullable=True))
    op.add_column("data_request", sa.Column("provider", ID, nullable=True))
    op.create_index("data_request_provider", "data_request", ["provider", "id"])
    op.execute("UPDATE data_request SET proved_at = asked_at WHERE entered_by IS NULL")


def downgrade() -> None:
    op.drop_index("data_request_provider", "data_request")
    op.drop_column("data_request", "provider")
    op.drop_column("data_request", "proved_at")
    op.drop_table("public_figure")
