"""A hook on a path that nobody knows, for carriers that do not sign what they post."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest

from gateways.received import Posted, Pushed, Received

Read = Callable[[bytes, int], tuple[list[Received], list[str]]]  # (body, now in µs) -> messages and faults


class SecretHook:
    """``secret``: HOOK_SECRET, the only door; without one there is none. ``read`` understands the carrier's body."""

    replies = False

    def __init__(self, secret: str | None, read: Read) -> None:
        self._secret, self._read = secret, read

    def is_door(self, door: str) -> bool:
        return self._secret is not None and compare_digest(door.encode(errors="replace"), self._secret.encode())

    def read(self, posted: Posted) -> Pushed:
        """Proves nothing: whoever knows the path may have posted it."""
        return Pushed(*self._read(posted.body, posted.now), proven=False)

    def answer(self, reply: str | None) -> tuple[str, str]:
        return "OK", "text/plain"
