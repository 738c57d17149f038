"""How a file is read: its columns matched, one word for all rows where it has no such column, and its dates; and the
template."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from consents import instants
from consents.brands import provider_list
from consents.dates import Form
from consents.languages import catalogue
from consents.registry import Registry
from consents.terms import Channel, Identity, Source, Status
from panel import form_answers
from panel.brands import dealer_actions
from panel.form_answers import UNSENT, FormResult
from panel.rights import Member
from panel.uploads import brand_rows, own_file, reasons, receiving, upload_job, upload_pieces, upload_store
from panel.uploads.upload_pieces import PieceKind
from panel.uploads.upload_store import PanelFile, UploadState
from providers.disputes import evidence_fields
from providers.uploads.files import file_header, workbooks
from providers.uploads.files.file_header import EVIDENCE, FIELDS, REQUIRED, Layout, folded
from providers.uploads.files.row_refusals import FileHead
from web import forms, pages, process
from web.iys_fields import BRAND, Field
from web.rendering import texts
from web.rendering.texts import mark

SOURCES = tuple(str(source) for source in Source if source.providers)
# The words that may stand for all rows of a file.
_FOR_ALL: Mapping[str, tuple[str, ...]] = {
    Field.TYPE: tuple(map(str, Channel)),
    Field.SOURCE: SOURCES,
    Field.STATUS: (str(Status.ONAY), str(Status.RET)),
    Field.IDENTITY: tuple(map(str, Identity)),
}
_MOST_SHEETS = 100
_TWICE = mark("Bu bilgi başka bir sütunda da seçildi. Birini «Okunmasın» yapın.")
_MISSING = {
    Field.RECIPIENT: mark("Numaraların ya da e-postaların olduğu sütunu seçin."),
    Field.DATE: mark("İzin tarihinin olduğu sütunu seçin."),
    Field.TYPE: mark("İzin türünün sütununu seçin ya da bütün satırlar için birini işaretleyin."),
    Field.SOURCE: mark("Kaynağın sütununu seçin ya da bütün satırlar için birini işaretleyin."),
    Field.STATUS: mark("Durumun sütununu seçin ya da bütün satırlar için birini işaretleyin."),
}
_EXAMPLE = ("MESAJ", "+905320000001", "ONAY", "HS_WEB", "{day} 10:15", "", "BIREYSEL")
_MEANINGS = (
    ("IZINTURU", "ARAMA", mark("Telefonla arama")),
    ("IZINTURU", "MESAJ", mark("SMS")),
    ("IZINTURU", "EPOSTA", mark("E-posta")),
    ("DURUMU", "ONAY", mark("Kişi izin verdi")),
    ("DURUMU", "RET", mark("Kişi istemedi")),
    ("FIRMATIPI", "BIREYSEL", mark("Kendisi için")),
    ("FIRMATIPI", "TACIR", mark("İşletmesi için (tacir veya esnaf)")),
    ("IZINKAYNAGI", "HS_WEB", mark("Web sitesinde")),
    ("IZINKAYNAGI", "HS_MOBIL", mark("Mobil uygulamada")),
    ("IZINKAYNAGI", "HS_FIZIKSEL_ORTAM", mark("Mağazada veya yüz yüze")),
    ("IZINKAYNAGI", "HS_ISLAK_IMZA", mark("İmzalı formla")),
    ("IZINKAYNAGI", "HS_ETKINLIK", mark("Etkinlikte")),
    ("IZINKAYNAGI", "HS_CAGRI_MERKEZI", mark("Çağrı merkezinde")),
    ("IZINKAYNAGI", "HS_MESAJ", mark("Şirkete gönderilen SMS ile")),
    ("IZINKAYNAGI", "HS_EPOSTA", mark("Şirkete gönderilen e-postayla")),
    ("IZINKAYNAGI", "HS_SOSYAL_MEDYA", mark("Sosyal medyada")),
    ("IZINKAYNAGI", "HS_ATM", mark("ATM’de veya kioskta")),
    ("IZINKAYNAGI", "HS_EORTAM", mark("Başka bir elektronik ortamda")),
    ("IZINKAYNAGI", "HS_2015", mark("1 Mayıs 2015’ten önce")),
    ("IZINKAYNAGI", "HS_KARAR", mark("Şirketin kendi kararı, yalnız ret için")),
    *(
        (file_header.template_name(field), "", meaning)
        for field, meaning in (
            (evidence_fields.TEXT, mark("İsteğe bağlı kanıt: kişinin onayladığı metin")),
            (evidence_fields.VERSION, mark("İsteğe bağlı kanıt: metnin sürümü")),
            (evidence_fields.FORM, mark("İsteğe bağlı kanıt: formun adı ya da numarası")),
            (evidence_fields.URL, mark("İsteğe bağlı kanıt: onayın alındığı sayfa, https:// ile")),
            (evidence_fields.FILE, mark("İsteğe bağlı kanıt: belgenin ya da ses kaydının SHA-256 özeti")),
            (evidence_fields.IMAGE, mark("İsteğe bağlı kanıt: imza görüntüsünün SHA-256 özeti")),
        )
    ),
)


async def show(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    """The columns of a file that were not all found, to be matched."""
    file, registry = _file(member), process.of(request).registry
    head = await registry.store.read(upload_pieces.head, registry.keyring, file.id)
    if head is None or file.state not in (UploadState.ASKING, UploadState.CHECKED):
        return pages.redirect(request, f"{member.home}/yuklemeler/{file.number}")
    known = await registry.store.read(brand_rows.layout_of, file)
    before = known._replace(values=file.layout.values or file.layout.last)
    return form_answers.page(
        request,
        member,
        "loading/matching.html",
        result,
        given,
        file=file,
        head=head,
        fields=(*FIELDS, *((BRAND,) if known.brands else ()), *EVIDENCE),
        chosen=given if result.faults else _chosen(head, before),
        for_all=_FOR_ALL,
    )


async def match(request: Request, member: Member) -> Response:
    """Keeps the matching and tries the file again."""
    file, registry, given = _file(member), process.of(request).registry, await forms.fields(request)
    head = await registry.store.read(upload_pieces.head, registry.keyring, file.id)
    if head is None:
        return pages.redirect(request, f"{member.home}/yuklemeler/{file.number}")
    layout, faults = _matched(file, head, given)
    if faults:
        shown = tuple((place, pages.text(request, sentence)) for place, sentence in faults)
        return await show(request, member, FormResult(None, shown, 422), given)
    return await _reread(request, member, file, file.form, layout)


async def choose_dates(request: Request, member: Member) -> Response:
    """Keeps how dates with two readings are read, and tries the file again."""
    file, given = _file(member), await forms.fields(request)
    form = given.get("dates")
    return await _reread(request, member, file, form if form in (Form.TR, Form.US) else None, file.layout)


async def choose_sheets(request: Request, member: Member) -> Response:
    """Keeps which sheets of a workbook are read, and tries the file again."""
    file, given = _file(member), await forms.fields(request)
    chosen = tuple(dict.fromkeys(name for key, name in given.items() if key.startswith("sheet-") and name))
    if not chosen or len(chosen) > _MOST_SHEETS:
        return pages.redirect(request, f"{member.home}/yuklemeler/{file.number}?sayfa")
    return await _reread(request, member, file, file.form, file.layout._replace(sheets=chosen))


async def add_dealers(request: Request, member: Member) -> Response:
    """Adds the dealers whose codes the file's refused rows name, and tries the file again."""
    file, registry = _file(member), process.of(request).registry
    if file.state is UploadState.CHECKED:
        codes = await asyncio.to_thread(_unknown_dealers, registry, file)
        brand = await registry.store.read(provider_list.brand, file.brand)
        for start in range(0, len(codes), dealer_actions.TOGETHER):
            wanted = [(code, code) for code in codes[start : start + dealer_actions.TOGETHER]]
            await form_answers.write(request, member, dealer_actions.add_all, brand, wanted)
    return await _reread(request, member, file, file.form, file.layout)


def _unknown_dealers(registry: Registry, file: PanelFile) -> list[str]:
    found: dict[str, None] = {}
    place = 0
    while some := registry.store.read_now(upload_pieces.refusals, registry.keyring, file.id, PieceKind.TRIED, place):
        found |= dict.fromkeys(one.value for one in some if one.code == "H180" and reasons.is_own_code(one.value))
        place += 1
    return list(found)[: reasons.MOST_DEALERS]


async def copy_to_brands(request: Request, member: Member) -> Response:
    """Tries the rows of the other brands in a file, each brand's as a file of its own."""
    file, registry = _file(member), process.of(request).registry
    store, counts = registry.store, file.loaded or file.tried or {}
    rows = brand_rows.others(counts)
    wanted = [one for one in await form_answers.brands(request, member) if one.code in rows]
    done = await store.read(brand_rows.same, file, [one.id for one in wanted])
    for brand in wanted:
        full = await store.read(upload_store.open_files, member.at.id, store.now()) >= upload_store.MOST_OPEN
        if brand.id in done or full or not await store.read(upload_pieces.held, file.id):
            continue
        number = await store.write(brand_rows.begin_copy, registry.keyring, file, member.person.id, brand.id)
        place = 0
        while await store.write(brand_rows.copy_piece, number, file, place):
            place += 1
        await form_answers.write(request, member, brand_rows.received, member, number, brand.id, file)
    upload_job.ring(registry)
    return pages.redirect(request, f"{member.home}/yuklemeler/{file.number}")


async def template(request: Request, member: Member) -> Response:
    """An example row under the header, as a workbook with a sheet of the codes, or as CSV."""
    words = catalogue(texts.language(request)[0]).gettext
    day = instants.day_of(process.of(request).registry.store.now()).strftime("%d.%m.%Y")
    example = [cell.format(day=day) for cell in _EXAMPLE]
    rows = [file_header.TEMPLATE.split(", "), example]
    # Behind the others, because most files have none of them.
    rows[0] += map(file_header.template_name, EVIDENCE)
    example += [""] * len(EVIDENCE)
    if request.url.path.endswith(".csv"):
        text = "\ufeff" + "".join(";".join(row) + "\r\n" for row in rows)
        return _attached(text.encode(), "text/csv; charset=utf-8", "izin-sablonu.csv")
    codes = [[words(mark("Sütun")), words(mark("Yazılacak")), words(mark("Anlamı"))]]
    codes += [[column, code, words(meaning)] for column, code, meaning in _MEANINGS]
    content = workbooks.workbook({words(mark("İzinler")): rows, words(mark("Kodlar")): codes})
    return _attached(content, own_file.KIND, "izin-sablonu.xlsx")


def _attached(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


async def _reread(request: Request, member: Member, file: PanelFile, form: str | None, layout: Layout) -> Response:
    if file.state in (UploadState.ASKING, UploadState.CHECKED):
        await form_answers.write(request, member, receiving.reread, member, file, form, layout)
        upload_job.ring(process.of(request).registry)
    return pages.redirect(request, f"{member.home}/yuklemeler/{file.number}")


def _chosen(head: FileHead, layout: Layout) -> dict[str, str]:
    fields = file_header.fields_of(head.cells, layout)
    columns = {f"column-{place}": field or "" for place, field in enumerate(fields)}
    return columns | {f"all-{field}": word for field, word in layout.values.items()}


def _matched(file: PanelFile, head: FileHead, given: Mapping[str, str]) -> tuple[Layout, list[tuple[str, str]]]:
    """The layout, and faults: (input's id, marked sentence)."""
    names: dict[str, str] = {}
    places: dict[str, str] = {}
    faults: list[tuple[str, str]] = []
    for place, cell in enumerate(head.cells):
        field, key = given.get(f"column-{place}", ""), folded(cell)
        if not key:
            continue
        names[key] = field if field in (*FIELDS, BRAND, *EVIDENCE) else ""
        if names[key] and field in places:
            faults.append((f"column-{place}", _TWICE))
        elif names[key]:
            places[field] = key
    values = {
        field: word
        for field, words in _FOR_ALL.items()
        if field not in places and (word := given.get(f"all-{field}", "")) in words
    }
    for field in REQUIRED:
        if field not in places and field not in values:
            faults.append((f"all-{field}" if field in _FOR_ALL else "column-0", _MISSING[field]))
    return file.layout._replace(names=names, values=values, last={}), faults


def _file(member: Member) -> PanelFile:
    found: Any = member.objects["upload"].what
    assert isinstance(found, PanelFile)
    return found
