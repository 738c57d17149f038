"""The log's tree as tiles (C2SP tlog-tiles): 256 hashes of one level in a row. A tile is written again until it is
full, and never after. They are made from the leaves that a checkpoint signs, in its transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, func, literal_column, select

from consents.store import Snapshot, Statement, Transaction, Value, table
from evidence.merkle import SIZE, Span, folded, full_subtrees, root
from evidence.tables import LogTile

WIDTH, HEIGHT = 256, 8
TOP = 7  # no tile of a higher level exists before 2^64 leaves
LARGEST = 2**48  # leaves
ENTRIES = "entries"
_PATH = re.compile(r"([0-9]|[1-5][0-9]|6[0-3]|entries)/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")

_table = table(LogTile)
_ONE: Value[bytes | None] = Statement(
    select(_table.c.hashes).where(_table.c.level == bindparam("level"), _table.c.place == bindparam("place"))
)
_LAST: Statement[tuple[int, int]] = Statement(
    select(_table.c.place, func.length(_table.c.hashes))
    .where(_table.c.level == 0)
    .order_by(_table.c.place.desc())
    .limit(literal_column("1"))
)

_LEVEL: Statement[tuple[int, bytes]] = Statement(
    select(_table.c.place, _table.c.hashes).where(_table.c.level == bindparam("level")).order_by(_table.c.place)
)

Tiles = Callable[[int, int], bytes]  # level, place -> the hashes that are there


class TilePath(NamedTuple):
    """``level``: None for entries; ``width``: hashes, 256 of a full tile."""

    level: int | None
    place: int
    width: int

    def within(self, size: int) -> bool:
        """Whether a tree of ``size`` leaves has this tile, or a part of it this wide."""
        return self.place * WIDTH + self.width <= size >> (HEIGHT * (self.level or 0))


def read_path(text: str) -> TilePath | None:
    """``<L>/<N>[.p/<W>]`` in its one spelling, else None."""
    if (found := _PATH.fullmatch(text)) is None:
        return None
    level, number, width = found.groups()
    place, wide = int(number.replace("x", "").replace("/", "")), int(width or WIDTH)
    path = TilePath(None if level == ENTRIES else int(level), place, wide)
    return path if spell(path) == text and 0 < wide <= WIDTH else None


def spell(path: TilePath) -> str:
    thousands, last = divmod(path.place, 1000)
    parts = [f"{last:03}"]
    while thousands:
        thousands, rest = divmod(thousands, 1000)
        parts.insert(0, f"x{rest:03}")
    level = ENTRIES if path.level is None else path.level
    return f"{level}/{'/'.join(parts)}" + (f".p/{path.width}" if path.width < WIDTH else "")


def of_tree(size: int, before: int = 0) -> Iterable[TilePath]:
    """The tiles of a tree of ``size`` leaves that are not full ones of the tree of ``before``."""
    for level in range(TOP + 1):
        hashes, known = size >> (HEIGHT * level), before >> (HEIGHT * level)
        if not hashes:
            return
        for place in range(known // WIDTH, -(-hashes // WIDTH)):
            yield TilePath(level, place, min(WIDTH, hashes - place * WIDTH))


def size(snapshot: Snapshot) -> int:
    """Leaves that the tiles hold."""
    if (row := snapshot.one(_LAST)) is None:
        return 0
    place, length = row
    return place * WIDTH + length // SIZE


def load(snapshot: Snapshot, level: int, place: int) -> bytes:
    """Empty where there is none."""
    return bytes(snapshot.value(_ONE, {"level": level, "place": place}) or b"")


def add(transaction: Transaction, base: int, leaves: Sequence[bytes]) -> bool:
    """Appends the hashes of the leaves after ``base``; False, and nothing, where the tiles end elsewhere."""
    if size(transaction) != base:
        return False
    level, hashes, rows = 0, list(leaves), []
    while hashes:
        place, begun = divmod(base, WIDTH)
        whole = (load(transaction, level, place) if begun else b"") + b"".join(hashes)
        pieces = [whole[at : at + WIDTH * SIZE] for at in range(0, len(whole), WIDTH * SIZE)]
        rows += [(level, place + number, piece) for number, piece in enumerate(pieces)]
        hashes = [root(_hashes(piece)) for piece in pieces if len(piece) == WIDTH * SIZE]
        level, base = level + 1, place
    transaction.upsert("log_tile", "level,place", "level,place,hashes", rows)
    return True


def fault(snapshot: Snapshot) -> str | None:
    """Where a level is not that of the level below; some 5 s for ten million leaves."""
    expected: bytes | None = None
    for level in range(TOP + 1):
        above, found = [], []
        for place, (number, hashes) in enumerate(snapshot.stream(_LEVEL, {"level": level})):
            if number != place or len(hashes) % SIZE or len(hashes) > WIDTH * SIZE:
                return f"tile {level}/{place} of the public log is missing or damaged"
            if level:
                found.append(bytes(hashes))
            if len(hashes) == WIDTH * SIZE:
                above.append(root(_hashes(bytes(hashes))))
        if expected is not None and b"".join(found) != expected:
            return f"level {level} of the public log's tiles is not that of the level below"
        expected = b"".join(above)
    return None


def roots(tiles: Tiles, spans: Iterable[Span]) -> list[bytes]:
    """The roots of spans on one side of a split, from tiles that hold them."""
    return [folded([_full(tiles, *subtree) for subtree in full_subtrees(span)]) for span in spans]


def _full(tiles: Tiles, start: int, end: int) -> bytes:
    height = (end - start).bit_length() - 1
    level, rest = divmod(height, HEIGHT)
    place, at = divmod(start >> (HEIGHT * level), WIDTH)
    return root(_hashes(tiles(level, place)[at * SIZE : (at + (1 << rest)) * SIZE]))


def _hashes(tile: bytes) -> list[bytes]:
    return [tile[at : at + SIZE] for at in range(0, len(tile), SIZE)]
