"""Pages of dealers: a brand's, paged, and one with its state and own code."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
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
from panel.brands import dealer_actions
from panel.form_answers import SEEN, UNSENT, FieldFault, FormResult, StaleChange, at
from panel.panel_pages import Confirmation
from panel.rights import Member
from web import forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

PAGE = 50
_LONGEST_CODE = 64
_LONGEST_WORDS = 100
MOST_AT_ONCE = 2_000
_MOST_BYTES = 1 << 20
MOST_REQUEST = 2 * _MOST_BYTES
_NONE = mark("Bayileri yapıştırın ya da bir CSV dosyası seçin.")
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
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    brand = member.objects["brand"].what
    return form_answers.page(request, member, "manage/dealers_many.html", result, given, brand=brand, most=MOST_AT_ONCE)


async def add_many(request: Request, member: Member) -> Response:
    """Adds the dealers of a pasted list and of a CSV file, or none where a line cannot be read."""
    brand, given = member.objects["brand"].what, await forms.read_text(request, "file", _MOST_BYTES)
    typed = {"list": (given or {}).get("list", "")}
    wanted, wrong = _read_lines(f"{typed['list']}\n{(given or {}).get('file', '')}")
    if wrong or given is None or not 0 < len(wanted) <= MOST_AT_ONCE:
        sentence = _LINES if wrong else _NONE if given is not None and not wanted else _MANY
        words = catalogue(texts.language(request)[0]).gettext(sentence)
        shown = words.format(lines=", ".join(map(str, wrong[:10])), most=MOST_AT_ONCE)
        return await many_page(request, member, FormResult(None, (("list", shown),), 422), typed)
    for start in range(0, len(wanted), dealer_actions.TOGETHER):
        some = wanted[start : start + dealer_actions.TOGETHER]
        await form_answers.write(request, member, dealer_actions.add_all, brand, some)
    return pages.redirect(request, f"{member.home}/bayiler/{brand.code}?eklendi")


def _read_lines(text: str) -> tuple[list[tuple[str, str]], list[int]]:
    """(title and own code of each line, the numbers of those that cannot be read). A line is “code; title”, with a tab
    where it was copied from a spreadsheet, or a single word for both."""
    wanted: list[tuple[str, str]] = []
    wrong: list[int] = []
    for number, line in enumerate(text.replace("\ufeff", "").splitlines(), 1):
        code, _, title = map(form_answers.line, line.replace("\t", ";").partition(";"))
        code, title = code.strip('"'), title.rstrip("; ").strip('"')
        if not code and not title:
            continue
        try:
            wanted.append((companies.clean(title or code), _external(code or title) or ""))
        except (companies.BadCompany, FieldFault):
            wrong.append(number)
    return wanted, wrong


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
    external = _external(wanted.external)
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
    external = _external(wanted.external) or ""
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


def _external(typed: str) -> str | None:
    """Rejects a number, which could be another dealer's retailerCode."""
    if len(typed) > _LONGEST_CODE or (typed.isdecimal() and len(typed) == 8) or not typed.isprintable():
        raise FieldFault("external", "external")
    return typed or None


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
