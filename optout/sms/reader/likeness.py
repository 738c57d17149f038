"""Which brand an unknown word may be meant for. Nothing is done by likeness: the sender is asked first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from string import ascii_uppercase, digits

_SHORTEST, _LONGEST = 4, 16  # letters of a name that can be recognised with one of them wrong
_MOST = 3  # words; in a longer sentence hardly one of them is a name
_LETTERS = ascii_uppercase + digits


def like(unknown: Collection[str], brands: Mapping[str, tuple[int, ...]]) -> int | None:
    """The brand (internal id) of which one name is one letter away from these words; None where none or several are.

    Takes as long whatever the number of brands. A number is like no other: each digit of it counts.
    """
    if not 0 < len(unknown) <= _MOST:
        return None
    found: set[int] = set()
    for word in {"".join(unknown).upper(), *(one.upper() for one in unknown)}:
        if _SHORTEST <= len(word) <= _LONGEST and not word.isdigit():
            found.update(brand for near in _near(word) for brand in _named(near, brands))
    return found.pop() if len(found) == 1 else None


def _named(name: str, brands: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    return brands.get(name, ()) if len(name) >= _SHORTEST and not name.isdigit() else ()


def _near(word: str) -> Iterator[str]:
    """The words that are one slip away: a letter too many, two in the wrong order, a wrong one, one left out."""
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        for letter in _LETTERS:
            yield before + letter + after[1:]
            yield before + letter + after
