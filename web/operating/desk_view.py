"""The operator's open tasks, as pages get them: figures, and functions of other rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from consents.care.workers import WorkersSeen
from consents.instants import DAY
from consents.keys import Keyring
from consents.people.rotation import UnderWay
from consents.store import Snapshot, Transaction
from trust.codes.limits.guessing import Alarms

STALE_BACKUP = 2 * DAY  # µs: one that is older waits for somebody


class BackupState(Enum):
    """The newest backup: of today or yesterday, too old, missing, or ``BACKUP_PATH`` is not set."""

    FRESH = "fresh"
    OLD = "old"
    MISSING = "missing"
    UNKNOWN = "unknown"


class DeskView(NamedTuple):
    """Open tasks; times in µs. ``texts``: messages for a person, ``oldest_text`` the first. ``failing``,
    ``given_up``: messages to retry, given up; ``oldest_parked``: the first of both. ``carriers``: kind -> failing
    since; ``resting``: gateway -> (kind, until). ``pushes``: connections whose last try failed. ``untaken``:
    refusals past their second business day, of how many brands, the oldest. ``sign_in``: closed blocks, wrong codes.
    ``clocks``: clock faults; ``witness``: its fault, "" for none. ``backup_at``: the newest backup, None without
    one; ``backup_asked``: BACKUP_PATH is set. ``disks``: those nearly full, and the free part. ``workers``: live
    ones; ``idle``: none where one should be. ``rotation``: progress of the keys', None for none. ``claims``: open
    ones of companies, ``oldest_claim`` the first. ``ignored_numbers``: a sentence for each brand's number that is
    the site's, and so has no effect."""

    texts: int
    oldest_text: int | None
    failing: int
    given_up: int
    oldest_parked: int | None
    carriers: dict[str, int]
    resting: dict[str, tuple[str, int]]
    pushes: int
    untaken: int
    untaken_brands: int
    oldest_untaken: int | None
    sign_in: Alarms
    clocks: list[str]
    witness: str
    backup_at: int | None
    backup_asked: bool
    disks: dict[str, float]
    workers: WorkersSeen
    idle: bool
    rotation: UnderWay | None
    claims: int
    oldest_claim: int | None
    ignored_numbers: list[str]

    def backup(self, now: int) -> BackupState:
        if self.backup_at is None:
            return BackupState.MISSING if self.backup_asked else BackupState.UNKNOWN
        return BackupState.OLD if self.backup_at < now - STALE_BACKUP else BackupState.FRESH


class WaitingText(Protocol):
    """A message for a person. ``received_at``: µs; ``sender``: as the carrier wrote it."""

    @property
    def id(self) -> int: ...
    @property
    def received_at(self) -> int: ...
    @property
    def sender(self) -> str: ...
    @property
    def text(self) -> str: ...


class DeskDoors(NamedTuple):
    """Functions of other rooms for the operator's pages. ``look``: the open tasks; blocking. ``texts``: messages for
    a person, oldest first; ``settle``: deletes a read one, False for an unknown number. ``reopen``: unlocks an
    address, False where it was open."""

    look: Callable[[], DeskView]
    texts: Callable[[Snapshot, Keyring], Sequence[WaitingText]]
    settle: Callable[[Transaction, int], bool]
    reopen: Callable[[Transaction, Keyring, str], bool]
