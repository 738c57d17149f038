"""Tables of what companies ask recipients: forms, requests, tills, and who refuses to be asked. Addresses are sealed as
in table ``recipient``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlmodel import Field, SQLModel

from consents.care.sweeping import Sweep
from consents.columns import Id, Instant, SealedBytes
from consents.instants import DAY
from settings import Settings


class ConsentForm(SQLModel, table=True):
    """What a brand asks, and how; its texts are in its versions. Its number is İYS's ``formId``."""

    __tablename__ = "consent_form"
    __table_args__ = (Index("consent_form_brand", "brand"),)

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class FormVersion(SQLModel, table=True):
    """Never changed once submitted. ``channels``: one bit each (``1 << code``); ``title``: the brand as the person
    reads it; ``promise``: what is sent, and how often; ``notice``: the text that informs about personal data, or its
    https address: it is shown, never agreed to (KVKK decision 2026/347). ``published_at`` and ``refused_at`` by the
    operator; ``why``: for the company."""

    __tablename__ = "form_version"
    __table_args__ = (
        CheckConstraint("published_at IS NULL OR refused_at IS NULL", name="decided"),
        Index("form_version_waiting", "submitted_at"),
        {"sqlite_with_rowid": False},
    )

    form: int = Field(sa_column=Column(Id, ForeignKey("consent_form.id"), primary_key=True, autoincrement=False))
    number: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    title: str = Field(sa_column=Column(Text, nullable=False))
    channels: int = Field(sa_column=Column(SmallInteger, nullable=False))
    identity: int = Field(sa_column=Column(SmallInteger, nullable=False))
    promise: str = Field(sa_column=Column(Text, nullable=False))
    notice: str = Field(sa_column=Column(Text, nullable=False))
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    submitted_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    published_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    refused_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    why: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))


class Till(SQLModel, table=True):
    """A clerk's screen (``kind`` till) or a printed QR (poster). ``key``: SHA-256 of the key in its address, which
    ends with it; nobody's address is behind it. ``word``: SHA-256 of a poster's own, which is
    printed and no secret; its page or SMS starts a request. ``version``: of the form, as a poster prints it."""

    __table_args__ = (
        CheckConstraint("kind IN ('till', 'poster')", name="kind"),
        Index("till_brand", "brand"),
        Index("till_word", "word"),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    form: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("consent_form.id")))
    version: int | None = Field(default=None, sa_column=Column(SmallInteger))
    label: str = Field(sa_column=Column(Text, nullable=False))
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    word: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant))


_UNPROVED, _VERIFIED = text("act IS NULL"), text("state = 2 AND purpose = 0")


class ConsentRequest(SQLModel, table=True):
    """One question to one recipient (asking/request_states.py). ``public``: the UUID that the company gets: it opens
    nothing without the company's own key. ``address``: empty until the recipient of a till's word is known, and again
    when erased. ``digits``, ``word``: keyed hashes; ``sent``: the text that was shown or sent, its code masked;
    ``yes``, ``no``: channels, one bit each; what is in neither was not answered and changes nothing. ``silent``: no
    message left, because the recipient refuses to be asked; the company does not learn it. ``message``: its row in the
    outbox."""

    __tablename__ = "consent_request"
    __table_args__ = (
        Index("consent_request_word", "word"),
        Index("consent_request_address", "address"),
        Index("consent_request_company", "company", "asked_at"),
        Index("consent_request_till", "till", "asked_at"),
        Index("consent_request_act", "act"),
        # Numbers that were verified, the newest first: what is stamped.
        Index("consent_request_verified", "ended_at", sqlite_where=_VERIFIED, postgresql_where=_VERIFIED),
        Index("consent_request_swept", "asked_at", sqlite_where=_UNPROVED, postgresql_where=_UNPROVED),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    public: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    company: int = Field(sa_column=Column(Id, ForeignKey("provider.id"), nullable=False))
    brand: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("brand.id")))
    form: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("consent_form.id")))
    version: int | None = Field(default=None, sa_column=Column(SmallInteger))
    purpose: int = Field(sa_column=Column(SmallInteger, nullable=False))
    method: int = Field(sa_column=Column(SmallInteger, nullable=False))
    channels: int = Field(sa_column=Column(SmallInteger, nullable=False))
    identity: int = Field(sa_column=Column(SmallInteger, nullable=False))
    address: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))
    digits: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    word: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    tries: int = Field(sa_column=Column(SmallInteger, nullable=False))
    state: int = Field(sa_column=Column(SmallInteger, nullable=False))
    silent: int = Field(sa_column=Column(SmallInteger, nullable=False))
    sent: str = Field(sa_column=Column(Text, nullable=False))
    asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    yes: int = Field(sa_column=Column(SmallInteger, nullable=False))
    no: int = Field(sa_column=Column(SmallInteger, nullable=False))
    act: int | None = Field(default=None, sa_column=Column(Id))
    till: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("till.id")))
    program: int | None = Field(default=None, sa_column=Column(Id))  # the API key that asked
    message: int | None = Field(default=None, sa_column=Column(Id))


class CountedRequests(SQLModel, table=True):
    """How many requests of a day ended alike, counted once none of them is open any more (asking/request_counts.py).
    ``day``: its beginning; ``brand``: 0 for none; ``yes``, ``no``: 1 where given to any channel."""

    __tablename__ = "request_count"
    __table_args__ = (Index("request_count_day", "day"), {"sqlite_with_rowid": False})

    company: int = Field(sa_column=Column(Id, ForeignKey("provider.id"), primary_key=True, autoincrement=False))
    day: datetime = Field(sa_column=Column(Instant, primary_key=True))
    brand: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    purpose: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    method: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    state: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    yes: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    no: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    number: int = Field(sa_column=Column(Id, nullable=False))


class RequestsCounted(SQLModel, table=True):
    """Up to when requests are counted: the beginning of a day; one row."""

    __tablename__ = "requests_counted"

    id: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    until: datetime = Field(sa_column=Column(Instant, nullable=False))


class AskRefusal(SQLModel, table=True):
    """Who refuses to be asked by a brand. ``who``: a mark of the address."""

    __tablename__ = "ask_refusal"
    __table_args__ = {"sqlite_with_rowid": False}

    who: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


class RequestProof(SQLModel, table=True):
    """The signed proof of a consent, with the time stamp of its bytes: made once, so that the stamp fits for ever.
    ``content``: sealed; it goes with its person (rule L15)."""

    __tablename__ = "request_proof"
    __table_args__ = {"sqlite_with_rowid": False}

    request: int = Field(sa_column=Column(Id, ForeignKey("consent_request.id"), primary_key=True, autoincrement=False))
    content: bytes = Field(sa_column=Column(SealedBytes("evidence", 200), nullable=False))
    stamp: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # RFC 3161 reply


# A request that nobody answered proves nothing; one that was answered is the proof of its consent. That a number was
# verified is of use as long as the membership or invoice behind it is young.
UNANSWERED_KEPT, VERIFIED_KEPT = 30 * DAY, 365 * DAY  # at least: a company's quota counts them


def _unanswered(settings: Settings) -> int:
    return settings.retention_requests_days * DAY


SWEEPS = (
    Sweep(
        "consent_request",
        "id",
        "asked_at < :before AND act IS NULL AND NOT (state = 2 AND purpose = 0)",
        _unanswered,
    ),
    Sweep(
        "request_proof",
        "request",
        "request IN (SELECT id FROM consent_request WHERE asked_at < :before AND act IS NULL)",
        VERIFIED_KEPT,
    ),
    Sweep("consent_request", "id", "asked_at < :before AND act IS NULL", VERIFIED_KEPT),
    Sweep("request_count", "company, day, brand, purpose, method, state, yes, no", "day < :before", UNANSWERED_KEPT),
)
