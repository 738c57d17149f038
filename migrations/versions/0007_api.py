"""Providers' programs: partners, tokens, batches, pushes, proofs of delivery, dealers' access, day reports."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")
KEY, NUMBER, BLOB, WORD = ID, sa.SmallInteger(), sa.LargeBinary(), sa.Text()


def key(name: str, kind: sa.types.TypeEngine, *rest: object, **options: object) -> sa.Column:
    return sa.Column(name, kind, *rest, nullable=False, **options)


def part(name: str, kind: sa.types.TypeEngine = KEY) -> sa.Column:
    return sa.Column(name, kind, nullable=False, autoincrement=False)


def points(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"{table}_{column}_fkey")


def upgrade() -> None:
    companies()
    programs()
    pushes()
    dealers()
    reports()


def companies() -> None:
    op.create_table(
        "partner",
        key("id", ID),
        key("code", ID),
        key("title", WORD),
        sa.PrimaryKeyConstraint("id", name="partner_pkey"),
        sa.UniqueConstraint("code", name="partner_code_key"),
    )
    op.create_table(
        "partner_grant",
        part("partner"),
        part("brand"),
        key("arama", NUMBER),
        key("mesaj", NUMBER),
        key("eposta", NUMBER),
        key("agreements", sa.Boolean()),
        sa.PrimaryKeyConstraint("partner", "brand", name="partner_grant_pkey"),
        points("partner_grant", "partner", "partner"),
        points("partner_grant", "brand", "brand"),
        sqlite_with_rowid=False,
    )
    op.create_index("partner_grant_brand", "partner_grant", ["brand"])
    with op.batch_alter_table("api_user") as batch:
        batch.alter_column("provider", existing_type=ID, nullable=True)
        batch.add_column(sa.Column("partner", ID))
        batch.create_foreign_key("api_user_partner_fkey", "partner", ["partner"], ["id"])
        batch.create_check_constraint(op.f("api_user_side_check"), "(provider IS NULL) <> (partner IS NULL)")
        batch.create_index("api_user_partner", ["partner"])


def programs() -> None:
    op.create_table(
        "api_token",
        key("digest", BLOB),
        key("kind", WORD),
        key("api_user", ID),
        key("family", BLOB),
        key("expires_at", INSTANT),
        sa.Column("spent_at", INSTANT),
        sa.PrimaryKeyConstraint("digest", name="api_token_pkey"),
        points("api_token", "api_user", "api_user"),
        sa.CheckConstraint("kind IN ('access', 'refresh')", name=op.f("api_token_kind_check")),
        sqlite_with_rowid=False,
    )
    op.create_index("api_token_family", "api_token", ["family"])
    op.create_index("api_token_expires_at", "api_token", ["expires_at"])
    op.create_table(
        "idempotency_key",
        key("key", BLOB),
        key("request", BLOB),
        key("status", NUMBER),
        key("answer", BLOB),
        key("at", INSTANT),
        sa.PrimaryKeyConstraint("key", name="idempotency_key_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("idempotency_key_at", "idempotency_key", ["at"])
    op.create_table(
        "batch",
        key("id", ID),
        key("request", WORD),
        key("brand", ID),
        key("api_user", ID),
        key("again", sa.Boolean()),
        key("size", NUMBER),
        key("received_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("act", ID),
        sa.Column("sealed", BLOB),
        sa.Column("results", BLOB),
        sa.PrimaryKeyConstraint("id", name="batch_pkey"),
        sa.UniqueConstraint("request", name="batch_request_key"),
        points("batch", "brand", "brand"),
        points("batch", "api_user", "api_user"),
    )
    waiting = sa.text("finished_at IS NULL")
    op.create_index("batch_open", "batch", ["id"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("batch_act", "batch", ["act"])
    op.create_index("batch_received_at", "batch", ["received_at"])


def pushes() -> None:
    op.create_table(
        "push_connection",
        key("id", ID),
        key("brand", ID),
        key("channel", NUMBER),
        key("sealed", BLOB),
        key("registered_at", INSTANT),
        key("works", sa.Boolean()),
        key("cursor", ID),
        key("tries", NUMBER),
        key("next_try_at", INSTANT),
        sa.Column("error", WORD),
        sa.PrimaryKeyConstraint("id", name="push_connection_pkey"),
        points("push_connection", "brand", "brand"),
    )
    op.create_index("push_connection_brand", "push_connection", ["brand", "channel"])
    op.create_table(
        "handout",
        key("id", ID),
        key("brand", ID),
        key("way", WORD),
        sa.Column("channel", NUMBER),
        sa.Column("side", WORD),
        key("first_event", ID),
        key("last_event", ID),
        key("at", INSTANT),
        sa.Column("taken_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="handout_pkey"),
        points("handout", "brand", "brand"),
        sa.CheckConstraint("way IN ('feed', 'push', 'file')", name=op.f("handout_way_check")),
    )
    op.create_index("handout_brand_last", "handout", ["brand", "last_event"])


def dealers() -> None:
    op.create_table(
        "dealer_detail",
        part("dealer"),
        key("status", WORD),
        key("sealed", BLOB),
        sa.Column("gone_at", INSTANT),
        sa.PrimaryKeyConstraint("dealer", name="dealer_detail_pkey"),
        points("dealer_detail", "dealer", "dealer"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dealer_access",
        part("recipient"),
        part("brand"),
        part("channel", NUMBER),
        part("identity", NUMBER),
        part("dealer"),
        key("event", ID),
        sa.PrimaryKeyConstraint("recipient", "brand", "channel", "identity", "dealer", name="dealer_access_pkey"),
        points("dealer_access", "recipient", "recipient"),
        points("dealer_access", "brand", "brand"),
        points("dealer_access", "dealer", "dealer"),
        sqlite_with_rowid=False,
    )
    op.create_index("dealer_access_dealer", "dealer_access", ["dealer"])


def reports() -> None:
    op.create_table(
        "day_report",
        part("brand"),
        part("day", sa.Date()),
        part("channel", NUMBER),
        key("made_at", INSTANT),
        key("sha384", BLOB),
        key("size", ID),
        key("movements", ID),
        key("first_event", ID),
        key("last_event", ID),
        key("totals", WORD),
        sa.Column("stamp", BLOB),
        sa.Column("agreed_at", INSTANT),
        sa.PrimaryKeyConstraint("brand", "day", "channel", name="day_report_pkey"),
        points("day_report", "brand", "brand"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "day_file_part",
        part("brand"),
        part("day", sa.Date()),
        part("channel", NUMBER),
        part("place"),
        key("sealed", BLOB),
        sa.PrimaryKeyConstraint("brand", "day", "channel", "place", name="day_file_part_pkey"),
        points("day_file_part", "brand", "brand"),
        sqlite_with_rowid=False,
    )
