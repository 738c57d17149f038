"""The signed tree in which an act is proved, and the proof of an act alone (C2SP tlog-proof)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import NamedTuple

from consents.store import Snapshot
from evidence import checkpoints
from evidence.checkpoints import Checkpoint, LogKey
from evidence.proofs import Proof, prove
from evidence.tlog import heads, notes
from evidence.tlog.heads import PublishedHead
from evidence.tlog.notes import ED25519, BadNote, Head, NoteKey

PROOF_FORMAT = "c2sp.org/tlog-proof@v1"


class SignedTree(NamedTuple):
    checkpoint: Checkpoint
    note: str  # as published; without a public log the checkpoint's own, with its ``previous`` and ``made``
    cosigned: int = 0  # witnesses whose cosignatures the note has
    stamp: bytes = b""  # a time stamp of the SHA-512 of ``own_part(note)``, b"" without one


def of_act(snapshot: Snapshot, key: LogKey, act: int, quorum: int = 0) -> SignedTree | None:
    """The tree with a time stamp, else the one with ``quorum`` cosignatures, else the newest. None while the act is not
    signed. Errors: LogFault."""
    return _tree(snapshot, key, act, heads.best(snapshot, act, quorum))


def newest(snapshot: Snapshot, key: LogKey, quorum: int = 0, act: int = 1) -> SignedTree | None:
    """``of_act``, which does not prefer a tree for its time stamp. Errors: LogFault."""
    return _tree(snapshot, key, act, heads.cosigned(snapshot, act, quorum))


def _tree(snapshot: Snapshot, key: LogKey, act: int, head: PublishedHead | None) -> SignedTree | None:
    if head is not None and (found := checkpoints.at(snapshot, head.size)) is not None:
        return SignedTree(found[0], head.text, head.cosigned, head.stamp or b"")
    newest = checkpoints.latest(snapshot)
    return SignedTree(newest[0], key.note(newest[0])) if newest is not None and newest[0].size >= act else None


def own_part(note: str) -> str:
    """The note without cosignatures: what a time stamp stamps. Errors: BadNote."""
    read = notes.read(note)
    own = [one.line() for one in read.signatures if one.name == read.head().origin]
    return f"{read.body}\n{''.join(own)}"


def head_of(note: str, key: LogKey) -> Head:
    """The head that the log's Ed25519 key for this size has signed. Errors: BadNote."""
    read = notes.read(note)
    head = read.head()
    own = NoteKey(key.origin, ED25519, key.at(head.size))
    if head.origin != key.origin or notes.body(head) != read.body or read.signed_at(own) is None:
        raise BadNote("another key signed it")
    return head


def tlog_proof(snapshot: Snapshot, key: LogKey, act: int) -> str | None:
    """The file ``.tlog-proof`` of an act; its extra data is the leaf. None while the act is not signed. Errors:
    LogFault."""
    if (tree := of_act(snapshot, key, act)) is None:
        return None
    proof = prove(snapshot, act, tree.checkpoint)
    lines = [PROOF_FORMAT, f"extra {b64encode(proof.data).decode()}", f"index {proof.place}"]
    return "\n".join([*lines, *(b64encode(one).decode() for one in proof.path)]) + f"\n\n{tree.note}"


def read_tlog_proof(text: str) -> tuple[Proof, str]:
    """The proof and its note, nothing of them verified. Errors: BadNote."""
    head, found, note = text.partition("\n\n")
    try:
        form, extra, index, *path = head.split("\n")
        data = b64decode(extra.removeprefix("extra "), validate=True)
        place = int(index.removeprefix("index "))
        hashes = tuple(b64decode(one, validate=True) for one in path)
        size = notes.read(note).head().size
    except ValueError:
        found = form = ""
    if not found or form != PROOF_FORMAT:
        raise BadNote("this is no proof from a log")
    return Proof(data, place, size, hashes), note
