"""GECMIS: the last movements of one brand at the sender's number, as many as one SMS has room for."""

from __future__ import annotations

from consents.channels import BY_SMS
from consents.people import new_holder
from consents.queries import timeline
from consents.queries.timeline import Entry, KeyChange
from consents.rules import ONAY
from consents.terms import Actor, Source
from optout.phrases import WAYS, fitting, phrase, plain
from optout.sms.conversation import Reply, Talk
from optout.sms.reader.keywords import SmsReading
from web.rendering import when

_MOST = 6  # movements; more have no room


def movements(talk: Talk, reading: SmsReading) -> Reply:
    """Newest first; nothing from before a new holder."""
    brands = reading.brands or (() if talk.own is None else (talk.own,))
    if len(brands) != 1:
        return Reply(talk.phrase("history.which"))
    recipient, name = talk.known(), talk.name(brands[0])
    entries: list[Entry] = []
    if recipient is not None:
        since, reconsent = new_holder.hidden(talk.transaction, recipient).since, talk.registry.policy.reconsent
        entries = timeline.entries(talk.transaction, recipient, brands[0], since=since, reconsent=reconsent)
    lines = [line for entry in entries[:_MOST] for line in _lines(entry, talk.language)]
    if not lines:
        return Reply(talk.phrase("history.none", M=name))
    return Reply(fitting("sms.history.of", lines, "H", talk.language, between="; ", M=name))


def line(language: str, at: int, ways: tuple[int, ...], what: str, *, taken_back: bool = False) -> str:
    """One movement in words, such as ``24 Kasim 2026 SMS: reddettiniz``; ``at``: µs."""
    text = phrase(f"sms.history.{what}", language)
    if taken_back:
        text = phrase("sms.history.taken-back", language, what=text)
    by = phrase(f"sms.history.{WAYS[ways]}", language)
    return phrase("sms.history.line", language, D=plain(when.day(language, at)), W=by, what=text)


def _lines(entry: Entry, language: str) -> list[str]:
    """An act may have done one thing to SMS and another to calls."""
    ways: dict[str, set[int]] = {}
    for change in entry.changes:
        if change.channel in BY_SMS:
            ways.setdefault(_what(entry, change), set()).add(change.channel)
    taken_back = entry.undone_at is not None
    return [
        line(language, entry.recorded_at, tuple(sorted(channels)), what, taken_back=taken_back)
        for what, channels in ways.items()
    ]


def _what(entry: Entry, change: KeyChange) -> str:
    company = "company-" if entry.actor is Actor.PROVIDER else ""
    if entry.undoes is not None:
        return f"{company}undo"
    if entry.actor is Actor.STAFF:
        return "erased"
    if change.word.source == Source.IYS_AHS_HAT_KAPATMA.code:
        return "closed"
    if change.waited:
        return "asked"
    return f"{company}{'ONAY' if change.word.status == ONAY else 'RET'}"
