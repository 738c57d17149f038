"""A dealer in a program's JSON (İYS ``CreateRetailer``): read strictly, or refused with every fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from consents.brands import dealer_records
from consents.people import recipients
from consents.people.recipients import is_identity_number
from providers.api import bodies
from providers.api.answers import Fault

STATUSES = dealer_records.ACTIVE, "passive", "suspended"
LONGEST = 255  # H017

# H229: letters, digits and the signs of trade names; not one sign alone.
_NAME = re.compile(r"[\w .,&'’()/-]*[^\W_][\w .,&'’()/-]*")
IDENTITY, TAX, MERSIS = 11, 10, 16  # digits


class DealerForm(NamedTuple):
    """``detail``: all but title and status, by İYS's names."""

    title: str
    status: str
    detail: dict[str, Any]


class _Field(NamedTuple):
    """``missing``: İYS's code where it is not given, None for an optional field; ``check``: returns the code of a
    bad text, or None; ``parts``: of a province or district, each with its code where it is missing."""

    missing: str | None = None
    check: Callable[[str], str | None] | None = None
    parts: Mapping[str, str] | None = None


def read(body: Mapping[str, Any]) -> tuple[DealerForm | None, list[Fault]]:
    case = _BodyReader(body)
    found = {name: case.read(name, field) for name, field in FIELDS.items()}
    if case.faults:
        return None, case.faults
    title, status = found.pop("title"), found.pop("status") or STATUSES[0]
    return DealerForm(title, status, {name: value for name, value in found.items() if value is not None}), []


class _BodyReader:
    """Reads the fields of one body and collects its faults; a field that is refused or missing is None."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body
        self.faults = [Fault("H016", (name,), bodies.shown(body[name])) for name in body if name not in FIELDS]

    def read(self, name: str, field: _Field) -> Any:
        if field.parts is not None:
            return self._place(name, field.missing, field.parts)
        if (text := self._text(self._body, (name,), field.missing)) is None:
            return None
        if field.check is not None and (code := field.check(text)):
            self._refuse(code, (name,), text)
            return None
        return recipients.phone(text).address if name == "mobile" else text

    def _refuse(self, code: str, location: tuple[str, ...], value: Any) -> None:
        self.faults.append(Fault(code, location, bodies.shown(value)))

    def _text(self, body: Mapping[str, Any], location: tuple[str, ...], empty: str | None) -> str | None:
        """A text, or a number in its digits; ``empty``: the code where there is none, None where it may be missing."""
        value = body.get(location[-1], "")
        if type(value) is int:
            value = str(value)
        if not isinstance(value, str) or (location[-1] in body and empty is None and not value.strip()):
            self._refuse("H016", location, value)
            return None
        text = " ".join(value.split())
        if not text:
            if empty:
                self.faults.append(Fault(empty, location))
            return None
        if len(text) > LONGEST:
            self._refuse("H017", location, text)
            return None
        return text

    def _place(self, name: str, empty: str | None, parts: Mapping[str, str]) -> dict[str, str] | None:
        place = self._body.get(name)
        if place in (None, "", {}):
            assert empty is not None
            self.faults.append(Fault(empty, (name,)))
            return None
        if not isinstance(place, dict) or not place.keys() <= parts.keys():
            self._refuse("H016", (name,), place)
            return None
        found = {part: self._text(place, (name, part), code) for part, code in parts.items()}
        return {part: text for part, text in found.items() if text is not None}


def _name(text: str) -> str | None:
    return None if _NAME.fullmatch(text) else "H229"


def _status(text: str) -> str | None:
    return None if text in STATUSES else "H201"


def _mobile(text: str) -> str | None:
    return None if text.startswith("+") and recipients.found(recipients.phone, text) else "H224"


def _tckn(text: str) -> str | None:
    if not is_digits(text, IDENTITY):
        return "H226"
    return None if is_identity_number(text) else "H225"


def _tin(text: str) -> str | None:
    """A tax number; a person's is the identity number."""
    if not any(is_digits(text, length) for length in (TAX, IDENTITY)):
        return "H244"
    return None if is_tax_number(text) or is_identity_number(text) else "H243"


def _mersis(text: str) -> str | None:
    if not (text.isascii() and text.isdigit()):
        return "H227"
    return None if len(text) == MERSIS else "H228"


# Every field, in the order in which answers give them.
FIELDS = {
    "title": _Field("H214", _name),
    "mersis": _Field(None, _mersis),
    "alias": _Field(None, _name),
    "name": _Field("H215", _name),
    "tckn": _Field("H216", _tckn),
    "mobile": _Field(None, _mobile),
    "tin": _Field("H288", _tin),
    "city": _Field("H217", parts={"code": "H218", "name": "H219"}),
    "town": _Field("H220", parts={"code": "H221", "name": "H222"}),
    "status": _Field(None, _status),
}


def is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def is_tax_number(text: str) -> bool:
    """Whether 10 digits can be a VKN (Revenue Administration): to the digit at place i of nine, 10 - i is added, modulo
    10; a 9 stays, others are multiplied by 2 to the power 10 - i, modulo 9; their sum and the last digit end in 0."""
    if not is_digits(text, TAX):
        return False
    total = 0
    for place, digit in enumerate(text[:9], 1):
        moved = (int(digit) + 10 - place) % 10
        total += moved if moved == 9 else moved * 2 ** (10 - place) % 9
    return (total + int(text[9])) % 10 == 0
