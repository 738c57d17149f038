"""What a provider says about many of its records, laid ready on PostgreSQL before the write lock is taken.

The claims are copied into a table of the connection's own that ends with the transaction, with the recipients that are
known already. So under the lock, for which everybody waits, only that is left which depends on what others write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from consents.columns import stored
from consents.history import STAGED
from consents.keys import Keyring
from consents.people import register
from consents.people.register import Person
from consents.rules import Claim
from consents.store import Transaction

STAGED_PEOPLE = "staged_person"
_CLAIMS = "place,recipient,channel,identity,status,source,decided_at,dealer,alone"
_TABLES = (
    f"CREATE TEMP TABLE IF NOT EXISTS {STAGED} (place integer NOT NULL, recipient bigint NOT NULL, "
    "channel smallint NOT NULL, identity smallint NOT NULL, status smallint NOT NULL, source smallint, "
    "decided_at double precision NOT NULL, dealer bigint, alone boolean NOT NULL) ON COMMIT DELETE ROWS",
    f"CREATE TEMP TABLE IF NOT EXISTS {STAGED_PEOPLE} (number integer NOT NULL, sealed bytea NOT NULL, "
    "commitment bytea NOT NULL) ON COMMIT DELETE ROWS",
    # Several lists may come in one transaction.
    f"DELETE FROM {STAGED}",
    f"DELETE FROM {STAGED_PEOPLE}",
    # A plan that was kept from when a table was young would read the whole of it for each row.
    "SET LOCAL plan_cache_mode = force_custom_plan",
)
_NULL = r"\N"

Said = tuple[int, int, int, int | None, int, int | None]
"""A claim less its recipient and brand: channel, identity, status, source, at (µs), dealer."""


class Staged:
    """Claims of one brand that lie ready on the connection of ``transaction``, until that ends."""

    def __init__(
        self, transaction: Transaction, keyring: Keyring, brand: int, people: Sequence[Person], said: Sequence[Said]
    ) -> None:
        """``people`` and ``said`` belong together by their places."""
        self.brand, self.people, self._said = brand, people, said
        self._keyring = keyring
        self._last = register.last_number(transaction)  # before they are looked up
        known = register.find_all(transaction, keyring, people)
        fresh: dict[bytes, int] = {}
        self._recipients = [
            known[who.sealed] if who.sealed in known else -fresh.setdefault(who.sealed, len(fresh) + 1)
            for who in people
        ]
        first = {who.sealed: who for who in reversed(people)} if fresh else {}
        self._fresh = [first[sealed] for sealed in fresh]
        self._copy(transaction)

    def __len__(self) -> int:
        return len(self._said)

    def enrol(self, transaction: Transaction) -> int | None:
        """Enrols those who were not known; the last recipient before them.

        None where one of them came meanwhile: then nothing is done.
        """
        if not self._fresh:
            return self._last
        if register.last_number(transaction) != self._last and register.find_all(
            transaction, self._keyring, self._fresh
        ):
            return None
        last = register.enrol_staged(transaction, STAGED_PEOPLE, len(self._fresh))
        self._recipients = [last - number if number < 0 else number for number in self._recipients]
        return last

    def claim(self, place: int) -> Claim:
        """The claim at a place; asked once all are enrolled."""
        return Claim(self._recipients[place], self.brand, *self._said[place])

    def enrolled_one_by_one(self, transaction: Transaction) -> list[Claim]:
        """All claims, their people enrolled as anybody's are."""
        self._recipients = register.enrol_all(transaction, self._keyring, self.people)
        return self.claims()

    def claims(self) -> list[Claim]:
        """All of them; asked once all are enrolled."""
        return [Claim(who, self.brand, *said) for who, said in zip(self._recipients, self._said, strict=True)]

    def _copy(self, transaction: Transaction) -> None:
        transaction.connection.execute(";".join(_TABLES), prepare=False)  # in one round trip
        keys = [who << 3 | said[0] << 1 | said[1] for who, said in zip(self._recipients, self._said, strict=True)]
        often = {key for key, times in Counter(keys).items() if times > 1}
        _fill(transaction, STAGED, _CLAIMS, map(self._line, range(len(keys)), [key not in often for key in keys]))
        if self._fresh:
            lines = [
                f"{number}\t\\\\x{who.sealed.hex()}\t\\\\x{who.commitment.hex()}\n"
                for number, who in enumerate(self._fresh, 1)
            ]
            _fill(transaction, STAGED_PEOPLE, "number,sealed,commitment", lines)

    def _line(self, place: int, alone: bool) -> str:
        channel, identity, status, source, at, dealer = self._said[place]
        given, by = _NULL if source is None else source, _NULL if dealer is None else dealer
        key = f"{self._recipients[place]}\t{channel}\t{identity}"
        return f"{place}\t{key}\t{status}\t{given}\t{stored(at)!r}\t{by}\t{'t' if alone else 'f'}\n"


def _fill(transaction: Transaction, table: str, columns: str, lines: Iterable[str]) -> None:
    with transaction.connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        copy.write("".join(lines))
