"""My documents: the receipts of one's own acts, the whole record, and the way to the check."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.rows import list_filter, shown_lines
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.keys import Keyring
from consents.queries import act_receipts
from consents.queries.act_receipts import ListedAct
from consents.registry import Registry
from consents.store import Snapshot
from trust import record_numbers
from web import pages, process
from web.rendering import receipt_words, texts


class ShownReceipt(NamedTuple):
    """``number``: the record number; ``at``: the moment in words."""

    number: str
    sentence: str
    at: str
    taken_back: bool


@sessions.required
async def show(request: Request, session: Session) -> Response:
    holder = holders.current(request, session)
    registry = process.of(request).registry
    acts, page, count = await registry.store.read(_find, registry, holder, list_filter.page(request))
    language, _ = texts.language(request)
    return pages.render(
        request,
        "citizen/receipts/documents.html",
        **holders.frame(request, session, holder),
        receipts=[_shown(language, registry.keyring, act) for act in acts],
        page=page,
        pages=count,
        before=list_filter.turned(request, page - 1) if page > 1 else "",
        after=list_filter.turned(request, page + 1) if page < count else "",
    )


def _find(snapshot: Snapshot, registry: Registry, holder: Holder, page: int) -> tuple[list[ListedAct], int, int]:
    recipient = holders.find(snapshot, registry, holder)
    if recipient is None:
        return [], 1, 1
    book, since = registry.brands.book(snapshot, registry.store.now()), shown_lines.hidden(snapshot, recipient).since
    return act_receipts.listed(snapshot, book, recipient, since, page)


def _shown(language: str, keyring: Keyring, act: ListedAct) -> ShownReceipt:
    number, sentence = record_numbers.of_act(keyring, act.act), receipt_words.sentence(language, act.done)
    return ShownReceipt(number, sentence, wording.moment(language, act.recorded_at), act.taken_back)
