"""RET by SMS: which brands and channels are refused, and which text says so."""

from __future__ import annotations

from consents.terms import Channel, Door
from optout import refusals
from optout.reader.keywords import Reading
from optout.refusals import Refused
from optout.sms import questions, replies
from optout.sms.conversation import Reply, Talk

USUAL = (Channel.MESAJ.code,)  # a RET that names no channel is about what it came by


def refuse(talk: Talk, reading: Reading) -> Reply:
    """Does what a refusing message says. Errors: ledger.ClockBehind."""
    channels = reading.channels or (replies.BOTH if reading.every else USUAL)
    if talk.own is not None:
        return _at_own_number(talk, reading, talk.own, channels)
    if reading.brands:
        return _named(talk, reading, channels)
    if reading.unknown:
        questions.ask_brand(talk.transaction, talk.registry.keyring, talk.sender.address, channels)
        return Reply(replies.UNKNOWN_BRAND, unclear=True)
    if reading.every:
        return _all(talk, channels)
    questions.ask_brand(talk.transaction, talk.registry.keyring, talk.sender.address, channels)
    return Reply(replies.WHICH_BRAND)


def _at_own_number(talk: Talk, reading: Reading, own: int, channels: tuple[int, ...]) -> Reply:
    """Whatever else is named, the number's own brand is refused and no other."""
    done = _do(talk, [own], channels)
    if reading.brands and own not in reading.brands:
        return Reply(
            replies.only_ours(talk.name(own), channels, done.at, ended=done.ended), changed=done.act is not None
        )
    return _one(talk, reading, own, channels, done)


def _named(talk: Talk, reading: Reading, channels: tuple[int, ...]) -> Reply:
    done = _do(talk, reading.brands, channels)
    names = [talk.name(brand) for brand in reading.brands]
    changed = done.act is not None
    if reading.unknown:
        return Reply(replies.one_unknown(names, channels, done.at, ended=done.ended), changed=changed)
    if len(names) > 1:
        return Reply(replies.refused_several(names, channels, done.at, ended=done.ended), changed=changed)
    return _one(talk, reading, reading.brands[0], channels, done)


def _one(talk: Talk, reading: Reading, brand: int, channels: tuple[int, ...], done: Refused) -> Reply:
    """The text about one brand; one that was told in a sentence always hears how to undo it."""
    name = talk.name(brand)
    if done.act is None:
        return Reply(replies.already(name, channels, done.at, talk.transaction.now, ended=done.ended))
    if not done.before and not reading.confirm:
        return Reply(replies.refused_first(name, channels), changed=True)
    as_both = done.identities(brand, USUAL[0]) > 1
    text = replies.refused(name, channels, done.at, ended=done.ended, as_both=as_both, erase=reading.erase)
    return Reply(text, changed=True)


def _all(talk: Talk, channels: tuple[int, ...]) -> Reply:
    """RET HEPSI: every brand that holds a record about the number."""
    recipient = talk.known()
    brands = [] if recipient is None else refusals.held(talk.transaction, recipient)
    if not brands:
        return Reply(replies.NOBODY_MAY)
    done = _do(talk, brands, channels)
    return Reply(replies.refused_all(len(brands), channels, done.at, ended=done.ended), changed=done.act is not None)


def _do(talk: Talk, brands: list[int] | tuple[int, ...], channels: tuple[int, ...]) -> Refused:
    if talk.question is not None:
        questions.close(talk.transaction, talk.registry.keyring, talk.sender.address)
    return refusals.refuse(talk.transaction, talk.registry, talk.person, brands, channels, Door.SMS, talk.evidence)
