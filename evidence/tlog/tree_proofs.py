"""Consistency of two trees (RFC 9162, 2.1.4): which spans prove it, and the check of such a proof."""

from __future__ import annotations

from collections.abc import Sequence

from evidence.merkle import Span, node

MOST = 63  # hashes of a proof (C2SP tlog-witness)


def consistency_path(old: int, size: int) -> list[Span]:
    """The spans whose roots prove that the tree of ``size`` leaves continues that of ``old`` (2.1.4.1); none where both
    are the same, or ``old`` is 0. 0 <= old <= size."""
    if old in (0, size):
        return []
    path: list[Span] = []
    start, end, whole = 0, size, True
    while end - start != old - start:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start, whole = middle, False
    if not whole:
        path.append((start, end))
    return path[::-1]


def consistent(old: int, size: int, old_root: bytes, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the tree with this root continues the older one (2.1.4.2). ``old``: above 0."""
    if not 0 < old <= size or old == size:
        return old == size and old_root == root and not path
    left = list(path)
    if old & (old - 1) == 0:
        left.insert(0, old_root)
    if not left:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    older = newer = left[0]
    for sibling in left[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            older, newer = node(sibling, older), node(sibling, newer)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            newer = node(newer, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and older == old_root and newer == root
