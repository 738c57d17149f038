"""Brands of a list: for each the channels by which it may reach the citizen, with one button that refuses them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from markupsafe import Markup
from starlette.requests import Request

from citizen import wording
from citizen.rows import row_model
from citizen.rows.brand_rows import escaped
from citizen.session.holder import Holder
from consents.brands.book import BrandEntry
from consents.queries.consent_lines import ConsentLine
from consents.queries.queries import BrandConsents
from consents.rules import BEKLIYOR, ONAY, RET
from web import process
from web.rendering import texts

WAITING, OPEN, REFUSED, NONE = "waiting", "open", "refused", "none"
_TEMPLATE = "citizen/consents/_listed.html"
_NOTHING: Mapping[str, str] = {}


class IdentityReach(NamedTuple):
    """One identity's permissions of a brand. ``ways``: the channels in words; ``identity``: shown where the list has
    both, else ""; ``asks``: the channels that only wait for the citizen, in words."""

    code: str
    ways: str
    asks: str
    identity: str


class ListedModel(NamedTuple):
    """The choices of a brand's place in the list. ``section``: where it stands now; ``stopping``: as in
    ``row_model.stopping``; ``own``: the citizen refused, a brand without
    record by a standing refusal; ``check``: a transition, still to be checked. ``fresh``: done,
    undone, late, already or "" as in ``row_model.RowModel``; ``act``: can be undone."""

    section: str
    level: str
    closed: bool
    reach: tuple[IdentityReach, ...] = ()
    stopping: str = ""
    own: bool = False
    dated: bool = False
    check: bool = False
    limited: bool = False
    fresh: str = ""
    act: bool = False
    problem: bool = False


class ListRenderer:
    """Renders the brands of one answer. ``named``: the list has both identities; ``closed_to_new``: a standing refusal
    covers all that an address can refuse."""

    def __init__(self, request: Request, holder: Holder, *, named: bool, closed_to_new: bool = False) -> None:
        self._how = self.language, _ = texts.language(request)
        self._pages = process.of(request).pages
        self._now = process.of(request).registry.store.now()
        self._mark, self._named, self._limited = holder.mark, named, holder.limited
        self._closed_to_new = closed_to_new

    def brands(self, groups: Iterable[BrandConsents], level: str = "h3") -> str:
        return "".join(piece for group in groups for piece in self._pieces(group.brand, group.lines, level))

    def brand(
        self, brand: BrandEntry, lines: list[ConsentLine], fresh: str, given: Mapping[str, str] = _NOTHING
    ) -> tuple[str, Markup]:
        """(its section, one brand after an act). ``given``: the values of an act that can be undone, a problem."""
        pieces = self._pieces(brand, lines, "h3", fresh, given)
        return section(lines), Markup("".join(pieces))  # noqa: S704 our own template, values escaped

    def _pieces(
        self,
        brand: BrandEntry,
        lines: list[ConsentLine],
        level: str,
        fresh: str = "",
        given: Mapping[str, str] = _NOTHING,
    ) -> list[str]:
        values = {"code": str(brand.code), "title": escaped(brand.title), "n": self._mark, **given}
        model = self._model(brand, lines, values)._replace(
            level=level, fresh=fresh, act="act" in given, problem="problem" in given
        )
        key = _TEMPLATE, self._how, model
        prepared = self._pages.prepared.get(key) or self._pages.prepare(key, _TEMPLATE, *self._how, model)
        return prepared.pieces(values)

    def _model(self, brand: BrandEntry, lines: list[ConsentLine], values: dict[str, str]) -> ListedModel:
        where = section(lines)
        if where == NONE:
            return ListedModel(NONE, "", brand.closed, own=self._closed_to_new)
        if where == REFUSED:
            return self._refused(brand, lines, values)
        checks = [line.check_by for line in lines if line.check_by is not None]
        if checks:
            values["check"] = wording.weekday(self.language, min(checks))
        asked = [line.asked.until for line in lines if line.asked is not None]
        if asked:
            values["until"] = wording.day(self.language, min(asked))
        return ListedModel(
            where, "", brand.closed, tuple(self._reach(lines)), check=bool(checks), limited=self._limited
        )

    def _refused(self, brand: BrandEntry, lines: list[ConsentLine], values: dict[str, str]) -> ListedModel:
        """As the last of its refusals stands, because that one is the last to be obeyed."""
        last = max(lines, key=lambda line: line.at, default=ConsentLine(0, 0, RET))
        stop = row_model.stop(last, self._now)
        if last.at:
            values["date"] = wording.day(self.language, last.at)
        if stop is not None:
            values["stop"] = wording.weekday(self.language, stop)
        return ListedModel(
            REFUSED,
            "",
            brand.closed,
            stopping=row_model.stopping(last, stop),
            own=last.own,
            dated=last.at > 0 and not last.veiled,
            limited=self._limited,
        )

    def _reach(self, lines: list[ConsentLine]) -> Iterable[IdentityReach]:
        for identity in sorted({line.identity for line in lines if line.status != RET}):
            own = [line for line in lines if line.identity == identity]
            ways, asks = (
                wording.channels(self.language, [line.channel for line in own if line.status == status])
                for status in (ONAY, BEKLIYOR)
            )
            code = row_model.IDENTITIES[identity]
            yield IdentityReach(code, ways, asks, code if self._named else "")


def section(lines: list[ConsentLine]) -> str:
    """Where a brand with these lines stands."""
    statuses = {line.status for line in lines}
    if not statuses:
        return NONE
    return OPEN if ONAY in statuses else WAITING if BEKLIYOR in statuses else REFUSED
