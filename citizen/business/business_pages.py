"""İşletmemin hatları: the signed-in holder of one number or e-mail claims a business's other lines, proves its e-mail
domain, and refuses for all of them as TACIR. Nothing is shown about a line before it is accepted."""

from __future__ import annotations

import asyncio
import re
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.business import domain_proof, line_actions
from citizen.business.domain_proof import DomainAnswer
from citizen.business.line_actions import LineOutcome
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.instants import DAY
from consents.people import business_lines, recipients, register
from consents.people.business_lines import BusinessEntry, LineClaim, LineClaimState, Run
from consents.people.recipients import BadAddress
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from web import forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

PATH = "/izinler/isletme"
ADD, DOMAIN, REFUSE, UNDO, LEAVE = (f"{PATH}/{part}" for part in ("ekle", "alan-adi", "reddet", "geri-al", "ayril"))
_LETTER_BYTES, _FORM = 600_000, 700_000  # of the letter; of the form with both files
_SHOWN = 50  # lines that the page lists
_KINDS = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
_TITLE, _NUMBER = 200, re.compile(r"[0-9]{10}|[0-9]{16}")
_DONE = "tamam"

_NO_TITLE = mark("İşletmenizin adını yazın.")
_NO_NUMBER = mark("MERSİS numaranızı (16 rakam) ya da vergi numaranızı (10 rakam) yazın.")
_BAD_LETTER = mark("Yazıyı PDF, JPEG ya da PNG olarak seçin; en çok 600 kilobayt olabilir.")
_BAD_LINES = mark("Dosyada okunamayan satırlar var. Hiçbir şey alınmadı. Satırlar: %(lines)s")
_BAD_DOMAIN = mark("Alan adını ornek.com gibi yazın.")
_SENTENCES = {
    LineOutcome.NOTHING: mark("Dosyada numara ya da e-posta yok."),
    LineOutcome.WAITING: mark("Önceki dosyanız inceleniyor. Sonuçlanınca yenisini gönderin."),
    LineOutcome.MANY: mark("Bir işletmenin en çok 2.000 hattı ve 5 alan adı olabilir."),
    LineOutcome.OFTEN: mark("Bugün çok kez denediniz. Yarın yeniden deneyin."),
    LineOutcome.LETTER: mark("Numaralar için imzalı yazıyı da seçin."),
    LineOutcome.DOMAIN: mark("Dosyada, alan adını doğrulamadığınız e-postalar var. Önce alan adınızı doğrulayın."),
    LineOutcome.RUNNING: mark("Önceki işlem sürüyor. Bitince yeniden deneyin."),
    LineOutcome.LATE: mark("Bu artık geri alınamaz."),
}
_ANSWERS = {
    DomainAnswer.ABSENT: mark("Kayıt daha görünmüyor. DNS'e ekledikten sonra yayılması birkaç saat sürebilir."),
    DomainAnswer.UNREACHED: mark("Alan adının sunucusu yanıt vermedi. Biraz sonra yeniden deneyin."),
}


class BusinessView(NamedTuple):
    """``held_by``: the title of another business that holds the signed-in line; ``lines``: masked."""

    business: BusinessEntry | None
    held_by: str
    total: int
    lines: list[str]
    claims: list[LineClaim]
    run: Run | None
    domains: dict[str, int]


@sessions.required
async def show(request: Request, session: Session) -> Response:
    """The business with its lines and what is being done for them; else how to begin."""
    return await _overview(request, session)


@sessions.required
async def begin(request: Request, session: Session) -> Response:
    """Keeps the title and number of the business."""
    given = await forms.fields(request)
    title, number = " ".join(given.get("title", "").split())[:_TITLE], re.sub(r"[\s-]", "", given.get("number", ""))
    faults = [] if title and title.isprintable() else [("title", pages.text(request, _NO_TITLE))]
    if not (number.isascii() and _NUMBER.fullmatch(number)):
        faults.append(("number", pages.text(request, _NO_NUMBER)))
    if faults:
        return await _overview(request, session, faults, given, 422)
    holder = holders.named(request, session, given.get("n"))
    await process.of(request).registry.store.write(_begin, process.of(request).registry, holder, title, number)
    return _lead(request, session, holder, PATH)


@sessions.required
async def ask_lines(request: Request, session: Session) -> Response:
    return await _form(request, session, "add")


@sessions.required
async def take_lines(request: Request, session: Session) -> Response:
    given = await forms.with_files(request, errors="surrogateescape", most=_FORM)
    holder = holders.named(request, session, given.get("n"))
    letter = given.get("letter", "").encode("utf-8", "surrogateescape")
    kind = next((kind for start, kind in _KINDS.items() if letter.startswith(start)), "")
    if letter and (not kind or len(letter) > _LETTER_BYTES):
        return await _form(request, session, "add", pages.text(request, _BAD_LETTER), "letter")
    typed = given.get("lines", "").encode("utf-8", "surrogateescape")
    if len(typed) > forms.FORM_BYTES:
        return await _form(request, session, "add", pages.text(request, _SENTENCES[LineOutcome.MANY]), "lines")
    registry = process.of(request).registry
    outcome = await _write(request, holder, line_actions.count_reading, registry.keyring)
    if outcome is LineOutcome.DONE:
        read = await asyncio.to_thread(line_actions.read, typed.decode("utf-8", "replace"))
        if read.bad:
            places = ", ".join(map(str, read.bad))
            return await _form(request, session, "add", pages.text(request, _BAD_LINES) % {"lines": places}, "lines")
        outcome = await _write(request, holder, line_actions.submit, registry, read, letter, kind)
    if outcome is not LineOutcome.DONE:
        place = "letter" if outcome is LineOutcome.LETTER else "lines"
        return await _form(request, session, "add", pages.text(request, _SENTENCES[outcome]), place)
    return _lead(request, session, holder, f"{PATH}?{_DONE}")


@sessions.required
async def ask_domain(request: Request, session: Session) -> Response:
    """The form, or the TXT record of the domain ``ad``."""
    return await _form(request, session, "domain", name=request.query_params.get("ad", ""))


@sessions.required
async def check_domain(request: Request, session: Session) -> Response:
    """Looks for the TXT record; each look counts first. A new domain is shown its record."""
    given = await forms.fields(request)
    holder, registry = holders.named(request, session, given.get("n")), process.of(request).registry
    try:
        name = domain_proof.domain(given.get("domain", "")[:300])
    except BadAddress:
        return await _form(request, session, "domain", pages.text(request, _BAD_DOMAIN), "domain")
    outcome = await _write(request, holder, _count_check, registry, name)
    if outcome is not LineOutcome.DONE:
        return await _form(request, session, "domain", pages.text(request, _SENTENCES[outcome]), "domain", name)
    if given.get("look") != "1":
        return _lead(request, session, holder, f"{DOMAIN}?ad={name}")
    business = await registry.store.read(_business, registry, holder)
    assert business is not None
    answer = await domain_proof.look(registry.keyring, business.domain_key, name)
    if answer is not DomainAnswer.PROVED:
        return await _form(request, session, "domain", pages.text(request, _ANSWERS[answer]), "domain", name)
    await registry.store.write(_prove, business.id, name)
    return _lead(request, session, holder, f"{PATH}?{_DONE}")


@sessions.required
async def ask_refusal(request: Request, session: Session) -> Response:
    return await _form(request, session, "refuse")


@sessions.required
async def refuse(request: Request, session: Session) -> Response:
    given = await forms.fields(request)
    holder = holders.named(request, session, given.get("n"))
    outcome = await _write(request, holder, line_actions.refuse, standing=given.get("standing") == "1")
    if outcome is not LineOutcome.DONE:
        return await _form(request, session, "refuse", pages.text(request, _SENTENCES[outcome]))
    return _lead(request, session, holder, PATH)


@sessions.required
async def undo(request: Request, session: Session) -> Response:
    given = await forms.fields(request)
    holder = holders.named(request, session, given.get("n"))
    outcome = await _write(request, holder, line_actions.undo)
    if outcome is not LineOutcome.DONE:
        return await _overview(request, session, [("", pages.text(request, _SENTENCES[outcome]))], status=409)
    return _lead(request, session, holder, PATH)


@sessions.required
async def ask_leaving(request: Request, session: Session) -> Response:
    return await _form(request, session, "leave")


@sessions.required
async def leave(request: Request, session: Session) -> Response:
    """The signed-in line's holder takes it out of its business, for good."""
    given = await forms.fields(request)
    holder, registry = holders.named(request, session, given.get("n")), process.of(request).registry
    await registry.store.write(_leave, registry, holder)
    return _lead(request, session, holder, f"{PATH}?{_DONE}")


def _begin(transaction: Transaction, registry: Registry, holder: Holder, title: str, number: str) -> None:
    owner = register.enrol(transaction, registry.keyring, holder.person)
    business_lines.make(transaction, registry.keyring, owner, title, number)


def _count_check(transaction: Transaction, business: BusinessEntry, registry: Registry, name: str) -> LineOutcome:
    return line_actions.count_check(transaction, registry.keyring, business, name)


def _prove(transaction: Transaction, business: int, name: str) -> None:
    business_lines.set_domain(transaction, business, name, proved=True)


def _leave(transaction: Transaction, registry: Registry, holder: Holder) -> None:
    if (recipient := holders.find(transaction, registry, holder)) is not None:
        business_lines.leave(transaction, recipient)


def _business(snapshot: Snapshot, registry: Registry, holder: Holder) -> BusinessEntry | None:
    return business_lines.of_owner(snapshot, registry.keyring, holders.find(snapshot, registry, holder))


async def _write(request: Request, holder: Holder, work: Any, *arguments: Any, **options: Any) -> LineOutcome:
    """Runs work about the holder's business; LATE without one."""
    registry = process.of(request).registry
    return await registry.store.write(_with_business, registry, holder, work, arguments, options)


def _with_business(
    transaction: Transaction, registry: Registry, holder: Holder, work: Any, arguments: Any, options: Any
) -> LineOutcome:
    business = _business(transaction, registry, holder)
    if business is None:
        return LineOutcome.LATE
    outcome: LineOutcome = work(transaction, business, *arguments, **options)
    return outcome


def _view(snapshot: Snapshot, registry: Registry, holder: Holder) -> BusinessView:
    keyring, recipient = registry.keyring, holders.find(snapshot, registry, holder)
    business = business_lines.of_owner(snapshot, keyring, recipient)
    held = business_lines.of_line(snapshot, keyring, recipient)
    held_by = held.title if held is not None and held.owner != recipient else ""
    if business is None:
        return BusinessView(None, held_by, 0, [], [], None, {})
    addresses = [
        register.address(snapshot, keyring, one) for one in business_lines.lines(snapshot, business.id, 0, _SHOWN)
    ]
    return BusinessView(
        business,
        held_by,
        business_lines.count(snapshot, business.id),
        [recipients.mask(one) for one in addresses if one],
        business_lines.claims_of(snapshot, keyring, business),
        business_lines.last_run(snapshot, business),
        business_lines.domains(snapshot, business.id),
    )


async def _overview(
    request: Request,
    session: Session,
    faults: list[tuple[str, str]] | None = None,
    given: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    holder, registry = holders.current(request, session), process.of(request).registry
    view, now = await registry.store.read(_view, registry, holder), registry.store.now()
    language = texts.language(request)[0]
    return pages.render(
        request, "citizen/business/lines.html", status=status, **holders.frame(request, session, holder), view=view,
        path=PATH, faults=faults or [], given=given or {}, done=_DONE in request.query_params and not faults,
        waiting=[one for one in view.claims if one.state in (LineClaimState.WAITING, LineClaimState.ACCEPTED)],
        refused=next((one for one in view.claims[:1] if one.state is LineClaimState.REFUSED), None),
        taken=next((one for one in view.claims[:1] if one.state is LineClaimState.ADDED), None),
        undoable=line_actions.undoable(view.run, now),
        until=wording.moment(language, view.run.asked_at + DAY) if view.run else "",
        domains={name: at > now - business_lines.DOMAIN_KEPT for name, at in view.domains.items()},
    )  # fmt: skip


async def _form(
    request: Request, session: Session, which: str, fault: str = "", place: str = "", name: str = ""
) -> Response:
    """One of the four forms; without a business the way to begin."""
    holder, registry = holders.current(request, session), process.of(request).registry
    view = await registry.store.read(_view, registry, holder)
    if (which != "leave" and view.business is None) or (which == "leave" and not view.held_by):
        return sessions.lead(request, PATH)
    known = name if name in view.domains else ""
    shown = (
        domain_proof.record(registry.keyring, view.business.domain_key, known) if known and view.business else ("", "")
    )
    return pages.render(
        request, f"citizen/business/{which}.html", status=422 if fault else 200,
        **holders.frame(request, session, holder), view=view, path=PATH, fault=fault, place=place, domain=name,
        record=shown, most=line_actions.MOST_LINES,
    )  # fmt: skip


def _lead(request: Request, session: Session, holder: Holder, path: str) -> Response:
    where, _, query = path.partition("?")
    target = holders.page_after(where, session, holder)
    return pages.redirect(request, f"{target}{'&' if '?' in target else '?'}{query}" if query else target)
