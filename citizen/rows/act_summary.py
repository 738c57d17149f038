"""An act by its number: its effect, the brands' last day to stop, whether it can be undone."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.requests import Request

from citizen import wording
from citizen.rows import row_model
from citizen.session.session import Session
from consents import blankets, history
from consents.blankets import BlanketPart
from consents.brands.book import BrandDirectory, BrandEntry
from consents.business_days import stop_by
from consents.history import Event, PastAct
from consents.queries import queries, stopping, timeline
from consents.queries.consent_lines import ConsentLine
from consents.queries.queries import BrandConsents
from consents.registry import Registry
from consents.rules import ONAY, RET, UNDO_WINDOWS, may_undo
from consents.store import Snapshot
from consents.terms import Actor, Door
from trust import record_numbers
from web import process
from web.rendering import texts

_NAMED = 2  # brands of an act that are named before the rest is counted


class Touched(NamedTuple):
    """One consent that an act is about; terms by code."""

    brand: BrandEntry
    channel: int
    identity: int


class ActSummary(NamedTuple):
    """An act of the recipient's own. Times in µs."""

    act: int
    record: int  # the act shown: the undo, once the act is undone
    status: int  # RET or ONAY
    recorded_at: int  # of ``record``
    touched: list[Touched]
    brands: list[BrandEntry]
    taken_back: bool  # undone
    undoable: bool
    until: int  # the end of the time for an undo
    stands: ConsentLine | None  # its only consent as it is now
    changed: bool  # ``stands`` differs from the act
    others_open: bool  # its only brand may still send otherwise
    ended: bool  # it refused something allowed, so a brand has days to stop
    ahead: list[BlanketPart]  # standing refusals taken or ended
    reopened: int  # after an undo: brands that may send again
    held: int  # after an undo: brands that a standing refusal covers


def of_act(
    snapshot: Snapshot, registry: Registry, book: BrandDirectory, recipient: int, number: int, now: int, since: int = 0
) -> ActSummary | None:
    """The act of this number, or the act it undid; None when it is not the recipient's own."""
    past = history.act(snapshot, number)
    if past is None or past.recipient != recipient or past.actor is not Actor.CITIZEN or past.recorded_at < since:
        return None
    if past.undoes is not None:
        past = history.act(snapshot, past.undoes)
        assert past is not None  # an undo names the act it took back
    undone_by = history.undone_by(snapshot, past.id)
    undoing = history.act(snapshot, undone_by) if undone_by is not None else None
    taken_back, shown = undoing is not None, undoing or past
    events = history.events_of(snapshot, past)
    touched = [Touched(book.by_id[event.key.brand], event.key.channel, event.key.identity) for event in events]
    brands = list(dict.fromkeys(one.brand for one in touched))
    groups = queries.of_brands(snapshot, recipient, brands, now) if len(brands) == 1 or taken_back else []
    lines = groups[0].lines if len(groups) == 1 else []
    reopened, held = _after_undo(touched, groups) if taken_back else (0, 0)
    ahead = blankets.of_act(snapshot, past.id) if past.blankets is not None else []
    status = RET if any(event.word.status == RET for event in events) or any(part.refuses for part in ahead) else ONAY
    stands = None if ahead else _only(touched, lines)
    changed = not taken_back and stands is not None and stands.status != status
    return ActSummary(
        act=past.id,
        record=shown.id,
        status=status,
        recorded_at=shown.recorded_at,
        touched=touched,
        brands=brands,
        taken_back=taken_back,
        undoable=not taken_back and not changed and undoable(past, now),
        until=past.recorded_at + (UNDO_WINDOWS[Door.PAGE] or 0),
        stands=stands,
        changed=changed,
        others_open=not ahead and any(line.status not in (RET, None) for line in lines),
        ended=status == RET and not taken_back and (bool(events) if ahead else _ended(snapshot, registry, events)),
        ahead=ahead,
        reopened=reopened,
        held=held,
    )


def undoable(past: PastAct, now: int) -> bool:
    """Whether a page may undo it (rule L11); whether it was undone already is checked elsewhere."""
    return past.undoes is None and may_undo(past.door, past.recorded_at, Door.PAGE, now)


def of_line(snapshot: Snapshot, line: ConsentLine, now: int) -> PastAct | None:
    """The act to which this line alone owes its state, where a page can undo it."""
    number = timeline.act_of(snapshot, line.event) if line.own and line.event is not None else None
    past = history.act(snapshot, number) if number is not None else None
    alone = past is not None and past.first_event == past.last_event and past.blankets is None
    return past if past is not None and alone and undoable(past, now) else None


def asked(request: Request) -> int | None:
    """The number of the act whose notice a page shows (``?act=``)."""
    given = request.query_params.get("act", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else None


def find(
    snapshot: Snapshot,
    registry: Registry,
    session: Session,
    book: BrandDirectory,
    recipient: int,
    act: int | None,
    now: int,
    since: int,
) -> ActSummary | None:
    """The act a page gives notice of. A limited session is offered no undo of acts from other sessions."""
    done = of_act(snapshot, registry, book, recipient, act, now, since) if act else None
    if done is None or not (done.undoable and session.limited):
        return done
    return done._replace(undoable=session_may_undo(snapshot, registry, session, done.act))


def session_may_undo(snapshot: Snapshot, registry: Registry, session: Session, act: int) -> bool:
    """By the act's evidence: see ``Session.may_undo``."""
    sealed = history.evidence(snapshot, act)
    return sealed is not None and session.may_undo(registry.keyring.unseal_evidence(sealed))


def context(request: Request, done: ActSummary | None, *, helped: bool = False) -> dict[str, Any]:
    if done is None:
        return {"done": None}
    language, _ = texts.language(request)
    number = record_numbers.of_act(process.of(request).registry.keyring, done.record)
    only = done.touched[0] if len(done.touched) == 1 and not done.ahead else None
    return {
        "done": done,
        "number": number,
        "spaced": record_numbers.spaced(number),
        "refused": done.status == RET,
        "about": only and wording.about(language, only.brand.title, only.channel),
        "way": only and row_model.CHANNELS[only.channel],
        "names": [brand.title for brand in done.brands[:_NAMED]],
        "more": len(done.brands) - _NAMED,
        "at": wording.moment(language, done.recorded_at),
        "stop": wording.weekday(language, stop_by(done.recorded_at)),
        "until": wording.moment(language, done.until),
        "held": done.held > 0,
        "stands": done.stands and row_model.WORDS[done.stands.status],
        "one_brand": done.brands[0] if len(done.brands) == 1 and not done.ahead else None,
        "ahead": done.ahead and wording.ways(language, [part[:2] for part in done.ahead], named=True, helped=helped),
    }


def _after_undo(touched: list[Touched], groups: list[BrandConsents]) -> tuple[int, int]:
    """(brands that may send again after an undo, brands that a standing refusal holds)."""
    ways = {(one.brand.id, one.channel, one.identity) for one in touched}
    reopened = held = 0
    for brand, lines in groups:
        own = [line for line in lines if (brand.id, line.channel, line.identity) in ways]
        if any(line.status == ONAY for line in own):
            reopened += 1
        elif any(line.ahead for line in own):
            held += 1
    return reopened, held


def _ended(snapshot: Snapshot, registry: Registry, events: list[Event]) -> bool:
    refusals = {event.key: event.id for event in events if event.word.status == RET}
    return bool(stopping.ended(snapshot, registry.policy.reconsent, refusals))


def _only(touched: list[Touched], lines: list[ConsentLine]) -> ConsentLine | None:
    """The current line of the act's only consent; a line without a record where there is none."""
    if len(touched) != 1:
        return None
    _, channel, identity = touched[0]
    for line in lines:
        if (line.channel, line.identity) == (channel, identity):
            return line
    return ConsentLine(channel, identity)
