"""RET YENILER by SMS: a standing refusal (rule L13), its undo and its end. Both let brands send again, and a sender can
be forged, so both take the six digits that arrive at the number itself."""

from __future__ import annotations

from collections.abc import Collection

from consents import blankets, history, ledger, state
from consents.business_days import stop_by
from consents.channels import BY_SMS
from consents.history import Deed, PastAct
from consents.instants import DAY
from consents.ledger.blanket_acts import Way
from consents.rules import ONAY, RET
from consents.state import Key
from consents.terms import Actor, Door
from optout import refusals
from optout.phrases import WAYS, Channels, count
from optout.sms import questions
from optout.sms.conversation import Reply, Talk
from optout.sms.reader.keywords import SmsReading
from web.rendering.when import date_of, stamp

_A_DAY = 5  # questions to one number


def close(talk: Talk, reading: SmsReading, channels: Channels) -> Reply:
    """Takes a standing refusal, after the refusal of the brands named beside it or, with HEPSI, of all, and of the one
    whose own number was used. Errors: ledger.ClockBehind."""
    if talk.question is not None:
        questions.close(talk.transaction, talk.registry.keyring, talk.sender.address)
    known = talk.known()
    held = [] if known is None or not reading.every else refusals.held(talk.transaction, known)
    brands = reading.brands or tuple(held)
    if talk.own is not None and talk.own not in brands:
        brands = (*brands, talk.own)
    whose, by = (talk.transaction, talk.registry, talk.person), (channels, Door.SMS, talk.evidence)
    done = refusals.refuse(*whose, brands, *by) if brands else None
    closed = refusals.close_to_new(*whose, *by)
    act = (done and done.act) or closed.act
    ways, now = talk.phrase(f"history.{WAYS[channels]}"), talk.transaction.now
    if act is None:
        return Reply(talk.phrase("new.already", W=ways, D0=f"{stamp(closed.at)[:10]}"))
    last = stop_by(now if done is None or closed.brands else done.at)
    day = f"{last:%d.%m.%Y}"
    refused = 0 if done is None else done.reached if reading.every else len(brands)
    if done is not None and refused:
        name = talk.name(brands[0]) if len(brands) == 1 else talk.phrase("new.brands", n=count(refused))
        text = "both-until" if (done.ended or closed.brands) and last >= date_of(now) else "both"
        return Reply(talk.phrase(f"new.{text}", A=name, W=ways, D=day), changed=True, act=act)
    text = "still-closed" if closed.act is None else "closed-until" if closed.brands else "closed"
    if leaves_a_name(talk, reading):
        questions.ask_brand(talk.transaction, talk.registry.keyring, talk.sender.address, channels, talk.language)
        text = "closed-unknown"
    return Reply(talk.phrase(f"new.{text}", W=ways, n=count(closed.brands), D=day), changed=True, act=act)


def leaves_a_name(talk: Talk, reading: SmsReading) -> bool:
    return bool(reading.unknown) and not (reading.brands or reading.every or talk.own is not None)


def ask_open(talk: Talk) -> Reply:
    """Asks to confirm the end of the number's standing refusals. Nothing changes."""
    ways = closed_ways(talk)
    if not ways:
        return Reply(talk.phrase("new.not-closed"))
    return _ask(talk, None, _freed(talk, ways))


def open_(talk: Talk) -> Reply:
    """Ends the number's standing refusals, confirmed by digits. Errors: ledger.ClockBehind."""
    ways = closed_ways(talk)
    freed, deed = len(_freed(talk, ways)), Deed(Actor.CITIZEN, Door.SMS, evidence=talk.evidence)
    act = ledger.change_blanket(talk.transaction, talk.registry.policy, talk.enrolled(), ways, deed, refuses=False)
    return _opened(talk, freed, act)


def undo(talk: Talk, past: PastAct) -> Reply:
    """Undoes an act about new brands: one that ended a standing refusal at once, one that took it by digits."""
    if _took(talk, past):
        ways = [part[:2] for part in blankets.of_act(talk.transaction, past.id)]
        return _ask(talk, past.id, _freed(talk, ways, _companion(talk, past)))
    return take_back(talk, past)


def take_back(talk: Talk, past: PastAct) -> Reply:
    """Undoes it, and with it the refusal of brands of the same message or call."""
    took, companion = _took(talk, past), _companion(talk, past)
    ways = [part[:2] for part in blankets.of_act(talk.transaction, past.id)]
    freed = len(_freed(talk, ways, companion)) if took else 0
    done = refusals.take_back(talk.transaction, talk.registry, past.id, Door.SMS, talk.evidence)
    assert done is not None  # it may be, as undoing has seen
    if companion is not None:
        refusals.take_back(talk.transaction, talk.registry, companion.id, Door.SMS, talk.evidence)
    questions.close(talk.transaction, talk.registry.keyring, talk.sender.address)
    if took:
        return _opened(talk, freed, done.act)
    return Reply(talk.phrase("new.closed-again", DT=stamp(talk.transaction.now)), changed=True, act=done.act)


def closed_ways(talk: Talk) -> list[Way]:
    """The standing refusals of the number, for the channels of SMS."""
    known = talk.known()
    found = {} if known is None else blankets.in_force(talk.transaction, [known])
    return sorted(covered[1:] for covered in found if covered[1] in BY_SMS)


def _took(talk: Talk, past: PastAct) -> bool:
    return any(part.refuses for part in blankets.of_act(talk.transaction, past.id))


def _companion(talk: Talk, past: PastAct) -> PastAct | None:
    """The refusal of brands that the same message or call recorded right before it, where it was not undone."""
    before = history.act(talk.transaction, past.id - 1)
    if before is None or (before.recipient, before.door, before.undoes) != (past.recipient, past.door, None):
        return None
    both = [history.evidence(talk.transaction, act) for act in (before.id, past.id)]
    one, other = (sealed and talk.registry.keyring.unseal_evidence(sealed) for sealed in both)
    alike = one == other if one else False  # salted, so no other act has it; empty after an erasure
    return before if alike and history.undone_by(talk.transaction, before.id) is None else None


def _freed(talk: Talk, ways: Collection[Way], companion: PastAct | None = None) -> set[int]:
    """The brands that may send again without a standing refusal of these ways, and without the companion."""
    known = talk.known()
    stands = {} if known is None else dict(state.of_recipient(talk.transaction, known))
    refused: set[Key] = set()
    if companion is not None:
        events = history.events_of(talk.transaction, companion)
        refused = {event.key for event in events if event.word.status == RET}
        folded = history.fold(talk.transaction, refused, talk.registry.policy.reconsent, without=companion.id)
        stands |= {key: one for key, one in folded.items() if one is not None}
    closed = [(key, one) for key, one in stands.items() if one.status != ONAY or key in refused]
    left = {key: one.bare() if key[2:] in ways else one for key, one in closed}
    return {key.brand for key, one in left.items() if one is not None and one.status == ONAY}


def _ask(talk: Talk, act: int | None, freed: Collection[int]) -> Reply:
    able = talk.gets_sms and talk.sender.assigned
    if not able or not talk.limit("sms-undo-question", _A_DAY, DAY):
        return Reply(talk.phrase("new.elsewhere"))
    digits = questions.ask_undo(talk.transaction, talk.registry.keyring, talk.sender.address, act)
    return Reply(talk.phrase("new.ask", n=count(len(freed)), c=digits), secret=True)


def _opened(talk: Talk, freed: int, act: int | None) -> Reply:
    text = talk.phrase("new.opened", n=count(freed), DT=stamp(talk.transaction.now))
    return Reply(text, changed=act is not None, act=act)
