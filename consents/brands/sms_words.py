"""The words of the SMS channel, by what they do in a message. All are folded (companies.fold). Verbs are rules, because
Turkish inflects them; everything else is spelled out. Sources of the refusing words: real footers (RET, IPTAL, H,
SMSRET), the carriers' own opt-out words, and what people write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from enum import Enum, auto
from functools import lru_cache
from string import ascii_uppercase

from consents import languages
from consents.languages import FALLBACK, LANGUAGES, SOURCE


class Sense(Enum):
    COMMAND = auto()  # refuses, whatever stands beside it: RET, IPTAL, STOP, REDDEDIYORUM
    WEAK = auto()  # refuses where every other word is known: RED, DUR, CIK, SIL
    NO = auto()  # the same: H, HAYIR
    KEEP = auto()  # a refusal denied in one word: REDDETMIYORUM, CIKMAYIN
    NOT = auto()  # denies the word before it: DEGIL, KALSIN
    UNWANTED = auto()  # ISTEMIYORUM: refuses, but denies a refusal right before it
    UNSENT = auto()  # GONDERMEYIN
    UNCALLED = auto()  # ARAMAYIN
    DONT = auto()  # English, before the verb
    SEND = auto()  # English, after DONT
    CONSENT = auto()  # ONAY, IZIN: what may be given, denied or withdrawn
    DENIED = auto()  # VERMIYORUM, YOK
    WITHDRAWN = auto()  # GERI, CEKIYORUM
    WANTED = auto()  # ISTIYORUM
    AUX = auto()  # EDIN, ETMEK
    AUX_NOT = auto()  # ETMEYIN
    PEST = auto()  # RAHATSIZ (ETMEYIN)
    ALL = auto()
    ALL_OF = auto()  # TUM, BUTUN: of what follows
    BRANDS = auto()  # MARKALAR
    NEW = auto()  # YENILER, SONRAKILER: brands that come later
    NEW_OF = auto()  # YENI: of what follows
    CALL = auto()
    TEXT = auto()
    STATUS = auto()
    WAITING = auto()  # what waits for a decision
    HISTORY = auto()
    HELP = auto()
    YES = auto()  # never a consent
    ME = auto()
    MENTION = auto()  # the word is mentioned, not used: RET YAZ, RET ICIN
    BUSINESS = auto()  # things one cancels that are no advertising
    FILLER = auto()


# The word of a till or poster (asking/words.py): a letter and a digit in turn, since letters side by side would spell
# words; no letter that is taken for a digit, or the other way.
ASKED_LETTERS, ASKED_DIGITS, ASKED_PAIRS = "ABCDEFGHJKLMNPQRTUVWXYZ", "2346789", 3
ASKED_WORD = rf"(?:[{ASKED_LETTERS}][{ASKED_DIGITS}]){{{ASKED_PAIRS}}}"
_ASKED_WORD = re.compile(ASKED_WORD).fullmatch

# Of each language what its keywords.toml has. Beside Turkish a word stands there only where it means nothing else, no
# Turkish word is written so, and no brand is called so; docs/sms.md lists the languages. Where İzin does not speak the
# language, it answers in English.
_BY_LANGUAGE: dict[str, dict[Sense, str]] = {
    language: {Sense[name.upper()]: words for name, words in languages.keywords(language)["words"].items()}
    for language in languages.understood()
}
_WORDS = {
    sense: " ".join(row[sense] for row in _BY_LANGUAGE.values() if sense in row)
    for sense in Sense
    if any(sense in row for row in _BY_LANGUAGE.values())
}
# Endings, by (folded) vowel harmony. Affirmed: the bare stem, -in, -sin, -iyorum, -erim, -elim, -mek, -ecegim, -ilsin.
_DO = (
    "(?:Y?[IU]N(?:[IU]Z)?|S[IU]N(?:L[AE]R)?|[IU]YOR?U?[MZ]|[IUAE]R[IU][MZ]|[AE]L[IU]M|[AE]Y[IU]M|M[AE]K|M[AE]Y[IU]|"
    "[AE]C[AE]G[IU]M|[IU]LS[IU]N(?:L[AE]R)?|[IU]R|[IU]RM[IU]S[IU]N(?:[IU]Z)?|T[IU]R[IU]N(?:[IU]Z)?)?"
)
# Denied: -me, -meyin, -mesin, -meyelim, -meseniz, -memek, -memesini.
_LET_NOT = "M[AE](?:Y[IU]N(?:[IU]Z)?|S[IU]N(?:L[AE]R)?|Y[AE]L[IU]M|Y[AE]Y[IU]M|S[AE]N[IU]Z|M[AE]K|M[AE]S[IU](?:N[IU])?)"
# Denied by the speaker: -miyorum, -mem, -meyiz, -meyecegim, -medim.
_I_DO_NOT = "(?:M[IU]YOR?U?[MZ]|M[AE]M|M[AE]Y[IU]Z|M[AE]Y[AE]C[AE]G[IU]M|M[AE]D[IU]M)"
_NOUN = (  # plural, whose, case
    "(?:L[AE]R)?(?:[IU]?M(?:[IU]Z)?|[IU]?N[IU]Z|S?[IU])?(?:N?[DT][AE]N?|[YN]?[IU]N?|[YN]?[AE]|Y?L[AE])?"
)
# What stems do with one of these endings. Where two lines make the same word, the first counts.
_RULES = (
    (Sense.COMMAND, "REDED REDET REDDED REDDET", f"{_DO}|T[IU]M"),
    (Sense.COMMAND, "IPTAL", "(?:[IEA]|[IU]N[IU]|LER[IU]?)?"),
    (Sense.KEEP, "REDET REDDET DURDUR DUR CIKAR CIK KAPAT SIL KALDIR ENGELLE", f"{_LET_NOT}|M[AE]|{_I_DO_NOT}"),
    (Sense.WEAK, "DURDUR CIKAR KAPAT KAPA SIL KALDIR ENGELLE", _DO),
    (Sense.WEAK, "CIK", "MAK|IYORUM|AYIM|ARTIN(?:IZ)?"),
    (Sense.UNWANTED, "ISTE ONAYLA", _I_DO_NOT),
    (Sense.UNWANTED, "ONAYLAMA ONAYLAME ISTEMIYORUMDUR", ""),
    (Sense.UNCALLED, "ARA ARAN ARAT", _LET_NOT),
    (Sense.UNSENT, "GONDER GONDERIL YOLLA YOLLAN AT ATIL ILET ILETIL YAZ GEL PAYLAS", f"{_LET_NOT}|M[AE]"),
    (Sense.UNSENT, "AL", _LET_NOT),
    (Sense.DENIED, "VER", f"{_I_DO_NOT}|{_LET_NOT}"),
    (Sense.WITHDRAWN, "CEK VAZGEC", f"{_DO}|T[IU]M"),
    (Sense.WANTED, "ISTIYO ISTEYO", "R?U?[MZ]"),
    (Sense.WANTED, "ISTER", "[IU]M"),
    (Sense.AUX_NOT, "ET EDIL OL YAP", f"{_LET_NOT}|M[AE]|{_I_DO_NOT}"),
    (Sense.AUX, "ET ED EDIL OL", f"{_DO}|T[IU]M"),
    (Sense.AUX, "EDE", "(?:BIL)?[IU]?R[IU]?[MZ]?(?:M[IU]S[IU]N(?:[IU]Z)?)?"),
    (Sense.CONSENT, "ONAY IZIN IZN RIZA MUSAADE", _NOUN),
    (Sense.CALL, "ARAMA", "(?:L[AE]R)?(?:[YNS]?[IU]N?[IU]?|D[AE]N)?"),
    (Sense.TEXT, "SMS MESAJ MSJ", _NOUN),
    (Sense.BRANDS, "MARKA FIRMA SIRKET", _NOUN),
    (Sense.NEW, "YENI SONRAKI", "L[AE]R(?:[DT][AE]N|(?:[IUAE]|[IU]N[IU]?)?(?:D[AE])?)"),
    (Sense.NEW, "SONRASI", "(?:N[IUA](?:N[IU])?)?(?:D[AE])?"),
    (Sense.MENTION, "YAZ", "(?:IN(?:IZ)?|IP|IYORUM|ARAK)?"),
    (
        Sense.BUSINESS,
        "RANDEVU SIPARIS KARGO REZERVASYON BILET FATURA KART HESAB HESAP SIGORTA POLICE TALIMAT ODEME TAKSIT KREDI "
        "TARIFE PAKET IADE TESLIMAT URUN BASVURU ISLEM SERVIS KURULUM",
        _NOUN,
    ),
    (
        Sense.FILLER,
        "NUMARA LISTE ABONE ABONELIK ABONELIG UYELIK UYELIG REKLAM KAMPANYA TANITIM BILDIRIM ILETI HAT TELEFON VERI "
        "BILGILER KAYD KAYDT KAYI KAYIT",
        _NOUN,
    ),
)

_OF_LANGUAGE = {
    language: {word for words in row.values() for word in words.split()} for language, row in _BY_LANGUAGE.items()
}
_FOREIGN = {word for language, words in _OF_LANGUAGE.items() if language != SOURCE for word in words}
_ANYWHERE = {"SMS", "SPAM", "MAIL", "OK", "MERSIS", "INFO"}  # no evidence of the language beside them
_KINDS: dict[str, Sense] = {word: kind for kind, words in reversed(_WORDS.items()) for word in words.split()}
_rule: Callable[[str], re.Match[str] | None] = re.compile(
    "|".join(
        f"(?P<k{place}>(?:{'|'.join(stems.split())})(?:{endings}))" for place, (_, stems, endings) in enumerate(_RULES)
    )
).fullmatch
_STEMS = " ".join(stems for _, stems, _ in _RULES).split()
# The first letters of words, up to three; most words are known by theirs to be none of ours.
_STEMS_BEGIN = {stem[:3] for stem in _STEMS} | {
    stem + letter for stem in _STEMS if len(stem) == 2 for letter in ["", *ascii_uppercase]
}
_BEGIN = {word[:length] for word in [*_KINDS, *_STEMS_BEGIN] for length in range(4)}
_RUN = re.compile(r"(.)\1+")
_LONGEST = 24  # letters of a word with its endings

PHRASES = {"OPTOUT"}  # commands of two words
UNDO = {languages.keywords(language)["undo"]: language for language in LANGUAGES}  # the words -> their language
UNDOING = {words.replace(" ", "") for words in UNDO}
GLUED = ("SMSRET", "RETSMS", "IPTAL", "RET", "STOP", "RED", "DUR")  # often written without the space before a name
ERASE = "SIL"  # so begin SIL and SILIN: its sender wants more than a refusal
# A brand may be called so: these refuse nothing, and beside a plain RET they are read as its name.
_HARMLESS = {Sense.BUSINESS, Sense.FILLER, Sense.NEW_OF}
_LEADING = {
    Sense.COMMAND,
    Sense.WEAK,
    Sense.NO,
    Sense.CONSENT,
    Sense.STATUS,
    Sense.WAITING,
    Sense.HISTORY,
    Sense.HELP,
    Sense.YES,
}


@lru_cache(maxsize=8192)
def kind(word: str) -> Sense | None:
    """What a folded word does; None: unknown. A held key (RETTT) is reduced."""
    return guessed(word)


def guessed(word: str) -> Sense | None:
    """``kind`` of one of many tried spellings; not cached."""
    if not word.isalpha() or not may_begin(word):
        return None
    found = _kind(word)
    if found is None and _RUN.search(word):
        return guessed(_RUN.sub(_one_of, word))
    return found


def language(words: Iterable[str]) -> str:
    """The language to answer in: Turkish, unless all known words are of others; then English, unless İzin speaks
    another that has them all."""
    known = {word for word in map(_let_go, words) if word not in _ANYWHERE}
    if not known or not known <= _FOREIGN:
        return SOURCE
    return next((one for one in LANGUAGES if one != SOURCE and known <= _OF_LANGUAGE[one]), FALLBACK)


def may_begin(word: str) -> bool:
    """Whether a known word may begin like this; False: none does."""
    return word[:3] in _BEGIN or word[:1] == word[1:2] or word[1:2] == word[2:3]


def collision(name: str) -> bool:
    """Whether a brand of this folded name cannot be distinguished from other words of a message."""
    words = name.split()
    if squeezed(name).isdigit() or (len(words) > 1 and any(kind(word) in _LEADING for word in words)):
        return True
    found = kind(squeezed(name))
    return (found is not None and found not in _HARMLESS) or squeezed(name) in PHRASES | UNDOING


def is_asked_word(name: str) -> bool:
    """Whether this folded name reads as the word of a till or poster."""
    return _ASKED_WORD(squeezed(name)) is not None


def squeezed(name: str) -> str:
    """A name as it is looked up: letters and digits only."""
    return "".join(filter(str.isalnum, name))


def glued_alike(name: str, others: Collection[str]) -> str | None:
    """What would name ``name`` and, read as a refusing word glued to it, one of the others; all squeezed."""
    for word in GLUED:
        for longer, shorter in ((name, name.removeprefix(word)), (name, name.removesuffix(word))):
            if shorter != longer and shorter in others:
                return longer
        found = {word + name, name + word} & set(others)
        if found:
            return min(found)
    return None


def _kind(word: str) -> Sense | None:
    found = _KINDS.get(word)
    if found is None and word[:3] in _STEMS_BEGIN and len(word) <= _LONGEST and (match := _rule(word)):
        assert match.lastgroup is not None
        return _RULES[int(match.lastgroup[1:])][0]
    return found


def _let_go(word: str) -> str:
    return word if word in _FOREIGN else _RUN.sub(_one_of, word)


def _one_of(run: re.Match[str]) -> str:
    return run[1]
