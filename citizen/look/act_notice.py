"""The notice of an act on a page: what was done, when, until when brands must stop, and the button that undoes it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from citizen.look import act_summary, row_view, wording
from citizen.look.act_summary import ActSummary
from citizen.session.session import Session
from consents import history
from consents.brands.book import Book
from consents.business_days import stop_by
from consents.registry import Registry
from consents.rules import RET
from consents.store import Snapshot
from trust import record_numbers
from web import process
from web.rendering import texts

_NAMED = 2  # brands of an act that are named before the rest is counted


def read(request: Request) -> int | None:
    """The number of the act whose notice a page shows (``?act=``)."""
    given = request.query_params.get("act", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else None


def find(
    snapshot: Snapshot,
    registry: Registry,
    session: Session,
    book: Book,
    recipient: int,
    act: int | None,
    now: int,
    since: int,
) -> ActSummary | None:
    """The act a page gives notice of. A limited session is not offered to take back what was not done in it."""
    done = act_summary.of_act(snapshot, registry, book, recipient, act, now, since) if act else None
    if done is None or not (done.undoable and session.limited):
        return done
    sealed = history.evidence(snapshot, done.act)
    here = sealed is not None and session.may_undo(registry.keyring.unseal_evidence(sealed))
    return done._replace(undoable=here)


def context(request: Request, done: ActSummary | None) -> dict[str, Any]:
    """The context of ``_act.html``."""
    if done is None:
        return {"done": None}
    language, _ = texts.language(request)
    number = record_numbers.of(process.of(request).registry.keyring, done.record)
    only = done.touched[0] if len(done.touched) == 1 and not done.ahead else None
    return {
        "done": done,
        "number": number,
        "spaced": record_numbers.spaced(number),
        "refused": done.status == RET,
        "about": only and wording.about(language, only.brand.title, only.channel),
        "way": only and row_view.CHANNELS[only.channel],
        "names": [brand.title for brand in done.brands[:_NAMED]],
        "more": len(done.brands) - _NAMED,
        "at": wording.moment(language, done.recorded_at),
        "stop": wording.weekday(language, stop_by(done.recorded_at)),
        "until": wording.moment(language, done.until),
        "held": done.held > 0,
        "stands": done.stands and row_view.WORDS[done.stands.status],
        "one_brand": done.brands[0] if len(done.brands) == 1 and not done.ahead else None,
        "ahead": done.ahead and wording.ways(language, [part[:2] for part in done.ahead], named=True),
    }
