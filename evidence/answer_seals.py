"""The signature of an answer to a company's program: by the log's key over the question's digest, the answer's digest,
the newest signed root and the time. It proves what this registry answered, and is no proof of a consent. It stands in
the answer, as its last field."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consents.keys import Keyring
from consents.store import Snapshot
from evidence import checkpoints, receipts
from evidence.checkpoints import LogKey
from evidence.receipts import BadReceipt

FORMAT, FIELD = "izin-query/1", "signed"
_FIELDS = ("format", "path", "question", "answer", "campaign", "made", "checkpoint", "verifier")
_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class SealedQuestion(NamedTuple):
    """``path``: as it was called, with its query; ``digest``: SHA-256 of the body as it was sent, hex; ``campaign``:
    the caller's own name for what it is about to send, "" without; ``at``: µs."""

    path: str
    digest: str
    campaign: str
    at: int

    @classmethod
    def of(cls, path: str, body: bytes, campaign: str, at: int) -> SealedQuestion:
        return cls(path, sha256(body).hexdigest(), campaign, at)


def seal(snapshot: Snapshot, keyring: Keyring, asked: SealedQuestion, answer: Mapping[str, Any]) -> str:
    """The answer with its signature, as JSON: a long answer is written once."""
    text, signer, key = _json(answer), _signer(keyring.keys["log"]), LogKey.of(keyring)
    content = {
        "format": FORMAT,
        "path": asked.path,
        "question": asked.digest,
        "answer": sha256(text.encode()).hexdigest(),
        "campaign": asked.campaign or None,
        "made": receipts.iso(asked.at),
        "checkpoint": _root(snapshot, key),
        "verifier": key.verifier(),
    }
    signed = _json({FIELD: {**content, "signature": b64encode(signer.sign(_part(content))).decode()}})
    return f"{text[:-1]},{signed[1:]}" if answer else signed


def check(text: str, key: LogKey, question: bytes | None = None) -> dict[str, Any]:
    """What a signed answer's signature names, where the log's newest key signed it and the file is as it was sent.
    ``question``: the body that was sent, compared too if given. Errors: BadReceipt."""
    try:
        whole = json.loads(text)
        if not isinstance(whole, dict) or _json(whole) != text:
            raise ValueError
        content = dict(whole.pop(FIELD))
        signature = b64decode(content.pop("signature"), validate=True)
        if tuple(content) != _FIELDS or content["format"] != FORMAT:
            raise ValueError
        public = receipts.signing_key(content, key, proven=False)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _part(content))
        if b64encode(signature).decode() != json.loads(text)[FIELD]["signature"]:
            raise ValueError
        if content["checkpoint"] is not None:
            receipts.root_of(content["checkpoint"], key)
    except InvalidSignature:
        raise BadReceipt("it was changed, or never signed") from None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise BadReceipt("it is no signed answer, or it was changed") from None
    if sha256(_json(whole).encode()).hexdigest() != content["answer"]:
        raise BadReceipt("the answer is not the one that was signed")
    if question is not None and sha256(question).hexdigest() != content["question"]:
        raise BadReceipt("it answers another question")
    return content


def is_sealed(text: str) -> bool:
    """Whether the text looks like a signed answer."""
    return f'"{FIELD}":{{"format":"{FORMAT}"' in text


def _part(content: Mapping[str, Any]) -> bytes:
    return f"{FORMAT}\n{_json(content)}".encode()


@lru_cache(maxsize=4)
def _signer(secret: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret)


def _root(snapshot: Snapshot, key: LogKey) -> str | None:
    """The newest checkpoint; None before the first."""
    size = checkpoints.last_size(snapshot)
    known = _notes.get((key.origin, size))
    if known is None and (found := checkpoints.at(snapshot, size)) is not None:
        _notes.clear()
        known = _notes[key.origin, size] = key.note(found[0])
    return known


_notes: dict[tuple[str, int], str] = {}  # the newest one: it changes once a minute
