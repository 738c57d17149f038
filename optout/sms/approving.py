"""ONAY by SMS: ``ONAY <brand>`` gets a question, ``ONAY dddddd`` within ten minutes consents, because a sender can be
forged and only the number's holder gets the digits. Off unless the operator enables it for a brand; only SMS, only of
private persons."""

from __future__ import annotations

from urllib.parse import urlsplit

from asking.public import requests
from consents import ledger
from consents.history import Deed
from consents.instants import DAY
from consents.ledger import Wish
from consents.rules import DOOR_SOURCES, ONAY
from consents.terms import Actor, Channel, Door, Identity
from optout.phrases import LONGEST, phrase, plain
from optout.sms import questions, sms_brands
from optout.sms.conversation import Reply, Talk
from optout.sms.questions import Question
from optout.sms.reader.keywords import SmsReading
from settings import Settings
from web.rendering.when import stamp

_TITLE = 20  # characters of a company's title that an SMS has room for
_A_DAY = 5  # questions to one number, so that guessing digits for somebody else's number stays hopeless


def ask(talk: Talk, reading: SmsReading) -> Reply:
    (brand,) = reading.brands
    if talk.own not in (None, brand):
        return Reply(phrase("sms.unclear"), unclear=True)
    sender = talk.sender
    able = talk.gets_sms and sender.assigned and _takes(talk, brand)
    if not able or not talk.limit("sms-onay-question", _A_DAY, DAY):
        return Reply(elsewhere(talk.settings, talk.name(brand)))
    digits = questions.ask_onay(talk.transaction, talk.registry.keyring, sender.address, brand, talk.names.by_name)
    title = talk.names.brand(brand).company_title
    return Reply(question_text(talk.name(brand), title, digits), secret=True)


def answer(talk: Talk, question: Question | None, digits: str) -> Reply:
    """Records the consent where these are the digits of the open question. Errors: ledger.ClockBehind."""
    if question is None or question.asks != questions.ONAY or question.brand is None or question.act is not None:
        return Reply(phrase("sms.onay.not-given"))
    right = questions.answered(talk.transaction, talk.registry.keyring, talk.sender.address, question, digits)
    if not right or not _takes(talk, question.brand):
        return Reply(phrase("sms.onay.not-given"))
    wish = Wish(question.brand, Channel.MESAJ.code, Identity.BIREYSEL.code, ONAY, DOOR_SOURCES[Door.SMS].code)
    deed = Deed(Actor.CITIZEN, Door.SMS, evidence=talk.evidence)
    done = ledger.decide(talk.transaction, talk.registry.policy, talk.enrolled(), [wish], deed)
    given = phrase("sms.onay.given", M=talk.name(question.brand), DT=stamp(talk.transaction.now))
    return Reply(given, changed=True, act=done.act)


def _takes(talk: Talk, brand: int) -> bool:
    return not talk.names.brand(brand).closed and sms_brands.takes_onay(talk.transaction, brand)


def unask(talk: Talk, reading: SmsReading) -> Reply:
    """SORMA <brand>: it asks the number no more; what it has asked and is open cannot be answered."""
    brand = reading.brands[0] if reading.brands else talk.own
    if brand is None or talk.own not in (None, brand):
        return Reply(phrase("sms.unclear"), unclear=True)
    requests.refuse(talk.transaction, talk.registry.keyring, talk.sender.address, brand)
    return Reply(phrase("sms.unasked", M=talk.name(brand)), changed=True)


def decline(talk: Talk, question: Question) -> Reply:
    questions.close(talk.transaction, talk.registry.keyring, talk.sender.address)
    return Reply(talk.phrase("undo.declined" if question.asks == questions.UNDO else "onay.declined"))


def question_text(name: str, title: str, digits: str) -> str:
    ascii_ = "".join(c for c in plain(title) if c.isalnum() or c in " .-&")
    return phrase("sms.onay.ask", M=name, T=ascii_[:_TITLE].strip(), c=digits)


def elsewhere(settings: Settings, name: str) -> str:
    host = urlsplit(settings.public_url).hostname or ""
    on_host = phrase("sms.onay.on-host", M=name, host=host)
    return on_host if len(on_host) <= LONGEST and on_host.isascii() else phrase("sms.onay.elsewhere", M=name)
