"""The ledger's rules L1 to L6 and L11 told a second time, from docs/architecture.md alone; slow and plain.

It keeps every word that was ever recorded and works out what stands anew for each question. Statuses, sources and
doors are words here, not codes, so that nothing of the ledger is used to judge the ledger.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

MINUTE, DAY = 60_000_000, 86_400_000_000  # µs
WINDOWS = {"page": DAY, "sms": DAY, "voice": DAY, "link": 10 * MINUTE, "qr": 10 * MINUTE, "mail": 10 * MINUTE}
FOR_EVER = {"file", "api"}


class Word(NamedTuple):
    """A recorded word. ``side``: citizen or provider; ``at``: µs, 0 without a date."""

    side: str
    key: Hashable
    status: str
    source: str | None
    at: int
    event: int
    act: int


class Act(NamedTuple):
    door: str
    at: int


class Oracle:
    """What the ledger must answer and hold. ``accept``: RECONSENT=accept; ``strict``: STRICT_IYS=1."""

    def __init__(self, *, accept: bool = False, strict: bool = False) -> None:
        self.accept, self.strict = accept, strict
        self.words: list[Word] = []
        self.acts: dict[int, Act] = {}
        self.undone: dict[int, int] = {}  # act -> the act that undid it

    def last(self, side: str, key: Hashable) -> Word | None:
        """L1: the maximum by date, RET over ONAY, event; L11: without what was undone."""
        said = [word for word in self.words if (word.side, word.key) == (side, key) and word.act not in self.undone]
        return max(said, key=lambda word: (word.at, word.status == "RET", word.event), default=None)

    def stands(self, key: Hashable) -> str | None:
        """L1 and L4."""
        citizen, provider = self.last("citizen", key), self.last("provider", key)
        if citizen is None or provider is None:
            alone = citizen or provider
            return alone and alone.status
        if provider.at <= citizen.at:
            return citizen.status
        if (citizen.status, provider.status) == ("RET", "ONAY"):
            return "ONAY" if self.accept else "BEKLIYOR"
        return provider.status

    def wish(self, key: Hashable, status: str, now: int) -> int | str:
        """L2: when a citizen's own word is stamped (µs); unchanged (L6), or behind: the clock was set back too far."""
        own = self.last("citizen", key)
        if own is not None and own.status == status == self.stands(key):
            return "unchanged"
        if own is None or own.at < now:
            return now
        return own.at + 1 if own.at - now <= 1_000_000 else "behind"

    def claim(self, side: str, key: Hashable, tacir: bool, status: str, source: str | None, at: int) -> str:
        """L3, L5, L6: the answer to a provider's word, or to the citizen's own from the national registry."""
        said = {word[:5] for word in self.words if word.act not in self.undone}
        if (side, key, status, source, at) in said:
            return "unchanged"
        before = [word for word in (self.last("citizen", key), self.last("provider", key)) if word]
        if side == "citizen":
            return "recorded"
        if not before:
            return "H175" if self.strict and status == "RET" else "recorded"
        if tacir and not (at and source):
            return "H463" if at else "H462"
        if status == self.stands(key) == "RET":
            return "H174"
        newest = max(before, key=lambda word: (word.at, word.side == "citizen"))
        if at < newest.at or (at == newest.at and (newest.status, status) != ("ONAY", "RET")):
            return "H178"
        return "recorded"

    def may_undo(self, act: int, door: str, now: int) -> bool:
        """L11: through the door that did it (after a call, by SMS too), within its time."""
        if act not in self.acts:
            return False
        done = self.acts[act]
        if door != done.door and (done.door, door) != ("voice", "sms"):
            return False
        return done.door in FOR_EVER or now - done.at <= WINDOWS.get(done.door, -1)
