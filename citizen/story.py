"""History as sentences: who said what about a brand, by which way, on whose word, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from citizen import wording
from citizen.wording import say
from consents.keys import Keyring
from consents.rules import ONAY, may_undo
from consents.terms import Actor, Door, Source
from consents.timeline import Entry, Said
from web.texts import mark

# A citizen's own deed, by door. Behind the colon: the ways it is about.
_HERE = {
    Door.PAGE: mark("Siz, bu sitede"),
    Door.LINK: mark("Siz, mesajdaki bağlantıyla"),
    Door.QR: mark("Siz, QR kodla"),
    Door.SMS: mark("Siz, SMS göndererek"),
    Door.VOICE: mark("Siz, telefonla arayarak"),
    Door.MAIL: mark("Siz, e-postadaki düğmeyle"),
}
_ELSEWHERE = mark("Siz, İYS üzerinden")
# Of the national registry's sources those that say more than "over İYS".
_TOLD_BY_SOURCE = {source.code for source in (Source.IYS_MOBIL, Source.IYS_FRAME_SMS, Source.IYS_FRAME_EPOSTA)}
_BY_YOU = {True: mark("%(how)s izin verdiniz: %(ways)s."), False: mark("%(how)s reddettiniz: %(ways)s.")}
_BY_COMPANY = {
    True: mark("Şirketin bildirimine göre %(source)s izin verildi: %(ways)s."),
    False: mark("Şirketin bildirimine göre %(source)s reddedildi: %(ways)s."),
}
_NOT_SAID = {
    True: mark("Şirketin bildirimine göre izin var, nerede verildiği bildirilmemiş: %(ways)s."),
    False: mark("Şirketin bildirimine göre reddedildi, nerede olduğu bildirilmemiş: %(ways)s."),
}
_AGAIN = {
    True: mark("Önceki durum yeniden geçerli, izin var: %(ways)s."),
    False: mark("Önceki durum yeniden geçerli, reddedildi: %(ways)s."),
}
_LINE_CLOSED = mark("Hat kapatıldığı için reddedildi: %(ways)s.")
_ERASED = mark("Silinmesini istediğiniz için reddedildi: %(ways)s.")
_TAKEN_BACK = mark("%(how)s geri aldınız.")
_COMPANY_TOOK_BACK = mark("Şirket bu kaydı geri çekti.")
_GIVEN = mark("Verildiği gün: %(day)s.")
_DEALER = mark("Bayi: %(dealer)s.")
_DISPUTED = mark("Onayı sizin vermediğinizi bildirdiniz.")


class Chapter(NamedTuple):
    """One act of the story. ``act``: it can be taken back here; ``wider``: together with other brands."""

    at: str
    sentences: list[str]
    undone_at: str
    act: int | None
    wider: bool


def story(language: str, keyring: Keyring, entries: list[Entry], dealers: Mapping[int, str], now: int) -> list[Chapter]:
    """The entries as chapters, in their order; ``dealers``: the titles of those they name."""
    return [_chapter(language, keyring, entry, dealers, now) for entry in entries]


def _chapter(language: str, keyring: Keyring, entry: Entry, dealers: Mapping[int, str], now: int) -> Chapter:
    sentences = [say(language, _opening(entry)) % {"how": _how(language, entry)}] if entry.undoes is not None else []
    for words in _alike(entry):
        sentences += _sentences(language, entry, words, dealers)
    if _disputed(keyring, entry):
        sentences.append(say(language, _DISPUTED))
    undoable = (
        entry.actor is Actor.CITIZEN
        and entry.undoes is None
        and entry.undone_at is None
        and may_undo(entry.door, entry.recorded_at, Door.PAGE, now)
    )
    return Chapter(
        wording.moment(language, entry.recorded_at),
        sentences,
        wording.moment(language, entry.undone_at) if entry.undone_at else "",
        entry.act if undoable else None,
        entry.size > len(entry.said),
    )


def _opening(entry: Entry) -> str:
    return _COMPANY_TOOK_BACK if entry.actor is Actor.PROVIDER else _TAKEN_BACK


def _how(language: str, entry: Entry, source: int | None = None) -> str:
    """By what way the citizen spoke; words that the national registry passed on name their source there."""
    if entry.actor is Actor.CITIZEN:
        return say(language, _HERE.get(entry.door, _HERE[Door.PAGE]))
    return (
        wording.source(language, source)
        if source is not None and source in _TOLD_BY_SOURCE
        else say(language, _ELSEWHERE)
    )


def _alike(entry: Entry) -> list[list[Said]]:
    """What an act said, words alike together."""
    groups: dict[tuple[object, ...], list[Said]] = {}
    for said in entry.said:
        groups.setdefault(said.word[:4], []).append(said)
    return list(groups.values())


def _sentences(language: str, entry: Entry, said: list[Said], dealers: Mapping[int, str]) -> list[str]:
    """The sentence about words alike, and what stands beside it: the day, the dealer."""
    word, both = said[0].word, len({one.identity for one in said}) > 1
    named = both or any(one.identity for one in said)
    ways = wording.ways(language, [(one.channel, one.identity) for one in said], named=named)
    values = {"ways": ways, "how": _how(language, entry, word.source)}
    given = word.status == ONAY
    if entry.undoes is not None:
        return [say(language, _AGAIN[given]) % values]
    if entry.actor is Actor.STAFF:
        return [say(language, _ERASED) % values]
    if word.source == Source.IYS_AHS_HAT_KAPATMA.code:
        return [say(language, _LINE_CLOSED) % values]
    if entry.actor is not Actor.PROVIDER:
        return [say(language, _BY_YOU[given]) % values]
    if word.source is None:
        sentences = [say(language, _NOT_SAID[given]) % values]
    else:
        sentences = [say(language, _BY_COMPANY[given]) % {**values, "source": wording.source(language, word.source)}]
    if word.at and word.source != Source.HS_2015.code:
        sentences.append(say(language, _GIVEN) % {"day": wording.day(language, word.at)})
    if word.dealer is not None:
        sentences.append(say(language, _DEALER) % {"dealer": dealers[word.dealer]})
    return sentences


def _disputed(keyring: Keyring, entry: Entry) -> bool:
    """Whether the citizen said that he never gave the consent in question."""
    if entry.actor is not Actor.CITIZEN or entry.door is not Door.PAGE or entry.evidence is None:
        return False
    return bool(keyring.unseal_evidence(entry.evidence).get("disputed"))
