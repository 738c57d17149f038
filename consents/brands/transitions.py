"""Transition windows: providers of a size load their old records without the rule of three business days
(``--initial``), and people check them until a given day. İYS had two such windows (``WINDOWS_OF_IYS``)."""

from __future__ import annotations

from datetime import date, timedelta
from enum import Enum
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, text

from consents.brands import packages
from consents.brands.companies import BadCompany
from consents.columns import stored
from consents.instants import day_of
from consents.rules import ONAY
from consents.store import Snapshot, Statement, Transaction, table
from consents.tables.company_tables import Brand, TransitionWindow
from consents.tables.history_tables import Act, Consent, ConsentEvent, Upload

LONGEST = timedelta(days=5 * 366)  # until a window ends: a longer one is a typing error
LARGE_FROM = 150_000  # addresses: providers with more are large


class ProviderSize(str, Enum):
    LARGE = "large"  # more than 150,000
    SMALL = "small"  # up to 150,000


class Transition(NamedTuple):
    """A window: last days in Türkiye, both included. ``id``: None of one that is not stored here."""

    id: int | None
    size: ProviderSize
    load_until: date
    check_until: date


WINDOWS_OF_IYS = (
    Transition(None, ProviderSize.LARGE, date(2020, 12, 31), date(2021, 2, 15)),
    Transition(None, ProviderSize.SMALL, date(2021, 5, 31), date(2021, 7, 15)),
)

_window = table(TransitionWindow).c
_consent, _event = table(Consent).c, table(ConsentEvent).c
_act, _upload, _brand = table(Act).c, table(Upload).c, table(Brand).c
_COLUMNS = select(_window.id, _window.size, _window.load_until, _window.check_until)
_ALL = Statement(_COLUMNS.order_by(_window.load_until, _window.id))
_LAST_CHECK = Statement(select(func.max(_window.check_until)))
_CHANGE = Statement(
    text("UPDATE transition_window SET load_until = :load_until, check_until = :check_until WHERE id = :id")
)
_OWNER = Statement(select(_brand.provider).where(_brand.id == bindparam("brand")))
_TO_CHECK = Statement(
    select(_event.id, _window.check_until)
    .select_from(table(Consent))
    .join(table(ConsentEvent), _event.id == _consent.provider_event)
    .join(table(Act), _act.id == _event.act)
    .join(table(Upload), _upload.id == _act.upload)
    .join(table(TransitionWindow), _window.id == _upload.transition)
    .where(
        _consent.recipient == bindparam("recipient"),
        _consent.status == bindparam("onay"),
        _window.check_until >= bindparam("today"),
    )
)


def open_window(transaction: Transaction, size: ProviderSize, load_until: date, check_until: date) -> None:
    """Errors: BadCompany where its days are over or out of order, or one for that size is open."""
    _check_days(transaction.now, load_until, check_until)
    if _open(transaction, size, transaction.now) is not None:
        message = f"a window for {size.value} providers is open: change its days, or wait for its end"
        raise BadCompany(message, "window-open")
    row = (size.value, str(load_until), str(check_until), stored(transaction.now))
    transaction.insert("transition_window", "size,load_until,check_until,opened_at", [row])


def change(transaction: Transaction, window: int, load_until: date, check_until: date) -> None:
    """Errors: BadCompany. A last day in the past ends the window."""
    _check_order(transaction.now, load_until, check_until)
    values = {"id": window, "load_until": str(load_until), "check_until": str(check_until)}
    if not transaction.run(_CHANGE, values):
        raise BadCompany(f"there is no window {window}")


def listed(snapshot: Snapshot) -> list[Transition]:
    return [
        Transition(number, ProviderSize(size), _day(load), _day(check))
        for number, size, load, check in snapshot.all(_ALL)
    ]


def open_for(snapshot: Snapshot, brand: int, now: int) -> Transition | None:
    """The window in which the provider of a brand (internal id) may load old records at ``now`` (µs)."""
    if not any(_is_open(one, now) for one in listed(snapshot)):
        return None
    owner = snapshot.one(_OWNER, {"brand": brand})
    assert owner is not None, f"brand {brand} is missing"
    return _open(snapshot, size_of(snapshot, owner[0]), now)


def size_of(snapshot: Snapshot, provider: int) -> ProviderSize:
    """By the provider's package, else by its addresses, which takes a while."""
    held = packages.get(snapshot, provider)
    if held is None:
        addresses: int | None = packages.counted(snapshot, provider)
    else:
        addresses = held.package.addresses
    return ProviderSize.LARGE if addresses is None or addresses > LARGE_FROM else ProviderSize.SMALL


def to_check(snapshot: Snapshot, recipient: int, now: int) -> dict[int, date]:
    """Event -> last day to check, of each ONAY that was loaded in a window whose days to check are not over."""
    today, last = day_of(now), snapshot.one(_LAST_CHECK)  # a small table: mostly all that is read
    if last is None or last[0] is None or _day(last[0]) < today:
        return {}
    values = {"recipient": recipient, "onay": ONAY, "today": str(today)}
    return {event: _day(check) for event, check in snapshot.all(_TO_CHECK, values)}


def _open(snapshot: Snapshot, size: ProviderSize, now: int) -> Transition | None:
    return next((one for one in listed(snapshot) if one.size is size and _is_open(one, now)), None)


def _is_open(window: Transition, now: int) -> bool:
    return day_of(now) <= window.load_until


def _check_days(now: int, load_until: date, check_until: date) -> None:
    """Of a new window; a changed one may end in the past. Errors: BadCompany, as ``_check_order``."""
    if load_until < day_of(now):
        raise BadCompany("the last day for loading is over", "window-over")
    _check_order(now, load_until, check_until)


def _check_order(now: int, load_until: date, check_until: date) -> None:
    if check_until < load_until:
        raise BadCompany("people check after the last day for loading, not before", "window-order")
    if check_until > day_of(now) + LONGEST:
        raise BadCompany("the last day for checking is more than five years ahead: look at its year", "window-far")


def _day(value: date | str) -> date:
    """SQLite gives a day as its text."""
    return value if isinstance(value, date) else date.fromisoformat(value)
