"""The SMS door: a message is stored, read, done and answered in one transaction; a repeated delivery gets the first
reply. A refusal needs no sign-in, no record, no known brand, and has no limit; only replies are limited, except about a
change."""

from __future__ import annotations

from consents.instants import DAY
from consents.people import register
from consents.people.recipients import Recipient, found, phone
from consents.registry import Registry
from consents.store import Prefetch, Transaction, prefetches
from gateways.outbox import outbox
from gateways.received import Received
from optout import refusals
from optout.phrases import numbered
from optout.refusals import may_be_answered
from optout.sms import (
    approving,
    asked_words,
    ending,
    follow_up_answers,
    inbound_messages,
    new_brands,
    questions,
    refusing,
    sms_brands,
    status_replies,
    undoing,
)
from optout.sms.conversation import Reply, Talk
from optout.sms.questions import Question
from optout.sms.reader import keywords, letters
from optout.sms.reader.keywords import SmsIntent, SmsReading
from optout.sms.reader.letters import LONGEST
from optout.sms.sms_brands import BrandNames
from settings import Settings
from trust import record_numbers
from trust.codes import shown_texts
from trust.codes.shown_texts import SentText


async def take(registry: Registry, settings: Settings, inbound: Received, *, post: bool) -> str | None:
    """Does what the message requests, durably; the reply, or None. ``post``: the reply leaves through the outbox, else
    in the carrier's answer. Errors: StoreUnavailable and ledger.ClockBehind: nothing was done, the carrier has to try
    again."""
    text = inbound.text[:LONGEST].encode("utf-8", "replace").decode()  # half a pair of an emoji is no UTF-8
    inbound = inbound._replace(text=text)
    known = await sms_brands.names(registry)
    reading = keywords.read(inbound.text, known.by_name)
    reply, posted = await registry.store.write(_take, registry, settings, known, inbound, reading, post)
    if posted:
        outbox.arrived(registry)
    return reply


def _first(
    registry: Registry, settings: Settings, known: BrandNames, inbound: Received, reading: SmsReading, post: bool
) -> Prefetch | None:
    """The first reads of nearly every message, and of a refusal of one brand."""
    if (sender := _sender(inbound)) is None:
        return None
    who = register.person(registry.keyring, sender.address)
    refused = reading.brands if reading.intent is SmsIntent.RET else ()
    of_all = (inbound_messages.asked(inbound), sms_brands.prefetch_own(inbound.to))
    return Prefetch(
        who.sealed,
        [*of_all, questions.asked(registry.keyring, sender.address), *refusals.asked(who, refused)],
    )


@prefetches(_first)
def _take(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    known: BrandNames,
    inbound: Received,
    reading: SmsReading,
    post: bool,
) -> tuple[str | None, bool]:
    """(the reply, whether it was posted)."""
    keyring = registry.keyring
    if (before := inbound_messages.repeated(transaction, keyring, inbound)) is not None:
        return before.reply, False
    sender = _sender(inbound)
    if sender is None:  # a name, a short code: nobody who could be answered, but a person may read it
        inbound_messages.keep(transaction, keyring, inbound, None, unclear=True)
        return None, False
    own = sms_brands.own(transaction, inbound.to, settings.shared_numbers)
    talk = Talk(transaction, registry, settings, known, inbound, sender, own)
    reply = _react(talk, reading)
    if reply.text is not None and reply.act is not None:
        reply = reply._replace(text=numbered(reply.text, record_numbers.of_act(keyring, reply.act), talk.language))
    if reply.text is None or not may_be_answered(sender, settings.countries) or not talk.may_reply(reply):
        reply = reply._replace(text=None)
    inbound_messages.keep(transaction, keyring, inbound, reply.text, unclear=reply.unclear)
    if reply.text is None or not post:
        return reply.text, False
    outbox.post(
        transaction, keyring, kind="sms", to=sender.address, text=reply.text, secret=reply.secret,
        expires_at=transaction.now + DAY,
    )  # fmt: skip
    return reply.text, True


def _react(talk: Talk, reading: SmsReading) -> Reply:
    if (signing_in := sign_in(talk)) is not None:
        return signing_in
    if (answered := asked_words.take(talk)) is not None:
        return answered
    refuses = reading.intent is SmsIntent.RET and (reading.brands or reading.every or talk.own is not None)
    if not refuses and (ended := ending.end(talk)) is not None:
        return ended
    question = talk.question
    reading = _answering(talk, reading, question)
    talk.language = reading.language
    if reading.no and question is not None and question.asks != questions.BRAND and talk.own in (None, question.brand):
        return approving.decline(talk, question)
    if question is None and (answered := follow_up_answers.take(talk, reading)) is not None:
        return answered
    match reading.intent:
        case SmsIntent.RET:
            return refusing.refuse(talk, reading)
        case SmsIntent.UNDO:
            return undoing.undo(talk)
        case SmsIntent.UNDO_CODE:
            return undoing.confirm(talk, question, reading.code)
        case SmsIntent.OPEN:
            return new_brands.ask_open(talk)
        case SmsIntent.ONAY_REQUEST:
            return approving.ask(talk, reading)
        case SmsIntent.ONAY_CODE:
            return approving.answer(talk, question, reading.code)
        case SmsIntent.UNASK:
            return approving.unask(talk, reading)
        case SmsIntent.STATUS:
            return status_replies.status(talk, reading)
        case SmsIntent.HELP:
            return Reply(talk.phrase("help-free" if talk.settings.optout_number_free else "help"))
        case SmsIntent.WAITING:
            return status_replies.waiting(talk, reading)
        case SmsIntent.HISTORY:
            return status_replies.movements(talk, reading)
        case SmsIntent.COMPLAINT:
            return Reply(talk.phrase("complaint"))
        case SmsIntent.NEW_NUMBER:
            return Reply(talk.phrase("new-number"))
        case SmsIntent.DATA:
            return status_replies.own_data(talk)
        case SmsIntent.CLARIFY:
            return Reply(talk.phrase("unclear"), unclear=True)


def _answering(talk: Talk, reading: SmsReading, question: Question | None) -> SmsReading:
    """A name alone refuses the brand we asked for; EVET the one we suggested, and never allows anything. The question
    is of one number: EVET to a brand's own number, without a question there, answers none."""
    if question is None or question.asks != questions.BRAND:
        return reading
    if reading.yes and talk.own is None and question.brand is not None:
        new = question.brand == questions.NEW
        if new or question.brand in talk.names.book.by_id:
            brands = () if new else (question.brand,)
            return reading._replace(intent=SmsIntent.RET, brands=brands, new=new, channels=question.channels)
    if not reading.only or not (reading.brands or reading.every or reading.new or reading.unknown):
        return reading
    channels = reading.channels or (keywords.BOTH if reading.every or reading.new else question.channels)
    return reading._replace(intent=SmsIntent.RET, channels=channels, language=question.language)


def _sender(inbound: Received) -> Recipient | None:
    address = sms_brands.canonical(inbound.sender)
    if not address.startswith("+") or any(c.isalpha() for c in inbound.sender):
        return None
    return found(phone, address)


def sign_in(talk: Talk) -> Reply | None:
    """GIRIS 7K3M-92Q7, a text of a sign-in page, sent from the number that is to be signed in: proves the number to the
    page, or ends its sessions. None where the message has no such text, or the site takes none. The reply explains how
    to end the session, against people who were tricked into sending it."""
    sent = shown_texts.read(letters.plain(talk.inbound.text)) if talk.settings.signs_in_by_text else None
    return None if sent is None else _sign_in(talk, sent)


def _sign_in(talk: Talk, sent: SentText) -> Reply:
    transaction, keyring, sender = talk.transaction, talk.registry.keyring, talk.sender.address
    talk.language = sent.language
    if sent.cancels:
        shown_texts.cancel(transaction, keyring, sender)
        return Reply(talk.phrase("sign-in.ended"))
    if not shown_texts.prove(transaction, keyring, sent.code, sender):
        return Reply(talk.phrase("sign-in.late"))
    return Reply(talk.phrase("sign-in.done"), changed=True)
