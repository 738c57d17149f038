"""What companies ask recipients: forms, tills, requests, and who refuses to be asked."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.create_table(
        "consent_form",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="consent_form_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="consent_form_brand_fkey"),
    )
    op.create_index("consent_form_brand", "consent_form", ["brand"])
    op.create_table(
        "form_version",
        sa.Column("form", ID, nullable=False, autoincrement=False),
        sa.Column("number", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("channels", sa.SmallInteger(), nullable=False),
        sa.Column("identity", sa.SmallInteger(), nullable=False),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("submitted_at", INSTANT),
        sa.Column("published_at", INSTANT),
        sa.Column("refused_at", INSTANT),
        sa.Column("why", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("form", "number", name="form_version_pkey"),
        sa.ForeignKeyConstraint(["form"], ["consent_form.id"], name="form_version_form_fkey"),
        sa.CheckConstraint("published_at IS NULL OR refused_at IS NULL", name="form_version_decided_check"),
        sqlite_with_rowid=False,
    )
    op.create_index("form_version_waiting", "form_version", ["submitted_at"])
    op.create_table(
        "till",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("form", ID),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("word", sa.LargeBinary()),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="till_pkey"),
        sa.UniqueConstraint("key", name="till_key_key"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="till_brand_fkey"),
        sa.ForeignKeyConstraint(["form"], ["consent_form.id"], name="till_form_fkey"),
        sa.CheckConstraint("kind IN ('till', 'poster')", name="till_kind_check"),
    )
    op.create_index("till_brand", "till", ["brand"])
    op.create_index("till_word", "till", ["word"])
    op.create_table(
        "consent_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("company", ID, nullable=False),
        sa.Column("brand", ID),
        sa.Column("form", ID),
        sa.Column("version", sa.SmallInteger()),
        sa.Column("purpose", sa.SmallInteger(), nullable=False),
        sa.Column("method", sa.SmallInteger(), nullable=False),
        sa.Column("channels", sa.SmallInteger(), nullable=False),
        sa.Column("identity", sa.SmallInteger(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("digits", sa.LargeBinary()),
        sa.Column("word", sa.LargeBinary()),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("silent", sa.SmallInteger(), nullable=False),
        sa.Column("sent", sa.Text(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("yes", sa.SmallInteger(), nullable=False),
        sa.Column("no", sa.SmallInteger(), nullable=False),
        sa.Column("act", ID),
        sa.Column("till", ID),
        sa.Column("program", ID),
        sa.PrimaryKeyConstraint("id", name="consent_request_pkey"),
        sa.UniqueConstraint("public", name="consent_request_public_key"),
        sa.ForeignKeyConstraint(["company"], ["provider.id"], name="consent_request_company_fkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="consent_request_brand_fkey"),
        sa.ForeignKeyConstraint(["form"], ["consent_form.id"], name="consent_request_form_fkey"),
        sa.ForeignKeyConstraint(["till"], ["till.id"], name="consent_request_till_fkey"),
    )
    op.create_index("consent_request_word", "consent_request", ["word"])
    op.create_index("consent_request_address", "consent_request", ["address"])
    op.create_index("consent_request_company", "consent_request", ["company", "asked_at"])
    op.create_index("consent_request_till", "consent_request", ["till", "asked_at"])
    op.create_index("consent_request_asked_at", "consent_request", ["asked_at"])
    op.create_table(
        "ask_refusal",
        sa.Column("who", sa.LargeBinary(), nullable=False),
        sa.Column("brand", ID, nullable=False, autoincrement=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("who", "brand", name="ask_refusal_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="ask_refusal_brand_fkey"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in ("ask_refusal", "consent_request", "till", "form_version", "consent_form"):
        op.drop_table(table)
