"""The proof of an answered request in a zip: signed JSON, its time stamp where an authority gives one, a tagged PDF. It
opens with the registry's public key alone. Company and person get the same file. It has the address where the company
gave it; a till gave none, so the proof of its request has the masked one alone. The address stands in a stamped text,
so the text is kept sealed, and goes when its person is erased (rule L15)."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from asking import forms, request_store, tills
from asking.request_states import WORDS, RequestMethod, RequestPurpose, RequestState
from asking.request_store import AskedRequest, StampedProof
from consents import history
from consents.channels import SPECS
from consents.instants import HOUR, micros
from consents.people import recipients
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Channel, Identity
from evidence import checkpoints, receipts
from evidence.checkpoints import LogKey
from evidence.leaves import LogFault
from evidence.tlog import signed_trees
from settings import Settings
from trust import paper_seals
from web.rendering import receipt_pdf, texts, when
from web.rendering.drawing import phone
from web.rendering.texts import mark

AT_ONCE, MOST_FAILED = 200, 3  # stamps of one turn, and failures that end it
_SOURCE = Path(__file__).parents[1] / "templates" / "pages" / "answer.typ"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # else the same proof would be another file each time

_TITLE = mark("Bir markanın sorusuna verilen cevap")
_BRAND, _WHOSE, _ASKED, _ANSWERED = mark("Marka"), mark("Numara veya e-posta"), mark("Soruldu"), mark("Cevap verildi")
_QUESTION, _BY, _HOW, _NUMBER = mark("Soru"), mark("Soran"), mark("Nasıl?"), mark("İşlem no")
_ANSWER, _SHOWN, _NOTICE, _MESSAGE = (
    mark("Cevap"), mark("Gösterilen metin"), mark("Aydınlatma (yalnız gösterilir, onaylanmaz)"), mark("Giden mesaj")
)  # fmt: skip
_QUESTIONS = {
    RequestPurpose.VERIFY: mark("Bu numara veya e-posta sizin mi? (İzin sorulmadı.)"),
    RequestPurpose.CONSENT: mark("Size reklam gönderebilir mi?"),
}
_YES, _NO, _SILENT = mark("onay verildi"), mark("reddedildi"), mark("cevap verilmedi, hiçbir şey değişmedi")
_VERIFIED = mark("Sahibi doğruladı; hiçbir izin verilmedi.")
_METHODS = {
    RequestMethod.SMS_OTP: mark("SMS ile gelen kod markaya söylenerek"),
    RequestMethod.EPOSTA_OTP: mark("e-postayla gelen kod markaya söylenerek"),
    RequestMethod.SMS_SHORTURL: mark("SMS ile gelen bağlantının sayfasında"),
    RequestMethod.EPOSTA_SHORTURL: mark("e-postayla gelen bağlantının sayfasında"),
    RequestMethod.TILL: mark("kasadaki ekranı okutarak ya da kelimesini göndererek"),
    RequestMethod.POSTER: mark("afişi okutarak ya da kelimesini göndererek"),
}
_PROGRAM, _COMPANY, _TILL, _POSTER = (
    mark("şirketin programı"), mark("şirketin paneli"), mark("kasa"), mark("afiş")
)  # fmt: skip
_FOOT = mark(
    "Bu belge cevabın verildiği anı gösterir; cevap sonradan değişmiş olabilir. Ekindeki JSON dosyası bu sistemin "
    "anahtarıyla imzalıdır ve şurada doğrulanır:"
)
_PROOF = mark("Cevabın imzalı kanıtı (JSON)")

Stamping = Callable[[bytes], Awaitable[bytes]]
"""Asks an authority to stamp a SHA-512. Errors: any, of which each ends one try."""

log = structlog.get_logger()


def archive(registry: Registry, settings: Settings, request: AskedRequest, language: str = "tr") -> bytes | None:
    """The zip; None for a request without an answer, and while the log has not signed its consent, which takes about a
    minute. Takes some 50 ms: call it in a thread. Errors: LogFault."""
    proof = registry.store.read_now(_find, registry, settings, request)
    if proof is None:
        return None
    name = f"izin-{request.public}"
    files = {f"{name}.pdf": _paper(registry, settings, proof.text, language, name), f"{name}.json": proof.text.encode()}
    if proof.stamp:
        files[f"{name}.json.tsr"] = proof.stamp
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for one, content in files.items():
            made.writestr(zipfile.ZipInfo(one, _ZIP_TIME), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


async def stamp_due(registry: Registry, settings: Settings, stamp: Stamping) -> None:
    """Makes and stamps the proofs of the newest answers; three failures end the turn."""
    failed = 0
    for number in await registry.store.read(_due):
        try:
            proof = await registry.store.read(_made, registry, settings, number)
        except LogFault as fault:
            log.error("no_proof", request=number, error=str(fault))
            continue
        if proof is None:
            continue
        try:
            reply = await stamp(hashlib.sha512(proof.encode()).digest())
        except Exception as fault:
            log.warning("no_time_stamp", request=number, error=str(fault))
            if (failed := failed + 1) >= MOST_FAILED:
                return
            continue
        await registry.store.write(request_store.keep_proof, registry.keyring, number, StampedProof(proof, reply))


def _due(snapshot: Snapshot) -> list[int]:
    return request_store.without_proof(snapshot, checkpoints.last_size(snapshot), AT_ONCE)


def _made(snapshot: Snapshot, registry: Registry, settings: Settings, number: int) -> str | None:
    request = request_store.by_id(snapshot, registry.keyring, number)
    if request is None or _waits_for_witnesses(snapshot, registry, settings, request):
        return None
    return _statement(snapshot, registry, settings, request)


def _waits_for_witnesses(snapshot: Snapshot, registry: Registry, settings: Settings, request: AskedRequest) -> bool:
    """For an hour at most: what is stamped stays as it is."""
    if request.act is None or request.ended_at is None or request.ended_at + HOUR < registry.store.now():
        return False
    tree = signed_trees.of_act(snapshot, LogKey.of(registry.keyring), request.act, settings.log_quorum)
    return tree is not None and tree.cosigned < settings.log_quorum


def _find(snapshot: Snapshot, registry: Registry, settings: Settings, request: AskedRequest) -> StampedProof | None:
    """The stamped one, else one without a stamp."""
    if (kept := request_store.stamped_proof(snapshot, registry.keyring, request.id)) is not None:
        return kept
    made = _statement(snapshot, registry, settings, request)
    return None if made is None else StampedProof(made, b"")


def _statement(snapshot: Snapshot, registry: Registry, settings: Settings, request: AskedRequest) -> str | None:
    if request.state is not RequestState.ANSWERED or request.ended_at is None:
        return None
    keyring = registry.keyring
    signed = signed_trees.of_act(snapshot, LogKey.of(keyring), request.act or 1, settings.log_quorum)
    if request.act is not None and signed is None:
        return None
    book = registry.brands.book(snapshot, registry.store.now())
    # A verification may be of a company alone.
    brand = next(one for one in book.brands if request.brand in (None, one.id) and one.company == request.company)
    till = None if request.till is None else tills.by_id(snapshot, request.till)
    version = None
    if request.form is not None and request.version is not None:
        version = forms.version(snapshot, request.form, request.version)
    named = request.address if request.address and request.method not in WORDS else ""
    movements: list[dict[str, Any]] = []
    past = None if request.act is None else history.act(snapshot, request.act)
    if past is not None and signed is not None:
        movements = [
            receipts.prove_movement(snapshot, past.id, event.id, signed.checkpoint)
            for event in history.events_of(snapshot, past)
        ]
    content: dict[str, Any] = {
        "format": receipts.ANSWER,
        "registry": settings.site_name,
        "request": request.public,
        "company": brand.company_title,
        "code": brand.company_code,
        "brand": None if request.brand is None else brand.code,
        "title": brand.company_title if request.brand is None else brand.title,
        "purpose": request.purpose.name,
        "method": request.method.name,
        "asked_by": {
            "by": till.kind if till is not None else "company" if request.program is None else "program",
            "number": till.id if till is not None else request.program,
            "label": "" if till is None else till.label,
        },
        "asked": receipts.iso(request.asked_at),
        "answered": receipts.iso(request.ended_at),
        "masked": recipients.mask(request.address) if request.address else "",
        **({"address": named, "salt": keyring.salt(named).hex()} if named else {}),
        "form": None
        if version is None
        else {
            "number": version.form,
            "version": version.number,
            "title": version.texts.title,
            "promise": version.texts.promise,
            "notice": version.texts.notice,
        },
        "message": request.sent,
        "answers": [
            {
                "channel": str(channel),
                "identity": str(Identity.of(request.identity)),
                "answer": "ONAY"
                if request.yes >> channel.code & 1
                else "RET"
                if request.no >> channel.code & 1
                else None,
            }
            for channel in forms.channels_in(request.channels if request.purpose is RequestPurpose.CONSENT else 0)
        ],
        "made": receipts.iso(registry.store.now()),
        "movements": movements,
        "checkpoint": signed.note if signed and movements else None,
        **receipts.outside(signed if movements else None, settings.log_quorum),
    }
    return receipts.sign_document(keyring, content)


def _paper(registry: Registry, settings: Settings, statement: str, language: str, name: str) -> bytes:
    """The PDF, sealed."""
    translate, content = texts.catalogue(language).gettext, json.loads(statement)
    purpose, form = RequestPurpose[content["purpose"]], content["form"] or {}

    def moment(field: str) -> str:
        return when.moment(language, micros(datetime.fromisoformat(content[field])))

    by = content["asked_by"]
    who = translate({"till": _TILL, "poster": _POSTER, "program": _PROGRAM}.get(by["by"], _COMPANY))
    words = {"ONAY": translate(_YES), "RET": translate(_NO), None: translate(_SILENT)}
    answers = [
        f"{translate(SPECS[Channel[one['channel']]].name)}: {words[one['answer']]}" for one in content["answers"]
    ]
    facts = [
        (_BRAND, f"{content['title']} ({content['company']}, {content['code']})"),
        (_WHOSE, phone(content["address"]) if "address" in content else content["masked"]),
        (_QUESTION, translate(_QUESTIONS[purpose])),
        (_ANSWER, "; ".join(answers) if purpose is RequestPurpose.CONSENT else translate(_VERIFIED)),
        (_ANSWERED, moment("answered")),
        (_HOW, translate(_METHODS[RequestMethod[content["method"]]])),
        (_ASKED, moment("asked")),
        (_BY, " ".join(filter(None, (who, by["label"] or str(by["number"] or ""))))),
        (_MESSAGE, content["message"]),
        (_SHOWN, " · ".join(filter(None, (form.get("title"), form.get("promise"))))),
        (_NOTICE, form.get("notice", "")),
        (_NUMBER, content["request"]),
    ]
    data = {
        "title": translate(_TITLE),
        "lang": language,
        "site": content["registry"],
        "facts": [(translate(label), value) for label, value in facts if value],
        "foot": f"{translate(_FOOT)} {settings.public_url}/dogrula",
        "verifier": content["verifier"],
        "proof": statement,
        "file": f"{name}.json",
        "about": translate(_PROOF),
    }
    made = receipt_pdf.compiled(_SOURCE, data)
    seal = paper_seals.of_minute(paper_seals.STATEMENT, micros(datetime.fromisoformat(content["made"])))
    return paper_seals.sealed(made, seal, registry.keyring)
