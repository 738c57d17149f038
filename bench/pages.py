"""How many bytes of a SQLite file each table and index takes, read from the file itself.

SQLite's own answer (table ``dbstat``) is not compiled into every library. The format is fixed and public
(sqlite.org/fileformat2.html): a tree's interior pages name their children, the leaves name nobody.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_INTERIOR = {2, 5}  # page types: of an index, of a table
_LEAF = {10, 13}
_LOCK_BYTE = 1 << 30  # the page at this offset is never used


class Overflown(ValueError):
    """The trees do not make up the whole file: some rows are too long for their page, or the log was not emptied."""


def sizes(path: Path, roots: dict[str, int]) -> dict[str, int]:
    """Bytes by name of table or index; ``roots`` as ``SELECT name, rootpage FROM sqlite_schema WHERE rootpage``
    gives them. The database is closed, its log emptied. Errors: Overflown."""
    with path.open("rb") as file:
        header = file.read(100)
        (page_size,) = struct.unpack_from(">H", header, 16)
        (free,) = struct.unpack_from(">I", header, 36)
        counted = {name: _pages(file, root, page_size) for name, root in {**roots, "sqlite_schema": 1}.items()}
    unused = free + (path.stat().st_size > _LOCK_BYTE)
    if (sum(counted.values()) + unused) * page_size != path.stat().st_size:
        raise Overflown(f"{path.name}: {sum(counted.values())} pages in trees, {unused} unused")
    return {name: count * page_size for name, count in counted.items()}


def _pages(file: BinaryIO, root: int, page_size: int) -> int:
    """The pages of one tree. All its leaves are equally deep, so one look shows what a whole level is."""
    count, level = 0, [root]
    while level:
        count += len(level)
        if _is_leaf(file, level[0], page_size):
            break
        level = [child for number in level for child in _children(file, number, page_size)]
    return count


def _is_leaf(file: BinaryIO, number: int, page_size: int) -> bool:
    page, header = _page(file, number, page_size)
    return page[header] in _LEAF


def _children(file: BinaryIO, number: int, page_size: int) -> list[int]:
    page, header = _page(file, number, page_size)
    if page[header] not in _INTERIOR:
        raise ValueError(f"page {number} of type {page[header]} inside a tree")
    (cells,) = struct.unpack_from(">H", page, header + 3)
    (last,) = struct.unpack_from(">I", page, header + 8)
    places = struct.unpack_from(f">{cells}H", page, header + 12)
    return [*(struct.unpack_from(">I", page, place)[0] for place in places), last]


def _page(file: BinaryIO, number: int, page_size: int) -> tuple[bytes, int]:
    """One page and where its own header begins: the first page has the file's before it."""
    file.seek((number - 1) * page_size)
    return file.read(page_size), 100 if number == 1 else 0
