"""The complaint in Turkish, for a Turkish office, with the fields of the TİSS form. Name, T.C. number and operator are
left blank: this site never asks for them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from consents.brands.book import BrandEntry
from consents.channels import SPECS
from web.rendering import when

_KINDS = {str(channel): spec.letter for channel, spec in SPECS.items()}
_OPEN = "……………………………………"
_SIGNED = [f"{field}: {_OPEN}" for field in ("Ad, soyad", "T.C. kimlik no", "Yerleşim yeri")]


class AdMessage(NamedTuple):
    """The citizen's answers about the message. ``at``: its hour as typed, "" for none."""

    channel: str
    day: date
    at: str
    sender: str
    text: str


class ComplaintGround(NamedTuple):
    """The registry's facts. ``refused_at``: µs, None where the citizen refused nothing; ``how``: the door; ``number``:
    of the receipt, "" without one. ``stop``: the last day to obey; None where the brand could not send before.
    ``claim``: a line about the company's declaration, "" for none. ``business``: for a business. ``national``: on
    record at İYS. ``refused``: by somebody else's word."""

    refused_at: int | None
    how: str
    number: str
    stop: date | None
    claim: str
    business: bool
    national: bool = False
    refused: bool = False


class ComplaintPlace(NamedTuple):
    office: str
    site: str
    url: str


def written(brand: BrandEntry, address: str, message: AdMessage, ground: ComplaintGround, place: ComplaintPlace) -> str:
    company = f"{brand.company_title} (İYS no: {brand.company_code}"
    company += f", MERSİS: {brand.mersis})" if brand.mersis else ")"
    hour = f", saat {message.at}" if message.at else ""
    about = "Reddettiğim hâlde" if ground.refused_at is not None or ground.refused else "İznim olmadan"
    wish = "Bu tarihten sonra gönderilen ileti için gereğinin" if ground.stop else "Gereğinin"
    lines = [
        place.office,
        "",
        f"Konu: {about} gönderilen ticari elektronik ileti (6563 sayılı Kanun)",
        "",
        f"Şikâyet ettiğim şirket: {company}",
        f"Marka: {brand.title} (marka no: {brand.code})",
        "",
        "GELEN İLETİ",
        f"Türü: {_KINDS[message.channel]}",
        f"Geldiği {'e-posta' if '@' in address else 'numara'}: {address}{' (tacir/esnaf)' if ground.business else ''}",
        f"Gönderen: {message.sender or _OPEN}",
        f"Tarihi: {when.weekday('tr', message.day)}{hour}",
        *(["Metni:", message.text, ""] if message.text else [""]),
        *_record(ground, place, "e-posta" if "@" in address else "numara"),
        "",
        f"{wish} yapılmasını isterim.",
        "",
        *_SIGNED,
        *([] if "@" in address else [f"GSM işletmecim: {_OPEN}"]),
        f"İmza: {_OPEN}",
        "",
        f"Ekler: {'makbuz, ' if ground.number else ''}iletinin ekran görüntüsü",
    ]
    return "\n".join(lines) + "\n"


def _record(ground: ComplaintGround, place: ComplaintPlace, address: str) -> list[str]:
    """What the registry has about it: the refusal, or that there is no consent."""
    if ground.refused_at is None:
        of = f"{place.site} sisteminde bu {address} için bu markanın bu türde ileti gönderme"
        if ground.refused:
            return ["İZİN", f"{of} izni reddedilmiş olarak kayıtlıdır."]
        return ["İZİN", f"{of} izni kayıtlı değildir. Bu türde ticari elektronik ileti için izin vermedim."]
    last = (
        f"İletilerin durması için son gün: {when.weekday('tr', ground.stop)}"
        if ground.stop
        else "Şirketin reddimden önce de izni yoktu."
    )
    return [
        "REDDİM",
        f"Tarihi: {when.moment('tr', ground.refused_at)}",
        *([f"Yolu: {ground.how}"] if ground.how else []),
        *([f"Kayıt no: {ground.number}"] if ground.number else []),
        *([f"Kayıt: İYS kaydı, {when.day('tr', ground.refused_at)}"] if ground.national else []),
        last,
        *([ground.claim] if ground.claim else []),
        *_proofs(ground, place),
    ]


def about_unknown(sender: str, text: str, office: str) -> str:
    """The complaint about a sender that the registry does not know."""
    lines = [
        office,
        "",
        "Konu: İznim olmadan gönderilen ticari elektronik ileti (6563 sayılı Kanun)",
        "",
        f"Şikâyet ettiğim şirket: {_OPEN}",
        "",
        "GELEN İLETİ",
        f"Türü: {_OPEN}",
        f"Geldiği numara veya e-posta: {_OPEN}",
        f"Gönderen: {sender or _OPEN}",
        f"Tarihi ve saati: {_OPEN}",
        *(["Metni:", text, ""] if text else [""]),
        "Bu şirkete ticari elektronik ileti için izin vermedim. Gereğinin yapılmasını isterim.",
        "",
        *_SIGNED,
        f"GSM işletmecim: {_OPEN}",
        f"İmza: {_OPEN}",
        "",
        "Ekler: iletinin ekran görüntüsü",
    ]
    return "\n".join(lines) + "\n"


def _proofs(ground: ComplaintGround, place: ComplaintPlace) -> list[str]:
    if ground.national:
        return [f"Reddim İleti Yönetim Sistemi'nde (İYS) kayıtlıdır; {place.site} sistemine oradan gelmiştir."]
    if not ground.number:
        return [f"Reddim {place.site} sisteminde kayıtlıdır."]
    return [
        f"Reddim {place.site} sisteminde kayıtlıdır. Kayıt no şurada sorgulanabilir: {place.url}/makbuz",
        f"Makbuz dosyası şurada doğrulanabilir: {place.url}/dogrula",
    ]
