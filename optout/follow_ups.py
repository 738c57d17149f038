"""Table ``follow_up``: “Sustular mı?”, a question to a refusal's own address on the day after its last day, once for
each act. No other address is ever asked, so the person who requests it learns nothing."""

from __future__ import annotations

import hmac
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.business_days import stop_by
from consents.columns import micros, optional_micros, stored
from consents.instants import DAY, at_hour, day_of
from consents.keys import Keyring
from consents.people.recipients import phone
from consents.queries.act_receipts import ActReceipt
from consents.store import Snapshot, Statement, Transaction, Value
from gateways.carrier import Kind
from optout.refusals import gets_sms
from settings import Settings
from trust import pseudonyms, record_numbers

OPENS, CLOSES = 10, 20  # o'clock in Türkiye: nobody is woken
ANSWERABLE = 14 * DAY  # µs for which an SMS may answer the question

_COLUMNS = "act, recipient, kind, language, due_at, asked_at, answered_at, brand"
_ROW = f"SELECT {_COLUMNS} FROM follow_up WHERE"
_START = Statement(
    text(
        "INSERT INTO follow_up (act, recipient, kind, language, due_at) "
        "VALUES (:act, :recipient, :kind, :language, :due_at) ON CONFLICT (act) DO NOTHING"
    )
)
_CANCEL = Statement(text("DELETE FROM follow_up WHERE act = :act AND recipient = :recipient AND asked_at IS NULL"))
_FORGET = Statement(text("DELETE FROM follow_up WHERE recipient = :recipient"))
_OF_ACT = Statement(text(f"{_ROW} act = :act"))
_OF_RECIPIENT = Statement(text(f"{_ROW} recipient = :recipient ORDER BY act DESC LIMIT :most"))
_DUE: Value[int] = Statement(
    text(
        "SELECT recipient FROM follow_up WHERE kind = :kind AND due_at <= :now AND due_at > :since "
        "AND asked_at IS NULL ORDER BY due_at LIMIT :most"
    )
)
_DUE_OF = Statement(
    text(f"{_ROW} recipient = :recipient AND kind = :kind AND due_at <= :now AND asked_at IS NULL ORDER BY act")
)
_ASKED = Statement(text("UPDATE follow_up SET asked_at = :now WHERE act = :act"))
_DROP = Statement(text("DELETE FROM follow_up WHERE act = :act"))
_POSTPONE = Statement(
    text(
        "UPDATE follow_up SET due_at = :later WHERE recipient = :recipient AND kind = :kind AND asked_at IS NULL "
        "AND due_at <= :now"
    )
)
_ANSWER = Statement(
    text(
        "UPDATE follow_up SET answered_at = :now, brand = :brand WHERE recipient = :recipient "
        "AND asked_at IS NOT NULL AND asked_at > :since"
    )
)
_MOST = 20  # questions of one recipient that a page shows


class FollowUpQuestion(NamedTuple):
    """One row; times in µs. ``brand``: internal id of one that still sends."""

    act: int
    recipient: int
    kind: Kind
    language: str
    due_at: int
    asked_at: int | None = None
    answered_at: int | None = None
    brand: int | None = None


class FollowUpOffer(NamedTuple):
    """What a page shows of an act's question. ``state``: offer, waiting, asked; ``day``: of the question."""

    state: str
    day: date
    mail: bool


def due_at(refused_at: int) -> int:
    """µs, on the day after the last day to obey a refusal given at ``refused_at`` (µs)."""
    return at_hour(stop_by(refused_at) + timedelta(days=1), OPENS)


def offered(receipt: ActReceipt, now: int) -> bool:
    """Whether the act made a company stop whose last day is still to come."""
    return receipt.stop is not None and day_of(now) <= receipt.stop


def kind_for(address: str, settings: Settings) -> Kind | None:
    """How a canonical address is asked; None where it is not."""
    if "@" in address:
        return "mail"
    return "sms" if settings.follow_up_sms and gets_sms(phone(address), settings.countries) else None


def offer(snapshot: Snapshot, receipt: ActReceipt, address: str, settings: Settings, now: int) -> FollowUpOffer | None:
    """What a page shows of an act: its question, or that one may be requested; None where neither."""
    question = get(snapshot, receipt.act)
    if receipt.taken_back_at is not None or receipt.undo:
        return None
    if question is not None:
        state = "waiting" if question.asked_at is None else "asked"
        return FollowUpOffer(state, day_of(question.due_at), question.kind == "mail")
    kind = kind_for(address, settings)
    return (
        FollowUpOffer("offer", day_of(due_at(receipt.recorded_at)), kind == "mail")
        if kind and offered(receipt, now)
        else None
    )


def start(transaction: Transaction, question: FollowUpQuestion) -> None:
    """Nothing where the act has one already, asked or not."""
    values = {name: getattr(question, name) for name in ("act", "recipient", "kind", "language")}
    transaction.run(_START, {**values, "due_at": stored(question.due_at)})


def cancel(transaction: Transaction, recipient: int, act: int) -> None:
    """Takes back a question that was not asked yet."""
    transaction.run(_CANCEL, {"act": act, "recipient": recipient})


def forget(transaction: Transaction, recipient: int) -> None:
    transaction.run(_FORGET, {"recipient": recipient})


def get(snapshot: Snapshot, act: int) -> FollowUpQuestion | None:
    row = snapshot.one(_OF_ACT, {"act": act})
    return None if row is None else _read(row)


def of_recipient(snapshot: Snapshot, recipient: int) -> list[FollowUpQuestion]:
    """The newest act first."""
    return [_read(row) for row in snapshot.all(_OF_RECIPIENT, {"recipient": recipient, "most": _MOST})]


def answerable(snapshot: Snapshot, recipient: int | None, now: int) -> list[FollowUpQuestion]:
    """The asked questions that a text of this recipient may answer, or answer anew."""
    found = [] if recipient is None else of_recipient(snapshot, recipient)
    return [one for one in found if one.asked_at is not None and now - one.asked_at < ANSWERABLE]


def answer(transaction: Transaction, recipient: int, brand: int | None) -> None:
    """Answers every asked question of the recipient; a later answer replaces an earlier one. ``brand``: internal id of
    one that still sends, None: none does."""
    now = transaction.now
    values = {"recipient": recipient, "brand": brand, "now": stored(now), "since": stored(now - ANSWERABLE)}
    transaction.run(_ANSWER, values)


def due(snapshot: Snapshot, kind: Kind, now: int, most: int) -> list[int]:
    """At most ``most`` recipients with a question due at ``now`` (µs); one that could not leave for a week is not asked
    any more."""
    values = {"kind": kind, "now": stored(now), "since": stored(now - 7 * DAY), "most": most}
    return list(dict.fromkeys(snapshot.column(_DUE, values)))


def due_of(snapshot: Snapshot, recipient: int, kind: Kind, now: int) -> list[FollowUpQuestion]:
    return [_read(row) for row in snapshot.all(_DUE_OF, {"recipient": recipient, "kind": kind, "now": stored(now)})]


def asked(transaction: Transaction, act: int) -> None:
    """Records that the question left, in the transaction that posts it."""
    transaction.run(_ASKED, {"act": act, "now": stored(transaction.now)})


def drop(transaction: Transaction, act: int) -> None:
    transaction.run(_DROP, {"act": act})


def postpone(transaction: Transaction, recipient: int, kind: Kind) -> None:
    """Moves the recipient's due questions to tomorrow."""
    now = transaction.now
    transaction.run(_POSTPONE, {"recipient": recipient, "kind": kind, "now": stored(now), "later": stored(now + DAY)})


def token(keyring: Keyring, act: int) -> str:
    """What the mail about an act carries. It closes or reopens the question and shows nothing of the act."""
    number = record_numbers.of_act(keyring, act)
    return f"{number}-{pseudonyms.mark(keyring, 'follow-up', number).hex()}"


def read_token(keyring: Keyring, given: str) -> int | None:
    """The act of a genuine token."""
    act = record_numbers.read(keyring, given.partition("-")[0])
    return act if act is not None and hmac.compare_digest(token(keyring, act).encode(), given.encode()) else None


def _read(row: tuple[Any, ...]) -> FollowUpQuestion:
    act, recipient, kind, language, due, asked_at, answered_at, brand = row
    moments = optional_micros(asked_at), optional_micros(answered_at)
    return FollowUpQuestion(act, recipient, kind, language, micros(due), *moments, brand)
