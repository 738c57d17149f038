"""Counts of movements by day and of what stands, and files of what a person of the panel has asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    movements()
    consents()
    exports()


def movements() -> None:
    """Counted by the worker, behind a cursor over the events."""
    op.create_table(
        "movement_count",
        sa.Column("brand", ID, autoincrement=False, nullable=False),
        sa.Column("day", ID, autoincrement=False, nullable=False),
        sa.Column("channel", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("door", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("movements", ID, nullable=False),
        sa.PrimaryKeyConstraint("brand", "day", "channel", "status", "own", "door", name="movement_count_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="movement_count_brand_fkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "movements_counted",
        sa.Column("id", sa.SmallInteger(), primary_key=True),
        sa.Column("event", ID, nullable=False),
        sa.CheckConstraint("id = 1", name="movements_counted_one_row_check"),
    )


def consents() -> None:
    """Counted anew where something has moved."""
    op.create_table(
        "consent_count",
        sa.Column("brand", ID, autoincrement=False, nullable=False),
        *(
            sa.Column(name, sa.SmallInteger(), autoincrement=False, nullable=False)
            for name in ("channel", "identity", "status", "source")
        ),
        sa.Column("consents", ID, nullable=False),
        sa.PrimaryKeyConstraint("brand", "channel", "identity", "status", "source", name="consent_count_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="consent_count_brand_fkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "brand_counted",
        sa.Column("brand", ID, autoincrement=False, nullable=False),
        sa.Column("moved", ID, nullable=False),
        sa.Column("counted", ID, nullable=False),
        sa.Column("at", INSTANT),
        sa.Column("took", ID, nullable=False),
        sa.PrimaryKeyConstraint("brand", name="brand_counted_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="brand_counted_brand_fkey"),
        sqlite_with_rowid=False,
    )


def exports() -> None:
    """A file is kept in sealed pieces until it is swept."""
    op.create_table(
        "panel_export",
        sa.Column("id", ID, primary_key=True),
        sa.Column("provider", ID, sa.ForeignKey("provider.id", name="panel_export_provider_fkey"), nullable=False),
        sa.Column("brand", ID, sa.ForeignKey("brand.id", name="panel_export_brand_fkey"), nullable=False),
        sa.Column("person", ID, sa.ForeignKey("panel_user.id", name="panel_export_person_fkey"), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.Column("consents", ID, nullable=False),
    )
    op.create_index("panel_export_provider", "panel_export", ["provider", "id"])
    op.create_index(
        "panel_export_open",
        "panel_export",
        ["id"],
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "panel_export_part",
        sa.Column("export", ID, autoincrement=False, nullable=False),
        sa.Column("place", ID, autoincrement=False, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("export", "place", name="panel_export_part_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("panel_export_part_asked_at", "panel_export_part", ["asked_at"])
