"""The schema as it was before the first release; databases from then begin here."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = SMALL = NUMBER = sa.SmallInteger()
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")
BLOB, WORD = sa.LargeBinary(), sa.Text()
KINDS = "kind IN ('sms', 'mail', 'call')"

# History may grow, nothing else. An act's evidence alone may be emptied (erasure) or sealed anew (rotation).
FROZEN = {
    "consent_event": ("UPDATE", "DELETE"),
    "act": (
        "UPDATE OF id, actor, door, recorded_at, recipient, upload, undoes, first_event, last_event, evidence_digest",
        "DELETE",
    ),
    "checkpoint": ("UPDATE", "DELETE"),
}


def key(name: str, kind: sa.types.TypeEngine, *rest: object, **options: object) -> sa.Column:
    return sa.Column(name, kind, *rest, nullable=False, **options)


def part(name: str, kind: sa.types.TypeEngine = ID) -> sa.Column:
    return sa.Column(name, kind, nullable=False, autoincrement=False)


def reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"{table}_{column}_fkey")


def upgrade() -> None:
    companies()
    partners()
    people()
    history()
    standing()
    freeze()
    sign_in()
    outbox()
    doors()
    programs()
    pushes()
    dealers()
    reports()


def companies() -> None:
    op.create_table(
        "registry",
        key("id", CODE),
        key("reconsent", sa.Text()),
        key("unmarked", sa.Boolean(), server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name="registry_pkey"),
        sa.CheckConstraint("id = 1", name=op.f("registry_one_row_check")),
    )
    op.create_table(
        "registry_key",
        key("purpose", sa.Text()),
        key("version", CODE),
        key("wrapped", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("purpose", "version", name="registry_key_pkey"),
    )
    op.create_table(
        "provider",
        key("id", ID),
        key("code", ID),
        key("title", sa.Text()),
        sa.Column("mersis", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="provider_pkey"),
        sa.UniqueConstraint("code", name="provider_code_key"),
        sa.UniqueConstraint("mersis", name="provider_mersis_key"),
    )
    op.create_table(
        "brand",
        key("id", ID),
        key("provider", ID),
        key("code", ID),
        key("title", sa.Text()),
        key("folded", sa.Text()),
        key("example", sa.Boolean()),
        sa.PrimaryKeyConstraint("id", name="brand_pkey"),
        sa.UniqueConstraint("code", name="brand_code_key"),
        reference("brand", "provider", "provider"),
    )
    op.create_index("brand_provider", "brand", ["provider"])
    op.create_table(
        "brand_name",
        key("name", sa.Text()),
        key("brand", ID),
        key("header", sa.Boolean()),
        sa.PrimaryKeyConstraint("name", name="brand_name_pkey"),
        reference("brand_name", "brand", "brand"),
    )
    op.create_index("brand_name_brand", "brand_name", ["brand"])
    op.create_table(
        "dealer",
        key("id", ID),
        key("brand", ID),
        key("code", ID),
        key("title", sa.Text()),
        sa.Column("external", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="dealer_pkey"),
        sa.UniqueConstraint("code", name="dealer_code_key"),
        reference("dealer", "brand", "brand"),
    )
    op.create_index("dealer_brand_external", "dealer", ["brand", "external"], unique=True)


def partners() -> None:
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
        reference("partner_grant", "partner", "partner"),
        reference("partner_grant", "brand", "brand"),
        sqlite_with_rowid=False,
    )
    op.create_index("partner_grant_brand", "partner_grant", ["brand"])
    op.create_table(
        "api_user",
        key("id", ID),
        sa.Column("provider", ID),
        key("username", sa.Text()),
        key("password", sa.Text()),
        sa.Column("partner", ID),
        sa.PrimaryKeyConstraint("id", name="api_user_pkey"),
        sa.UniqueConstraint("username", name="api_user_username_key"),
        sa.CheckConstraint("(provider IS NULL) <> (partner IS NULL)", name=op.f("api_user_side_check")),
        reference("api_user", "provider", "provider"),
        reference("api_user", "partner", "partner"),
    )
    op.create_index("api_user_provider", "api_user", ["provider"])
    op.create_index("api_user_partner", "api_user", ["partner"])


def people() -> None:
    op.create_table(
        "recipient",
        key("id", ID, autoincrement=False),
        key("sealed", sa.LargeBinary()),
        key("commitment", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="recipient_pkey"),
        sa.UniqueConstraint("sealed", name="recipient_sealed_key"),
    )
    erased = sa.text("length(sealed) = 16")
    op.create_index("recipient_erased", "recipient", ["sealed"], sqlite_where=erased, postgresql_where=erased)
    op.create_table(
        "recipient_view",
        part("recipient"),
        sa.Column("answered_at", INSTANT, nullable=False),
        sa.Column("hidden_before", INSTANT),
        sa.PrimaryKeyConstraint("recipient", name="recipient_view_pkey"),
        sa.ForeignKeyConstraint(["recipient"], ["recipient.id"], name="recipient_view_recipient_fkey"),
    )


def history() -> None:
    op.create_table(
        "upload",
        key("id", ID),
        key("brand", ID),
        key("digest", sa.LargeBinary()),
        key("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        key("rows", ID),
        key("refused", ID),
        sa.PrimaryKeyConstraint("id", name="upload_pkey"),
        reference("upload", "brand", "brand"),
    )
    op.create_index("upload_brand", "upload", ["brand"])
    op.create_table(
        "act",
        key("id", ID, autoincrement=False),
        key("actor", CODE),
        key("door", CODE),
        key("recorded_at", INSTANT),
        sa.Column("recipient", ID),
        sa.Column("upload", ID),
        sa.Column("undoes", ID),
        key("first_event", ID),
        key("last_event", ID),
        sa.Column("evidence", sa.LargeBinary()),
        sa.Column("evidence_digest", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="act_pkey"),
        reference("act", "recipient", "recipient"),
        reference("act", "upload", "upload"),
        reference("act", "undoes", "act"),
    )
    for column, unique in (("recipient", False), ("undoes", True), ("upload", False)):
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"act_{column}", "act", [column], unique=unique, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "consent_event",
        key("id", ID, autoincrement=False),
        key("recipient", ID),
        key("brand", ID),
        key("channel", CODE),
        key("identity", CODE),
        key("status", CODE),
        sa.Column("source", CODE),
        key("decided_at", INSTANT),
        sa.Column("dealer", ID),
        key("act", ID),
        sa.PrimaryKeyConstraint("id", name="consent_event_pkey"),
        sa.CheckConstraint("status IN (0, 1)", name=op.f("consent_event_word_check")),
        reference("consent_event", "recipient", "recipient"),
        reference("consent_event", "brand", "brand"),
        reference("consent_event", "dealer", "dealer"),
        reference("consent_event", "act", "act"),
    )
    # SQLite appends the row number to every index by itself.
    number = [] if op.get_bind().dialect.name == "sqlite" else ["id"]
    op.create_index("consent_event_brand", "consent_event", ["brand", *number])
    op.create_index("consent_event_recipient", "consent_event", ["recipient", *number])
    own = sa.text("source >= 32")
    op.create_index("consent_event_own", "consent_event", ["brand", *number], sqlite_where=own, postgresql_where=own)
    undoing = sa.text("undoes IS NOT NULL")
    op.create_index("act_undoing", "act", ["recipient"], sqlite_where=undoing, postgresql_where=undoing)
    op.create_table(
        "checkpoint",
        key("size", ID, autoincrement=False),
        key("root", sa.LargeBinary()),
        key("frontier", sa.LargeBinary()),
        key("made_at", INSTANT),
        key("signature", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("size", name="checkpoint_pkey"),
    )


def standing() -> None:
    op.create_table(
        "consent",
        key("recipient", ID),
        key("brand", ID),
        key("channel", CODE),
        key("identity", CODE),
        key("status", CODE),
        sa.Column("citizen_status", CODE),
        sa.Column("citizen_source", CODE),
        sa.Column("citizen_at", INSTANT),
        sa.Column("citizen_event", ID),
        sa.Column("provider_status", CODE),
        sa.Column("provider_source", CODE),
        sa.Column("provider_at", INSTANT),
        sa.Column("provider_dealer", ID),
        sa.Column("provider_event", ID),
        sa.PrimaryKeyConstraint("recipient", "brand", "channel", "identity", name="consent_pkey"),
        sa.CheckConstraint("status IN (0, 1, 2)", name=op.f("consent_state_check")),
        reference("consent", "recipient", "recipient"),
        reference("consent", "brand", "brand"),
        reference("consent", "provider_dealer", "dealer"),
        sqlite_with_rowid=False,
    )
    # A table clustered by its key carries the key in every index.
    following = [] if op.get_bind().dialect.name == "sqlite" else ["recipient"]
    op.create_index("consent_brand", "consent", ["brand", *following])
    spoken = sa.text("citizen_event IS NOT NULL")
    op.create_index("consent_spoken", "consent", ["brand", *following], sqlite_where=spoken, postgresql_where=spoken)
    collected = sa.text("provider_dealer IS NOT NULL")
    op.create_index(
        "consent_dealer", "consent", ["provider_dealer"], sqlite_where=collected, postgresql_where=collected
    )


def freeze() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, deeds in FROZEN.items():
            for deed in deeds:
                op.execute(
                    f"CREATE TRIGGER {table}_no_{deed.split()[0].lower()} BEFORE {deed} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is history and cannot be changed'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION izin_history() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is history and cannot be changed', TG_TABLE_NAME; END $$"
    )
    for table, deeds in FROZEN.items():
        for deed in deeds:
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed.split()[0].lower()} BEFORE {deed} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION izin_history()"
            )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION izin_history()"
        )


def sign_in() -> None:
    op.create_table(
        "throttle",
        key("key", sa.LargeBinary()),
        key("at", INSTANT),
        key("count", ID),
        sa.PrimaryKeyConstraint("key", "at", name="throttle_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("throttle_at", "throttle", ["at"])
    op.create_table(
        "one_time_code",
        key("holder", sa.LargeBinary()),
        key("purpose", SMALL),
        key("address", sa.LargeBinary()),
        key("mac", sa.LargeBinary()),
        sa.Column("earlier", sa.LargeBinary()),
        key("first_asked_at", INSTANT),
        key("asked", SMALL),
        key("asked_at", INSTANT),
        key("expires_at", INSTANT),
        key("tries", SMALL),
        key("wrong", SMALL),
        sa.Column("used_at", INSTANT),
        sa.PrimaryKeyConstraint("holder", name="one_time_code_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session",
        key("key", sa.LargeBinary()),
        key("started_at", INSTANT),
        key("touched_at", INSTANT),
        key("current", SMALL),
        sa.PrimaryKeyConstraint("key", name="session_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session_address",
        key("session", sa.LargeBinary()),
        key("place", SMALL, autoincrement=False),
        key("address", sa.LargeBinary()),
        key("proved_at", INSTANT),
        sa.Column("last_sign_in", INSTANT),
        sa.PrimaryKeyConstraint("session", "place", name="session_address_pkey"),
        sa.ForeignKeyConstraint(["session"], ["session.key"], name="session_address_session_fkey", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("session_address_address", "session_address", ["address"])
    op.create_table(
        "sign_in",
        key("address", sa.LargeBinary()),
        sa.Column("at", INSTANT),
        key("wrong", ID),
        sa.Column("wrong_at", INSTANT),
        sa.PrimaryKeyConstraint("address", name="sign_in_pkey"),
        sqlite_with_rowid=False,
    )


def outbox() -> None:
    op.create_table(
        "outbox",
        key("id", ID),
        key("kind", sa.Text()),
        sa.Column("sealed", sa.LargeBinary()),
        key("secret", sa.Boolean()),
        key("created_at", INSTANT),
        key("expires_at", INSTANT),
        key("next_try_at", INSTANT),
        key("tries", sa.SmallInteger()),
        key("state", sa.Text()),
        sa.Column("settled_at", INSTANT),
        sa.Column("message_id", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="outbox_pkey"),
        sa.CheckConstraint(KINDS, name=op.f("outbox_kind_check")),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'given_up')", name=op.f("outbox_state_check")),
    )
    partial("outbox_due", ["kind", "secret", "next_try_at"], "waiting")
    partial("outbox_given_up", ["kind"], "given_up")
    op.create_table(
        "carrier",
        key("kind", sa.Text()),
        sa.Column("failing_since", INSTANT),
        sa.Column("failed_at", INSTANT),
        sa.PrimaryKeyConstraint("kind", name="carrier_pkey"),
        sa.CheckConstraint(KINDS, name=op.f("carrier_kind_check")),
    )


def partial(name: str, columns: list[str], state: str) -> None:
    where = sa.text(f"state = '{state}'")
    op.create_index(name, "outbox", columns, sqlite_where=where, postgresql_where=where)


def doors() -> None:
    op.create_table(
        "short_link",
        key("digest", sa.LargeBinary()),
        key("recipient", ID),
        key("brand", ID),
        key("channel", sa.SmallInteger()),
        key("expires_at", INSTANT),
        sa.PrimaryKeyConstraint("digest", name="short_link_pkey"),
        sa.ForeignKeyConstraint(["recipient"], ["recipient.id"], name="short_link_recipient_fkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="short_link_brand_fkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("short_link_expires_at", "short_link", ["expires_at"])
    op.create_table(
        "brand_number",
        key("number", sa.Text()),
        key("brand", ID),
        sa.PrimaryKeyConstraint("number", name="brand_number_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="brand_number_brand_fkey"),
    )
    op.create_index("brand_number_brand", "brand_number", ["brand"])
    op.create_table(
        "inbound_message",
        key("id", ID),
        key("carrier", sa.Text()),
        key("name", sa.Text()),
        key("received_at", INSTANT),
        key("state", sa.Text()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("reply", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="inbound_message_pkey"),
        sa.CheckConstraint("state IN ('done', 'unclear')", name=op.f("inbound_message_state_check")),
    )
    op.create_index("inbound_message_name", "inbound_message", ["carrier", "name"], unique=True)
    readable = sa.text("sealed IS NOT NULL OR reply IS NOT NULL")
    op.create_index(
        "inbound_message_received_at",
        "inbound_message",
        ["received_at"],
        sqlite_where=readable,
        postgresql_where=readable,
    )
    unclear = sa.text("state = 'unclear'")
    op.create_index(
        "inbound_message_unclear",
        "inbound_message",
        ["received_at"],
        sqlite_where=unclear,
        postgresql_where=unclear,
    )
    op.create_table(
        "sms_question",
        key("sender", sa.LargeBinary()),
        key("asks", sa.Text()),
        key("channels", sa.SmallInteger()),
        sa.Column("brand", ID),
        sa.Column("code", sa.LargeBinary()),
        key("tries", sa.SmallInteger()),
        key("expires_at", INSTANT),
        sa.PrimaryKeyConstraint("sender", name="sms_question_pkey"),
        sa.CheckConstraint("asks IN ('brand', 'onay')", name=op.f("sms_question_asks_check")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "inbox_cursor",
        key("carrier", sa.Text()),
        key("position", sa.Text()),
        key("read_at", INSTANT),
        sa.PrimaryKeyConstraint("carrier", name="inbox_cursor_pkey"),
    )
    op.create_table(
        "sms_onay",
        part("brand"),
        sa.PrimaryKeyConstraint("brand", name="sms_onay_pkey"),
        sa.ForeignKeyConstraint(["brand"], ["brand.id"], name="sms_onay_brand_fkey"),
    )


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
        reference("api_token", "api_user", "api_user"),
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
        reference("batch", "brand", "brand"),
        reference("batch", "api_user", "api_user"),
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
        reference("push_connection", "brand", "brand"),
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
        sa.Column("reader", ID),
        sa.PrimaryKeyConstraint("id", name="handout_pkey"),
        reference("handout", "brand", "brand"),
        reference("handout", "reader", "api_user"),
        sa.CheckConstraint("way IN ('feed', 'push', 'file')", name=op.f("handout_way_check")),
    )
    op.create_index("handout_brand_last", "handout", ["brand", "last_event"])
    columns = ["brand", "reader", "side", "last_event"]
    untaken = sa.text("way = 'feed' AND taken_at IS NULL")
    op.create_index("handout_read", "handout", columns)
    op.create_index("handout_untaken", "handout", columns, sqlite_where=untaken, postgresql_where=untaken)


def dealers() -> None:
    op.create_table(
        "dealer_detail",
        part("dealer"),
        key("status", WORD),
        key("sealed", BLOB),
        sa.Column("gone_at", INSTANT),
        sa.PrimaryKeyConstraint("dealer", name="dealer_detail_pkey"),
        reference("dealer_detail", "dealer", "dealer"),
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
        reference("dealer_access", "recipient", "recipient"),
        reference("dealer_access", "brand", "brand"),
        reference("dealer_access", "dealer", "dealer"),
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
        sa.Column("sha512", BLOB),
        sa.PrimaryKeyConstraint("brand", "day", "channel", name="day_report_pkey"),
        reference("day_report", "brand", "brand"),
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
        reference("day_file_part", "brand", "brand"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reported_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("day", name="reported_day_pkey"),
    )
