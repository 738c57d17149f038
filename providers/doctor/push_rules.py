"""Rules over the last posts to a company's receivers, newest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from consents.keys import Keyring
from providers.doctor.findings import SHOWN, Finding
from providers.push import push_deliveries
from providers.push.push_deliveries import KeptPost

SLOW = 3000  # ms of the five seconds that a receiver has
_LATE = "TimeoutError"
_NONE = r"null|none|nil|false|no|yok|0"
# A word of a fault, unless its value is none: {"success": true, "error": null}, "0 failed", “hata yok”.
_ERROR = re.compile(
    r"(?<!\bno )(?<!\b0 )(?<!\bwithout )"
    r"\b(?:error|exception|traceback|fatal|failed|failure|stack trace|hata|başarısız)\b"
    r"(?!\s+(?:yok|değil)\b)"
    rf"(?![\"']?\s*[:=]\s*(?:[\"'](?:{_NONE})?[\"']|(?:{_NONE})(?=\s*(?:[,;&}}\])<]|$))|\[\s*\]|\{{\s*\}}))"
    r"|\"?success\"?\s*:\s*false",
    re.IGNORECASE,
)


def examine(keyring: Keyring, posts: Sequence[KeptPost]) -> list[Finding]:
    return [*_slow(posts), *_errors(keyring, posts)]


def _slow(posts: Sequence[KeptPost]) -> Iterator[Finding]:
    """One alone may be the network's."""
    slow = [one for one in posts if one.post.took >= SLOW or one.post.error == _LATE]
    if len(slow) > 1:
        yield _found("push-slow", slow, seconds=SLOW // 1000)


def _errors(keyring: Keyring, posts: Sequence[KeptPost]) -> Iterator[Finding]:
    taken = [one for one in posts if not one.post.error]
    if wrong := [one for one in taken if _ERROR.search(push_deliveries.answer_of(keyring, one))]:
        yield _found("push-error-text", wrong)


def _found(word: str, posts: Sequence[KeptPost], **values: object) -> Finding:
    return Finding(word, len(posts), values, posts=[one.id for one in posts[:SHOWN]])
