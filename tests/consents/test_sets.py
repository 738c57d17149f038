"""Declaring by sets says the same as declaring one by one, row by row: answers, acts, events, people and standing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from consents import history, ledger, state
from consents.care import audit
from consents.history import Deed
from consents.keys import Keyring
from consents.ledger import Claim, Policy, Staged, Wish, sets
from consents.people import register, sealed_forms
from consents.registry import Registry
from consents.rules import ONAY, RET, Reconsent
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Door
from tests.conftest import SECRET, Clock, Opener
from tests.consents.conftest import AYSE, MEHMET, World, furnish
from tests.consents.deeds import ARAMA, BIREYSEL, DAY, HS_MOBIL, HS_WEB, IYS_WEB, MESAJ, SECOND, TACIR, UNDATED

_PACKAGE = Statement(
    text("INSERT INTO provider_package (provider, package, used, since) VALUES (:of, 'İLETİ-5', :used, 0)")
)
_USED = Statement(text("UPDATE provider_package SET used = :used"))
_STATE = Statement(text("UPDATE provider SET state = :becomes WHERE id = :of"))
_ROWS = {
    "recipient": "id,sealed,commitment",
    "act": history.ACT_COLUMNS,
    "consent_event": history.EVENT_COLUMNS,
}
_STANDING = Statement(text(f"SELECT {state.COLUMNS} FROM consent WHERE recipient > :after ORDER BY {state.KEY}"))
_PACKAGES = Statement(text("SELECT provider, used FROM provider_package"))

_people = st.integers(0, 2)  # few, so that words meet
_channels, _identities = st.sampled_from((MESAJ, MESAJ, MESAJ, ARAMA)), st.sampled_from((BIREYSEL, BIREYSEL, TACIR))
_statuses = st.sampled_from((RET, ONAY, ONAY))
_brands = st.sampled_from(("cinar", "cinar", "cinar", "isik"))
# Minutes before now; None: without a date, which only a TACIR may be.
_ages = st.sampled_from((0, 0, 0, 1, 1, 2, 3000, 9000))
_row = st.tuples(
    _people, _channels, _identities, _statuses, st.sampled_from((HS_WEB, HS_WEB, HS_MOBIL, None)), _ages, st.booleans()
)
_load = st.tuples(
    st.just("load"), _brands, st.lists(_row, min_size=1, max_size=8), st.sampled_from((0, 2 * DAY)), st.booleans()
)
_step = st.one_of(
    _load,
    _load,
    _load,
    st.tuples(st.just("again")),
    st.tuples(st.just("decide"), _people, _brands, _channels, _identities, st.sampled_from((RET, ONAY))),
    st.tuples(st.just("ahead"), _people, _channels, _identities, st.booleans()),
    st.tuples(st.just("undo"), st.integers(1, 3)),
    st.tuples(st.just("erase"), _people),
    st.tuples(st.just("bar"), st.booleans()),
)


class Side(NamedTuple):
    """One of two registries that hear the same."""

    registry: Registry
    world: World


class Pair:
    """Two registries with the same keys: one hears claims one by one, the other by sets."""

    def __init__(self, sides: Sequence[Side], clock: Clock) -> None:
        self.one, self.sets = sides
        self.gate = self.sets.registry.store.postgresql_gate()
        self.clock = clock
        self.runs = self.turns = 0
        self.last: tuple[Any, ...] | None = None

    def begin(self, policy: Policy) -> None:
        """New people, whom nobody has spoken of, a package with room for two."""
        self.policy, self.last = policy, None
        self.runs += 1
        self.clock.now += 30 * DAY
        self.before = [self._both(_last, table)[0] for table in _ROWS]
        self._both(_usual, self.one.world.isik)

    def _both(self, work: Any, *arguments: Any) -> list[Any]:
        found = [side.registry.store.write_now(work, *arguments) for side in (self.one, self.sets)]
        assert found[0] == found[1]
        return found

    def person(self, number: int) -> register.Person:
        return register.person(self.one.registry.keyring, f"+90532{self.runs:05}{number:02}")

    # -- steps -----------------------------------------------------------------------------------------------------

    def load(self, brand: str, rows: Sequence[tuple[Any, ...]], oldest: int, dealer: bool) -> None:
        number, now = getattr(self.one.world, brand), self.clock.now
        by = self.one.world.dealer if dealer and brand == "cinar" else None
        people = [self.person(row[0]) for row in rows]
        said = [
            (*row[1:4], row[4] or (None if row[2] == TACIR else HS_WEB), _date(now, row), by if row[6] else None)
            for row in rows
        ]
        self.last = number, people, said, now - oldest if oldest else 0
        self.again()

    def again(self) -> None:
        if self.last is None:
            return
        brand, people, said, oldest = self.last
        deed = Deed(Actor.PROVIDER, Door.FILE)

        def one_by_one(transaction: Transaction) -> list[str]:
            recipients = register.enrol_all(transaction, self.one.registry.keyring, people)
            claims = [Claim(who, brand, *what) for who, what in zip(recipients, said, strict=True)]
            return ledger.declare(transaction, self.policy, brand, claims, deed, oldest=oldest)

        def laid(transaction: Transaction) -> Staged:
            staged = _laid(self.sets.registry.keyring, brand, people, said, transaction)
            if self.turns % 2:
                ledger.look_ahead(transaction, staged, oldest)
            return staged

        self.turns += 1
        staged = self.gate.prepare(laid)
        with self.gate.laid(ledger.asked_of_staged(staged, oldest)) as transaction:
            answers = ledger.declare_staged(transaction, self.policy, staged, deed, oldest=oldest)
        assert answers == self.one.registry.store.write_now(one_by_one)

    def decide(self, who: int, brand: str, channel: int, identity: int, status: int) -> None:
        wish = Wish(getattr(self.one.world, brand), channel, identity, status, IYS_WEB)
        self._both(partial(_decide, self.one.registry, self.policy, self.person(who), wish))

    def ahead(self, who: int, channel: int, identity: int, refuses: bool) -> None:
        self._both(partial(_ahead, self.one.registry, self.policy, self.person(who), (channel, identity), refuses))

    def undo(self, back: int) -> None:
        self._both(partial(_undo, self.policy, back))

    def erase(self, who: int) -> None:
        self._both(register.erase, self.one.registry.keyring, self.person(who))

    def bar(self, barred: bool) -> None:
        self._both(_bar, self.one.world.cinar, barred)

    # -- what must hold --------------------------------------------------------------------------------------------

    def compare(self) -> None:
        """Every row that came since ``begin``."""
        found = [side.registry.store.read_now(_rows, self.before) for side in (self.one, self.sets)]
        assert found[0] == found[1]


def _date(now: int, row: tuple[Any, ...]) -> int:
    return UNDATED if row[2] == TACIR and row[5] == 9000 else now - row[5] * 60 * SECOND


def _last(transaction: Transaction, table: str) -> int:
    row = transaction.one(Statement(text(f"SELECT max(id) FROM {table}")))
    return int(row[0] or 0) if row else 0


def _usual(transaction: Transaction, brand: int) -> None:
    _bar(transaction, 1, False)
    transaction.run(_USED, {"used": 4_998})


def _bar(transaction: Transaction, provider: int, barred: bool) -> None:
    transaction.run(_STATE, {"of": provider, "becomes": "paused" if barred else "active"})


def _decide(registry: Registry, policy: Policy, who: register.Person, wish: Wish, transaction: Transaction) -> Any:
    recipient = register.acting(transaction, registry.keyring, who)
    return ledger.decide(transaction, policy, recipient, [wish], Deed(Actor.CITIZEN, Door.PAGE))


def _ahead(
    registry: Registry,
    policy: Policy,
    who: register.Person,
    way: tuple[int, int],
    refuses: bool,
    transaction: Transaction,
) -> Any:
    recipient = register.acting(transaction, registry.keyring, who)
    deed = Deed(Actor.CITIZEN, Door.PAGE)
    return ledger.change_blanket(transaction, policy, recipient, [way], deed, refuses=refuses)


def _undo(policy: Policy, back: int, transaction: Transaction) -> Any:
    number = _last(transaction, "act") - back + 1
    past = history.act(transaction, number)
    if past is None:
        return None
    return ledger.undo(transaction, policy, number, Deed(past.actor, past.door))


def _rows(snapshot: Snapshot, before: Sequence[int]) -> list[Any]:
    found = [
        snapshot.all(Statement(text(f"SELECT {columns} FROM {table} WHERE id > :after ORDER BY id")), {"after": after})
        for (table, columns), after in zip(_ROWS.items(), before, strict=True)
    ]
    return [*found, snapshot.all(_STANDING, {"after": before[0]}), snapshot.all(_PACKAGES)]


@pytest.fixture(scope="module")
def pair(postgresql: str, postgresql_template: str) -> Iterator[Pair]:
    clock = Clock()
    sides = []
    with psycopg.connect(postgresql, autocommit=True) as connection:
        for name in ("one_by_one", "by_sets"):
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {postgresql_template} STRATEGY FILE_COPY".encode())
            registry = Registry.open(postgresql.replace("/postgres?", f"/{name}?"), SECRET, now=clock)
            world = furnish(registry)
            registry.store.write_now(Transaction.run, _PACKAGE, {"of": 2, "used": 0})
            sides.append(Side(registry, world))
        pair = Pair(sides, clock)
        yield pair
        pair.gate.close()
        for name, side in zip(("one_by_one", "by_sets"), sides, strict=True):
            side.registry.close()
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_what_both_ways_wrote_is_the_fold_of_history(pair: Pair) -> None:
    """The first of these tests: later ones mix policies in one registry."""
    pair.begin(Policy())
    rows = [(who, MESAJ, BIREYSEL, ONAY, HS_WEB, 2, True) for who in range(6)]
    pair.load("cinar", rows, 0, True)
    pair.load("cinar", [(*row[:3], RET, HS_MOBIL, 1, False) for row in rows[:3]], 0, True)
    pair.again()
    pair.compare()
    assert pair.sets.registry.store.read_now(audit.verify, Reconsent.CONFIRM) is None


def test_l5_every_word_meets_every_standing_alike(pair: Pair) -> None:
    """People of whom all sorts of things stand, and of each of them one row in one load."""
    for status, source, age, oldest in product((RET, ONAY), (HS_WEB, None), (0, 9, 10, 5000, 9000), (0, 2 * DAY)):
        pair.begin(Policy())
        for said in (ONAY, RET):
            stood = [(who, MESAJ, identity, said, HS_WEB, 10, False) for who, identity in _of(said)]
            pair.load("cinar", stood, 0, False)
        for who, wish in ((2, RET), (3, ONAY), (12, RET), (13, ONAY)):
            pair.decide(who, "cinar", MESAJ, BIREYSEL, wish)
        pair.ahead(4, MESAJ, BIREYSEL, True)
        pair.ahead(5, MESAJ, BIREYSEL, True)
        pair.clock.forward(minutes=-1)  # so that an age of 0 is before what was decided
        pair.erase(6)
        people = [(who, TACIR if who in (7, 17) else BIREYSEL) for who in (*range(9), *range(11, 18))]
        pair.load(
            "cinar", [(who, MESAJ, identity, status, source, age, False) for who, identity in people], oldest, False
        )
        pair.clock.forward(minutes=2)
        pair.load("cinar", [(who, MESAJ, identity, ONAY, HS_WEB, 0, False) for who, identity in people], oldest, False)
        pair.again()
        # Behind what was said before, one key twice: what stands of it names the number of its event.
        known = [(who, MESAJ, identity, ONAY, HS_WEB, 0, False) for who, identity in people]
        twice = [(8, ARAMA, BIREYSEL, status, HS_WEB, age, False) for status, age in ((RET, 1), (ONAY, 0))]
        pair.load("cinar", [*known, *twice], 0, False)
        pair.compare()


def _of(said: int) -> list[tuple[int, int]]:
    """Of whom the provider has said that: of the others nobody has spoken."""
    first = 1 if said == ONAY else 11
    return [(who, TACIR if who in (7, 17) else BIREYSEL) for who in range(first, first + 7) if who not in (4, 12)]


_first_ret = ("load", "cinar", [(0, MESAJ, BIREYSEL, RET, HS_WEB, 1, False)], 0, False)
_late_ret = ("load", "cinar", [(0, MESAJ, BIREYSEL, RET, HS_WEB, 9000, False)], 2 * DAY, False)
_first_onay = ("load", "cinar", [(0, MESAJ, BIREYSEL, ONAY, HS_WEB, 3000, False)], 0, False)


@pytest.mark.parametrize(
    "policy", [Policy(), Policy(Reconsent.ACCEPT), Policy(strict=True)], ids=["plain", "accept", "strict"]
)
@settings(max_examples=20)
@given(st.lists(_step, min_size=3, max_size=8))
@example([_first_ret])  # STRICT_IYS: H175
@example([_first_onay, _late_ret])  # STRICT_IYS: H467
def test_l5_both_ways_of_declaring_say_the_same_row_by_row(
    pair: Pair, policy: Policy, steps: list[tuple[Any, ...]]
) -> None:
    pair.begin(policy)
    for step, *arguments in steps:
        getattr(pair, step)(*arguments)
        pair.clock.forward(minutes=1)
    pair.compare()


def test_one_who_comes_while_a_list_lies_ready_is_met_as_he_stands(pair: Pair) -> None:
    """A list is laid ready before the lock is taken: he who was new then may have refused since, or been erased."""
    for erased in (False, True):
        pair.begin(Policy())
        people = [pair.person(who) for who in range(4)]
        said = [(MESAJ, BIREYSEL, ONAY, HS_WEB, pair.clock.now - 60 * SECOND, None)] * 4
        brand, keyring = pair.sets.world.cinar, pair.sets.registry.keyring
        with closing(pair.sets.registry.store.postgresql_gate()) as gate:
            staged = gate.prepare(partial(_laid, keyring, brand, people, said))
            pair.decide(2, "cinar", MESAJ, BIREYSEL, RET)
            if erased:
                pair.erase(2)
            with gate.laid(ledger.asked_of_staged(staged)) as transaction:
                answers = ledger.declare_staged(transaction, Policy(), staged, Deed(Actor.PROVIDER, Door.FILE))
        assert answers == pair.one.registry.store.write_now(partial(_one_by_one, pair, brand, people, said))
        pair.compare()


def test_who_else_comes_while_a_list_lies_ready_changes_nothing(pair: Pair) -> None:
    pair.begin(Policy())
    people = [pair.person(who) for who in range(4)]
    said = [(MESAJ, BIREYSEL, ONAY, HS_WEB, pair.clock.now - 60 * SECOND, None)] * 4
    brand, keyring = pair.sets.world.cinar, pair.sets.registry.keyring
    with closing(pair.sets.registry.store.postgresql_gate()) as gate:
        staged = gate.prepare(partial(_laid, keyring, brand, people, said))
        pair.decide(7, "cinar", MESAJ, BIREYSEL, RET)
        with gate.laid(ledger.asked_of_staged(staged)) as transaction:
            answers = ledger.declare_staged(transaction, Policy(), staged, Deed(Actor.PROVIDER, Door.FILE))
    assert answers == pair.one.registry.store.write_now(partial(_one_by_one, pair, brand, people, said))
    pair.compare()


@pytest.mark.parametrize("word", [RET, None], ids=["a refusal", "a standing refusal"])
def test_who_acts_after_a_look_ahead_is_met_as_he_stands(pair: Pair, word: int | None) -> None:
    pair.begin(Policy())
    rows = [(who, MESAJ, BIREYSEL, ONAY, HS_WEB, 2, False) for who in range(3)]
    pair.load("cinar", rows, 0, False)
    pair.clock.forward(minutes=1)
    said = [(MESAJ, BIREYSEL, ONAY, HS_WEB, pair.clock.now - SECOND, None)] * 3
    people, brand = [pair.person(who) for who in range(3)], pair.sets.world.cinar
    with closing(pair.sets.registry.store.postgresql_gate()) as gate:
        staged = gate.prepare(partial(_looked_ahead, pair, brand, people, said))
        if word is None:
            pair.ahead(1, MESAJ, BIREYSEL, True)
        else:
            pair.decide(1, "cinar", MESAJ, BIREYSEL, word)
        with gate.laid(ledger.asked_of_staged(staged)) as transaction:
            answers = ledger.declare_staged(transaction, Policy(), staged, Deed(Actor.PROVIDER, Door.FILE))
    assert answers == pair.one.registry.store.write_now(partial(_one_by_one, pair, brand, people, said))
    pair.compare()


def test_who_acts_between_the_two_questions_of_a_look_ahead_is_met_as_he_stands(pair: Pair) -> None:
    pair.begin(Policy())
    pair.load("cinar", [(0, MESAJ, BIREYSEL, ONAY, HS_WEB, 2, False)], 0, False)
    pair.clock.forward(minutes=1)
    said, people = [(MESAJ, BIREYSEL, ONAY, HS_WEB, pair.clock.now - SECOND, None)], [pair.person(0)]
    brand = pair.sets.world.cinar

    def laid(transaction: Transaction) -> Staged:
        staged = _laid(pair.sets.registry.keyring, brand, people, said, transaction)
        asked = []

        def then(ask: Any) -> Any:
            def answered(*question: Any) -> Any:
                answer = ask(*question)
                if not asked:
                    asked.append(question)
                    pair.decide(0, "cinar", MESAJ, BIREYSEL, RET)
                return answer

            return answered

        transaction.one, transaction.all = then(transaction.one), then(transaction.all)  # type: ignore[method-assign]
        ledger.look_ahead(transaction, staged)
        return staged

    with closing(pair.sets.registry.store.postgresql_gate()) as gate:
        staged = gate.prepare(laid)
        with gate.laid(ledger.asked_of_staged(staged)) as transaction:
            answers = ledger.declare_staged(transaction, Policy(), staged, Deed(Actor.PROVIDER, Door.FILE))
    assert answers == pair.one.registry.store.write_now(partial(_one_by_one, pair, brand, people, said))
    pair.compare()


@pytest.mark.parametrize(
    "apart", [{1, 2}, {1}, {2}], ids=["of which it is known", "of the first of which it is known", "of the last"]
)
def test_a_look_ahead_holds_unless_somebody_may_have_acted_since(pair: Pair, apart: set[int]) -> None:
    """Two acts of another person; under the lock nothing is asked anew where both are known to be of another."""
    pair.begin(Policy())
    pair.load("cinar", [(0, MESAJ, BIREYSEL, ONAY, HS_WEB, 2, False)], 0, False)
    pair.clock.forward(minutes=1)
    said, brand = [(MESAJ, BIREYSEL, ONAY, HS_WEB, pair.clock.now - SECOND, None)], pair.sets.world.cinar
    with closing(pair.sets.registry.store.postgresql_gate()) as gate:
        staged = gate.prepare(partial(_looked_ahead, pair, brand, [pair.person(0)], said))
        assert staged.ahead
        for word in (RET, ONAY):
            pair.decide(7, "cinar", MESAJ, BIREYSEL, word)
        known = {staged.ahead.act + number for number in apart}
        with gate.laid(ledger.asked_of_staged(staged)) as transaction:
            asked = Asking(transaction)
            deed = Deed(Actor.PROVIDER, Door.FILE)
            answers = ledger.declare_staged(transaction, Policy(), staged, deed, apart=known)
    assert asked.kinds == (apart != {1, 2})
    assert answers == pair.one.registry.store.write_now(partial(_one_by_one, pair, brand, [pair.person(0)], said))
    pair.compare()


class Asking:
    """Whether the kinds of claims are asked in a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self.kinds = False
        self._all = transaction.all
        transaction.all = self._noted  # type: ignore[method-assign]

    def _noted(self, statement: Statement, values: Any = None) -> Any:
        self.kinds |= statement is sets._KINDS
        return self._all(statement, values)


@pytest.mark.parametrize("others", [False, True], ids=["nobody else is erased", "another is erased"])
def test_an_erased_one_who_acts_while_a_list_is_being_laid_ready_is_known(
    postgresql_url: str, open_registry: Opener, monkeypatch: pytest.MonkeyPatch, *, others: bool
) -> None:
    """Between the look for his address and that for what an erasure leaves of one: he was taken for a new one."""
    registry = open_registry(postgresql_url)
    brand, keyring = furnish(registry).cinar, registry.keyring
    people = [register.person(keyring, f"+9053200000{number:02}") for number in (1, 11, 12)]
    for address in [AYSE, MEHMET] if others else [AYSE]:
        registry.store.write_now(register.erase, keyring, register.person(keyring, address))
    read_versions, told = sealed_forms.read_versions, []

    def back(snapshot: Snapshot, keyring: Keyring) -> sealed_forms.Versions:
        if not told:
            told.append(snapshot)
            registry.store.write_now(register.acting, keyring, people[0])
        return read_versions(snapshot, keyring)

    monkeypatch.setattr(sealed_forms, "read_versions", back)
    said = [(MESAJ, BIREYSEL, ONAY, HS_WEB, registry.store.now() - SECOND, None)] * 3
    with closing(registry.store.postgresql_gate()) as gate:
        staged = gate.prepare(partial(_laid, keyring, brand, people, said))
        with gate.transaction() as transaction:
            deed = Deed(Actor.PROVIDER, Door.FILE)
            assert ledger.declare_staged(transaction, Policy(), staged, deed) == ["recorded"] * 3
    assert told
    assert [claim.recipient for claim in staged.claims()] == [1, 3, 4]


def _laid(
    keyring: Keyring, brand: int, people: Sequence[register.Person], said: Sequence[Any], transaction: Transaction
) -> Staged:
    return Staged(
        transaction,
        keyring,
        brand,
        [(who.sealed, 0, who.commitment, *what) for who, what in zip(people, said, strict=True)],
    )


def _looked_ahead(
    pair: Pair, brand: int, people: Sequence[register.Person], said: Sequence[Any], transaction: Transaction
) -> Staged:
    staged = _laid(pair.sets.registry.keyring, brand, people, said, transaction)
    ledger.look_ahead(transaction, staged)
    return staged


def _one_by_one(
    pair: Pair, brand: int, people: Sequence[register.Person], said: Sequence[Any], transaction: Transaction
) -> list[str]:
    recipients = register.enrol_all(transaction, pair.one.registry.keyring, people)
    claims = [Claim(who, brand, *what) for who, what in zip(recipients, said, strict=True)]
    return ledger.declare(transaction, Policy(), brand, claims, Deed(Actor.PROVIDER, Door.FILE))
