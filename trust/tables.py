"""Tables of limits, short links and codes. Addresses are sealed as in table ``recipient``, so the same statement
finds and shows them, or kept as marks; codes as keyed hashes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlmodel import Field, SQLModel

from consents.care.sweeping import Sweep
from consents.columns import Id, Instant, SealedBytes
from consents.instants import DAY, HOUR
from settings import Settings


class Throttle(SQLModel, table=True):
    """A count at one time. ``key``: a keyed hash."""

    __table_args__ = (Index("throttle_at", "at"), {"sqlite_with_rowid": False})

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, primary_key=True))
    count: int = Field(sa_column=Column(Id, nullable=False))


class ShortLink(SQLModel, table=True):
    """A link that refuses one channel of one brand for one recipient; its page refuses the brand's others too."""

    __tablename__ = "short_link"
    __table_args__ = (Index("short_link_expires_at", "expires_at"), {"sqlite_with_rowid": False})

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # keyed hash of its code, 16 bytes
    recipient: int = Field(sa_column=Column(Id, ForeignKey("recipient.id"), nullable=False))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    channel: int = Field(sa_column=Column(SmallInteger, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class ShownText(SQLModel, table=True):
    """A text of SMS login. ``holder``: SHA-256 of the bound cookie; once ``used``, the key of its session, which
    lasts as long as this row."""

    __tablename__ = "shown_text"
    __table_args__ = (
        Index("shown_text_digest", "digest"),
        Index("shown_text_address", "address"),
        Index("shown_text_expires_at", "expires_at"),
        {"sqlite_with_rowid": False},
    )

    holder: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # keyed hash of the text, 16 bytes
    address: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))  # sealed
    asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    proved_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # the SMS has come
    used: bool | None = Field(default=None, sa_column=Column(Boolean))


class OneTimeCode(SQLModel, table=True):
    """A browser's last request: one code for one address. ``mac``: its HMAC, see ``codes.proof``."""

    __tablename__ = "one_time_code"
    __table_args__ = (
        Index("one_time_code_asked_at", "asked_at"),
        Index("one_time_code_address", "address"),
        {"sqlite_with_rowid": False},
    )

    holder: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # SHA-256 of the cookie that asked
    purpose: int = Field(sa_column=Column(SmallInteger, nullable=False))
    address: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))  # sealed
    mac: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    earlier: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # the code this one has replaced
    first_asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    asked: int = Field(sa_column=Column(SmallInteger, nullable=False))  # times, since first_asked_at
    asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    tries: int = Field(sa_column=Column(SmallInteger, nullable=False))  # on this code and those it has replaced
    wrong: int = Field(sa_column=Column(SmallInteger, nullable=False))  # of this browser on this address
    used_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    asker: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # in ``trusted_asker``, whose tries count


class SignIn(SQLModel, table=True):
    """An address between sessions: its last sign-in, and wrong codes since then."""

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("sign_in_at", "at"),
        Index("sign_in_wrong_at", "wrong_at"),
        {"sqlite_with_rowid": False},
    )

    address: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # a mark: recognised, never read
    at: datetime | None = Field(default=None, sa_column=Column(Instant))
    wrong: int = Field(sa_column=Column(Id, nullable=False))
    wrong_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class TrustedAsker(SQLModel, table=True):
    """Who may request codes for an address that strangers have locked: those who have proved it before."""

    __tablename__ = "trusted_asker"
    __table_args__ = (
        Index("trusted_asker_address", "address", "proved_at"),
        Index("trusted_asker_proved_at", "proved_at"),
        {"sqlite_with_rowid": False},
    )

    # SHA-256 of a browser's cookie (32 bytes), or the mark of an address proved in the same session (16 bytes)
    asker: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    address: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # a mark: recognised, never read
    wrong: int = Field(sa_column=Column(SmallInteger, nullable=False))  # codes in a row
    proved_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class Passkey(SQLModel, table=True):
    """A phone's or computer's passkey for one address. ``digest``: SHA-256 of the credential's id; ``device``: SHA-256
    of the cookie of the browser that made it, whose next code renews ``proved_at``."""

    __table_args__ = (
        Index("passkey_address", "address"),
        Index("passkey_device", "device"),
        Index("passkey_proved_at", "proved_at"),
        {"sqlite_with_rowid": False},
    )

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    credential: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    address: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))  # sealed
    public: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    counter: int = Field(sa_column=Column(Id, nullable=False))
    device: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    proved_at: datetime = Field(sa_column=Column(Instant, nullable=False))  # the address, by a code
    used_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    browser: str | None = Field(default=None, sa_column=Column(Text))  # its families, of a fixed list


class Delegation(SQLModel, table=True):
    """A lasting helper of an address. ``key``: a mark of both addresses; ``label``: what the helper calls the owner, by
    code; ``noticed_at``: when the owner last heard that the helper looked."""

    __table_args__ = (
        Index("delegation_address", "address"),
        Index("delegation_helper", "helper"),
        Index("delegation_ends_at", "ends_at"),
        Index("delegation_used_at", "used_at"),
        {"sqlite_with_rowid": False},
    )

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    address: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))  # sealed: the owner
    helper: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))  # sealed
    label: int = Field(sa_column=Column(SmallInteger, nullable=False))
    began_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    ends_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    used_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    noticed_at: datetime = Field(sa_column=Column(Instant, nullable=False))


def _trusted(settings: Settings) -> int:
    return settings.trusted_days * DAY


def _passkeys(settings: Settings) -> int:
    return 2 * settings.passkey_days * DAY  # for as long again a code in its browser renews it


# µs, as in the privacy notice. Wrong codes long, so that their limit stops guessing over years.
SIGN_INS_KEPT, WRONG_CODES_KEPT = 30 * DAY, 365 * DAY
# Of a lasting helper who does not look: operators give a closed number to somebody else after about half a year.
HELPERS_UNUSED = 180 * DAY
SWEEPS = (
    Sweep("shown_text", "holder", "expires_at < :before"),
    Sweep("throttle", "key, at", "at < :before", DAY + HOUR),  # no limit looks back further
    Sweep("short_link", "digest", "expires_at < :before"),
    Sweep("one_time_code", "holder", "asked_at < :before", DAY + HOUR),
    # Three, because no index serves an OR of them.
    Sweep("sign_in", "address", "at < :before AND wrong = 0", SIGN_INS_KEPT),
    Sweep("sign_in", "address", "wrong_at < :before AND wrong > 0", WRONG_CODES_KEPT),
    Sweep("sign_in", "address", "at IS NULL AND wrong_at IS NULL"),
    Sweep("trusted_asker", "asker, address", "proved_at <= :before", _trusted),
    Sweep("delegation", "key", "ends_at < :before"),
    Sweep("delegation", "key", "used_at < :before", HELPERS_UNUSED),
    Sweep("passkey", "digest", "proved_at <= :before", _passkeys),
)
