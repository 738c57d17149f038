"""The meaning of a citizen's SMS. A refusal is read liberally: any case, alphabet, spelling and order, in a sentence,
in a returned footer. What denies a refusal is none. A consent is read strictly: ``ONAY <brand>`` or ``ONAY dddddd``.
Words are known by consents/brands/sms_words.py or as a brand's name; a similar name only leads to a question
(optout/sms/refusing.py)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from consents.brands import sms_words
from consents.brands.sms_words import Sense, squeezed
from consents.brands.spelling import fold
from consents.channels import BY_SMS, answered
from consents.languages import FALLBACK, SOURCE
from consents.terms import Channel
from optout.sms.reader import letters, verdict, words
from optout.sms.reader.words import NameIndex, SmsWord

Brands = Mapping[str, tuple[int, ...]]  # squeezed name, header, İYS number or MERSİS number -> brands (internal ids)

_CODE = re.compile(r"\s*ONAY\s+([0-9]{4}|[0-9]{6})\s*", re.ASCII | re.IGNORECASE).fullmatch
# Letters of Turkish, digits and the marks of names; quotes and a full stop, which phones add, around it.
_REQUEST = re.compile(
    r"[\s\"'.“”<>]*ONAY[ :]\s*[\"'“”<]?([A-Za-z0-9ÇĞİÖŞÜçğıöşü&. -]{1,40})[\s\"'!“”>]*", re.ASCII | re.I
)
_UNDOING = "|".join(words.replace(" ", " ?") for words in sms_words.UNDO)
_UNDO = re.compile(rf"\W*({_UNDOING})(?:\W+([0-9]{{6}}))?\W*").fullmatch
_UNDO_LANGUAGE = {words.replace(" ", ""): language for words, language in sms_words.UNDO.items()}
# What ends a standing refusal: only a question follows, so it is read in several forms.
_OPENING = {
    SOURCE: re.compile(
        r"\W*(?:(?:ONAY|IZIN) (?:YENILER[IE]?|YENI MARKALAR[IA]?)|(?:YENILER[IE]?|YENI MARKALAR[IA]?) "
        r"(?:AC|ACIN|ACIK|ACIK OLSUN|ACILSIN|YAZSIN|YAZSINLAR|YAZABILIR|YAZABILSIN|IZIN|IZIN VER|IZIN VERIYORUM))\W*"
    ).fullmatch,
    FALLBACK: re.compile(r"\W*ALLOW (?:ALL )?(?:THE )?NEW(?: ONES| BRANDS| SENDERS| COMPANIES)?\W*").fullmatch,
}
# A brand asks for no consents any more. Nothing ends by it, so it is read in one form alone.
_UNASKED = re.compile(r"\W*SORMA(?:SIN|YIN)?(?:\W+(.{1,40}?))?\W*").fullmatch
# A person's own data. Only the whole message is read so: within a sentence SIL refuses, as "verilerimi silin" does.
_DATA = {
    SOURCE: re.compile(
        r"\W*(?:LUTFEN )?(?:BENIM )?(?:VERILERIM(?: NEREDE| ISTIYORUM)?|(?:KAYDIM|KAYITLARIM)I?"
        r"(?: LUTFEN| HEMEN| TAMAMEN)*(?: SIL(?:IN|INIZ|INSIN|ER MISINIZ)?)?)(?: LUTFEN)?\W*"
    ).fullmatch,
    FALLBACK: re.compile(r"\W*(?:PLEASE )?(?:(?:DELETE|ERASE) )?MY (?:DATA|RECORDS?)(?: PLEASE)?\W*").fullmatch,
}
# What may stand between a refusing word and YENILER.
_JOINING = {Sense.FILLER, Sense.ALL, Sense.ALL_OF, Sense.BRANDS, Sense.CALL, Sense.TEXT, Sense.AUX, Sense.ME}
_SENSES = answered({Channel.ARAMA: (Sense.CALL, Sense.UNCALLED), Channel.MESAJ: (Sense.TEXT,)}, map(Channel.of, BY_SMS))
_CHANNELS = {sense: channel.code for channel, senses in _SENSES.items() for sense in senses}
BOTH = BY_SMS


_TURNING = {Sense.NOT, Sense.KEEP, Sense.AUX_NOT, Sense.DENIED}  # "RET HEPSI DEGIL"
# What makes a well-known company's name of HEPSI; where that one is no brand here, its sender is asked.
_NAMED_SO = {"BURADA", "BURADAN", "JET", "PAY", "EMLAK"}


class SmsIntent(Enum):
    RET = "RET"
    ONAY_REQUEST = "ONAY_REQUEST"
    ONAY_CODE = "ONAY_CODE"
    UNDO = "UNDO"
    UNDO_CODE = "UNDO_CODE"
    OPEN = "OPEN"  # end a standing refusal
    UNASK = "UNASK"  # no more requests of a brand
    CLARIFY = "CLARIFY"  # nothing that we can do: nothing changes
    STATUS = "STATUS"
    WAITING = "WAITING"
    HISTORY = "HISTORY"
    HELP = "HELP"
    COMPLAINT = "COMPLAINT"
    NEW_NUMBER = "NEW_NUMBER"
    DATA = "DATA"  # a copy, an erasure: nothing changes, the site deals with it


_ASKING: dict[Sense | None, SmsIntent] = {
    Sense.STATUS: SmsIntent.STATUS,
    Sense.WAITING: SmsIntent.WAITING,
    Sense.HISTORY: SmsIntent.HISTORY,
}
_ELSEWHERE = (
    (SmsIntent.COMPLAINT, SOURCE, re.compile(r"\b(?:SIKAYET|HALA (?:GELI|YAZI|ARI|ATI|GONDERI)YOR)").search),
    (SmsIntent.COMPLAINT, FALLBACK, re.compile(r"\b(?:COMPLAIN|STILL (?:GETT|COM|WRIT|CALL|SEND)ING)").search),
    (SmsIntent.NEW_NUMBER, SOURCE, re.compile(r"\b(?:YENI (?:NUMARA|HAT)|(?:NUMARA|HAT)\w* YENI)").search),
    (SmsIntent.NEW_NUMBER, FALLBACK, re.compile(r"\b(?:NEW (?:PHONE )?NUMBER|NUMBER IS NEW)").search),
)


class SmsReading(NamedTuple):
    """``brands``: named ones (internal ids); ``every``: HEPSI; ``channels``: codes, only named ones; ``unknown``:
    possible misspelt names, in small letters; ``whole``: begins with RET HEPSI and names no brand; ``new``: brands that
    come later, too (rule L13); ``perhaps_new``: RET YENI, which may be a name; ``confirm``: a sentence, so the reply
    explains the undo; ``only``: nothing but names, HEPSI, YENILER and channels; ``no``, ``yes``: nothing but HAYIR, or
    EVET, and polite words; ``no_word``: that, and no single letter; ``erase``: requests deletion of the number;
    ``language``: that of its known words (sms_words.language)."""

    intent: SmsIntent
    brands: tuple[int, ...] = ()
    every: bool = False
    channels: tuple[int, ...] = ()
    unknown: tuple[str, ...] = ()
    confirm: bool = False
    code: str = ""
    only: bool = False
    no: bool = False
    no_word: bool = False
    yes: bool = False
    erase: bool = False
    language: str = SOURCE
    whole: bool = False
    new: bool = False
    perhaps_new: bool = False


def read(text: str, brands: Brands) -> SmsReading:
    """Reads any text, in linear time where ``brands`` is a NameIndex; another mapping is indexed first."""
    if strict := _consent(text, brands):
        return strict
    plain = letters.plain(text)
    if undo := _UNDO(plain):
        asked = SmsIntent.UNDO_CODE if undo[2] else SmsIntent.UNDO
        return SmsReading(asked, code=undo[2] or "", language=_UNDO_LANGUAGE[undo[1].replace(" ", "")])
    if opening := next((language for language, form in _OPENING.items() if form(plain)), None):
        return SmsReading(SmsIntent.OPEN, language=opening)
    if data := next((language for language, form in _DATA.items() if form(plain)), None):
        return SmsReading(SmsIntent.DATA, language=data)
    if unasked := _UNASKED(plain):
        named = brands.get(squeezed(fold(unasked[1] or "")), ())
        if len(named) == 1 or unasked[1] is None:
            return SmsReading(SmsIntent.UNASK, named)
    items = words.items(plain, brands if isinstance(brands, NameIndex) else NameIndex(brands))
    refusal = verdict.judge(items)
    reading = _other(items) if refusal is None else _refusal(items, refusal)
    if reading.intent is SmsIntent.CLARIFY and (elsewhere := _elsewhere(plain)):
        return elsewhere
    known = [item.word for item in items if item.kind is not None and not item.brands]
    return reading._replace(language=sms_words.language(known))


def _elsewhere(plain: str) -> SmsReading | None:
    """A complaint, or that the number is new: the site deals with both."""
    found = ((intent, language) for intent, language, form in _ELSEWHERE if form(plain))
    return next((SmsReading(intent, language=language) for intent, language in found), None)


def _consent(text: str, brands: Brands) -> SmsReading | None:
    if (match := _CODE(text)) and not brands.get(match[1]):  # a brand's number names the brand
        return SmsReading(SmsIntent.ONAY_CODE, code=match[1])
    if match := _REQUEST.fullmatch(text):
        named = brands.get(squeezed(fold(match[1])), ())
        if len(named) == 1:
            return SmsReading(SmsIntent.ONAY_REQUEST, named)
    return None


def _other(items: list[SmsWord]) -> SmsReading:
    """A message that refuses nothing; its names may answer an open question."""
    kinds = {item.kind for item in items if not item.brands}
    found = SmsReading(SmsIntent.CLARIFY, _brands(items), _every(items), _channels(items), _unknown(items))
    if len(kinds) == 1 and not found.unknown and (asked := _ASKING.get(next(iter(kinds)))):
        return found._replace(intent=asked)
    if Sense.HELP in kinds and kinds <= {Sense.HELP, Sense.FILLER, Sense.WANTED, Sense.AUX, Sense.YES}:
        return found._replace(intent=SmsIntent.HELP)
    found = found._replace(yes=Sense.YES in kinds and kinds <= {Sense.YES, Sense.FILLER} and not found.brands)
    only = kinds <= {None, Sense.ALL, Sense.CALL, Sense.TEXT, Sense.FILLER, Sense.NEW, Sense.NEW_OF, Sense.BRANDS}
    return found._replace(only=bool(items) and only, new=any(_is_new(items, place) for place in range(len(items))))


def _refusal(items: list[SmsWord], refusal: verdict.RefusingWords) -> SmsReading:
    unknown = _unknown(items)
    if _whole(items, refusal):
        channels = _named_channels(items, refusal) or (BOTH if unknown else ())
        new = any(_is_new(items, place) for place in range(len(items)))
        return SmsReading(SmsIntent.RET, (), True, channels, unknown, erase=refusal.erase, whole=True, new=new)
    mentioned = any(item.kind is Sense.MENTION for item in items) or len(unknown) > 3
    sentence = mentioned or (bool(unknown) and not refusal.noun)
    near = _near(items, refusal) if sentence else []
    brands = _brands(near) or _brands(items)
    every = _every(items, refusal) if not mentioned else bool(brands) and _every(near)
    channels = () if mentioned else _named_channels(items, refusal)
    no = refusal.no and all(item.kind in (Sense.NO, Sense.FILLER) and not item.brands for item in items)
    if every and (brands or unknown) and not channels:
        channels = BOTH
    return SmsReading(
        SmsIntent.RET,
        brands,
        every,
        channels,
        () if sentence else unknown,
        sentence or refusal.erase,
        no=no,
        no_word=no and all(len(item.word) > 1 for item in items if item.kind is Sense.NO),
        erase=refusal.erase,
        new=not mentioned and _new(items, refusal),
        perhaps_new=items[-1].kind is Sense.NEW_OF and not items[-1].brands,
    )


def _whole(items: list[SmsWord], refusal: verdict.RefusingWords) -> bool:
    """RET HEPSI at the beginning, and no brand named, as in "RET HEPSI VE SONRAKILER" or "STOP ALL FOREVER"."""
    first = [place for place, item in enumerate(items) if item.kind is not Sense.FILLER or item.brands][:2]
    if len(first) < 2 or first[0] not in refusal.places or items[first[1]].kind not in (Sense.ALL, Sense.ALL_OF):
        return False
    advised = items[first[1] + 1 : first[1] + 2]  # "RET HEPSI yaz", copied from an advert
    turned = any(item.brands or item.kind in _TURNING for item in items)
    named = any(item.kind is None and fold(item.word) in _NAMED_SO for item in advised)
    return not (turned or named) and not any(item.kind is Sense.MENTION for item in advised)


def _new(items: list[SmsWord], refusal: verdict.RefusingWords) -> bool:
    """Whether a refusing word is about brands that come later: YENILER joined to it by known words, behind RET also by
    a misspelt name. Before it no brand of another sentence stands between: "Yeni markalar Çınar'da. RET CINAR"."""
    for place in refusal.places:
        for step in (1, -1):
            at, parted, slip = place + step, step < 0 and items[place].begins, False
            named = step > 0 and items[place].kind is Sense.COMMAND  # what is unknown there may be a name
            while 0 <= at < len(items) and (_joins(items[at]) or (named and items[at].kind is None)):
                slip = slip or not _joins(items[at])
                if items[at].brands and parted:
                    break
                if _is_new(items, at) and (not slip or all(map(_joins, items[at:]))):
                    return True
                parted = parted or (step < 0 and items[at].begins)
                at += step
    return False


def _joins(item: SmsWord) -> bool:
    return item.kind in (*_JOINING, Sense.NEW, Sense.NEW_OF) or bool(item.brands)


def _is_new(items: list[SmsWord], place: int) -> bool:
    """YENILER, or YENI before MARKALAR or, behind RET HEPSI, at the end; not where the next word denies it."""
    item, after = items[place], items[place + 1] if place + 1 < len(items) else None
    if item.brands or (after is not None and after.kind is Sense.NOT):
        return False
    if item.kind is not Sense.NEW_OF:
        return item.kind is Sense.NEW
    nouns = (Sense.ALL, Sense.BRANDS, Sense.NEW, Sense.COMMAND, Sense.WEAK)
    if after is None:
        return place > 0 and any(one.kind is Sense.ALL for one in items[:place])
    return not after.brands and after.kind in nouns


def _near(items: list[SmsWord], refusal: verdict.RefusingWords) -> list[SmsWord]:
    """The names right at a refusing word, and HEPSI at those, as adverts request."""
    near: list[SmsWord] = []
    for place in refusal.places:
        for step in (1, -1):
            at = place + step
            while 0 <= at < len(items) and (items[at].brands or (near and items[at].kind is Sense.ALL)):
                near.append(items[at])
                at += step
    return near


def _brands(items: list[SmsWord]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(brand for item in items for brand in item.brands))


def _channels(items: list[SmsWord]) -> tuple[int, ...]:
    return tuple(sorted({_CHANNELS[item.kind] for item in items if item.kind in _CHANNELS and not item.brands}))


def _named_channels(items: list[SmsWord], refusal: verdict.RefusingWords) -> tuple[int, ...]:
    """The channels of a refusal; "no more SMS" names none beside the usual one."""
    named = _channels(items)
    return named if refusal.noun or Channel.ARAMA.code in named else ()


def _unknown(items: list[SmsWord]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.word.lower() for item in items if item.kind is None and not item.brands))


def _every(items: list[SmsWord], refusal: verdict.RefusingWords | None = None) -> bool:
    """Whether everything is meant: HEPSI, or TUM before MARKALAR or at the end. In free words (``refusal``, with
    unknown words) only at the refusing word itself: "hepsi yalan"."""
    places = set(refusal.places) if refusal is not None else set()
    free = refusal is not None and not refusal.noun and any(item.kind is None and not item.brands for item in items)
    for place, item in enumerate(items):
        if item.kind not in (Sense.ALL, Sense.ALL_OF):
            continue
        after = items[place + 1].kind if place + 1 < len(items) else Sense.ALL
        if (item.kind is Sense.ALL or after in (Sense.ALL, Sense.BRANDS, Sense.COMMAND, Sense.WEAK)) and (
            not free or {place - 1, place + 1} & places
        ):
            return True
    return False
