"""The tables of the providers' programs, without readable addresses and bodies."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    false,
    text,
)
from sqlmodel import Field, SQLModel

from consents.care.sweeping import Sweep
from consents.columns import Id, Instant, SealedBytes
from consents.instants import DAY
from settings import Settings

_OPEN = text("finished_at IS NULL")
_READ = ("brand", "reader", "side", "last_event")
_WHOLE = text("whole IS NOT NULL")
_LOADED, _TAKEN_BACK = text("upload IS NOT NULL"), text("taken_back IS NOT NULL")
_UNTAKEN = text("way = 'feed' AND taken_at IS NULL")


class Partner(SQLModel, table=True):
    """A business partner (iş ortağı, İYS integrator) that acts for providers."""

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    code: int = Field(sa_column=Column(Id, nullable=False, unique=True))  # integratorCode
    title: str = Field(sa_column=Column(Text, nullable=False))
    closed_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # from then on H521


class PartnerGrant(SQLModel, table=True):
    """A partner's rights over one brand: nothing 0, read 1, write 2, for each channel."""

    __tablename__ = "partner_grant"
    __table_args__ = (Index("partner_grant_brand", "brand"), {"sqlite_with_rowid": False})

    partner: int = Field(sa_column=Column(Id, ForeignKey("partner.id"), primary_key=True, autoincrement=False))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    arama: int = Field(sa_column=Column(SmallInteger, nullable=False))
    mesaj: int = Field(sa_column=Column(SmallInteger, nullable=False))
    eposta: int = Field(sa_column=Column(SmallInteger, nullable=False))
    agreements: bool = Field(sa_column=Column(Boolean, nullable=False))  # day reports and their agreement
    via: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=false()))  # to ask for consents


class ApiUser(SQLModel, table=True):
    __tablename__ = "api_user"
    __table_args__ = (CheckConstraint("(provider IS NULL) <> (partner IS NULL)", name="side"),)

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    provider: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("provider.id"), index=True))
    partner: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("partner.id"), index=True))
    username: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    password: str = Field(sa_column=Column(Text, nullable=False))  # scrypt, PHC string; of one that has ended empty
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    networks: str | None = Field(default=None, sa_column=Column(Text))  # from where it may call, CIDR; None: anywhere
    used_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # its last call, a minute behind at most
    reads_only: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))
    brands: str | None = Field(default=None, sa_column=Column(Text))  # internal ids; None: all of its provider's
    test: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=false())
    )  # stores nothing


class ApiToken(SQLModel, table=True):
    """A token by its hash. All that follow from one password share a ``family`` and end with it."""

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("kind IN ('access', 'refresh')", name="kind"),
        Index("api_token_family", "family"),
        Index("api_token_expires_at", "expires_at"),
        {"sqlite_with_rowid": False},
    )

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # SHA-256
    kind: str = Field(sa_column=Column(Text, nullable=False))
    user: int = Field(sa_column=Column("api_user", Id, ForeignKey("api_user.id"), nullable=False))
    family: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    spent_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # a refresh token is good once


class ApiCall(SQLModel, table=True):
    """One of a user's last calls, without an address; ``number`` counts within the user."""

    __tablename__ = "api_call"
    __table_args__ = (Index("api_call_at", "at"), {"sqlite_with_rowid": False})

    user: int = Field(
        sa_column=Column("api_user", Id, ForeignKey("api_user.id"), primary_key=True, autoincrement=False)
    )
    number: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    method: str = Field(sa_column=Column(Text, nullable=False))
    path: str = Field(sa_column=Column(Text, nullable=False))
    status: int = Field(sa_column=Column(SmallInteger, nullable=False))
    code: str | None = Field(default=None, sa_column=Column(Text))
    items: int | None = Field(default=None, sa_column=Column(Id))  # records in the body or the answer
    digest: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # keyed, of what was sent
    about: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # keyed, of the list's requestId
    note: str | None = Field(default=None, sa_column=Column(Text))  # words of providers/api/call_facts.py


class StrayCall(SQLModel, table=True):
    """Calls that named a provider and proved nothing, counted by what was wrong with them; only the operator sees a
    claim."""

    __tablename__ = "stray_call"
    __table_args__ = (Index("stray_call_at", "at"), {"sqlite_with_rowid": False})

    provider: int = Field(sa_column=Column(Id, ForeignKey("provider.id"), primary_key=True, autoincrement=False))
    kind: str = Field(sa_column=Column(Text, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))  # of the last one
    count: int = Field(sa_column=Column("calls", Id, nullable=False))


class ApiRate(SQLModel, table=True):
    """A client's calls within a window that ends at ``ends_at``. ``key``: keyed hash of limit and client. On PostgreSQL
    only, unlogged: a crash may empty it."""

    __tablename__ = "api_rate"
    __table_args__ = ({"sqlite_with_rowid": False},)  # no index: each call changes a row in its place

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    ends_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    count: int = Field(sa_column=Column(Id, nullable=False))


class IdempotencyKey(SQLModel, table=True):
    """The answer to a POST with an Idempotency-Key, kept for a day. ``key``: hash of user and key."""

    __tablename__ = "idempotency_key"
    __table_args__ = (Index("idempotency_key_at", "at"), {"sqlite_with_rowid": False})

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    request: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # SHA-256 of path and body
    status: int = Field(sa_column=Column(SmallInteger, nullable=False))
    answer: bytes = Field(sa_column=Column(SealedBytes("evidence"), nullable=False))  # sealed
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


class Batch(SQLModel, table=True):
    """An accepted list of consents (202). ``sealed``: its items, until they are stored; ``results``: one entry an item,
    without an address; ``act``: its act."""

    __table_args__ = (
        Index("batch_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("batch_act", "act"),
        Index("batch_received_at", "received_at"),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    request: str = Field(sa_column=Column(Text, nullable=False, unique=True))  # requestId, a UUID
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    user: int = Field(sa_column=Column("api_user", Id, ForeignKey("api_user.id"), nullable=False))
    again: bool = Field(sa_column=Column(Boolean, nullable=False))  # by the v2 call: a repeat is no error
    size: int = Field(sa_column=Column(SmallInteger, nullable=False))
    received_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    finished_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    act: int | None = Field(default=None, sa_column=Column(Id))
    sealed: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence", 50)))
    results: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class PushConnection(SQLModel, table=True):
    """Where a brand's movements on one channel are pushed, and up to which event. ``sealed``: URL, user, password and
    signing secrets; ``error``: class of the last failure."""

    __tablename__ = "push_connection"
    __table_args__ = (
        Index("push_connection_brand", "brand", "channel"),
        Index("push_connection_whole", "whole", sqlite_where=_WHOLE, postgresql_where=_WHOLE),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    channel: int = Field(sa_column=Column(SmallInteger, nullable=False))
    sealed: bytes = Field(sa_column=Column(SealedBytes("evidence"), nullable=False))
    registered_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    works: bool = Field(sa_column=Column(Boolean, nullable=False))
    cursor: int = Field(sa_column=Column(Id, nullable=False))  # the last event that it has taken
    tries: int = Field(sa_column=Column(SmallInteger, nullable=False))  # in vain, since the last success
    next_try_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    error: str | None = Field(default=None, sa_column=Column(Text))
    whole: int | None = Field(default=None, sa_column=Column(Id))  # its first row, of one for all brands and channels


class PushDelivery(SQLModel, table=True):
    """A post of a push connection and its answer; its events are those after ``after_event`` up to ``last_event``."""

    __tablename__ = "push_delivery"
    __table_args__ = (Index("push_delivery_connection", "connection", "id"), Index("push_delivery_at", "at"))

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    connection: int = Field(sa_column=Column(Id, ForeignKey("push_connection.id"), nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    after_event: int = Field(sa_column=Column(Id, nullable=False))
    last_event: int = Field(sa_column=Column(Id, nullable=False))
    movements: int = Field(sa_column=Column(SmallInteger, nullable=False))  # 0: the test record
    status: int | None = Field(default=None, sa_column=Column(SmallInteger))  # HTTP; None: no answer
    error: str | None = Field(default=None, sa_column=Column(Text))  # class of the failure
    took: int = Field(sa_column=Column(SmallInteger, nullable=False))  # ms
    again: bool = Field(sa_column=Column(Boolean, nullable=False))  # a person sent it once more
    tries: int = Field(default=1, sa_column=Column(SmallInteger, nullable=False, server_default=text("1")))
    answer: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))  # its first characters


class FeedbackHook(SQLModel, table=True):
    """Where a brand's mailing service or messenger posts complaints, bounces and “stop”. ``digest``: SHA-256 of the
    secret in its URL; ``sealed``: the service's signing key, and the URL that begins its posts; ``refused``,
    ``unread``: events; ``fault``: why the last unread one was not taken."""

    __tablename__ = "feedback_hook"
    __table_args__ = (Index("feedback_hook_brand", "brand"),)

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    form: str = Field(sa_column=Column(Text, nullable=False))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    sealed: bytes = Field(sa_column=Column(SealedBytes("evidence"), nullable=False))
    bounces: bool = Field(sa_column=Column(Boolean, nullable=False))
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    used_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    refused: int = Field(sa_column=Column(Id, nullable=False))
    unread: int = Field(sa_column=Column(Id, nullable=False))
    fault: str | None = Field(default=None, sa_column=Column(Text))


class Handout(SQLModel, table=True):
    """A brand's movements of a range of events, handed to its provider: how, when, and when taken: a page when the
    program continues from its end, a push when it succeeded, a file when the day was agreed to. ``reader``: the API
    user; of a push none."""

    __table_args__ = (
        CheckConstraint("way IN ('feed', 'push', 'file')", name="way"),
        Index("handout_brand_last", "brand", "last_event"),
        Index("handout_read", *_READ),
        Index("handout_untaken", *_READ, sqlite_where=_UNTAKEN, postgresql_where=_UNTAKEN),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    way: str = Field(sa_column=Column(Text, nullable=False))
    reader: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("api_user.id")))
    channel: int | None = Field(default=None, sa_column=Column(SmallInteger))  # None: all
    side: str | None = Field(default=None, sa_column=Column(Text))  # HS or IYS, of a feed; else all
    first_event: int = Field(sa_column=Column(Id, nullable=False))
    last_event: int = Field(sa_column=Column(Id, nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    taken_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class RefusalsTaken(SQLModel, table=True):
    """Up to which event a brand's refusals were taken, and how many due ones after it were not."""

    __tablename__ = "refusals_taken"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    event: int = Field(sa_column=Column(Id, nullable=False))
    untaken: int = Field(sa_column=Column(Id, nullable=False))
    oldest: datetime | None = Field(default=None, sa_column=Column(Instant))  # when the first of them was recorded


class DayReport(SQLModel, table=True):
    """``channel``: -1 for all channels together, else one of them."""

    __tablename__ = "day_report"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    day: date = Field(sa_column=Column(Date, primary_key=True))
    channel: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    sha384: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sha512: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # what time stamps are asked for
    size: int = Field(sa_column=Column(Id, nullable=False))  # bytes
    rows: int = Field(sa_column=Column("movements", Id, nullable=False))
    first_event: int = Field(sa_column=Column(Id, nullable=False))
    last_event: int = Field(sa_column=Column(Id, nullable=False))
    totals: str = Field(sa_column=Column(Text, nullable=False))  # JSON: [channel, identity, status, source, count]…
    stamp: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # RFC 3161 reply
    agreed_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class ReplacedReport(SQLModel, table=True):
    """A report whose file named somebody since erased; the day's next one is a new file. Its hash and stamp stay,
    for the files that companies have."""

    __tablename__ = "replaced_report"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    day: date = Field(sa_column=Column(Date, primary_key=True))
    channel: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    sha384: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    sha512: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    size: int = Field(sa_column=Column(Id, nullable=False))
    rows: int = Field(sa_column=Column("movements", Id, nullable=False))
    stamp: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    agreed_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    replaced_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class DayFilePart(SQLModel, table=True):
    __tablename__ = "day_file_part"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    day: date = Field(sa_column=Column(Date, primary_key=True))
    channel: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    place: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    sealed: bytes = Field(sa_column=Column(SealedBytes("evidence", 50), nullable=False))


class ReportedDay(SQLModel, table=True):
    __tablename__ = "reported_day"

    day: date = Field(sa_column=Column(Date, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


class RefusedCount(SQLModel, table=True):
    """Refused records of a brand on a day, by code (providers/refused). ``day``: days since 1970 in Türkiye;
    ``channel``: by code, -1 unknown; ``upload``: the newest load with such a row."""

    __tablename__ = "refused_count"
    __table_args__ = (Index("refused_count_last_at", "last_at"), {"sqlite_with_rowid": False})

    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    day: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    channel: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    way: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    code: str = Field(sa_column=Column(Text, primary_key=True))
    count: int = Field(sa_column=Column("refused", Id, nullable=False))
    upload: int | None = Field(default=None, sa_column=Column(Id))
    last_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class ConsentEvidence(SQLModel, table=True):
    """What a company attached to an ONAY that it declared (``event``). ``id``: the act in history whose evidence has
    ``committed``, so that the log covers it; ``mark``: keyed, of event and content, so that a repeat is known;
    ``content``: sealed; a keyed mark once its person is erased. ``upload``, ``row``: the load and the row of its file
    that brought it; ``taken_back``: the act that took it back with that load."""

    __tablename__ = "consent_evidence"
    __table_args__ = (
        Index("consent_evidence_event", "event"),
        Index("consent_evidence_person", "person", "brand"),
        Index("consent_evidence_upload", "upload", sqlite_where=_LOADED, postgresql_where=_LOADED),
        Index("consent_evidence_taken_back", "taken_back", sqlite_where=_TAKEN_BACK, postgresql_where=_TAKEN_BACK),
    )

    id: int = Field(sa_column=Column(Id, ForeignKey("act.id"), primary_key=True, autoincrement=False))
    event: int = Field(sa_column=Column(Id, nullable=False))
    person: int = Field(sa_column=Column(Id, ForeignKey("recipient.id"), nullable=False))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    channel: int = Field(sa_column=Column(SmallInteger, nullable=False))
    identity: int = Field(sa_column=Column(SmallInteger, nullable=False))
    mark: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    content: bytes = Field(sa_column=Column(SealedBytes("evidence"), nullable=False))
    committed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # SHA-256 of the content with its salt
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    upload: int | None = Field(default=None, sa_column=Column(Id))
    row: int | None = Field(default=None, sa_column=Column(Id))
    taken_back: int | None = Field(default=None, sa_column=Column(Id))


class ConsentDispute(SQLModel, table=True):
    """A citizen denies an ONAY that a company declared (``event``), and the company answers until ``due_at``
    (providers/disputes/dispute_states.py). ``refusal``: the citizen's act that refused it at once, None where they only
    asked; ``act``: what the outcome recorded. Of an erased person event and number go, and the count stays."""

    __tablename__ = "consent_dispute"
    __table_args__ = (
        CheckConstraint("(state = 0) = (ended_at IS NULL)", name="ended"),
        Index("consent_dispute_state", "state", "id"),
        Index("consent_dispute_asked_at", "asked_at"),
        Index("consent_dispute_brand", "brand", "asked_at"),
        Index("consent_dispute_person", "person", "brand"),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    event: int | None = Field(default=None, sa_column=Column(Id, unique=True))
    person: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("recipient.id")))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    channel: int = Field(sa_column=Column(SmallInteger, nullable=False))
    identity: int = Field(sa_column=Column(SmallInteger, nullable=False))
    refusal: int | None = Field(default=None, sa_column=Column(Id))
    state: int = Field(sa_column=Column(SmallInteger, nullable=False))
    asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    due_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    act: int | None = Field(default=None, sa_column=Column(Id))


REFUSED_KEPT = 400 * DAY  # µs: a month can be compared with the same one a year before
CALLS_KEPT = 30 * DAY  # µs: calls of programs


def _log_age(settings: Settings) -> int:
    """Of posts to programs, µs."""
    return settings.push_log_days * DAY


DISPUTES_KEPT = 3 * 366 * DAY  # µs: as long as the company must keep its proof (Regulation, RG 29417, m.13)
LISTS_KEPT = 60 * DAY  # µs: results of lists (API document 3.2.0)
SWEEPS = (
    Sweep("api_token", "digest", "expires_at < :before"),
    Sweep("api_rate", "key", "ends_at < :before"),
    Sweep("api_call", "api_user, number", "at < :before", CALLS_KEPT),
    Sweep("stray_call", "provider, kind", "at < :before", CALLS_KEPT),
    Sweep("push_delivery", "id", "at < :before", _log_age),
    Sweep("idempotency_key", "key", "at < :before", DAY),
    Sweep("consent_dispute", "id", "asked_at < :before AND state <> 0", DISPUTES_KEPT),
    Sweep("refused_count", "brand, day, channel, way, code", "last_at < :before", REFUSED_KEPT),
    Sweep("batch", "id", "received_at < :before AND finished_at IS NOT NULL", LISTS_KEPT, most=50),  # each may be large
)
