"""Proofs that an act is in the log, and an event in its act. With the signed checkpoint and the verifier's key they are
complete."""

from __future__ import annotations

from typing import NamedTuple

from consents.store import Snapshot
from evidence import checkpoints, history_rows, leaves
from evidence.checkpoints import Checkpoint
from evidence.leaves import LogFault
from evidence.merkle import (
    Span,
    folded,
    full_subtrees,
    included,
    inclusion_path,
    leaf,
    node,
    root,
)

FEW = 16  # acts whose leaves are sooner made again than looked for


class Proof(NamedTuple):
    """A leaf with this data is at ``place`` (from 0) of a tree of ``size`` leaves; ``path``: from it up."""

    data: bytes
    place: int
    size: int
    path: tuple[bytes, ...]


def prove(snapshot: Snapshot, act: int, checkpoint: Checkpoint) -> Proof:
    """The proof of an act at the checkpoint. Errors: LogFault, where it is not in the signed log."""
    if not 0 < act <= checkpoint.size:
        raise LogFault(f"act {act} is not among the {checkpoint.size} of the checkpoint")
    (data,) = history_rows.data_of(snapshot, act, act)
    path = tuple(_root(snapshot, span) for span in inclusion_path(act - 1, checkpoint.size))
    proof = Proof(data, act - 1, checkpoint.size, path)
    if not check_proof(proof, checkpoint.root):
        raise LogFault(f"act {act} is not what was signed at checkpoint {checkpoint.size}")
    return proof


def prove_event(snapshot: Snapshot, event: int, act: int) -> Proof:
    """The proof of an event in its act. Errors: LogFault, where it is not in it."""
    past = history_rows.act(snapshot, act)
    if not past.first_event <= event <= past.last_event:
        raise LogFault(f"event {event} is none of act {act}")
    size = past.last_event - past.first_event + 1
    known = leaves.names(snapshot)
    events = history_rows.events(snapshot, past.first_event, past.last_event, [act] * size)
    hashes = leaves.event_hashes(known, events)
    hashes += [leaf(data) for data in history_rows.blanket_leaves(snapshot, past)]
    place = event - past.first_event
    path = tuple(root(hashes[start:end]) for start, end in inclusion_path(place, len(hashes)))
    return Proof(leaves.event_data(known, events[place]), place, len(hashes), path)


def check_proof(proof: Proof, expected_root: bytes) -> bool:
    """Whether the proof leads to this root: a checkpoint's, or for an event ``leaves.events_root`` of its act."""
    return included(leaf(proof.data), proof.place, proof.size, proof.path, expected_root)


def _root(snapshot: Snapshot, span: Span) -> bytes:
    return folded([_full(snapshot, *subtree) for subtree in full_subtrees(span)])


def _full(snapshot: Snapshot, start: int, end: int) -> bytes:
    """The root of a full subtree of acts ``start`` + 1 to ``end``. A left half is in the frontier of every checkpoint
    within its right half, so few leaves are recomputed."""
    width = end - start
    if start // width % 2 == 0:
        frontier = checkpoints.frontier_within(snapshot, end, end + width - 1)
        if frontier is not None:
            return frontier.hashes[(frontier.size // (2 * width)).bit_count()]
    if width <= FEW:
        return root(list(history_rows.leaves(snapshot, start + 1, end)))
    middle = start + width // 2
    return node(_full(snapshot, start, middle), _full(snapshot, middle, end))
