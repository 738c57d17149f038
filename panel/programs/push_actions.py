"""Push connections of a company's brands, by the rules of ``providers/push``, for pages and commands."""

from __future__ import annotations

import time
from datetime import date
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from consents import dates
from consents.brands import provider_list, provider_states
from consents.brands.companies import KnownBrand
from consents.instants import day_of
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Channel
from panel import form_answers
from panel.audit.change import Change
from panel.form_answers import FieldFault, StaleChange
from panel.rights import Member
from providers.api import wire
from providers.push import push_connections, push_deliveries, push_targets, pusher, signing
from providers.push.push_connections import MadeConnection, OfAllBrands, PushAnswers, PushTarget, WantedConnection
from providers.push.push_deliveries import PostResult
from providers.push.push_targets import BadTarget
from providers.push.pusher import Envelope, NotTaken

BODIES, SIGNS = ("iys", "cloudevents"), ("basic", "webhooks", "both")
REWOUND = 31  # days
_OF_STATUS = {"401": "url-account", "403": "url-account", "404": "url-path", "410": "url-path"}
_OF_HUNDRED = {"3": "url-moved", "5": "url-broken"}
_OF_CLASS = {
    "TimeoutError": "url-late",
    "ClientConnectorDNSError": "url-unknown",
    "gaierror": "url-unknown",
    "ClientConnectorCertificateError": "url-certificate",
    "ClientConnectorSSLError": "url-certificate",
}


class PushLine(NamedTuple):
    """``brand``, ``channel`` (its word): None and "" of one for all; ``place``: its URL without secrets; ``made``,
    ``answers``: of a failing row, if any."""

    id: int
    brand: KnownBrand | None
    channel: str
    place: str
    made: MadeConnection
    answers: PushAnswers


class PushRow(NamedTuple):
    brand: KnownBrand
    made: MadeConnection
    answers: PushAnswers


def every(snapshot: Snapshot, keyring: Keyring, member: Member) -> list[PushLine]:
    found = of_provider(snapshot, keyring, member.at.id)
    return [one for one in found if (member.sees(one.brand.id) if one.brand else member.brands is None)]


def of_provider(snapshot: Snapshot, keyring: Keyring, provider: int) -> list[PushLine]:
    """The connections, those for all brands as one line."""
    lines: dict[int, PushLine] = {}
    for row in rows(snapshot, keyring, provider):
        line = _line(row)
        known = lines.get(line.id)
        if known is None or (known.made.works and not row.made.works):
            lines[line.id] = line
    return list(lines.values())


def rows(snapshot: Snapshot, keyring: Keyring, provider: int) -> list[PushRow]:
    found = []
    for brand in provider_list.brands_of(snapshot, provider):
        answers = push_connections.answers(snapshot, brand.id)
        made = push_connections.of_brand(snapshot, keyring, brand.id)
        found += [PushRow(brand, one, answers[one.id]) for one in made]
    return found


def wanted(given: dict[str, str], *, private: bool) -> WantedConnection:
    """The form's values, without ``channel`` of one for all. ``private``: setting PUSH_PRIVATE. Errors: FieldFault."""
    channel = next((one for one in Channel if str(one) == given.get("channel")), None)
    if channel is None:
        raise FieldFault("channel", "channel")
    return WantedConnection(channel.code, target(given, private=private))


def target(given: dict[str, str], *, private: bool) -> PushTarget:
    """Errors: FieldFault."""
    try:
        url = push_targets.check(given.get("url", "").strip(), private=private)
    except BadTarget as bad:
        raise FieldFault("url", "url-private" if bad.reason == "private" else "url") from None
    found = PushTarget(url, given.get("username", "").strip(), given.get("password", ""))
    if not push_connections.fits_as_user(found.username):
        raise FieldFault("username", "push-username")
    if not push_connections.fits(found.password):
        raise FieldFault("password", "push-password")
    return found


def register(change: Change, brand: KnownBrand, one: WantedConnection, *, of_some: bool = False) -> None:
    """Adds a connection that has taken the test record; none for a closed brand. ``of_some``: by people of some brands
    alone. Errors: FieldFault."""
    if provider_states.of_brand(change.transaction, brand.id).brand_closed:
        raise FieldFault("brand", "push-closed")
    transaction, keyring = change.transaction, change.keyring
    try:
        place_above = push_connections.register(transaction, keyring, brand.id, [one], of_some=of_some)
    except OfAllBrands:
        raise FieldFault("url", "push-whole") from None
    if place_above is not None:
        raise FieldFault("channel", "push-full")
    after = f"{Channel.of(one.channel)} {place(one.target.url)}"
    change.note("push-registered", f"brand {brand.code}", after=after, brand=brand)


def register_whole(change: Change, provider: int, one: PushTarget) -> None:
    """Adds a connection for all brands and channels of a provider (internal id). Errors: FieldFault."""
    number = push_connections.register_whole(change.transaction, change.keyring, provider, one)
    if number is None:
        raise FieldFault("brand", "push-full")
    change.note("push-registered", f"push {number}", after=f"all {place(one.url)}", provider=provider)


def remove(change: Change, brand: KnownBrand, made: MadeConnection) -> None:
    """Removes a connection, also a partner's. Errors: StaleChange."""
    if not push_connections.remove(change.transaction, made.id):
        raise StaleChange
    _note(change, "push-removed", brand, made, before=_words(made))


def tried(change: Change, brand: KnownBrand, made: MadeConnection, how: str, post: PostResult) -> None:
    """Logs a post that a person asked for, and its answer. Errors: StaleChange where the connection is gone."""
    if push_connections.brand_of(change.transaction, made.id) is None:
        raise StaleChange
    push_deliveries.note(change.transaction, change.keyring, made.id, post)
    _note(change, "push-resent" if post.again else "push-tried", brand, made, after=how)


def renew_secret(change: Change, brand: KnownBrand, made: MadeConnection, shown: str) -> str:
    """A new signing secret, none for a partner's connection; the former one signs for a day. ``shown``: of ``seen``.
    Errors: StaleChange."""
    stands = push_connections.find(change.transaction, change.keyring, made.id)
    if stands is None or stands.partner is not None:
        raise StaleChange
    form_answers.unchanged(seen(stands), shown)
    fresh = signing.new()
    push_connections.renew_secret(change.transaction, change.keyring, made.id, fresh)
    _note(change, "push-secret-renewed", brand, made, after=_words(made))
    return fresh


def form(made: MadeConnection, body: str, sign: str) -> PushTarget:
    """A connection's account with the body (``BODIES``) and the signature (``SIGNS``) that are asked for. Errors:
    FieldFault."""
    if body not in BODIES:
        raise FieldFault("body", "push-body")
    if sign not in SIGNS:
        raise FieldFault("sign", "push-sign")
    if sign != SIGNS[0] and not made.target.secrets:
        raise FieldFault("sign", "push-no-secret")
    return made.target._replace(events=body == BODIES[1], basic=sign != SIGNS[1], signs=sign != SIGNS[0])


def form_of(made: MadeConnection) -> tuple[str, str]:
    """Its body and signature, as ``form`` takes them."""
    sign = SIGNS[0] if not made.target.signing else SIGNS[2] if made.target.basic else SIGNS[1]
    return BODIES[made.target.events], sign


def change_form(change: Change, brand: KnownBrand, made: MadeConnection, wanted: PushTarget, shown: str) -> None:
    """Changes body and signature of a connection, which has taken the test record in that form; none of a partner's.
    ``shown``: of ``seen``. Errors: StaleChange."""
    stands = push_connections.find(change.transaction, change.keyring, made.id)
    if stands is None or stands.partner is not None:
        raise StaleChange
    form_answers.unchanged(seen(stands), shown)
    push_connections.change_form(change.transaction, change.keyring, made.id, wanted)
    before, after = (" ".join(form_of(one)) for one in (stands, made._replace(target=wanted)))
    _note(change, "push-form-changed", brand, made, before=before, after=after)


def rewind(change: Change, brand: KnownBrand, made: MadeConnection, day: date) -> None:
    """Posts everything from a day on once more, in order; at most ``REWOUND`` days back. Errors: FieldFault,
    StaleChange where the connection is gone."""
    if not 0 <= (day_of(change.transaction.now) - day).days <= REWOUND:
        raise FieldFault("day", "push-day", str(REWOUND))
    start, _ = dates.day_bounds(day)
    if push_connections.brand_of(change.transaction, made.id) is None:
        raise StaleChange
    push_connections.rewind(change.transaction, change.keyring, made.id, start)
    _note(change, "push-rewound", brand, made, after=day.isoformat())


def seen(made: MadeConnection) -> str:
    """A mark of its signing secrets and its form."""
    return form_answers.seen(made.id, made.target.secrets, form_of(made))


def place(url: str) -> str:
    """A URL without its query, which may be a secret."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"


def explained(error: str) -> tuple[str, str]:
    """The reason of a failed post (``NotTaken``) as ``why`` and ``about`` of a sentence (``form_answers``)."""
    kind, _, status = error.partition(" ")
    if kind == "status" and status.isdecimal():
        return _OF_STATUS.get(status) or _OF_HUNDRED.get(status[0], "url-refused"), status
    if kind in ("address", "failed"):
        return ("url-private" if kind == "address" else "push-ours"), ""
    return _OF_CLASS.get(kind, "url-unreachable"), ""


async def fault_of(target: PushTarget, *, owner: int, private: bool) -> tuple[NotTaken | None, PostResult]:
    """Posts a provider's (iysCode) test record; the failure, and what is kept of it. ``private``: PUSH_PRIVATE."""
    began = time.monotonic()
    try:
        done = await pusher.post(target, wire.PUSH_TEST, owner=owner, private=private, seconds=pusher.SECONDS)
    except NotTaken as fault:
        return fault, pusher.posted(0, 0, [], began, fault)
    return None, pusher.posted(0, 0, [], began, done)


async def prove(target: PushTarget, *, owner: int, private: bool) -> None:
    """Posts the test record. Errors: FieldFault, where it is not taken within five seconds."""
    fault, _ = await fault_of(target, owner=owner, private=private)
    if fault is not None:
        raise FieldFault("url", *explained(fault.reason))


async def send_again(registry: Registry, row: PushRow, former: PostResult, *, owner: int, private: bool) -> PostResult:
    """Posts the movements of a former post once more, as the history has them now, under its id, without consents that
    no longer stand."""
    brand, made, _ = row
    page, ids = await registry.store.read(push_deliveries.page, registry, brand.id, made.channel, former)
    page = await registry.store.read(push_deliveries.standing, brand.id, page)
    message = push_deliveries.message(registry.keyring, made.id, former.after, former.last)
    envelope = Envelope(message, registry.store.now())
    body, began = wire.push(owner, brand.code, page, ids), time.monotonic()
    kept = partial(pusher.posted, former.after, former.last, page, began, again=True)
    try:
        done = await pusher.post(
            made.target, body, owner=owner, private=private, seconds=pusher.SECONDS, envelope=envelope
        )
    except NotTaken as fault:
        return kept(fault)
    return kept(done)


def _line(row: PushRow) -> PushLine:
    brand, made, answers = row
    whole = made.whole is not None
    channel = "" if whole else str(Channel.of(made.channel))
    return PushLine(made.whole or made.id, None if whole else brand, channel, place(made.target.url), made, answers)


def _words(made: MadeConnection) -> str:
    channel = "all" if made.whole is not None else str(Channel.of(made.channel))
    return f"{channel} {place(made.target.url)}"


def _note(
    change: Change, what: str, brand: KnownBrand, made: MadeConnection, before: str = "", after: str = ""
) -> None:
    whose: dict[str, Any] = {"provider": brand.provider} if made.whole is not None else {"brand": brand}
    change.note(what, f"push {made.whole or made.id}", before, after, **whose)
