"""Days of traffic between this registry and a strict İYS, by a seed: the same seed is the same days.

Citizens decide here and there, refuse ahead, take back, providers report here and there, İYS fails in every way, clocks
differ and jump, this program is killed in the middle of requests and around commits. What must hold at each moment is
looked at after each round (``invariants.py``); in the end both sides agree on every key. Replay one seed:

    .venv/bin/python -m tests.national.simulation SEED [DAYS]
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path

from consents import business_days, history, ledger, reportable, state
from consents.brands import companies
from consents.history import Deed
from consents.instants import DAY, HOUR, MINUTE, SECOND
from consents.ledger import Claim, Wish
from consents.people import register
from consents.registry import Registry, prepare
from consents.rules import DOOR_SOURCES, ONAY, RET, Reconsent, Standing
from consents.state import Key
from consents.store import Transaction
from consents.terms import Actor, Channel, Door, Identity, Source, Status
from national import national_status, public
from national.incoming import push_receiver
from national.national_status import SyncState
from national.rounds import Sync, go
from national.upstream import accounts, iys_messages
from national.upstream.transport import IysReply, Pace, Sink
from tests.conftest import NOON, SECRET
from tests.national import invariants
from tests.national.invariants import Looked
from tests.national.local_iys import FAILURES, LocalIys
from tests.national.unthreaded import drive, straighten
from tests.national.wired import Wired

BRAND = 600101
PEOPLE = 2
WAYS = (Channel.MESAJ, Channel.ARAMA)
DOORS = (Door.PAGE, Door.LINK, Door.SMS, Door.QR, Door.VOICE)
GAPS = (1, 1, 2, 3, 5, 8, 20, 45)  # minutes between two rounds of a busy stretch
STRETCH = 2 * HOUR
QUIET = 2 * DAY  # at the end, in which everything works


class Killed(BaseException):
    """The process is gone; nothing of it runs on."""


class Mortal(Wired):
    """A wire on which the program dies: before İYS has read the request, or after."""

    def __init__(self, iys: LocalIys, dies: random.Random) -> None:
        super().__init__(iys)
        self.dies, self.chance = dies, 0.0

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, sink: Sink | None = None
    ) -> IysReply:
        fate = self.dies.random()
        if fate < self.chance / 2:
            raise Killed
        reply = await super().ask(method, path, headers, body, sink)
        if fate < self.chance:
            raise Killed
        return reply


class World:
    """One run. ``now`` is true time (µs), İYS's; ``skew``: by how much our clock is ahead of it."""

    def __init__(self, seed: int, folder: Path, template: Path, days: float) -> None:
        self.random, self.in_round, self.at_commits = random.Random(seed), False, 0.0
        self.now, self.skew = NOON, 0
        self.ends = NOON + round(days * DAY)
        self.down: list[tuple[int, int]] = []
        self.url = f"sqlite:///{folder / 'izin.db'}"
        shutil.copy(template, folder / "izin.db")
        self.iys = LocalIys(
            lambda: self.now / 1e6, mood=self._mood, late=lambda: self.random.choice((1, 30, 400, 4000))
        )
        self.wire = Mortal(self.iys, random.Random(seed + 1))
        self.iys.forgets = lambda: self.random.random() < 0.02
        limits = random.Random(
            seed + 2
        )  # İYS's hourly limit comes between any two questions, as of one person's channels
        self.iys.spent_elsewhere = lambda: self.now < self.ends and limits.random() < 0.2
        self.registry = self._open()
        self.brand = self.registry.store.read_now(companies.known_brand, BRAND).id  # type: ignore[union-attr]
        self.people = [f"+9053200000{number:02}" for number in range(PEOPLE)]
        people = [register.person(self.registry.keyring, one) for one in self.people]
        self.numbers = self.registry.store.write_now(register.enrol_all, self.registry.keyring, people)
        self.kills = 0
        self.found: list[str] = []
        self.jumped, self.looked, self.met_at = False, Looked(), 0
        self.waits: list[int] = []  # from a refusal here to its storing at İYS, outside outages
        self.sync = self._sync()

    # -- the parts -------------------------------------------------------------------------------------------------

    def _open(self) -> Registry:
        opened = Registry.open(self.url, SECRET, reconsent=Reconsent.ACCEPT, now=lambda: self.now + self.skew)
        straighten(opened, self._may_die, self._may_die)
        return opened

    def _may_die(self) -> None:
        """Around a COMMIT of a round."""
        if self.in_round and self.wire.dies.random() < self.at_commits:
            raise Killed

    def close(self) -> None:
        self.registry.store.end_gate()  # type: ignore[attr-defined]
        self.registry.close()

    def _sync(self) -> Sync:
        async def sleep(seconds: float) -> None:
            self.now += round(seconds * 1e6)

        pace = Pace(lambda: self.now / 1e6, sleep)
        return Sync(self.registry, self.wire, pace, seconds=lambda: self.now / 1e6)

    def _mood(self, method: str, path: str) -> str | None:
        if any(start <= self.now < end for start, end in self.down):
            return self.random.choice(("503", "cut", "cut", "lost"))
        if self.now >= self.ends:
            return None
        return self.random.choice(FAILURES) if self.random.random() < 0.02 else None

    # -- what happens ------------------------------------------------------------------------------------------------

    def live(self) -> None:
        """All of it, in order of time."""
        self._before()
        self.met_at = self.now
        for at, deed in self._plan():
            self.now = max(self.now, at)
            deed()
        self.wire.chance, self.at_commits, self.skew = 0.0, 0.0, 0
        self.now = max(self.now, self.ends)
        while self.now < self.ends + QUIET:
            self.round()
            self.now += 20 * MINUTE if self.now < self.ends + 3 * HOUR else 4 * HOUR

    def _before(self) -> None:
        """What both sides held when they met for the first time."""
        for address, number in zip(self.people, self.numbers, strict=True):
            for channel in WAYS:
                here, there = self.random.choice(((1, 1), (1, 1), (0, 0), (None, None), (0, 1), (1, 0), (None, 1)))
                old = self.now - self.random.randrange(1, 40) * DAY
                if here is not None:
                    said = old + self.random.randrange(2) * HOUR
                    self._declare(Claim(number, self.brand, channel.code, 0, here, Source.HS_ATM.code, said))
                if there is not None:
                    self.iys.elsewhere(BRAND, address, channel, "ONAY", old // SECOND - 3600)
                    if there == 0:
                        self.iys.elsewhere(BRAND, address, channel, "RET", old // SECOND)

    def _plan(self) -> list[tuple[int, Callable[[], None]]]:
        draw, length = self.random, self.ends - self.now
        found: list[tuple[int, Callable[[], None]]] = []
        for _ in range(draw.randrange(1, 3)):  # İYS is not there for minutes or for most of a day
            start = self.now + draw.randrange(length)
            self.down.append((start, start + draw.choice((5 * MINUTE, 2 * HOUR, 20 * HOUR))))
        for _ in range(draw.randrange(4, 7)):
            found += self._stretch(self.now + draw.randrange(length))
        at = self.now
        while at < self.ends:
            found.append((at, self.round))
            at += draw.randrange(6, 19) * HOUR
        for _ in range(draw.choice((0, 0, 0, 1, 2))):
            at = self.now + draw.randrange(length)
            found += [(at, self.jump), (at + draw.choice((HOUR, 10 * HOUR)), self.set_right)]
        return sorted(found, key=lambda one: one[0])

    def _stretch(self, start: int) -> list[tuple[int, Callable[[], None]]]:
        """Two busy hours, in which much happens to few keys, and a pull shows it; at times the program dies."""
        draw, at = self.random, start
        found: list[tuple[int, Callable[[], None]]] = []
        while at < start + STRETCH:
            found.append((at, self.round))
            at += draw.choice(GAPS) * MINUTE + draw.randrange(MINUTE)
        deeds = (self.decide, self.decide, self.quarrel, self.at_iys, self.collide, self.report, self.report_there)
        deeds += (self.ahead, self.ahead)
        span = draw.choice((2 * MINUTE, 30 * MINUTE, HOUR))
        found += [(start + draw.randrange(span), draw.choice(deeds)) for _ in range(draw.randrange(3, 9))]
        if draw.random() < 0.3:
            began = start + draw.randrange(span)
            self.down.append((began, began + draw.choice((MINUTE, 4 * MINUTE, 10 * MINUTE))))
        if draw.random() < 0.5:
            found.append((start + draw.choice((1, 12, 119, 119, 119)) * MINUTE, self.restart))
        return found

    def decide(self) -> None:
        """A citizen here; half of those by link take it back soon."""
        number, channel = self.random.choice(self.numbers), self.random.choice(WAYS)
        door = self.random.choice(DOORS)
        status = RET if door is not Door.PAGE or self.random.random() < 0.6 else ONAY
        wish = Wish(self.brand, channel.code, Identity.BIREYSEL.code, status, DOOR_SOURCES[door].code)
        try:
            act = self.registry.store.write_now(
                ledger.decide, self.registry.policy, number, [wish], Deed(Actor.CITIZEN, door)
            ).act
        except ledger.ClockBehind:
            return
        if act is None:
            return
        if self.random.random() < 0.3:
            self.now += self.random.choice((20 * SECOND, 3 * MINUTE, 9 * MINUTE))
            if self.random.random() < 0.5:
                self.round()
            self.registry.store.write_now(ledger.undo, self.registry.policy, act, Deed(Actor.CITIZEN, door))

    def quarrel(self) -> None:
        """The same key within one second, this way and that."""
        number, channel = self.random.choice(self.numbers), self.random.choice(WAYS)
        for status in self.random.choice(((RET, ONAY), (ONAY, RET), (RET, ONAY, RET))):
            wish = Wish(self.brand, channel.code, 0, status, DOOR_SOURCES[Door.PAGE].code)
            deed = Deed(Actor.CITIZEN, Door.PAGE)
            with suppress(ledger.ClockBehind):
                self.registry.store.write_now(ledger.decide, self.registry.policy, number, [wish], deed)

    def ahead(self) -> None:
        """Somebody refuses a channel for all that he has not said himself, or ends that; rather where an ONAY ends."""
        ways = [(number, channel) for number in self.numbers for channel in WAYS]
        stands = drive(self.registry.store.read(state.of_brand, self.brand, set(self.numbers)))
        allowed = [way for way in ways if self._declared(stands.get(Key(way[0], self.brand, way[1].code, 0)))]
        number, channel = self.random.choice(allowed or ways)
        refuses, deed = self.random.random() < 0.8, Deed(Actor.CITIZEN, Door.PAGE)
        write, way = self.registry.store.write_now, [(channel.code, 0)]
        write(partial(ledger.change_blanket, refuses=refuses), self.registry.policy, number, way, deed)

    @staticmethod
    def _declared(stands: Standing | None) -> bool:
        return stands is not None and stands.status == ONAY and stands.citizen is None

    def collide(self) -> None:
        """By link here, and about the same key at İYS before that leaves."""
        number, channel = self.random.randrange(PEOPLE), self.random.choice(WAYS)
        wish = Wish(self.brand, channel.code, 0, RET, DOOR_SOURCES[Door.LINK].code)
        deed = Deed(Actor.CITIZEN, Door.LINK)
        with suppress(ledger.ClockBehind):
            self.registry.store.write_now(ledger.decide, self.registry.policy, self.numbers[number], [wish], deed)
        if self.random.random() < 0.5:
            self.now += self.random.choice((0, SECOND, 4 * MINUTE))
        held = self.iys.status(BRAND, self.people[number], str(channel))
        if self.random.random() < 0.5:
            self._at_iys(self.people[number], str(channel), "ONAY" if held in (None, "RET") else "RET")
        else:
            self.iys.elsewhere(BRAND, self.people[number], str(channel), "ONAY", self.now // SECOND)

    def refuse_somebody(self) -> None:
        """Whoever may be reached refuses; the others allow it again."""
        number = self.random.choice(self.numbers)
        stands = self.registry.store.read_now(state.of_key, Key(number, self.brand, Channel.MESAJ.code, 0))
        allowed = stands is not None and stands.status == ONAY
        door = self.random.choice(DOORS) if allowed else Door.PAGE
        wish = Wish(self.brand, Channel.MESAJ.code, 0, RET if allowed else ONAY, DOOR_SOURCES[door].code)
        deed = Deed(Actor.CITIZEN, door)
        self.registry.store.write_now(ledger.decide, self.registry.policy, number, [wish], deed)

    def at_iys(self) -> None:
        address, channel = self.random.choice(self.people), self.random.choice(("MESAJ", "ARAMA"))
        held = self.iys.status(BRAND, address, channel)
        self._at_iys(address, channel, "ONAY" if held in (None, "RET") else "RET")

    def _at_iys(self, address: str, channel: str, status: str) -> None:
        """A citizen decides at İYS, which tells of it at once where it can."""
        held = self.iys.records.get((BRAND, address, channel, "BIREYSEL"))
        if held is not None and held.said >= self.now // SECOND:
            self.now += SECOND  # nobody decides twice at İYS within one second
        self.iys.citizen(BRAND, address, channel, status)
        if self.random.random() < 0.5 and not any(start <= self.now < end for start, end in self.down):
            pushed = [iys_messages.movement(self.iys.shown(BRAND))]
            drive(push_receiver.record(self.registry, self.brand, pushed))
            self.found += invariants.pushed(self, address, channel, status)

    def report(self) -> None:
        number, channel = self.random.choice(self.numbers), self.random.choice(WAYS)
        said = self.now + min(self.skew, 0) - self.random.choice((0, MINUTE, HOUR, DAY))
        self._declare(Claim(number, self.brand, channel.code, 0, self.random.choice((RET, ONAY, ONAY)), 7, said))

    def report_there(self) -> None:
        address, channel = self.random.choice(self.people), self.random.choice(("MESAJ", "ARAMA"))
        said = self.now // SECOND - self.random.choice((0, 60, 7200))
        self.iys.elsewhere(BRAND, address, channel, self.random.choice(("RET", "ONAY", "ONAY")), said)

    def jump(self) -> None:
        self.jumped = True
        self.skew = self.random.choice((-10 * MINUTE, -40 * SECOND, 30 * SECOND, 20 * MINUTE))

    def set_right(self) -> None:
        self.skew = 0

    def restart(self) -> None:
        """Somebody kills the program at whatever it asks or writes next."""
        self.wire.chance, self.at_commits = self.random.choice(((0.5, 0.0), (0.0, 0.15)))

    def round(self) -> None:
        self.in_round = True
        try:
            drive(go(self.sync))
        except Killed:
            self.kills += 1
            self.wire.chance = self.at_commits = 0.0
            self.close()
            self.registry = self._open()
            self.sync = self._sync()
        finally:
            self.in_round = False
        self.found += invariants.after_round(self)

    def _declare(self, claim: Claim) -> None:
        oldest = business_days.oldest_reportable(self.now)
        whole = claim._replace(at=claim.at // SECOND * SECOND)
        deed = Deed(Actor.PROVIDER, Door.API)

        def work(transaction: Transaction) -> None:
            ledger.declare(
                transaction, self.registry.policy, self.brand, [whole], deed, oldest=oldest if self.now > NOON else 0
            )

        self.registry.store.write_now(work)

    # -- how it ends ---------------------------------------------------------------------------------------------------

    @cached_property
    def state(self) -> SyncState:
        (found,) = self.registry.store.read_now(
            national_status.list_all, self.registry.keyring, self.registry.store.now()
        )
        return found

    def faults(self) -> list[str]:
        """What is wrong once all is quiet."""
        found = [f"the client {one}" for one in self.iys.broken]
        found += [f"still open: {self.state.counts}"] if self.state.left or self.state.counts["sent"] else []
        for address, number in zip(self.people, self.numbers, strict=True):
            for channel in WAYS:
                found += self._key(address, Key(number, self.brand, channel.code, 0), channel)
        return found + self._late() + self._twice() + invariants.of_history(self)

    def _key(self, address: str, key: Key, channel: Channel) -> list[str]:
        stands = self.registry.store.read_now(state.of_key, key)
        here = None if stands is None else str(Status.of(stands.status))
        there = self.iys.status(BRAND, address, channel)
        # While the citizen is asked nothing goes out: his refusal is in force here, a provider's ONAY may stand there.
        alike = here == there or {here, there} == {"RET", None} or here == "BEKLIYOR"
        if alike or (here == "ONAY" and self._untold(stands.in_force().at)):  # type: ignore[union-attr]
            return []
        return [f"{address} {channel}: {here} here, {there} at İYS"]

    def _untold(self, at: int) -> bool:
        """Whether an ONAY was too old for İYS when both met."""
        return at < business_days.oldest_reportable(NOON)

    def _late(self) -> list[str]:
        """No refusal of a citizen came later to İYS than the law lets it, by its own date there."""
        late = []
        for told in self._events():
            row = self.registry.store.read_now(public.reported, told.event)
            if told.status != RET or told.actor != Actor.CITIZEN.code or row is None or row.at is None:
                continue
            wait = row.at - told.recorded_at
            if row.at >= business_days_end(told.recorded_at):
                late.append(f"event {told.event} came {wait / HOUR:.1f} hours later")
            began = told.recorded_at
            if told.undone_by is None and not any(
                start < row.at + HOUR and began - 20 * MINUTE < end for start, end in self.down
            ):
                self.waits.append(wait)
        return late

    def _twice(self) -> list[str]:
        """Nothing of İYS's stands here twice, and nothing of ours there."""
        events = [
            (told.key, told.status, told.source, told.at) for told in self._events() if told.door == Door.SYNC.code
        ]
        found = [f"recorded twice: {one}" for one in {one for one in events if events.count(one) > 1}]
        ours = {(told.key, told.status, told.at // SECOND) for told in self._events() if told.door != Door.SYNC.code}
        found += [
            f"our own movement came back as another's: {told.event}"
            for told in self._events()
            if told.actor == Actor.PROVIDER.code
            and told.door == Door.SYNC.code
            and told.source not in (Source.HS_ATM.code, Source.HS_KARAR.code)
            if (told.key, told.status, told.at // SECOND) in ours or told.status == ONAY
        ]
        moved = [
            (one["recipient"], one["type"], one["status"], one["consentDate"])
            for one in self.iys.movements[BRAND]
            if one["source"].startswith("HS_")
        ]
        return found + [f"sent twice: {one}" for one in {one for one in moved if moved.count(one) > 1}]

    @cached_property
    def told(self) -> list[reportable.ReportableEvent]:
        return self.registry.store.read_now(reportable.after, self.brand, 0, 100_000)

    def _events(self) -> list[reportable.ReportableEvent]:
        return self.told


def business_days_end(at: int) -> int:
    """µs: the end of the third business day after a moment."""
    from consents.dates import day_bounds

    return day_bounds(business_days.stop_by(at))[1]


def make_template(folder: Path) -> Path:
    """A database with a provider, its brand and its account at İYS."""
    path = folder / "template.db"
    prepare(f"sqlite:///{path}", SECRET, Reconsent.ACCEPT)
    with Registry.open(f"sqlite:///{path}", SECRET, reconsent=Reconsent.ACCEPT, now=lambda: NOON) as registry:

        def work(transaction: Transaction) -> None:
            companies.add_provider(transaction, BRAND, "Çınar A.Ş.")
            companies.add_brand(transaction, BRAND, BRAND, "Çınar")
            accounts.add(transaction, registry.keyring, BRAND, BRAND, "sirket", "gizli-parola")
            accounts.start(transaction, 1)

        registry.store.write_now(work)
    return path


def run(seed: int, folder: Path, template: Path, days: float = 30) -> World:
    """Lives through one seed's days."""
    world = World(seed, folder, template, days)
    try:
        world.live()
        world.found += world.faults()
        from consents.care import audit

        fault = world.registry.store.read_now(audit.verify, Reconsent.ACCEPT)
        world.found += [fault] if fault else []
    finally:
        world.close()
    return world


def dense(seed: int, folder: Path, template: Path) -> World:
    """A working day with a round every half minute, a refusal every twelve minutes, and no outage."""
    world = World(seed, folder, template, 0.5)
    world.iys.late = lambda: world.random.choice((1, 30))  # what İYS takes itself
    try:
        world.round()
        while world.now < world.ends:
            world.refuse_somebody()
            for _ in range(24):
                world.now += 30 * SECOND
                world.round()
        world.now = world.ends
        for _ in range(60):
            world.now += MINUTE
            world.round()
        world.found += world.faults()
    finally:
        world.close()
    return world


def main() -> None:
    seed, days = int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 30
    from web import logs

    logs.configure("debug" if len(sys.argv) > 3 else "error")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = run(seed, folder, make_template(folder), days)
        print(f"seed {seed}: {len(world.iys.calls)} requests, {world.kills} kills, {len(world.told)} events")
        for fault in world.found:
            print(" ", fault)
        sys.exit(bool(world.found))


if __name__ == "__main__":
    main()


__all__ = ["World", "history", "make_template", "run"]
