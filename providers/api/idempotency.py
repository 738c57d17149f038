"""Table ``idempotency_key``: a POST that is sent twice is done once and answered alike (rule L6;
draft-ietf-httpapi-idempotency-key-header). The answer is stored in the transaction that did the work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction
from providers.api import answers
from providers.api.answers import Answer, Fault, Refusal

LONGEST = 255

_FIND = Statement(text("SELECT request, status, answer FROM idempotency_key WHERE key = :key"))


class RequestKey(NamedTuple):
    """``name``: hash of user and key; ``request``: hash of method, path, query and body."""

    name: bytes
    request: bytes


def key(user: int, given: str, request: bytes) -> RequestKey:
    """Errors: Refusal 400 Z423 where the header is too long or not visible ASCII."""
    if not 1 <= len(given) <= LONGEST or not (given.isascii() and given.isprintable()):
        raise Refusal(400, Fault("Z423", ("Idempotency-Key",)))
    return RequestKey(hashlib.sha256(b"%d\n" % user + given.encode()).digest(), hashlib.sha256(request).digest())


def once(
    transaction: Transaction, keyring: Keyring, once_by: RequestKey | None, work: Callable[..., Answer], *arguments: Any
) -> Answer:
    """Does ``work(transaction, *arguments)`` or returns the stored answer. A Refusal of the work is not stored, so the
    program may correct its request. Errors: Refusal 422 Z422 where the key was used with another request."""
    if once_by is None:
        return work(transaction, *arguments)
    answer = previous_response(transaction, keyring, once_by)
    if answer is None:
        answer = work(transaction, *arguments)
        keep(transaction, keyring, once_by, answer)
    return answer


def previous_response(snapshot: Snapshot, keyring: Keyring, once_by: RequestKey) -> Answer | None:
    """The stored answer. Errors: Refusal 422 Z422 where the key was used with another request."""
    if (row := snapshot.one(_FIND, {"key": once_by.name})) is None:
        return None
    request, status, sealed = row
    if request != once_by.request:
        raise Refusal(422, Fault("Z422", ("Idempotency-Key",)))
    return Answer(status, json.loads(keyring.unseal_data(sealed)))


def keep(transaction: Transaction, keyring: Keyring, once_by: RequestKey, answer: Answer) -> None:
    sealed = keyring.seal_data(answers.written(answer.content).encode())
    row = (once_by.name, once_by.request, answer.status, sealed, stored(transaction.now))
    transaction.upsert("idempotency_key", "key", "key,request,status,answer,at", [row])
