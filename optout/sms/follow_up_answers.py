"""The answer to “Hâlâ yazan var mı?”: HAYIR closes the question, a brand's name makes its complaint ready. Neither
changes a consent, so a forged sender gains nothing by it. Adverts ask for H and HAYIR, so H refuses here too."""

from __future__ import annotations

from urllib.parse import urlsplit

from consents import history
from optout import follow_ups
from optout.follow_ups import FollowUpQuestion
from optout.phrases import LONGEST
from optout.sms import refusing
from optout.sms.conversation import Reply, Talk
from optout.sms.reader.keywords import SmsIntent, SmsReading

PATH = "/hala"  # where the complaint is ready, short enough to be typed


def take(talk: Talk, reading: SmsReading) -> Reply | None:
    """None for a message that is no answer, or where nothing was asked."""
    names = reading.intent is SmsIntent.CLARIFY and reading.only and not reading.every
    if talk.own is not None or not (reading.no_word or reading.yes or names):
        return None
    recipient = talk.known()
    asked = follow_ups.answerable(talk.transaction, recipient, talk.transaction.now)
    if recipient is None or not asked or (reading.no_word and all(one.answered_at is not None for one in asked)):
        return None
    talk.language = asked[0].language
    if reading.no_word:
        follow_ups.answer(talk.transaction, recipient, None)
        return Reply(talk.phrase("follow-up.closed"))
    brand = next(iter(reading.brands), None) or refusing.lookalike(reading.unknown, talk.names.by_name)
    if brand is None:
        return Reply(talk.phrase("follow-up.which"))
    if brand not in _brands(talk, asked):
        return Reply(talk.phrase("follow-up.other", M=talk.name(brand)))
    follow_ups.answer(talk.transaction, recipient, brand)
    return Reply(ready(talk, brand))


def ready(talk: Talk, brand: int) -> str:
    address = f"{urlsplit(talk.settings.public_url).hostname or ''}{PATH}"
    text = talk.phrase("follow-up.ready", M=talk.name(brand), A=address)
    fits = len(text) <= LONGEST and text.isascii()
    return text if fits else talk.phrase("follow-up.ready-site", M=talk.name(brand))


def _brands(talk: Talk, asked: list[FollowUpQuestion]) -> set[int]:
    """The brands (internal ids) that these questions are about."""
    acts = [history.act(talk.transaction, one.act) for one in asked]
    return {event.key.brand for act in acts if act is not None for event in history.events_of(talk.transaction, act)}
