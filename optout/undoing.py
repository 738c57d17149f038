"""GERI AL: takes back the last thing that the number itself has done by SMS or by a call (rule L11)."""

from __future__ import annotations

from sqlalchemy import text

from consents import history
from consents.rules import ONAY
from consents.store import Snapshot, Statement
from consents.terms import Actor, Door
from optout import questions, refusals, replies
from optout.talk import Reply, Talk

# The last one alone: GERI AL sent twice must not take back an older refusal too.
_LAST = Statement(
    text(
        "SELECT id FROM act WHERE recipient = :recipient AND actor = :citizen AND door IN (:sms, :voice) "
        "AND undoes IS NULL ORDER BY id DESC LIMIT 1"
    )
)


def undo(talk: Talk) -> Reply:
    """The earlier state returns exactly, for 24 hours and once."""
    recipient = talk.known()
    number = None if recipient is None else _last(talk.transaction, recipient)
    if number is None or history.undone_by(talk.transaction, number) is not None:
        return Reply(replies.NOTHING_TO_UNDO)
    done = refusals.take_back(talk.transaction, talk.registry, number, Door.SMS, talk.evidence)
    if done is None:
        return Reply(replies.NOTHING_TO_UNDO)
    questions.close(talk.transaction, talk.registry.keyring, talk.sender.address)
    past = history.act(talk.transaction, number)
    assert past is not None  # it was undone just now
    events = history.events_of(talk.transaction, past)
    names = list(dict.fromkeys(talk.name(event.key.brand) for event in events))
    onay = all(event.word.status == ONAY for event in events)
    return Reply(replies.undone(names, talk.transaction.now, onay=onay), changed=True)


def _last(snapshot: Snapshot, recipient: int) -> int | None:
    values = {"recipient": recipient, "citizen": Actor.CITIZEN.code, "sms": Door.SMS.code, "voice": Door.VOICE.code}
    row = snapshot.one(_LAST, values)
    return None if row is None else int(row[0])
