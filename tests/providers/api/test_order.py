"""Within a second too, a later word of one consent never stands before an earlier one (rule L14).

Who reads the feed, the push, the day file or the history by İYS's rule – sort by ``creationDate``, then
``transactionId``, the last one wins – knows what stands.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from consents import history, ledger
from consents.history import Deed
from consents.instants import day_of
from consents.ledger import Claim, Wish
from consents.people import register
from consents.registry import prepare
from consents.rules import DOOR_SOURCES, ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Channel, Door, Identity, Source
from providers.api import wire
from providers.days import day_reports
from providers.push import push_store
from providers.push.push_connections import PushTarget
from providers.push.push_store import Due
from tests import repeats
from tests.conftest import SECRET, Clock, Opener
from tests.providers.api.desk import CINAR, Desk, Program, brand

B = brand(CINAR)
SECOND, MINUTE = 1_000_000, 60_000_000  # µs
Told = Mapping[str, Any]

# Who speaks, about which of the keys, which word, how long before now it was given (s), how long afterwards (µs).
_deeds = st.lists(
    st.tuples(
        st.sampled_from(("citizen", "citizen", "provider", "provider", "file", "relay", "undo")),
        st.lists(st.integers(0, 3), min_size=1, max_size=4),
        st.lists(st.sampled_from((ONAY, RET)), min_size=4, max_size=4),
        st.sampled_from((0, 0, 1, 2, 90)),
        st.sampled_from((0, 0, 1, 999, 40_000)),
    ),
    min_size=1,
    max_size=14,
)


class Outputs(NamedTuple):
    """What each way tells of the consents, in the order in which it tells it."""

    feed: list[Told]
    push: list[Told]
    file: list[Told]
    history: dict[Key, list[Told]]


class Scene:
    """Two people with two consents each, all new, and what happens to them within one second."""

    def __init__(self, here: Desk, program: Program) -> None:
        self.here, self.program, self.store = here, program, here.registry.store
        here.clock.now += 2 * SECOND - here.clock.now % SECOND
        self.second = here.clock.now // SECOND
        first = self.store.read_now(history.recorded_until) or 0
        self.before = self.store.read_now(_last_event)
        self.addresses = [f"+9053{digit}{self.before:07}" for digit in (2, 3)]
        people = [register.person(here.registry.keyring, address) for address in self.addresses]
        self.people = self.store.write_now(register.enrol_all, here.registry.keyring, people)
        self.brand = self.store.read_now(Snapshot.one, _BRAND)[0]  # type: ignore[index]
        self.keys = [Key(who, self.brand, channel, 0) for who in self.people for channel in (0, 1)]
        self.acts: list[int] = []
        self.registrys: set[int] = set()  # events that came through the registry
        assert first // SECOND < self.second

    def happens(self, deeds: Iterable[tuple[str, list[int], list[int], int, int]]) -> None:
        for who, places, words, ago, pause in deeds:
            said = [(self.keys[place], word) for place, word in zip(places, words, strict=False)]
            self.store.write_now(self._deed, who, said, ago)
            if (self.here.clock.now + pause) // SECOND == self.second:
                self.here.clock.now += pause

    def _deed(self, transaction: Transaction, who: str, said: Sequence[tuple[Key, int]], ago: int) -> None:
        policy, now = self.here.registry.policy, transaction.now
        if who == "undo":
            for act in self.acts[-1:]:
                ledger.undo(transaction, policy, act, Deed(Actor.CITIZEN, Door.PAGE))
        elif who == "citizen":
            own = [(key, word) for key, word in said if key.recipient == said[0][0].recipient]
            wishes = [Wish(*key[1:], word, DOOR_SOURCES[Door.PAGE].code) for key, word in own]
            done = ledger.decide(transaction, policy, own[0][0].recipient, wishes, Deed(Actor.CITIZEN, Door.PAGE))
            self.acts += [done.act] if done.act else []
        else:
            take, actor, door, source = {
                "provider": (ledger.declare, Actor.PROVIDER, Door.API, Source.HS_WEB),
                "file": (ledger.declare, Actor.PROVIDER, Door.FILE, Source.HS_MOBIL),
                "relay": (ledger.relay, Actor.REGISTRY, Door.SYNC, Source.IYS_MOBIL),
            }[who]
            at = now - now % SECOND - ago * SECOND
            claims = [
                Claim(*key, word, source.code, at + (place * SECOND if ago > 9 else place))
                for place, (key, word) in enumerate(said)
            ]
            take(transaction, policy, self.brand, claims, Deed(actor, door))

    # -- what the provider's programs read ------------------------------------------------------------------------

    def read(self) -> Outputs:
        brought, own = self._feed("HS"), self._feed("IYS")
        self.registrys = {self.number(one) for one in own}
        return Outputs(brought + own, self._push(), self._file(), {key: self._history(key) for key in self.keys})

    def number(self, told: Told) -> int:
        event = self.here.registry.keyring.event(told["transactionId"])
        assert event is not None
        return event

    def stands(self) -> dict[Key, str | None]:
        found = {key: self.program.post(f"{B}/consents/status", self._asked(key)).json() for key in self.keys}
        return {key: told.get("status") for key, told in found.items()}

    def _feed(self, side: str) -> list[Told]:
        after = f"{self.second}_{'0' * 64}"
        told: list[Told] = []
        while (answer := self.program.get(f"{B}/consents/changes?source={side}&limit=3&after={after}")).content:
            told += answer.json()["list"]
            after = answer.json()["after"]
        return told

    def _push(self) -> list[Told]:
        told: list[Told] = []
        for channel in (0, 1):
            due = Due(1, self.brand, CINAR, CINAR, channel, self.before, PushTarget("", "", ""), None, 0)
            page = self.store.read_now(push_store.next_page, self.here.registry, due)
            told += wire.push(CINAR, CINAR, *page[:2])["list"]
        return told

    def _file(self) -> list[Told]:
        file = io.BytesIO()
        day_reports.fill(file, self.here.registry, self.brand, day_of(self.here.clock.now))
        rows = csv.DictReader(io.StringIO(file.getvalue().decode("ascii")))
        return [row for row in rows if row["recipient"] in self.addresses]

    def _history(self, key: Key) -> list[Told]:
        answer = self.program.post(f"{B}/consents/history?limit=100", self._asked(key))
        return list(answer.json()["list"])

    def _asked(self, key: Key) -> dict[str, str]:
        names = {"type": str(Channel.of(key.channel)), "recipientType": str(Identity.of(key.identity))}
        return names | {"recipient": self.addresses[self.people.index(key.recipient)]}

    def of(self, key: Key, told: Iterable[Told]) -> list[Told]:
        asked = self._asked(key)
        return [one for one in told if all(one[name] == value for name, value in asked.items())]


_BRAND = Statement(text(f"SELECT id FROM brand WHERE code = {CINAR}"))
_LAST = Statement(text("SELECT coalesce(max(id), 0) FROM consent_event"))


def _last_event(snapshot: Snapshot) -> int:
    row = snapshot.one(_LAST)
    assert row is not None
    return int(row[0])


def by_the_rule(told: Iterable[Told]) -> list[Told]:
    return sorted(told, key=lambda one: (one["creationDate"], one["transactionId"]))


_settings = settings(
    max_examples=repeats(25, 60), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@_settings
@given(deeds=_deeds)
def test_of_many_movements_in_one_second_the_last_one_is_what_stands(here: Desk, deeds: list[Any]) -> None:
    check(Scene(here, signed_in(here)), deeds)


@pytest.mark.slow
@_settings
@given(deeds=_deeds)
def test_that_holds_too_where_a_providers_newer_onay_stands_at_once(accepting: Desk, deeds: list[Any]) -> None:
    check(Scene(accepting, signed_in(accepting)), deeds)


@pytest.fixture
def accepting(sqlite_url: str, open_registry: Opener, clock: Clock) -> Iterator[Desk]:
    """A desk with RECONSENT=accept."""
    prepare(sqlite_url, SECRET, Reconsent.ACCEPT)
    made = Desk(open_registry(sqlite_url, reconsent=Reconsent.ACCEPT), clock, {"RECONSENT": "accept"})
    yield made
    made.close()


_programs: WeakKeyDictionary[Desk, Program] = WeakKeyDictionary()


def signed_in(here: Desk) -> Program:
    return _programs.get(here) or _programs.setdefault(here, here.program("cinar"))


def check(scene: Scene, deeds: list[Any]) -> None:
    """What has happened in one second is told in the order in which it happened, whichever way it is read."""
    scene.happens(deeds)
    told, standing = scene.read(), scene.stands()
    assert told.file == by_the_rule(told.file)
    for key, status in standing.items():
        of_feed, of_push, of_file = (scene.of(key, way) for way in told[:3])
        numbers = [scene.number(one) for one in by_the_rule(of_feed)]
        assert numbers == sorted(numbers)
        assert [scene.number(one) for one in of_file] == numbers
        assert [scene.number(one) for one in told.history[key]] == numbers[::-1]
        assert [scene.number(one) for one in of_push] == [number for number in numbers if number in scene.registrys]
        assert len({one["creationDate"] for one in of_feed}) <= 1, "all in one second"
        if status is not None:  # else an undo has left no record, which is not told
            brought = [one for one in of_feed if scene.number(one) not in scene.registrys]
            ways = of_feed, of_file, told.history[key], of_push + brought
            assert [by_the_rule(way)[-1]["status"] for way in ways] == [status] * 4
