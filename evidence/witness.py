"""A witness outside the database: a file with one line for each new checkpoint, which shows a rewritten log or an older
backup. Store it where the database's backups do not go, append-only if possible. It begins before the first act; a lost
file is never begun again silently. On PostgreSQL a table of the database (evidence/witness_table.py) can replace it,
with a warning to the operator."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from consents.instants import DAY, moment
from consents.keys import Keyring
from consents.store import Snapshot
from evidence import checkpoints, history_rows, witness_file, witness_table
from evidence.checkpoints import Checkpoint, LogKey
from evidence.leaves import LogFault
from evidence.merkle import EMPTY
from evidence.witness_file import Unwitnessed

PAGE = 500  # lines or rows that are compared at once
NEW = DAY  # µs: how long after its beginning a registry may hold acts and no checkpoint yet
TABLE = "the database's own table witness"
ACCEPT = "izin verify --accept-unwitnessed"


class WitnessCompared(NamedTuple):
    """How much of the witness was compared: the table's rows up to checkpoint ``witness_size``; the file's first
    ``witness_bytes`` bytes, whole lines with SHA-256 ``witness_digest``; ``round_bytes`` of them in the present
    round."""

    witness_size: int = 0
    witness_bytes: int = 0
    witness_digest: bytes = sha256(b"").digest()
    round_bytes: int = 0


NOTHING = WitnessCompared()


class RolledBack(LogFault):
    """The database's log is shorter than what was witnessed, or not its continuation."""


def begin(snapshot: Snapshot, keyring: Keyring, path: Path, now: int) -> None:
    """Writes the first line while the registry holds no act and the file no line. Errors: Unwitnessed."""
    if history_rows.last_act(snapshot) or checkpoints.latest(snapshot) is not None or witness_file.has_line(path):
        return
    witness_file.note(path, LogKey.of(keyring), checkpoints.sign(keyring, Checkpoint(0, EMPTY, 0, now)))


def resume(snapshot: Snapshot, keyring: Keyring, path: Path, now: int) -> str | None:
    """Begins a lost file again where the database's own table fits the log; the message about that, else None. ``lack``
    reports the other cases."""
    key = LogKey.of(keyring)
    try:
        if (
            not witness_table.begun(snapshot)
            or witness_file.end(path) is not None
            or (last := witness_table.last(snapshot, key)) is None
        ):
            return None
        _compare(snapshot, last, TABLE)
        witness_file.note(
            path, key, last, f"# begun again from the database's own table on {moment(now).isoformat()}\n"
        )
    except (Unwitnessed, RolledBack):
        return None
    return vanished(snapshot, path, last.size)


def vanished(snapshot: Snapshot, path: Path, size: int | None = None) -> str | None:
    """The message about a lost file while the database's own table exists; ``size``: acts that it covers, None: only
    where the file is gone now. Errors: Unwitnessed."""
    if size is None and (
        not witness_table.begun(snapshot) or witness_file.end(path) is not None or not _holds(snapshot)
    ):
        return None
    known = "" if size is None else f", whose log fits it up to act {size}"
    return (
        f"the witness file {path} is gone: from here on it goes by the database's own table witness{known}. NOTHING "
        "OUTSIDE THE DATABASE can tell now whether the whole of it is an older backup, or was written anew by who may "
        "drop its triggers. Compare the newest checkpoint (izin verify) with one that was noted elsewhere, and name a "
        "place that lasts in WITNESS_FILE if there is one"
    )


def _holds(snapshot: Snapshot) -> bool:
    return bool(history_rows.last_act(snapshot) or checkpoints.latest(snapshot))


def check(snapshot: Snapshot, keyring: Keyring, path: Path, until: int | None = None) -> int:
    """The size in the last line, 0 without one; quick, before signing. ``until``: as of ``check_all``. Errors:
    RolledBack unless the log continues that line and the last row of its own table; Unwitnessed."""
    last, _ = _lasts(snapshot, keyring, path, until)
    return 0 if last is None else last.size


def lack(snapshot: Snapshot, keyring: Keyring, path: Path, now: int, until: int | None = None) -> str | None:
    """What is missing to detect a rewritten history, and the correction; else None. ``until``: as of ``check_all``.
    Errors: as of ``check``."""
    last, kept = _lasts(snapshot, keyring, path, until)
    last = last or kept
    if last is None:
        return missing(snapshot, path)
    if history_rows.last_act(snapshot) and checkpoints.latest(snapshot) is None and last.made_at + NEW < now:
        return (
            "the registry holds acts and no signed checkpoint: either all were taken away, or the site has only just "
            "recorded its first act. A running site signs within a minute, then verify again; if none does, bring "
            f"back a backup, or run {ACCEPT} and write down why"
        )
    return None


def missing(snapshot: Snapshot, path: Path) -> str | None:
    """``lack`` as far as visible without keys: acts, and no file or an empty one. Errors: Unwitnessed."""
    if witness_file.end(path) is not None or witness_table.begun(snapshot) or not _holds(snapshot):
        return None
    gone = "is empty" if path.exists() else "is missing"
    return (
        f"the witness file {path} {gone} though the registry holds acts: nothing outside the database can tell "
        "whether history was written anew. Bring the file back, or name its place in WITNESS_FILE. If an earlier "
        "version made the registry and never served it, there was none yet: accept that once, with "
        f"{ACCEPT}. If it is lost for good, compare the newest checkpoint with one that was noted elsewhere, run "
        f"{ACCEPT} and write down why"
    )


def _lasts(
    snapshot: Snapshot, keyring: Keyring, path: Path, until: int | None = None
) -> tuple[Checkpoint | None, Checkpoint | None]:
    end = witness_file.end(path, until)  # before the first question, with which the snapshot begins
    if (kept := witness_table.last(snapshot, LogKey.of(keyring))) is not None:
        _compare(snapshot, kept, TABLE)
    return _last(snapshot, keyring, path, end), kept


def _last(snapshot: Snapshot, keyring: Keyring, path: Path, end: bytes | None) -> Checkpoint | None:
    """The last line, None without any; ``end``: of the file. Errors: RolledBack, Unwitnessed."""
    if end is None:
        return None
    last = next(witness_file.read(LogKey.of(keyring), reversed(end.splitlines())), None)
    if last is None:
        raise RolledBack(
            f"{path} was written by another registry, or is damaged: this database is not the one that it witnessed. "
            f"If it is to start anew, move the file away, run {ACCEPT} and write down why"
        )
    _compare(snapshot, last, path)
    return last


def check_all(
    snapshot: Snapshot, keyring: Keyring, path: Path, now: int, until: int, before: WitnessCompared = NOTHING
) -> WitnessCompared:
    """``check`` of every line and row, and ``lack``; what was compared. ``until``: the file's ``length`` before the
    snapshot, because a site may sign meanwhile. ``before``: skipped where the file still begins with it. Errors:
    RolledBack, Unwitnessed."""
    if (lacking := lack(snapshot, keyring, path, now, until)) is not None:
        raise Unwitnessed(lacking)
    reading = witness_file.WitnessLines(path, until)
    if not reading.pass_by(before.witness_bytes, before.witness_digest):
        before = NOTHING
    found = checkpoints.latest(snapshot)
    newest = Checkpoint(0, EMPTY, 0, 0) if found is None else found[0]
    key = LogKey.of(keyring)
    last = max(
        *(seen.size for seen in _lasts(snapshot, keyring, path, until) if seen is not None),
        _compare_all(snapshot, key, witness_table.list_all(snapshot, before.witness_size), TABLE, newest.previous),
        _compare_all(snapshot, key, reading.checkpoints(key), path, newest.previous),
    )
    # One ahead is what a crash between the two leaves behind; the next signature adds it to the file.
    if newest.size > last != newest.previous:
        if before != NOTHING:  # a line that knows it may stand before others
            return check_all(snapshot, keyring, path, now, until)
        raise RolledBack(f"{path} does not know checkpoint {newest.size}, the newest of the database")
    turned = before.round_bytes if before.witness_bytes else reading.length
    return WitnessCompared(newest.size, reading.length, reading.digest(), turned)


def check_rows(snapshot: Snapshot, keyring: Keyring, first: int, last: int) -> None:
    """Compares the rows of the database's own table of size ``first`` to ``last``. Errors: RolledBack."""
    _compare_all(snapshot, LogKey.of(keyring), witness_table.list_all(snapshot, first - 1, last + 1), TABLE)


def check_part(snapshot: Snapshot, keyring: Keyring, path: Path, compared: WitnessCompared, count: int) -> int:
    """Compares the next ``count`` bytes of those compared before this round, to the end of a line; the end of what had
    its turn. Errors: RolledBack, Unwitnessed."""
    key, reading = LogKey.of(keyring), witness_file.WitnessLines(path, compared.witness_bytes, compared.round_bytes)
    _compare_all(snapshot, key, reading.checkpoints(key, compared.round_bytes + count), path)
    return reading.length


def _compare(snapshot: Snapshot, seen: Checkpoint, path: Path | str) -> None:
    if seen.size == 0:  # the beginning, which is no checkpoint of the database
        return
    found = checkpoints.at(snapshot, seen.size)
    if found is None or found[0] != seen:
        raise _rolled_back(seen, path)


def _compare_all(
    snapshot: Snapshot, key: LogKey, seen: Iterable[Checkpoint], path: Path | str, counted: int = checkpoints.LARGEST
) -> int:
    """Compares all of these that the key signed; the size of the largest one from ``counted`` on, else 0. Signatures
    are checked only where the database differs."""
    last, left = 0, iter(seen)
    while page := list(islice(left, PAGE)):
        found = checkpoints.among_sizes(snapshot, {one.size for one in page})
        for one in page:
            same = one.size == 0 or found.get(one.size) == one
            if (same and one.size < counted) or not key.signed(one):
                continue
            if not same:
                raise _rolled_back(one, path)
            last = max(last, one.size)
    return last


def _rolled_back(seen: Checkpoint, path: Path | str) -> RolledBack:
    return RolledBack(
        f"checkpoint {seen.size} stands in {path} and not, or otherwise, in the database: an older backup was "
        "brought back, a standby that lacked the newest was promoted, or history was written anew. Bring back a "
        "newer backup, or promote the standby that has it; if what is missing is lost for "
        f"good, move the file away{' or the rows (docs/backups.md)' * (path == TABLE)}, run {ACCEPT} and write "
        "down why"
    )
