"""Push connections of a company's brands, by the rules of ``providers/push``, for pages and commands."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from consents.brands import provider_list, provider_states
from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.store import Snapshot
from consents.terms import Channel
from panel.audit.change import Change
from panel.form_answers import FieldFault, StaleChange
from panel.rights import Member
from providers.api import wire
from providers.push import push_connections, push_targets, pusher
from providers.push.push_connections import MadeConnection, PushAnswers, PushTarget, WantedConnection
from providers.push.push_targets import BadTarget
from providers.push.pusher import NotTaken


class PushLine(NamedTuple):
    """``place``: its URL without secrets; ``channel``: its word."""

    id: int
    brand: KnownBrand
    channel: str
    place: str
    made: MadeConnection
    answers: PushAnswers


def every(snapshot: Snapshot, keyring: Keyring, member: Member) -> list[PushLine]:
    return [one for one in of_provider(snapshot, keyring, member.at.id) if member.sees(one.brand.id)]


def of_provider(snapshot: Snapshot, keyring: Keyring, provider: int) -> list[PushLine]:
    found = []
    for brand in provider_list.brands_of(snapshot, provider):
        answers = push_connections.answers(snapshot, brand.id)
        made = push_connections.of_brand(snapshot, keyring, brand.id)
        found += [_line(brand, one, answers[one.id]) for one in made]
    return found


def wanted(given: dict[str, str], *, private: bool) -> WantedConnection:
    """The form's values. ``private``: setting PUSH_PRIVATE. Errors: FieldFault."""
    channel = next((one for one in Channel if str(one) == given.get("channel")), None)
    if channel is None:
        raise FieldFault("channel", "channel")
    try:
        url = push_targets.check(given.get("url", "").strip(), private=private)
    except BadTarget as bad:
        raise FieldFault("url", "url-private" if bad.reason == "private" else "url") from None
    target = PushTarget(url, given.get("username", "").strip(), given.get("password", ""))
    if not push_connections.fits_as_user(target.username):
        raise FieldFault("username", "push-username")
    if not push_connections.fits(target.password):
        raise FieldFault("password", "push-password")
    return WantedConnection(channel.code, target)


def register(change: Change, brand: KnownBrand, one: WantedConnection) -> None:
    """Adds a connection that has taken the test record; none for a closed brand. Errors: FieldFault."""
    if provider_states.of_brand(change.transaction, brand.id).brand_closed:
        raise FieldFault("brand", "push-closed")
    if push_connections.register(change.transaction, change.keyring, brand.id, [one]) is not None:
        raise FieldFault("channel", "push-full")
    after = f"{Channel.of(one.channel)} {place(one.target.url)}"
    change.note("push-registered", f"brand {brand.code}", after=after, brand=brand)


def remove(change: Change, brand: KnownBrand, made: MadeConnection) -> None:
    """Removes a connection, also a partner's. Errors: StaleChange."""
    if not push_connections.unregister(
        change.transaction, change.keyring, brand.id, WantedConnection(made.channel, made.target)
    ):
        raise StaleChange
    was = f"{Channel.of(made.channel)} {place(made.target.url)}"
    change.note("push-removed", f"push {made.id}", was, brand=brand)


def tried(change: Change, brand: KnownBrand, made: MadeConnection, how: str) -> None:
    """Logs a test of a connection and its answer."""
    change.note("push-tried", f"push {made.id}", after=how, brand=brand)


def place(url: str) -> str:
    """A URL without its query, which may be a secret."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"


def _line(brand: KnownBrand, one: MadeConnection, answers: PushAnswers) -> PushLine:
    return PushLine(one.id, brand, str(Channel.of(one.channel)), place(one.target.url), one, answers)


async def fault_of(target: PushTarget, *, owner: int, private: bool) -> NotTaken | None:
    """Posts a provider's (iysCode) test record; returns the failure. ``private``: setting PUSH_PRIVATE."""
    try:
        await pusher.post(target, wire.PUSH_TEST, owner=owner, private=private, seconds=pusher.SECONDS)
    except NotTaken as fault:
        return fault
    return None


async def prove(target: PushTarget, *, owner: int, private: bool) -> None:
    """Posts the test record. Errors: FieldFault, where it is not taken within five seconds."""
    fault = await fault_of(target, owner=owner, private=private)
    if fault is None:
        return
    if fault.late:
        raise FieldFault("url", "url-late")
    raise FieldFault("url", "url-private" if fault.reason == "address private" else "url-refused", fault.reason)
