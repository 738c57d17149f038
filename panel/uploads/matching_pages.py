"""How a file is read: its columns matched, one word for all rows where it has no such column, and its dates; and the
template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from consents import instants
from consents.dates import Form
from consents.languages import catalogue
from consents.terms import Channel, Identity, Source, Status
from panel import form_answers
from panel.form_answers import UNSENT, FormResult
from panel.rights import Member
from panel.uploads import receiving, upload_job, upload_pieces
from panel.uploads.upload_store import PanelFile, UploadState
from providers.uploads.files import file_header, workbooks
from providers.uploads.files.file_header import FIELDS, REQUIRED, Layout, folded
from providers.uploads.files.row_refusals import FileHead
from web import forms, pages, process
from web.iys_fields import Field
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
)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def show(
    request: Request, member: Member, result: FormResult = UNSENT, given: Mapping[str, str] = {}
) -> Response:
    """The columns of a file that were not all found, to be matched."""
    file, registry = _file(member), process.of(request).registry
    head = await registry.store.read(upload_pieces.head, registry.keyring, file.id)
    if head is None or file.state not in (UploadState.ASKING, UploadState.CHECKED):
        return pages.redirect(request, f"{member.home}/yuklemeler/{file.id}")
    before = file.layout._replace(values=file.layout.values or file.layout.last)
    return form_answers.page(
        request,
        member,
        "loading/matching.html",
        result,
        given,
        file=file,
        head=head,
        fields=FIELDS,
        chosen=given if result.faults else _chosen(head, before),
        for_all=_FOR_ALL,
    )


async def match(request: Request, member: Member) -> Response:
    """Keeps the matching and tries the file again."""
    file, registry, given = _file(member), process.of(request).registry, await forms.fields(request)
    head = await registry.store.read(upload_pieces.head, registry.keyring, file.id)
    if head is None:
        return pages.redirect(request, f"{member.home}/yuklemeler/{file.id}")
    layout, faults = _matched(head, given)
    if faults:
        language = texts.language(request)[0]
        shown = [(place, catalogue(language).gettext(sentence)) for place, sentence in faults]
        return await show(request, member, FormResult(None, tuple(shown), 422), given)
    return await _reread(request, member, file, file.form, layout)


async def choose_dates(request: Request, member: Member) -> Response:
    """Keeps how dates with two readings are read, and tries the file again."""
    file, given = _file(member), await forms.fields(request)
    form = given.get("dates")
    return await _reread(request, member, file, form if form in (Form.TR, Form.US) else None, file.layout)


async def template(request: Request, member: Member) -> Response:
    """An example row under the header, as a workbook with a sheet of the codes, or as CSV."""
    words = catalogue(texts.language(request)[0]).gettext
    day = instants.day_of(process.of(request).registry.store.now()).strftime("%d.%m.%Y")
    example = [cell.format(day=day) for cell in _EXAMPLE]
    rows = [file_header.TEMPLATE.split(", "), example]
    if request.url.path.endswith(".csv"):
        text = "\ufeff" + "".join(";".join(row) + "\r\n" for row in rows)
        return _attached(text.encode(), "text/csv; charset=utf-8", "izin-sablonu.csv")
    codes = [[words(mark("Sütun")), words(mark("Yazılacak")), words(mark("Anlamı"))]]
    codes += [[column, code, words(meaning)] for column, code, meaning in _MEANINGS]
    content = workbooks.workbook({words(mark("İzinler")): rows, words(mark("Kodlar")): codes})
    return _attached(content, _XLSX, "izin-sablonu.xlsx")


def _attached(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


async def _reread(request: Request, member: Member, file: PanelFile, form: str | None, layout: Layout) -> Response:
    if file.state in (UploadState.ASKING, UploadState.CHECKED):
        await form_answers.write(request, member, receiving.reread, member, file, form, layout)
        upload_job.ring(process.of(request).registry)
    return pages.redirect(request, f"{member.home}/yuklemeler/{file.id}")


def _chosen(head: FileHead, layout: Layout) -> dict[str, str]:
    fields = file_header.fields_of(head.cells, layout)
    columns = {f"column-{place}": field or "" for place, field in enumerate(fields)}
    return columns | {f"all-{field}": word for field, word in layout.values.items()}


def _matched(head: FileHead, given: Mapping[str, str]) -> tuple[Layout, list[tuple[str, str]]]:
    """The layout, and faults: (input's id, marked sentence)."""
    names: dict[str, str] = {}
    places: dict[str, str] = {}
    faults: list[tuple[str, str]] = []
    for place, cell in enumerate(head.cells):
        field, key = given.get(f"column-{place}", ""), folded(cell)
        if not key:
            continue
        names[key] = field if field in FIELDS else ""
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
    return Layout(names, values), faults


def _file(member: Member) -> PanelFile:
    found: Any = member.objects["upload"].what
    assert isinstance(found, PanelFile)
    return found
