"""Brands of a list: for each the channels by which it may reach the citizen, with one button that refuses them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup
from starlette.requests import Request

from citizen import wording
from citizen.rows import row_model
from citizen.rows.brand_rows import escaped
from citizen.session.holder import Holder
from consents.brands.book import BrandEntry
from consents.care import aging
from consents.channels import OF_CODE
from consents.queries.consent_lines import ConsentLine
from consents.queries.queries import BrandConsents
from consents.rules import BEKLIYOR, ONAY, RET
from web import process
from web.rendering import texts
from web.rendering.texts import mark

WAITING, OPEN, REFUSED, NONE = "waiting", "open", "refused", "none"
_TEMPLATE = "citizen/consents/_listed.html"
_NOTHING: Mapping[str, str] = {}
_BARRED = mark("Bu marka size reklam gönderemez.")  # by several channels


class IdentityReach(NamedTuple):
    """One identity's permissions of a brand. ``ways``: the channels in words; ``identity``: shown where the list has
    both, else ""; ``asks``: the channels that only wait for the citizen, in words."""

    code: str
    ways: str
    asks: str
    identity: str


class ListedModel(NamedTuple):
    """The choices of a brand's place in the list."""

    section: str  # where it stands now
    level: str  # of its heading: h3
    closed: bool  # the brand is
    reach: tuple[IdentityReach, ...] = ()
    stopping: str = ""  # as in ``row_model.stopping``
    barred: str = ""  # its marked text
    own: bool = False  # the citizen refused; of a brand without record: by a standing refusal
    ahead: bool = False  # a standing refusal rules here; of a brand without record: one of a part
    covered: bool = False  # a standing refusal covers a company's own, which is dated
    dated: bool = False
    check: bool = False  # a transition, still to be checked
    limited: bool = False
    helped: bool = False
    fresh: str = ""  # done, undone, late or already
    act: bool = False  # it can be undone
    problem: bool = False
    narrow: tuple[tuple[str, str], ...] = ()  # the list's filter, which its buttons keep
    old: bool = False  # a permission of before May 2015, without a word since


class ListRenderer:
    """Renders the brands of one answer. ``named``: the list has both identities; ``closed_to_new``: a standing refusal
    covers all that an address can refuse, ``closed``: what it covers, in words; ``narrow``: as in ListedModel."""

    def __init__(
        self,
        request: Request,
        holder: Holder,
        *,
        named: bool,
        closed_to_new: bool = False,
        closed: str = "",
        narrow: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self._how = self.language, _ = texts.language(request)
        self._pages = process.of(request).pages
        self._now = process.of(request).registry.store.now()
        self._mark, self._named, self._limited, self._helped = holder.mark, named, holder.limited, holder.helped
        self._closed_to_new, self._closed, self._narrow = closed_to_new, closed, narrow
        self._old = aging.is_past_2015(self._now, process.of(request).settings.hs_2015_old_days)

    def brands(self, groups: Iterable[BrandConsents], level: str = "h3") -> str:
        return "".join(piece for group in groups for piece in self._pieces(group.brand, group.lines, level))

    def brand(
        self,
        brand: BrandEntry,
        lines: list[ConsentLine],
        fresh: str,
        given: Mapping[str, str] = _NOTHING,
        refused: Sequence[ConsentLine] = (),
    ) -> tuple[str, Markup]:
        """(its section, one brand after an act). ``given``: the values of an act that can be undone, a problem;
        ``refused``: the lines of that act."""
        pieces = self._pieces(brand, lines, "h3", fresh, given, refused)
        return section(lines), Markup("".join(pieces))  # noqa: S704 our own template, values escaped

    def _pieces(
        self,
        brand: BrandEntry,
        lines: list[ConsentLine],
        level: str,
        fresh: str = "",
        given: Mapping[str, str] = _NOTHING,
        refused: Sequence[ConsentLine] = (),
    ) -> list[str]:
        values = {"code": str(brand.code), "title": escaped(brand.title), "n": self._mark, **given}
        where = section(lines)
        model = ListedModel(where, level, brand.closed, fresh=fresh, act="act" in given, problem="problem" in given)
        model = model._replace(limited=self._limited, helped=self._helped, narrow=self._narrow)
        if where == NONE:
            values["ahead"] = self._closed
            model = model._replace(own=self._closed_to_new, ahead=bool(self._closed))
        if where == REFUSED or model.act:
            model = self._refused(model, refused or lines, values)
        if where in (OPEN, WAITING):
            model = self._open(model, lines, values)
        key = _TEMPLATE, self._how, model
        prepared = self._pages.prepared.get(key) or self._pages.prepare(key, _TEMPLATE, *self._how, model)
        return prepared.pieces(values)

    def _open(self, model: ListedModel, lines: list[ConsentLine], values: dict[str, str]) -> ListedModel:
        checks = [line.check_by for line in lines if line.check_by is not None]
        if checks:
            values["check"] = wording.weekday(self.language, min(checks))
        asked = [line.asked.until for line in lines if line.asked is not None]
        if asked:
            values["until"] = wording.day(self.language, min(asked))
        old = self._old and any(not line.own and aging.is_unrenewed(line.status, line.source) for line in lines)
        return model._replace(reach=tuple(self._reach(lines)), check=bool(checks), old=old)

    def _refused(self, model: ListedModel, lines: Sequence[ConsentLine], values: dict[str, str]) -> ListedModel:
        """Shows the last of these refusals, which the brand obeys last. While one that ended a permission has days
        left: the last of those days, because until then the brand may send."""
        last = max(lines, key=lambda line: (line.at, line.ended))
        left = [day for line in lines if line.ended and (day := row_model.stop(line, self._now))]
        stop = max(left) if left else row_model.stop(last, self._now)
        barred = {OF_CODE[line.channel].barred for line in lines}
        since = max(line.since for line in lines)
        values["date"] = wording.day(self.language, since)
        values["refused"] = wording.ways(
            self.language, [line[:2] for line in lines], named=self._named, helped=self._helped
        )
        if stop is not None:
            values["stop"] = wording.weekday(self.language, stop)
        return model._replace(
            stopping="until" if left else row_model.stopping(last, stop),
            barred=barred.pop() if len(barred) == 1 else _BARRED,
            own=row_model.refused_by_citizen(last),
            ahead=all(line.ahead for line in lines),
            covered=all(line.covered is not None for line in lines),
            dated=since > 0 and not last.veiled,
        )

    def _reach(self, lines: list[ConsentLine]) -> Iterator[IdentityReach]:
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
