"""What companies attach to the consents that they declared, and disputes of such consents."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0068"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.create_table(
        "consent_evidence",
        sa.Column("id", ID, nullable=False, autoincrement=False),
        sa.Column("event", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("identity", sa.SmallInteger(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("committed", sa.LargeBinary(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="consent_evidence_pkey"),
        sa.ForeignKeyConstraint(["id"], ["act.id"], name="consent_evidence_id_fkey"),
        sa.ForeignKeyConstraint(["person"], ["recipient.id"], name="consent_evidence_person_fkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="consent_evidence_brand_fkey"),
        sa.UniqueConstraint("mark", name="consent_evidence_mark_key"),
    )
    op.create_index("consent_evidence_event", "consent_evidence", ["event"])
    op.create_index("consent_evidence_person", "consent_evidence", ["person", "brand"])
    op.create_table(
        "consent_dispute",
        sa.Column("id", ID, primary_key=True),
        sa.Column("event", ID, nullable=True),
        sa.Column("person", ID, nullable=True),
        sa.Column("brand", ID, nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("identity", sa.SmallInteger(), nullable=False),
        sa.Column("refusal", ID, nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("act", ID, nullable=True),
        sa.ForeignKeyConstraint(["person"], ["recipient.id"], name="consent_dispute_person_fkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="consent_dispute_brand_fkey"),
        sa.UniqueConstraint("event", name="consent_dispute_event_key"),
        sa.CheckConstraint("(state = 0) = (ended_at IS NULL)", name="consent_dispute_ended_check"),
    )
    op.create_index("consent_dispute_state", "consent_dispute", ["state", "id"])
    op.create_index("consent_dispute_asked_at", "consent_dispute", ["asked_at"])
    op.create_index("consent_dispute_brand", "consent_dispute", ["brand", "asked_at"])
    op.create_index("consent_dispute_person", "consent_dispute", ["person", "brand"])


def downgrade() -> None:
    op.drop_table("consent_dispute")
    op.drop_table("consent_evidence")
