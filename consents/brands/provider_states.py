"""Whether a provider may use the registry: active, paused or closed (İYS: ACTIVE, PAUSED, CLOSED). Refusals are
recorded in every state, because the three business days of the regulation (m. 10) go on. No process caches a state."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from sqlalchemy import bindparam, func, or_, select, update

from consents.brands import company_changes
from consents.brands.companies import BadCompany
from consents.brands.company_changes import Why
from consents.brands.packages import PACKAGES
from consents.columns import micros
from consents.keys import Keyring
from consents.store import PrefetchRead, Snapshot, Statement, Transaction, Value, table
from consents.tables.company_tables import Brand, CompanyChange, Provider, ProviderPackage
from consents.tables.registry_tables import RegistryRow

_provider, _brand = table(Provider), table(Brand)
_package, _registry = table(ProviderPackage), table(RegistryRow)
_change = table(CompanyChange)


class ProviderState(str, Enum):
    """``code``: İYS's for a call that it bars, empty where it bars none."""

    code: str

    def __new__(cls, value: str, code: str) -> ProviderState:
        member = str.__new__(cls, value)
        member._value_, member.code = value, code
        return member

    def __str__(self) -> str:
        return str(self.value)

    ACTIVE = "active", ""
    PAUSED = "paused", "H520"
    CLOSED = "closed", "H521"


class PackageLimit(NamedTuple):
    """How many addresses a provider may hold consents for, and how many it holds."""

    provider: int
    addresses: int
    used: int


class BrandStanding(NamedTuple):
    """What restricts calls about a brand: its provider's state, and whether it is closed. ``partners_only``: H586;
    ``limited``: the limit of the provider's package, None without one."""

    provider: ProviderState
    brand_closed: bool
    partners_only: bool = False
    limited: PackageLimit | None = None

    @property
    def code(self) -> str:
        """Why no consent may be recorded: İYS's code, or Z425 of a closed brand; empty where it may."""
        return self.provider.code or ("Z425" if self.brand_closed else "")


class ListedProvider(NamedTuple):
    """``id``: internal; ``code``: iysCode; ``since`` (µs), ``reason``: of the last change of state, None and "" before
    any."""

    id: int
    code: int
    title: str
    mersis: str | None
    state: ProviderState
    since: int | None
    reason: str


_FIND: Statement[tuple[int, str]] = Statement(
    select(_provider.c.id, _provider.c.state).where(_provider.c.code == bindparam("code"))
)
_SET = Statement(update(_provider).where(_provider.c.id == bindparam("of")).values(state=bindparam("becomes")))
_STATE: Value[str] = Statement(select(_provider.c.state).where(_provider.c.id == bindparam("provider")))
_OF_BRAND = Statement(
    select(
        _provider.c.state,
        _brand.c.closed_at,
        _brand.c.provider,
        _package.c.package,
        _package.c.used,
        select(_registry.c.partner_below).scalar_subquery(),
    )
    .select_from(_brand)
    .join(_provider, _provider.c.id == _brand.c.provider)
    .outerjoin(_package, _package.c.provider == _provider.c.id)
    .where(_brand.c.id == bindparam("brand"))
)
_latest = (
    select(_change.c.provider, func.max(_change.c.id).label("id"))
    .where(or_(*(_change.c.what == what for what in ("provider paused", "provider reopened", "provider closed"))))
    .group_by(_change.c.provider)
    .subquery("latest")
)
_LISTED = Statement(
    select(
        _provider.c.id,
        _provider.c.code,
        _provider.c.title,
        _provider.c.mersis,
        _provider.c.state,
        _change.c.at,
        _change.c.reason,
    )
    .outerjoin(_latest, _latest.c.provider == _provider.c.id)
    .outerjoin(_change, _change.c.id == _latest.c.id)
    .order_by(_provider.c.code)
)


def pause(transaction: Transaction, code: int, why: Why) -> None:
    """From now on H520. Errors: BadCompany."""
    _change_state(transaction, code, ProviderState.PAUSED, "provider paused", why, of=(ProviderState.ACTIVE,))


def reopen(transaction: Transaction, code: int, why: Why) -> None:
    """Errors: BadCompany."""
    former = (ProviderState.PAUSED, ProviderState.CLOSED)
    _change_state(transaction, code, ProviderState.ACTIVE, "provider reopened", why, of=former)


def close(transaction: Transaction, code: int, why: Why) -> None:
    """From now on H521; records, history and people's ways to refuse stay. Errors: BadCompany."""
    former = (ProviderState.ACTIVE, ProviderState.PAUSED)
    _change_state(transaction, code, ProviderState.CLOSED, "provider closed", why, of=former)


def of_provider(snapshot: Snapshot, provider: int) -> ProviderState:
    state = snapshot.value(_STATE, {"provider": provider})
    assert state is not None, f"provider {provider} is missing"
    return _states[state]


def asked(brand: int) -> PrefetchRead:
    return PrefetchRead(_OF_BRAND, {"brand": brand})


def of_brand(snapshot: Snapshot, brand: int) -> BrandStanding:
    row = snapshot.one(*asked(brand))
    assert row is not None, f"brand {brand} is missing"
    state, closed_at, provider, package, used, below = row
    most = None if package is None else PACKAGES[package].addresses
    if most is None:
        return BrandStanding(_states[state], closed_at is not None)
    partners_only = below is not None and most <= below
    return BrandStanding(_states[state], closed_at is not None, partners_only, PackageLimit(provider, most, used))


def listed(snapshot: Snapshot, keyring: Keyring) -> list[ListedProvider]:
    return [
        ListedProvider(number, code, title, mersis, _states[state], None, "")
        if at is None
        else ListedProvider(
            number, code, title, mersis, _states[state], micros(at), company_changes.opened(keyring, reason)
        )
        for number, code, title, mersis, state, at, reason in snapshot.all(_LISTED)
    ]


_states = {str(state.value): state for state in ProviderState}


def _change_state(
    transaction: Transaction,
    code: int,
    becomes: ProviderState,
    what: str,
    why: Why,
    *,
    of: tuple[ProviderState, ...],
) -> None:
    if (row := transaction.one(_FIND, {"code": code})) is None:
        raise BadCompany(f"there is no provider {code}")
    provider, state = row
    if _states[state] not in of:
        raise BadCompany(f"provider {code} is {state}")
    transaction.run(_SET, {"of": provider, "becomes": becomes.value})
    company_changes.note(transaction, provider, what, why)
