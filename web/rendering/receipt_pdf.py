"""A receipt as a tagged PDF (PDF/UA-1), readable by screen readers. It takes about 10 ms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from consents.channels import SPECS
from consents.terms import Identity
from web.rendering import texts
from web.rendering.drawing import phone
from web.rendering.texts import mark

_SOURCE = Path(__file__).parents[2] / "templates" / "pages" / "receipt.typ"
_TITLE = mark("Makbuz")
_NUMBER, _WHAT, _WHEN, _HOW = mark("Kayıt no"), mark("Ne yaptınız?"), mark("Ne zaman?"), mark("Nasıl?")
_PHONE, _MAIL, _STOP, _LATER = mark("Numara"), mark("E-posta"), mark("Durması için son gün"), mark("Sonradan")
_UNDONE, _REFUSED, _ALLOWED = mark("Geri aldınız"), mark("Reddettiniz"), mark("İzin verdiniz")
_DID = {True: _REFUSED, False: _ALLOWED}
_AHEAD = {
    True: mark("Yeni markalara kapandınız"),
    False: mark("Yeni markalara yeniden açıksınız"),
}
_FOR = mark("Neler için?")
_BACK = mark("Geri alındı: %(moment)s")
_FOOT = mark("Bu kaydın gerçek olduğuna bakmak için sitede kayıt numarasını yazın:")
_WAYS = {str(channel): spec.name for channel, spec in SPECS.items()}
_AS = {
    (str(Identity.BIREYSEL),): mark("kendiniz için"),
    (str(Identity.TACIR),): mark("işletmeniz için"),
    (str(Identity.BIREYSEL), str(Identity.TACIR)): mark("kendiniz ve işletmeniz için"),
}


def made(language: str, words: Mapping[str, Any], site: str, url: str) -> bytes:
    data = {
        "title": texts.catalogue(language).gettext(_TITLE),
        "lang": language,
        "site": site,
        "facts": _facts(language, words),
        "brands": _brands(language, words),
        "foot": f"{texts.catalogue(language).gettext(_FOOT)} {url}/makbuz",
    }
    inputs = {"data": json.dumps(data)}
    source = _SOURCE.read_bytes()
    import typst  # large, and few processes need it

    return typst.compile(source, format="pdf", sys_inputs=inputs, pdf_standards="ua-1", ignore_system_fonts=True)


def _facts(language: str, words: Mapping[str, Any]) -> list[tuple[str, str]]:
    translate, receipt, address = texts.catalogue(language).gettext, words["receipt"], words["address"]
    did = _UNDONE if receipt.undo else (_AHEAD if receipt.ahead else _DID)[receipt.refused]
    facts = [
        (translate(_NUMBER), words["spaced"]),
        (translate(_WHAT), translate(did)),
        *([(translate(_FOR), words["ahead"])] if words["ahead"] else []),
        (translate(_WHEN), words["at"]),
        (translate(_HOW), words["door"]),
        (translate(_MAIL if "@" in address else _PHONE), phone(address)),
    ]
    if words["stop"]:
        facts.append((translate(_STOP), words["stop"]))
    if words["taken_back"]:
        facts.append((translate(_LATER), translate(_BACK) % {"moment": words["taken_back"]}))
    return facts


def _brands(language: str, words: Mapping[str, Any]) -> list[dict[str, str]]:
    translate = texts.catalogue(language).gettext
    business = any(line.identity for line in words["receipt"].lines)

    def way(channel: str, which: list[str]) -> str:
        return (
            f"{translate(_WAYS[channel])} – {translate(_AS[tuple(which)])}" if business else translate(_WAYS[channel])
        )

    return [
        {
            "title": brand.title,
            "company": brand.company_title,
            "ways": "; ".join(way(channel, which) for channel, which in ways),
        }
        for brand, ways in words["brands"]
    ]
