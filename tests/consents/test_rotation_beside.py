"""While the keys are changed others are at work who may not have heard of it: nobody is lost, nobody is there twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from citizen.session import session_store
from citizen.signin import entry
from consents import ledger, state
from consents.care import audit
from consents.history import Deed
from consents.ledger import Staged, Wish
from consents.people import column_passes, register, sealed_forms
from consents.people.column_passes import ColumnPass
from consents.people.held_keys import ROTATED, WrongKey
from consents.people.register import Person
from consents.people.rotation import Rotation, rekey
from consents.queries import by_address
from consents.registry import Registry, unfit
from consents.rules import ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Prefetch, Snapshot, Statement, Store, StoreUnavailable, Transaction, prefetches
from consents.terms import Actor, Door, Source
from izin.operations import maintenance_commands  # noqa: F401 - with the tables of all rooms
from panel.accounts import account_store
from tests.conftest import SECRET
from tests.consents.conftest import AYSE, furnish
from tests.consents.deeds import BIREYSEL, MESAJ
from tests.consents.test_store import held
from tests.consents.works import submit
from tests.statements import Asked

NEW = "another-secret-for-tests-that-is-long-enough"
PROCESSES, PEOPLE = 3, 4
_EVIDENCE = Statement(text("SELECT evidence FROM act WHERE evidence IS NOT NULL"))
_ALL = Statement(text("SELECT id, sealed FROM recipient ORDER BY id"))
_SESSIONS = Statement(text("SELECT key FROM session ORDER BY key"))
_process, _person = st.integers(0, PROCESSES - 1), st.integers(0, PEOPLE - 1)
_some = st.lists(_person, min_size=1, max_size=PEOPLE)
_step = st.one_of(
    st.tuples(st.just("turn"), st.integers(1, 4)),
    st.tuples(st.just("turn"), st.integers(1, 4)),
    st.tuples(st.just("kill")),
    st.tuples(st.just("restart"), _process),
    st.tuples(st.just("find"), _process, _some),
    st.tuples(st.just("enrol"), _process, _some),
    st.tuples(st.just("act"), _process, _person),
    st.tuples(st.just("seal"), _process, _some),
    st.tuples(st.just("enrol_sealed"), _process),
    st.tuples(st.just("stage"), _process, _some),
    st.tuples(st.just("declare"), _process),
    st.tuples(st.just("erase"), _process, _person),
)


class Process:
    """A program that has the registry open, with keys of its own."""

    def __init__(self, url: str) -> None:
        self.registry = Registry.open(url, SECRET)
        self.sealed: list[tuple[int, Person]] = []  # made ready and not yet used
        self.evidence = self.registry.keyring.seal_evidence({"message": "RET"})
        self.gate = self.registry.store.gate()
        self.staged: tuple[list[int], Staged] | None = None

    def close(self) -> None:
        self.gate.close()
        self.registry.close()


class Beside:
    """Some processes, a rotation that goes on a step at a time, and what must be true."""

    def __init__(self, url: str) -> None:
        self.url, self.runs = url, 0
        self.processes = [Process(url) for _ in range(PROCESSES)]
        world = furnish(self.processes[0].registry)
        self.brand = world.cinar
        self.store = Store.open(url, hurried=False)
        self.rotation: Rotation | None = None
        self.steps: Iterator[None] = iter(())
        self.known: dict[str, int] = {}
        self.erased: set[str] = set()

    def close(self) -> None:
        self.kill()
        for process in self.processes:
            process.close()
        self.store.close()

    def begin(self) -> None:
        """New people; the processes are as they were left."""
        self.runs += 1
        self.known, self.erased = {}, set()
        for process in self.processes:
            process.sealed.clear()
            self._let_go(process)

    def address(self, number: int) -> str:
        return f"+90532{self.runs:05}{number:02}"

    # -- steps -----------------------------------------------------------------------------------------------------

    def turn(self, steps: int) -> None:
        for _ in range(steps):
            if self.rotation is None:
                self.rotation = Rotation(self.store)
                self.steps = self.rotation.steps(SECRET)
            if next(self.steps, self) is self:
                self.kill()
                break

    def kill(self) -> None:
        """Or it has ended."""
        if self.rotation is not None:
            self.rotation.close()
        self.rotation, self.steps = None, iter(())

    def restart(self, process: int) -> None:
        self.processes[process].close()
        self.processes[process] = Process(self.url)

    def find(self, process: int, people: list[int]) -> None:
        """Every way of looking has the same answer."""
        registry = self.processes[process].registry
        keyring, read = registry.keyring, registry.store.read_now
        wanted = [self.address(one) for one in people]
        ready = [register.person(keyring, address) for address in wanted]
        expected = [self.known.get(address) for address in wanted]
        whole = [None if address in self.erased else self.known.get(address) for address in wanted]
        key = self.brand, MESAJ, BIREYSEL
        assert [read(register.find, keyring, who) for who in ready] == expected
        found = read(register.find_all, keyring, ready)
        assert [found.get(who.sealed) for who in ready] == expected
        assert [(read(state.of_person, keyring, who.sealed, *key) or (None,))[0] for who in ready] == whole
        stands = [read(by_address.stands, keyring, *key, who.sealed) for who in ready]
        assert [one and one.key.recipient for one in stands] == [
            number if self._shown(address) else None for number, address in zip(expected, wanted, strict=True)
        ]
        approved = read(by_address.approved, keyring, *key, [who.sealed for who in ready])
        assert approved == {
            who.sealed for who, number in zip(ready, whole, strict=True) if self._status(number) == ONAY
        }
        for number, address in zip(whole, wanted, strict=True):
            if number is not None:
                assert read(register.address, keyring, number) == address

    def _status(self, number: int | None) -> int | None:
        if number is None:
            return None
        found = self.store.read_now(state.of_key, Key(number, self.brand, MESAJ, BIREYSEL))
        return None if found is None else found.status

    def _shown(self, address: str) -> bool:
        status = self._status(self.known.get(address))
        return status is not None and (status != ONAY or address not in self.erased)

    def enrol(self, process: int, people: list[int]) -> None:
        self._enrolled(process, people, [self._ready(process, one) for one in people])

    def _ready(self, process: int, person: int) -> Person:
        return register.person(self.processes[process].registry.keyring, self.address(person))

    def _enrolled(self, process: int, people: list[int], ready: list[Person]) -> None:
        registry = self.processes[process].registry
        numbers = registry.store.write_now(register.enrol_all, registry.keyring, ready)
        for one, number in zip(people, numbers, strict=True):
            assert self.known.setdefault(self.address(one), number) == number

    def act(self, process: int, person: int) -> None:
        """He refuses, with evidence that was sealed when the process began."""
        at, address, who = self.processes[process], self.address(person), self._ready(process, person)
        registry = at.registry

        def work(transaction: Transaction) -> int:
            recipient = register.acting(transaction, registry.keyring, who)
            deed = Deed(Actor.CITIZEN, Door.SMS, evidence=at.evidence)
            wish = Wish(self.brand, MESAJ, BIREYSEL, RET, Source.HS_MESAJ.code)
            ledger.decide(transaction, registry.policy, recipient, [wish], deed)
            return recipient

        number = registry.store.write_now(work)
        assert self.known.setdefault(address, number) == number
        self.erased.discard(address)

    def seal(self, process: int, people: list[int]) -> None:
        self.processes[process].sealed = [(one, self._ready(process, one)) for one in people]

    def enrol_sealed(self, process: int) -> None:
        """Those that were made ready some time ago."""
        if sealed := self.processes[process].sealed:
            self._enrolled(process, [one for one, _ in sealed], [who for _, who in sealed])

    def stage(self, process: int, people: list[int]) -> None:
        """PostgreSQL: lays them ready before the lock is taken."""
        at = self.processes[process]
        self._let_go(at)
        if self.store.dialect == "sqlite":
            return
        what = MESAJ, BIREYSEL, ONAY, Source.HS_WEB.code, 1_700_000_000_000_000, None
        said = [(who.sealed, 0, who.commitment, *what) for who in (self._ready(process, one) for one in people)]
        laid = at.gate.prepare(lambda transaction: Staged(transaction, at.registry.keyring, self.brand, said))
        at.staged = people, laid

    def declare(self, process: int) -> None:
        at = self.processes[process]
        if at.staged is None:
            return
        people, staged = at.staged
        at.staged = None
        with at.gate.laid(ledger.asked_of_staged(staged)) as transaction:
            ledger.declare_staged(transaction, at.registry.policy, staged, Deed(Actor.PROVIDER, Door.FILE))
        for one, claim in zip(people, staged.claims(), strict=True):
            assert self.known.setdefault(self.address(one), claim.recipient) == claim.recipient

    def _let_go(self, process: Process) -> None:
        if process.staged is not None:
            process.gate.abandon()
            process.staged = None

    def erase(self, process: int, person: int) -> None:
        registry, address = self.processes[process].registry, self.address(person)
        number = registry.store.write_now(register.erase, registry.keyring, self._ready(process, person))
        assert number == self.known.get(address)
        if number is not None:
            self.erased.add(address)

    # -- what is true ----------------------------------------------------------------------------------------------

    def check(self) -> None:
        """By one who opens the registry now, with the keys that it has now."""
        with Registry.open(self.url, SECRET) as fresh, fresh.store.snapshot() as snapshot:
            fresh.keyring.ask = None
            rows = [(row[0], fresh.keyring.unseal(bytes(row[1]))) for row in snapshot.all(_ALL)]
            addresses = [address for _, address in rows if address is not None]
            assert len(addresses) == len(set(addresses))
            assert {a: n for n, a in rows if a and a[6:11] == self.address(0)[6:11]} == {
                address: number for address, number in self.known.items() if address not in self.erased
            }
            for (evidence,) in snapshot.all(_EVIDENCE):
                fresh.keyring.unseal_evidence(bytes(evidence))
            assert audit.verify(snapshot, Reconsent.CONFIRM) is None


@pytest.fixture
def beside(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Beside]:
    monkeypatch.setattr(column_passes, "BATCH", 3)
    here = Beside(database_url)
    yield here
    here.close()


ALL = list(range(PEOPLE))


def test_each_address_has_one_recipient_whom_every_look_finds(beside: Beside) -> None:
    @settings(max_examples=8)
    @given(st.lists(_step, min_size=4, max_size=18))
    # Nobody but the first has heard of it when it begins, nor of its end.
    @example([("enrol", 0, ALL), ("seal", 1, ALL), ("turn", 60), ("enrol_sealed", 1), ("find", 2, ALL)])
    @example([("stage", 1, ALL), ("turn", 2), ("enrol", 0, ALL), ("declare", 1), ("find", 2, ALL)])
    @example([("enrol", 0, [0, 1]), ("stage", 1, ALL), ("turn", 60), ("enrol", 0, ALL), ("declare", 1), ("act", 2, 3)])
    @example([("turn", 1), ("act", 1, 0), ("kill",), ("turn", 60), ("find", 0, ALL), ("erase", 2, 0), ("act", 0, 0)])
    def goes_on(steps: list[tuple[Any, ...]]) -> None:
        beside.begin()
        for name, *arguments in steps:
            getattr(beside, name)(*arguments)
            if name in ("turn", "kill"):
                beside.check()
        for process in range(PROCESSES):
            beside.find(process, ALL)
        beside.check()

    goes_on()


class AsRead(NamedTuple):
    """A rotation's way through one column, with somebody who comes each time between its reading and its writing."""

    table: str
    between: Callable[[list[Any]], None]

    def __call__(self, read: Callable[..., Any], one: Any, snapshot: Snapshot) -> Any:
        rows, looked = read(one, snapshot)
        if one.name == self.table:
            self.between(rows)
        return rows, looked


def meet(monkeypatch: pytest.MonkeyPatch, table: str, between: Callable[[list[Any]], None]) -> None:
    read, comes = ColumnPass.some, AsRead(table, between)
    monkeypatch.setattr(ColumnPass, "some", lambda one, snapshot: comes(read, one, snapshot))


@pytest.mark.parametrize("table", ["recipient", "act"])
def test_what_is_erased_between_being_read_and_being_written_stays_erased(
    beside: Beside, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    beside.begin()
    beside.enrol(0, ALL)
    for person in ALL:
        beside.act(0, person)
    whose = Statement(text("SELECT recipient FROM act WHERE id = :id"))

    def erase(rows: list[Any]) -> None:
        for number, *_ in rows:
            row = beside.store.read_now(Snapshot.one, whose, {"id": number}) if table == "act" else (number,)
            assert row is not None
            for person in ALL:
                if beside.known[beside.address(person)] == row[0]:
                    beside.erase(1, person)

    meet(monkeypatch, table, erase)
    rekey(beside.url, SECRET)
    assert len(beside.erased) == PEOPLE
    beside.check()
    beside.find(2, ALL)


def test_a_row_that_goes_where_the_rotation_was_already_is_found_at_its_end(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session has a new key with each sign-in, and keeps its addresses."""
    registry = beside.processes[0].registry
    sessions = [bytes([65 + place]) * 32 for place in range(7)]

    def open_(transaction: Transaction) -> None:
        transaction.insert("session", "key,started_at,touched_at,current", [(one, 1, 1, 0) for one in sessions])
        rows = [(one, 0, registry.keyring.seal(AYSE), 1, None) for one in sessions]
        transaction.insert("session_address", "session,place,address,proved_at,last_sign_in", rows)

    registry.store.write_now(open_)
    gone: list[bytes] = []

    def go(rows: list[Any]) -> None:
        if rows and not gone:
            gone.append(sessions[-1])
            for statement in (
                "INSERT INTO session (key,started_at,touched_at,current) VALUES (:to, 1, 1, 0)",
                "UPDATE session_address SET session = :to WHERE session = :of",
                "DELETE FROM session WHERE key = :of",
            ):
                names = {"to": b"!" * 32, "of": gone[0]}
                used = {name: value for name, value in names.items() if f":{name}" in statement}
                beside.store.write_now(Transaction.run_as_given, Statement(text(statement)), used)

    meet(monkeypatch, "session_address", go)
    rekey(beside.url, SECRET)
    assert gone
    with Registry.open(beside.url, SECRET) as fresh:
        fresh.keyring.ask = None
        every = Statement(text("SELECT address FROM session_address"))
        found = [fresh.keyring.unseal(bytes(row[0])) for row in fresh.store.read_now(Snapshot.all, every)]
        assert found == [AYSE] * len(sessions)
    assert registry.store.write_now(session_store.end_of, registry.keyring, AYSE) == len(sessions)


def test_all_that_is_found_by_an_address_is_found_under_either_key(beside: Beside) -> None:
    """Sessions of an address, the panel's people: by one who has not heard, at each step."""
    first, last = beside.processes[0].registry, beside.processes[1].registry
    email, step = "ayse@example.com", 0
    person = first.store.write_now(account_store.enrol, first.keyring, email)
    while step == 0 or beside.rotation is not None:
        key = bytes([step]) * 32

        def open_(transaction: Transaction, key: bytes = key) -> None:
            transaction.insert("session", "key,started_at,touched_at,current", [(key, 1, 1, 0)])
            row = (key, 0, first.keyring.seal(AYSE), 1, None)
            transaction.insert("session_address", "session,place,address,proved_at,last_sign_in", [row])

        first.store.write_now(open_)
        beside.turn(1)
        assert last.store.read_now(account_store.find, last.keyring, email) == person
        assert last.store.write_now(account_store.enrol, last.keyring, email) == person
        assert last.store.write_now(session_store.end_of, last.keyring, AYSE) == 1
        step += 1
    assert step > len(column_passes.sealed_columns())


def test_who_leaves_everywhere_leaves_what_began_under_either_key(beside: Beside) -> None:
    first, last = beside.processes[0].registry, beside.processes[1].registry
    before, after, step = b"1" * 32, b"2" * 32, 0
    while step == 0 or beside.rotation is not None:
        first.store.write_now(session_store.open_, first.keyring, before, AYSE, None)
        beside.turn(1)
        first.store.write_now(session_store.open_, first.keyring, after, AYSE, None)
        assert [bytes(row[0]) for row in beside.store.read_now(Snapshot.all, _SESSIONS)] == [before, after]
        last.store.write_now(entry.leave_everywhere, last.keyring, None, [AYSE])
        assert beside.store.read_now(Snapshot.all, _SESSIONS) == []
        step += 1
    assert step > len(column_passes.sealed_columns())


def test_a_row_that_moves_between_two_looks_is_found(sqlite_url: str) -> None:
    """A loop on SQLite reads without a snapshot: each of its questions sees what has come meanwhile."""
    beside = Beside(sqlite_url)
    beside.begin()
    beside.enrol(0, ALL)
    beside.turn(2)  # the new key is there
    beside.find(1, [0])  # and this one has heard of it
    registry, who = beside.processes[1].registry, beside._ready(1, 0)

    def query(snapshot: Snapshot) -> int | None:
        def ask(form: bytes) -> int | None:
            found = register._of(snapshot, form)
            if beside.rotation is not None:
                beside.turn(200)  # to its end
            return found

        return sealed_forms.find_by_any_key(snapshot, registry.keyring, who.sealed, ask)[0]

    assert asyncio.run(registry.store.read(query)) == beside.known[beside.address(0)]
    assert beside.rotation is None
    beside.close()


def assert_shut_out(beside: Beside, words: str) -> None:
    """The first process writes nothing and says nothing of anybody, and tells why."""
    old = beside.processes[0].registry
    who = beside._ready(0, 0)
    for attempt in (
        partial(beside.act, 0, 0),
        partial(beside.enrol, 0, ALL),
        partial(old.store.write_now, register.enrol, old.keyring, who),
        partial(old.store.read_now, register.find, old.keyring, who),
        partial(old.store.read_now, register.find_all, old.keyring, [beside._ready(0, 1)]),
        partial(old.store.read_now, register.address, old.keyring, beside.known[beside.address(0)]),
    ):
        with pytest.raises(StoreUnavailable, match=words):
            attempt()
    assert unfit(old.store, Reconsent.CONFIRM) == [words]


def test_who_has_not_the_new_secret_writes_and_says_nothing_until_he_is_started_again(beside: Beside) -> None:
    beside.begin()
    beside.enrol(0, ALL)
    rekey(beside.url, NEW, SECRET)
    words = "SECRET_KEY was changed while this program ran: start it again"
    assert_shut_out(beside, words)
    with pytest.raises(WrongKey):
        Registry.open(beside.url, SECRET)
    with Registry.open(beside.url, NEW, previous=SECRET) as again:
        assert again.store.read_now(register.find, again.keyring, register.person(again.keyring, AYSE)) is not None
        rekey(beside.url, "a-third-secret-for-tests-that-is-long-enough", NEW)
        with pytest.raises(StoreUnavailable, match=words):
            again.store.write_now(register.enrol, again.keyring, beside._ready(0, 0))


def test_who_was_started_with_both_secrets_goes_on(beside: Beside) -> None:
    with Registry.open(beside.url, NEW, previous=SECRET) as ready:
        rekey(beside.url, NEW, SECRET)
        assert ready.store.read_now(register.find, ready.keyring, register.person(ready.keyring, AYSE)) is not None
        ready.store.write_now(register.enrol, ready.keyring, beside._ready(0, 0))
        assert unfit(ready.store, Reconsent.CONFIRM) == []
        assert ready.keyring.mailed


_KEYS = Statement(text("SELECT purpose, version, wrapped FROM registry_key"))
_NEWEST_GONE = Statement(text("DELETE FROM registry_key WHERE version > 1"))


def nothing(transaction: Transaction) -> None:
    """Takes the lock, and so hears which keys there are."""


def test_a_key_that_was_made_anew_under_its_number_is_another_key(beside: Beside) -> None:
    """A standby that lacks the new key takes over, and the rotation is begun again there: both keys are called 2."""
    beside.begin()
    beside.enrol(0, ALL)
    old = beside.processes[0].registry
    beside.turn(1)
    old.store.write_now(nothing)
    assert old.keyring.version == 2
    beside.kill()
    beside.store.write_now(Transaction.run, _NEWEST_GONE)
    with pytest.raises(StoreUnavailable, match="the registry's keys are older than this program's"):
        beside.act(0, 0)
    beside.turn(1)
    words = "the registry's keys are others than this program's: start it again"
    with pytest.raises(StoreUnavailable, match=words):
        beside.act(0, 0)
    beside.act(1, 0)
    beside.turn(200)
    assert_shut_out(beside, words)
    beside.restart(0)
    for process in range(PROCESSES):
        beside.find(process, ALL)
    beside.check()


def test_an_older_key_that_is_there_again_is_looked_under_again(beside: Beside) -> None:
    """A standby that has not received the rotation's end takes over."""
    registry = beside.processes[0].registry
    old, kept = registry.keyring.seal(AYSE), registry.store.read_now(Snapshot.all, _KEYS)
    rekey(beside.url, SECRET)
    registry.store.write_now(nothing)
    registry.store.read_now(sealed_forms.read_versions, registry.keyring)
    assert registry.keyring.oldest == 2

    def take_over(transaction: Transaction) -> None:
        rows = [row for row in kept if row[0] in ROTATED]
        transaction.insert("registry_key", "purpose,version,wrapped", rows)
        transaction.insert("session", "key,started_at,touched_at,current", [(b"s" * 32, 1, 1, 0)])
        row = (b"s" * 32, 0, old, 1, None)
        transaction.insert("session_address", "session,place,address,proved_at,last_sign_in", [row])

    beside.store.write_now(take_over)
    assert registry.store.write_now(session_store.end_of, registry.keyring, AYSE) == 1


def test_the_keys_are_asked_for_past_the_pooler(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who opens what a newer key has sealed has one of its connections already, and may wait in vain for another."""
    with Registry.open(postgresql_url, SECRET, through=postgresql_url) as registry:
        rekey(postgresql_url, SECRET)
        with Registry.open(postgresql_url, SECRET) as newer:
            sealed = newer.keyring.seal(AYSE)

        def read(snapshot: Snapshot) -> str | None:
            monkeypatch.setattr(registry.store._reading_engine, "raw_connection", lambda: pytest.fail("a second one"))
            return registry.keyring.unseal(sealed)

        assert registry.store.read_now(read) == AYSE
        monkeypatch.undo()


@prefetches(lambda registry, sealed, brand: Prefetch(sealed, [state.prefetch_persons_pair(sealed, brand)]))
def refuse(transaction: Transaction, registry: Registry, sealed: bytes, brand: int) -> int:
    """How many consents the person and the brand had between them before."""
    found = state.of_persons_pair(transaction, registry.keyring, sealed, brand)
    assert found is not None
    wish = Wish(brand, MESAJ, BIREYSEL, RET, Source.HS_MESAJ.code)
    ledger.decide(transaction, registry.policy, found[0], [wish], Deed(Actor.CITIZEN, Door.SMS))
    return len(found[1])


def test_of_two_works_about_one_person_under_two_keys_the_second_sees_the_first(postgresql_url: str) -> None:
    """What works ask first is asked before either of them, and by its form nobody sees that it is the same person."""
    beside = Beside(postgresql_url)
    try:
        registry = beside.processes[0].registry
        old = register.person(registry.keyring, AYSE).sealed
        beside.begin()
        beside.turn(1)  # there is a newer key, and nothing is under it
        registry.store.read_now(sealed_forms.read_versions, registry.keyring)
        new = register.person(registry.keyring, AYSE).sealed
        assert new != old
        with held(registry.store):
            waiting = [submit(registry.store, refuse, registry, form, beside.brand) for form in (new, old)]
        assert [one.result(60) for one in waiting] == [0, 1]
    finally:
        beside.close()


def test_after_a_rotation_what_works_ask_first_is_asked_with_the_lock_as_before(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process that has the older key still, until it is started again."""
    asked, beside = Asked(postgresql_url, monkeypatch), Beside(postgresql_url)
    try:
        registry = beside.processes[0].registry

        def trips() -> int:
            sealed = register.person(registry.keyring, AYSE).sealed
            asked.forget()
            registry.store.write_now(refuse, registry, sealed, beside.brand)
            return asked.trips

        trips()
        before = trips()
        rekey(beside.url, SECRET)
        trips()
        assert registry.keyring.several
        assert trips() == before
    finally:
        beside.close()
