"""Table ``day_file_part``: day files in compressed, encrypted pieces, the same bytes until somebody in them is erased.
Concurrent makers store pieces at places of their own (an attempt); the first to ``keep`` drops all others."""

from __future__ import annotations

import asyncio
import secrets
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import bindparam, delete, insert, literal_column, select

from consents.keys import Keyring
from consents.movement_counts import MovementKind
from consents.queries.reports import Span
from consents.store import Snapshot, Statement, Store, Transaction, table
from providers.days import day_store
from providers.days.day_store import Made, Which
from providers.tables import DayFilePart

PIECE = 1 << 18  # bytes of a file in one part
MOST_PIECES = 1 << 32  # places of one attempt


_part = table(DayFilePart)
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
_DROP_DAY = Statement(delete(_part).where(*_PARTS_OF[:2]))
_DROP_OTHERS = Statement(delete(_part).where(*_PARTS_OF, ~_own))
_KEEP_PART = Statement(
    insert(_part).values({name: bindparam(name) for name in ("brand", "day", "channel", "place", "sealed")})
)


class Damaged(RuntimeError):
    """A stored report differs from what was stored; the text gives the correction."""


def pieces(snapshot: Snapshot, keyring: Keyring, which: Which) -> Iterator[bytes]:
    """The file's bytes; only where the work has its snapshot to itself. Errors: Damaged."""
    for (sealed,) in snapshot.stream(_PARTS, which.found_by(), size=4):
        yield _opened(keyring, which, sealed)


class FileReplaced(RuntimeError):
    """The report was replaced or dropped while its file was sent."""


async def sent_slowly(store: Store, keyring: Keyring, which: Which, made: Made) -> AsyncIterator[bytes]:
    """The bytes of this report's file, each piece read separately in a thread: a slow client holds no connection and
    holds up nobody. Errors: Damaged; FileReplaced, because an erasure may have another file made meanwhile."""
    place, sent = -1, 0
    while sent < made.size:
        found = await asyncio.to_thread(store.read_now, _piece_of, keyring, which, made, place)
        if found is None:
            raise FileReplaced(f"the report of {which.day} was replaced")
        place, piece = found
        sent += len(piece)
        yield piece


def _piece_of(snapshot: Snapshot, keyring: Keyring, which: Which, made: Made, after: int) -> tuple[int, bytes] | None:
    """``next_piece`` of the attempt to which place ``after`` belongs; None where it is gone."""
    now = day_store.find(snapshot, which)
    if now is None or now.sha384 != made.sha384:
        return None
    found = next_piece(snapshot, keyring, which, after)
    if found is None:
        return None
    follows = found[0] % MOST_PIECES == 0 if after < 0 else found[0] == after + 1
    return found if follows else None


def next_piece(snapshot: Snapshot, keyring: Keyring, which: Which, after: int) -> tuple[int, bytes] | None:
    """The piece after place ``after`` (first: -1), and its place; None after the last. Errors: Damaged."""
    if (row := snapshot.one(_NEXT_PART, {**which.found_by(), "after": after})) is None:
        return None
    place, sealed = row
    return place, _opened(keyring, which, sealed)


def _opened(keyring: Keyring, which: Which, sealed: Any) -> bytes:
    try:
        return zlib.decompress(keyring.unseal_data(bytes(sealed)))
    except (InvalidTag, zlib.error):
        raise Damaged(
            f"the report of {which.day} that the database keeps is damaged: bring back a backup of the database"
        ) from None


def sealed_piece(keyring: Keyring, piece: bytes) -> bytes:
    """Takes milliseconds, so call it outside the transaction."""
    return keyring.seal_data(zlib.compress(piece, 1))


def new_attempt() -> int:
    return secrets.randbits(30) * MOST_PIECES


def keep_piece(transaction: Transaction, which: Which, place: int, sealed: bytes) -> bool:
    """Stores one piece, invisible before ``keep``; False where the report exists."""
    if day_store.find(transaction, which) is not None:
        return False
    transaction.run(_KEEP_PART, {**which.columns(), "place": place, "sealed": sealed})
    return True


def give_up(transaction: Transaction, which: Which, attempt: int) -> None:
    """Drops the pieces of an attempt; none where its report exists, because it may consist of them."""
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
    """Publishes the report with the pieces of this attempt only; ``hashes``: SHA-384 and SHA-512. False, and no change,
    where it exists."""
    if day_store.find(transaction, which) is not None:
        return False
    transaction.run(_DROP_OTHERS, _places(which, attempt))
    day_store.add(transaction, which, hashes, size, span, counts)
    return True


def replace(transaction: Transaction, brand: int, day: date) -> None:
    """Deletes a day's files of all channels, because they name an erased person."""
    transaction.run(_DROP_DAY, {"of_brand": brand, "of_day": day.isoformat()})
    day_store.replace(transaction, brand, day)


def _places(which: Which, attempt: int) -> dict[str, Any]:
    return {**which.found_by(), "start": attempt, "end": attempt + MOST_PIECES - 1}
