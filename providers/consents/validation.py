"""Reads consents in JSON as cases: plainly good ones in one pass, the rest by the judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from consents import dates
from consents.people.recipients import BadAddress
from providers.api import bodies
from providers.api.answers import MOST_FAULTS, Fault, Refusal
from providers.api.background import paced
from providers.cases.case import DAWN, MOST_DEALERS, Declared, Frame
from providers.cases.judge import judge as judge_case
from providers.cases.meanings import MEANINGS
from web.iys_fields import Field

LAST_DEALER = 99_999_999  # retailerCodes have eight digits
_new = tuple.__new__  # half the cost of Declared(…)
_PLAIN = (Field.TYPE, Field.SOURCE, Field.STATUS, Field.IDENTITY, Field.RECIPIENT, Field.DATE)
_KNOWN = (*_PLAIN, Field.DEALER, Field.ACCESS)
_plain_values = itemgetter(*_PLAIN)
_DEALER = "H180"


class BodyVerdict(NamedTuple):
    """``item`` is None where ``faults`` explain why."""

    item: Declared | None
    faults: list[Fault]


def judge(body: Any, frame: Frame, place: int | None = None) -> BodyVerdict:
    """``place``: the index in a list."""
    known = None
    if type(body) is dict:
        try:
            if item := _plain(body, frame):
                return BodyVerdict(item, [])
        except BadAddress as bad:
            known = bad
    return closer(body, frame, place, known)


def closer(body: Any, frame: Frame, place: int | None = None, known: BadAddress | None = None) -> BodyVerdict:
    """The judge's verdict; ``known``: the parsed address."""
    if not isinstance(body, dict):
        return BodyVerdict(None, [Fault("H085" if place is None else "H092", (), bodies.shown(body), place)])
    unknown = bodies.unknown(body, _KNOWN, place)
    item, flaws, _ = judge_case(body, frame, known)
    faults = unknown + bodies.faults(body, flaws, place)
    return BodyVerdict(None if faults else item, faults)


async def judge_all(bodies_: Sequence[Any], frame: Frame) -> tuple[list[Declared], list[Fault]]:
    """Verdicts on a list, with H194 where an address is there twice for one channel and identity; yields to others."""
    items: list[Declared] = []
    faults: list[Fault] = []
    seen: set[tuple[Any, ...]] = set()
    async for place, body in paced(enumerate(bodies_)):
        item, wrong = judge(body, frame, place)
        if item is None:
            # Beyond what one answer may hold, all that matters is whether everything is about dealers (``refusal``).
            faults += wrong if len(faults) < MOST_FAULTS else [one for one in wrong if one.code != _DEALER][:1]
            continue
        whom = item[:3]
        if whom in seen:
            faults.append(Fault("H194", (Field.RECIPIENT,), bodies.shown(body.get(Field.RECIPIENT)), place))
        seen.add(whom)
        items.append(item)
    return items, faults


def dealers_named(body: Any) -> set[int]:
    if type(body) is not dict or not (Field.DEALER in body or Field.ACCESS in body):
        return set()
    access = body.get(Field.ACCESS)
    codes = [body.get(Field.DEALER), *(access if isinstance(access, list) and len(access) <= MOST_DEALERS else ())]
    return {code for code in codes if type(code) is int and 0 < code <= LAST_DEALER}


async def dealers_named_in(bodies_: Sequence[Any]) -> set[int]:
    """``dealers_named`` of a list; yields to others."""
    named: set[int] = set()
    async for body in paced(bodies_):
        named |= dealers_named(body)
    return named


def refusal(faults: Sequence[Fault]) -> Refusal:
    """422; 403 where the only fault is that dealers are not the brand's, as İYS answers."""
    return Refusal(403 if all(fault.code == _DEALER for fault in faults) else 422, *faults)


def _plain(body: Mapping[str, Any], frame: Frame) -> Declared | None:
    """The item of a plainly good body, in 1 µs or 2; None where the judge must decide. Errors: BadAddress where only
    the address is wrong."""
    if len(body) != len(_PLAIN):
        if len(body) != len(_PLAIN) - 1 or Field.IDENTITY in body:
            return None
        body = {**body, Field.IDENTITY: "BIREYSEL"}
    try:
        kind, source, status, identity, text, date = _plain_values(body)
        meaning = MEANINGS[kind, source, status, identity]
        if type(text) is not str:
            return None
        at = dates.iys(date, later=meaning.later)
        address, _, _, assigned = meaning.read(text)
    except BadAddress:
        raise
    except (KeyError, TypeError, ValueError):  # a field is missing, of another kind, or not plainly good
        return None
    if not assigned or not (DAWN <= at <= meaning.last and at <= frame.now):
        return None
    return _new(Declared, (address, *meaning[:4], at, None, ()))
