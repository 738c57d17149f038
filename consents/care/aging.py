"""People and evidence whose reason has ended (docs/erasure.md). A consent ends when it is refused; nothing of a person
ages who permits anything, or about whom anything was recorded since. Windows of numbers, read in short snapshots."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents import dates
from consents.columns import stored
from consents.instants import DAY
from consents.keys import Keyring
from consents.people import register
from consents.people.held_keys import DIGEST_SIZE
from consents.queries import reports
from consents.store import Snapshot, Statement, Transaction, Value
from consents.terms import Source, Status

WINDOW = 2000  # rows of one look

_RECORDED_SINCE = (
    "EXISTS (SELECT 1 FROM consent_event e WHERE e.recipient = r.id AND e.id > :event) "
    "OR EXISTS (SELECT 1 FROM act a WHERE a.recipient = r.id AND a.recorded_at >= :before)"
)
_AGED = (
    f"length(r.sealed) > {DIGEST_SIZE} "
    "AND EXISTS (SELECT 1 FROM consent c WHERE c.recipient = r.id) "
    f"AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.recipient = r.id AND c.status = {Status.ONAY.code}) "
    f"AND NOT ({_RECORDED_SINCE}) "
    "AND NOT EXISTS (SELECT 1 FROM business b WHERE b.owner = r.id) "
    "AND NOT EXISTS (SELECT 1 FROM business_line l WHERE l.recipient = r.id AND l.left_at IS NULL)"
)
_PEOPLE: Value[int] = Statement(
    text(f"SELECT r.id FROM recipient r WHERE r.id > :after AND r.id <= :until AND {_AGED} ORDER BY r.id")
)
_PERSON: Value[bytes] = Statement(text(f"SELECT r.sealed FROM recipient r WHERE r.id = :id AND {_AGED}"))
_LAST_PERSON: Value[int | None] = Statement(text("SELECT max(id) FROM recipient"))
# Of somebody who permits elsewhere: nothing stands with the brands of the act, and nothing was recorded there since.
_PAST = (
    f"a.recipient IS NOT NULL AND length(a.evidence) > {DIGEST_SIZE} AND a.blankets IS NULL "
    "AND a.first_event <= a.last_event AND a.recorded_at < :before "
    "AND NOT EXISTS (SELECT 1 FROM consent_event e JOIN consent c ON c.recipient = e.recipient AND c.brand = e.brand "
    f"WHERE e.id BETWEEN a.first_event AND a.last_event AND c.status = {Status.ONAY.code}) "
    "AND NOT EXISTS (SELECT 1 FROM consent_event e JOIN consent_event n ON n.recipient = e.recipient "
    "AND n.brand = e.brand WHERE e.id BETWEEN a.first_event AND a.last_event AND n.id > :event)"
)
_ACTS: Value[int] = Statement(
    text(f"SELECT a.id FROM act a WHERE a.id > :after AND a.id <= :until AND {_PAST} ORDER BY a.id")
)
_OF_ACT: Value[int] = Statement(text(f"SELECT a.recipient FROM act a WHERE a.id = :id AND {_PAST}"))
_LAST_ACT: Value[int | None] = Statement(text("SELECT max(id) FROM act"))


class Age(NamedTuple):
    """``before``: µs; ``event``: the last event recorded before it."""

    before: int
    event: int

    def values(self) -> dict[str, int | float]:
        return {"before": stored(self.before), "event": self.event}


class AgedWindow(NamedTuple):
    """``found``: numbers; ``last``: continue after it, None at the end."""

    found: list[int]
    last: int | None


def is_past_2015(now: int, days: int) -> bool:
    """Whether consents of HS_2015 are old at ``now`` (µs); ``days``: of setting HS_2015_OLD_DAYS."""
    return days > 0 and now >= dates.DAWN + days * DAY


def is_unrenewed(status: int | None, source: int | None) -> bool:
    """Whether the word in force is a permission of HS_2015: no word followed."""
    return status == Status.ONAY.code and source == Source.HS_2015.code


def age(snapshot: Snapshot, before: int) -> Age:
    return Age(before, reports.recorded_before(snapshot, before))


def people(snapshot: Snapshot, aged: Age, after: int) -> AgedWindow:
    """Recipients of whom nothing but refusals older than ``aged`` is left."""
    return _window(snapshot, _PEOPLE, _LAST_PERSON, aged, after)


def address(snapshot: Snapshot, keyring: Keyring, aged: Age, recipient: int) -> str | None:
    """The address of such a recipient; None where they are no longer one."""
    sealed = snapshot.value(_PERSON, {**aged.values(), "id": recipient})
    return None if sealed is None else keyring.unseal(bytes(sealed))


def acts(snapshot: Snapshot, aged: Age, after: int) -> AgedWindow:
    """Acts whose evidence proves nothing that stands, older than ``aged``."""
    return _window(snapshot, _ACTS, _LAST_ACT, aged, after)


def forget_evidence(transaction: Transaction, keyring: Keyring, aged: Age, act: int) -> bool:
    """False where the act is no longer such a one."""
    recipient = transaction.value(_OF_ACT, {**aged.values(), "id": act})
    if recipient is None:
        return False
    register.forget_evidence(transaction, act, keyring.erased_evidence(recipient))
    return True


def _window(snapshot: Snapshot, query: Value[int], last: Value[int | None], aged: Age, after: int) -> AgedWindow:
    end, until = snapshot.value(last) or 0, after + WINDOW
    found = snapshot.column(query, {**aged.values(), "after": after, "until": until})
    return AgedWindow(found, until if until < end else None)
