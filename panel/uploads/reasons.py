"""Why rows of a file are refused: counts by reason, each with its repair. ``RowReasons`` gathers them while rows are
read; they are kept with the file's counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from consents import dates
from consents.brands import companies
from consents.brands.companies import BadCompany
from consents.dates import BadDate, Form
from consents.languages import form_of
from providers.cases.case import DAWN
from providers.uploads import RowRefusal
from providers.uploads.date_forms import with_clock
from web.iys_fields import Field

_UNKNOWN_DEALER, _OUT_OF_RANGE, _LATE = "H180", ("H156", "H162"), "H467"
_MOST_REASONS, MOST_DEALERS = 100, 1_000
_LONGEST_CODE = 64  # of a dealer
_OTHER = {Form.TR: Form.US, Form.US: Form.TR}


class Reason(NamedTuple):
    """``rows``: how many; ``dealers``: unknown codes that may be added as dealers; ``form``: the reading of dates that
    would accept ``may`` of these rows, else ""."""

    field: str
    code: str
    sentence: str
    rows: int
    dealers: int = 0
    form: str = ""
    may: int = 0


class RowReasons:
    """``now``: µs; ``form``: how the owner chose to read dates."""

    def __init__(self, now: int, form: str | None) -> None:
        self._now, self._form = now, Form(form) if form else None
        self._rows: Counter[tuple[str, str, str]] = Counter()
        self._dealers: set[str] = set()
        self._dates: dict[str, Counter[Form]] = {}

    def add(self, refusals: Iterable[RowRefusal]) -> None:
        for one in refusals:
            self._rows[one.field, one.code, one.message] += 1
            if one.code == _UNKNOWN_DEALER and len(self._dealers) < MOST_DEALERS and is_own_code(one.value):
                self._dealers.add(one.value)
            elif one.field == Field.DATE and (form := self._other_reading(one)):
                self._dates.setdefault(one.code, Counter())[form] += 1

    def counts(self) -> list[list[Any]]:
        """The fields of ``Reason``, by number of rows; ``sentence`` in every language."""
        return [list(self._reason(*key, rows)) for key, rows in self._rows.most_common(_MOST_REASONS)]

    def _reason(self, field: str, code: str, sentence: str, rows: int) -> Reason:
        form, may = (self._dates.get(code) or Counter({Form.IYS: 0})).most_common(1)[0]
        dealers = len(self._dealers) if code == _UNKNOWN_DEALER else 0
        return Reason(field, code, sentence, rows, dealers, str(form) if may else "", may)

    def _other_reading(self, one: RowRefusal) -> Form | None:
        """The form under which the date would be possible."""
        with suppress(BadDate):
            if one.code == _LATE:  # its value is in İYS's form: year, month, day
                swapped = f"{one.value[:4]}-{one.value[8:10]}-{one.value[5:7]}{one.value[10:]}"
                at = dates.iys(swapped) if self._form in _OTHER else 0
                return _OTHER[self._form] if self._form and dates.iys(one.value) < at <= self._now else None
            text = with_clock(one.value)
            if one.code in _OUT_OF_RANGE and dates.readings(text) == _OTHER.keys():
                return next((form for form in _OTHER if DAWN <= dates.parse(text, form) <= self._now), None)
        return None


def shown(counts: Mapping[str, Any], language: str) -> list[Reason]:
    """The reasons among a file's counts, in a language; none of a file of an earlier version."""
    found = (Reason(*one) for one in counts.get("reasons", ()))
    return [one._replace(sentence=form_of(one.sentence, language)) for one in found]


def is_own_code(text: str) -> bool:
    """Whether a dealer may be added with this code, which is its title at first: none of eight digits, which could be
    another dealer's number, and no link."""
    try:
        companies.clean(text)
    except BadCompany:
        return False
    return 0 < len(text) <= _LONGEST_CODE and text.isprintable() and not (text.isdecimal() and len(text) == 8)
