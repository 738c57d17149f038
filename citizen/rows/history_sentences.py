"""History as sentences: who refused or allowed what, by which channel, on what source, and with what result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from citizen import wording
from citizen.wording import translate
from consents.keys import Keyring
from consents.queries.timeline import Entry, KeyChange
from consents.rules import ONAY, may_undo
from consents.terms import Actor, Door, Source
from providers.public import HandedOver
from trust import record_numbers
from web.rendering.texts import mark

# Behind the colon: the ways it is about.
_BY_YOU = {True: mark("Siz, %(where)s izin verdiniz: %(ways)s."), False: mark("Siz, %(where)s reddettiniz: %(ways)s.")}
_BY_YOU_SOMEWHERE = {True: mark("İzin verdiniz: %(ways)s."), False: mark("Reddettiniz: %(ways)s.")}
_BY_BUSINESS = mark("İşletmeniz, bu sitede reddetti: %(ways)s.")
_BUSINESS_AHEAD = {
    True: mark(
        "İşletmeniz, bu sitede yeni markalara yeniden açıldı; şirketin bildirdiği izin yeniden geçerli: %(ways)s."
    ),
    False: mark("İşletmeniz, bu sitede yeni markalara kapandı: %(ways)s."),
}
_BUSINESS_TOOK_BACK = mark("İşletmeniz, bu sitede geri aldı.")
_BY_COMPANY = {
    True: mark("Şirkete göre %(source)s izin verildi: %(ways)s."),
    False: mark("Şirkete göre %(source)s reddedildi: %(ways)s."),
}
_NO_SOURCE = {
    True: mark("Şirkete göre izin var, nerede verildiği bildirilmemiş: %(ways)s."),
    False: mark("Şirkete göre reddedildi, nerede olduğu bildirilmemiş: %(ways)s."),
}
# The refusal stayed in force (rule L4): nobody gave an approval that counts.
_ASKED = mark("Şirket izin verdiğinizi bildirdi (%(source)s): %(ways)s. Reddiniz geçerli kaldı, size soruldu.")
_ASKED_NO_SOURCE = mark(
    "Şirket izin verdiğinizi bildirdi, nerede verildiğini bildirmedi: %(ways)s. Reddiniz geçerli kaldı, size soruldu."
)
_COVERED = mark("Yeni markalara kapalı olduğunuz için geçerli olmadı.")
_AHEAD = {
    True: mark("Siz, yeni markalara yeniden açıldınız; şirketin bildirdiği izin yeniden geçerli: %(ways)s."),
    False: mark("Yeni markalara kapandınız: %(ways)s."),
}
_AGAIN = {
    True: mark("Önceki durum yeniden geçerli, izin var: %(ways)s."),
    False: mark("Önceki durum yeniden geçerli, reddedildi: %(ways)s."),
}
_LINE_CLOSED = mark("Hat kapatıldığı için reddedildi: %(ways)s.")
_ERASED = mark("Silinmesini istediğiniz için reddedildi: %(ways)s.")
_TAKEN_BACK = mark("Siz, %(where)s geri aldınız.")
_TAKEN_BACK_SOMEWHERE = mark("Geri aldınız.")
_NO_EVIDENCE = mark("Şirket onayın kanıtını süresinde göstermediği için reddedildi: %(ways)s.")
_COMPANY_TOOK_BACK = mark("Şirket bu kaydı geri çekti.")
_GIVEN = mark("Verildiği gün: %(day)s.")
_DEALER = mark("Bayi: %(dealer)s.")
_DISPUTED = mark("Onayı sizin vermediğinizi bildirdiniz.")
_LASTING = mark("Bunu yakınınız (yardımcı) yaptı: %(helper)s.")
_BESIDE = mark("Bunu yanınızdaki biriyle yaptınız: %(helper)s.")
_BY_TEXT = mark("SMS göndererek girmiştiniz.")
_REPORTED = mark("Bunu reddinizle birlikte şirkete bildiriyoruz.")
_GIVEN_OVER = mark("Bu, şirketin programına iletildi: %(moment)s.")
_TAKEN = mark("Şirketin programı bunu aldı: %(moment)s.")
# The same of a relative, for their helper: who acted is named by the way alone.
_RELATIVE = {
    _BY_YOU[True]: mark("İzin verildi, %(where)s: %(ways)s."),
    _BY_YOU[False]: mark("Reddedildi, %(where)s: %(ways)s."),
    _BY_YOU_SOMEWHERE[True]: mark("İzin verildi: %(ways)s."),
    _BY_YOU_SOMEWHERE[False]: mark("Reddedildi: %(ways)s."),
    _BY_BUSINESS: mark("İşletmesi, bu sitede reddetti: %(ways)s."),
    _BUSINESS_AHEAD[True]: mark(
        "İşletmesi, bu sitede yeni markalara yeniden açıldı; şirketin bildirdiği izin yeniden geçerli: %(ways)s."
    ),
    _BUSINESS_AHEAD[False]: mark("İşletmesi, bu sitede yeni markalara kapandı: %(ways)s."),
    _BUSINESS_TOOK_BACK: mark("İşletmesi, bu sitede geri aldı."),
    _ASKED: mark("Şirket izin verildiğini bildirdi (%(source)s): %(ways)s. Ret geçerli kaldı, yakınınıza soruldu."),
    _ASKED_NO_SOURCE: mark(
        "Şirket izin verildiğini bildirdi, nerede verildiğini bildirmedi: %(ways)s. Ret geçerli kaldı, yakınınıza "
        "soruldu."
    ),
    _COVERED: mark("Yeni markalara kapalı olduğu için geçerli olmadı."),
    _AHEAD[True]: mark("Yeni markalara yeniden açıldı; şirketin bildirdiği izin yeniden geçerli: %(ways)s."),
    _AHEAD[False]: mark("Yeni markalara kapandı: %(ways)s."),
    _ERASED: mark("Silinmesini istediği için reddedildi: %(ways)s."),
    _TAKEN_BACK: mark("Geri alındı, %(where)s."),
    _TAKEN_BACK_SOMEWHERE: mark("Geri alındı."),
    _DISPUTED: mark("Onayı kendisinin vermediğini bildirdi."),
    _LASTING: mark("Bunu yardımcısı yaptı: %(helper)s."),
    _BESIDE: mark("Bu, yanındaki biriyle yapıldı: %(helper)s."),
    _BY_TEXT: mark("SMS gönderilerek girilmişti."),
    _REPORTED: mark("Bu, retle birlikte şirkete bildirilir."),
}
_NOT_READ: Mapping[int, HandedOver | None] = {}


class Chapter(NamedTuple):
    """One act. ``act``: can be undone here; ``wider``: of the citizen, together with other brands;
    ``refused``: it only refused. ``number``: the record number of the citizen's own, "" of others; ``request``: that of
    the company's request that it answers, else ""."""

    at: str
    sentences: list[str]
    undone_at: str
    act: int | None
    wider: bool
    refused: bool
    number: str
    request: str = ""


def story(
    language: str,
    keyring: Keyring,
    entries: list[Entry],
    dealers: Mapping[int, str],
    now: int,
    handed: Mapping[int, HandedOver | None] = _NOT_READ,
    *,
    may_undo: Callable[[Mapping[str, Any]], bool] = lambda proof: True,
    helped: bool = False,
) -> list[Chapter]:
    """The entries as chapters, in order; ``dealers``: titles of those named. ``handed``: by event, the delivery of
    disputes. ``may_undo``: by its evidence, whether an act may be undone here; ``helped``: of a relative."""
    voice = _Voice(language, helped)
    return [_chapter(voice, keyring, entry, dealers, now, handed, may_undo) for entry in entries]


class _Voice(NamedTuple):
    language: str
    helped: bool

    def phrase(self, marked: str) -> str:
        return translate(self.language, _RELATIVE.get(marked, marked) if self.helped else marked)


def _chapter(
    voice: _Voice,
    keyring: Keyring,
    entry: Entry,
    dealers: Mapping[int, str],
    now: int,
    handed: Mapping[int, HandedOver | None],
    here: Callable[[Mapping[str, Any]], bool],
) -> Chapter:
    sentences = [_opening(voice, entry)] if entry.undoes is not None else []
    for words in _alike(entry):
        sentences += _sentences(voice, entry, words, dealers)
    proof = _proof(keyring, entry)
    if proof.get("helper"):
        beside = _LASTING if proof.get("lasting") else _BESIDE
        sentences.append(voice.phrase(beside) % {"helper": proof["helper"]})
    if proof.get("by_text"):
        sentences.append(voice.phrase(_BY_TEXT))
    if proof.get("disputed"):
        sentences.append(voice.phrase(_DISPUTED))
    if entry.disputed:
        sentences.append(_reported(voice, handed.get(entry.changes[0].word.event)))
    undoable = (
        entry.actor is Actor.CITIZEN
        and entry.undoes is None
        and entry.undone_at is None
        and may_undo(entry.door, entry.recorded_at, Door.PAGE, now)
        and here(proof)
    )
    return Chapter(
        wording.moment(voice.language, entry.recorded_at),
        sentences,
        wording.moment(voice.language, entry.undone_at) if entry.undone_at else "",
        entry.act if undoable else None,
        entry.actor is Actor.CITIZEN and (entry.size > len(entry.changes) or (entry.ahead and undoable)),
        entry.undoes is None and all(change.word.status != ONAY for change in entry.changes),
        record_numbers.of_act(keyring, entry.act) if entry.actor is Actor.CITIZEN else "",
        str(proof.get("request", "")),
    )


def _opening(voice: _Voice, entry: Entry) -> str:
    if entry.actor is Actor.PROVIDER:
        return voice.phrase(_COMPANY_TOOK_BACK)
    if entry.door is Door.BUSINESS:
        return voice.phrase(_BUSINESS_TOOK_BACK)
    where = wording.where(voice.language, entry.actor, entry.door)
    return voice.phrase(_TAKEN_BACK if where else _TAKEN_BACK_SOMEWHERE) % {"where": where}


def _alike(entry: Entry) -> list[list[KeyChange]]:
    """Groups the changes of an act by sentence."""
    groups: dict[tuple[object, ...], list[KeyChange]] = {}
    for change in entry.changes:
        groups.setdefault((*change.word[:4], change.waited, change.covered), []).append(change)
    return list(groups.values())


def _sentences(voice: _Voice, entry: Entry, changes: list[KeyChange], dealers: Mapping[int, str]) -> list[str]:
    """The sentence about a group of changes, with day and dealer."""
    word, both = changes[0].word, len({one.identity for one in changes}) > 1
    named = both or any(one.identity for one in changes)
    ways = wording.ways(
        voice.language, [(one.channel, one.identity) for one in changes], named=named, helped=voice.helped
    )
    values = {"ways": ways, "where": wording.where(voice.language, entry.actor, entry.door, word.source)}
    given = word.status == ONAY
    if entry.undoes is not None:
        return [voice.phrase(_AGAIN[given]) % values]
    if entry.ahead:
        phrases = _BUSINESS_AHEAD if entry.door is Door.BUSINESS else _AHEAD
        return [voice.phrase(phrases[given]) % values]
    if entry.door is Door.BUSINESS:
        return [voice.phrase(_BY_BUSINESS) % values]
    if entry.erased:
        return [voice.phrase(_ERASED) % values]
    if entry.door is Door.DISPUTE:
        return [voice.phrase(_NO_EVIDENCE) % values]
    if word.source == Source.IYS_AHS_HAT_KAPATMA.code:
        return [voice.phrase(_LINE_CLOSED) % values]
    if entry.actor is not Actor.PROVIDER:
        return [voice.phrase((_BY_YOU if values["where"] else _BY_YOU_SOMEWHERE)[given]) % values]
    if word.source is None:
        sentences = [voice.phrase(_ASKED_NO_SOURCE if changes[0].waited else _NO_SOURCE[given]) % values]
    else:
        phrase = _ASKED if changes[0].waited else _BY_COMPANY[given]
        sentences = [
            voice.phrase(phrase)
            % {**values, "source": wording.source(voice.language, word.source, helped=voice.helped)}
        ]
    if word.at and word.source != Source.HS_2015.code:
        sentences.append(voice.phrase(_GIVEN) % {"day": wording.day(voice.language, word.at)})
    if word.dealer is not None:
        sentences.append(voice.phrase(_DEALER) % {"dealer": dealers[word.dealer]})
    if changes[0].covered:
        sentences.append(voice.phrase(_COVERED))
    return sentences


def _reported(voice: _Voice, over: HandedOver | None) -> str:
    if over is None or over.at is None:
        return voice.phrase(_REPORTED)
    phrase, at = (_GIVEN_OVER, over.at) if over.taken_at is None else (_TAKEN, over.taken_at)
    return voice.phrase(phrase) % {"moment": wording.moment(voice.language, at)}


def _proof(keyring: Keyring, entry: Entry) -> dict[str, Any]:
    """A citizen's evidence for a page: a dispute, a helper, a company's request. Empty for every other act."""
    if entry.actor is not Actor.CITIZEN or entry.door not in (Door.PAGE, Door.REQUEST) or entry.evidence is None:
        return {}
    return keyring.unseal_evidence(entry.evidence)
