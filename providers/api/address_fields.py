"""Calls about one address or many: recipient, type and recipientType read from a body by İYS's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from consents.people import recipients
from consents.people.recipients import BadAddress
from consents.terms import Channel, Identity
from providers.api import bodies
from providers.api.answers import Fault, Refusal
from providers.api.consent_fields import CHANNELS, IDENTITIES, address_code
from providers.api.cooperative import paced


class Kind(NamedTuple):
    """What consents a call is about, whoever they are of."""

    channel: Channel
    identity: Identity


class Asked(NamedTuple):
    """One consent that a call is about; canonical address, terms by code."""

    address: str
    channel: int
    identity: int


def one(body: Mapping[str, Any], known: Sequence[str] = ("recipient", "recipientType", "type")) -> Asked:
    """The consent that a body names. Refusal 422 with every fault it has."""
    faults = bodies.unknown(body, known)
    channel = _term(body, "type", CHANNELS, "H111", "H117", faults)
    identity = _term(body, "recipientType", IDENTITIES, "H170", "H116", faults)
    address = None
    if "recipient" not in body:
        faults.append(Fault("H114", ("recipient",)))
    else:
        address = canonical(body["recipient"], channel, ("recipient",), faults)
    if faults or channel is None or identity is None or address is None:
        raise Refusal(422, *faults)
    return Asked(address, channel.code, identity.code)


def kind(body: Mapping[str, Any], known: Sequence[str]) -> Kind:
    """What a body about many addresses says of all of them. Refusal 422 with every fault it has."""
    faults = bodies.unknown(body, known)
    channel = _term(body, "type", CHANNELS, "H111", "H117", faults)
    identity = _term(body, "recipientType", IDENTITIES, "H170", "H116", faults)
    if faults:
        raise Refusal(422, *faults)
    return Kind(channel, identity)


async def many(body: Mapping[str, Any], channel: Channel, most: int, too_many: str) -> dict[str, str]:
    """The addresses of ``recipients``: canonical -> as they were given. Refusal 422.

    A peculiar address may take most of a millisecond, so others have turns in between.
    """
    given = body.get("recipients")
    if "recipients" not in body:
        raise Refusal(422, Fault("H168", ("recipients",)))
    if not isinstance(given, list):
        raise Refusal(422, Fault("H478", ("recipients",), bodies.shown(given)))
    if not given:
        raise Refusal(422, Fault("H164", ("recipients",)))
    if len(given) > most:
        raise Refusal(422, Fault(too_many, ("recipients",), len(given)))
    faults: list[Fault] = []
    read = recipients.email if channel is Channel.EPOSTA else recipients.phone
    found: dict[str, str] = {}
    async for place, text in paced(enumerate(given)):
        try:
            if type(text) is not str:
                raise BadAddress("form")
            found.setdefault(read(text)[0], text)
        except BadAddress as bad:
            faults.append(_fault(bad, text, channel, ("recipients", place)))
    if faults:
        raise Refusal(422, *faults)
    return found


def canonical(
    text: Any,
    channel: Channel | None,
    location: tuple[str | int, ...],
    faults: list[Fault],
    place: int | None = None,
) -> str | None:
    """An address of this channel in canonical form; None, and a fault, where it is none."""
    try:
        if not isinstance(text, str):
            raise BadAddress("form")
        read = recipients.parse
        if channel is not None:
            read = recipients.email if channel is Channel.EPOSTA else recipients.phone
        return read(text).address
    except BadAddress as bad:
        faults.append(_fault(bad, text, channel, location, place))
        return None


def _fault(
    bad: BadAddress, text: Any, channel: Channel | None, location: tuple[str | int, ...], place: int | None = None
) -> Fault:
    mail = isinstance(text, str) and "@" in text[1:]
    return Fault(address_code(channel, bad, mail=mail), location, bodies.shown(text), place)


def _term(
    body: Mapping[str, Any], field: str, terms: Mapping[str, Any], missing: str, unknown: str, faults: list[Fault]
) -> Any:
    if field not in body:
        faults.append(Fault(missing, (field,)))
        return None
    value = body[field]
    found = terms.get(value) if isinstance(value, str) else None
    if found is None:
        faults.append(Fault(unknown, (field,), bodies.shown(value)))
    return found
