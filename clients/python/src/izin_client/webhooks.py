"""Checks that a post comes from the registry: Basic authentication, as at İYS, and Standard Webhooks signatures
(standardwebhooks.com, specification 1.0.0)."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

TOLERANCE = 300  # seconds that a timestamp may be off
_KEY_BYTES = 24  # the least of the specification
_PREFIX, _V1 = "whsec_", "v1,"


class BadPush(Exception):
    """The post is not the registry's, or is too old. Answer 401 and store nothing."""


def verify_basic(headers: Mapping[str, str], username: str, password: str) -> None:
    """Errors: BadPush; ValueError where name or password are empty, which proves nothing."""
    if not username or not password:
        raise ValueError("the push connection's name or password is not set")
    kind, _, text = _lower(headers).get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        given = b""
    if kind.lower() != "basic" or not hmac.compare_digest(given, f"{username}:{password}".encode()):
        raise BadPush("wrong user or password")


def verify_signature(
    secrets: str | Iterable[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> str:
    """The post's id, the same for each repeat of it. ``secrets``: “whsec_…”, several while one takes another's place;
    ``body``: the bytes as they came. Errors: BadPush; ValueError for a secret under 24 bytes."""
    keys = [_key(one) for one in ([secrets] if isinstance(secrets, str) else secrets)]
    given = _lower(headers)
    message, moment = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not message or not moment.isdecimal():
        raise BadPush("no webhook-id or webhook-timestamp")
    if abs((time.time() if now is None else now) - int(moment)) > tolerance:
        raise BadPush("the timestamp is too old or too new")
    signed = b".".join((message.encode(), moment.encode(), body))
    known = [base64.b64encode(hmac.digest(key, signed, "sha256")) for key in keys]
    values = [value for part in given.get("webhook-signature", "").split() if (value := part.removeprefix(_V1)) != part]
    if not any(hmac.compare_digest(value.encode(), one) for value in values for one in known):
        raise BadPush("no signature fits")
    return message


def movements(body: bytes) -> list[dict[str, Any]]:
    """The movements of a post. The same one may come again: compare ``transactionId``."""
    found: list[dict[str, Any]] = json.loads(body)["list"]
    return found


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if len(key) < _KEY_BYTES:
        raise ValueError("the signing secret is not set or not whole")
    return key


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
