"""The words of a message, each with what it does or the brands it names.

Names are looked up as they are written, in runs of neighbouring words; so however many brands there are, a message
costs as many look-ups as it has words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from itertools import groupby
from typing import NamedTuple

from consents.sms_words import GLUED, PHRASES, Kind, kind
from optout import letters

Brands = Mapping[str, tuple[int, ...]]

_RUN = 16  # letters or digits of the longest name, a MERSİS number
_SPACED = 24  # letters of a word that was written letter by letter
_TOKEN = re.compile(
    r"(?P<word>(?:\?(?=[^\W_])|[^\W_])+)(?P<suffix>'(?:[YNS]?[IUAE]N?|N?[DT][AE]N?|Y?L[AE]|L[AE]R\w{0,3})\b)?"
)
_BOUNDARY = re.compile(r"[.!,;:()\n]")
_OPERATOR = re.compile(r"B[0-9]{3}").fullmatch  # the sending operator's code at the end of an advert
_CASE = re.compile(r"(.{3,}?)(?:[DT][AE]N?|N?[IU]N|[YN]?[IUAE])").fullmatch
_PLAIN = {Kind.COMMAND, Kind.WEAK, Kind.NO, Kind.ALL, Kind.CALL, Kind.TEXT, Kind.STATUS}


class Item(NamedTuple):
    """A word, or several that name a brand. ``brands``: internal ids; ``begins``: a part of a sentence begins here."""

    word: str
    kind: Kind | None
    brands: tuple[int, ...] = ()
    begins: bool = False


class _Token(NamedTuple):
    word: str
    begins: bool
    lost: bool = False  # "?" follows at once: a lost last letter, or a question
    target: bool = False  # a number that something is sent to: 3338'e, ->3639


def items(plain: str, brands: Brands) -> list[Item]:
    """The words of a folded message."""
    tokens = _spelled(_tokens(plain), brands)
    if tokens and _OPERATOR(tokens[-1].word):
        tokens.pop()
    plain_form = all(kind(token.word) in _PLAIN or token.word in brands for token in tokens)
    found: list[Item] = []
    place = 0
    while place < len(tokens):
        taken, new = _at(tokens, place, brands, plain_form)
        found += new
        place += taken
    return found


def _tokens(plain: str) -> list[_Token]:
    tokens, end = [], 0
    for match in _TOKEN.finditer(plain):
        gap = plain[end : match.start()]
        word = match["word"]
        target = word.isdigit() and (match["suffix"] is not None or gap.rstrip().endswith(">"))
        end = match.end()
        tokens.append(_Token(word, bool(_BOUNDARY.search(gap)), plain[end : end + 1] == "?", target))
    return tokens


def _spelled(tokens: list[_Token], brands: Brands) -> list[_Token]:
    """Words written letter by letter joined: R E T, also before a name; a whole message in parts too: IP TAL."""
    known = partial(_known, brands=brands)
    whole = "".join(token.word for token in tokens)
    parted = len(tokens) > 1 and len(whole) <= _SPACED and not any(known(token.word) for token in tokens)
    if parted and kind(whole) is Kind.COMMAND:
        return [_Token(whole, False)]
    joined: list[_Token] = []
    for single, group in groupby(tokens, lambda token: len(token.word) == 1 and token.word.isalpha()):
        run = list(group)
        word = "".join(token.word for token in run)
        if single and 2 < len(word) <= _SPACED and known(word):
            run = [run[0]._replace(word=word)]
        joined += run
    return joined


def _known(word: str, brands: Brands) -> bool:
    return kind(word) is not None or word in brands or bool(_glued(word, brands))


def _at(tokens: list[_Token], place: int, brands: Brands, plain_form: bool) -> tuple[int, list[Item]]:
    """What stands at a place: how many tokens it takes, and their items (none for what is passed over).

    A brand called like a little word (BIR) is read as one only where the message is nothing but a command and names.
    """
    token = tokens[place]
    run, runs = "", []
    for other in tokens[place : place + _RUN]:
        run += other.word
        if len(run) > _RUN:
            break
        runs.append(run)
    for length in range(len(runs), 0, -1):  # the longest name wins
        little = length == 1 and kind(token.word) is Kind.FILLER and not plain_form
        if (named := brands.get(runs[length - 1])) and not token.target and not little:
            return length, [Item(runs[length - 1], None, named, token.begins)]
    if len(runs) > 1 and runs[1] in PHRASES - {"GERIAL"}:
        return 2, [Item(runs[1], Kind.COMMAND, (), token.begins)]
    return 1, [] if token.target else _word(token, brands)


def _word(token: _Token, brands: Brands) -> list[Item]:
    """One token as items: a word, a name in another spelling or with an ending, RET glued to a name, or unknown."""
    word, begins = token.word, token.begins
    if (found := kind(word)) is not None:
        return [Item(word, found, (), begins)]
    if glued := _glued(word, brands):
        return [item._replace(begins=begins and not place) for place, item in enumerate(glued)]
    twins = letters.twins(word + "?" if token.lost and word.isascii() else word)
    for twin in twins:
        if named := brands.get(twin):
            return [Item(twin, None, named, begins)]
        if (found := kind(twin)) is not None and found is not Kind.CONSENT:
            return [Item(twin, found, (), begins)]
    if (cased := _CASE(word)) and (named := brands.get(cased[1])):
        return [Item(cased[1], None, named, begins)]
    if "?" in word:
        parts = [part for part in word.split("?") if part]
        return [Item(part, kind(part), brands.get(part, ()), begins) for part in parts]
    return [Item(word, None, (), begins)]


def _glued(word: str, brands: Brands) -> list[Item]:
    """RETCINAR, CINARRET, RETHEPSI: a refusing word with a name or another word right at it."""
    for command in GLUED:
        if word.startswith(command):
            rest = word[len(command) :]
            if (item := _rest(rest, brands)) is not None:
                return [Item(command, kind(command)), item]
        if word.endswith(command):
            rest = word[: -len(command)]
            if rest in brands:
                return [Item(rest, None, brands[rest]), Item(command, kind(command))]
    return []


def _rest(rest: str, brands: Brands) -> Item | None:
    if rest in brands:
        return Item(rest, None, brands[rest])
    found = kind(rest)
    if (len(rest) > 2 and found in (Kind.ALL, Kind.CALL, Kind.TEXT)) or (found is Kind.AUX and rest[0] == "E"):
        return Item(rest, found)
    return None
