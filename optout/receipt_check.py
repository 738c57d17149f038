"""Verifies a receipt's file, PDF or text by the proof in it. Nothing is stored."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from consents import instants
from consents.terms import Door
from evidence import receipts
from evidence.checkpoints import LogKey
from evidence.receipts import BadReceipt
from optout import number_check
from trust import paper_seals, record_numbers
from trust.paper_seals import BrokenSeal, NoSeal
from web import forms, pages, process
from web.rendering import receipt_words, texts, when

_TEMPLATE = "optout/check.html"
_NUMBER = 100  # characters of a text that may be a record number


async def ask(request: Request) -> Response:
    return _page(request)


async def check(request: Request) -> Response:
    """Whether the receipt is genuine, and its content; 422 where it is not or is unreadable. A PDF is known by its
    seal, and a record number in place of the text is looked up."""
    given = await forms.with_files(request, errors="surrogateescape")
    file = given.get("file", "").encode("utf-8", "surrogateescape")
    if file.lstrip().startswith(b"%PDF-"):
        return await _paper(request, file)
    whole = file.decode("utf-8", "replace") or given.get("text", "")
    if not whole.strip():
        return _page(request, fault="missing", status=422)
    if len(whole) < _NUMBER and record_numbers.well_formed(record_numbers.plain(whole.strip())):
        return await number_check.answer(request, whole.strip())
    # A browser writes the lines of a text field anew, and who copies misses the last one's end.
    plain = whole if file else whole.replace("\r\n", "\n").strip() + "\n"
    try:
        content = receipts.check(plain, LogKey.of(process.of(request).registry.keyring))
    except BadReceipt:
        return _page(request, fault="bad" if _claims(plain) else "unread", status=422)
    return _page(request, receipt=_words(texts.language(request)[0], content))


async def _paper(request: Request, file: bytes) -> Response:
    """A PDF: unchanged, changed, or without a seal, so unknown."""
    registry = process.of(request).registry
    try:
        number = paper_seals.check(file, LogKey.of(registry.keyring).public)
    except NoSeal:
        return _page(request, fault="paper", status=422)
    except BrokenSeal:
        return _page(request, fault="changed", status=422)
    found = await number_check.find(request, number)
    return _page(request, paper=found or {"number": record_numbers.spaced(number)})


def _claims(whole: str) -> bool:
    return whole.lstrip().startswith("{") and '"izin-receipt/' in whole


def _page(
    request: Request,
    *,
    fault: str = "",
    receipt: dict[str, Any] | None = None,
    paper: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    key = LogKey.of(process.of(request).registry.keyring).verifier()
    return pages.render(request, _TEMPLATE, status=status, fault=fault, receipt=receipt, paper=paper, verifier=key)


def _words(language: str, content: dict[str, Any]) -> dict[str, Any]:
    statuses = {one["status"] for one in content["consents"]}
    return content | {
        "spaced": record_numbers.spaced(content["number"]),
        "at": _moment(language, content["recorded"]),
        "how": receipt_words.how(language, Door[content["door"].upper()]),
        "did": "undo" if content["undo"] else "RET" if "RET" in statuses else "ONAY",
        "stop": content["stop_by"] and when.weekday(language, date.fromisoformat(content["stop_by"])),
        "back": content["taken_back"] and _moment(language, content["taken_back"]),
    }


def _moment(language: str, iso: str) -> str:
    return when.moment(language, instants.micros(datetime.fromisoformat(iso)))
