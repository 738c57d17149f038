"""Tables ``consent_form`` and ``form_version``: what a brand may ask. A company writes a version and submits it; the
operator publishes or refuses it; only a published one is asked with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import func, select, text

from asking.tables import ConsentForm, FormVersion
from consents.channels import OF_CODE
from consents.columns import optional_micros, stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, Value, among, table
from consents.terms import Channel

TITLE, PROMISE, NOTICE = 40, 300, 4000  # characters

_COLUMNS = (
    "form_version.form, number, title, channels, identity, promise, notice, submitted_at, published_at, refused_at, why"
)
_MAKE = Statement(text("INSERT INTO consent_form (brand, made_at) VALUES (:brand, :now) RETURNING id"))
_LAST: Value[int] = Statement(text("SELECT max(number) FROM form_version WHERE form = :form"))
_DRAFT = Statement(
    text(
        "INSERT INTO form_version (form, number, title, channels, identity, promise, notice, made_at) "
        "VALUES (:form, :number, :title, :channels, :identity, :promise, :notice, :now)"
    )
)
_UNDRAFT = Statement(text("DELETE FROM form_version WHERE form = :form AND submitted_at IS NULL"))
_SUBMIT = Statement(
    text(
        "UPDATE form_version SET submitted_at = :now "
        "WHERE form = :form AND number = :number AND submitted_at IS NULL AND refused_at IS NULL"
    )
)
_PUBLISH = Statement(
    text(
        "UPDATE form_version SET published_at = :now WHERE form = :form AND number = :number "
        "AND submitted_at IS NOT NULL AND published_at IS NULL AND refused_at IS NULL"
    )
)
_REFUSE = Statement(
    text(
        "UPDATE form_version SET refused_at = :now, why = :why WHERE form = :form AND number = :number "
        "AND submitted_at IS NOT NULL AND published_at IS NULL AND refused_at IS NULL"
    )
)
_END = Statement(text("UPDATE consent_form SET ended_at = :now WHERE id = :form AND ended_at IS NULL"))
# Nobody was asked with it yet, so it may change again.
_WITHDRAW = Statement(
    text(
        "UPDATE form_version SET submitted_at = NULL WHERE form = :form AND number = :number "
        "AND submitted_at IS NOT NULL AND published_at IS NULL AND refused_at IS NULL"
    )
)
_FORM = Statement(text("SELECT id, brand, ended_at FROM consent_form WHERE id = :form"))
_VERSION = Statement(text(f"SELECT {_COLUMNS} FROM form_version WHERE form = :form AND number = :number"))
_PUBLISHED = Statement(
    text(
        f"SELECT {_COLUMNS} FROM form_version WHERE form = :form AND published_at IS NOT NULL "
        "ORDER BY number DESC LIMIT 1"
    )
)
_OF_FORM = Statement(text(f"SELECT {_COLUMNS} FROM form_version WHERE form = :form ORDER BY number DESC"))
_OF_BRAND = Statement(text("SELECT id, brand, ended_at FROM consent_form WHERE brand = :brand ORDER BY id"))
_WAITING = Statement(
    text(
        f"SELECT consent_form.brand, {_COLUMNS} FROM form_version JOIN consent_form ON consent_form.id = form "
        "WHERE submitted_at IS NOT NULL AND published_at IS NULL AND refused_at IS NULL AND ended_at IS NULL "
        "ORDER BY submitted_at LIMIT :most"
    )
)
_TALLY = Statement(
    text(
        "SELECT count(*), min(submitted_at) FROM form_version JOIN consent_form ON consent_form.id = form "
        "WHERE submitted_at IS NOT NULL AND published_at IS NULL AND refused_at IS NULL AND ended_at IS NULL"
    )
)
_DECIDED = Statement(
    text(
        f"SELECT consent_form.brand, {_COLUMNS} FROM form_version JOIN consent_form ON consent_form.id = form "
        "WHERE published_at >= :since OR refused_at >= :since ORDER BY form, number"
    )
)
_form, _version = table(ConsentForm), table(FormVersion)
_later = _version.alias()
_LISTED = Statement(  # each form with its last version
    select(
        _form.c.brand,
        _form.c.ended_at,
        *(_version.c[one] for one in ("form", "number", "title", "channels", "identity", "promise", "notice")),
        *(_version.c[one] for one in ("submitted_at", "published_at", "refused_at", "why")),
        select(func.max(_later.c.number))
        .where(_later.c.form == _form.c.id, _later.c.published_at.is_not(None))
        .scalar_subquery(),
    )
    .join(_version, _version.c.form == _form.c.id)
    .where(
        among(_form.c.brand, "brands"),
        _version.c.number == select(func.max(_later.c.number)).where(_later.c.form == _form.c.id).scalar_subquery(),
    )
    .order_by(_form.c.ended_at.is_not(None), _form.c.id)
)


class FormState(StrEnum):
    """Of a version."""

    DRAFT = "draft"
    WAITING = "waiting"  # for the operator
    PUBLISHED = "published"
    REFUSED = "refused"


class FormTexts(NamedTuple):
    """What a person reads. ``channels``: one bit each (``1 << code``); ``identity``: by code; ``notice``: a text or an
    https address."""

    title: str
    channels: int
    identity: int
    promise: str
    notice: str

    @property
    def named(self) -> tuple[Channel, ...]:
        return channels_in(self.channels)


class FormHead(NamedTuple):
    id: int
    brand: int
    ended_at: int | None


class Version(NamedTuple):
    """Times in µs. Neither ``submitted_at``: a draft; nor ``published_at`` nor ``refused_at``: the operator decides.
    ``why``: the reason of a refusal, sealed."""

    form: int
    number: int
    texts: FormTexts
    submitted_at: int | None
    published_at: int | None
    refused_at: int | None
    why: bytes | None

    @property
    def state(self) -> FormState:
        if self.published_at is not None:
            return FormState.PUBLISHED
        if self.refused_at is not None:
            return FormState.REFUSED
        return FormState.DRAFT if self.submitted_at is None else FormState.WAITING


class ListedForm(NamedTuple):
    """``last``: its newest version; ``asked_with``: the number of the version that is asked with, None while none was
    published; ``ended_at``: µs."""

    brand: int
    ended_at: int | None
    last: Version
    asked_with: int | None


def digest(texts: FormTexts) -> str:
    """SHA-256 of what a person reads, in hex: the log of acts keeps it of each version that was published."""
    return sha256(json.dumps(texts, ensure_ascii=False).encode()).hexdigest()


def bits(channels: tuple[Channel, ...]) -> int:
    return sum(1 << one.code for one in channels)


def channels_in(bits_: int) -> tuple[Channel, ...]:
    return tuple(one for one in Channel if bits_ >> one.code & 1)


def one_kind(bits_: int) -> bool:
    """Whether these channels reach the same kind of address: numbers, or e-mail addresses."""
    kinds = {OF_CODE[one.code].mail for one in channels_in(bits_)}
    return len(kinds) == 1


def make(transaction: Transaction, brand: int) -> int:
    row = transaction.one(_MAKE, {"brand": brand, "now": stored(transaction.now)})
    assert row is not None
    return int(row[0])


def draft(transaction: Transaction, form: int, texts: FormTexts) -> int:
    """Writes the next version, in place of an earlier draft; its number."""
    transaction.run(_UNDRAFT, {"form": form})
    number = (transaction.value(_LAST, {"form": form}) or 0) + 1
    values = {"form": form, "number": number, "now": stored(transaction.now)}
    transaction.run(_DRAFT, values | texts._asdict())
    return number


def submit(transaction: Transaction, form: int, number: int) -> bool:
    return _decide(transaction, _SUBMIT, form, number)


def publish(transaction: Transaction, form: int, number: int) -> bool:
    """False where there is nothing to decide."""
    return _decide(transaction, _PUBLISH, form, number)


def refuse(transaction: Transaction, form: int, number: int, why: bytes) -> bool:
    """``why``: sealed (Keyring.seal_data)."""
    return _decide(transaction, _REFUSE, form, number, why=why)


def withdraw(transaction: Transaction, form: int, number: int) -> bool:
    """Makes a waiting version a draft again; False where it was decided."""
    return transaction.run(_WITHDRAW, {"form": form, "number": number}) == 1


def end(transaction: Transaction, form: int) -> bool:
    """Nothing is asked with it any more; requests that are open go on."""
    return transaction.run(_END, {"form": form, "now": stored(transaction.now)}) == 1


def find(snapshot: Snapshot, form: int) -> FormHead | None:
    row = snapshot.one(_FORM, {"form": form})
    return None if row is None else FormHead(row[0], row[1], optional_micros(row[2]))


def version(snapshot: Snapshot, form: int, number: int) -> Version | None:
    row = snapshot.one(_VERSION, {"form": form, "number": number})
    return None if row is None else _read(row)


def published(snapshot: Snapshot, form: int) -> Version | None:
    """The version that is asked with: the newest published one."""
    row = snapshot.one(_PUBLISHED, {"form": form})
    return None if row is None else _read(row)


def versions(snapshot: Snapshot, form: int) -> list[Version]:
    """The newest first."""
    return [_read(row) for row in snapshot.all(_OF_FORM, {"form": form})]


def of_brand(snapshot: Snapshot, brand: int) -> list[FormHead]:
    return [
        FormHead(number, of, optional_micros(ended)) for number, of, ended in snapshot.all(_OF_BRAND, {"brand": brand})
    ]


def waiting(snapshot: Snapshot, most: int = 200) -> list[tuple[int, Version]]:
    """(brand, version) of what the operator has to decide, the oldest first."""
    return [(brand, _read(row)) for brand, *row in snapshot.all(_WAITING, {"most": most})]


def reason(keyring: Keyring, of: Version) -> str:
    """Why it was refused; "" where it was not."""
    return "" if of.why is None else keyring.unseal_data(bytes(of.why)).decode()


def tally(snapshot: Snapshot) -> tuple[int, int | None]:
    """(versions that wait for the operator, since when the first does in µs)."""
    count, oldest = snapshot.one(_TALLY) or (0, None)
    return int(count), optional_micros(oldest)


def decided(snapshot: Snapshot, since: int) -> list[tuple[int, Version]]:
    """(brand, version) of what the operator decided after ``since`` (µs)."""
    return [(brand, _read(row)) for brand, *row in snapshot.all(_DECIDED, {"since": stored(since)})]


def listed(snapshot: Snapshot, brands: Iterable[int]) -> list[ListedForm]:
    """The forms of these brands, those that ended last."""
    rows = snapshot.all(_LISTED, {"brands": snapshot.array(brands)})
    return [
        ListedForm(brand, optional_micros(ended), _read(row), asked_with) for brand, ended, *row, asked_with in rows
    ]


def _decide(transaction: Transaction, statement: Statement[Any], form: int, number: int, **more: bytes) -> bool:
    values = {"form": form, "number": number, "now": stored(transaction.now)}
    return transaction.run(statement, values | more) == 1


def _read(row: Sequence[Any]) -> Version:
    form, number, title, channels, identity, promise, notice, submitted, published_, refused, why = row
    texts = FormTexts(title, channels, identity, promise, notice)
    decided = optional_micros(published_), optional_micros(refused)
    return Version(form, number, texts, optional_micros(submitted), *decided, why)
