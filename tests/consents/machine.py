"""A machine that does at random what people do to a registry, and compares it with the oracle after each step."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import text

from consents import history, ledger, state
from consents.history import Deed
from consents.ledger import Claim, ClockBehind, Wish
from consents.people import register
from consents.registry import Registry
from consents.rules import DOOR_SOURCES, ONAY, RET, Reconsent
from consents.rules import Word as Held
from consents.state import Key
from consents.store import Snapshot, Statement
from consents.terms import Actor, Door, Source, Status
from tests.conftest import Clock
from tests.consents.conftest import World
from tests.consents.deeds import ARAMA, BIREYSEL, DAY, HOUR, HS_MOBIL, HS_WEB, IYS_MOBIL, IYS_WEB, MESAJ, SECOND, TACIR
from tests.consents.oracle import Oracle, Said, Word

_LAST = Statement(text("SELECT (SELECT max(id) FROM act), (SELECT max(id) FROM consent_event)"))
_LAST_BLANKET = Statement(text("SELECT max(id) FROM blanket_word"))
_ACTS_SINCE = Statement(text("SELECT id, first_event, last_event FROM act WHERE id > :act ORDER BY id"))
_EVENTS_SINCE = Statement(text(f"SELECT {history.EVENT_COLUMNS} FROM consent_event WHERE id > :event ORDER BY id"))

_two = st.integers(0, 1)
# Mostly the same few keys, so that words meet.
_channels, _identities = st.sampled_from((MESAJ, MESAJ, MESAJ, ARAMA)), st.sampled_from((BIREYSEL, BIREYSEL, TACIR))
_statuses = st.sampled_from((RET, ONAY))
_wishes = st.lists(st.tuples(_two, _channels, _identities, _statuses), min_size=1, max_size=4)
_helpers = st.sampled_from((None, None, "daughter", "neighbour"))
_ways = st.lists(st.tuples(_channels, _identities), min_size=1, max_size=3)
_claims = st.lists(
    st.tuples(_two, _channels, _identities, _statuses, st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=4
)
_Spoken = Sequence[tuple[int, int, int, int, int, int]]
_Batch = tuple[Actor, list[Claim], int]


class LedgerMachine(RuleBasedStateMachine):
    """Two people and two brands. Runs follow one another in one registry, days apart, each with people of its own."""

    def __init__(self, registry: Registry, clock: Clock, world: World) -> None:
        super().__init__()
        self.registry, self.store, self.clock = registry, registry.store, clock
        clock.now = max(clock.now, self.store.read_now(history.recorded_until) or 0)  # an earlier run set it back
        clock.now += 3 * DAY - clock.now % SECOND
        self.yesterday = clock.now - DAY
        self.before = act, event = self.store.read_now(_last)
        self.people = [register.person(registry.keyring, f"+9053{digit}{act:07}") for digit in (2, 3)]
        self.ids = self.store.write_now(register.enrol_all, registry.keyring, self.people)
        self.brands = (world.cinar, world.isik)
        self.keys = [Key(*key) for key in itertools.product(self.ids, self.brands, (ARAMA, MESAJ), (BIREYSEL, TACIR))]
        mode, strict = registry.policy
        self.oracle = Oracle(accept=mode is Reconsent.ACCEPT, strict=strict, act=act, event=event)
        self.oracle.blanket = (self.store.read_now(Snapshot.one, _LAST_BLANKET) or (0,))[0] or 0
        self.batches: list[_Batch] = []
        self.stood: tuple[int | None, list[Any]] = (None, [])

    # -- time ------------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from((1, 300, 301, 7200, 86_400, 90_000)))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds=seconds)

    @rule(seconds=st.sampled_from((0.7, 0.7, 90, 5400, 200_000)))
    def the_clock_is_set_back(self, seconds: float) -> None:
        self.clock.forward(seconds=-seconds)

    # -- words -----------------------------------------------------------------------------------------------------

    @rule(who=_two, wished=_wishes, door=st.sampled_from(list(DOOR_SOURCES)), helper=_helpers, reads=st.booleans())
    def a_citizen_decides(
        self, who: int, wished: Sequence[tuple[int, int, int, int]], door: Door, helper: str | None, reads: bool
    ) -> None:
        source = DOOR_SOURCES[door]
        helper = helper if door is Door.PAGE else None
        wishes = [
            Wish(self.brands[brand], channel, identity, status, source.code)
            for brand, channel, identity, status in wished
        ]
        said = [Said(Key(self.ids[who], *wish[:3]), named(wish.status), source.value) for wish in wishes]
        words = self.oracle.decide(said, door.value, self.clock.now, helper, reads=reads)
        evidence = self.registry.keyring.seal_evidence({"helper_mark": helper} if helper else {})
        deed = Deed(Actor.CITIZEN, door, evidence=evidence)
        decide = partial(ledger.decide, keyring=self.registry.keyring if reads else None)
        try:
            decision = self.store.write_now(decide, self.registry.policy, self.ids[who], wishes, deed)
        except ClockBehind:
            assert words is None
            return
        assert words is not None
        assert decision.act == (self.oracle.act if words else None)
        assert decision.changed.keys() == {word.key for word in words}
        assert decision.changed.keys() | decision.unchanged.keys() == {wish.key for wish in said}
        for key, status in {wish.key: wish.status for wish in said}.items():
            assert self.oracle.stands(key) == status

    @rule(who=_two, ways=_ways, refuses=st.sampled_from((True, True, False)))
    def a_citizen_refuses_ahead_or_ends_that(self, who: int, ways: Sequence[tuple[int, int]], refuses: bool) -> None:
        events = self.oracle.event
        told = self.oracle.refuse_ahead([(self.ids[who], *way) for way in ways], self.clock.now, refuses=refuses)
        change = partial(ledger.change_blanket, refuses=refuses)
        deed = Deed(Actor.CITIZEN, Door.PAGE)
        act = self.store.write_now(change, self.registry.policy, self.ids[who], ways, deed)
        assert act == (None if told is None else self.oracle.act)
        rows = self.store.read_now(Snapshot.all, _EVENTS_SINCE, {"event": events})
        assert sorted((Key(*row[1:5]), named(row[5])) for row in rows) == sorted((told or {}).items())

    @rule(brand=_two, spoken=_claims, twice=st.booleans(), late=st.booleans())
    def a_provider_declares(self, brand: int, spoken: _Spoken, twice: bool, late: bool) -> None:
        claims = self._claims(brand, spoken, (HS_WEB, HS_MOBIL, None))
        oldest = self.yesterday + 2 * HOUR if late else 0
        self._bring(Actor.PROVIDER, claims + claims[::-1] if twice else claims, oldest)

    @rule(brand=_two, spoken=_claims)
    def the_national_registry_relays(self, brand: int, spoken: _Spoken) -> None:
        claims = self._claims(brand, spoken, (IYS_WEB, IYS_MOBIL, IYS_WEB))
        self._bring(Actor.REGISTRY, [claim for claim in claims if claim.at], 0)

    @precondition(lambda self: self.batches)
    @rule(number=st.integers(0, 20))
    def a_batch_is_brought_again(self, number: int) -> None:
        self._bring(*self.batches[number % len(self.batches)])

    def _claims(self, brand: int, spoken: _Spoken, sources: tuple[int, int, int | None]) -> list[Claim]:
        claims = []
        for who, channel, identity, status, source, date in spoken:
            tacir = identity == TACIR
            named_source = sources[source] if tacir or sources[source] else HS_WEB
            at = self._date(date) if date or not tacir else 0
            claims.append(Claim(self.ids[who], self.brands[brand], channel, identity, status, named_source, at))
        return claims

    def _date(self, choice: int) -> int:
        """One of four hours of yesterday, the second that just passed, or the date of a word said before."""
        known = sorted({word.at for word in self.oracle.words if 0 < word.at <= self.clock.now})
        if choice > 6 and known:
            return known[-choice % len(known)]
        return self.clock.now - self.clock.now % SECOND if choice > 3 else self.yesterday + choice * HOUR

    def _bring(self, actor: Actor, claims: list[Claim], oldest: int) -> None:
        if not claims:
            return
        self.batches.append((actor, claims, oldest))
        policy, brand, now = self.registry.policy, claims[0].brand, self.clock.now
        said = [_said(claim) for claim in claims]
        if actor is Actor.PROVIDER:
            expected = self.oracle.hear("provider", said, "file", now, oldest)
            take, deed = partial(ledger.declare, oldest=oldest), Deed(actor, Door.FILE)
        else:
            expected = self.oracle.hear("citizen", said, "sync", now)
            take, deed = partial(ledger.relay), Deed(actor, Door.SYNC)
        assert self.store.write_now(take, policy, brand, claims, deed) == expected

    # -- undo, erasure -----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.oracle.acts)
    @rule(number=st.integers(0, 20), door=st.none() | st.sampled_from(Door), reads=st.booleans())
    def somebody_undoes_an_act(self, number: int, door: Door | None, reads: bool) -> None:
        act = list(self.oracle.acts)[-1 - number % len(self.oracle.acts)]
        if door is None:
            done = self.oracle.acts[act].door
            door = next(door for door in Door if door.value == ("sms" if done == "voice" else done))
        first, events = self.oracle.undone.get(act), self.oracle.event
        told = None if first else self.oracle.undo(act, door.value, self.clock.now, reads=reads)
        undo = partial(ledger.undo, keyring=self.registry.keyring if reads else None)
        undone = self.store.write_now(undo, self.registry.policy, act, Deed(Actor.CITIZEN, door))
        if first:
            assert undone is None or undone.act == first
        elif told is None:
            assert undone is None
        else:
            assert undone is not None
            assert undone.act == self.oracle.act
            keys = {word.key for word in self.oracle.words if word.act == act}
            found = {key: stands and named(stands.status) for key, stands in undone.restored.items()}
            assert found == {key: self.oracle.stands(key) for key in keys or found}
            rows = self.store.read_now(Snapshot.all, _EVENTS_SINCE, {"event": events})
            assert sorted((Key(*row[1:5]), named(row[5])) for row in rows) == sorted(told.items())

    @rule(who=_two, proved=st.booleans())
    def a_person_is_erased_and_the_address_comes_again(self, who: int, proved: bool) -> None:
        store, keyring, person, number = self.store, self.registry.keyring, self.people[who], self.ids[who]
        assert store.write_now(register.erase, keyring, person) == number
        self.oracle.forget(number)
        assert store.read_now(register.address, keyring, number) is None
        assert store.write_now(register.enrol_all, keyring, [person]) == [number]
        if proved:
            store.write_now(register.welcome_back, person, number)
            assert store.read_now(register.address, keyring, number) is not None

    # -- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def table_oracle_and_fold_of_history_agree(self) -> None:
        with self.store.snapshot() as snapshot:
            table = {key: found for who in self.ids for key, found in state.of_recipient(snapshot, who).items()}
            folded = history.fold(snapshot, self.keys, self.registry.policy.reconsent)
        assert table == {key: found for key, found in folded.items() if found is not None}
        held = {key: self.oracle.held(key) for key in self.keys}
        seen = {key: (named(found.status), *map(_word, found[1:])) for key, found in table.items()}
        assert seen == {key: (stands, *map(_plain, words)) for key, (stands, *words) in held.items() if stands}

    @invariant()
    def what_stands_changes_with_an_act_alone(self) -> None:
        """A loading that has looked ahead asks no more than whether somebody has acted since."""
        with self.store.snapshot() as snapshot:
            act = _last(snapshot)[0]
            stands = [*(state.of_recipient(snapshot, who) for who in self.ids), snapshot.one(_LAST_BLANKET)]
        if act == self.stood[0]:
            assert stands == self.stood[1]
        self.stood = act, stands

    @invariant()
    def nobody_has_an_onay_that_no_one_gave(self) -> None:
        given = {word.key for word in self.oracle.counting() if word.status == "ONAY"}
        for who in self.ids:
            found = self.store.read_now(state.of_recipient, who)
            assert {key for key, stands in found.items() if stands.status == ONAY} <= given

    @invariant()
    def acts_and_events_are_numbered_without_gaps(self) -> None:
        rows = self.store.read_now(Snapshot.all, _ACTS_SINCE, {"act": self.before[0]})
        assert [row[0] for row in rows] == list(range(self.before[0] + 1, self.oracle.act + 1))
        ends = [self.before[1], *(row[2] for row in rows)]
        assert [row[1] for row in rows] == [end + 1 for end in ends[:-1]]
        assert self.store.read_now(_last) == (self.oracle.act, self.oracle.event) == (self.oracle.act, ends[-1])


def named(status: int) -> str:
    return str(Status.of(status))


def _said(claim: Claim) -> Said:
    source = None if claim.source is None else str(Source.of(claim.source))
    return Said(Key(*claim[:4]), named(claim.status), source, claim.at, claim.identity == TACIR)


def _word(word: Held | None) -> tuple[object, ...] | None:
    """A word of the ledger as the oracle would put it."""
    if word is None:
        return None
    return named(word.status), None if word.source is None else str(Source.of(word.source)), word.at, word.event


def _plain(word: Word | None) -> tuple[object, ...] | None:
    return word and (word.status, word.source, word.at, word.event)


def _last(snapshot: Snapshot) -> tuple[int, int]:
    row = snapshot.one(_LAST)
    assert row is not None
    return row[0] or 0, row[1] or 0
