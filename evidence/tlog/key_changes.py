"""A key of the log that replaces another: a signed note of both keys, so that who has one of them knows the other.

    izin-log-key/1 · verifier key before · verifier key after · size and root (base 64) of the last checkpoint that the
    earlier key signed alone · when, ISO 8601 in UTC

Its first line is no origin of a log, so it is never taken for a checkpoint."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consents.instants import moment
from evidence.tlog import notes
from evidence.tlog.notes import ED25519, BadNote, NoteKey

FORMAT = "izin-log-key/1"
OVERLAP = timedelta(days=30)  # in which the earlier key signs checkpoints too, for witnesses that know it alone
_NOTE = re.compile(rf"^{FORMAT}\n(?:.+\n)+\n(?:— .+\n)+", re.MULTILINE)


class ReplacedKey(NamedTuple):
    """``size``, ``root``: of the last checkpoint that ``before`` signed alone."""

    before: NoteKey
    after: NoteKey
    size: int
    root: bytes
    made_at: datetime


def read(text: str) -> ReplacedKey:
    """A note that both keys signed. Errors: BadNote."""
    note = notes.read(text)
    try:
        form, before, after, size, root, made = note.body[:-1].split("\n")
        found = ReplacedKey(
            NoteKey.read(before), NoteKey.read(after), int(size), notes.read_hash(root), datetime.fromisoformat(made)
        )
        fits = form == FORMAT and _body(found) == note.body
    except (ValueError, OverflowError):
        raise BadNote("this is no change of a log's key") from None
    keys = found.before, found.after
    if not fits or found.size < 0 or found.before.name != found.after.name or {one.kind for one in keys} != {ED25519}:
        raise BadNote("this is no change of a log's key")
    if any(note.signed_at(one) is None for one in keys):
        raise BadNote("a change of the log's key was not signed by both keys")
    return found


def find_all(text: str) -> list[str]:
    """The notes in a text, as ``/log/keys`` has them; unverified."""
    return _NOTE.findall(text.replace("\r\n", "\n"))


def write(origin: str, before: Ed25519PrivateKey, after: Ed25519PrivateKey, size: int, root: bytes, at: int) -> str:
    """``at``: µs."""
    keys = [NoteKey(origin, ED25519, one.public_key().public_bytes_raw()) for one in (before, after)]
    text = _body(ReplacedKey(keys[0], keys[1], size, root, moment(at).replace(microsecond=0)))
    return f"{text}\n{''.join(notes.sign(one, origin, text).line() for one in (before, after))}"


def overlapping(change: str, at: int) -> bool:
    """Whether the key before this change still signs too; ``at``: seconds since 1970."""
    return at < (read(change).made_at + OVERLAP).timestamp()


def _body(change: ReplacedKey) -> str:
    root, made = b64encode(change.root).decode(), change.made_at.astimezone(UTC).isoformat()
    lines = FORMAT, change.before.verifier(), change.after.verifier(), str(change.size), root, made
    return "".join(f"{one}\n" for one in lines)
