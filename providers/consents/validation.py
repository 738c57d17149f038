"""Judging consents that programs send: what is plainly good in one pass, the rest with a closer look (``peculiar``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from operator import itemgetter
from typing import Any, NamedTuple

from consents import dates
from consents.people import recipients
from consents.people.recipients import BadAddress, Recipient
from consents.terms import Channel, Source, Status
from providers.api import bodies
from providers.api.answers import MOST_FAULTS, Fault, Refusal
from providers.api.consent_fields import (
    CHANNELS,
    DAWN,
    IDENTITIES,
    LAST_DEALER,
    MOST_DEALERS,
    SOURCES,
    STATUSES,
    Frame,
    Item,
    Verdict,
)
from providers.api.cooperative import paced
from providers.consents import strict_validation

_new = tuple.__new__  # half the cost of Item(…)
_said = itemgetter("recipient", "type", "recipientType", "status", "source", "consentDate")
_SAID = 6
_DEALER = "H180"
_TOLD_APART = (Source.HS_2015, Source.HS_KARAR)  # they bind date and status


class _Rule(NamedTuple):
    """What the words of a consent mean: codes, how its address is read, and ``dates.iys``'s ``later``."""

    codes: tuple[int, int, int, int]  # of channel, identity, status, source
    read: Callable[[str], Recipient]
    later: bool


_RULES: dict[tuple[str, str, str, str], _Rule] = {
    (str(channel), str(identity), str(status), str(source)): _Rule(
        (channel.code, identity.code, status.code, source.code),
        recipients.email if channel is Channel.EPOSTA else recipients.phone,
        later=status is Status.RET,
    )
    for channel, identity, status, source in product(
        CHANNELS.values(), IDENTITIES.values(), STATUSES.values(), SOURCES.values()
    )
    if source not in _TOLD_APART
}


def judge(body: Any, frame: Frame) -> Verdict:
    """The verdict on one consent."""
    try:
        item = _plain(body, frame) if type(body) is dict else None
    except BadAddress as bad:
        return strict_validation.verdict(body, frame, None, bad)
    return strict_validation.verdict(body, frame, None) if item is None else Verdict(item, [])


async def judge_all(bodies_: Sequence[Any], frame: Frame) -> tuple[list[Item], list[Fault]]:
    """Verdicts on a list; also H194 where an address stands twice for one channel and identity.

    A peculiar address may take most of a millisecond, so others have turns in between.
    """
    items: list[Item] = []
    faults: list[Fault] = []
    seen: set[tuple[Any, ...]] = set()
    async for place, body in paced(enumerate(bodies_)):
        known = None
        try:
            item = _plain(body, frame) if type(body) is dict else None
        except BadAddress as bad:
            item, known = None, bad
        if item is None:
            item, wrong = strict_validation.verdict(body, frame, place, known)
            # Of more than can be told nothing is kept but that it is not all about dealers (``refusal``).
            faults += wrong if len(faults) < MOST_FAULTS else [one for one in wrong if one.code != _DEALER][:1]
            if item is None:
                continue
        whom = item[:3]
        if whom in seen:
            faults.append(Fault("H194", ("recipient",), bodies.shown(body.get("recipient")), place))
        seen.add(whom)
        items.append(item)
    return items, faults


def dealers_named(body: Any) -> set[int]:
    """The retailerCodes that a body names and that may be some dealer's."""
    if type(body) is not dict or not ("retailerCode" in body or "retailerAccess" in body):
        return set()
    access = body.get("retailerAccess")
    codes = [body.get("retailerCode"), *(access if isinstance(access, list) and len(access) <= MOST_DEALERS else ())]
    return {code for code in codes if type(code) is int and 0 < code <= LAST_DEALER}


def refusal(faults: Sequence[Fault]) -> Refusal:
    """422; 403 where nothing is wrong but that dealers are not the brand's, as İYS answers."""
    return Refusal(403 if all(fault.code == _DEALER for fault in faults) else 422, *faults)


def _plain(body: Mapping[str, Any], frame: Frame) -> Item | None:
    """The item of a body without any peculiarity, in 1 µs or 2; None where it needs a closer look.

    BadAddress where all that is known to be wrong is the address: it need not be read once more.
    """
    if len(body) != _SAID:
        if len(body) != _SAID - 1 or "recipientType" in body:
            return None
        body = {**body, "recipientType": "BIREYSEL"}
    try:
        text, channel, identity, status, source, date = _said(body)
        codes, read, later = _RULES[channel, identity, status, source]
        if type(text) is not str:
            return None
        at = dates.iys(date, later=later)
        address, _, _, assigned = read(text)
    except BadAddress:
        raise
    except (KeyError, TypeError, ValueError):  # a field is missing, of another kind, or not plainly good
        return None
    if not assigned or not (DAWN <= at <= frame.now):
        return None
    return _new(Item, (address, *codes, at, None, ()))
