"""Files that people load in the panel, until they are applied or their time is over."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0022"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def must(name: str, kind: sa.types.TypeEngine, **options: object) -> sa.Column:
    return sa.Column(name, kind, nullable=False, **options)


def may(name: str, kind: sa.types.TypeEngine) -> sa.Column:
    return sa.Column(name, kind)


def of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"{table}_{column}_fkey")


def upgrade() -> None:
    op.create_table(
        "panel_upload",
        must("id", ID),
        must("brand", ID),
        must("person", ID),
        must("name", sa.LargeBinary()),
        may("form", sa.Text()),
        must("initial", sa.Boolean()),
        must("size", ID),
        must("lines", ID),
        must("digest", sa.LargeBinary()),
        must("state", sa.Text()),
        must("received_at", INSTANT),
        must("changed_at", INSTANT),
        must("kept_until", INSTANT),
        may("asked_by", ID),
        must("done", ID),
        may("holder", sa.LargeBinary()),
        may("held_until", INSTANT),
        must("tries", sa.SmallInteger()),
        may("upload", ID),
        may("loaded_at", INSTANT),
        may("tried", sa.LargeBinary()),
        may("loaded", sa.LargeBinary()),
        may("fault", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="panel_upload_pkey"),
        of("panel_upload", "brand", "brand"),
        of("panel_upload", "person", "panel_user"),
        of("panel_upload", "asked_by", "panel_user"),
        of("panel_upload", "upload", "upload"),
    )
    op.create_index("panel_upload_state", "panel_upload", ["state"])
    op.create_index("panel_upload_brand", "panel_upload", ["brand", "id"])
    op.create_index("panel_upload_kept_until", "panel_upload", ["kept_until"])
    op.create_table(
        "panel_upload_piece",
        must("upload", ID, autoincrement=False),
        must("kind", sa.SmallInteger(), autoincrement=False),
        must("place", ID, autoincrement=False),
        must("sealed", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("upload", "kind", "place", name="panel_upload_piece_pkey"),
        of("panel_upload_piece", "upload", "panel_upload"),
        sqlite_with_rowid=False,
    )
