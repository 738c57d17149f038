"""DURUM: what stands of a number, in counts or for one brand. Says no more than the number's holder may hear by SMS."""

from __future__ import annotations

from consents.reading.consent_lines import BRAND, CHANNEL, RecipientRows
from consents.rules import BEKLIYOR, ONAY, RET
from consents.store import Snapshot
from consents.terms import Channel
from optout.phrases import count, say
from optout.reader.keywords import SmsReading
from optout.sms.conversation import Reply, Talk

_CALL, _TEXT = Channel.ARAMA.code, Channel.MESAJ.code
_FIRST = {ONAY: "ONAY", BEKLIYOR: "BEKLIYOR", RET: "RET"}  # of two identities the one that may be written to counts


def status(talk: Talk, reading: SmsReading) -> Reply:
    """The state of the brand named, or whose number this is; else counts of all."""
    found = _statuses(talk.transaction, talk.known(), talk.transaction.now)
    brands = reading.brands or (() if talk.own is None else (talk.own,))
    if len(brands) == 1:
        texts, calls = (_word(found.get((brands[0], channel), set())) for channel in (_TEXT, _CALL))
        return Reply(say("sms.status.one", M=talk.name(brands[0]), s=texts, a=calls))
    return Reply(overview(*_counts(found)))


def overview(texts: int, calls: int, refused: int) -> str:
    """How many brands may text, may call, are refused."""
    if not texts and not calls:
        return say("sms.nobody-may")
    return say("sms.status.all", n=count(texts), m=count(calls), k=count(refused))


def _statuses(snapshot: Snapshot, recipient: int | None, now: int) -> dict[tuple[int, int], set[int]]:
    """(brand, channel) -> the statuses of its identities now."""
    found: dict[tuple[int, int], set[int]] = {}
    if recipient is not None:
        lines = RecipientRows(snapshot, recipient, now)
        for row in lines.rows:
            found.setdefault((row[BRAND], row[CHANNEL]), set()).add(lines.status(row))
    return found


def _counts(found: dict[tuple[int, int], set[int]]) -> tuple[int, int, int]:
    """How many brands may text, may call, and are refused and may do neither."""
    open_ = {
        channel: {brand for (brand, by), has in found.items() if by == channel and ONAY in has}
        for channel in (_TEXT, _CALL)
    }
    refused = {brand for (brand, by), has in found.items() if by in (_TEXT, _CALL) and RET in has}
    return len(open_[_TEXT]), len(open_[_CALL]), len(refused - open_[_TEXT] - open_[_CALL])


def _word(statuses: set[int]) -> str:
    return say(f"sms.status.{next((name for status, name in _FIRST.items() if status in statuses), 'none')}")
