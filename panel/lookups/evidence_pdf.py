"""The statement of a person's history as a tagged PDF (PDF/UA-1, PDF/A-3a) with its signed JSON attached."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from consents.channels import SPECS
from consents.instants import SECOND, micros
from consents.terms import Channel, Status
from panel.lookups import lookup_texts, person_evidence
from panel.lookups.address_facts import AddressEvent, AddressFacts
from panel.lookups.person_evidence import Background
from providers.disputes import evidence_fields
from trust import record_numbers
from web.rendering import texts, when
from web.rendering.drawing import phone
from web.rendering.texts import mark

_SOURCE = Path(__file__).parents[2] / "templates" / "panel" / "looking" / "evidence.typ"
_TITLE, _COMPANY, _PERSON, _MADE = (
    mark("Kanıt belgesi"),
    mark("Şirket"),
    mark("Numara veya e-posta"),
    mark("Düzenlendi"),
)
_STANDS, _HISTORY = mark("Bugün geçerli olan"), mark("Geçmiş")
_NUMBER, _LOAD, _FILE, _WHO, _NOTE = (
    mark("Kayıt no"), mark("Yükleme"), mark("Dosya"), mark("Kaydeden"), mark("Not")
)  # fmt: skip
_TRANSACTION = mark("Hareket kodu")
_ROW, _ABOUT = mark("Dosyadaki satır, başlıktan sonra"), mark("Yalnız bununla ilgili")
_WAYS = {
    "session": mark("Oturum"),
    "carrier": mark("Operatör"),
    "message": mark("İleti"),
    "call": mark("Arama"),
    "request": mark("Soru"),
    "form": mark("Formun adı ya da numarası"),
    "version": mark("Metnin sürümü"),
    "method": mark("Yanıt yolu"),
    "asked": mark("Gösterilen metin"),
}
_SAID, _BACK, _EFFECT = mark("söylendiği zaman"), mark("Geri alındı"), mark("Açıklama")
_COMMENTS = {
    "undo": mark("Daha önce söylenen geri alındı."),
    "waited": mark("Vatandaşa soruldu."),
    "covered": mark("Vatandaşın bütün markalar için reddi vardı; geçerli olmadı."),
    "disputed": mark("Vatandaş “ben onay vermedim” dedi."),
}
_PIECES = {
    evidence_fields.TEXT: mark("Kişinin onayladığı metin"),
    evidence_fields.VERSION: mark("Metnin sürümü"),
    evidence_fields.FORM: mark("Formun adı ya da numarası"),
    evidence_fields.URL: mark("Onayın alındığı sayfa"),
    evidence_fields.FILE: mark("Belgenin özeti"),
    evidence_fields.IMAGE: mark("İmza görüntüsünün özeti (SHA-256)"),
}
_ADDED = mark("Eklendi")
_EARLIER = mark("Daha eski hareketler gösterilmiyor.")
_BRANDS, _ALL = mark("Baktığı markalar"), mark("Şirketin bütün markaları")
_PROOF = mark("Her hareketin imzalı kaydı ve kanıtı")
_FOOT = mark(
    "Bu belgenin ekindeki JSON dosyası bu sistemin anahtarıyla imzalıdır; her hareketin denetim kaydındaki kanıtını "
    "taşır. Dosya, veritabanı olmadan aşağıdaki açık anahtarla denetlenir. Aynı anahtar şu sayfadadır:"
)
_STATUS = {Status.ONAY.code: mark("Onay"), Status.RET.code: mark("Ret"), Status.BEKLIYOR.code: mark("Yanıt bekleniyor")}
_AS = (mark("bireysel"), mark("tacir veya esnaf"))


def made(
    language: str, statement: str, facts: AddressFacts, behind: dict[int, Background], url: str, name: str
) -> bytes:
    """``statement``: of ``person_evidence.statement``; ``name``: of the attached file."""
    translate, content = texts.catalogue(language).gettext, json.loads(statement)
    stands = [
        f"{part.brand.title}: {_way(language, line.channel, line.identity)} – {translate(_STATUS[line.status])}"
        + (f", {when.moment(language, line.at)}" if line.at else "")
        for part in facts.parts
        for line in part.lines
        if line.status is not None
    ]
    data = {
        "title": translate(_TITLE),
        "lang": language,
        "site": content["registry"],
        "facts": [
            (translate(_COMPANY), f"{content['company']} ({content['code']})"),
            (translate(_PERSON), phone(facts.address)),
            (translate(_MADE), when.moment(language, micros(datetime.fromisoformat(content["made"])))),
            (
                translate(_BRANDS),
                translate(_ALL) if content["brands"] is None else ", ".join(map(str, content["brands"])),
            ),
            *([(translate(_ABOUT), content["about"])] if "about" in content else []),
        ],
        "stands": {"title": translate(_STANDS), "lines": stands},
        "history": {
            "title": translate(_HISTORY),
            "movements": [_movement(language, one, behind[one.entry.act]) for one in facts.history],
            "earlier": translate(_EARLIER) if content["earlier"] else "",
        },
        "foot": f"{translate(_FOOT)} {url}/dogrula",
        "verifier": content["verifier"],
        "proof": statement,
        "file": name,
        "about": translate(_PROOF),
    }
    import typst  # large, and few processes need it

    inputs = {"data": json.dumps(data)}
    source = _SOURCE.read_bytes()
    return typst.compile(
        source, format="pdf", sys_inputs=inputs, pdf_standards=["ua-1", "a-3a"], ignore_system_fonts=True
    )


def _way(language: str, channel: int, identity: int) -> str:
    translate = texts.catalogue(language).gettext
    return f"{translate(SPECS[Channel.of(channel)].name)}, {translate(_AS[identity])}"


def _movement(language: str, one: AddressEvent, about: Background) -> dict[str, Any]:
    """Its heading and its facts."""
    translate, word, entry = texts.catalogue(language).gettext, one.change.word, one.entry
    way = _way(language, one.change.channel, one.change.identity)
    facts = [(translate(lookup_texts.door(entry.door.code)), translate(lookup_texts.source(word.source)))]
    if word.at and word.at // SECOND != entry.recorded_at // SECOND:
        facts.append((translate(_SAID), when.moment(language, word.at)))
    comments = person_evidence.comments(one)
    facts += [(translate(_EFFECT), translate(_COMMENTS[name])) for name, holds in comments.items() if holds]
    if entry.undone_at:
        facts.append((translate(_BACK), when.moment(language, entry.undone_at)))
    if about.number:
        facts.append((translate(_NUMBER), record_numbers.spaced(about.number)))
    if one.name:
        facts.append((translate(_TRANSACTION), one.name))
    if about.load:
        facts.append((translate(_LOAD), str(about.load)))
        facts.append((translate(_FILE), f"{about.file} SHA-256 {about.sha256}".strip()))
    if one.row:
        facts.append((translate(_ROW), str(one.row)))
    facts += [(translate(_WAYS[name]), value) for name, value in about.way.items()]
    for piece in one.attached:
        facts += [(translate(_PIECES[name]), value) for name, value in piece.content.items()]
        if piece.row:
            facts += [(translate(_LOAD), str(piece.upload)), (translate(_ROW), str(piece.row))]
        facts.append((translate(_ADDED), when.moment(language, piece.at)))
    facts += [(translate(label), value) for label, value in ((_WHO, about.who), (_NOTE, about.why)) if value]
    head = f"{when.moment(language, entry.recorded_at)}: {one.brand.title}, {way} – {translate(_STATUS[word.status])}"
    return {"head": head, "facts": facts}
