"""The push connections of a company's brands, as its people see and change them, by the rules of ``providers/push``."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from consents.terms import Channel
from panel.manage import managed_changes
from panel.manage.managed_changes import FieldFault, StaleChange
from panel.rights import Member
from providers.push import push_connections, push_targets
from providers.push.push_connections import MadeConnection, PushAnswers, PushTarget, WantedConnection
from providers.push.push_targets import BadTarget


class PushLine(NamedTuple):
    """A connection. ``place``: its address without what may be secret in it; ``channel``: its word."""

    id: int
    brand: KnownBrand
    channel: str
    place: str
    made: MadeConnection
    answers: PushAnswers


def every(snapshot: Snapshot, keyring: Keyring, member: Member) -> list[PushLine]:
    """The connections of the brands that whoever asks may see."""
    found = []
    for brand in provider_list.brands_of(snapshot, member.at.id):
        if member.sees(brand.id):
            answers = push_connections.answers(snapshot, brand.id)
            made = push_connections.of_brand(snapshot, keyring, brand.id)
            found += [_line(brand, one, answers[one.id]) for one in made]
    return found


def wanted(given: dict[str, str], *, private: bool) -> WantedConnection:
    """What the form asks for. ``private``: setting PUSH_PRIVATE. Errors: FieldFault."""
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


def register(
    transaction: Transaction, registry: Registry, member: Member, brand: KnownBrand, one: WantedConnection
) -> None:
    """Makes a connection whose address has taken the test record."""
    if push_connections.register(transaction, registry.keyring, brand.id, [one]) is not None:
        raise FieldFault("channel", "push-full")
    after = f"{Channel.of(one.channel)} {place(one.target.url)}"
    about = f"brand {brand.code}"
    managed_changes.note(transaction, registry, member, "push-registered", brand=brand.id, about=about, after=after)


def remove(
    transaction: Transaction, registry: Registry, member: Member, brand: KnownBrand, made: MadeConnection
) -> None:
    """Ends a connection; the company ends also one that a partner made."""
    if not push_connections.unregister(
        transaction, registry.keyring, brand.id, WantedConnection(made.channel, made.target)
    ):
        raise StaleChange
    was = f"{Channel.of(made.channel)} {place(made.target.url)}"
    managed_changes.note(
        transaction, registry, member, "push-removed", brand=brand.id, about=f"push {made.id}", before=was
    )


def tried(
    transaction: Transaction, registry: Registry, member: Member, brand: KnownBrand, made: MadeConnection, how: str
) -> None:
    """Notes that somebody had a connection tried, and how it answered."""
    about = f"push {made.id}"
    managed_changes.note(transaction, registry, member, "push-tried", brand=brand.id, about=about, after=how)


def place(url: str) -> str:
    """Where an address leads, without its query, which may be a secret."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"


def _line(brand: KnownBrand, one: MadeConnection, answers: PushAnswers) -> PushLine:
    return PushLine(one.id, brand, str(Channel.of(one.channel)), place(one.target.url), one, answers)
