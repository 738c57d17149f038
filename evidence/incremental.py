"""The proof that continues the last one (``izin verify --since-checkpoint``). New acts are verified in full: leaves,
roots, all words of the people they touch, addresses and evidence. Old rows are verified in parts, another one each run,
until a round is complete. Both go in steps, each read in one snapshot and recorded once verified, so an interrupted run
continues. The witness is compared likewise; fully where its file begins otherwise (witness_beginnings.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import ge
from pathlib import Path
from typing import NamedTuple

from consents.care import audit, blanket_audit, frozen, touched, vouchers
from consents.keys import Keyring
from consents.queries import log_rows
from consents.registry import Registry
from consents.rules import Reconsent
from consents.store import Snapshot, Store
from evidence import checkpoints, history_rows, log, seals, verified, witness, witness_file
from evidence.checkpoints import LogKey
from evidence.leaves import LogFault
from evidence.merkle import Frontier
from evidence.verified import Seen, Verified

STEP = 200_000  # acts and events, or recipients, of a step
PARTS = 30  # nights in which the old rows are gone through

# What a room asks of the acts of a range, first and last: a fault, or None.
Asked = Callable[[Snapshot, Keyring, int, int], str | None]


class Onward(NamedTuple):
    """How far a run has come. ``old_acts``, ``old_people``: how many old acts and recipients it verified again."""

    seen: Seen
    before: Verified
    now: Verified
    old_acts: int
    old_people: int


class _Step(NamedTuple):
    act: int
    event: int
    signed: int  # the last checkpoint within
    ended: bool


def verify(registry: Registry, witnessed_at: Path, asked: Asked, parts: int = PARTS) -> Onward | None:
    """Verifies what came since the last proof, and one of ``parts`` of the old rows (0: none); None without an earlier
    proof. Sign (``log.extend``) afterwards, then record with ``verified.onward``. Errors: LogFault,
    StoreUnavailable."""
    store, keyring = registry.store, registry.keyring
    before = store.read_now(verified.read, keyring)
    if before is None:
        return None
    run = _Run(store, keyring, registry.policy.reconsent, asked, witnessed_at)
    seen = store.read_now(verified.load, store.now())
    try:
        noted = witness_file.length(witnessed_at)
        with store.snapshot(passing=True) as snapshot:
            _check_ground(snapshot, keyring, before)
            if (fault := vouchers.fault(snapshot, keyring, log.signed_until)) is not None:
                raise LogFault(fault)
            compared = witness.check_all(snapshot, keyring, witnessed_at, store.now(), noted, before.compared())
            seals.check_addresses(keyring, log_rows.addresses(snapshot, before.recipient + 1))
            # Also of those whom no act has touched, as the people of links.
            run.new_people(snapshot, before.recipient + 1)
        now = run.forward(before._replace(**compared._asdict()))
        after = run.back(now, parts) if parts else now
    except store.engine.dialect.loaded_dbapi.DatabaseError as error:
        raise LogFault(f"the database cannot be read to its end ({error}): bring back a backup") from None
    return Onward(seen, before, after, *_moved(now, after))


def _moved(before: Verified, after: Verified) -> tuple[int, int]:
    if after.round_at == before.round_at:
        return after.round_act - before.round_act, after.round_recipient - before.round_recipient
    return before.size - before.round_act, before.recipient - before.round_recipient


def _check_ground(snapshot: Snapshot, keyring: Keyring, before: Verified) -> None:
    """Errors: LogFault unless history is guarded and what was verified is still what was signed."""
    if (fault := frozen.fault(snapshot)) is not None:
        raise LogFault(fault)
    found = checkpoints.at(snapshot, before.size)
    if found is None or found[0].root != before.root:
        raise LogFault(f"checkpoint {before.size}, up to which all was proved, is gone or not as it was")
    log.check(LogKey.of(keyring), *found)
    if history_rows.last_act(snapshot) < before.size:
        raise LogFault(f"act {history_rows.last_act(snapshot) + 1} is missing: it was proved up to act {before.size}")
    if history_rows.act(snapshot, before.size).last_event != before.event:
        raise LogFault(f"act {before.size} is not as it was when it was proved")


class _Run:
    def __init__(self, store: Store, keyring: Keyring, reconsent: Reconsent, asked: Asked, witnessed_at: Path) -> None:
        self._store, self._keyring, self._reconsent, self._asked = store, keyring, reconsent, asked
        self._witnessed_at = witnessed_at

    def new_people(self, snapshot: Snapshot, first: int) -> None:
        self._raise(audit.consents_between(snapshot, self._reconsent, first, log_rows.last_recipient(snapshot)))

    def forward(self, proved: Verified) -> Verified:
        ended = False
        while not ended:
            with self._store.snapshot(passing=True) as snapshot:
                step = self._leaves(snapshot, proved.size, proved.event, history_rows.last_act(snapshot))
                ended = step.ended
                if ended:
                    log.check_end(snapshot, step.act)
                acts, events = (proved.size + 1, step.act), (proved.event + 1, step.event)
                self._raise(blanket_audit.of_acts(snapshot, acts[0], log_rows.LAST if ended else step.act))
                for people in touched.people(snapshot, acts, events):
                    self._raise(audit.of_people(snapshot, self._reconsent, people))
                    seals.check_addresses(self._keyring, log_rows.addresses_of(snapshot, people))
                self._acts(snapshot, acts[0], log_rows.LAST if ended else step.act)
                signed = step.signed if step.signed > proved.size else None
                if signed is not None:
                    found, event = checkpoints.at(snapshot, signed), history_rows.act(snapshot, signed).last_event
                    assert found is not None
                    proved = proved._replace(size=signed, event=event, root=found[0].root)
            if signed is not None:
                self._write(proved)
        return proved

    def back(self, proved: Verified, parts: int) -> Verified:
        proved = self._back_acts(proved, -(-(proved.size + proved.event) // parts))
        proved = self._back_people(proved, -(-proved.recipient // parts))
        proved = self._back_lines(proved, -(-proved.witness_bytes // parts))
        ends = (proved.size, proved.recipient, proved.witness_bytes)
        if all(map(ge, (proved.round_act, proved.round_recipient, proved.round_bytes), ends)):
            now = self._store.now()
            proved = proved._replace(
                proved_since=proved.round_at, round_at=now, round_act=0, round_recipient=0, round_bytes=0
            )
            self._write(proved)
        return proved

    def _back_acts(self, proved: Verified, rows: int) -> Verified:
        while rows > 0 and proved.round_act < proved.size:
            with self._store.snapshot(passing=True) as snapshot:
                first, before = proved.round_act + 1, 0
                if proved.round_act:
                    before = history_rows.act(snapshot, proved.round_act).last_event
                step = self._leaves(snapshot, proved.round_act, before, proved.size, min(rows, STEP), until=proved.size)
                self._raise(audit.events_between(snapshot, self._reconsent, before + 1, step.event))
                self._raise(blanket_audit.of_acts(snapshot, first, step.act))
                self._acts(snapshot, first, step.act)
                witness.check_rows(snapshot, self._keyring, first, step.act)
            rows -= step.act - proved.round_act + step.event - before
            proved = proved._replace(round_act=step.act)
            self._write(proved)
        return proved

    def _back_people(self, proved: Verified, people: int) -> Verified:
        while people > 0 and proved.round_recipient < proved.recipient:
            first = proved.round_recipient + 1
            last = min(proved.recipient, proved.round_recipient + min(people, STEP))
            with self._store.snapshot(passing=True) as snapshot:
                self._raise(audit.consents_between(snapshot, self._reconsent, first, last))
                self._raise(blanket_audit.between(snapshot, self._reconsent, first, last))
                seals.check_addresses(self._keyring, log_rows.addresses(snapshot, first, last))
            people -= last - proved.round_recipient
            proved = proved._replace(round_recipient=last)
            self._write(proved)
        return proved

    def _back_lines(self, proved: Verified, count: int) -> Verified:
        if proved.round_bytes >= proved.witness_bytes:
            return proved
        with self._store.snapshot(passing=True) as snapshot:
            turned = witness.check_part(snapshot, self._keyring, self._witnessed_at, proved.compared(), count)
        proved = proved._replace(round_bytes=turned)
        self._write(proved)
        return proved

    def _leaves(
        self, snapshot: Snapshot, size: int, event: int, acts: int, rows: int | None = None, until: int | None = None
    ) -> _Step:
        """Recomputes the leaves after act ``size``, to the first checkpoint with this many rows or to the end."""
        signed = size
        for checkpoint in log.grown(snapshot, self._keyring, self._tree(snapshot, size), acts):
            signed = checkpoint.size
            last = history_rows.act(snapshot, signed).last_event
            if signed == until or signed - size + last - event >= (rows or STEP):
                return _Step(signed, last, signed, False)
        return _Step(acts, history_rows.act(snapshot, acts).last_event if acts > size else event, signed, True)

    def _tree(self, snapshot: Snapshot, size: int) -> Frontier:
        if not size:
            return Frontier()
        found = checkpoints.at(snapshot, size)
        if found is None:
            raise LogFault(f"checkpoint {size} is missing, though it was proved before")
        log.check(LogKey.of(self._keyring), *found)
        return found[1]

    def _acts(self, snapshot: Snapshot, first: int, last: int) -> None:
        seals.check_evidence(self._keyring, log_rows.evidence(snapshot, first, last))
        if (fault := self._asked(snapshot, self._keyring, first, last)) is not None:
            raise LogFault(fault)

    def _write(self, proved: Verified) -> None:
        self._store.write_now(verified.write, self._keyring, proved)

    @staticmethod
    def _raise(faults: Iterator[str]) -> None:
        if (fault := next(faults, None)) is not None:
            raise LogFault(fault)
