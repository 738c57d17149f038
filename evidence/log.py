"""The log: a Merkle tree over all acts, signed at checkpoints, so that a changed past shows (``izin verify``). Write
access to the database allows to rewrite it; a witness outside (evidence/witness.py) holds what was signed before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consents.care import vouchers, workers
from consents.instants import ISTANBUL, SECOND, moment
from consents.keys import Keyring
from consents.people import held_keys
from consents.queries import log_rows
from consents.registry import Registry, add_log_key, has_newest_log_key
from consents.store import Snapshot, Store, Transaction
from evidence import checkpoints, history_rows, seals, witness, witness_file, witness_table
from evidence.checkpoints import Checkpoint, LogKey
from evidence.leaves import LogFault
from evidence.merkle import EMPTY, Frontier
from evidence.tlog import heads, key_changes, signed_trees, tiles
from evidence.tlog.heads import PublishedHead
from evidence.tlog.notes import BadNote, LogSigner
from evidence.witness import NOTHING, WitnessCompared
from evidence.witness_file import Unwitnessed

# A checkpoint comes at least this often also where much happened at once: a proof needs the leaves between two.
MOST_ACTS, MOST_EVENTS = 1024, 32_768
PUBLISHED_AT_ONCE = 100  # such steps of one turn that the tiles catch up, where a registry is older than they are

Progress = Callable[[int, int], None]  # acts done, acts in all


def extend(registry: Registry, witnessed_at: Path | None = None) -> Checkpoint | None:
    """Signs all acts since the last checkpoint, outside of write transactions; the newest one made, or None. Appends to
    the witness's file, if any. Errors: LogFault, where the log is not what was signed, or the witness's file is gone;
    StoreUnavailable."""
    if (fault := vouchers.renew(registry.store, registry.keyring, signed_until)) is not None:
        raise LogFault(fault)
    made = None
    while (checkpoint := _extend_once(registry.store, registry.keyring, witnessed_at)) is not None:
        made = checkpoint
    _tell_table(registry)
    _publish(registry.store, registry.keyring)
    return made


def begin(registry: Registry, witnessed_at: Path) -> str | None:
    """Begins the witness of a registry without any act. A lost file is begun again where the database's table replaces
    it; the message about that, else None. Errors: Unwitnessed, StoreUnavailable."""
    store, keyring = registry.store, registry.keyring
    store.read_now(witness.begin, keyring, witnessed_at, store.now())
    if store.read_now(witness_table.wants_beginning):
        store.write_now(witness_table.begin, keyring)
    return store.read_now(witness.resume, keyring, witnessed_at, store.now())


def rotate_key(registry: Registry, secret: str, witnessed_at: Path | None = None) -> str:
    """Signs what is left with the present key, and replaces it by a new one; the note of both. Nothing else may sign
    meanwhile. ``secret``: SECRET_KEY. Errors: as of ``extend``."""
    extend(registry, witnessed_at)
    store, keyring = registry.store, registry.keyring
    newest, seed = store.read_now(checkpoints.latest), held_keys.make("log")
    size, root = (0, EMPTY) if newest is None else (newest[0].size, newest[0].root)
    signers = keyring.signer(), Ed25519PrivateKey.from_private_bytes(seed)
    note = key_changes.write(LogKey.of(keyring).origin, *signers, size, root, store.now())
    if not store.write_now(_replace_key, keyring, secret, seed, size, note):
        raise LogFault("the log was signed, or its key changed, by another program meanwhile: try again")
    return note


def _replace_key(transaction: Transaction, keyring: Keyring, secret: str, seed: bytes, size: int, note: str) -> bool:
    if checkpoints.last_size(transaction) != size:  # the present key signed more than the change names
        return False
    return add_log_key(transaction, keyring, secret, seed, size, note)


def accept(registry: Registry, witnessed_at: Path) -> None:
    """Signs unwitnessed acts and begins the witness's file there, after the operator has verified and accepted them.
    Errors: as of ``extend``."""
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
    """The first fault of the log, named by number; None without any. Else as ``prove``."""
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
    """Recomputes every leaf and compares all checkpoints, signatures, addresses and evidence, the brands' owners, and
    the witness; how much of the witness. ``now``: µs, how old a registry without checkpoint may be. Errors: LogFault,
    the first one."""
    try:
        noted = 0 if witnessed_at is None else witness_file.length(witnessed_at)  # before the first question
        _check_leaves(snapshot, keyring, progress)
        _check_published(snapshot, LogKey.of(keyring))
        seals.check(snapshot, keyring)
        if (fault := vouchers.fault(snapshot, keyring, signed_until)) is not None:
            raise LogFault(fault)
        if witnessed_at is None:
            return NOTHING
        return witness.check_all(snapshot, keyring, witnessed_at, now, noted)
    except snapshot.connection.DatabaseError as error:
        raise LogFault(f"the database cannot be read to its end ({error}): bring back a backup") from None


def signed_until(snapshot: Snapshot) -> int:
    size = checkpoints.last_size(snapshot)
    return sum(act.last_event for act in log_rows.acts(snapshot, size, size))


def _extend_once(store: Store, keyring: Keyring, witnessed_at: Path | None) -> Checkpoint | None:
    noted = 0 if witnessed_at is None else witness_file.length(witnessed_at)
    with store.snapshot() as snapshot:
        base, frontier = _base(snapshot, keyring)
        if witnessed_at is not None:
            _tell(snapshot, keyring, witnessed_at, noted)
        last = _reach(snapshot, base)
        added = list(history_rows.leaves(snapshot, base + 1, last))
        for leaf_hash in added:
            frontier.append(leaf_hash)
    if last == base:
        return None
    checkpoint = checkpoints.sign(keyring, Checkpoint(last, frontier.root(), base, store.now()))
    if not store.write_now(_add, keyring, checkpoint, frontier, added, _head(keyring, checkpoint)):
        return None  # another process was faster
    if witnessed_at is not None:
        witness_file.note(witnessed_at, LogKey.of(keyring), checkpoint)
    return checkpoint


def _add(
    transaction: Transaction,
    keyring: Keyring,
    checkpoint: Checkpoint,
    frontier: Frontier,
    added: list[bytes],
    head: PublishedHead,
) -> bool:
    """Errors: LogFault, where the log has a newer key than the keyring."""
    if not has_newest_log_key(transaction, keyring):
        raise LogFault("the log's key was changed while this program ran: start it again")
    if not checkpoints.add(transaction, checkpoint, frontier):
        return False
    witness_table.add(transaction, checkpoint)
    if tiles.add(transaction, checkpoint.previous, added):
        heads.add(transaction, head)
    return True


def _head(keyring: Keyring, checkpoint: Checkpoint) -> PublishedHead:
    """Also with the earlier keys' signatures, while witnesses may know one of them alone."""
    origin, at = LogKey.of(keyring).origin, checkpoint.made_at
    signed = checkpoint.size, checkpoint.root, at // SECOND
    note = LogSigner(keyring, origin).note(*signed)
    for seed, (_, change) in zip(keyring.log_seeds, keyring.log_changes, strict=False):
        if key_changes.overlapping(change, at // SECOND):
            note += LogSigner(keyring, origin, seed).lines(*signed)
    return PublishedHead(checkpoint.size, at, note)


def _publish(store: Store, keyring: Keyring) -> None:
    """Makes tiles of signed acts from before there were any, and then publishes the newest checkpoint."""
    for _ in range(PUBLISHED_AT_ONCE):
        with store.snapshot() as snapshot:
            found, base = checkpoints.latest(snapshot), tiles.size(snapshot)
            if found is None or found[0].size <= base:
                return
            signed = found[0].size
            last = min(signed, _reach(snapshot, base))
            added = list(history_rows.leaves(snapshot, base + 1, last))
        head = _head(keyring, found[0]) if last == signed else None
        store.write_now(_add_tiles, base, added, head)
        workers.report_progress()


def _add_tiles(transaction: Transaction, base: int, added: list[bytes], head: PublishedHead | None) -> None:
    if tiles.add(transaction, base, added) and head is not None:
        heads.add(transaction, head)


def _tell_table(registry: Registry) -> None:
    """Copies a checkpoint from before the database's own table existed to it."""
    newest = registry.store.read_now(_untold, LogKey.of(registry.keyring))
    if newest is not None:
        registry.store.write_now(witness_table.add, newest)


def _untold(snapshot: Snapshot, key: LogKey) -> Checkpoint | None:
    newest, kept = checkpoints.latest(snapshot), witness_table.last(snapshot, key)
    return newest[0] if newest is not None and (kept is None or kept.size < newest[0].size) else None


def _tell(snapshot: Snapshot, keyring: Keyring, witnessed_at: Path, noted: int) -> None:
    """Checks the log against its witness, and appends a checkpoint that a crash kept from it. ``noted``: as ``until``
    of ``witness.check_all``."""
    # Of how old a registry without checkpoint is only verify makes a question: its first act may have come just now.
    if (lacking := witness.lack(snapshot, keyring, witnessed_at, 0, noted)) is not None:
        raise Unwitnessed(lacking)
    seen, newest = witness.check(snapshot, keyring, witnessed_at, noted), checkpoints.latest(snapshot)
    if newest is not None and newest[0].size > seen:
        witness_file.note(witnessed_at, LogKey.of(keyring), newest[0])


def _base(snapshot: Snapshot, keyring: Keyring) -> tuple[int, Frontier]:
    found = checkpoints.latest(snapshot)
    if found is None:
        return 0, Frontier()
    checkpoint, frontier = found
    check(LogKey.of(keyring), checkpoint, frontier)
    return checkpoint.size, frontier


def _reach(snapshot: Snapshot, base: int) -> int:
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


def _check_published(snapshot: Snapshot, key: LogKey) -> None:
    """Errors: LogFault unless tiles and the newest published checkpoint are those of the log."""
    if (fault := tiles.fault(snapshot)) is not None:
        raise LogFault(fault)
    _check_changes(snapshot, key)
    size, head = tiles.size(snapshot), heads.newest(snapshot)
    (made,) = tiles.roots(lambda level, place: tiles.load(snapshot, level, place), [(0, size)])
    signed = checkpoints.among_sizes(snapshot, {size, head.size if head is not None else 0})
    if size in signed and signed[size].root != made:
        raise LogFault(f"the tiles of the public log are not those of checkpoint {size}")
    if head is None:
        return
    try:
        published = signed_trees.head_of(head.note, key)
    except BadNote:
        raise LogFault(f"the published checkpoint {head.size} was not signed by this registry") from None
    if head.size not in signed or published[1:] != (head.size, signed[head.size].root):
        raise LogFault(f"the published checkpoint {head.size} is not the one of the log")


def _check_changes(snapshot: Snapshot, key: LogKey) -> None:
    """Errors: LogFault unless each change of the key was signed by both keys, and names a checkpoint of the log."""
    for ended, text in zip(key.ended, key.changes, strict=True):
        try:
            change = key_changes.read(text)
        except BadNote as fault:
            raise LogFault(str(fault)) from None
        found = checkpoints.among_sizes(snapshot, {change.size}).get(change.size)
        root = EMPTY if change.size == 0 else found.root if found is not None else b""
        if (change.before.public, change.size, change.root) != (ended.public, ended.size, root):
            raise LogFault(f"the change of the log's key at act {ended.size} is not the one of the log")


def grown(snapshot: Snapshot, keyring: Keyring, tree: Frontier, acts: int) -> Iterator[Checkpoint]:
    """Extends the tree of a checkpoint to act ``acts``; yields each later checkpoint once its rows are those that were
    signed. Errors: LogFault."""
    leaves, key = history_rows.leaves(snapshot, tree.size + 1, acts), LogKey.of(keyring)
    for checkpoint, frontier in checkpoints.list_all(snapshot, tree.size):
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
    """Errors: LogFault unless the last event is that of the last act, ``acts``."""
    events = history_rows.last_event(snapshot)
    if events != (last := history_rows.act(snapshot, acts).last_event if acts else 0):
        raise LogFault(f"event {last + 1} belongs to no act" if events > last else f"event {events + 1} is missing")


def check(key: LogKey, checkpoint: Checkpoint, frontier: Frontier) -> None:
    """Errors: LogFault unless the checkpoint is what was signed, and its frontier that of its root."""
    if not key.signed(checkpoint):
        after = f"checkpoint {checkpoint.previous}" if checkpoint.previous else "the beginning"
        raise LogFault(f"checkpoint {checkpoint.size} was not signed so, as the next after {after}")
    if frontier.root() != checkpoint.root:
        raise LogFault(f"checkpoint {checkpoint.size} has a damaged frontier")


def _changed(checkpoint: Checkpoint) -> str:
    made = moment(checkpoint.made_at).astimezone(ISTANBUL)
    span = f"{checkpoint.previous + 1} to {checkpoint.size}"
    return f"acts {span}, or their events, are not those that were signed on {made:%Y-%m-%d at %H:%M:%S}"
