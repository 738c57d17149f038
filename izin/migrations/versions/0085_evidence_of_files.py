"""Evidence that files bring, what a load took back of it, the rows of loads, and the right to see evidence: those
who may load saw it until now."""

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LOADED, TAKEN_BACK = sa.text("upload IS NOT NULL"), sa.text("taken_back IS NOT NULL")


def upgrade() -> None:
    op.add_column("consent_evidence", sa.Column("upload", ID, nullable=True))
    op.add_column("consent_evidence", sa.Column("row", ID, nullable=True))
    op.add_column("consent_evidence", sa.Column("taken_back", ID, nullable=True))
    op.create_index(
        "consent_evidence_upload", "consent_evidence", ["upload"], sqlite_where=LOADED, postgresql_where=LOADED
    )
    op.create_index(
        "consent_evidence_taken_back",
        "consent_evidence",
        ["taken_back"],
        sqlite_where=TAKEN_BACK,
        postgresql_where=TAKEN_BACK,
    )
    op.create_table(
        "load_rows",
        sa.Column("act", ID, nullable=False, autoincrement=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("act", name="load_rows_pkey"),
        sa.ForeignKeyConstraint(["act"], ["act.id"], name="load_rows_act_fkey"),
    )
    for table in ("panel_member", "panel_invitation"):
        op.execute(f"UPDATE {table} SET rights = rights + 128 WHERE rights % 4 >= 2 AND rights < 128")


def downgrade() -> None:
    for table in ("panel_member", "panel_invitation"):
        op.execute(f"UPDATE {table} SET rights = rights - 128 WHERE rights >= 128")
    op.drop_table("load_rows")
    op.drop_index("consent_evidence_taken_back", "consent_evidence")
    op.drop_index("consent_evidence_upload", "consent_evidence")
    for column in ("taken_back", "row", "upload"):
        op.drop_column("consent_evidence", column)
