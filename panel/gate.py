"""The panel's gate: each route declares what it needs, and handlers get an authorised ``Member``. Person, membership
and the path's objects are read for each request, so a withdrawn right ends with the next click."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from functools import wraps
from operator import itemgetter
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from consents.brands import provider_list, provider_states
from consents.brands.provider_states import ProviderState
from consents.keys import Keyring
from consents.store import Snapshot
from panel import objects, redirects
from panel.accounts import account_store, factors, memberships, partner_seats, sessions
from panel.accounts.sessions import LiveSession
from panel.objects import Asked
from panel.rights import (
    Audience,
    Capacity,
    Company,
    Found,
    Member,
    Membership,
    MenuItem,
    Permission,
    Principal,
    Staff,
    capacity,
)
from web import cookies, forms, pages, process

STEP, ENROL = "/panel/giris/ikinci", "/panel/hesap/ikinci-adim"
_STATES = list(ProviderState)  # the less is open, the later
OPERATOR, STAFF = frozenset({Staff.OPERATOR}), frozenset({Staff.OPERATOR, Staff.AUDITOR})

Handler = Callable[..., Awaitable[Response]]


class PanelRoute(NamedTuple):
    """One route. ``needs``: a right at the path's company, or an Audience. ``staff``: the operator's people admitted
    besides. ``menu``: its text there. ``most_bytes``: of the body, once authorised. ``until``: the last company
    state that admits its people; by default active only. ``fresh``: needs a second step within
    ``sessions.FRESH``, where set up."""

    path: str
    handler: Handler
    needs: Permission | Audience
    staff: frozenset[Staff] = frozenset()
    method: str = "GET"
    menu: str = ""
    most_bytes: int | None = None
    until: ProviderState = ProviderState.ACTIVE
    fresh: bool = False


class GateOutcome(Enum):
    """The gate's decision."""

    OPEN = "let in"
    SIGN_IN = "sign in"  # 303 to the sign-in page
    STEP = "second step"  # 303 to where it is passed, or set up
    AGAIN = "second step again"  # 303 to where it is passed, and back
    HIDDEN = "hidden"  # 404: it is not there, or another's
    REFUSED = "refused"  # 403: the right is missing
    CLOSED = "closed"  # 403: not while the company is paused or closed


class Admitted(NamedTuple):
    """The requester and place. ``objects``: None where the path names nothing visible to them."""

    person: Principal
    touched_at: int
    company: Company | None = None
    membership: Membership | None = None
    objects: Mapping[str, Found] | None = None
    elsewhere: bool = False

    @property
    def capacity(self) -> Capacity | None:
        """Their capacity at the company; None for none."""
        return capacity(self.person, self.company, self.membership)


def routes(lines: Sequence[PanelRoute]) -> list[BaseRoute]:
    """The table as Starlette routes."""
    return [_route(line, lines) for line in lines]


def authorize(line: PanelRoute, admitted: Admitted | None) -> GateOutcome:
    """The decision for a request: all of the panel's authorisation."""
    if line.needs is Audience.OPEN:
        return GateOutcome.OPEN
    if admitted is None:
        return GateOutcome.SIGN_IN
    person = admitted.person
    if line.needs is Audience.CODE or (line.needs is Audience.ENROL and not person.has_factor):
        return GateOutcome.OPEN
    if person.must_step and not person.strong:
        return GateOutcome.STEP
    if line.fresh and person.has_factor and not person.fresh:
        return GateOutcome.AGAIN
    if isinstance(line.needs, Permission):
        outcome = _at_company(line, line.needs, admitted)
    else:
        outcome = GateOutcome.OPEN if _of_audience(line.needs, person) else GateOutcome.REFUSED
    return GateOutcome.HIDDEN if outcome is GateOutcome.OPEN and admitted.objects is None else outcome


def _at_company(line: PanelRoute, right: Permission, admitted: Admitted) -> GateOutcome:
    if admitted.company is None or admitted.capacity is None:
        return GateOutcome.HIDDEN
    if admitted.capacity is Capacity.STAFF:
        return GateOutcome.OPEN if admitted.person.staff in line.staff else GateOutcome.REFUSED
    if admitted.membership is None or right not in admitted.membership.all_rights:
        return GateOutcome.REFUSED
    return (
        GateOutcome.OPEN if _STATES.index(admitted.company.state) <= _STATES.index(line.until) else GateOutcome.CLOSED
    )


def _of_audience(needs: Audience, person: Principal) -> bool:
    if needs in (Audience.PARTNER, Audience.PARTNER_OWNER):
        return person.partner is not None and (person.partner.owner or needs is Audience.PARTNER)
    allowed = {Audience.OPERATOR: OPERATOR, Audience.STAFF: STAFF}.get(needs)
    return allowed is None or person.staff in allowed


def _route(line: PanelRoute, lines: Sequence[PanelRoute]) -> BaseRoute:
    return Route(line.path, _guarded(line, lines), methods=[line.method])


def _guarded(line: PanelRoute, lines: Sequence[PanelRoute]) -> Handler:
    """The handler behind the gate. On an open page it gets the request alone."""

    @wraps(line.handler)
    async def endpoint(request: Request) -> Response:
        if line.needs is Audience.OPEN:
            return await line.handler(request)
        admitted = await _admitted(request)
        outcome = authorize(line, admitted)
        if outcome is GateOutcome.OPEN and admitted is not None:
            if line.most_bytes is not None:
                await forms.limit(request, line.most_bytes)
            return await line.handler(request, member(admitted, lines, request.url.path))
        own = line.needs in (Audience.CODE, Audience.ENROL, Audience.PERSON)
        if outcome is GateOutcome.SIGN_IN or admitted is None:
            return await redirects.lead(request, keeps=not own)  # codes and keys are of no use to the next session
        if outcome is GateOutcome.AGAIN:
            return redirects.confirm(request, STEP)
        if outcome is GateOutcome.STEP and request.method == "POST":
            return await redirects.lead(request, keeps=not own, to=STEP if admitted.person.has_factor else ENROL)
        return _turned_away(request, outcome, admitted, lines)

    return endpoint


def member(admitted: Admitted, lines: Sequence[PanelRoute], path: str) -> Member:
    """The requester, for handlers and templates."""
    menu = tuple(_menu(admitted, lines, path))
    found = admitted.objects or {}
    return Member(admitted.person, admitted.company, admitted.membership, found, menu, admitted.elsewhere)


async def _admitted(request: Request) -> Admitted | None:
    key = cookies.key_in(request, cookies.PANEL)
    if key is None:
        return None
    registry = process.of(request).registry
    numbers = {name: value for name, value in request.path_params.items() if isinstance(value, int)}
    code, now = numbers.pop("company", None), registry.store.now()
    found = await registry.store.read(admit, registry.keyring, key, now, code, numbers)
    if found is not None and sessions.touch_is_due(found.touched_at, now):
        await registry.store.write_aside(sessions.touch, key)  # lost, the session only ends sooner
    return found


def _turned_away(request: Request, outcome: GateOutcome, admitted: Admitted, lines: Sequence[PanelRoute]) -> Response:
    if outcome is GateOutcome.STEP:
        return pages.redirect(request, STEP if admitted.person.has_factor else ENROL)
    if admitted.capacity is None:
        admitted = admitted._replace(company=None)  # the existence of the company is not shown either
    who = member(admitted._replace(objects={}), lines, request.url.path)  # their menu, even for a missing object
    missing, closed = outcome is GateOutcome.HIDDEN, outcome is GateOutcome.CLOSED
    status = 404 if missing else 403
    return pages.render(request, "panel/turned_away.html", status=status, member=who, missing=missing, closed=closed)


# The menu's groups after the day's work, by the last word of a path: to load, to look up, to manage, who and what acts.
_GROUPS = (
    "yukle yuklemeler baglantilar",
    "adres goster sorgu liste raporlar sorulanlar sikayetler sayilar ara",
    "markalar bayiler formlar kasalar programlar saglayicilar ortaklar kurallar iys",
    "kullanicilar durum kisiler imza kutuk",
)
_GROUP = {word: number for number, words in enumerate(_GROUPS, 1) for word in words.split()}


def _menu(admitted: Admitted, lines: Sequence[PanelRoute], path: str) -> list[MenuItem]:
    """The menu's links that are open to them here, group by group, within one in the order of the table."""
    found = []
    for line in lines:
        about = "{company:number}" in line.path
        if line.menu and about == (admitted.company is not None) and authorize(line, admitted) is GateOutcome.OPEN:
            link = line.path.replace("{company:number}", str(admitted.company.code if admitted.company else ""))
            found.append((_GROUP.get(link.rpartition("/")[2], 0), link, line.menu))
    found.sort(key=itemgetter(0))
    here = max((link for _, link, _ in found if path == link or path.startswith(f"{link}/")), key=len, default="")
    return [MenuItem(link, label, link == here, group) for group, link, label in found]


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
    elsewhere = bool(company and membership and person.partner)
    if (company and membership) or (company is None and person.partner):
        elsewhere |= memberships.works_elsewhere(snapshot, person.id, company.id if company else 0)
    return Admitted(person, live.touched_at, company, membership, found, elsewhere)


def _person(snapshot: Snapshot, key: bytes, live: LiveSession, email: str, staff: Staff, now: int) -> Principal:
    has = factors.has_any(snapshot, live.person)
    must = has or staff is not Staff.NONE or memberships.asked_of(snapshot, live.person)
    fresh = live.step_at is not None and now <= live.step_at + sessions.FRESH
    seat = partner_seats.find(snapshot, live.person) if staff is Staff.NONE else None
    return Principal(live.person, email, staff, key, live.device, live.step_at is not None, has, must, fresh, seat)


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
