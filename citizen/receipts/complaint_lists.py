"""A citizen's counted complaints, each with its number and state, which only the citizen knows and changes."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.receipts import complaint_store
from citizen.receipts.complaint_store import CountedComplaint, NewComplaint
from citizen.rows import row_model, shown_lines
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.brands.book import BrandEntry
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from trust import record_numbers
from web import forms, pages, process
from web.rendering import texts

PATH = "/izinler/sikayetler"
_CHANGES = {"gonderdim": complaint_store.sent, "yanit": complaint_store.answered, "sil": complaint_store.withdraw}


class ListedComplaint(NamedTuple):
    """``receipt``: the record number of the refusal, "" without. Days in words, "" for none."""

    complaint: CountedComplaint
    number: str
    brand: BrandEntry
    channel: str
    day: str
    sent: str
    answered: str
    receipt: str


@sessions.required
async def show(request: Request, session: Session) -> Response:
    """The newest first; what was just done named above."""
    holder, registry = holders.named(request, session), process.of(request).registry
    listed = await registry.store.read(_view, registry, holder, texts.language(request)[0])
    new, fault, did = pages.result(request, _path(holder), session.key.hex()) or ("", "", "")
    context = holders.frame(request, session, holder)
    return pages.render(
        request, "citizen/receipts/complaints.html", **context, path=PATH, listed=listed, new=new, fault=fault, did=did
    )


@sessions.required
async def change(request: Request, session: Session) -> Response:
    """“I sent it”, “the office answered”, or takes it out of the count."""
    holder, registry, form = holders.named(request, session), process.of(request).registry, await forms.fields(request)
    complaint = record_numbers.read_complaint(registry.keyring, form.get("number", ""))
    if complaint is None or form.get("do") not in _CHANGES:
        raise HTTPException(422)
    await registry.store.write(_change, registry, holder, form["do"], complaint)
    return lead(request, session, holder, did=form["do"])


def read_day(written_day: str) -> date | None:
    """A day as browsers post it, or as people write it."""
    parts = re.fullmatch(r"(\d{1,2})[./](\d{1,2})[./](\d{4})", written_day, re.ASCII)
    try:
        return date(int(parts[3]), int(parts[2]), int(parts[1])) if parts else date.fromisoformat(written_day)
    except ValueError:
        return None


async def counted(request: Request, session: Session, holder: Holder, new: NewComplaint) -> Response:
    """Counts it and leads to the list."""
    registry = process.of(request).registry
    complaint = await registry.store.write(_count, registry, holder, new)
    number = "" if complaint is None else record_numbers.of_complaint(registry.keyring, complaint)
    return lead(request, session, holder, number, "full" if complaint is None else "")


def lead(
    request: Request, session: Session, holder: Holder, number: str = "", fault: str = "", did: str = ""
) -> Response:
    """The list after something was done. ``fault``: full, day, or ""; ``did``: of ``_CHANGES``."""
    return pages.show_result(request, _path(holder), [number, fault, did], session.key.hex())


def _path(holder: Holder) -> str:
    return f"{PATH}?n={holder.mark}"


def _count(transaction: Transaction, registry: Registry, holder: Holder, new: NewComplaint) -> int | None:
    recipient = holders.enrol(transaction, registry, holder) if new.brand is not None else None
    return complaint_store.count(transaction, registry.keyring, holder.address, recipient, new)


def _change(transaction: Transaction, registry: Registry, holder: Holder, wish: str, complaint: int) -> None:
    recipient = holders.find(transaction, registry, holder)
    if recipient is not None:
        _CHANGES[wish](transaction, recipient, complaint)


def _view(snapshot: Snapshot, registry: Registry, holder: Holder, language: str) -> list[ListedComplaint]:
    recipient, keyring = holders.find(snapshot, registry, holder), registry.keyring
    if recipient is None:
        return []
    book, since = registry.brands.book(snapshot, registry.store.now()), shown_lines.hidden(snapshot, recipient).since
    return [
        ListedComplaint(
            one,
            record_numbers.spaced(record_numbers.of_complaint(keyring, one.id)),
            book.by_id[one.brand],
            row_model.CHANNELS[one.channel],
            wording.weekday(language, one.day),
            wording.day(language, one.sent_at) if one.sent_at else "",
            wording.day(language, one.answered_at) if one.answered_at else "",
            record_numbers.spaced(record_numbers.of_act(keyring, one.act)) if one.act else "",
        )
        for one in complaint_store.of_recipient(snapshot, keyring, recipient, since)
        if one.brand is not None
    ]
