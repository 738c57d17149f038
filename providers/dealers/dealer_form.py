"""A dealer as a program sends it (İYS ``CreateRetailer``): read strictly, or refused with every fault it has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from consents.people import recipients
from consents.people.recipients import BadAddress
from providers.api import bodies
from providers.api.answers import Fault
from providers.dealers import check_digits

STATUSES = "active", "passive", "suspended"
LONGEST = 255  # H017

_FIELDS = ("title", "mersis", "alias", "name", "tckn", "mobile", "city", "town", "status", "tin")
_EMPTY = {"title": "H214", "name": "H215", "tckn": "H216", "city": "H217", "town": "H220", "tin": "H288"}
_PARTS = {"city": {"code": "H218", "name": "H219"}, "town": {"code": "H221", "name": "H222"}}
# H229: letters, digits and the signs of trade names; not one sign alone.
_NAME = re.compile(r"[\w .,&'’()/-]*[^\W_][\w .,&'’()/-]*")


class Form(NamedTuple):
    """A dealer that may be recorded. ``detail``: all but title and status, by İYS's names."""

    title: str
    status: str
    detail: dict[str, Any]


def read(body: Mapping[str, Any]) -> tuple[Form | None, list[Fault]]:
    """The form, or None and what is wrong with it."""
    case = _Case(body)
    found = {field: case.read(field) for field in _FIELDS}
    if case.faults:
        return None, case.faults
    title, status = found.pop("title"), found.pop("status") or STATUSES[0]
    return Form(title, status, {field: value for field, value in found.items() if value is not None}), []


class _Case:
    """Every question answers None where it had to refuse, or where a field that may be missing is."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body
        self.faults = [Fault("H016", (name,), bodies.shown(body[name])) for name in body if name not in _FIELDS]

    def read(self, field: str) -> Any:
        if field in _PARTS:
            return self._place(field)
        if (text := self._text(self._body, (field,), _EMPTY.get(field))) is None:
            return None
        if code := _WRONG[field](text):
            self._refuse(code, (field,), text)
            return None
        return recipients.phone(text).address if field == "mobile" else text

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

    def _place(self, field: str) -> dict[str, str] | None:
        """A province or district: code and name, as they were given."""
        place = self._body.get(field)
        if place in (None, "", {}):
            self.faults.append(Fault(_EMPTY[field], (field,)))
            return None
        if not isinstance(place, dict) or not place.keys() <= {"code", "name"}:
            self._refuse("H016", (field,), place)
            return None
        parts = {name: self._text(place, (field, name), code) for name, code in _PARTS[field].items()}
        return {name: text for name, text in parts.items() if text is not None}


def _name(text: str) -> str | None:
    return None if _NAME.fullmatch(text) else "H229"


def _status(text: str) -> str | None:
    return None if text in STATUSES else "H201"


def _mobile(text: str) -> str | None:
    try:
        recipients.phone(text)
    except BadAddress:
        return "H224"
    return None if text.startswith("+") else "H224"


def _tckn(text: str) -> str | None:
    if not check_digits.is_digits(text, check_digits.IDENTITY):
        return "H226"
    return None if check_digits.is_identity_number(text) else "H225"


def _tin(text: str) -> str | None:
    """A tax number; a person's is the identity number."""
    if not any(check_digits.is_digits(text, length) for length in (check_digits.TAX, check_digits.IDENTITY)):
        return "H244"
    return None if check_digits.is_tax_number(text) or check_digits.is_identity_number(text) else "H243"


def _mersis(text: str) -> str | None:
    if not (text.isascii() and text.isdigit()):
        return "H227"
    return None if len(text) == check_digits.MERSIS else "H228"


# What is wrong with a field's text: İYS's code, or None.
_WRONG = {
    "title": _name,
    "name": _name,
    "alias": _name,
    "status": _status,
    "mobile": _mobile,
    "tckn": _tckn,
    "tin": _tin,
    "mersis": _mersis,
}
