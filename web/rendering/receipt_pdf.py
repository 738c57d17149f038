"""A receipt as a PDF, tagged (PDF/UA-1) and for keeping (PDF/A-3a), with its proof attached. It takes about 10 ms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from consents.channels import SPECS
from consents.languages import between
from consents.terms import Identity
from web.rendering import texts
from web.rendering.drawing import phone
from web.rendering.texts import mark

_SOURCE = Path(__file__).parents[2] / "templates" / "pages" / "receipt.typ"
_NUMBER, _WHEN, _HOW = mark("Kayıt no"), mark("Ne zaman?"), mark("Nasıl?")
_PHONE, _MAIL, _STOP, _LATER = mark("Numara"), mark("E-posta"), mark("Durması için son gün"), mark("Sonradan")
_FOR = mark("Neler için?")
_BACK = mark("Geri alındı: %(moment)s")
_FOOT = mark("Bu kaydın gerçek olduğuna bakmak için karekodu okutun ya da sitede kayıt numarasını yazın:")
_ATTACHED = mark("Kanıt bu dosyaya eklidir; dosyayı sitede de doğrulatabilirsiniz:")
_PROOF, _CODE = mark("Kanıt, bilgisayar için (JSON)"), mark("Karekod:")
_WAYS = {str(channel): spec.name for channel, spec in SPECS.items()}
_AS = {
    (str(Identity.BIREYSEL),): mark("kendiniz için"),
    (str(Identity.TACIR),): mark("işletmeniz için"),
    (str(Identity.BIREYSEL), str(Identity.TACIR)): mark("kendiniz ve işletmeniz için"),
}


class ReceiptFrame(NamedTuple):
    """What a receipt has beside its words. ``link``: of its QR code, ``qr``: an SVG; ``proof``: JSON, None while there
    is none."""

    site: str
    url: str
    link: str
    qr: str
    proof: str | None


def made(language: str, words: Mapping[str, Any], around: ReceiptFrame) -> bytes:
    translate = texts.catalogue(language).gettext
    foot = f"{translate(_FOOT)} {around.url}/makbuz."
    if around.proof is not None:
        foot += f" {translate(_ATTACHED)} {around.url}/dogrula."
    data = {
        "title": words["sentence"],
        "lang": language,
        "site": around.site,
        "facts": _facts(language, words),
        "groups": _groups(language, words),
        "foot": foot,
        "foot_number": f"{translate(_NUMBER)}: {words['spaced']}",
        "proof": around.proof,
        "file": f"izin-{words['number']}.json",
        "about": translate(_PROOF),
        "qr": around.qr,
        "alt": f"{translate(_CODE)} {around.link}",
    }
    return compiled(_SOURCE, data)


def compiled(source: Path, data: Mapping[str, Any]) -> bytes:
    import typst  # large, and few processes need it

    inputs = {"data": json.dumps(data)}
    return typst.compile(
        source.read_bytes(), format="pdf", sys_inputs=inputs, pdf_standards=["ua-1", "a-3a"], ignore_system_fonts=True
    )


def _facts(language: str, words: Mapping[str, Any]) -> list[tuple[str, str]]:
    translate, address = texts.catalogue(language).gettext, words["address"]
    facts = [
        (translate(_WHEN), words["at"]),
        (translate(_NUMBER), words["spaced"]),
        *([(translate(_FOR), words["ahead"])] if words["ahead"] else []),
        (translate(_HOW), words["door"]),
        (translate(_MAIL if "@" in address else _PHONE), phone(address)),
    ]
    if words["stop"]:
        facts.append((translate(_STOP), words["stop"]))
    if words["taken_back"]:
        facts.append((translate(_LATER), translate(_BACK) % {"moment": words["taken_back"]}))
    return facts


def _groups(language: str, words: Mapping[str, Any]) -> list[dict[str, Any]]:
    translate = texts.catalogue(language).gettext
    business = any(line.identity for line in words["receipt"].lines)

    def way(channel: str, which: tuple[str, ...]) -> str:
        return f"{translate(_WAYS[channel])} ({translate(_AS[which])})" if business else translate(_WAYS[channel])

    return [
        {
            "ways": between(language).join(way(*one) for one in ways),
            "brands": [f"{brand.title} · {brand.company_title}" for brand in brands],
        }
        for ways, brands in words["groups"]
    ]
