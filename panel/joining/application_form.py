"""What a company writes about itself, read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from consents.brands import companies, spelling
from consents.brands.companies import BadCompany
from panel.joining.applications import NewApplication, SizeClass
from providers.dealers import check_digits
from web.rendering.texts import mark

_TITLE = mark("Şirketin ticaret unvanını yazın.")
_BRAND = mark("Müşterilerinizin tanıdığı marka adını yazın.")
_MERSIS = mark("MERSİS numarası 16 rakamdır.")
_TAX = mark("Bu vergi numarası doğru değil. 10 rakamlı vergi numarasını ya da 11 rakamlı T.C. kimlik numarasını yazın.")
_SIGNATORY = mark("Şirketi imzasıyla bağlayan kişinin adını ve soyadını yazın.")
_SIZE = mark("Kaç numara ve e-posta yükleyeceğinizi seçin.")
_LINK = mark("Ad bir bağlantı gibi görünüyor. Noktadan sonra boşluk bırakın, web adresi yazmayın.")
# Why an application is not kept: its word -> the input it is about, and the sentence.
REFUSED = {
    "mersis-taken": (
        "mersis",
        mark("Bu MERSİS numaralı şirket zaten kayıtlı. Hesap sahibinden sizi davet etmesini isteyin."),
    ),
    "mersis-again": ("mersis", mark("Bu MERSİS numarasıyla başvurunuz zaten bekliyor; karar e-postayla bildirilecek.")),
    "applied-open": ("title", mark("Bu e-postayla üç başvuru bekliyor. Biri karara bağlanınca yenisini yapın.")),
    "applied-today": ("title", mark("Bu e-postayla bugün üç kez başvuruldu. Yarın yeniden deneyin.")),
}


class ApplicationForm(NamedTuple):
    """``given``: as it was typed; ``faults``: an input's id and a sentence; ``new`` is None where there are any."""

    given: Mapping[str, str]
    faults: list[tuple[str, str]]
    new: NewApplication | None


def read(given: Mapping[str, str], email: str, partners: Sequence[tuple[int, str]]) -> ApplicationForm:
    """The form of whoever proved this e-mail. ``partners``: code and title of those that can be chosen."""
    plain = {name: " ".join(given.get(name, "").split()) for name in ("title", "brand", "signatory")}
    mersis, tax = (_digits(given.get(name, "")) for name in ("mersis", "tax"))
    size = {"small": SizeClass.SMALL, "large": SizeClass.LARGE}.get(given.get("size", ""))
    faults = [
        (name, _LINK if plain[name] and spelling.is_link(plain[name]) else fault)
        for name, fault in (("title", _TITLE), ("brand", _BRAND))
        if not _is_title(plain[name])
    ]
    if not check_digits.is_digits(mersis, check_digits.MERSIS):
        faults.append(("mersis", _MERSIS))
    if not (check_digits.is_tax_number(tax) or check_digits.is_identity_number(tax)):
        faults.append(("tax", _TAX))
    if not 3 <= len(plain["signatory"]) <= 120 or not plain["signatory"].isprintable():
        faults.append(("signatory", _SIGNATORY))
    if size is None:
        faults.append(("size-small", _SIZE))
    chosen = given.get("partner", "")
    partner = next((code for code, _ in partners if str(code) == chosen), None)
    if faults or size is None:
        return ApplicationForm(given, faults, None)
    named = plain["title"], plain["brand"], mersis, tax, plain["signatory"]
    return ApplicationForm(given, [], NewApplication(email, *named, size, partner))


def _digits(text: str) -> str:
    return "".join(text.split()).replace("-", "")


def _is_title(text: str) -> bool:
    try:
        return companies.clean(text) == text
    except BadCompany:
        return False
