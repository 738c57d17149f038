"""What companies claim waits for the operator; an account at the national registry counts once it is verified there."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")
CHILDREN = ("national_brand", "national_errand")
VERIFIED = "verified_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "panel_claim",
        sa.Column("id", ID, primary_key=True),
        sa.Column("provider", ID, sa.ForeignKey("provider.id"), nullable=False),
        sa.Column("brand", ID, sa.ForeignKey("brand.id")),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("person", ID, sa.ForeignKey("panel_user.id"), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT),
        sa.Column("decided_by", ID, sa.ForeignKey("panel_user.id")),
        sa.Column("why", sa.LargeBinary()),
    )
    op.create_index("panel_claim_state", "panel_claim", ["state"])
    op.create_index("panel_claim_provider", "panel_claim", ["provider"])
    # SQLite recreates the table, which would delete rows that refer to it: they are moved out meanwhile.
    aside = CHILDREN if op.get_bind().dialect.name == "sqlite" else ()
    for child in aside:
        op.execute(f"CREATE TEMPORARY TABLE {child}_aside AS SELECT * FROM {child}")
        op.execute(f"DELETE FROM {child}")
    with op.batch_alter_table("national_account") as table:
        table.add_column(sa.Column("verified_at", INSTANT))
        table.drop_constraint("national_account_iys_code_key", type_="unique")
    for child in aside:
        op.execute(f"INSERT INTO {child} SELECT * FROM {child}_aside")
        op.execute(f"DROP TABLE {child}_aside")
    op.create_index(
        "national_account_verified",
        "national_account",
        ["iys_code"],
        unique=True,
        sqlite_where=sa.text(VERIFIED),
        postgresql_where=sa.text(VERIFIED),
    )
    # What has begun, or has been let in at İYS, was no mere claim.
    op.execute(
        "UPDATE national_account SET verified_at = coalesce(started_at, reached_at) "
        "WHERE started_at IS NOT NULL OR token IS NOT NULL"
    )
