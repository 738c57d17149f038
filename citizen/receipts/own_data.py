"""All that is held of an address, for its holder (KVKK art. 11): the record, who received it, who looked at it, and
their requests; in words, as a PDF and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from citizen import wording
from citizen.receipts import data_requests, record, record_pdf
from citizen.receipts.data_requests import DataRequestKind, DataRequestState, KeptDataRequest
from citizen.receipts.record import RecordMore, Whole
from citizen.rows import shown_lines
from citizen.session import holder as holders
from citizen.session.holder import Holder
from consents.dates import wire
from consents.languages import between
from consents.people import register
from consents.registry import Registry
from consents.store import Snapshot
from national import public as national
from providers import public as providers
from web.process import Process
from web.rendering import texts
from web.rendering.texts import mark

KINDS = {
    DataRequestKind.COPY: mark("Kaydımın kopyası"),
    DataRequestKind.CORRECTION: mark("Yanlış bir kayıt düzeltilsin"),
    DataRequestKind.ERASURE: mark("Kaydım silinsin"),
    DataRequestKind.RECEIVED: mark("Kaydımı kimler aldı?"),
    DataRequestKind.OBJECTION: mark("Kaydımın kullanılmasına itiraz ediyorum"),
}
_STATES = {
    DataRequestState.OPEN: mark("Cevap bekliyor, son gün: %(day)s"),
    DataRequestState.ANSWERED: mark("Cevaplandı: %(day)s"),
    DataRequestState.REFUSED: mark("Kabul edilmedi: %(day)s"),
    DataRequestState.ERASED: mark("Cevaplandı: %(day)s"),
}
_SINCE, _PARTNERS, _IYS = mark("%(day)s gününden beri"), mark("İş ortağı: %(names)s"), mark("İYS'ye de gider")
_WHO = {"operator": mark("Siteyi işleten"), "auditor": mark("Denetçi")}
_HOWS = {
    "call": mark("çağrı merkezi"),
    "search": mark("kişi arama"),
    "evidence": mark("kanıt belgesi"),
    "copy": mark("kaydın kopyası"),
    "list": mark("başkalarıyla birlikte bir listede olabilir"),
}
NO_KIND, NO_TEXT = mark("Ne istediğinizi seçin."), mark("Ne olduğunu kısaca yazın.")
MANY = mark("Çok başvurunuz var. Biri cevaplanınca ya da 30 gün sonra yenisini gönderin.")
MANY_HERE = mark("Bulunduğunuz ağdan bugün çok başvuru geldi. Yarın yeniden deneyin.")
_LOOKED, _REQUESTS = mark("Kaydıma kim baktı?"), mark("İsteklerim")
_NOBODY, _NO_LOOK, _NO_REQUEST = mark("Hiç kimse almadı."), mark("Hiç kimse bakmadı."), mark("Başvurunuz yok.")
_ANSWER, _NUMBER, _ASKED, _TEXT, _REPLY = (
    mark("Başvurunuza cevap"), mark("Başvuru numarası"), mark("Gönderildi"), mark("Yazdığınız"), mark("Cevap"),
)  # fmt: skip


class Receiver(NamedTuple):
    """A company that holds the record. ``since``: µs, 0 where no date is known; ``iys``: its changes go to İYS."""

    title: str
    code: int
    brands: list[str]
    partners: list[str]
    since: int
    iys: bool


class SeenLook(NamedTuple):
    """``at``: µs; ``who``: company, operator or auditor; ``company``: its title; ``how``: call, search, evidence,
    copy, list (of many people), "" of an auditor."""

    at: int
    who: str
    company: str
    how: str


class OwnData(NamedTuple):
    whole: Whole
    receivers: list[Receiver]
    looks: Sequence[SeenLook]
    requests: list[KeptDataRequest]


def since(snapshot: Snapshot, registry: Registry, holder: Holder) -> int:
    """µs from which on the address is its holder's."""
    return shown_lines.hidden(snapshot, holders.find(snapshot, registry, holder)).since


def gather(snapshot: Snapshot, registry: Registry, holder: Holder, looks: Sequence[SeenLook]) -> OwnData:
    """For a thread: a whole record may be long."""
    recipient = holders.find(snapshot, registry, holder)
    whole = record.whole_of(snapshot, registry, holder, registry.store.now())
    erased = recipient is not None and bool(register.erased_among(snapshot, [recipient]))
    received = [] if erased else _receivers(snapshot, whole)
    return OwnData(whole, received, looks, requests(snapshot, registry, holder))


def requests(snapshot: Snapshot, registry: Registry, holder: Holder) -> list[KeptDataRequest]:
    return data_requests.of_address(snapshot, registry.keyring, holder.address, since(snapshot, registry, holder))


def paper(here: Process, language: str, holder: Holder, own: OwnData) -> bytes:
    """The sealed PDF, with the JSON inside."""
    return record.as_pdf(here, language, holder, own.whole, _more(language, own))


def as_json(here: Process, language: str, holder: Holder, own: OwnData) -> str:
    site, now = here.settings.site_name, here.registry.store.now()
    return record.as_json(here.registry.keyring, own.whole, holder.masked, site, now, _more(language, own))


def letter(language: str, site: str, one: KeptDataRequest) -> bytes:
    """The answer to a request as a PDF."""
    translate = texts.catalogue(language).gettext
    facts = [
        (translate(_NUMBER), one.number),
        (translate(_ASKED), f"{wording.day(language, one.asked_at)}, {translate(KINDS[one.kind])}"),
        (translate(_REPLY), state(language, one)),
    ]
    lines = [*([f"{translate(_TEXT)}: {one.text}"] if one.text else []), *one.answer.splitlines()]
    return record_pdf.letter(language, translate(_ANSWER), facts, lines, site)


def received(language: str, one: Receiver) -> str:
    translate = texts.catalogue(language).gettext
    parts = [between(language).join(one.brands)]
    if one.since:
        parts.append(translate(_SINCE) % {"day": wording.day(language, one.since)})
    if one.partners:
        parts.append(translate(_PARTNERS) % {"names": between(language).join(one.partners)})
    return ". ".join([*parts, *([translate(_IYS)] if one.iys else [])]) + "."


def looked(language: str, one: SeenLook) -> tuple[str, str, str]:
    """(who, how, the day)."""
    translate = texts.catalogue(language).gettext
    who = one.company if one.who == "company" else translate(_WHO[one.who])
    return who, translate(_HOWS[one.how]) if one.how else "", wording.day(language, one.at)


def state(language: str, one: KeptDataRequest) -> str:
    day = wording.day(language, one.due_at if one.closed_at is None else one.closed_at)
    return texts.catalogue(language).gettext(_STATES[one.state]) % {"day": day}


def _receivers(snapshot: Snapshot, whole: Whole) -> list[Receiver]:
    """By company, in the directory's order."""
    found: dict[int, Receiver] = {}
    for brand, lines, entries in whole.brands:
        days = [entry.recorded_at for entry in entries] or [line.since for line in lines if line.since]
        one = found.setdefault(brand.company, Receiver(brand.company_title, brand.company_code, [], [], 0, iys=False))
        known = [day for day in (one.since, *days) if day]
        found[brand.company] = one._replace(
            brands=[*one.brands, brand.title],
            partners=list(dict.fromkeys([*one.partners, *providers.partner_titles(snapshot, brand.id)])),
            since=min(known, default=0),
            iys=one.iys or national.is_synced(snapshot, brand.id),
        )
    return list(found.values())


def _more(language: str, own: OwnData) -> RecordMore:
    translate = texts.catalogue(language).gettext
    seen = [between(language).join(filter(None, looked(language, one))) for one in own.looks]
    asked = [f"{one.number}: {translate(KINDS[one.kind])}. {state(language, one)}" for one in own.requests]
    sections = (
        (
            translate(KINDS[DataRequestKind.RECEIVED]),
            [f"{one.title}: {received(language, one)}" for one in own.receivers] or [translate(_NOBODY)],
        ),
        (translate(_LOOKED), seen or [translate(_NO_LOOK)]),
        (translate(_REQUESTS), asked or [translate(_NO_REQUEST)]),
    )
    data = {
        "received_by": [
            {
                "company": one.title,
                "company_code": one.code,
                "brands": one.brands,
                "partners": one.partners,
                "since": wire(one.since) if one.since else None,
                "national_registry": one.iys,
            }
            for one in own.receivers
        ],
        "looked_at_by": [
            {"who": one.who, "company": one.company or None, "how": one.how or None, "day": wire(one.at)[:10]}
            for one in own.looks
        ],
        "requests": [_as_data(one) for one in own.requests],
    }
    return RecordMore(sections, data)


def _as_data(one: KeptDataRequest) -> dict[str, Any]:
    return {
        "number": one.number,
        "kind": one.kind.name.lower(),
        "text": one.text,
        "asked_at": wire(one.asked_at),
        "due_at": wire(one.due_at),
        "state": DataRequestState(one.state).name.lower(),
        "answer": one.answer or None,
    }
