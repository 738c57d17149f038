"""The text of a complaint about a company that went on after the last day, or never had a consent. Nothing is stored
until the citizen counts it, and then its day and channel, and the message alone where they ticked it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from itertools import product
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.receipts import complaint_letter, complaint_lists
from citizen.receipts.complaint_letter import AdMessage, ComplaintGround
from citizen.receipts.complaint_store import NewComplaint
from citizen.receipts.receipt import as_file
from citizen.rows import row_model, shown_lines
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents import blankets, state
from consents.brands.book import BrandEntry
from consents.brands.spelling import fold
from consents.business_days import stop_by
from consents.instants import day_of
from consents.queries import act_receipts, stopping, timeline
from consents.queries.consent_lines import ConsentLine
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.state import Key
from consents.store import Snapshot
from consents.terms import Actor, Identity
from optout import public as optout
from trust import record_numbers
from web import forms, pages, process
from web.rendering import receipt_words, texts
from web.rendering.texts import mark

_INSTRUCTION = re.compile(r"\b(?:RET|IPTAL|STOP)\s+\w+", re.IGNORECASE)
LONGEST = {"sender": 100, "text": 2000, "time": 5, "day": 10}  # characters of a field that are kept
_WRITTEN = ("line", *LONGEST)
_TEMPLATE = "citizen/receipts/complaint.html"
_BUSINESS = Identity.TACIR.code
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]").fullmatch
_NO_DAY = mark("Mesajın geldiği günü yazın.")
_LATER = mark("Bu gün henüz gelmedi. Mesajın geldiği günü yazın.")
_IN_TIME = mark("Son gün: %(day)s. Şikâyet, o günden sonra gelen mesajlar içindir.")
_NO_HOUR = mark("Saati 14:05 gibi yazın ya da boş bırakın.")


class RefusedLine(NamedTuple):
    """A consent that is refused or was never given. ``stop``: the last day to obey; None: it had none."""

    line: ConsentLine
    stop: date | None
    ground: ComplaintGround

    @property
    def name(self) -> str:
        return f"{row_model.CHANNELS[self.line.channel]}-{row_model.IDENTITIES[self.line.identity]}"


class RefusedBrand(NamedTuple):
    """A brand and the consents that it lacks, refused ones first."""

    brand: BrandEntry
    refusals: list[RefusedLine]

    @property
    def any_refused(self) -> bool:
        return any(one.ground.refused_at is not None for one in self.refusals)


@sessions.required
async def ask(request: Request, session: Session) -> Response:
    """The form; after a POST the complaint that was written."""
    holder = holders.named(request, session)
    refused = await _refused(request, holder)
    written = pages.result(request, _path(refused.brand, holder), session.key.hex())
    if written is not None:
        return await _written(request, session, holder, refused, dict(zip(_WRITTEN, written, strict=True)))
    chosen = f"{request.query_params.get('channel', '')}-{request.query_params.get('identity', '')}"
    day = complaint_lists.read_day(request.query_params.get("gun", ""))
    return _page(request, session, holder, refused, {"line": chosen, "day": str(day or "")}, [])


@sessions.required
async def write(request: Request, session: Session) -> Response:
    """Leads to the complaint that is written, or gives it as a file; 422 for what cannot be."""
    holder = holders.named(request, session)
    refused = await _refused(request, holder)
    form = await forms.fields(request)
    given, refusal = _given(form, refused)
    faults = _faults(request, refusal, given)
    given["sender"] = given["sender"] or _sender(refused.brand, await _named(request, given["text"]), given["text"])
    if faults:
        return _page(request, session, holder, refused, given, faults, status=422)
    if form.get("download"):
        text = _letter(request, holder, refused.brand, refusal, given)
        return as_file(text, "text/plain", f"sikayet-{refused.brand.code}.txt")
    path = _path(refused.brand, holder)
    return pages.show_written(request, path, [given[name] for name in _WRITTEN], session.key.hex())


async def _written(
    request: Request, session: Session, holder: Holder, refused: RefusedBrand, form: Mapping[str, str]
) -> Response:
    """The complaint; the form again where what it is about has changed since."""
    given, refusal = _given(form, refused)
    faults = _faults(request, refusal, given)
    if faults or given["line"] != form["line"]:
        return _page(request, session, holder, refused, given, faults)
    names = await _named(request, given["text"])
    others = [brand for brand in dict(names).values() if brand.id != refused.brand.id]
    ours = any(brand.id == refused.brand.id for _, brand in names)
    text = _letter(request, holder, refused.brand, refusal, given)
    return _page(request, session, holder, refused, given, [], text=text, other=None if ours else _first(others))


def _given(form: Mapping[str, str], refused: RefusedBrand) -> tuple[dict[str, str], RefusedLine]:
    """What was typed, and the refusal that it is about."""
    given = {name: form.get(name, "").strip()[:most] for name, most in LONGEST.items()}
    refusal = next((one for one in refused.refusals if one.name == form.get("line")), refused.refusals[0])
    return given | {"line": refusal.name}, refusal


async def _named(request: Request, text: str) -> list[tuple[str, BrandEntry]]:
    return await optout.senders_in(process.of(request).registry, text) if text else []


@sessions.required
async def count(request: Request, session: Session) -> Response:
    """Counts the complaint; the list of the citizen's complaints shows it."""
    holder, registry = holders.named(request, session), process.of(request).registry
    refused = await _refused(request, holder)
    form = await forms.fields(request)
    given, refusal = _given(form, refused)
    if faults := _faults(request, refusal, given):
        return _page(request, session, holder, refused, given, faults, status=422)
    day = complaint_lists.read_day(given["day"])
    assert day is not None  # it was looked at
    act = record_numbers.read(registry.keyring, refusal.ground.number)
    kept = given["text"] if form.get("keep") else ""
    new = NewComplaint(refusal.line.channel, day, refused.brand.id, act=act, text=kept)
    return await complaint_lists.counted(request, session, holder, new)


def _page(
    request: Request,
    session: Session,
    holder: Holder,
    refused: RefusedBrand,
    given: Mapping[str, str],
    faults: list[tuple[str, str]],
    *,
    text: str = "",
    other: BrandEntry | None = None,
    status: int = 200,
) -> Response:
    return pages.render(
        request,
        _TEMPLATE,
        status=status,
        **holders.frame(request, session, holder),
        brand=refused.brand,
        choices=[_choice(one) for one in refused.refusals],
        refused=refused.any_refused,
        named=len({one.line.identity for one in refused.refusals}) > 1,
        given={name: given.get(name, "") for name in _WRITTEN},
        faults=faults,
        wrong=dict(faults),
        today=day_of(process.of(request).registry.store.now()).isoformat(),
        text=text,
        other=other,
    )


def _path(brand: BrandEntry, holder: Holder) -> str:
    return f"/izinler/sikayet/{brand.code}?n={holder.mark}"


def _choice(one: RefusedLine) -> dict[str, Any]:
    channel, identity = one.name.split("-")
    return {"name": one.name, "channel": channel, "identity": identity, "number": one.ground.number}


def _first(brands: list[BrandEntry]) -> BrandEntry | None:
    return brands[0] if brands else None


def _sender(brand: BrandEntry, names: list[tuple[str, BrandEntry]], text: str) -> str:
    """The brand's name that the text has as a sender; "RET CINAR" is what its reader is to write."""
    rest = fold(_INSTRUCTION.sub(" ", text))
    return next((name for name, named in names if named.id == brand.id and fold(name) in rest), "")


def _faults(request: Request, refusal: RefusedLine, given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Errors of the answers: (field, sentence)."""
    faults = []
    day, now = complaint_lists.read_day(given["day"]), process.of(request).registry.store.now()
    if day is None:
        faults.append(("day", pages.text(request, _NO_DAY)))
    elif day > day_of(now):
        faults.append(("day", pages.text(request, _LATER)))
    elif refusal.stop is not None and day <= refusal.stop:
        last = wording.weekday(texts.language(request)[0], refusal.stop)
        faults.append(("day", pages.text(request, _IN_TIME) % {"day": last}))
    if given["time"] and not _HOUR(given["time"]):
        faults.append(("time", pages.text(request, _NO_HOUR)))
    return faults


def _letter(request: Request, holder: Holder, brand: BrandEntry, refusal: RefusedLine, given: Mapping[str, str]) -> str:
    settings, day = process.of(request).settings, complaint_lists.read_day(given["day"])
    assert day is not None  # it was looked at
    message = AdMessage(refusal.name.partition("-")[0], day, given["time"], given["sender"], given["text"])
    place = complaint_letter.ComplaintPlace(settings.complaint_office, settings.site_name, settings.public_url)
    return complaint_letter.written(brand, holder.address, message, refusal.ground, place)


async def _refused(request: Request, holder: Holder) -> RefusedBrand:
    """404 where the brand is unknown or may send by every way."""
    registry, code = process.of(request).registry, int(request.path_params["brand"])
    found = await registry.store.read(_read, registry, holder, code)
    if found is None or not found.refusals:
        raise HTTPException(404)
    return found


def _read(snapshot: Snapshot, registry: Registry, holder: Holder, code: int) -> RefusedBrand | None:
    now, recipient = registry.store.now(), holders.find(snapshot, registry, holder)
    brand = registry.brands.book(snapshot, now).by_code.get(code)
    if brand is None:
        return None
    since = shown_lines.hidden(snapshot, recipient).since
    (group,) = shown_lines.of_brands(snapshot, registry, recipient, [brand], now, since)
    closed = blankets.in_force(snapshot, [recipient]) if recipient is not None else {}
    lines = {line[:2]: line for line in group.lines}
    for channel, identity in product(holder.channels, (one.code for one in Identity)):
        lines.setdefault((channel, identity), ConsentLine(channel, identity))
    found = []
    for way, line in sorted(lines.items()):
        if recipient is not None and (line.asked or row_model.stopping(line, None) == "over"):
            found.append(_refusal(snapshot, registry, brand, recipient, line))
        elif recipient is not None and line.status is None and (word := closed.get((recipient, *way))):
            found.append(_closed(snapshot, registry, line, blankets.act_of(snapshot, word), since))
        elif line.status == RET or (line.status is None and line.identity != _BUSINESS):
            found.append(_unpermitted(line))
    found = [one for one in found if one.stop is None or one.stop < day_of(now)]
    return RefusedBrand(brand, sorted(found, key=lambda one: one.ground.refused_at is None))


def _unpermitted(line: ConsentLine) -> RefusedLine:
    """Without an act of this citizen. Merchants may be written to without a consent (Law 6563 art. 6)."""
    refused = line.status == RET  # by the company's word, or before this holder
    return RefusedLine(line, None, ComplaintGround(None, "", "", None, "", line.identity == _BUSINESS, refused=refused))


def _closed(snapshot: Snapshot, registry: Registry, line: ConsentLine, act: int, since: int) -> RefusedLine:
    """No record, and a standing refusal covers it (rule L13): only merchants could be written to until then."""
    past = act_receipts.citizens(snapshot, act)
    if past is None or past.door.citizen is None or past.recorded_at < since:
        return _unpermitted(line)
    business, number = line.identity == _BUSINESS, record_numbers.of_act(registry.keyring, past.id)
    stop = stop_by(past.recorded_at) if business else None
    how, spaced = receipt_words.how("tr", past.door), record_numbers.spaced(number)
    return RefusedLine(line, stop, ComplaintGround(past.recorded_at, how, spaced, stop, "", business))


def _refusal(
    snapshot: Snapshot, registry: Registry, brand: BrandEntry, recipient: int, line: ConsentLine
) -> RefusedLine:
    act = timeline.act_of(snapshot, line.event) if line.event is not None else None
    key = Key(recipient, brand.id, line.channel, line.identity)
    claim, business = _claim(snapshot, key, line.at), line.identity == _BUSINESS
    past = act_receipts.citizens(snapshot, act)
    if past is None or past.door.citizen is None:
        return _without_receipt(snapshot, registry, key, line, claim)
    receipt = act_receipts.get(snapshot, registry.policy.reconsent, registry.brands.book(snapshot, line.at), past)
    number = record_numbers.spaced(record_numbers.of_act(registry.keyring, past.id))
    ground = ComplaintGround(
        past.recorded_at, receipt_words.how("tr", past.door), number, receipt.stop, claim, business
    )
    return RefusedLine(line, receipt.stop, ground)


def _without_receipt(snapshot: Snapshot, registry: Registry, key: Key, line: ConsentLine, claim: str) -> RefusedLine:
    """A refusal at the national registry or to the operator: date and source, no receipt."""
    event = line.event
    ended = {} if event is None else stopping.since(snapshot, registry.policy.reconsent, {key: event})
    stop = stop_by(ended[key]) if ended else None
    actor = timeline.deeds_of(snapshot, [event])[event].actor if event is not None else None
    way = wording.provenance("tr", line.source, own=True, origin=line.how).partition(", ")[2]
    ground = ComplaintGround(
        line.at, way[:1].upper() + way[1:], "", stop, claim, key.identity == _BUSINESS, actor is Actor.REGISTRY
    )
    return RefusedLine(line, stop, ground)


def _claim(snapshot: Snapshot, key: Key, refused_at: int) -> str:
    stands = state.of_key(snapshot, key)
    word = stands.provider if stands else None
    if word is None or word.status != ONAY:
        return ""
    source = wording.provenance("tr", word.source, own=False)
    given = f"{source}, {wording.day('tr', word.at)}" if word.at else source
    if word.at > refused_at:
        return f"Şirketin reddimden sonra bildirdiği, kabul etmediğim izin: {given}"
    return f"Şirketin daha önce bildirdiği izin: {given}"
