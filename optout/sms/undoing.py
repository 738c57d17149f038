"""GERI AL: undoes the number's last act by SMS, call or link, or a helper's (rule L11). Where a consent would return,
``GERI AL dddddd`` within ten minutes confirms it, because a sender can be forged."""

from __future__ import annotations

from collections.abc import Sequence

from consents import history, ledger
from consents.history import Event, PastAct
from consents.instants import DAY
from consents.languages import SOURCE
from consents.queries import timeline
from consents.rules import HANDED_OUT, ONAY, may_undo
from consents.terms import Door
from optout import refusals
from optout.phrases import count, phrase
from optout.sms import new_brands, questions
from optout.sms.conversation import Reply, Talk
from optout.sms.questions import Question
from web.rendering.when import stamp

_DOORS = (Door.SMS, Door.VOICE, *HANDED_OUT)
_A_DAY = 5  # questions to one number


def undo(talk: Talk) -> Reply:
    """Restores the earlier state, for 24 hours and once; where a consent returns, after a confirmation."""
    past = _last(talk)
    if past is None:
        return Reply(talk.phrase("undo.on-site" if _done_on_site(talk) else "undo.nothing"))
    if past.blankets is not None:
        return new_brands.undo(talk, past)
    events = history.events_of(talk.transaction, past)
    freed = refusals.freed(talk.transaction, talk.registry, past, events)
    return _ask(talk, past, freed) if freed else _take_back(talk, past, events)


def confirm(talk: Talk, question: Question | None, digits: str) -> Reply:
    """Undoes the act of the question, or ends the standing refusals that it is about, where these are its digits."""
    if question is None or question.asks != questions.UNDO:
        return Reply(talk.phrase("undo.not-done"))
    past = _last(talk) if question.act is not None else None
    asked = talk.transaction, talk.registry.keyring, talk.sender.address, question, digits
    if question.act != (past and past.id) or not questions.answered(*asked):
        return Reply(talk.phrase("undo.not-done"))
    if past is None:
        return new_brands.open_(talk)
    if past.blankets is not None:
        return new_brands.take_back(talk, past)
    return _take_back(talk, past, history.events_of(talk.transaction, past))


def question_text(names: Sequence[str], digits: str, language: str = SOURCE) -> str:
    return phrase(
        f"sms.undo.ask-{'one' if len(names) == 1 else 'many'}", language, M=names[0], n=count(len(names)), c=digits
    )


def undone(names: Sequence[str], at: int, language: str = SOURCE, *, onay: bool) -> str:
    text = "many" if len(names) > 1 else "onay" if onay else "one"
    return phrase(f"sms.undo.done-{text}", language, M=names[0], n=count(len(names)), DT=stamp(at))


def _ask(talk: Talk, past: PastAct, freed: list[int]) -> Reply:
    if not talk.gets_sms or not talk.limit("sms-undo-question", _A_DAY, DAY):
        return Reply(talk.phrase("undo.elsewhere"))
    digits = questions.ask_undo(talk.transaction, talk.registry.keyring, talk.sender.address, past.id)
    return Reply(question_text([talk.name(brand) for brand in freed], digits, talk.language), secret=True)


def _take_back(talk: Talk, past: PastAct, events: list[Event]) -> Reply:
    done = refusals.take_back(talk.transaction, talk.registry, past.id, Door.SMS, talk.evidence)
    assert done is not None  # it may be, as _last has seen
    questions.close(talk.transaction, talk.registry.keyring, talk.sender.address)
    names = list(dict.fromkeys(talk.name(event.key.brand) for event in events))
    onay = all(event.word.status == ONAY for event in events)
    return Reply(undone(names, talk.transaction.now, talk.language, onay=onay), changed=True, act=done.act)


def _done_on_site(talk: Talk) -> bool:
    """Whether the citizen's last act was on a page, and can still be undone there (rule L11)."""
    recipient = talk.known()
    last = None if recipient is None else timeline.last_own(talk.transaction, recipient)
    past = history.act(talk.transaction, last[0]) if last is not None else None
    if past is None or past.undoes is not None:
        return False
    undoable = may_undo(past.door, past.recorded_at, Door.PAGE, talk.transaction.now)
    return undoable and history.undone_by(talk.transaction, past.id) is None


def _last(talk: Talk) -> PastAct | None:
    recipient = talk.known()
    # The last one alone: GERI AL sent twice must not take back an older refusal too.
    if recipient is None:
        return None
    past = next(timeline.latest(talk.transaction, recipient, _DOORS, after=0, most=1), None)
    # What a helper did since; one's own acts on a page are undone there alone.
    pages = timeline.latest(talk.transaction, recipient, [Door.PAGE], past.id if past else 0, most=50)
    theirs = next((one for one in pages if ledger.is_helpers(talk.transaction, talk.registry.keyring, one)), None)
    past, helped = theirs or past, theirs is not None
    if past is None or history.undone_by(talk.transaction, past.id) is not None:
        return None
    return past if may_undo(past.door, past.recorded_at, Door.SMS, talk.transaction.now, helped=helped) else None
