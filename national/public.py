"""What other rooms show and request of the sync with İYS. Providers by internal id."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import text

from consents import reportable
from consents.brands import companies
from consents.columns import micros
from consents.keys import Keyring
from consents.rules import RET
from consents.store import Snapshot, Statement, Transaction
from national import errands, iys_dealers, iys_words, movement_items, national_brands, national_status
from national.errands import ErrandKind
from national.movement_items import ItemState
from national.national_status import SyncState
from national.outgoing import planning
from national.upstream import accounts

before_erasure, is_synced = planning.before_erasure, national_brands.is_synced
explain_pause, explain_refusal = iys_words.pause, iys_words.refusal
# What an errand has not found.
_NOTHING: dict[str, Any] = {"fault": None, "both": [], "here_only": [], "there_only": [], "brands": []}
_REFUSED = Statement(
    text(
        "SELECT event, brand, channel, identity, status, said_at, code FROM national_item "
        "WHERE brand = :brand AND state = 3 ORDER BY said_at DESC LIMIT :most"
    )
)
_OF_EVENT = Statement(text("SELECT state, code, settled_at FROM national_item WHERE event = :event"))


class NationalBrandView(NamedTuple):
    """A synchronised brand. Times in µs, None: never; ``code``: brandCode, ``id``: internal. ``pulled_at``: İYS's
    changes were read; ``pushed_at``: İYS pushed some; ``sent_at``: it took a list; ``checked_day``: the last day
    whose file was compared, ``differing_day``: one that differs; ``comparing``: a comparison is under way."""

    id: int
    code: int
    title: str
    pulled_at: int | None
    pushed_at: int | None
    sent_at: int | None
    checked_day: date | None
    differing_day: date | None
    comparing: bool


class NationalRefusal(NamedTuple):
    """Movements that İYS refuses: its code, whether they are RET, how many."""

    code: str
    refuses: bool
    movements: int


class NationalErrandView(NamedTuple):
    """The last request, with its start and end (µs, None: not yet). ``outcome``: as in ``errands.py``."""

    asked_at: int
    done_at: int | None
    outcome: dict[str, Any]


class NationalView(NamedTuple):
    """A provider at the national registry; times in µs. ``provider``: internal id; ``verified_at``: İYS confirmed
    its number; ``light``: ok, alarm, red; ``oldest``: the oldest refusal İYS lacks; ``paused_by``: why requests
    pause until ``paused_until``; ``offset``: İYS's clock ahead of ours; ``success``: part of requests that succeed,
    None of few; ``counts``: movements by result; ``errands``: by test, compare, round; ``faults``: their number;
    ``unknown_dealers``: dealers İYS does not know, ``some_dealers``: the first of them."""

    provider: int
    provider_code: int
    iys_code: int
    username: str
    verified_at: int | None
    started_at: int | None
    reached_at: int | None
    paused_by: str | None
    paused_until: int
    offset: int
    success: float | None
    light: str
    oldest: int | None
    counts: dict[str, int]
    refused: list[NationalRefusal]
    brands: list[NationalBrandView]
    errands: dict[str, NationalErrandView]
    faults: int
    unknown_dealers: int
    some_dealers: list[str]


class NationalRival(NamedTuple):
    """A provider (internal id) that shares its iysCode with another."""

    provider: int
    iys_code: int
    username: str
    verified: bool


class RefusedMovement(NamedTuple):
    """A movement that İYS refuses. ``brand``: internal id; ``said_at``: µs; terms by code."""

    number: int
    brand: int
    channel: int
    identity: int
    status: int
    said_at: int
    code: str


class NationalReport(NamedTuple):
    """A citizen's movement at the national registry: received at (µs), or refused."""

    at: int | None
    failed: bool


def list_all(snapshot: Snapshot, keyring: Keyring, now: int) -> list[NationalView]:
    """Every provider with an account, at ``now`` (µs)."""
    return [_view(snapshot, keyring, state) for state in national_status.list_all(snapshot, keyring, now)]


def get(snapshot: Snapshot, keyring: Keyring, provider: int, now: int) -> NationalView | None:
    """None where the provider has no account."""
    account = accounts.of_provider(snapshot, keyring, provider)
    return None if account is None else _view(snapshot, keyring, national_status.of_account(snapshot, account, now))


def set_up(
    transaction: Transaction, keyring: Keyring, provider: int, iys_code: int, username: str, password: str
) -> bool:
    """Sets the user or password at İYS of a provider (its number here), True where the account is new. Errors:
    BadCompany."""
    return accounts.add(transaction, keyring, provider, iys_code, username, password)


def ask(transaction: Transaction, keyring: Keyring, provider: int, what: str) -> bool:
    """Stores a request for the process that speaks with İYS; False where the provider has no account."""
    account = accounts.of_provider(transaction, keyring, provider)
    if account is not None:
        errands.ask(transaction, account.id, ErrandKind[what.upper()])
    return account is not None


def start(transaction: Transaction, keyring: Keyring, provider: int) -> bool:
    """Begins a provider's sync with a round; False where it had begun or there is no account."""
    account = accounts.of_provider(transaction, keyring, provider)
    if account is None or not accounts.start(transaction, account.id):
        return False
    errands.ask(transaction, account.id, ErrandKind.ROUND)
    return True


def needs_a_person(paused_by: str | None) -> bool:
    """Whether a pause lasts until somebody corrects its cause; others end by themselves."""
    return paused_by is not None and paused_by not in iys_words.BY_ITSELF


def refused(snapshot: Snapshot, brands: list[int], most: int) -> list[RefusedMovement]:
    """Movements of these brands that İYS refuses, newest first, at most ``most`` of each."""
    found = [
        RefusedMovement(event, of, channel, identity, status, micros(at), code or "")
        for brand in brands
        for event, of, channel, identity, status, at, code in snapshot.all(_REFUSED, {"brand": brand, "most": most})
    ]
    return sorted(found, key=lambda movement: -movement.said_at)


def address(snapshot: Snapshot, keyring: Keyring, movement: int) -> str | None:
    """Of a movement that İYS refuses; None where it no longer does."""
    item = next(iter(movement_items.between(snapshot, movement, movement)), None)
    if item is None or item.state is not ItemState.ESCALATED:
        return None
    return keyring.unseal(reportable.by_number(snapshot, [item.of])[item.of].sealed)


def reported(snapshot: Snapshot, event: int) -> NationalReport | None:
    """Of one event; None where it does not concern İYS, or not yet."""
    row = snapshot.one(_OF_EVENT, {"event": event})
    if row is None:
        return None
    state, code, settled_at = row
    if state == ItemState.ESCALATED:
        return NationalReport(None, True)
    if state == ItemState.DONE and code == "H174":
        return _held_before(snapshot, event)
    if state != ItemState.DONE or settled_at is None or code is not None:
        return None  # no report: under way, or İYS held nothing that it could end
    return NationalReport(micros(settled_at), False)


def _held_before(snapshot: Snapshot, event: int) -> NationalReport | None:
    """Of a refusal that İYS held already: when it received that one, None where it did not come from here."""
    (item,) = movement_items.between(snapshot, event, event)
    held = movement_items.held(snapshot, item.key, until=item.at or item.said_at)
    if held is None or held.status != RET or held.ours is None:
        return None
    return reported(snapshot, held.ours)


def rivals(snapshot: Snapshot, keyring: Keyring) -> list[NationalRival]:
    """The accounts of several providers under one iysCode."""
    found = accounts.rivals(snapshot, keyring)
    return [NationalRival(one.provider, one.iys_code, one.username, one.verified_at is not None) for one in found]


def vouch(transaction: Transaction, keyring: Keyring, provider: int) -> bool:
    """Verifies the number on the operator's word. False where another account is verified, or there is none."""
    account = accounts.of_provider(transaction, keyring, provider)
    return account is not None and accounts.verify(transaction, account.id)


def remove(transaction: Transaction, keyring: Keyring, provider: int) -> int | None:
    """Deletes a provider's account; its iysCode, None where it has none."""
    account = accounts.of_provider(transaction, keyring, provider)
    if account is None:
        return None
    accounts.remove(transaction, account.id)
    return account.iys_code


def _view(snapshot: Snapshot, keyring: Keyring, state: SyncState) -> NationalView:
    dealers = iys_dealers.unknown(snapshot, keyring, state.brands)
    account = state.account
    titles = {known.id: known.title for known in companies.brands_of(snapshot, account.provider)}
    return NationalView(
        account.provider,
        state.provider_code,
        account.iys_code,
        account.username,
        account.verified_at,
        account.started_at,
        account.reached_at,
        account.blocked_by,
        account.blocked_until,
        account.clock_offset,
        account.success,
        str(state.light),
        state.oldest,
        state.counts,
        [NationalRefusal(refusal.code, refusal.status == RET, refusal.movements) for refusal in state.refused],
        [
            NationalBrandView(
                brand.brand,
                brand.code,
                titles.get(brand.brand, ""),
                brand.pulled_at,
                brand.pushed_at,
                brand.sent_at,
                brand.checked_day,
                brand.differing_day,
                brand.compared_at is None or brand.compared_to >= 0,
            )
            for brand in state.brands
        ],
        {
            errand.kind.name.lower(): NationalErrandView(errand.asked_at, errand.done_at, _NOTHING | errand.outcome)
            for errand in errands.list_all(snapshot, account.id)
        },
        len(state.faults),
        *dealers,
    )
