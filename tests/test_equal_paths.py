"""Every door does the same: each beside the others, over every state, step by step, equal but for door, source and
evidence.

The page speaks for one identity at a time, so there a step is two presses; elsewhere it is one act.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text

from consents import state
from consents.people import recipients
from consents.rules import DOOR_SOURCES
from consents.state import Key
from consents.store import Snapshot, Statement
from consents.terms import Channel, Door, Identity, Status
from gateways.received import Received
from optout import refusals
from optout.sms.sms_door import take
from optout.voice import call_refusals
from optout.voice.call_refusals import PhoneCall
from optout.voice.dialogue import CallChoice
from tests.citizen.consents.town import AYSE, CINAR, MAIL, Town, town
from tests.conftest import SLOW, Clock, Opener
from tests.optout.links import door as doors

BOTH = tuple(identity.value for identity in Identity)
STATES = ("none", "onay", "own onay", "own ret", "their ret", "waiting")
_LAST = Statement(text("SELECT coalesce(max(id), 0) FROM act"))
_SINCE = Statement(
    text(
        "SELECT a.id, a.door, a.actor, a.undoes, e.brand, e.channel, e.identity, e.status, e.source FROM act a "
        "LEFT JOIN consent_event e ON e.act = a.id WHERE a.id > :last ORDER BY a.id, e.id"
    )
)


class Step(NamedTuple):
    """What came of one step: how many acts beyond none, their events, and what stands for each identity after it."""

    acted: bool
    undid: bool
    events: tuple[tuple[int, int, int], ...]
    stands: tuple[str, ...]


class Way:
    """One door, used by one person about one channel. ``undo`` takes back what ``refuse`` did last."""

    door: Door

    def __init__(self, here: Town, channel: str) -> None:
        self.here, self.channel = here, channel
        self.address = MAIL if channel == "EPOSTA" else AYSE
        self.acts: list[int] = []
        self.numbers = itertools.count()

    def refuse(self) -> None:
        raise AssertionError

    def undo(self) -> None:
        for act in reversed(self.acts):
            evidence = self.here.registry.keyring.seal_evidence({"test": 1})
            self.here.registry.store.write_now(refusals.take_back, self.here.registry, act, self.door, evidence)


class Link(Way):
    door = Door.LINK

    def refuse(self) -> None:
        path = doors.link(self.here, self.address, self.channel)
        assert self.here.client.post(path).status_code == 200


class Mail(Way):
    door = Door.MAIL

    def refuse(self) -> None:
        answer = self.here.client.post(doors.mail(self.here), data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200


class Sms(Way):
    door = Door.SMS

    def refuse(self) -> None:
        self.send(f"RET {CINAR} {self.channel}")

    def undo(self) -> None:
        asked = re.search(r"GERI AL ([0-9]{6}) yazin", self.send("GERI AL") or "")
        if asked:  # a consent comes back
            self.send(f"GERI AL {asked[1]}")

    def send(self, words: str) -> str | None:
        now = self.here.registry.store.now()
        inbound = Received("twilio", f"SM{next(self.numbers):032}", AYSE, "3333", words, now)
        return asyncio.run(take(self.here.registry, doors.settings(self.here), inbound, post=True))


class Voice(Sms):
    door = Door.VOICE

    def refuse(self) -> None:
        registry = self.here.registry
        book = registry.store.read_now(doors.shelf(self.here).book, registry.store.now())
        call = PhoneCall(f"CA{next(self.numbers):032}", "choose", recipients.phone(AYSE), "3333", "1")
        registry.store.write_now(
            call_refusals.refuse, registry, call, CallChoice(book.by_code[CINAR], (Channel(self.channel).code,))
        )


class Page(Way):
    door = Door.PAGE

    def refuse(self) -> None:
        visitor = self.here.sign_in(self.address)
        for identity in BOTH:
            assert visitor.refuse(CINAR, self.channel, identity).status_code == 200

    def undo(self) -> None:
        visitor = self.here.sign_in(self.address)
        for act in reversed(self.acts):
            visitor.press(f"/izinler/geri-al/{act}")


WAYS: dict[str, list[type[Way]]] = {
    "MESAJ": [Link, Sms, Page],
    "ARAMA": [Link, Sms, Voice, Page],
    "EPOSTA": [Link, Mail, Page],
}


def prepare(here: Town, clock: Clock, way: Way, standing: str, identities: tuple[str, ...]) -> None:
    """What stands before: days old, and the citizen's own words given on the site."""
    where = (way.address, CINAR, way.channel)
    for identity in identities:
        if standing in {"onay", "own ret", "waiting"}:
            here.told(*where, identity, ago=30)
        if standing == "their ret":
            here.told(*where, identity, "RET", ago=30)
    if standing in {"own ret", "own onay", "waiting"}:
        status = "ONAY" if standing == "own onay" else "RET"
        visitor = here.sign_in(way.address)
        for identity in identities:
            visitor.press(f"/izinler/{CINAR}/{way.channel}/{identity}", status=status)
    clock.forward(days=3)
    if standing == "waiting":
        for identity in identities:
            here.told(*where, identity, ago=1)


def done(here: Town, way: Way, step: Callable[[], None]) -> Step:
    """Does a step; what it added to history, and what stands then."""
    store = here.registry.store
    before = store.read_now(Snapshot.one, _LAST)
    assert before is not None
    step()
    rows: list[tuple[Any, ...]] = store.read_now(Snapshot.all, _SINCE, {"last": before[0]})
    acts = dict.fromkeys(row[0] for row in rows)
    if rows and rows[0][3] is None:
        way.acts = list(acts)
    for _, door, actor, undoes, brand, _, _, _, source in rows:
        by_sms = way.door is Door.VOICE and undoes is not None  # a call is taken back by SMS
        assert door == (Door.SMS if by_sms else way.door).code
        assert actor == 1
        assert brand in {None, here.brand(CINAR)}
        assert undoes is not None or source == DOOR_SOURCES[way.door].code
    events = tuple(sorted((row[5], row[6], row[7]) for row in rows if row[4] is not None))
    return Step(bool(acts), any(row[3] is not None for row in rows), events, stands(here, way))


def stands(here: Town, way: Way) -> tuple[str, ...]:
    person = here.person(way.address)
    found = []
    for identity in Identity:
        key = Key(person, here.brand(CINAR), Channel(way.channel).code, identity.code)
        standing = here.registry.store.read_now(state.of_key, key)
        found.append("YOK" if standing is None else str(Status.of(standing.status)))
    return tuple(found)


def lived(here: Town, clock: Clock, way: Way, standing: str, identities: tuple[str, ...]) -> list[Step]:
    """First, repeated, taken back, taken back again, once more, and taken back too late."""
    prepare(here, clock, way, standing, identities)
    steps = [Step(False, False, (), stands(here, way))]
    for step in (way.refuse, way.refuse, way.undo, way.undo, way.refuse):
        clock.forward(minutes=1)
        steps.append(done(here, way, step))
    clock.forward(hours=25)
    steps.append(done(here, way, way.undo))
    return steps


CASES = [
    pytest.param(channel, standing, identities, marks=() if identities == BOTH else SLOW)
    for channel in WAYS
    for standing in STATES
    for identities in ((BOTH[0],), (BOTH[1],), BOTH)
    if standing != "none" or identities == BOTH
]


@pytest.fixture
def towns(sqlite_template: Any, tmp_path: Any, open_registry: Opener) -> Callable[[], Any]:
    """Opens a new town for each way, so that none sees another's words."""
    import shutil

    numbers = itertools.count()

    def fresh() -> Any:
        path = tmp_path / f"town-{next(numbers)}.db"
        shutil.copy(sqlite_template, path)
        return town(open_registry(f"sqlite:///{path}"))

    return fresh


@pytest.mark.parametrize(
    ("channel", "standing", "identities"),
    CASES,
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else value,
)
def test_every_door_does_the_same(
    towns: Callable[[], Any], clock: Clock, channel: str, standing: str, identities: tuple[str, ...]
) -> None:
    start = clock.now
    told: dict[str, list[Step]] = {}
    for kind in WAYS[channel]:
        clock.now = start
        with towns() as here:
            told[kind.__name__] = lived(here, clock, kind(here, channel), standing, identities)
    first = told["Link"]
    for name, steps in told.items():
        assert steps == first, name
    before, once, again, back, back_again, anew, late = first
    assert once.stands == again.stands == anew.stands == late.stands == ("RET", "RET")
    assert not again.acted
    assert not late.acted
    assert not back_again.acted
    assert back.stands == before.stands, "what stood before stands again"
    assert back.undid == once.acted
