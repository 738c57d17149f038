"""The words of a message, each with its function or its brands. Names are looked up in runs of neighbouring words while
a name begins so, so the cost hardly depends on the number of brands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from itertools import groupby
from typing import NamedTuple

from consents.brands.sms_words import GLUED, PHRASES, Sense, guessed, kind, may_begin
from optout.sms.reader import letters

_RUN = 16  # letters or digits of the longest name, a MERSİS number
_BEGINNING = 3  # letters by which most words are known to begin no name
_SPACED = 24  # letters of a word that was written letter by letter
# What stands before a word, the word, its ending after an apostrophe, "?" at once behind it; or what stands at the end.
# The first is taken whole (*+) and a word or the end must follow, so nothing is read twice.
_TOKENS = re.compile(
    r"((?:[^\w?]|_|\?(?![^\W_]))*+)"
    r"(?:(\??[^\W_]+(?:\?[^\W_]+)*)('(?:[YNS]?[IUAE]N?|N?[DT][AE]N?|Y?L[AE]|L[AE]R\w{0,3})\b)?(?=(\??))|\Z)"
).findall
_BOUNDARY = re.compile(r"[.!,;:()\n]")
_OPERATOR = re.compile(r"B[0-9]{3}").fullmatch  # the sending operator's code at the end of an advert
_CASE = re.compile(r"(.{3,}?)(?:[DT][AE]N?|N?[IU]N|[YN]?[IUAE])").fullmatch
_PLAIN = {Sense.COMMAND, Sense.WEAK, Sense.NO, Sense.ALL, Sense.CALL, Sense.TEXT}
_PLAIN |= {Sense.STATUS, Sense.WAITING, Sense.HISTORY}


class NameIndex(dict[str, tuple[int, ...]]):
    """Names (squeezed) -> brands' internal ids, with their beginnings: make it once for many messages."""

    def __init__(self, names: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__(names)
        several = [*names, *PHRASES]
        self.beginnings = {name[:length] for length in range(1, _BEGINNING + 1) for name in several}

    def may_begin(self, word: str) -> bool:
        return word[:_BEGINNING] in self.beginnings


class SmsWord(NamedTuple):
    """A word, or several that name a brand. ``brands``: internal ids; ``begins``: a part of a sentence begins here."""

    word: str
    kind: Sense | None
    brands: tuple[int, ...] = ()
    begins: bool = False


class _Token(NamedTuple):
    word: str
    begins: bool
    lost: bool = False  # "?" follows at once: a lost last letter, or a question
    target: bool = False  # a number that something is sent to: 3338'e, ->3639


def items(plain: str, brands: NameIndex) -> list[SmsWord]:
    tokens = _spelled(_tokens(plain), brands)
    if tokens and _OPERATOR(tokens[-1].word):
        tokens.pop()
    plain_form = all(kind(token.word) in _PLAIN or token.word in brands for token in tokens)
    alone: dict[_Token, list[SmsWord]] = {}  # in a long message the same words come again
    found: list[SmsWord] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        several = _several(tokens, place, brands, plain_form) if brands.may_begin(token.word) else None
        if several is None and token not in alone:
            alone[token] = _word(token, brands)
        taken, new = several or (1, alone[token])
        found += new
        place += taken
    return found


def _tokens(plain: str) -> list[_Token]:
    made: dict[tuple[str, str, str, str], _Token] = {}  # in a long message the same come again
    tokens = []
    for parts in _TOKENS(plain):
        if parts not in made:
            made[parts] = _token(*parts)
        tokens.append(made[parts])
    return [token for token in tokens if token.word]  # at the end stands none


def _token(gap: str, word: str, suffix: str, lost: str) -> _Token:
    target = word.isdigit() and (suffix != "" or gap.rstrip().endswith(">"))
    return _Token(word, _BOUNDARY.search(gap) is not None, lost != "", target)


def _spelled(tokens: list[_Token], brands: NameIndex) -> list[_Token]:
    """Joins words written letter by letter: R E T, also before a name; a whole message in parts too: IP TAL."""
    known = partial(_known, brands=brands)
    whole = "".join(token.word for token in tokens)
    parted = len(tokens) > 1 and len(whole) <= _SPACED and not any(known(token.word) for token in tokens)
    if parted and kind(whole) is Sense.COMMAND:
        return [_Token(whole, False)]
    joined: list[_Token] = []
    for single, group in groupby(tokens, _single):
        run = list(group)
        if single and 2 < len(run) <= _SPACED and known(word := "".join(token.word for token in run)):
            run = [run[0]._replace(word=word)]
        joined += run
    return joined


def _single(token: _Token) -> bool:
    return len(token.word) == 1 and token.word.isalpha()


def _known(word: str, brands: NameIndex) -> bool:
    return kind(word) is not None or word in brands or bool(_glued(word, brands))


def _several(tokens: list[_Token], place: int, brands: NameIndex, plain_form: bool) -> tuple[int, list[SmsWord]] | None:
    """A name or a phrase at a place: how many tokens it takes, and its item. A brand named like a little word (BIR) is
    one only in a message of commands and names."""
    token = tokens[place]
    if token.target:
        return None
    taken, name = _name(tokens, place, brands)
    if taken > 1 or (taken and (plain_form or kind(name) not in (Sense.FILLER, Sense.NEW_OF))):
        return taken, [SmsWord(name, None, brands[name], token.begins)]
    if place + 1 < len(tokens) and (phrase := token.word + tokens[place + 1].word) in PHRASES:
        return 2, [SmsWord(phrase, Sense.COMMAND, (), token.begins)]
    return None


def _name(tokens: list[_Token], place: int, brands: NameIndex) -> tuple[int, str]:
    """The longest name at a place, and how many tokens it takes; 0 for none."""
    run, taken, name = "", 0, ""
    for count, token in enumerate(tokens[place : place + _RUN], 1):
        run += token.word
        if len(run) > _RUN or run[:_BEGINNING] not in brands.beginnings:
            break
        if brands.get(run):
            taken, name = count, run
    return taken, name


def _word(token: _Token, brands: NameIndex) -> list[SmsWord]:
    """One token as items: a word, a name in another spelling or with an ending, RET glued to a name, or unknown; none
    where ignored."""
    word, begins = token.word, token.begins
    if token.target:
        return []
    if (found := kind(word)) is not None:
        return [SmsWord(word, found, (), begins)]
    if glued := _glued(word, brands, begins):
        return glued
    if (item := _twin(word + "?" if token.lost and word.isascii() else word, brands, begins)) is not None:
        return [item]
    if brands.may_begin(word) and (cased := _CASE(word)) and (named := brands.get(cased[1])):
        return [SmsWord(cased[1], None, named, begins)]
    if "?" in word:
        parts = [part for part in word.split("?") if part]
        return [SmsWord(part, kind(part), brands.get(part, ()), begins) for part in parts]
    return [SmsWord(word, None, (), begins)]


def _twin(word: str, brands: NameIndex, begins: bool) -> SmsWord | None:
    if word.isascii() and word.isalpha():
        return None
    for twin in letters.twins(word, lambda start: may_begin(start) or brands.may_begin(start)):
        if named := brands.get(twin):
            return SmsWord(twin, None, named, begins)
        if (found := guessed(twin)) is not None and found is not Sense.CONSENT:
            return SmsWord(twin, found, (), begins)
    return None


def _glued(word: str, brands: NameIndex, begins: bool = False) -> list[SmsWord]:
    """RETCINAR, CINARRET, RETHEPSI: a refusing word glued to a name or another word."""
    if not word.startswith(GLUED) and not word.endswith(GLUED):
        return []
    for command in GLUED:
        if word.startswith(command):
            rest = word[len(command) :]
            if (item := _rest(rest, brands)) is not None:
                return [SmsWord(command, kind(command), (), begins), item]
        if word.endswith(command):
            rest = word[: -len(command)]
            if rest in brands:
                return [SmsWord(rest, None, brands[rest], begins), SmsWord(command, kind(command))]
    return []


def _rest(rest: str, brands: NameIndex) -> SmsWord | None:
    if rest in brands:
        return SmsWord(rest, None, brands[rest])
    found = kind(rest)
    named = found in (Sense.ALL, Sense.NEW, Sense.CALL, Sense.TEXT)
    if (len(rest) > 2 and named) or (found is Sense.AUX and rest[0] == "E"):
        return SmsWord(rest, found)
    return None
