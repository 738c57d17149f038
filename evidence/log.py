"""The log: a Merkle tree over all acts, signed at checkpoints, so that a changed past shows (``izin verify``).

Whoever can write the database can also write it anew from some point on; a witness outside (evidence/witness.py)
holds on to what was signed before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from consents.care import vouchers
from consents.instants import ISTANBUL, moment
from consents.keys import Keyring
from consents.queries import log_rows
from consents.registry import Registry
from consents.store import Snapshot, Store, Transaction
from evidence import checkpoints, history_rows, seals, witness, witness_file, witness_table
from evidence.checkpoints import Checkpoint, LogKey
from evidence.leaves import LogFault
from evidence.merkle import Frontier
from evidence.witness import NOTHING, WitnessCompared
from evidence.witness_file import Unwitnessed

# A checkpoint comes at least this often also where much happened at once: a proof needs the leaves between two.
MOST_ACTS, MOST_EVENTS = 1024, 32_768

Progress = Callable[[int, int], None]  # acts done, acts in all


def extend(registry: Registry, witnessed_at: Path | None = None) -> Checkpoint | None:
    """Signs what happened since the last checkpoint; the newest one made, or None when nothing happened.

    Reads outside of write transactions, so that nobody waits for it. With a witness's file it adds to it.
    Errors: Fault, where the log no longer is what was signed before, or the witness's file is gone: it never signs on
    from there; StoreUnavailable.
    """
    if (fault := vouchers.renew(registry.store, registry.keyring, signed_until)) is not None:
        raise LogFault(fault)
    made = None
    while (checkpoint := _extend_once(registry.store, registry.keyring, witnessed_at)) is not None:
        made = checkpoint
    _tell_table(registry)
    return made


def begin(registry: Registry, witnessed_at: Path) -> str | None:
    """Begins the witness of a registry without any act: from then on it would be missed.

    A file that is gone is begun again where the database's own table takes its place; what has to be said of that, else
    None. Errors: Unwitnessed, StoreUnavailable.
    """
    store, keyring = registry.store, registry.keyring
    store.read_now(witness.begin, keyring, witnessed_at, store.now())
    if store.read_now(witness_table.wants_beginning):
        store.write_now(witness_table.begin, keyring)
    return store.read_now(witness.resume, keyring, witnessed_at, store.now())


def accept(registry: Registry, witnessed_at: Path) -> None:
    """Signs what nobody has witnessed and begins the witness's file there: for who has verified it and accepts that.

    Errors: as of ``extend``.
    """
    extend(registry)
    newest = registry.store.read_now(checkpoints.latest)
    if newest is not None:
        witness_file.note(witnessed_at, LogKey.of(registry.keyring), newest[0])


def verify(
    snapshot: Snapshot,
    keyring: Keyring,
    witnessed_at: Path | None = None,
    now: int = 0,
    progress: Progress | None = None,
) -> str | None:
    """The first fault of the log, named by number; None when every row is what was signed. All else as of ``prove``."""
    try:
        prove(snapshot, keyring, witnessed_at, now, progress)
    except LogFault as fault:
        return str(fault)
    return None


def prove(
    snapshot: Snapshot,
    keyring: Keyring,
    witnessed_at: Path | None = None,
    now: int = 0,
    progress: Progress | None = None,
) -> WitnessCompared:
    """Recomputes every leaf from the rows and compares all checkpoints and their signatures, the addresses and evidence
    that the leaves commit to, whose the brands are, and what the witness has; how much of that.

    ``now``: µs; how old a registry without checkpoint may be. Errors: Fault, the first one, named by number.
    """
    try:
        noted = 0 if witnessed_at is None else witness_file.length(witnessed_at)  # before the first question
        _check_leaves(snapshot, keyring, progress)
        seals.check(snapshot, keyring)
        if (fault := vouchers.fault(snapshot, keyring, signed_until)) is not None:
            raise LogFault(fault)
        if witnessed_at is None:
            return NOTHING
        return witness.check_all(snapshot, keyring, witnessed_at, now, noted)
    except snapshot.connection.DatabaseError as error:
        raise LogFault(f"the database cannot be read to its end ({error}): bring back a backup") from None


def signed_until(snapshot: Snapshot) -> int:
    """The last event that the newest checkpoint covers; 0 where there is none."""
    size = checkpoints.last_size(snapshot)
    return sum(act.last_event for act in log_rows.acts(snapshot, size, size))


def _extend_once(store: Store, keyring: Keyring, witnessed_at: Path | None) -> Checkpoint | None:
    noted = 0 if witnessed_at is None else witness_file.length(witnessed_at)
    with store.snapshot() as snapshot:
        base, frontier = _base(snapshot, keyring)
        if witnessed_at is not None:
            _tell(snapshot, keyring, witnessed_at, noted)
        last = _reach(snapshot, base)
        for leaf_hash in history_rows.leaves(snapshot, base + 1, last):
            frontier.append(leaf_hash)
    if last == base:
        return None
    checkpoint = checkpoints.sign(keyring, Checkpoint(last, frontier.root(), base, store.now()))
    if not store.write_now(_add, checkpoint, frontier):
        return None  # another process was faster
    if witnessed_at is not None:
        witness_file.note(witnessed_at, LogKey.of(keyring), checkpoint)
    return checkpoint


def _add(transaction: Transaction, checkpoint: Checkpoint, frontier: Frontier) -> bool:
    if not checkpoints.add(transaction, checkpoint, frontier):
        return False
    witness_table.add(transaction, checkpoint)
    return True


def _tell_table(registry: Registry) -> None:
    """Tells the database's own table of a checkpoint from before there was the table."""
    newest = registry.store.read_now(_untold, LogKey.of(registry.keyring))
    if newest is not None:
        registry.store.write_now(witness_table.add, newest)


def _untold(snapshot: Snapshot, key: LogKey) -> Checkpoint | None:
    newest, kept = checkpoints.latest(snapshot), witness_table.last(snapshot, key)
    return newest[0] if newest is not None and (kept is None or kept.size < newest[0].size) else None


def _tell(snapshot: Snapshot, keyring: Keyring, witnessed_at: Path, noted: int) -> None:
    """Checks the log against its witness, and adds a checkpoint that a crash kept from it. ``noted``: as of ``until``
    of ``witness.check_all``."""
    # Of how old a registry without checkpoint is only verify makes a question: its first act may have come just now.
    if (lacking := witness.lack(snapshot, keyring, witnessed_at, 0, noted)) is not None:
        raise Unwitnessed(lacking)
    seen, newest = witness.check(snapshot, keyring, witnessed_at, noted), checkpoints.latest(snapshot)
    if newest is not None and newest[0].size > seen:
        witness_file.note(witnessed_at, LogKey.of(keyring), newest[0])


def _base(snapshot: Snapshot, keyring: Keyring) -> tuple[int, Frontier]:
    """The size and frontier of the last checkpoint, if that is what was signed."""
    found = checkpoints.latest(snapshot)
    if found is None:
        return 0, Frontier()
    checkpoint, frontier = found
    check(LogKey.of(keyring), checkpoint, frontier)
    return checkpoint.size, frontier


def _reach(snapshot: Snapshot, base: int) -> int:
    """The act up to which the next checkpoint goes; ``base`` when there is nothing new."""
    last = history_rows.last_act(snapshot)
    if last <= base:
        if last < base:
            raise LogFault(f"act {last + 1} is missing: the log was signed up to act {base}")
        return base
    event = history_rows.act(snapshot, base + 1).first_event + MOST_EVENTS
    return max(base + 1, log_rows.reach(snapshot, base + 1, base + MOST_ACTS, event))


def _check_leaves(snapshot: Snapshot, keyring: Keyring, progress: Progress | None) -> None:
    acts = history_rows.last_act(snapshot)
    for checkpoint in grown(snapshot, keyring, Frontier(), acts):
        if progress is not None:
            progress(checkpoint.size, acts)
    check_end(snapshot, acts)


def grown(snapshot: Snapshot, keyring: Keyring, tree: Frontier, acts: int) -> Iterator[Checkpoint]:
    """Lets the tree of a checkpoint grow by the rows of history up to act ``acts``.

    Each later checkpoint, once the rows before it are those that were signed. Errors: Fault.
    """
    leaves, key = history_rows.leaves(snapshot, tree.size + 1, acts), LogKey.of(keyring)
    for checkpoint, frontier in checkpoints.every(snapshot, tree.size):
        if checkpoint.size > acts:
            raise LogFault(f"act {acts + 1} is missing: the log was signed up to act {checkpoint.size}")
        check(key, checkpoint, frontier)
        while tree.size < checkpoint.size:
            tree.append(next(leaves))
        if tree.root() != checkpoint.root or tree.hashes != frontier.hashes:
            raise LogFault(_changed(checkpoint))
        yield checkpoint
    for _ in leaves:  # what is not signed yet must hold together all the same
        pass


def check_end(snapshot: Snapshot, acts: int) -> None:
    """Fault unless the last event is that of the last act, ``acts``."""
    events = history_rows.last_event(snapshot)
    if events != (last := history_rows.act(snapshot, acts).last_event if acts else 0):
        raise LogFault(f"event {last + 1} belongs to no act" if events > last else f"event {events + 1} is missing")


def check(key: LogKey, checkpoint: Checkpoint, frontier: Frontier) -> None:
    """Fault unless the checkpoint is what was signed, and its frontier that of its root."""
    if not key.signed(checkpoint):
        after = f"checkpoint {checkpoint.previous}" if checkpoint.previous else "the beginning"
        raise LogFault(f"checkpoint {checkpoint.size} was not signed so, as the next after {after}")
    if frontier.root() != checkpoint.root:
        raise LogFault(f"checkpoint {checkpoint.size} has a damaged frontier")


def _changed(checkpoint: Checkpoint) -> str:
    made = moment(checkpoint.made_at).astimezone(ISTANBUL)
    span = f"{checkpoint.previous + 1} to {checkpoint.size}"
    return f"acts {span}, or their events, are not those that were signed on {made:%Y-%m-%d at %H:%M:%S}"
