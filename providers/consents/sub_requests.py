"""Answers about the items of a list: an id for each, the item as understood, and which list had it first."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha1
from typing import Any

from consents import dates
from consents.terms import Channel, Identity, Source, Status
from providers.api import wire
from providers.api.answers import Written
from providers.cases.case import Declared

_CREATED = "\0"  # stands for the time in a draft; no JSON has it
# RFC 9562, 4.1: of the digit after the version two bits stand for the variant.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def name(request: str, place: int) -> str:
    """An item's id, derived from the list's, so that it need not be stored (RFC 9562, version 5)."""
    return _named(uuid.UUID(request).bytes, place)


def names(request: str, count: int) -> list[str]:
    space = uuid.UUID(request).bytes
    return [_named(space, place) for place in range(count)]


def draft(request: str, items: Sequence[Declared]) -> str:
    """The answer to a list without the time, made before the write transaction. Written by hand: a dict an item costs
    thrice as much, and no address has a character that JSON escapes (consents/people/recipients.py)."""
    wall, words = dates.wire, _words
    parts: list[str] = []
    for named, item in zip(names(request, len(items)), items, strict=True):
        before, after = words(item[1:5])
        decided = f',"consentDate":"{wall(item[5])}"' if item[5] else ""
        parts.append(f'{{"subRequestId":"{named}",{before}"{item[0]}",{after}{decided}}}')
    return f'{{"requestId":"{request}","subRequests":[{",".join(parts)}]}}'


def accepted(drafted: str, created: str) -> Written:
    return Written(drafted.replace(_CREATED, created))


def head(place: int, named: str, *, again: bool | None) -> dict[str, Any]:
    """Which item a result is about; ``again``: whether the list came by v2, None where v1 asks."""
    fields: dict[str, Any] = {"index": place, "subRequestId": named}
    return fields if again is None else fields | {"isAddConsentV2Service": again}


def original(first: tuple[str, int] | None) -> dict[str, Any]:
    """Where a repeated item was first reported: the list's requestId and the item's place."""
    if first is None:
        return {}
    return {"originalRequestInformation": {wire.REQUEST: first[0], "subRequestId": name(*first)}}


@lru_cache(maxsize=1024)
def _words(terms: tuple[int, int, int, int | None]) -> tuple[str, str]:
    """The text before and after the address, for all items of these terms."""
    channel, identity, status, source = terms
    before = f'"type":"{Channel.of(channel)}","recipient":'
    after = f'"status":"{Status.of(status)}","recipientType":"{Identity.of(identity)}","creationDate":"{_CREATED}"'
    return before, after if source is None else f'{after},"source":"{Source.of(source)}"'


def _named(space: bytes, place: int) -> str:
    """As ``uuid.uuid5``, whose objects cost four times as much as the hash."""
    digits = sha1(space + b"%d" % place, usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"
