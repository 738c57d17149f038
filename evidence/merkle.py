"""The Merkle tree of RFC 9162, section 2.1, with SHA-256: leaf 0x00 ‖ data, node 0x01 ‖ left ‖ right, split at the
largest power of two below n. A *span* (start, end) is leaves start (from 0) to end - 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()
SIZE = 32

Span = tuple[int, int]


def leaf(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over these hashes in order: of leaves, or of subtrees that are alike and full except the last. Pairing
    neighbours and carrying an odd last one up gives the same tree as the RFC's split."""
    level = hashes
    while len(level) > 1:
        odd = [level[-1]] if len(level) & 1 else []
        pairs = iter(level)
        level = [sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)] + odd
    return level[0] if level else EMPTY


class Frontier:
    """The roots of the full subtrees of a tree of ``size`` leaves, largest first: all that it needs to grow, 32 bytes
    for each bit set in its size."""

    def __init__(self, size: int = 0, packed: bytes = b"") -> None:
        """Errors: ValueError when ``packed`` is not as long as the size needs."""
        if len(packed) != SIZE * size.bit_count():
            raise ValueError("a frontier has one hash for each bit of its size")
        self.size = size
        self.hashes = [packed[at : at + SIZE] for at in range(0, len(packed), SIZE)]

    def append(self, leaf_hash: bytes) -> None:
        joined, place = leaf_hash, self.size
        while place & 1:
            joined = node(self.hashes.pop(), joined)
            place >>= 1
        self.hashes.append(joined)
        self.size += 1

    def root(self) -> bytes:
        return folded(self.hashes)

    def packed(self) -> bytes:
        return b"".join(self.hashes)


def folded(subtrees: Sequence[bytes]) -> bytes:
    if not subtrees:
        return EMPTY
    *larger, joined = subtrees
    for left in reversed(larger):
        joined = node(left, joined)
    return joined


def full_subtrees(span: Span) -> list[Span]:
    """The full subtrees of a span on one side of a tree's split, largest first."""
    start, end = span
    found = []
    while start < end:
        width = 1 << ((end - start).bit_length() - 1)
        found.append((start, start + width))
        start += width
    return found


def inclusion_path(index: int, size: int) -> list[Span]:
    """The spans whose roots prove that leaf ``index`` is in a tree of ``size``, from the leaf up (2.1.3.1)."""
    path: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def included(leaf_hash: bytes, index: int, size: int, path: Iterable[bytes], root: bytes) -> bool:
    """Whether the path proves the leaf at ``index`` in the tree with this size and root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, joined = index, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            joined = node(sibling, joined)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            joined = node(joined, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and joined == root


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)
