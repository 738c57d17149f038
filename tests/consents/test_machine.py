"""The ledger against its oracle: whatever people do, in whatever order, both hold the same after each step.

The normal run is short and always the same. ``LEDGER_RUNS=2000 pytest tests/consents/test_machine.py`` tries so many
histories of 100 steps each, other ones each time, and one hundred times as many permutations.
"""

from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import bindparam, text

from consents import history, ledger, register, state
from consents.history import Deed
from consents.ledger import Claim, ClockBehind, Undone, Wish
from consents.registry import Registry, prepare
from consents.rules import DOOR_SOURCES, ONAY, RET, Reconsent, Standing
from consents.state import Key
from consents.store import Snapshot, Statement
from consents.terms import Actor, Door, Source, Status
from tests.conftest import SECRET, Clock, Opener
from tests.consents.conftest import World, furnish
from tests.consents.deeds import ARAMA, DAY, HOUR, HS_MOBIL, HS_WEB, IYS_MOBIL, IYS_WEB, MESAJ, SECOND, TACIR
from tests.consents.oracle import Act, Oracle
from tests.consents.oracle import Word as Said

RUNS = int(os.environ.get("LEDGER_RUNS", "0"))
CITIZENS_DOORS = tuple(DOOR_SOURCES)

_LAST = Statement(text("SELECT (SELECT max(id) FROM act), (SELECT max(id) FROM consent_event)"))
_ACTS_SINCE = Statement(text("SELECT id, first_event, last_event FROM act WHERE id > :act ORDER BY id"))
_EVENTS_SINCE = Statement(
    text(f"SELECT {history.EVENT_COLUMNS} FROM consent_event WHERE id > :event ORDER BY id").bindparams(
        bindparam("event")
    )
)

statuses = st.sampled_from((RET, ONAY))
channels, identities = st.sampled_from((ARAMA, MESAJ)), st.sampled_from((0, TACIR))
person, brand = st.integers(0, 1), st.integers(0, 1)
dates = st.integers(0, 9)
claims = st.lists(st.tuples(person, channels, identities, statuses, st.booleans(), dates), min_size=1, max_size=4)
wishes = st.lists(st.tuples(brand, channels, identities, statuses), min_size=1, max_size=4)


def named(status: int) -> str:
    return str(Status.of(status))


class LedgerMachine(RuleBasedStateMachine):
    """Two people and two brands; every rule does one thing in the registry and in the oracle and compares the answers."""

    def __init__(self, registry: Registry, clock: Clock, world: World) -> None:
        super().__init__()
        self.registry, self.store, self.clock = registry, registry.store, clock
        self.brands = (world.cinar, world.isik)
        clock.now += 3 * DAY - clock.now % SECOND
        self.high, self.base = clock.now, clock.now - DAY
        number = self.store.read_now(_last)[0]
        self.people = [register.person(registry.keyring, f"+9053{digit}{number:07}") for digit in (2, 3)]
        self.ids = self.store.write_now(register.enrol_all, registry.keyring, self.people)
        self.oracle = Oracle(accept=registry.policy.reconsent is Reconsent.ACCEPT, strict=registry.policy.strict)
        self.before = self.act, self.event = self.store.read_now(_last)  # the last numbers given
        self.batches: list[tuple[bool, list[Claim]]] = []
        self.keys = [Key(*key) for key in itertools.product(self.ids, self.brands, (ARAMA, MESAJ), (0, TACIR))]

    # -- time ------------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from((1, 300, 301, 7200, 86_400, 90_000)))
    def time_passes(self, seconds: int) -> None:
        self.high = max(self.high, self.clock.forward(seconds=seconds))

    @rule()
    def the_clock_is_set_back_a_little(self) -> None:
        if self.clock.now - 700_000 > self.high - 2 * SECOND:
            self.clock.forward(seconds=-0.7)

    # -- words -----------------------------------------------------------------------------------------------------

    @rule(who=person, wished=wishes, door=st.sampled_from(CITIZENS_DOORS))
    def a_citizen_decides(self, who: int, wished: list[tuple[int, int, int, int]], door: Door) -> None:
        source = DOOR_SOURCES[door]
        asked = [Wish(self.brands[place], *rest, source.code) for place, *rest in wished]
        expected = self._expect(self.ids[who], asked)
        deed = Deed(Actor.CITIZEN, door)
        try:
            decision = self.store.write_now(ledger.decide, self.registry.policy, self.ids[who], asked, deed)
        except ClockBehind:
            assert expected is None
            return
        assert expected is not None
        assert (decision.act, set(decision.changed)) == (self.act + 1 if expected else None, {w.key for w in expected})
        self._record(door, expected)
        for key, found in {**decision.unchanged, **decision.changed}.items():
            assert found.status == next(wish.status for wish in reversed(asked) if wish[:3] == key[1:])

    def _expect(self, who: int, asked: list[Wish]) -> list[Said] | None:
        """The words that will be recorded; None: the clock stands too far back."""
        count = len(self.oracle.words)
        for wish in asked:
            key, status = Key(who, *wish[:3]), named(wish.status)
            at = self.oracle.wish(key, status, self.clock.now)
            if isinstance(at, int):
                event = self.event + 1 + len(self.oracle.words) - count
                self.oracle.words.append(
                    Said("citizen", key, status, str(Source.of(wish.source)), at, event, self.act + 1)
                )
            elif at == "behind":
                del self.oracle.words[count:]
                return None
        words = self.oracle.words[count:]
        del self.oracle.words[count:]
        return words

    def _record(self, door: Door, words: list[Said]) -> None:
        if words:
            self.act, self.event = self.act + 1, self.event + len(words)
            self.oracle.words += words
            self.oracle.acts[self.act] = Act(str(door), self.clock.now)

    @rule(place=brand, said=claims, twice=st.booleans())
    def a_provider_declares(self, place: int, said: list[tuple[int, int, int, int, bool, int]], twice: bool) -> None:
        made = [self._claim(place, *one, sources=(HS_WEB, HS_MOBIL)) for one in said]
        self._bring(False, made + made[::-1] if twice else made)

    @rule(place=brand, said=claims)
    def the_national_registry_relays(self, place: int, said: list[tuple[int, int, int, int, bool, int]]) -> None:
        made = [self._claim(place, *one, sources=(IYS_WEB, IYS_MOBIL)) for one in said]
        self._bring(True, [claim for claim in made if claim.at and claim.source])

    @precondition(lambda self: self.batches)
    @rule(number=st.integers(0, 20))
    def a_batch_is_brought_again(self, number: int) -> None:
        self._bring(*self.batches[number % len(self.batches)])

    def _claim(
        self,
        place: int,
        who: int,
        channel: int,
        identity: int,
        status: int,
        first: bool,
        date: int,
        *,
        sources: tuple[int, int],
    ) -> Claim:
        """``date`` chooses none, one of four hours of yesterday, two seconds ago, or the date of a word said before."""
        known = sorted({word.at for word in self.oracle.words if word.at <= self.high - 2 * SECOND})
        at = self.base + date % 4 * HOUR
        if date == 0 and identity == TACIR:
            at = 0
        elif date in (5, 6):
            at = self.high - 2 * SECOND
        elif date > 6 and known:
            at = known[-date % len(known)]
        nameless = identity == TACIR and date % 3 == 0
        source = None if nameless else sources[first]
        return Claim(
            self.ids[who],
            self.brands[place],
            channel,
            identity,
            status,
            source,
            at if at or identity == TACIR else self.base,
        )

    def _bring(self, own: bool, made: list[Claim]) -> None:
        if not made:
            return
        self.batches.append((own, made))
        side = "citizen" if own else "provider"
        expected, count = [], len(self.oracle.words)
        for claim in made:
            key, status = Key(*claim[:4]), named(claim.status)
            source = None if claim.source is None else str(Source.of(claim.source))
            answer = self.oracle.claim(side, key, claim.identity == TACIR, status, source, claim.at)
            if answer == "recorded":
                event = self.event + 1 + len(self.oracle.words) - count
                self.oracle.words.append(Said(side, key, status, source, claim.at, event, self.act + 1))
                if not own and self.oracle.stands(key) == "BEKLIYOR":
                    answer = "pending"
            expected.append(answer)
        words = self.oracle.words[count:]
        del self.oracle.words[count:]
        take, deed = (
            (ledger.relay, Deed(Actor.REGISTRY, Door.SYNC))
            if own
            else (ledger.declare, Deed(Actor.PROVIDER, Door.FILE))
        )
        assert self.store.write_now(take, self.registry.policy, made[0].brand, made, deed) == expected
        self._record(deed.door, words)

    # -- undo, erasure -----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.oracle.acts)
    @rule(number=st.integers(0, 20), door=st.none() | st.sampled_from(Door))
    def somebody_undoes_an_act(self, number: int, door: Door | None) -> None:
        act = list(self.oracle.acts)[-1 - number % len(self.oracle.acts)]
        if door is None:
            done = self.oracle.acts[act].door
            door = Door.SMS if done == "voice" else Door(done)  # type: ignore[call-arg]
        deed = Deed(Actor.PROVIDER if door in (Door.FILE, Door.API) else Actor.CITIZEN, door)
        undone = self.store.write_now(ledger.undo, self.registry.policy, act, deed)
        if act in self.oracle.undone:
            assert undone is None or undone.act == self.oracle.undone[act]
        elif not self.oracle.may_undo(act, str(door), self.clock.now):
            assert undone is None
        else:
            assert undone is not None
            self._undone(act, undone)

    def _undone(self, act: int, undone: Undone) -> None:
        assert undone.act == self.act + 1
        keys = {word.key for word in self.oracle.words if word.act == act}
        before = {key: self._held(key) for key in keys}
        self.oracle.undone[act] = undone.act
        again = {key: self.oracle.stands(key) for key in keys if self._held(key) != before[key]}
        told = {key: "ONAY" if stands == "ONAY" else "RET" for key, stands in again.items() if stands is not None}
        events = self.store.read_now(Snapshot.all, _EVENTS_SINCE, {"event": self.event})
        assert {Key(*row[1:5]): named(row[5]) for row in events} == told
        assert len(events) == len(told)
        self.act, self.event = self.act + 1, self.event + len(told)
        assert {key: found and named(found.status) for key, found in undone.restored.items()} == {
            key: self.oracle.stands(key) for key in keys
        }

    @rule(who=person)
    def a_person_is_erased(self, who: int) -> None:
        assert self.store.write_now(register.erase, self.registry.keyring, self.people[who]) == self.ids[who]
        assert self.store.read_now(register.address, self.registry.keyring, self.ids[who]) is None

    @rule(who=person, proved=st.booleans())
    def an_address_comes_again(self, who: int, proved: bool) -> None:
        again = self.store.write_now(register.enrol_all, self.registry.keyring, [self.people[who]])
        assert again == [self.ids[who]]
        if proved:
            self.store.write_now(register.welcome_back, self.people[who], self.ids[who])
            assert self.store.read_now(register.address, self.registry.keyring, self.ids[who]) is not None

    # -- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def table_oracle_and_fold_of_history_agree(self) -> None:
        with self.store.snapshot() as snapshot:
            table = {key: found for who in self.ids for key, found in state.of_recipient(snapshot, who).items()}
            folded = history.fold(snapshot, self.keys, self.registry.policy.reconsent)
        assert table == {key: found for key, found in folded.items() if found is not None}
        assert {key: _seen(found) for key, found in table.items()} == {
            key: held for key in self.keys if (held := self._held(key))[0] is not None
        }

    def _held(self, key: object) -> tuple[object, ...]:
        """What stands by the oracle and the two last words under it."""
        words = (self.oracle.last(side, key) for side in ("citizen", "provider"))
        return self.oracle.stands(key), *(word and (word.status, word.source, word.at, word.event) for word in words)

    @invariant()
    def nobody_has_an_onay_that_no_one_gave(self) -> None:
        given = {w.key for w in self.oracle.words if w.status == "ONAY" and w.act not in self.oracle.undone}
        for who in self.ids:
            found = self.store.read_now(state.of_recipient, who)
            assert {key for key, stands in found.items() if stands.status == ONAY} <= given

    @invariant()
    def acts_and_events_are_numbered_without_gaps(self) -> None:
        rows = self.store.read_now(Snapshot.all, _ACTS_SINCE, {"act": self.before[0]})
        assert [row[0] for row in rows] == list(range(self.before[0] + 1, self.act + 1))
        ends = [self.before[1], *(row[2] for row in rows)]
        assert [row[1] for row in rows] == [end + 1 for end in ends[:-1]]
        assert self.store.read_now(_last) == (self.act, self.event) == (self.act, ends[-1])


def _last(snapshot: Snapshot) -> tuple[int, int]:
    row = snapshot.one(_LAST)
    assert row is not None
    return row[0] or 0, row[1] or 0


def _seen(found: Standing) -> tuple[object, ...]:
    words = (found.citizen, found.provider)
    return named(found.status), *(
        word and (named(word.status), None if word.source is None else str(Source.of(word.source)), word.at, word.event)
        for word in words
    )


def _run(registry: Registry, clock: Clock, runs: int, steps: int) -> None:
    world = furnish(registry)
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: LedgerMachine(registry, clock, world),
        settings=settings(
            max_examples=RUNS or runs,
            stateful_step_count=100 if RUNS else steps,
            derandomize=not RUNS,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_ledger_does_what_its_oracle_says(sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    _run(open_registry(sqlite_url), clock, runs=120, steps=40)


def test_so_it_does_on_postgresql(postgresql_url: str, open_registry: Opener, clock: Clock) -> None:
    _run(open_registry(postgresql_url), clock, runs=20, steps=40)


@pytest.mark.parametrize("mode", Reconsent)
def test_so_it_does_under_the_other_policies(
    sqlite_url: str, open_registry: Opener, clock: Clock, mode: Reconsent
) -> None:
    prepare(sqlite_url, SECRET, mode)
    _run(open_registry(sqlite_url, reconsent=mode, strict=True), clock, runs=40, steps=40)
