"""Checking a receipt that somebody was handed: its file or its text, by the proof in it. Nothing of it is kept."""

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
from trust import record_numbers
from web import forms, pages, process
from web.rendering import receipt_words, texts, when

_TEMPLATE = "optout/check.html"


async def ask(request: Request) -> Response:
    """The page with its two fields, and the key by which anybody else can check."""
    return _page(request)


async def check(request: Request) -> Response:
    """Whether the receipt is genuine, and what it says; 422 where it is not, or where there is none."""
    given = await forms.with_files(request)
    text = given.get("file", "") or given.get("text", "")
    if not text.strip():
        return _page(request, fault="missing", status=422)
    # A browser writes the lines of a text field anew, and who copies misses the last one's end.
    plain = text.replace("\r\n", "\n").strip() + "\n" if not given.get("file") else text
    try:
        said = receipts.check(plain, LogKey.of(process.of(request).registry.keyring))
    except BadReceipt:
        return _page(request, fault="bad", status=422)
    return _page(request, said=_words(texts.language(request)[0], said))


def _page(request: Request, *, fault: str = "", said: dict[str, Any] | None = None, status: int = 200) -> Response:
    key = LogKey.of(process.of(request).registry.keyring).verifier()
    return pages.render(request, _TEMPLATE, status=status, fault=fault, said=said, verifier=key)


def _words(language: str, said: dict[str, Any]) -> dict[str, Any]:
    """A receipt's content, its moments and its door in words."""
    statuses = {one["status"] for one in said["consents"]}
    return said | {
        "spaced": record_numbers.spaced(said["number"]),
        "at": _moment(language, said["recorded"]),
        "how": receipt_words.how(language, Door[said["door"].upper()]),
        "did": "undo" if said["undo"] else "RET" if "RET" in statuses else "ONAY",
        "stop": said["stop_by"] and when.weekday(language, date.fromisoformat(said["stop_by"])),
        "back": said["taken_back"] and _moment(language, said["taken_back"]),
    }


def _moment(language: str, iso: str) -> str:
    return when.moment(language, instants.micros(datetime.fromisoformat(iso)))
