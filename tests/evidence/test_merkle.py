"""The tree, against pymerkle, which was written by others from the same RFC."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from evidence.merkle import (
    EMPTY,
    Frontier,
    Span,
    folded,
    full_subtrees,
    included,
    inclusion_path,
    leaf,
    node,
    root,
)

MOST = 67
LEAVES = [leaf(bytes([number])) for number in range(MOST)]
ORACLE = InmemoryTree(algorithm="sha256")
for _number in range(MOST):
    ORACLE.append_entry(bytes([_number]))

sizes = st.integers(1, MOST)


def roots(path: list[Span]) -> list[bytes]:
    return [root(LEAVES[start:end]) for start, end in path]


def test_hashes_are_those_of_rfc_9162() -> None:
    assert leaf(b"") == hashlib.sha256(b"\x00").digest()
    assert node(b"l" * 32, b"r" * 32) == hashlib.sha256(b"\x01" + b"l" * 32 + b"r" * 32).digest()
    assert EMPTY == root([]) == Frontier().root() == hashlib.sha256(b"").digest()


def test_roots_of_every_size_equal_the_oracles() -> None:
    tree = Frontier()
    for size, leaf_hash in enumerate(LEAVES, 1):
        tree.append(leaf_hash)
        assert tree.root() == root(LEAVES[:size]) == ORACLE.get_root(size)
        assert Frontier(size, tree.packed()).root() == tree.root()


@pytest.mark.parametrize("size", range(1, 35))
def test_inclusion_proofs_equal_the_oracles(size: int) -> None:
    for place in range(size):
        proof = ORACLE.prove_inclusion(place + 1, size)
        path = roots(inclusion_path(place, size))
        assert [LEAVES[place], *path] == proof.path
        assert included(LEAVES[place], place, size, path, ORACLE.get_root(size))


@given(sizes, st.data())
def test_an_inclusion_proof_fits_one_leaf_one_place_one_size_and_one_root(size: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != place) if size > 1 else st.just(size))
    path, expected = roots(inclusion_path(place, size)), root(LEAVES[:size])
    assert not included(LEAVES[(place + 1) % MOST], place, size, path, expected)
    assert not included(LEAVES[place], other, size, path, expected)
    assert not included(LEAVES[place], place, size, [*path, expected], expected)
    assert not included(LEAVES[place], place, size, path, leaf(expected))
    if path:
        assert not included(LEAVES[place], place, size, path[:-1], expected)
        assert not included(LEAVES[place], place, size, path[1:], expected)


@given(sizes, st.data())
def test_the_full_subtrees_of_a_span_fold_to_its_root(size: int, data: st.DataObject) -> None:
    path = inclusion_path(data.draw(st.integers(0, size - 1)), size)
    for span in path:
        assert folded(roots(full_subtrees(span))) == root(LEAVES[span[0] : span[1]])


def test_a_frontier_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="one hash for each bit"):
        Frontier(3, bytes(32))
