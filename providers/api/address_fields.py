"""Reads recipient, type and recipientType of one or many addresses from a body, by İYS's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from consents.people.recipients import BadAddress
from consents.terms import Channel, Identity
from providers.api import bodies
from providers.api.answers import Fault, Refusal
from providers.api.background import paced
from providers.cases.judge import Questions, address_code
from providers.cases.meanings import READERS
from web.iys_fields import Field

_LIST = Field.RECIPIENTS


class ConsentKind(NamedTuple):
    channel: Channel
    identity: Identity


class AskedConsent(NamedTuple):
    """Canonical address, terms by code."""

    address: str
    channel: int
    identity: int


def read(body: Mapping[str, Any], known: Sequence[str] = (Field.RECIPIENT, Field.IDENTITY, Field.TYPE)) -> AskedConsent:
    """The consent that a body names. Errors: Refusal 422 with every fault."""
    asked = Questions(body)
    channel, identity = asked.term(Field.TYPE), asked.term(Field.IDENTITY)
    recipient = asked.address(channel)
    _refuse(body, known, asked)
    assert recipient is not None
    return AskedConsent(recipient.address, channel.code, identity.code)


def kind(body: Mapping[str, Any], known: Sequence[str]) -> ConsentKind:
    """The terms of a body about many addresses. Errors: Refusal 422 with every fault."""
    asked = Questions(body)
    channel, identity = asked.term(Field.TYPE), asked.term(Field.IDENTITY)
    _refuse(body, known, asked)
    return ConsentKind(channel, identity)


async def many(body: Mapping[str, Any], channel: Channel, most: int, too_many: str) -> dict[str, str]:
    """``recipients``: canonical -> as given; yields to others, because an address may take most of a millisecond.
    Errors: Refusal 422."""
    given = body.get(_LIST)
    if _LIST not in body:
        raise Refusal(422, Fault("H168", (_LIST,)))
    if not isinstance(given, list):
        raise Refusal(422, Fault("H478", (_LIST,), bodies.shown(given)))
    if not given:
        raise Refusal(422, Fault("H164", (_LIST,)))
    if len(given) > most:
        raise Refusal(422, Fault(too_many, (_LIST,), len(given)))
    faults: list[Fault] = []
    found: dict[str, str] = {}
    async for place, text in paced(enumerate(given)):
        if address := canonical(text, channel, (_LIST, place), faults):
            found.setdefault(address, text)
    if faults:
        raise Refusal(422, *faults)
    return found


def canonical(
    text: Any, channel: Channel, location: tuple[str | int, ...], faults: list[Fault], place: int | None = None
) -> str | None:
    """An address of this channel in canonical form; None, and a fault, where it is none."""
    try:
        if type(text) is not str:
            raise BadAddress("form")
        return READERS[channel](text).address
    except BadAddress as bad:
        faults.append(Fault(address_code(channel, text, bad), location, bodies.shown(text), place))
        return None


def _refuse(body: Mapping[str, Any], known: Sequence[str], asked: Questions) -> None:
    """Errors: Refusal 422 with all faults."""
    if faults := bodies.unknown(body, known) + bodies.faults(body, asked.flaws):
        raise Refusal(422, *faults)
