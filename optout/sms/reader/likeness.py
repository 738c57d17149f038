"""Which brand an unknown word may name; the sender is asked first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from string import ascii_uppercase, digits

_SHORTEST, _LONGEST = 4, 16  # letters of a name that can be recognised with one of them wrong
_MOST = 3  # words; in a longer sentence hardly one of them is a name
_LETTERS = ascii_uppercase + digits


def like(unknown: Collection[str], brands: Mapping[str, tuple[int, ...]]) -> int | None:
    """The only brand (internal id) with a name one letter away from these words, else None; constant time in the number
    of brands. Numbers have no similar ones."""
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
    """The words one slip away: an extra, wrong or missing letter, or two in the wrong order."""
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        for letter in _LETTERS:
            yield before + letter + after[1:]
            yield before + letter + after
