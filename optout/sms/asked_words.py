"""What a till or poster asks, answered by SMS: ``ONAY K7M2P4`` consents, ``EVET K7M2P4`` proves the number,
``HAYIR K7M2P4`` refuses, ``SORMA K7M2P4`` ends the asking. A sender can be forged, so where a text alone signs nobody
in (decision 0014), ONAY and EVET get digits that only the number's holder receives, and count with these; HAYIR and
SORMA count at once."""

from __future__ import annotations

import re

from asking.public import answering, forms, open_questions, requests, words
from asking.public import request_states as states
from consents.brands.sms_words import squeezed
from consents.instants import DAY
from consents.terms import Source
from optout.phrases import LONGEST, WAYS, Channels, phrase
from optout.sms import questions
from optout.sms.conversation import Reply, Talk
from optout.sms.reader import letters
from settings import Settings
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark
from web.rendering.when import stamp

_A_DAY = 5  # answers of one number that get digits
_MISSES = 20  # unknown words of one number in a day; its yes is not looked up after these
_DIGITS = re.compile(rf"(ONAY|EVET) ([0-9]{{{questions.DIGITS}}})[.!]*").fullmatch
BACK = {"texts": "", "calls": " ARAMA", "both": " HEPSI"}  # behind RET and the name
_VERIFY, _CONSENT = states.RequestPurpose.VERIFY, states.RequestPurpose.CONSENT


def take(talk: Talk) -> Reply | None:
    """None where the message holds no word, or the word is a brand's name. Errors: ledger.ClockBehind."""
    plain = letters.plain(talk.inbound.text)
    if (confirmed := _DIGITS(plain)) and _asked(talk) and not talk.names.by_name.get(confirmed[2]):
        return _confirm(talk, _CONSENT if confirmed[1] == "ONAY" else _VERIFY, confirmed[2])
    sent = words.read(plain) if words.HOLDS(plain) else None
    if sent is None or talk.names.by_name.get(squeezed(sent.word)):
        return None
    misses = Limit(mark(talk.registry.keyring, "request word", talk.sender.address), _MISSES, DAY)
    if sent.purpose is not None and limits.used(talk.transaction, misses, talk.transaction.now) >= misses.most:
        return _late()
    question = open_questions.find(talk.transaction, talk.registry, sent.word, talk.transaction.now)
    if question is None or talk.own not in (None, question.brand.id):
        limits.take(talk.transaction, misses)
        return _late()
    if sent.never:
        return _never(talk, question)
    if sent.purpose is None:
        return _refuse(talk, question)
    return _approve(talk, question, sent.purpose)


def _approve(talk: Talk, question: open_questions.OpenQuestion, purpose: states.RequestPurpose) -> Reply:
    name = question.brand.name
    if purpose is not question.purpose:
        asks = "evet" if question.purpose is _VERIFY else "onay"
        return Reply(phrase(f"sms.request.asks-{asks}", M=name, k=question.word))
    if not question.fits(talk.sender.address) or not talk.sender.assigned:
        return Reply(phrase("sms.request.elsewhere", M=name))
    if question.renewed:  # what was read on the poster is not what would be recorded
        return Reply(phrase("sms.request.renewed", M=name))
    # A sender can be forged: where the site trusts one for a sign-in, it still gives no consent (decision 0014).
    if purpose is _VERIFY and talk.settings.signs_in_by_text:
        return _record(talk, question)
    if not talk.gets_sms or not talk.limit("sms-request-question", _A_DAY, DAY):
        return Reply(phrase("sms.request.elsewhere", M=name))
    request = open_questions.begin(talk.transaction, talk.registry, talk.settings, question)
    if request is None:
        return _late()
    about = question.brand.id, request.id, talk.names.by_name
    digits = questions.ask_answer(talk.transaction, talk.registry.keyring, talk.sender.address, *about)
    if purpose is _VERIFY:
        return Reply(phrase("sms.request.ask-evet", M=name, c=digits), secret=True)
    text = question_text(talk.settings, name, _ways(question.channels), question.word, digits)
    return Reply(text, secret=True)


def question_text(settings: Settings, name: str, ways: Channels, word: str, digits: str) -> str:
    """With the page that has what is promised, where both fit an SMS."""
    values = {"M": name, "W": _channels(ways), "c": digits}
    on_page = phrase("sms.request.ask-onay-on", **values, A=f"{settings.host}/o/{word}")
    fits = len(on_page) <= LONGEST and on_page.isascii()
    return on_page if fits else phrase("sms.request.ask-onay", **values)


def _asked(talk: Talk) -> bool:
    return talk.question is not None and talk.question.asks == questions.ONAY and talk.question.act is not None


def _confirm(talk: Talk, purpose: states.RequestPurpose, digits: str) -> Reply:
    asked = talk.question
    assert asked is not None  # as _asked has seen
    assert asked.act is not None
    request = requests.by_id(talk.transaction, talk.registry.keyring, asked.act)
    question = None if request is None else open_questions.of_request(talk.transaction, talk.registry, request)
    if question is None or question.purpose is not purpose:
        return Reply(phrase("sms.request.not-given"))
    if not questions.answered(talk.transaction, talk.registry.keyring, talk.sender.address, asked, digits):
        return Reply(phrase("sms.request.not-given"))
    return _record(talk, question)


def _record(talk: Talk, question: open_questions.OpenQuestion) -> Reply:
    done = _answer(talk, question, question.channels, 0)
    if done.outcome is not answering.AnswerOutcome.OK:
        return _late()
    name, moment = question.brand.name, stamp(talk.transaction.now)
    if question.purpose is _VERIFY:
        return Reply(phrase("sms.request.verified", M=name, DT=moment), changed=True)
    ways = _ways(question.channels)
    values = {"M": name, "DT": moment, "W": _channels(ways), "H": BACK[WAYS[ways]]}
    return Reply(phrase("sms.request.given", **values), changed=True, act=done.act)


def _refuse(talk: Talk, question: open_questions.OpenQuestion) -> Reply:
    name = question.brand.name
    if not question.fits(talk.sender.address):
        return Reply(phrase("sms.request.elsewhere", M=name))
    if question.purpose is _VERIFY:
        open_questions.decline(talk.transaction, question)
        return Reply(phrase("sms.request.not-verified", M=name))
    done = _answer(talk, question, 0, question.channels)
    if done.outcome is not answering.AnswerOutcome.OK:
        return _late()
    ways = _ways(question.channels)
    return Reply(phrase("sms.request.refused", M=name, W=_channels(ways)), changed=True, act=done.act)


def _never(talk: Talk, question: open_questions.OpenQuestion) -> Reply:
    requests.refuse(talk.transaction, talk.registry.keyring, talk.sender.address, question.brand.id)
    return Reply(phrase("sms.request.never", M=question.brand.name), changed=True)


def _answer(talk: Talk, question: open_questions.OpenQuestion, yes: int, no: int) -> answering.RequestAnswered:
    how = {"by": "sms", "carrier": talk.inbound.carrier, "message": talk.inbound.name, "text": talk.inbound.text}
    given = answering.RequestAnswer(yes, no, Source.IYS_KISAMESAJ, how)
    about = talk.transaction, talk.registry, talk.settings, question, talk.sender, given
    return open_questions.answer(*about, notify=False)


def _late() -> Reply:
    return Reply(phrase("sms.request.late"))


def _ways(channels: int) -> Channels:
    return tuple(one.code for one in forms.channels_in(channels))


def _channels(ways: Channels) -> str:
    return phrase(f"sms.channels.{WAYS[ways]}")
