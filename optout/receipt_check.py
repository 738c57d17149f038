"""Verifies a document, PDF, JSON or record number, by the proof in it. Nothing is stored."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from consents import instants
from consents.instants import ISTANBUL
from consents.registry import Registry
from consents.terms import Door
from evidence import receipts
from evidence.checkpoints import LogKey
from evidence.receipts import BadReceipt
from optout import number_check
from trust import paper_seals, record_numbers
from trust.paper_seals import BrokenSeal, NoSeal, Seal, SealReader
from web import forms, process
from web.guards import DECLARED
from web.rendering import receipt_words, texts, when

_NUMBER = 100  # characters of a text that may be a record number
_ATTACHED = 300_000  # bytes of a PDF's attachments that are read: a receipt of some 800 consents
# Bytes of a form with a PDF: a record prints 500 brands at most, and attaches the whole history, which has no bound.
_PDF_FORM = 16_000_000
_PDF, _ZIP = b"%PDF-", b"PK\x03\x04"
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM")
_HEIC = b"ftyp"  # at byte 4


async def check(request: Request) -> Response:
    """Whether a document is genuine, and its content; 422 where it is not or is unreadable. A PDF is known by the
    proof attached to it and by its seal, and a record number is looked up."""
    try:
        if _declared(request) > forms.FORM_BYTES:
            return await _large(request)
        given = await forms.with_files(request, errors="surrogateescape")
    except HTTPException as refused:
        if refused.status_code != 413:
            raise
        return number_check.page(request, fault="large", status=413)
    number = given.get("number", "").strip()
    file = given.get("file", "").encode("utf-8", "surrogateescape")
    if file.lstrip().startswith(_PDF):
        return await _paper(request, file)
    if file.startswith(_PICTURES) or file[4:8] == _HEIC:
        return number_check.page(request, fault="picture", status=422)
    if file.startswith(_ZIP):
        file = receipts.packed_document(file, _ATTACHED) or b"{"
    whole = file.decode("utf-8", "replace") or number or given.get("text", "")
    if not whole.strip():
        return number_check.page(request, fault="missing", status=422)
    if whole == number or (len(whole) < _NUMBER and record_numbers.well_formed(record_numbers.plain(whole.strip()))):
        return await number_check.answer(request, whole.strip()[:_NUMBER])
    # A browser changes the line ends of a text field, and who copies misses the last one's end.
    plain = whole if file else whole.replace("\r\n", "\n").strip() + "\n"
    if not _claims(plain):
        return number_check.page(request, fault="unread", status=422)
    try:
        content = await _checked(plain, process.of(request).registry)
    except BadReceipt:
        return number_check.page(request, fault="bad", status=422)
    return number_check.page(request, **_shown(texts.language(request)[0], content))


def _declared(request: Request) -> int:
    """The body's bytes as declared, which the server enforces; 0 without a declaration."""
    given = str(request.scope.get(DECLARED, ""))
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 20 else 0


async def _large(request: Request) -> Response:
    """A PDF of more bytes than a form: by its seal alone, whose hash needs one portion in memory at a time. So its
    bound limits the network and the hashing: some 4 ms of the processor a megabyte, less a byte than a small form.
    Any other file is given up at its first bytes. 413 for a body without a PDF."""
    if _declared(request) > _PDF_FORM:
        raise HTTPException(413)
    reader, begins = SealReader(), b""

    async def take(portion: bytes) -> None:
        nonlocal begins
        begins += portion[: len(_PDF) - len(begins)]
        if not _PDF.startswith(begins):
            raise HTTPException(413)
        reader.add(portion)

    await forms.limit(request, _PDF_FORM)
    await forms.read(request, "file", _PDF_FORM, take)
    if begins != _PDF:
        raise HTTPException(413)
    try:
        seal = reader.check(*LogKey.of(process.of(request).registry.keyring).publics())
    except NoSeal:
        return number_check.page(request, fault="paper", status=422)
    except BrokenSeal:
        return number_check.page(request, fault="changed", status=422)
    return await _genuine(request, seal)


async def _paper(request: Request, file: bytes) -> Response:
    """A PDF: genuine by its attached proof, whatever else became of it; unchanged; changed; or unknown."""
    language, _ = texts.language(request)
    registry = process.of(request).registry
    seal, fault = None, ""
    proof = _attached(file)
    try:
        seal = paper_seals.check(file, *LogKey.of(registry.keyring).publics())
    except NoSeal:
        fault = "paper"
    except BrokenSeal:
        fault = "changed"
    try:
        content = await _checked(proof, registry) if proof is not None else None
    except BadReceipt:
        return number_check.page(request, fault="bad", status=422)
    if content is not None:
        return number_check.page(request, **_shown(language, content), resaved=seal is None)
    if seal is None:
        return number_check.page(request, fault=fault, status=422)
    return await _genuine(request, seal)


async def _genuine(request: Request, seal: Seal) -> Response:
    """The page of a PDF whose seal is intact."""
    if seal.kind != paper_seals.RECEIPT:
        made_at = datetime.strptime(seal.digits, "%Y%m%d%H%M").replace(tzinfo=ISTANBUL)
        language, _ = texts.language(request)
        return number_check.page(request, record=when.moment(language, instants.micros(made_at)))
    found = await number_check.find(request, seal.digits)
    return number_check.page(request, paper=found or {"number": record_numbers.spaced(seal.digits)})


def _attached(file: bytes) -> str | None:
    """The receipt attached to a PDF, unchecked; None without one."""
    given = (attached.decode("utf-8", "replace") for attached in paper_seals.attached(file, _ATTACHED))
    return next(filter(_claims, given), None)


async def _checked(text: str, registry: Registry) -> dict[str, Any]:
    """The content of a receipt or document, with ``by_earlier_key``. Errors: BadReceipt. Nothing is parsed, and no
    thread taken, without our signature."""
    key = LogKey.of(registry.keyring)
    if not receipts.signed_by(text, key):
        raise BadReceipt("it was changed, or never signed")
    check = receipts.check_document if receipts.document_format(text) else receipts.check
    content = await asyncio.to_thread(check, text, key)
    earlier = receipts.signed_earlier(content, key)
    # Who stole that key can sign another tree of a size that it still signs.
    if earlier and not await registry.store.read(receipts.in_log, content):
        raise BadReceipt("an earlier key signed it, and its checkpoint is not one of this log")
    return content | {"by_earlier_key": earlier}


def _claims(whole: str) -> bool:
    """Whether it is a receipt or document from its beginning to its end, genuine or not; one that was cut off is
    unreadable."""
    begins, ends = whole.lstrip().startswith("{"), whole.rstrip().endswith("}")
    return begins and ends and ('"izin-receipt/' in whole or bool(_document(whole))) and '"signature"' in whole


def _document(whole: str) -> str:
    return receipts.document_format(whole.lstrip())


def _shown(language: str, content: dict[str, Any]) -> dict[str, Any]:
    """What the page shows of a checked file."""
    earlier = content["by_earlier_key"]
    if "number" in content:
        return {"receipt": _words(language, content), "earlier": earlier}
    of_list = {
        way: {status: len(found) for status, found in of.items()} for way, of in content.get("answer", {}).items()
    }
    shown = {"about": "", "address": "", "stands": (), "answers": (), "request": "", **content}
    if earlier:
        shown["stands"] = ()  # no leaf holds it
    at = _moment(language, content.get("answered") or content["made"])
    return {"document": shown | {"at": at, "counts": of_list}, "earlier": earlier}


def _words(language: str, content: dict[str, Any]) -> dict[str, Any]:
    return content | {
        "spaced": record_numbers.spaced(content["number"]),
        "at": _moment(language, content["recorded"]),
        "how": receipt_words.how(language, Door[content["door"].upper()]),
        "did": _did(content),
        "stop": content["stop_by"] and when.weekday(language, date.fromisoformat(content["stop_by"])),
        "back": content["taken_back"] and _moment(language, content["taken_back"]),
    }


def _did(content: dict[str, Any]) -> str:
    """ "undo", "closed" or "opened" for new brands, "RET", "ONAY"."""
    if content["undo"]:
        return "undo"
    if ahead := content.get("ahead"):
        return "closed" if any(one["refuses"] for one in ahead) else "opened"
    return "RET" if any(one["status"] == "RET" for one in content["consents"]) else "ONAY"


def _moment(language: str, iso: str) -> str:
    return when.moment(language, instants.micros(datetime.fromisoformat(iso)))
