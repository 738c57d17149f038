"""Normalises text: folds it for search and comparison, removes look-alike letters, finds links."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Capitals of other alphabets, by their looks.
LOOKS = str.maketrans("ӀАВЕЅІЈКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "IABESIJKMHOPCTYXABEZHIKMNOPTYX")
_LATIN = re.compile(r"(?:LATIN|REGIONAL INDICATOR SYMBOL).* LETTER (?:SMALL CAPITAL )?([A-Z])(?: WITH .*)?").fullmatch
# Words that do not identify a company: its legal form, its trade.
_FORM_WORDS = (
    "A S AS AO ANONIM SIRKET SIRKETI LTD LIMITED STI TIC TICARET SAN SANAYI VE PAZ PAZARLAMA ITH ITHALAT IHR IHRACAT "
    "INS INSAAT TUR TURIZM NAK OTO MUH TEKS MAG DIS HIZ DAN GIDA KOLL KOM HOLDING GRUP"
)
FORMS = frozenset(_FORM_WORDS.split())
_DOMAINS = frozenset(("AS", "LTD"))  # forms that are top-level domains too
_DOT = re.compile(r"[^\W_]\.[^\W_]{2,}")
_SCHEME = re.compile(r"://|\bwww\.", re.IGNORECASE)
_DOTS = str.maketrans("。｡．․", "....")


_ALPHABET = {letter: place for place, letter in enumerate("abcçdefgğhıijklmnoöpqrsştuüvwxyz")}
_SMALL = str.maketrans("Iİ", "ıi")


def turkish_order(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts names as Turkish does: Ada, Çam, Ege, Işık, İnci, Öz, Şan. Capitals and small letters are
    equal; digits and marks come first, other letters last."""
    return [
        (1, _ALPHABET[letter], "") if letter in _ALPHABET else (2 if letter.isalpha() else 0, 0, letter)
        for letter in text.translate(_SMALL).lower()
    ]


def fold(text: str) -> str:
    """Text for search and comparison: İPTAL, iptal and ıptal are one. Python's casefold keeps the dot of İ."""
    return " ".join("".join(map(folded, text)).split())


@lru_cache(maxsize=4096)
def folded(letter: str) -> str:
    """One letter folded: no mark, one capital, or several (ß), independent of its neighbours."""
    plain = unicodedata.normalize("NFKD", "i" if letter == "ı" else letter)
    return "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf").upper()


def is_link(text: str) -> bool:
    """Whether a phone or a mail program would make a link of it; company forms (LTD.ŞTİ.) are none."""
    plain = unicodedata.normalize("NFKC", text).translate(_DOTS)
    if _SCHEME.search(plain):
        return True
    words = [word for word in plain.split() if _DOT.search(word)]
    parts = [[part for part in fold(word).replace(",", ".").split(".") if part] for word in words]
    return any(not FORMS.issuperset(word) or word[-1] in _DOMAINS for word in parts)


def undisguised(letter: str) -> str:
    """A Latin letter in a form that Unicode does not fold: small capitals, squared ones, flags, strokes."""
    if letter.isascii():
        return letter
    match = _LATIN(unicodedata.name(letter, ""))
    return match[1] if match else letter
