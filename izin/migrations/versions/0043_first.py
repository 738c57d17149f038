"""The whole schema as it was at revision 0043, from which on steps are kept (docs/decisions/0037).

It stays as it is, whatever becomes of the tables' classes: databases stand on it. A change is a step of its own.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL, TEXT, BYTES, YES_NO, DAY = sa.SmallInteger(), sa.Text(), sa.LargeBinary(), sa.Boolean(), sa.Date()
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")

# History only grows. Where columns are named, others may change: those that are sealed, by a rotation or an erasure.
FROZEN = {
    "consent_event": "",
    "act": "id, actor, door, recorded_at, recipient, upload, undoes, first_event, last_event, evidence_digest, "
    "disputed, blankets",
    "blanket_word": "",
    "checkpoint": "",
    "witness": "",
    "panel_act": "id, at, person, what, provider, brand, object, words_digest, mark",
    "company_change": "id, provider, brand, what, detail, done_by, at",
}


def upgrade() -> None:
    companies()
    programs()
    people()
    history()
    log()
    sign_in()
    messages()
    handed_out()
    panel_people()
    panel_work()
    counts()
    national()
    workers()
    freeze()
    if not on_sqlite():
        storage()


def on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def must(name: str, kind: sa.types.TypeEngine[Any], **options: Any) -> sa.Column[Any]:
    """A column that is never empty. ``to``: the table whose ``id`` it names; ``unique``: no two rows have the same."""
    return may(name, kind, nullable=False, **options)


def may(
    name: str, kind: sa.types.TypeEngine[Any], *, to: str = "", unique: bool = False, **options: Any
) -> sa.Column[Any]:
    return sa.Column(name, kind, info={"to": to, "unique": unique}, **options)


def given(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    """A key that the program counts, without a sequence."""
    return must(name, kind, autoincrement=False)


def sealed(name: str) -> sa.Column[Any]:
    """SQLite has a default for it, because earlier versions added it to a table with rows."""
    return must(name, BYTES, server_default=sa.text("x''") if on_sqlite() else None)


def check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=name)


def of_session(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["session"], ["session.key"], name=f"{table}_session_fkey", ondelete="CASCADE")


def table(
    name: str,
    *parts: sa.Column[Any] | sa.Constraint,
    key: str = "id",
    rowid: bool = True,
    proved: bool = False,
) -> None:
    """``key``: the columns of the primary key. ``rowid``: whether SQLite keeps row numbers beside it.

    ``proved``: ``izin verify`` proves what its columns name; PostgreSQL does not look it up at each row.
    """
    columns = [part for part in parts if isinstance(part, sa.Column)]
    naming = [] if proved and not on_sqlite() else [column for column in columns if column.info["to"]]
    op.create_table(
        name,
        *parts,
        sa.PrimaryKeyConstraint(*key.split(), name=f"{name}_pkey"),
        *(sa.UniqueConstraint(one.name, name=f"{name}_{one.name}_key") for one in columns if one.info["unique"]),
        *(
            sa.ForeignKeyConstraint([one.name], [f"{one.info['to']}.id"], name=f"{name}_{one.name}_fkey")
            for one in naming
        ),
        sqlite_with_rowid=rowid,
    )


def index(table: str, name: str, *columns: str, unique: bool = False, where: str = "", then: str = "") -> None:
    """``then``: the last column on PostgreSQL; SQLite appends the row number, or the rest of the key, by itself."""
    condition = sa.text(where) if where else None
    last = [then] if then and not on_sqlite() else []
    op.create_index(name, table, [*columns, *last], unique=unique, sqlite_where=condition, postgresql_where=condition)


def companies() -> None:
    table(
        "registry",
        must("id", SMALL),
        must("reconsent", TEXT),
        must("rising_from", sa.BigInteger(), server_default="1"),
        may("partner_below", ID),
        check("registry_one_row_check", "id = 1"),
    )
    table(
        "registry_key",
        must("purpose", TEXT),
        must("version", SMALL),
        must("wrapped", BYTES),
        key="purpose version",
    )
    table(
        "provider",
        must("id", ID),
        must("code", ID, unique=True),
        must("title", TEXT),
        may("mersis", TEXT, unique=True),
        must("state", TEXT, server_default="active"),
    )
    table(
        "brand",
        must("id", ID),
        must("provider", ID, to="provider"),
        must("code", ID, unique=True),
        must("title", TEXT),
        must("folded", TEXT),
        must("example", YES_NO),
        may("voucher", BYTES),
        may("closed_at", INSTANT),
    )
    index("brand", "brand_provider", "provider")
    table(
        "brand_name",
        must("name", TEXT),
        must("brand", ID, to="brand"),
        must("header", YES_NO),
        key="name",
    )
    index("brand_name", "brand_name_brand", "brand")
    table(
        "brand_number",
        must("number", TEXT),
        must("brand", ID, to="brand"),
        key="number",
    )
    index("brand_number", "brand_number_brand", "brand")
    table(
        "dealer",
        must("id", ID),
        must("brand", ID, to="brand"),
        must("code", ID, unique=True),
        must("title", TEXT),
        may("external", TEXT),
    )
    index("dealer", "dealer_brand_external", "brand", "external", unique=True)
    table(
        "dealer_detail",
        must("dealer", ID, to="dealer"),
        must("status", TEXT),
        must("sealed", BYTES),
        may("gone_at", INSTANT),
        key="dealer",
        rowid=False,
    )
    table(
        "provider_package",
        must("provider", ID, to="provider"),
        must("package", TEXT),
        must("used", ID),
        must("since", INSTANT),
        key="provider",
        rowid=False,
    )
    table(
        "company_change",
        must("id", ID),
        must("provider", ID, to="provider"),
        may("brand", ID, to="brand"),
        must("what", TEXT),
        must("detail", TEXT),
        must("done_by", TEXT),
        must("at", INSTANT),
        sealed("reason"),
    )
    index("company_change", "company_change_provider", "provider", "id")


def programs() -> None:
    table(
        "partner",
        must("id", ID),
        must("code", ID, unique=True),
        must("title", TEXT),
        may("closed_at", INSTANT),
    )
    table(
        "partner_grant",
        must("partner", ID, to="partner"),
        must("brand", ID, to="brand"),
        must("arama", SMALL),
        must("mesaj", SMALL),
        must("eposta", SMALL),
        must("agreements", YES_NO),
        key="partner brand",
        rowid=False,
    )
    index("partner_grant", "partner_grant_brand", "brand")
    table(
        "api_user",
        must("id", ID),
        may("provider", ID, to="provider"),
        must("username", TEXT, unique=True),
        must("password", TEXT),
        may("partner", ID, to="partner"),
        may("ended_at", INSTANT),
        may("networks", TEXT),
        may("used_at", INSTANT),
        check("api_user_side_check", "(provider IS NULL) <> (partner IS NULL)"),
    )
    index("api_user", "api_user_provider", "provider")
    index("api_user", "api_user_partner", "partner")
    table(
        "api_token",
        must("digest", BYTES),
        must("kind", TEXT),
        must("api_user", ID, to="api_user"),
        must("family", BYTES),
        must("expires_at", INSTANT),
        may("spent_at", INSTANT),
        check("api_token_kind_check", "kind IN ('access', 'refresh')"),
        key="digest",
        rowid=False,
    )
    index("api_token", "api_token_family", "family")
    index("api_token", "api_token_expires_at", "expires_at")
    table(
        "api_rate",
        must("key", BYTES),
        must("ends_at", INSTANT),
        must("count", ID),
        key="key",
        rowid=False,
    )
    table(
        "idempotency_key",
        must("key", BYTES),
        must("request", BYTES),
        must("status", SMALL),
        must("answer", BYTES),
        must("at", INSTANT),
        key="key",
        rowid=False,
    )
    index("idempotency_key", "idempotency_key_at", "at")


def people() -> None:
    table(
        "recipient",
        given("id", ID),
        must("sealed", BYTES, unique=True),
        must("commitment", BYTES),
    )
    index("recipient", "recipient_erased", "sealed", where="length(sealed) = 16")
    table(
        "recipient_view",
        must("recipient", ID, to="recipient"),
        must("answered_at", INSTANT),
        may("hidden_before", INSTANT),
        key="recipient",
    )
    table(
        "watch",
        must("recipient", ID, to="recipient"),
        must("kind", TEXT),
        must("target", BYTES),
        must("stop", BYTES),
        must("language", TEXT),
        must("event", ID),
        must("looked_at", INSTANT),
        must("proved_at", INSTANT),
        check("watch_kind_check", "kind IN ('sms', 'mail')"),
        key="recipient",
        rowid=False,
    )
    index("watch", "watch_looked_at", "kind", "looked_at")
    index("watch", "watch_proved_at", "proved_at")
    index("watch", "watch_stop", "stop")


def history() -> None:
    table(
        "transition_window",
        must("id", ID),
        must("size", TEXT),
        must("load_until", DAY),
        must("check_until", DAY),
        must("opened_at", INSTANT),
    )
    table(
        "upload",
        must("id", ID),
        must("brand", ID, to="brand"),
        must("digest", BYTES),
        must("started_at", INSTANT),
        may("finished_at", INSTANT),
        must("rows", ID),
        must("refused", ID),
        may("transition", ID, to="transition_window"),
    )
    index("upload", "upload_brand", "brand")
    table(
        "act",
        given("id", ID),
        must("actor", SMALL),
        must("door", SMALL),
        must("recorded_at", INSTANT),
        may("recipient", ID, to="recipient"),
        may("upload", ID, to="upload"),
        may("undoes", ID, to="act"),
        must("first_event", ID),
        must("last_event", ID),
        may("evidence", BYTES),
        may("evidence_digest", BYTES),
        may("disputed", YES_NO),
        may("blankets", SMALL),
    )
    index("act", "act_recipient", "recipient", where="recipient IS NOT NULL")
    index("act", "act_undoes", "undoes", unique=True, where="undoes IS NOT NULL")
    index("act", "act_upload", "upload", where="upload IS NOT NULL")
    index("act", "act_undoing", "recipient", where="undoes IS NOT NULL")
    table(
        "blanket_word",
        given("id", ID),
        must("act", ID, to="act"),
        must("recipient", ID, to="recipient"),
        must("channel", SMALL),
        must("identity", SMALL),
        must("refuses", YES_NO),
        must("source", SMALL),
        must("decided_at", INSTANT),
    )
    index("blanket_word", "blanket_word_recipient", "recipient")
    index("blanket_word", "blanket_word_act", "act")
    table(
        "consent_event",
        given("id", ID),
        must("recipient", ID, to="recipient"),
        must("brand", ID, to="brand"),
        must("channel", SMALL),
        must("identity", SMALL),
        must("status", SMALL),
        may("source", SMALL),
        must("decided_at", INSTANT),
        may("dealer", ID, to="dealer"),
        must("act", ID, to="act"),
        check("consent_event_word_check", "status IN (0, 1)"),
        proved=True,
    )
    index("consent_event", "consent_event_brand", "brand", then="id")
    index("consent_event", "consent_event_own", "brand", then="id", where="source >= 32")
    index("consent_event", "consent_event_recipient", "recipient", "brand", then="id")
    table(
        "consent",
        must("recipient", ID, to="recipient"),
        must("brand", ID, to="brand"),
        must("channel", SMALL),
        must("identity", SMALL),
        must("status", SMALL),
        may("citizen_status", SMALL),
        may("citizen_source", SMALL),
        may("citizen_at", INSTANT),
        may("citizen_event", ID),
        may("provider_status", SMALL),
        may("provider_source", SMALL),
        may("provider_at", INSTANT),
        may("provider_dealer", ID, to="dealer"),
        may("provider_event", ID),
        check("consent_state_check", "status IN (0, 1, 2)"),
        key="recipient brand channel identity",
        rowid=False,
        proved=True,
    )
    index("consent", "consent_brand", "brand", then="recipient")
    index("consent", "consent_spoken", "brand", then="recipient", where="citizen_event IS NOT NULL")
    index("consent", "consent_dealer", "provider_dealer", where="provider_dealer IS NOT NULL")
    table(
        "refusals_taken",
        must("brand", ID, to="brand"),
        must("event", ID),
        must("untaken", ID),
        may("oldest", INSTANT),
        key="brand",
        rowid=False,
    )
    table(
        "dealer_access",
        must("recipient", ID, to="recipient"),
        must("brand", ID, to="brand"),
        must("channel", SMALL),
        must("identity", SMALL),
        must("dealer", ID, to="dealer"),
        must("event", ID),
        key="recipient brand channel identity dealer",
        rowid=False,
    )
    index("dealer_access", "dealer_access_dealer", "dealer")


def log() -> None:
    table(
        "checkpoint",
        given("size", ID),
        must("root", BYTES),
        must("frontier", BYTES),
        must("made_at", INSTANT),
        must("signature", BYTES),
        key="size",
    )
    table(
        "witness",
        given("size", ID),
        must("root", BYTES),
        must("previous", ID),
        must("made_at", INSTANT),
        must("signature", BYTES),
        key="size",
    )
    table(
        "witness_beginning",
        must("machine", TEXT),
        must("path", TEXT),
        must("length", ID),
        must("digest", BYTES),
        must("at", INSTANT),
        must("mark", BYTES),
        key="machine path",
    )
    table(
        "verified",
        must("id", SMALL),
        must("size", ID),
        must("event", ID),
        must("recipient", ID),
        must("root", BYTES),
        must("at", INSTANT),
        must("whole_at", INSTANT),
        must("proved_since", INSTANT),
        must("round_at", INSTANT),
        must("round_act", ID),
        must("round_recipient", ID),
        must("witness_size", ID),
        must("witness_bytes", ID),
        must("witness_digest", BYTES),
        must("round_bytes", ID),
        must("mark", BYTES),
        check("verified_verified_one_row_check_check", "id = 1"),
    )
    table(
        "rotation",
        must("id", SMALL),
        must("begun_at", INSTANT),
        must("moved_at", INSTANT),
        must("done", ID),
        must("total", ID),
        check("rotation_rotation_one_row_check_check", "id = 1"),
    )


def sign_in() -> None:
    table(
        "throttle",
        must("key", BYTES),
        must("at", INSTANT),
        must("count", ID),
        key="key at",
        rowid=False,
    )
    index("throttle", "throttle_at", "at")
    table(
        "one_time_code",
        must("holder", BYTES),
        must("purpose", SMALL),
        must("address", BYTES),
        must("mac", BYTES),
        may("earlier", BYTES),
        must("first_asked_at", INSTANT),
        must("asked", SMALL),
        must("asked_at", INSTANT),
        must("expires_at", INSTANT),
        must("tries", SMALL),
        must("wrong", SMALL),
        may("used_at", INSTANT),
        may("asker", BYTES),
        key="holder",
        rowid=False,
    )
    index("one_time_code", "one_time_code_asked_at", "asked_at")
    index("one_time_code", "one_time_code_address", "address")
    table(
        "trusted_asker",
        must("asker", BYTES),
        must("address", BYTES),
        must("wrong", SMALL),
        must("proved_at", INSTANT),
        key="asker address",
        rowid=False,
    )
    index("trusted_asker", "trusted_asker_address", "address", "proved_at")
    index("trusted_asker", "trusted_asker_proved_at", "proved_at")
    table(
        "session",
        must("key", BYTES),
        must("started_at", INSTANT),
        must("touched_at", INSTANT),
        must("current", SMALL),
        may("limited", YES_NO),
        key="key",
        rowid=False,
    )
    index("session", "session_started_at", "started_at")
    table(
        "session_address",
        must("session", BYTES),
        must("place", SMALL),
        must("address", BYTES),
        must("proved_at", INSTANT),
        may("last_sign_in", INSTANT),
        of_session("session_address"),
        key="session place",
        rowid=False,
    )
    index("session_address", "session_address_address", "address")
    table(
        "sign_in",
        must("address", BYTES),
        may("at", INSTANT),
        must("wrong", ID),
        may("wrong_at", INSTANT),
        key="address",
        rowid=False,
    )
    index("sign_in", "sign_in_at", "at")
    index("sign_in", "sign_in_wrong_at", "wrong_at")
    table(
        "helper_visit",
        must("session", BYTES),
        must("address", BYTES),
        must("place", SMALL),
        must("began_at", INSTANT),
        must("ends_at", INSTANT),
        may("told_at", INSTANT),
        of_session("helper_visit"),
        key="session",
        rowid=False,
    )
    index("helper_visit", "helper_visit_address", "address")
    index("helper_visit", "helper_visit_ends_at", "ends_at")
    table(
        "shown_text",
        must("holder", BYTES),
        must("digest", BYTES),
        must("address", BYTES),
        must("asked_at", INSTANT),
        must("expires_at", INSTANT),
        may("proved_at", INSTANT),
        may("used", YES_NO),
        key="holder",
        rowid=False,
    )
    index("shown_text", "shown_text_digest", "digest")
    index("shown_text", "shown_text_address", "address")
    index("shown_text", "shown_text_expires_at", "expires_at")


def messages() -> None:
    table(
        "outbox",
        must("id", ID),
        must("kind", TEXT),
        may("sealed", BYTES),
        must("secret", YES_NO),
        must("created_at", INSTANT),
        must("expires_at", INSTANT),
        must("next_try_at", INSTANT),
        must("tries", SMALL),
        must("state", TEXT),
        may("settled_at", INSTANT),
        may("message_id", TEXT),
        may("error", TEXT),
        may("via", TEXT),
        check("outbox_kind_check", "kind IN ('sms', 'mail', 'call')"),
        check("outbox_state_check", "state IN ('waiting', 'sent', 'given_up')"),
    )
    index("outbox", "outbox_due", "kind", "secret", "next_try_at", where="state = 'waiting'")
    index("outbox", "outbox_given_up", "kind", where="state = 'given_up'")
    table(
        "carrier",
        must("kind", TEXT),
        may("failing_since", INSTANT),
        may("failed_at", INSTANT),
        check("carrier_kind_check", "kind IN ('sms', 'mail', 'call')"),
        key="kind",
    )
    table(
        "gateway_rest",
        must("name", TEXT),
        must("kind", TEXT),
        must("rests_until", INSTANT),
        key="name",
        rowid=False,
    )
    table(
        "inbound_message",
        must("id", ID),
        must("carrier", TEXT),
        must("name", TEXT),
        must("received_at", INSTANT),
        must("state", TEXT),
        may("sealed", BYTES),
        may("reply", BYTES),
        check("inbound_message_state_check", "state IN ('done', 'unclear')"),
    )
    index("inbound_message", "inbound_message_name", "carrier", "name", unique=True)
    index(
        "inbound_message", "inbound_message_received_at", "received_at", where="sealed IS NOT NULL OR reply IS NOT NULL"
    )
    index("inbound_message", "inbound_message_unclear", "received_at", where="state = 'unclear'")
    table(
        "inbox_cursor",
        must("carrier", TEXT),
        must("position", TEXT),
        must("read_at", INSTANT),
        key="carrier",
    )
    table(
        "sms_question",
        must("sender", BYTES),
        must("asks", TEXT),
        must("channels", SMALL),
        may("brand", ID),
        may("act", ID),
        may("code", BYTES),
        must("tries", SMALL),
        must("expires_at", INSTANT),
        check("sms_question_asks_check", "asks IN ('brand', 'onay', 'undo')"),
        key="sender",
        rowid=False,
    )
    index("sms_question", "sms_question_expires_at", "expires_at")
    table(
        "sms_onay",
        must("brand", ID, to="brand"),
        key="brand",
    )
    table(
        "short_link",
        must("digest", BYTES),
        must("recipient", ID, to="recipient"),
        must("brand", ID, to="brand"),
        must("channel", SMALL),
        must("expires_at", INSTANT),
        key="digest",
        rowid=False,
    )
    index("short_link", "short_link_expires_at", "expires_at")


def handed_out() -> None:
    table(
        "batch",
        must("id", ID),
        must("request", TEXT, unique=True),
        must("brand", ID, to="brand"),
        must("api_user", ID, to="api_user"),
        must("again", YES_NO),
        must("size", SMALL),
        must("received_at", INSTANT),
        may("finished_at", INSTANT),
        may("act", ID),
        may("sealed", BYTES),
        may("results", BYTES),
    )
    index("batch", "batch_open", "id", where="finished_at IS NULL")
    index("batch", "batch_act", "act")
    index("batch", "batch_received_at", "received_at")
    table(
        "push_connection",
        must("id", ID),
        must("brand", ID, to="brand"),
        must("channel", SMALL),
        must("sealed", BYTES),
        must("registered_at", INSTANT),
        must("works", YES_NO),
        must("cursor", ID),
        must("tries", SMALL),
        must("next_try_at", INSTANT),
        may("error", TEXT),
    )
    index("push_connection", "push_connection_brand", "brand", "channel")
    table(
        "handout",
        must("id", ID),
        must("brand", ID, to="brand"),
        must("way", TEXT),
        may("channel", SMALL),
        may("side", TEXT),
        must("first_event", ID),
        must("last_event", ID),
        must("at", INSTANT),
        may("taken_at", INSTANT),
        may("reader", ID, to="api_user"),
        check("handout_way_check", "way IN ('feed', 'push', 'file')"),
    )
    index("handout", "handout_brand_last", "brand", "last_event")
    index("handout", "handout_read", "brand", "reader", "side", "last_event")
    index(
        "handout", "handout_untaken", "brand", "reader", "side", "last_event", where="way = 'feed' AND taken_at IS NULL"
    )
    table(
        "day_report",
        must("brand", ID, to="brand"),
        must("day", DAY),
        must("channel", SMALL),
        must("made_at", INSTANT),
        must("sha384", BYTES),
        must("size", ID),
        must("movements", ID),
        must("first_event", ID),
        must("last_event", ID),
        must("totals", TEXT),
        may("stamp", BYTES),
        may("agreed_at", INSTANT),
        may("sha512", BYTES),
        key="brand day channel",
        rowid=False,
    )
    table(
        "day_file_part",
        must("brand", ID, to="brand"),
        must("day", DAY),
        must("channel", SMALL),
        must("place", ID),
        must("sealed", BYTES),
        key="brand day channel place",
        rowid=False,
    )
    table(
        "reported_day",
        must("day", DAY),
        must("at", INSTANT),
        key="day",
    )


def panel_people() -> None:
    table(
        "panel_user",
        must("id", ID),
        must("email", BYTES, unique=True),
        must("staff", SMALL),
        must("created_at", INSTANT),
        may("ended_at", INSTANT),
        must("version", ID),
        must("step_wrong", SMALL, server_default="0"),
    )
    table(
        "panel_member",
        must("person", ID, to="panel_user"),
        must("provider", ID, to="provider"),
        must("role", SMALL),
        must("rights", SMALL),
        must("every_brand", YES_NO),
        must("version", ID),
        key="person provider",
        rowid=False,
    )
    index("panel_member", "panel_member_provider", "provider")
    table(
        "panel_member_brand",
        must("person", ID, to="panel_user"),
        must("provider", ID, to="provider"),
        must("brand", ID, to="brand"),
        key="person provider brand",
        rowid=False,
    )
    table(
        "panel_invitation",
        must("id", ID),
        must("digest", BYTES, unique=True),
        must("email", BYTES),
        must("staff", SMALL),
        may("provider", ID, to="provider"),
        must("role", SMALL),
        must("rights", SMALL),
        may("brands", TEXT),
        must("invited_by", ID, to="panel_user"),
        must("created_at", INSTANT),
        must("expires_at", INSTANT),
        may("ended_at", INSTANT),
    )
    index("panel_invitation", "panel_invitation_provider", "provider")
    table(
        "panel_rule",
        must("provider", ID, to="provider"),
        must("second_step", YES_NO),
        key="provider",
        rowid=False,
    )
    table(
        "panel_session",
        must("key", BYTES),
        must("person", ID, to="panel_user"),
        must("device", BYTES),
        must("started_at", INSTANT),
        must("touched_at", INSTANT),
        may("step_at", INSTANT),
        may("challenge", BYTES),
        may("challenge_at", INSTANT),
        key="key",
        rowid=False,
    )
    index("panel_session", "panel_session_person", "person")
    index("panel_session", "panel_session_started_at", "started_at")
    table(
        "panel_device",
        must("person", ID, to="panel_user"),
        must("device", BYTES),
        must("label", TEXT),
        must("first_at", INSTANT),
        must("last_at", INSTANT),
        key="person device",
        rowid=False,
    )
    index("panel_device", "panel_device_last_at", "last_at")
    table(
        "panel_factor",
        must("id", ID),
        must("person", ID, to="panel_user"),
        must("kind", SMALL),
        must("sealed", BYTES),
        may("credential", BYTES, unique=True),
        must("counter", ID),
        must("label", TEXT),
        must("created_at", INSTANT),
        may("used_at", INSTANT),
    )
    index("panel_factor", "panel_factor_person", "person")
    table(
        "panel_recovery",
        must("person", ID, to="panel_user"),
        must("digest", BYTES),
        key="person digest",
        rowid=False,
    )


def panel_work() -> None:
    table(
        "panel_act",
        must("id", ID, to="act"),
        must("at", INSTANT),
        may("person", ID, to="panel_user"),
        must("what", TEXT),
        may("provider", ID, to="provider"),
        may("brand", ID, to="brand"),
        must("object", TEXT),
        may("mark", BYTES),
        sealed("words"),
        sealed("words_digest"),
    )
    index("panel_act", "panel_act_provider", "provider", "id")
    index("panel_act", "panel_act_person", "person", "id")
    index("panel_act", "panel_act_mark", "mark", where="mark IS NOT NULL")
    table(
        "panel_claim",
        must("id", ID),
        must("provider", ID, to="provider"),
        may("brand", ID, to="brand"),
        must("kind", SMALL),
        must("value", TEXT),
        must("about", TEXT),
        must("person", ID, to="panel_user"),
        must("state", SMALL),
        must("asked_at", INSTANT),
        may("decided_at", INSTANT),
        may("decided_by", ID, to="panel_user"),
        may("why", BYTES),
    )
    index("panel_claim", "panel_claim_state", "state")
    index("panel_claim", "panel_claim_provider", "provider")
    table(
        "provider_application",
        must("id", ID),
        must("email", BYTES),
        must("title", TEXT),
        must("brand", TEXT),
        must("mersis", TEXT),
        must("signatory", BYTES),
        must("size", SMALL),
        may("partner", ID, to="partner"),
        must("state", SMALL),
        must("asked_at", INSTANT),
        may("decided_at", INSTANT),
        may("decided_by", ID, to="panel_user"),
        may("provider", ID, to="provider"),
        sealed("tax"),
        may("why", BYTES),
    )
    index("provider_application", "provider_application_state", "state")
    table(
        "panel_upload",
        must("id", ID),
        must("brand", ID, to="brand"),
        must("person", ID, to="panel_user"),
        must("name", BYTES),
        may("form", TEXT),
        must("initial", YES_NO),
        must("size", ID),
        must("lines", ID),
        must("digest", BYTES),
        must("state", TEXT),
        must("received_at", INSTANT),
        must("changed_at", INSTANT),
        must("kept_until", INSTANT),
        may("asked_by", ID, to="panel_user"),
        must("done", ID),
        may("holder", BYTES),
        may("held_until", INSTANT),
        must("tries", SMALL),
        may("upload", ID, to="upload"),
        may("loaded_at", INSTANT),
        may("tried", BYTES),
        may("loaded", BYTES),
        may("fault", BYTES),
    )
    index("panel_upload", "panel_upload_state", "state")
    index("panel_upload", "panel_upload_brand", "brand", "id")
    index("panel_upload", "panel_upload_kept_until", "kept_until")
    table(
        "panel_upload_piece",
        must("upload", ID, to="panel_upload"),
        must("kind", SMALL),
        must("place", ID),
        must("sealed", BYTES),
        key="upload kind place",
        rowid=False,
    )
    table(
        "panel_export",
        must("id", ID),
        must("provider", ID, to="provider"),
        must("brand", ID, to="brand"),
        must("person", ID, to="panel_user"),
        must("criteria", TEXT),
        must("asked_at", INSTANT),
        may("finished_at", INSTANT),
        must("consents", ID),
        must("kind", SMALL, server_default="0"),
    )
    index("panel_export", "panel_export_provider", "provider", "id")
    index("panel_export", "panel_export_open", "id", where="finished_at IS NULL")
    table(
        "panel_export_part",
        must("export", ID),
        must("place", ID),
        must("asked_at", INSTANT),
        must("sealed", BYTES),
        key="export place",
        rowid=False,
    )
    index("panel_export_part", "panel_export_part_asked_at", "asked_at")


def counts() -> None:
    table(
        "movement_count",
        must("brand", ID, to="brand"),
        must("day", ID),
        must("channel", SMALL),
        must("status", SMALL),
        must("own", YES_NO),
        must("door", SMALL),
        must("movements", ID),
        key="brand day channel status own door",
        rowid=False,
    )
    table(
        "movements_counted",
        must("id", SMALL),
        must("event", ID),
        check("movements_counted_movements_counted_one_row_check_check", "id = 1"),
    )
    table(
        "consent_count",
        must("brand", ID, to="brand"),
        must("channel", SMALL),
        must("identity", SMALL),
        must("status", SMALL),
        must("source", SMALL),
        must("consents", ID),
        key="brand channel identity status source",
        rowid=False,
    )
    table(
        "brand_counted",
        must("brand", ID, to="brand"),
        must("moved", ID),
        must("counted", ID),
        may("at", INSTANT),
        must("took", ID),
        key="brand",
        rowid=False,
    )
    table(
        "refused_count",
        must("brand", ID, to="brand"),
        must("day", ID),
        must("channel", SMALL),
        must("way", SMALL),
        must("code", TEXT),
        must("refused", ID),
        may("upload", ID),
        must("last_at", INSTANT),
        key="brand day channel way code",
        rowid=False,
    )
    index("refused_count", "refused_count_last_at", "last_at")


def national() -> None:
    table(
        "national_account",
        must("id", ID),
        must("provider", ID, to="provider", unique=True),
        must("iys_code", ID),
        must("sealed", BYTES),
        may("token", BYTES),
        may("blocked_until", INSTANT),
        may("blocked_by", TEXT),
        may("reached_at", INSTANT),
        must("clock_offset", ID, server_default="0"),
        must("window_at", INSTANT),
        must("requests", ID, server_default="0"),
        must("failures", ID, server_default="0"),
        must("past_requests", ID, server_default="0"),
        must("past_failures", ID, server_default="0"),
        may("started_at", INSTANT),
        may("verified_at", INSTANT),
    )
    index("national_account", "national_account_verified", "iys_code", unique=True, where="verified_at IS NOT NULL")
    table(
        "national_brand",
        must("brand", ID, to="brand"),
        must("account", ID, to="national_account"),
        must("cursor", ID, server_default="0"),
        must("act", ID, server_default="0"),
        may("after_hs", TEXT),
        may("after_iys", TEXT),
        may("pulled_at", INSTANT),
        may("compared_at", INSTANT),
        must("compared_to", ID, server_default="0"),
        may("checked_day", DAY),
        may("differing_day", DAY),
        must("unread", ID, server_default="0"),
        may("sent_at", INSTANT),
        may("pushed_at", INSTANT),
        may("dealers_due_at", INSTANT),
        key="brand",
    )
    index("national_brand", "national_brand_account", "account")
    table(
        "national_batch",
        must("id", ID),
        must("brand", ID, to="brand"),
        may("request", TEXT),
        must("made_at", INSTANT),
        must("due_at", INSTANT),
        must("tries", SMALL, server_default="0"),
    )
    index("national_batch", "national_batch_brand", "brand")
    table(
        "national_item",
        given("event", ID),
        must("brand", ID, to="brand"),
        must("recipient", ID, to="recipient"),
        must("channel", SMALL),
        must("identity", SMALL),
        must("status", SMALL),
        must("said_at", INSTANT),
        must("state", SMALL),
        must("due_at", INSTANT),
        may("source", SMALL),
        may("at", INSTANT),
        may("not_before", INSTANT),
        may("code", TEXT),
        must("tries", SMALL, server_default="0"),
        may("batch", ID, to="national_batch"),
        may("place", SMALL),
        may("settled_at", INSTANT),
        may("sealed", BYTES),
        may("retailer", ID),
        check("national_item_national_item_state_check_check", "state IN (0, 1, 2, 3, 4)"),
        key="event",
        rowid=False,
    )
    index("national_item", "national_item_open", "brand", "due_at", where="state IN (0, 1, 4)")
    index("national_item", "national_item_batch", "batch", where="batch IS NOT NULL")
    index("national_item", "national_item_escalated", "brand", where="state = 3")
    index("national_item", "national_item_recipient", "recipient", "brand")
    table(
        "national_lease",
        given("id", SMALL),
        must("holder", BYTES),
        must("until", INSTANT),
        check("national_lease_national_lease_one_row_check_check", "id = 1"),
    )
    table(
        "national_errand",
        must("account", ID, to="national_account"),
        must("kind", SMALL),
        must("asked_at", INSTANT),
        may("done_at", INSTANT),
        may("outcome", TEXT),
        key="account kind",
        rowid=False,
    )
    table(
        "national_dealer",
        must("dealer", ID, to="dealer"),
        must("brand", ID, to="brand"),
        must("retailer", ID),
        must("by_hand", YES_NO),
        must("refused", YES_NO),
        key="dealer",
        rowid=False,
    )
    index("national_dealer", "national_dealer_retailer", "brand", "retailer", unique=True)


def workers() -> None:
    table(
        "worker",
        given("id", ID),
        must("name", TEXT),
        must("begun_at", INSTANT),
        must("lived_at", INSTANT),
        must("beats", ID),
        must("doing", TEXT),
    )
    table(
        "chore",
        must("name", TEXT),
        must("worker", ID),
        key="name",
        rowid=False,
    )


def freeze() -> None:
    """Triggers refuse to change or remove rows (consents/care/frozen.py)."""
    if not on_sqlite():
        op.execute(
            "CREATE FUNCTION izin_history() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION '% is history and cannot be changed', TG_TABLE_NAME; END $$"
        )
    for name, columns in FROZEN.items():
        refusal = (
            f"BEGIN SELECT RAISE(ABORT, '{name} is history and cannot be changed'); END"
            if on_sqlite()
            else "EXECUTE FUNCTION izin_history()"
        )
        each = "" if on_sqlite() else "FOR EACH ROW "
        of = f" OF {columns}" if columns else ""
        op.execute(f"CREATE TRIGGER {name}_no_update BEFORE UPDATE{of} ON {name} {each}{refusal}")
        op.execute(f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name} {each}{refusal}")
        if not on_sqlite():
            op.execute(f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} FOR EACH STATEMENT {refusal}")


def storage() -> None:
    """How PostgreSQL keeps some tables."""
    # Counts may be lost in a crash, and cost no log.
    op.execute("ALTER TABLE api_rate SET UNLOGGED")
    op.execute("ALTER TABLE api_rate SET (fillfactor = 50)")
    # Room on each page for the word that takes the place of one that stands, so that no index of it changes.
    op.execute("ALTER TABLE consent SET (fillfactor = 90)")
    # Earlier versions have written these anew in the order of their key.
    for name in ("panel_act", "company_change", "provider_application"):
        op.execute(f"ALTER TABLE {name} CLUSTER ON {name}_pkey")
