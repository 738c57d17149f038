"""Facts of programs' calls for the doctor, calls that proved nothing, and what receivers of pushes answered."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0078"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.add_column("api_call", sa.Column("items", ID, nullable=True))
    op.add_column("api_call", sa.Column("digest", sa.LargeBinary(), nullable=True))
    op.add_column("api_call", sa.Column("about", sa.LargeBinary(), nullable=True))
    op.add_column("api_call", sa.Column("note", sa.Text(), nullable=True))
    op.create_table(
        "stray_call",
        sa.Column("provider", ID, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("calls", ID, nullable=False),
        sa.PrimaryKeyConstraint("provider", "kind", name="stray_call_pkey"),
        sa.ForeignKeyConstraint(["provider"], ["provider.id"], name="stray_call_provider_fkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("stray_call_at", "stray_call", ["at"])
    op.add_column("push_delivery", sa.Column("tries", sa.SmallInteger(), nullable=False, server_default="1"))
    op.add_column("push_delivery", sa.Column("answer", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("push_delivery", "answer")
    op.drop_column("push_delivery", "tries")
    op.drop_table("stray_call")
    for name in ("note", "about", "digest", "items"):
        op.drop_column("api_call", name)
