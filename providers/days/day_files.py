"""Table ``day_file_part``: the files of days' reports, kept as they were made.

A file is kept in compressed, sealed pieces: so it has the same bytes for ever, also after an erasure, on either
database, and nobody can read an address in it without the keys.

Several processes may make one report at the same time. Each keeps its pieces at places of its own (an attempt); the
first to ``keep`` lets its own stand and drops all others, and from then on nothing is added. That is sound because all
writers pass one lock.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import bindparam, delete, insert, literal_column, select

from consents.counts.kinds import MovementKind
from consents.keys import Keyring
from consents.queries.reports import Span
from consents.store import Snapshot, Statement, Transaction
from providers.days import day_store
from providers.days.day_store import Which
from providers.tables import DayFilePart

PIECE = 1 << 18  # bytes of a file in one part
MOST_PIECES = 1 << 32  # places of one attempt


_part = DayFilePart.__table__  # type: ignore[attr-defined]
_PARTS_OF = [_part.c[name] == bindparam(f"of_{name}") for name in ("brand", "day", "channel")]

_PARTS = Statement(select(_part.c.sealed).where(*_PARTS_OF).order_by(_part.c.place))
_NEXT_PART = Statement(
    select(_part.c.place, _part.c.sealed)
    .where(*_PARTS_OF, _part.c.place > bindparam("after"))
    .order_by(_part.c.place)
    .limit(literal_column("1"))
)
_own = _part.c.place.between(bindparam("start"), bindparam("end"))
_DROP_OWN = Statement(delete(_part).where(*_PARTS_OF, _own))
_DROP_OTHERS = Statement(delete(_part).where(*_PARTS_OF, ~_own))
_KEEP_PART = Statement(
    insert(_part).values({name: bindparam(name) for name in ("brand", "day", "channel", "place", "sealed")})
)


class Damaged(RuntimeError):
    """A kept report is not what was kept; the text says what to do."""


def pieces(snapshot: Snapshot, keyring: Keyring, which: Which) -> Iterator[bytes]:
    """The file's bytes, a piece at a time; only where the work has its snapshot to itself. Errors: Damaged."""
    for (sealed,) in snapshot.stream(_PARTS, which.found_by(), size=4):
        yield _opened(keyring, which, sealed)


def next_piece(snapshot: Snapshot, keyring: Keyring, which: Which, after: int) -> tuple[int, bytes] | None:
    """The piece behind the one at place ``after`` (the first: -1), and its own place; None behind the last.

    A kept file never changes, so its pieces need no common snapshot: a slow reader holds no connection. Errors:
    Damaged.
    """
    row = snapshot.one(_NEXT_PART, {**which.found_by(), "after": after})
    return None if row is None else (row[0], _opened(keyring, which, row[1]))


def _opened(keyring: Keyring, which: Which, sealed: Any) -> bytes:
    try:
        return zlib.decompress(keyring.unseal_data(bytes(sealed)))
    except (InvalidTag, zlib.error):
        raise Damaged(
            f"the report of {which.day} that the database keeps is damaged: bring back a backup of the database"
        ) from None


def sealed_piece(keyring: Keyring, piece: bytes) -> bytes:
    """A piece as it is kept; made outside the transaction, because it takes milliseconds."""
    return keyring.seal_data(zlib.compress(piece, 1))


def new_attempt() -> int:
    """The first of the places of one who begins to make a report."""
    return secrets.randbits(30) * MOST_PIECES


def keep_piece(transaction: Transaction, which: Which, place: int, sealed: bytes) -> bool:
    """Keeps one piece, which is not read before ``keep``; False where the report stands already."""
    if day_store.find(transaction, which) is not None:
        return False
    transaction.run(_KEEP_PART, {**which.columns(), "place": place, "sealed": sealed})
    return True


def give_up(transaction: Transaction, which: Which, attempt: int) -> None:
    """Drops the pieces of an attempt; none where its report stands, because that may be made of them."""
    if day_store.find(transaction, which) is None:
        transaction.run(_DROP_OWN, _places(which, attempt))


def keep(
    transaction: Transaction,
    which: Which,
    attempt: int,
    hashes: tuple[bytes, bytes],
    size: int,
    span: Span,
    counts: Mapping[MovementKind, int],
) -> bool:
    """Lets the report stand, with the pieces of this attempt and no others; ``hashes``: SHA-384 and SHA-512.

    False where it stands already; then nothing is changed.
    """
    if day_store.find(transaction, which) is not None:
        return False
    transaction.run(_DROP_OTHERS, _places(which, attempt))
    day_store.add(transaction, which, hashes, size, span, counts)
    return True


def _places(which: Which, attempt: int) -> dict[str, Any]:
    return {**which.found_by(), "start": attempt, "end": attempt + MOST_PIECES - 1}
