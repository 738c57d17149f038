"""The proof of what is new, and the round through old rows: what each finds, what it says it does not look at."""

from __future__ import annotations

from collections.abc import Callable, Collection
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from consents import state
from consents.care import audit
from consents.columns import stored
from consents.people import register
from consents.registry import Registry
from consents.rules import ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Snapshot, Statement, Store
from consents.terms import Door
from evidence import checkpoints, incremental, log, verified, witness
from evidence.checkpoints import Checkpoint, LogKey
from evidence.incremental import Onward
from evidence.leaves import LogFault
from evidence.verified import Verified
from evidence.witness import RolledBack
from evidence.witness_file import line as witness_file_line
from panel.audit import audit_log
from tests.conftest import NOON, Clock, Opener
from tests.consents.conftest import YABANCI, World
from tests.consents.deeds import ARAMA, BIREYSEL, HOUR, MESAJ, Deeds, onay
from tests.evidence.conftest import chronicle, run, thaw


class Killed(Exception):
    """The process died here."""


def whole(registry: Registry, witness: Path) -> str | None:
    """What ``izin verify`` does."""
    store = registry.store
    seen = store.read_now(verified.load, store.now())
    if (fault := store.read_now(audit.verify, registry.policy.reconsent)) is not None:
        return fault
    try:
        compared = store.read_now(log.prove, registry.keyring, witness)
    except LogFault as found:
        return str(found)
    log.extend(registry, witness)
    verified.whole(registry, seen, compared)
    return None


def onward(registry: Registry, witness: Path, parts: int = 0) -> Onward:
    """What ``izin verify --since-checkpoint`` does."""
    proved = incremental.verify(registry, witness, audit_log.verify, parts)
    assert proved is not None
    log.extend(registry, witness)
    return proved._replace(now=verified.onward(registry, proved.seen, proved.now))


def noted(registry: Registry) -> Verified:
    found = registry.store.read_now(verified.read, registry.keyring)
    assert found is not None
    return found


def more(registry: Registry, world: World, clock: Clock) -> int:
    """New acts: a person who is new, a refusal, an undo of it; the number of the first."""
    deeds, first = Deeds(registry), noted(registry).size + 1
    clock.forward(minutes=5)
    who = [register.person(registry.keyring, YABANCI)]
    (new,) = registry.store.write_now(register.enrol_all, registry.keyring, who)
    deeds.declares(onay(Key(new, world.cinar, MESAJ, BIREYSEL), NOON - HOUR))
    evidence = registry.keyring.seal_evidence({"message": "RET"})
    refused = deeds.decides(Key(world.ayse, world.cinar, ARAMA, BIREYSEL), status=RET, door=Door.SMS).act
    deeds.decides(Key(new, world.cinar, MESAJ, BIREYSEL), status=RET, evidence=evidence)
    if refused is not None:
        deeds.undoes(refused, Door.SMS)
    return first


@pytest.fixture
def world(registry: Registry, clock: Clock, witness_file: Path) -> World:
    """A registry that was proved as a whole."""
    made = chronicle(registry, clock, witness_file)
    assert whole(registry, witness_file) is None
    return made


def test_without_a_proof_before_there_is_nothing_to_go_on_from(
    registry: Registry, clock: Clock, witness_file: Path
) -> None:
    chronicle(registry, clock, witness_file)
    assert incremental.verify(registry, witness_file, audit_log.verify) is None


def test_what_is_new_is_proved_and_written_down(
    registry: Registry, world: World, clock: Clock, witness_file: Path
) -> None:
    before = noted(registry)
    assert (before.size, before.at, before.whole_at) == (11, clock.now, clock.now)
    assert onward(registry, witness_file).now == before._replace(at=clock.now)
    more(registry, world, clock)
    log.extend(registry, witness_file)  # as the site does each minute
    after = onward(registry, witness_file).now
    assert after == noted(registry)
    assert after.size > before.size
    assert (after.recipient, after.whole_at) == (before.recipient + 1, before.whole_at)
    assert whole(registry, witness_file) is None


def test_what_is_new_is_proved_without_going_through_what_is_old(
    sqlite_url: str, open_registry: Opener, clock: Clock, witness_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = open_registry(sqlite_url)
    world = chronicle(registry, clock, witness_file)
    assert whole(registry, witness_file) is None
    more(registry, world, clock)
    scans: list[str] = []

    def planned(read: Callable[..., Any]) -> Callable[..., Any]:
        def explained(snapshot: Snapshot, statement: Statement, *given: Any) -> Any:
            query, bound = statement.bound(snapshot.dialect, given[0] if given else {})
            steps = snapshot.connection.execute(f"EXPLAIN QUERY PLAN {query}", dict(bound)).fetchall()
            scans.extend(step[3] for step in steps if step[3].startswith("SCAN"))
            return read(snapshot, statement, *given)

        return explained

    for name in ("one", "all", "stream"):
        monkeypatch.setattr(Snapshot, name, planned(getattr(Snapshot, name)))
    assert incremental.verify(registry, witness_file, audit_log.verify, 0) is not None
    assert not [scan for scan in scans if scan.split()[1] in {"act", "consent", "consent_event", "recipient"}]


def test_what_came_while_it_went_on_is_left_to_the_next(
    registry: Registry, world: World, clock: Clock, witness_file: Path
) -> None:
    """It is signed by then, but nobody has looked at it."""
    first = more(registry, world, clock)
    proved = incremental.verify(registry, witness_file, audit_log.verify, 0)
    assert proved is not None
    last = proved.seen.act
    Deeds(registry).decides(Key(world.mehmet, world.cinar, ARAMA, BIREYSEL), status=ONAY)
    log.extend(registry, witness_file)
    assert verified.onward(registry, proved.seen, proved.now).size < first <= last
    assert onward(registry, witness_file).now.size == last + 1


NEW = "(SELECT max(id) FROM consent_event)"
FAULTS = {
    "event": f"UPDATE consent_event SET decided_at = decided_at + 1 WHERE id = {NEW}",
    "event gone": f"DELETE FROM consent_event WHERE id = {NEW}",
    "act": "UPDATE act SET door = 2 WHERE id = (SELECT max(id) FROM act)",
    "act gone": "DELETE FROM act WHERE id = (SELECT max(id) FROM act)",
    "state of a new key": "UPDATE consent SET status = 1 WHERE recipient = (SELECT max(id) FROM recipient)",
    "state gone": "DELETE FROM consent WHERE recipient = (SELECT max(id) FROM recipient)",
    "commitment": "UPDATE recipient SET commitment = sealed WHERE id = (SELECT max(id) FROM recipient)",
    "address": "UPDATE recipient SET sealed = substr(sealed, 2) WHERE id = (SELECT max(id) FROM recipient)",
    "evidence": "UPDATE act SET evidence = NULL WHERE id = (SELECT max(id) FROM act WHERE evidence IS NOT NULL)",
    "state that an undo made": "UPDATE consent SET citizen_event = NULL, citizen_status = NULL, citizen_at = NULL, "
    "citizen_source = NULL, status = 1 WHERE recipient = 1 AND channel = 1 AND citizen_event IS NOT NULL",
    "old word of a key that is touched": "UPDATE consent SET provider_at = 1, provider_event = 1 WHERE recipient = 1 "
    "AND channel = 1 AND provider_event IS NOT NULL",
    "state of somebody new whom no act has touched": "INSERT INTO consent SELECT 1 + (SELECT max(id) FROM recipient), "
    f"{','.join(state.COLUMNS.split(',')[1:])} FROM consent WHERE recipient = 1",
    "root": "UPDATE checkpoint SET root = signature WHERE size = (SELECT max(size) FROM checkpoint)",
    "last checkpoint that was proved": "DELETE FROM checkpoint WHERE size = 11",
    "act that was proved last": "UPDATE act SET last_event = last_event + 1 WHERE id = 11",
    "voucher": "UPDATE brand SET voucher = NULL",
}


@pytest.mark.parametrize("statement", FAULTS.values(), ids=FAULTS)
def test_each_fault_in_what_is_new_is_found(
    registry: Registry, world: World, clock: Clock, witness_file: Path, statement: str
) -> None:
    more(registry, world, clock)
    stranger = register.person(registry.keyring, "+905320000099")  # as of a link that is minted
    # Of what is not signed yet only that shows which does not hold together.
    if "checkpoint" in statement or statement in (FAULTS["event"], FAULTS["act"]):
        log.extend(registry, witness_file)
    assert whole_is_clean(registry, witness_file)
    tampered(registry, statement)
    if statement == FAULTS["state of somebody new whom no act has touched"]:
        registry.store.write_now(register.enrol_all, registry.keyring, [stranger])
    before = noted(registry)
    with pytest.raises(LogFault):
        onward(registry, witness_file)
    assert noted(registry).size == before.size


def whole_is_clean(registry: Registry, witness: Path) -> bool:
    """Nothing is wrong before something is made wrong; without writing that down."""
    fault = registry.store.read_now(audit.verify, registry.policy.reconsent)
    return (fault or registry.store.read_now(log.verify, registry.keyring, witness)) is None


def tampered(registry: Registry, *statements: str) -> None:
    """Past triggers and references, which stand again afterwards."""
    connection = registry.store.engine.raw_connection()
    cursor, sqlite = connection.cursor(), registry.store.dialect == "sqlite"
    try:
        for statement in ["PRAGMA foreign_keys=OFF"] if sqlite else ["SET session_replication_role = replica"]:
            cursor.execute(statement)
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = cursor.execute(query).fetchall() if sqlite else []
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            cursor.execute(statement)
            assert cursor.rowcount, statement
        for _, definition in triggers:
            cursor.execute(definition)
        connection.commit()
    finally:
        connection.invalidate()


def test_a_trigger_that_is_gone_is_found(registry: Registry, world: World, witness_file: Path) -> None:
    thaw(registry)
    with pytest.raises(LogFault, match="nothing keeps"):
        onward(registry, witness_file)


def turned(registry: Registry, witness: Path) -> bool:
    """Whether a fourth of the old rows has a fault."""
    try:
        onward(registry, witness, parts=4)
    except LogFault:
        return True
    return False


OLD = {
    "event": "UPDATE consent_event SET decided_at = decided_at + 1 WHERE id = 2",
    "event gone": "DELETE FROM consent_event WHERE id = 3",
    "act": "UPDATE act SET door = 2 WHERE id = 1",
    "act gone": "DELETE FROM act WHERE id = 2",
    "evidence": "UPDATE act SET evidence = NULL WHERE id = (SELECT min(id) FROM act WHERE evidence IS NOT NULL)",
    "state": "UPDATE consent SET status = (status + 1) % 3 WHERE recipient = 2 AND brand = 2",
    "state of no event": "DELETE FROM consent WHERE recipient = 2 AND brand = 2",
    "address": "UPDATE recipient SET sealed = substr(sealed, 2) WHERE id = 2",
    "commitment": "UPDATE recipient SET commitment = sealed WHERE id = 2",
    "checkpoint": "DELETE FROM checkpoint WHERE size = 4",
}


@pytest.mark.parametrize("statement", OLD.values(), ids=OLD)
def test_an_old_row_that_was_changed_is_found_by_the_whole_proof_and_by_the_round_in_its_turn(
    registry: Registry, world: World, witness_file: Path, statement: str
) -> None:
    tampered(registry, statement)
    assert onward(registry, witness_file).old_acts == 0  # which is what it says
    found = [turned(registry, witness_file) for _ in range(4)]
    assert any(found)
    assert noted(registry).round_at == noted(registry).whole_at, "no round ends beyond a fault"
    assert registry.store.read_now(audit.verify, Reconsent.CONFIRM) or registry.store.read_now(
        log.verify, registry.keyring, witness_file
    )


@pytest.mark.parametrize("parts", [1, 3, 30])
def test_every_old_row_has_its_turn_in_as_many_runs_as_there_are_parts(
    registry: Registry, world: World, clock: Clock, witness_file: Path, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = noted(registry)
    acts: set[int] = set()
    people: set[int] = set()
    events_between, consents_between = audit.events_between, audit.consents_between

    def events(snapshot: object, reconsent: object, first: int, last: int) -> object:
        acts.update(range(first, last + 1))
        return events_between(snapshot, reconsent, first, last)  # type: ignore[arg-type]

    def consents(snapshot: object, reconsent: object, first: int, last: int) -> object:
        people.update(range(first, last + 1))
        return consents_between(snapshot, reconsent, first, last)  # type: ignore[arg-type]

    monkeypatch.setattr(audit, "events_between", events)
    monkeypatch.setattr(audit, "consents_between", consents)
    compared = asked_for(monkeypatch)
    for number in range(parts + 1):  # what comes meanwhile makes it one run longer at the most
        if noted(registry).round_at != begun.round_at:
            break
        clock.forward(minutes=1)
        if number == 1:
            more(registry, world, clock)
        onward(registry, witness_file, parts=parts)
    ended = noted(registry)
    assert (ended.proved_since, ended.round_act, ended.round_recipient) == (begun.round_at, 0, 0)
    assert ended.round_bytes == 0
    # Each line of the file, and on PostgreSQL each row of the table.
    assert all(compared.count(size) > (registry.store.dialect == "postgresql") for size in SIZES)
    assert ended.round_at > begun.round_at
    assert acts >= set(range(1, begun.event + 1))
    assert people >= set(range(1, begun.recipient + 1))


FORGED: dict[str, Callable[[Registry], None]] = {
    "further": lambda registry: run(registry, "UPDATE verified SET size = size + 3, event = event + 3"),
    "root": lambda registry: run(registry, "UPDATE verified SET root = mark"),
    "round": lambda registry: run(registry, "UPDATE verified SET round_act = size"),
    "time": lambda registry: run(registry, "UPDATE verified SET proved_since = proved_since + 86400"),
    "witness": lambda registry: run(registry, "UPDATE verified SET witness_bytes = witness_bytes + 190"),
    "bytes of the witness": lambda registry: run(registry, "UPDATE verified SET witness_digest = root"),
    "round through the witness": lambda registry: run(registry, "UPDATE verified SET round_bytes = witness_bytes"),
    "mark": lambda registry: run(registry, "UPDATE verified SET mark = root"),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_note_of_what_was_proved_hides_nothing(
    registry: Registry, world: World, clock: Clock, witness_file: Path, forge: Callable[[Registry], None]
) -> None:
    more(registry, world, clock)
    forge(registry)
    with pytest.raises(LogFault, match="was not written by this registry"):
        onward(registry, witness_file)
    assert whole(registry, witness_file) is None  # looks at everything and writes it down anew
    assert onward(registry, witness_file).now == noted(registry)


def test_an_older_note_put_back_only_makes_it_longer(
    registry: Registry, world: World, clock: Clock, witness_file: Path
) -> None:
    old = noted(registry)
    more(registry, world, clock)
    onward(registry, witness_file)
    registry.store.write_now(verified.write, registry.keyring, old)
    tampered(registry, FAULTS["event"])
    with pytest.raises(LogFault):
        onward(registry, witness_file)


def test_killed_midway_it_goes_on_from_the_last_step(
    registry: Registry, world: World, clock: Clock, witness_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incremental, "STEP", 1)
    begun = noted(registry)
    for _ in range(3):
        more(registry, world, clock)
        log.extend(registry, witness_file)
    write_now, left = Store.write_now, [2]

    def dying(store: Store, work: Callable[..., object], *arguments: object) -> object:
        left[0] -= 1
        if not left[0]:
            raise Killed
        return write_now(store, work, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write_now", dying)
        with pytest.raises(Killed):
            incremental.verify(registry, witness_file, audit_log.verify)
    reached = noted(registry)
    assert begun.size < reached.size
    seen: list[int] = []
    leaves = incremental._Run._leaves

    def looking(self: incremental._Run, *arguments: object, **named: object) -> object:
        seen.append(arguments[1])  # type: ignore[arg-type]
        return leaves(self, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(incremental._Run, "_leaves", looking)
    assert onward(registry, witness_file).now.size > reached.size
    assert seen[0] == reached.size


# The witness: its file, and on PostgreSQL its table.
SIZES = (2, 4, 7, 9, 11)


def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of which sizes checkpoints are compared with lines and rows, as it happens."""
    sizes: list[int] = []
    among_sizes = checkpoints.among_sizes

    def noting(snapshot: Snapshot, wanted: Collection[int]) -> object:
        sizes.extend(wanted)
        return among_sizes(snapshot, wanted)

    monkeypatch.setattr(checkpoints, "among_sizes", noting)
    return sizes


def other(registry: Registry, size: int) -> Checkpoint:
    """A checkpoint that is signed and differs from the one of this size in its time alone."""
    was = registry.store.read_now(checkpoints.at, size)
    assert was is not None
    return checkpoints.sign(registry.keyring, was[0]._replace(made_at=was[0].made_at + 1_000_000))


def line_of(registry: Registry, checkpoint: Checkpoint) -> str:
    return witness_file_line(LogKey.of(registry.keyring), checkpoint)


def test_what_was_compared_is_not_compared_again(
    registry: Registry, world: World, clock: Clock, witness_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert noted(registry)[-4:] == (11, witness_file.stat().st_size, sha256(witness_file.read_bytes()).digest(), 0)
    more(registry, world, clock)
    log.extend(registry, witness_file)
    compared = asked_for(monkeypatch)
    after = onward(registry, witness_file).now
    assert compared == [after.size] * (1 if registry.store.dialect == "sqlite" else 2)
    assert after.compared() == (after.size, witness_file.stat().st_size, digest_of(witness_file), 0)
    compared.clear()
    onward(registry, witness_file)
    assert compared == []


def digest_of(path: Path) -> bytes:
    return sha256(path.read_bytes()).digest()


def wrong_in_the_middle(registry: Registry, lines: list[str]) -> list[str]:
    return [*lines[:2], line_of(registry, other(registry, 4)), *lines[2:]]


def wrong_in_place_of(registry: Registry, lines: list[str]) -> list[str]:
    return [*lines[:2], line_of(registry, other(registry, 4)), *lines[3:]]


def of_another(registry: Registry, lines: list[str]) -> list[str]:
    return [line.replace(LogKey.of(registry.keyring).origin, "izin-log/0123456789abcdef") for line in lines]


FILES: dict[str, Callable[[Registry, list[str]], list[str]]] = {
    "wrong line in the middle": wrong_in_the_middle,
    "wrong line for another": wrong_in_place_of,
    "wrong line at the end": lambda registry, lines: [*lines, line_of(registry, other(registry, 4))],
    "line taken out": lambda registry, lines: [*lines[:2], *lines[3:]],
    "one line less": lambda registry, lines: lines[:-1],
    "two lines less": lambda registry, lines: lines[:-2],
    "torn": lambda registry, lines: [*lines[:-1], lines[-1][:40]],
    "last end of line gone": lambda registry, lines: [*lines[:-1], lines[-1][:-1]],
    "remarks": lambda registry, lines: ["# kept by the registrar\n", *lines, "ağ\n", "\n"],
    "an older line once more": lambda registry, lines: [*lines, lines[3]],
    "all lines twice": lambda registry, lines: lines * 2,
    "begun anew": lambda registry, lines: lines[-1:],
    "another's": of_another,
    "empty": lambda registry, lines: [],
}


@pytest.mark.parametrize("change", FILES.values(), ids=FILES)
def test_of_a_file_that_was_changed_the_short_proof_says_at_once_what_the_whole_one_says(
    registry: Registry,
    world: World,
    witness_file: Path,
    change: Callable[[Registry, list[str]], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(witness, "PAGE", 2)
    before = noted(registry)
    witness_file.write_text("".join(change(registry, witness_file.read_text().splitlines(keepends=True))))
    fault = registry.store.read_now(log.verify, registry.keyring, witness_file)
    wrong = change in (wrong_in_the_middle, wrong_in_place_of, FILES["wrong line at the end"])
    assert ("checkpoint 4 stands in" in str(fault)) is wrong
    if fault is None:
        onward(registry, witness_file)
        onward(registry, witness_file)
        assert whole(registry, witness_file) is None
    else:
        with pytest.raises(LogFault) as said:
            onward(registry, witness_file)
        assert str(said.value) == fault
        assert noted(registry) == before


def test_a_file_that_was_begun_anew_is_noted_anew_and_the_old_one_put_back_is_read(
    registry: Registry, world: World, clock: Clock, witness_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = witness_file.read_text().splitlines(keepends=True)
    witness_file.unlink()
    log.accept(registry, witness_file)
    assert onward(registry, witness_file).now.witness_bytes == witness_file.stat().st_size
    assert noted(registry).round_bytes == noted(registry).witness_bytes, "all of it was read"
    compared = asked_for(monkeypatch)
    onward(registry, witness_file)
    assert compared == []
    witness_file.write_text("".join(wrong_in_the_middle(registry, old)))
    with pytest.raises(RolledBack, match="checkpoint 4 stands in"):
        onward(registry, witness_file)
    witness_file.write_text("".join(old))
    onward(registry, witness_file)
    assert set(compared) >= set(SIZES)


def forged_row(registry: Registry, table: str, size: int) -> str:
    """Puts what was signed otherwise in the place of what is there."""
    changed = other(registry, size)
    blob = f"X'{changed.signature.hex()}'" if registry.store.dialect == "sqlite" else f"'\\x{changed.signature.hex()}'"
    return f"UPDATE {table} SET made_at = {stored(changed.made_at)}, signature = {blob} WHERE size = {size}"


@pytest.mark.parametrize(
    ("database_url", "tables"),
    [
        ("sqlite", "checkpoint"),
        ("postgresql", "checkpoint"),
        ("postgresql", "witness"),
        ("postgresql", "checkpoint witness"),
    ],
    indirect=["database_url"],
)
@pytest.mark.parametrize("size", SIZES[:-1])
def test_a_checkpoint_or_row_of_long_ago_that_is_signed_otherwise_is_found_in_its_turn(
    registry: Registry, world: World, witness_file: Path, size: int, tables: str
) -> None:
    """Whoever can write all of the database cannot write the file."""
    statements = [forged_row(registry, table, size) for table in tables.split()]
    tampered(registry, *statements)
    onward(registry, witness_file)
    found = [turned(registry, witness_file) for _ in range(4)]
    assert any(found)
    assert noted(registry).round_at == noted(registry).whole_at, "no round ends beyond a fault"
    assert f"checkpoint {size} stands in" in str(registry.store.read_now(log.verify, registry.keyring, witness_file))


@pytest.mark.parametrize(
    ("database_url", "where"),
    [("sqlite", "file"), ("postgresql", "file"), ("postgresql", "table")],
    indirect=["database_url"],
)
def test_what_was_signed_since_the_witness_was_compared_is_new_to_the_next_proof(
    registry: Registry,
    world: World,
    clock: Clock,
    witness_file: Path,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its acts were proved, and it was signed after that."""
    monkeypatch.setattr(log, "MOST_ACTS", 1)
    more(registry, world, clock)
    before = onward(registry, witness_file).now
    size = before.size - 1  # the newest one is looked at in any case
    assert size > before.witness_size == 11
    if where == "table":
        tampered(registry, forged_row(registry, "witness", size))
    else:
        lines = witness_file.read_text().splitlines(keepends=True)
        witness_file.write_text("".join([*lines[:-2], line_of(registry, other(registry, size)), *lines[-1:]]))
    with pytest.raises(RolledBack, match=f"checkpoint {size} stands in"):
        onward(registry, witness_file)


@pytest.mark.parametrize("cut", [1, 40, 150])
def test_a_line_that_was_half_written_is_read_when_it_is_whole(
    registry: Registry, world: World, witness_file: Path, cut: int
) -> None:
    newest = witness_file.read_text().splitlines(keepends=True)[-1]
    wrong = line_of(registry, other(registry, 4))
    with witness_file.open("a") as file:
        file.write(wrong[:cut])
    onward(registry, witness_file)
    with witness_file.open("a") as file:
        file.write(wrong[cut:] + newest)
    with pytest.raises(RolledBack, match="checkpoint 4 stands in"):
        onward(registry, witness_file)


def test_no_round_ends_before_every_line_had_its_turn(
    registry: Registry, world: World, clock: Clock, witness_file: Path
) -> None:
    begun = noted(registry)
    clock.forward(minutes=1)
    onward(registry, witness_file, parts=2)
    with witness_file.open("a") as file:  # as a file grows faster than the acts do
        file.write(witness_file.read_text())
    onward(registry, witness_file, parts=2)
    assert (noted(registry).round_at, noted(registry).round_act) == (begun.round_at, 11)
    onward(registry, witness_file, parts=2)
    assert (noted(registry).proved_since, noted(registry).round_bytes) == (begun.round_at, 0)


def address(registry: Registry, recipient: int) -> bytes:
    def find(snapshot: Snapshot) -> bytes:
        row = snapshot.one(Statement(text("SELECT sealed FROM recipient WHERE id = :id")), {"id": recipient})
        assert row is not None
        return bytes(row[0])

    return registry.store.read_now(find)


def forge(registry: Registry, recipient: int, sealed: bytes) -> None:
    run(registry, "UPDATE recipient SET sealed = :sealed WHERE id = :id", sealed=sealed, id=recipient)


def test_the_address_of_somebody_whom_a_new_act_touches_is_looked_at(
    registry: Registry, world: World, clock: Clock, witness_file: Path
) -> None:
    """Two old people's addresses are swapped: whoever wrote to one of them is not who refused."""
    first, second = address(registry, world.ayse), address(registry, world.mehmet)
    more(registry, world, clock)
    assert onward(registry, witness_file).now
    forge(registry, world.ayse, b"in between")
    forge(registry, world.mehmet, first)
    forge(registry, world.ayse, second)
    assert onward(registry, witness_file).now, "nobody has touched them: their turn comes with the round"
    clock.forward(minutes=1)
    Deeds(registry).decides(Key(world.ayse, world.isik, ARAMA, BIREYSEL), status=RET)
    with pytest.raises(LogFault, match=rf"recipient {world.ayse}\b"):
        onward(registry, witness_file)


@pytest.mark.parametrize("place", [0, 1])
def test_the_address_of_each_new_person_is_looked_at_though_no_act_touches_them(
    registry: Registry, world: World, witness_file: Path, place: int
) -> None:
    who = [register.person(registry.keyring, f"yeni{number}@example.com") for number in range(2)]
    new = registry.store.write_now(register.enrol_all, registry.keyring, who)
    another = register.person(registry.keyring, "baska@example.com").sealed
    forge(registry, new[place], another)
    with pytest.raises(LogFault, match=rf"recipient {new[place]}\b"):
        onward(registry, witness_file)


def test_what_was_proved_before_must_be_what_was_signed(registry: Registry, world: World, witness_file: Path) -> None:
    """Also for whoever can seal such a note: the tree that was proved is the one that the checkpoint signs."""
    before = noted(registry)
    registry.store.write_now(verified.write, registry.keyring, before._replace(root=bytes(len(before.root))))
    with pytest.raises(
        LogFault, match=f"checkpoint {before.size}, up to which all was proved, is gone or not as it was"
    ):
        onward(registry, witness_file)
