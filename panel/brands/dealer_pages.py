"""Pages of dealers: a brand's, paged, and one with its state and own code."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands import accesses, companies, dealer_records
from consents.brands.companies import KnownBrand
from consents.brands.dealer_records import KnownDealer
from consents.keys import Keyring
from consents.languages import catalogue
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.audit.change import Change
from panel.brands import dealer_actions, dealer_lists
from panel.brands.dealer_lists import DealerList, DealerRow
from panel.form_answers import SEEN, UNSENT, FieldFault, FormResult, StaleChange, at
from panel.panel_pages import Confirmation
from panel.people import brakes
from panel.rights import Member
from providers.uploads import address_lists
from providers.uploads.files.row_refusals import BadFile
from web import forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

PAGE = 50
_LONGEST_WORDS = 100
MOST_AT_ONCE = 2_000
_MOST_BYTES = 1 << 20
MOST_REQUEST = 3 * _MOST_BYTES  # a file, what was pasted, and the rest of the form
_SHOWN = 20  # wrong lines on the page; the file has all
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NONE = mark("Bayileri yapıştırın ya da bir Excel ya da CSV dosyası seçin.")
_MANY = mark("Bir kerede en çok {most} bayi eklenir. Listeyi bölün.")
_LINES = mark("Şu satırlar okunamadı: {lines}. Her satıra «kod; ad» yazın.")
_END = mark("Bayiyi kaldır")
_EFFECTS = (
    mark("{dealer} kaldırılsın mı?"),
    mark("Bu bayinin koduyla artık onay ve ret bildirilemez."),
    mark("Numarası başka bayiye verilmez. Aynı bayi yeniden eklenirse yeni bir numara alır."),
    mark("Bir onayla bağı olan bayi kaldırılmaz; o zaman hiçbir şey değişmez."),
)


class DealerSheet(NamedTuple):
    """``external``: the company's own code, "" for none; ``uses``: consents it may use."""

    dealer: KnownDealer
    external: str
    uses: int = 0

    @property
    def seen(self) -> str:
        """The mark of the changeable values."""
        return form_answers.seen(self.dealer.code, self.dealer.title, self.dealer.status, self.external)


class DealerWanted(NamedTuple):
    title: str
    external: str
    status: str = dealer_records.ACTIVE


async def show(request: Request, member: Member) -> Response:
    """The choice of a brand; a single brand redirects."""
    brands = await form_answers.brands(request, member)
    if len(brands) == 1:
        return pages.redirect(request, f"{member.home}/bayiler/{brands[0].code}")
    return form_answers.page(request, member, "manage/dealer_brands.html", FormResult(), {}, brands=brands)


async def add(request: Request, member: Member) -> Response:
    given, brand = await forms.fields(request), member.objects["brand"].what
    result = await form_answers.attempt(request, member, _add, brand, _wanted(given))
    if result.faults:
        return await of_brand(request, member, result, given)
    return pages.redirect(request, f"{member.home}/bayi/{result.value}?eklendi")


async def many_page(
    request: Request,
    member: Member,
    result: FormResult = UNSENT,
    given: Mapping[str, str] = {},
    wrong: Sequence[tuple[int, str]] = (),
) -> Response:
    """``wrong``: lines by number, and why each cannot be read."""
    return form_answers.page(
        request,
        member,
        "manage/dealers_many.html",
        result,
        given,
        brand=member.objects["brand"].what,
        most=MOST_AT_ONCE,
        wrong=wrong[:_SHOWN],
        more=max(len(wrong) - _SHOWN, 0),
    )


async def add_many(request: Request, member: Member) -> Response:
    """Adds the dealers of a pasted list and of a file, or none where a line cannot be read; then the page has the
    lines, with what is wrong."""
    brand, sent = member.objects["brand"].what, await _sent(request, member)
    if isinstance(sent, Response):
        return sent
    pasted, lists = sent
    if wrong := [row for one in lists for row in one.wrong]:
        named = ", ".join(str(one.number) for one in wrong[:10])
        sentence = pages.text(request, _LINES).format(lines=named)
        kept = pasted if len(lists) == 1 and pasted.strip() else dealer_lists.typed(lists)
        return await _faulty(request, member, sentence, kept, wrong)
    wanted = [one for some in lists for one in some.wanted]
    for start in range(0, len(wanted), dealer_actions.TOGETHER):
        some = wanted[start : start + dealer_actions.TOGETHER]
        await form_answers.write(request, member, dealer_actions.add_all, brand, some)
    return pages.redirect(request, f"{member.home}/bayiler/{brand.code}?eklendi")


async def wrong_rows(request: Request, member: Member) -> Response:
    """The same table as a workbook, with a column of what is wrong; adds nothing."""
    brand, sent = member.objects["brand"].what, await _sent(request, member)
    if isinstance(sent, Response):
        return sent
    language = texts.language(request)[0]
    words, sentence = catalogue(language).gettext, partial(form_answers.sentence, language)
    made = await asyncio.to_thread(dealer_lists.workbook, sent[1], words, sentence)
    headers = {"content-disposition": f'attachment; filename="bayiler-{brand.code}.xlsx"', "cache-control": "no-store"}
    return Response(made, media_type=_XLSX, headers=headers)


async def _sent(request: Request, member: Member) -> tuple[str, list[DealerList]] | Response:
    """What was pasted, and the tables of it and of the file that have dealers; or the page with the fault."""
    gathered = bytearray()

    async def take(portion: bytes) -> None:
        gathered.extend(portion)

    form = await forms.read(request, "file", _MOST_BYTES, take, {"list": _MOST_BYTES})
    pasted, words = form.fields.get("list", ""), partial(pages.text, request)
    if form.size > _MOST_BYTES or len(pasted.encode()) >= _MOST_BYTES:  # a longer list is cut
        return await _faulty(request, member, words(_MANY).format(most=MOST_AT_ONCE), "")
    try:
        if (gathered or pasted.strip()) and not await form_answers.write(request, member, _counted, member):
            return await _faulty(request, member, words(brakes.TOO_MANY_TABLES), pasted, status=429)
        lists = [await asyncio.to_thread(dealer_lists.of_text, pasted)]
        lists += await _of_file(form.name, bytes(gathered), len(pasted.splitlines()))
    except dealer_lists.TooManyLines:
        return await _faulty(request, member, words(_MANY).format(most=MOST_AT_ONCE), "")
    except BadFile as bad:
        return await _faulty(request, member, bad.sentence.text(texts.language(request)[0]), pasted)
    except address_lists.Busy:
        return await _faulty(request, member, words(brakes.BUSY), pasted, status=503)
    count = sum(len(one.rows) for one in lists)
    if not 0 < count <= MOST_AT_ONCE:
        sentence = words(_MANY).format(most=MOST_AT_ONCE) if count else words(_NONE)
        return await _faulty(request, member, sentence, pasted)
    return pasted, [one for one in lists if one.rows]


async def _faulty(
    request: Request, member: Member, shown: str, kept: str, wrong: Sequence[DealerRow] = (), *, status: int = 422
) -> Response:
    language = texts.language(request)[0]
    rows = [(one.number, form_answers.sentence(language, *one.fault)) for one in wrong if one.fault]
    return await many_page(request, member, FormResult(None, (("list", shown),), status), {"list": kept}, rows)


async def _of_file(name: str, content: bytes, before: int) -> list[DealerList]:
    """Errors: BadFile, ``address_lists.Busy``, TooManyLines."""
    if dealer_lists.is_text(content):
        text = await asyncio.to_thread(forms.decoded, content)
        return [await asyncio.to_thread(dealer_lists.of_text, text, before)]
    return await asyncio.to_thread(dealer_lists.of_file, name, content, before)


def _counted(change: Change, member: Member) -> bool:
    return brakes.may_read(change.transaction, change.keyring, member.person.id)


async def change(request: Request, member: Member) -> Response:
    given, found = await forms.fields(request), member.objects["dealer"]
    arguments = found.brand, found.what.code, _wanted(given), given.get(SEEN, "")
    result = await form_answers.attempt(request, member, _edit, *arguments)
    if result.faults:
        return await one(request, member, result, given)
    return pages.redirect(request, f"{member.home}/bayi/{found.what.code}?degisti")


async def sure_of_ending(request: Request, member: Member) -> Response:
    """The confirmation page for ending a dealer."""
    registry, found = process.of(request).registry, member.objects["dealer"]
    assert found.brand is not None
    read = partial(sheet_of, keyring=registry.keyring, brand=found.brand, code=found.what.code)
    sheet = await asyncio.to_thread(registry.store.read_now, read)
    back = f"{member.home}/bayi/{found.what.code}"
    if sheet is None:
        return pages.redirect(request, f"{member.home}/bayiler")
    question, *effects = ((sentence, {"dealer": found.what.title}) for sentence in _EFFECTS)
    asked = Confirmation(question, effects, _END, back, {SEEN: sheet.seen})
    return panel_pages.confirmation(request, member, asked)


async def end(request: Request, member: Member) -> Response:
    """Ends it. Links are searched in a thread: that may read all events of the brand."""
    given, found, store = await forms.fields(request), member.objects["dealer"], process.of(request).registry.store
    assert found.brand is not None
    looked = await asyncio.to_thread(store.read_now, dealer_records.collected, found.brand, found.id)
    arguments = found.brand, found.what.code, looked, given.get(SEEN, "")
    result = await form_answers.attempt(request, member, _end, *arguments)
    if result.faults:
        return await one(request, member, result, given)
    return pages.redirect(request, f"{member.home}/bayiler?kaldirildi")


def dealers_of(
    snapshot: Snapshot, keyring: Keyring, brand: int, number: int, words: str = ""
) -> tuple[int, list[DealerSheet]]:
    """(number of a brand's dealers that have these words, one page of them); by internal id; blocking."""
    start = (number - 1) * PAGE
    if words:
        total, found = dealer_records.search(snapshot, keyring, brand, words, start, PAGE)
    else:
        total, found = dealer_records.page(snapshot, keyring, brand, start, PAGE)
    codes, uses = dealer_records.externals(snapshot, brand), accesses.counts(snapshot, brand, [one.id for one in found])
    return total, [DealerSheet(one, codes.get(one.id, ""), uses[one.id]) for one in found]


def sheet_of(snapshot: Snapshot, keyring: Keyring, brand: int, code: int) -> DealerSheet | None:
    """Blocking."""
    found = _find(snapshot, keyring, brand, code)
    return found and found._replace(uses=accesses.counts(snapshot, brand, [found.dealer.id])[found.dealer.id])


def _add(change: Change, brand: KnownBrand, wanted: DealerWanted) -> int:
    """A new dealer; returns its retailerCode. A second click adds nothing."""
    with at("title"):
        title = companies.clean(wanted.title)
    external = dealer_lists.external(wanted.external)
    total, _ = dealer_records.page(change.transaction, change.keyring, brand.id, 0, 0)
    _, newest = dealer_records.page(change.transaction, change.keyring, brand.id, max(total - 1, 0), 1)
    if external is None and [one.title for one in newest] == [title]:
        raise FieldFault("title", "dealer-again", title)
    with at("external"):
        return dealer_actions.add(change, brand.code, wanted.title, external)


def _edit(change: Change, brand: int, code: int, wanted: DealerWanted, shown: str) -> None:
    """Applies the form to a dealer of the brand (internal id)."""
    _unchanged(change, brand, code, shown)
    with at("title"):
        companies.clean(wanted.title)
    if wanted.status not in (dealer_records.ACTIVE, dealer_records.PASSIVE):
        raise FieldFault("status", "dealer-status")
    external = dealer_lists.external(wanted.external) or ""
    with at("external"):
        dealer_actions.edit(change, brand, code, title=wanted.title, status=wanted.status, external=external)


def _end(change: Change, brand: int, code: int, looked: tuple[bool, int], shown: str) -> None:
    _unchanged(change, brand, code, shown)
    with at("end"):
        dealer_actions.end(change, brand, code, looked)


def _find(snapshot: Snapshot, keyring: Keyring, brand: int, code: int) -> DealerSheet | None:
    dealer = dealer_records.find(snapshot, keyring, brand, code)
    return dealer and DealerSheet(dealer, dealer_records.externals(snapshot, brand).get(dealer.id, ""))


def _unchanged(change: Change, brand: int, code: int, shown: str) -> None:
    found = _find(change.transaction, change.keyring, brand, code)
    if found is None:
        raise StaleChange
    form_answers.unchanged(found.seen, shown)


def _wanted(given: dict[str, str]) -> DealerWanted:
    title, external = (form_answers.line(given.get(name, "")) for name in ("title", "external"))
    return DealerWanted(title, external, given.get("status", dealer_records.ACTIVE))


async def of_brand(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    registry, brand = process.of(request).registry, member.objects["brand"]
    typed = request.query_params.get("sayfa", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and 0 < len(typed) < 7 else 1
    words = form_answers.line(request.query_params.get("ara", ""), _LONGEST_WORDS)
    read = partial(dealers_of, keyring=registry.keyring, brand=brand.id, number=max(number, 1), words=words)
    total, found = await asyncio.to_thread(registry.store.read_now, read)
    last = max(1, -(-total // PAGE))
    return form_answers.page(
        request,
        member,
        "manage/dealers.html",
        result,
        given,
        brand=brand.what,
        dealers=found,
        total=total,
        page=number,
        last=last,
        words=words,
    )


async def one(request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}) -> Response:
    registry, found = process.of(request).registry, member.objects["dealer"]
    assert found.brand is not None
    read = partial(sheet_of, keyring=registry.keyring, brand=found.brand, code=found.what.code)
    sheet = await asyncio.to_thread(registry.store.read_now, read)
    if sheet is None:
        return pages.redirect(request, f"{member.home}/bayiler")
    return form_answers.page(request, member, "manage/dealer.html", result, given, sheet=sheet)
