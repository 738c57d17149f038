"""A query's criteria in its link; never an address."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from consents import dates
from consents.brands import companies
from consents.brands.companies import KnownBrand
from consents.queries.criteria_rows import Criteria, ListPlace
from consents.rules import WAITING
from consents.store import Snapshot
from consents.terms import Channel, Identity, Source, Status
from panel.accounts import memberships
from panel.rights import Member
from web.rendering.texts import mark

_YEARS = range(2000, 3000)  # of a criterion; the end of the year 9999 has no instant
FIELDS = ("brand", "channel", "identity", "status", "source", "dealer", "since", "until", "batch")
IDENTITIES = {"BIREYSEL": mark("bireysel"), "TACIR": mark("tacir veya esnaf")}
STATUSES = {"ONAY": mark("Onay"), "RET": mark("Ret"), "BEKLIYOR": mark("Vatandaşın yanıtı bekleniyor")}
NO_BRAND = mark("Markayı seçin.")
NO_DEALER = mark("Bu numara ya da kodla bir bayiniz yok.")
NO_DAY = mark("Günü takvimden seçin ya da yıl-ay-gün olarak yazın. Örnek: 2026-11-24")
NO_YEAR = mark("Yıl 2000 ile 2999 arasında olmalı.")
BACKWARDS = mark("Son gün ilk günden önce. Günleri yer değiştirin ya da birini silin.")
NO_BATCH = mark("Yükleme numarası yalnız rakamdan oluşur.")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_PLACE = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\.([0-9]{1,18})\.([0-9])\.([0-9])", re.ASCII)
_LONGEST = 64  # characters: a dealer's own code
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)


class QueryForm(NamedTuple):
    """``given``: texts by field; ``brands``: to choose from, by title; ``wanted``: criteria of each chosen brand, None
    with faults, or before the first query."""

    given: dict[str, str]
    brands: list[KnownBrand]
    faults: list[tuple[str, str]]
    wanted: list[Criteria] | None


def read(snapshot: Snapshot, member: Member, sent: Mapping[str, str], now: int) -> QueryForm:
    """The criteria at ``now`` (µs); brands other than the member's own are ignored."""
    brands = memberships.brands(snapshot, member)
    given = {name: sent[name].strip()[:_LONGEST] for name in FIELDS if sent.get(name, "").strip()}
    if not given and "brand" not in sent:
        return QueryForm({}, brands, [], None)
    chosen = [one for one in brands if given.get("brand") in (None, str(one.code))]
    if not chosen:
        return QueryForm(given, brands, [("brand", NO_BRAND)], None)
    dealers = {one.id: companies.dealer_of(snapshot, one.id, given["dealer"]) for one in chosen if "dealer" in given}
    if dealers:
        chosen = [one for one in chosen if dealers[one.id] is not None]
    since, until, wrong = days(given)
    upload = _upload(given.get("batch", ""))
    checks = (("dealer", chosen or None, NO_DEALER), ("batch", upload, NO_BATCH))
    faults = [(name, sentence) for name, value, sentence in checks if name in given and value is None]
    faults += wrong
    if faults:
        return QueryForm(given, brands, faults, None)
    wanted = [
        Criteria(
            one.id,
            _code(Channel, given.get("channel")),
            _code(Identity, given.get("identity")),
            _code(Status, given.get("status")),
            _code(Source, given.get("source")),
            dealers.get(one.id),
            dates.day_bounds(since)[0] if since else None,
            dates.day_bounds(until)[1] if until else None,
            upload,
            now - WAITING,
        )
        for one in chosen
    ]
    return QueryForm(given, brands, [], wanted)


def days(given: Mapping[str, str]) -> tuple[date | None, date | None, list[tuple[str, str]]]:
    """The first and last day of a form, and what is wrong with them: (input's id, sentence)."""
    typed = {name: given.get(name, "").strip() for name in ("since", "until")}
    found = {name: _day(text) for name, text in typed.items()}
    faults = [(name, NO_DAY) for name, text in typed.items() if text and found[name] is None]
    faults += [(name, NO_YEAR) for name, day in found.items() if day and day.year not in _YEARS]
    since, until = found["since"], found["until"]
    if since and until and until < since:
        faults.append(("until", BACKWARDS))
    return since, until, faults


def place(text: str) -> ListPlace | None:
    """The page's start from a link."""
    found = _PLACE.fullmatch(text)
    if found is None:
        return None
    at, brand, recipient, channel, identity = map(int, found.groups())
    return ListPlace(at, brand, (recipient, channel, identity))


def link(place: ListPlace) -> str:
    """The inverse of ``place``."""
    return ".".join(map(str, (place.at, place.brand, *place.place)))


def kept(wanted: Sequence[Criteria], given: Mapping[str, str]) -> str:
    """The criteria as an export stores them."""
    return json.dumps({"given": dict(given), "wanted": [one._asdict() for one in wanted]})


def unkept(text: str) -> tuple[list[Criteria], dict[str, str]]:
    """The inverse of ``kept``; of an earlier version's, which has one brand's criteria alone, without the words."""
    read = json.loads(text)
    return [Criteria(**one) for one in read.get("wanted", [read])], read.get("given", {})


def summary(given: Mapping[str, str]) -> str:
    """The criteria as the audit log shows them."""
    return " ".join(f"{name}={given[name]}" for name in FIELDS if name in given)


def _code(terms: type[Channel | Identity | Status | Source], text: str | None) -> int | None:
    return next((one.code for one in terms if one == text), None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _upload(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None
