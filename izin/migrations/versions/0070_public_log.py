"""The public log: its tiles, published checkpoints, and what each witness answered last."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0066"
branch_labels = None
depends_on = None

INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "log_tile",
        sa.Column("level", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("place", ID, primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "log_head",
        sa.Column("size", ID, primary_key=True, autoincrement=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("cosignatures", sa.Text(), nullable=False),
        sa.Column("cosigned", sa.SmallInteger(), nullable=False),
        sa.Column("stamp", sa.LargeBinary()),
    )
    op.create_table(
        "log_witness",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("size", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
    )


def downgrade() -> None:
    for name in ("log_witness", "log_head", "log_tile"):
        op.drop_table(name)
