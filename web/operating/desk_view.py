"""What waits for the operator, as the composition hands it to pages: figures, and doors to what other rooms keep."""

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
    """How the newest backup is: of today or yesterday, too old, not there, or ``BACKUP_PATH`` is not set."""

    FRESH = "fresh"
    OLD = "old"
    MISSING = "missing"
    UNKNOWN = "unknown"


class DeskView(NamedTuple):
    """What waits. Instants in µs.

    ``texts``: messages that a person has to read, ``oldest_text`` the first of them. ``failing``, ``given_up``:
    messages that wait for another try, that were given up; ``oldest_parked``: the first of both. ``carriers``: kind ->
    since when it fails; ``resting``: gateway -> (kind, until when). ``pushes``: connections that took nothing at their
    last try. ``untaken``: refusals past their second business day, of how many brands, the oldest. ``sign_in``: blocks
    of numbers that are closed, wrong codes. ``clocks``: what is wrong with the clock. ``witness``: what it lacks, ""
    where it is whole. ``backup_at``: when the newest backup was written, None where BACKUP_PATH is not set or holds
    none; ``backup_asked``: it is set. ``disks``: those with little left, and which part. ``workers``: who lives;
    ``idle``: none does though one should. ``rotation``: how far the keys' is, None while there is none.
    ``claims``: open claims of companies, ``oldest_claim`` the first of them. ``ignored_numbers``: a
    sentence for each number of a brand's own that is the site's, and so has no effect.
    """

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
        """How the newest backup is; ``now`` in µs."""
        if self.backup_at is None:
            return BackupState.MISSING if self.backup_asked else BackupState.UNKNOWN
        return BackupState.OLD if self.backup_at < now - STALE_BACKUP else BackupState.FRESH


class WaitingText(Protocol):
    """A message that a person has to read. ``received_at``: µs; ``sender``: as the carrier wrote it."""

    @property
    def id(self) -> int: ...
    @property
    def received_at(self) -> int: ...
    @property
    def sender(self) -> str: ...
    @property
    def text(self) -> str: ...


class DeskDoors(NamedTuple):
    """What the operator's pages ask of other rooms.

    ``look``: what waits now; for a thread. ``texts``: the messages that a person has to read, the oldest first;
    ``settle``: one of them was read and is forgotten, False where nothing of this number waits. ``reopen``: lets an
    address sign in again, False where it was not closed.
    """

    look: Callable[[], DeskView]
    texts: Callable[[Snapshot, Keyring], Sequence[WaitingText]]
    settle: Callable[[Transaction, int], bool]
    reopen: Callable[[Transaction, Keyring, str], bool]
