"""The stamped proofs of consents that were asked for; requests are found by their act, and swept by an index of their
own."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0058"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNPROVED = sa.text("act IS NULL")


def upgrade() -> None:
    op.create_table(
        "request_proof",
        sa.Column("request", ID, nullable=False, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("request", name="request_proof_pkey"),
        sa.ForeignKeyConstraint(["request"], ["consent_request.id"], name="request_proof_request_fkey"),
        sqlite_with_rowid=False,
    )
    op.drop_index("consent_request_asked_at", "consent_request")
    op.create_index("consent_request_act", "consent_request", ["act"])
    op.create_index(
        "consent_request_swept", "consent_request", ["asked_at"], sqlite_where=UNPROVED, postgresql_where=UNPROVED
    )


def downgrade() -> None:
    op.drop_index("consent_request_swept", "consent_request")
    op.drop_index("consent_request_act", "consent_request")
    op.create_index("consent_request_asked_at", "consent_request", ["asked_at"])
    op.drop_table("request_proof")
