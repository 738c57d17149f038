"""Authentication and the path's objects, read for each request, so a withdrawn right ends with the next click."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from consents.brands import provider_list, provider_states
from consents.keys import Keyring
from consents.store import Snapshot
from panel import objects
from panel.accounts import account_store, factors, memberships, sessions
from panel.accounts.sessions import LiveSession
from panel.objects import Asked
from panel.rights import Capacity, Company, Found, Membership, Principal, Staff, capacity


class Admitted(NamedTuple):
    """The requester and place. ``objects``: None where the path names nothing visible to them."""

    person: Principal
    touched_at: int
    company: Company | None = None
    membership: Membership | None = None
    objects: Mapping[str, Found] | None = None

    @property
    def capacity(self) -> Capacity | None:
        """Their capacity at the company; None for none."""
        return capacity(self.person, self.company, self.membership)


def admit(
    snapshot: Snapshot, keyring: Keyring, key: bytes, now: int, code: int | None, numbers: Mapping[str, int]
) -> Admitted | None:
    """The person of a session at the provider with iysCode ``code``; ``numbers``: the path's others. None where the
    session or person has ended."""
    live = sessions.find(snapshot, key, now)
    known = account_store.by_number(snapshot, keyring, live.person) if live else None
    if live is None or known is None or known.ended_at is not None:
        return None
    person = _person(snapshot, key, live, known.email, known.staff, now)
    provider = None if code is None else provider_list.by_code(snapshot, code)
    company = Company(*provider[:3], provider_states.of_provider(snapshot, provider.id)) if provider else None
    membership = memberships.acting(snapshot, person.id, person.staff, company.id) if company else None
    found = _found(snapshot, keyring, Asked(person.id, company), membership, numbers)
    return Admitted(person, live.touched_at, company, membership, found)


def _person(snapshot: Snapshot, key: bytes, live: LiveSession, email: str, staff: Staff, now: int) -> Principal:
    has = factors.has_any(snapshot, live.person)
    must = has or staff is not Staff.NONE or memberships.asked_of(snapshot, live.person)
    fresh = live.step_at is not None and now <= live.step_at + sessions.FRESH
    return Principal(live.person, email, staff, key, live.device, live.step_at is not None, has, must, fresh)


def _found(
    snapshot: Snapshot,
    keyring: Keyring,
    asked: Asked,
    membership: Membership | None,
    numbers: Mapping[str, int],
) -> Mapping[str, Found] | None:
    found: dict[str, Found] = {}
    for name, number in numbers.items():
        one = objects.FINDERS[name](snapshot, keyring, asked, number)
        if one is None or not (one.brand is None or membership is None or membership.sees(one.brand)):
            return None
        found[name] = one
    return found
