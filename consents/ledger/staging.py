"""Claims of a provider staged on PostgreSQL in a connection's temporary table, with the known recipients, before the
write lock is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import NamedTuple

from consents import state
from consents.columns import stored
from consents.keys import Keyring
from consents.people import register
from consents.people.register import Person
from consents.rules import Claim
from consents.store import PrefetchRead, Transaction
from consents.tables.staged_tables import EMPTY, STAGED, STAGED_PEOPLE

_CLAIMS = "place,recipient,channel,identity,status,source,decided_at,dealer,alone"
# A plan that was kept from when a table was young would read the whole of it for each row.
_READY = ";".join((*EMPTY, "SET LOCAL plan_cache_mode = force_custom_plan"))
_NULL = r"\N"
_new = tuple.__new__  # cheaper than Person(…)

StagedWord = tuple[bytes, int, bytes, int, int, int, int | None, int, int | None]
"""A sealed address, a number of the caller's own, the commitment, and a claim less its recipient and brand: channel,
identity, status, source, at (µs), dealer."""


class Ahead(NamedTuple):
    """The result of ``sets.look_ahead``: the last act then, and the claims' kinds."""

    act: int
    kinds: dict[int, int]


class Staged:
    """Claims of one brand, staged on the connection of ``transaction`` until that ends."""

    ahead: Ahead | None = None

    def __init__(self, transaction: Transaction, keyring: Keyring, brand: int, words: Sequence[StagedWord]) -> None:
        self._keyring, self._version = keyring, keyring.version
        if keyring.several:
            words = [(keyring.current(one[0]), *one[1:]) for one in words]
        self.brand, self._words = brand, words
        transaction.connection.execute(_READY, prepare=False)  # in one round trip
        people = {one[0]: one[2] for one in words}  # in the order in which each is met first
        distinct = [*map(_new, repeat(Person), people.items())]
        self._last = register.last_number(transaction)  # before they are looked up
        lines = [f"{place}\t\\\\x{who.hex()}\t\\\\x{of.hex()}\n" for place, (who, of) in enumerate(people.items())]
        _fill(transaction, STAGED_PEOPLE, "number,sealed,commitment", lines)
        known = register.find_staged(transaction, keyring, distinct)
        self._known, self._fresh = list(known), len(distinct) - len(known)
        recipients: dict[bytes, int] = {}
        fresh = 0
        for place, who in enumerate(people):
            if (found := known.get(place)) is None:
                fresh += 1
                found = -fresh
            recipients[who] = found
        self._recipients = [recipients[one[0]] for one in words]
        keys = [state.packed(who, one[3], one[4]) for who, one in zip(self._recipients, words, strict=True)]
        self._alone = len(set(keys)) == len(keys)
        _fill(transaction, STAGED, _CLAIMS, self._lines(self._recipients, words, None if self._alone else keys))

    def __len__(self) -> int:
        return len(self._words)

    @property
    def words(self) -> Sequence[StagedWord]:
        return self._words

    def unheard(self, oldest: int) -> bool:
        """Whether each claim is in time, the first of its key, and of an unknown person."""
        return not self._known and self._alone and (not oldest or all(one[7] >= oldest for one in self._words))

    def asked(self) -> list[PrefetchRead]:
        return [register.prefetch_who_came(self._last)] if self._fresh else []

    def enrol(self, transaction: Transaction) -> int | None:
        """Enrols unknown people; the last recipient before them. None, and nothing done, where one of them came
        meanwhile or the claims are under an older key."""
        if self._keyring.version != self._version:
            return None
        if not self._fresh:
            return self._last
        if transaction.numbers("recipient", 0) - 1 != self._last and register.came_since(transaction, self._last):
            return None
        last = register.enrol_staged(transaction, self._fresh, self._known)
        self._recipients = [last - number if number < 0 else number for number in self._recipients]
        return last

    def claim(self, place: int) -> Claim:
        """Valid once all are enrolled."""
        return Claim(self._recipients[place], self.brand, *self._words[place][3:])

    def enrolled_one_by_one(self, transaction: Transaction) -> list[Claim]:
        people = [Person(one[0], one[2]) for one in self._words]
        self._recipients = register.enrol_all(transaction, self._keyring, people)
        return self.claims()

    def claims(self) -> list[Claim]:
        """Valid once all are enrolled."""
        return [Claim(who, self.brand, *one[3:]) for who, one in zip(self._recipients, self._words, strict=True)]

    @staticmethod
    def _lines(recipients: Sequence[int], words: Sequence[StagedWord], keys: Sequence[int] | None) -> list[str]:
        """As COPY reads them. ``keys``: of the claims, where some stand twice."""
        alone: Iterable[str] = repeat("t", len(words))
        if keys is not None:
            times = Counter(keys)
            alone = ("t" if times[key] == 1 else "f" for key in keys)
        return [
            f"{place}\t{who}\t{channel}\t{identity}\t{status}\t{_NULL if source is None else source}\t{stored(at)!r}\t"
            f"{_NULL if dealer is None else dealer}\t{once}\n"
            for place, (who, (_, _, _, channel, identity, status, source, at, dealer), once) in enumerate(
                zip(recipients, words, alone, strict=True)
            )
        ]


def _fill(transaction: Transaction, table: str, columns: str, lines: Iterable[str]) -> None:
    with transaction.connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        copy.write("".join(lines))
