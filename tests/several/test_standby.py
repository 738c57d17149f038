"""``DATABASE_READ_URL``: a standby is read where it holds what the reader may not miss, and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from consents import ledger
from consents.brands import companies
from consents.care import standbys
from consents.registry import Registry
from consents.store import Snapshot, Statement, Store, StoreUnavailable, Transaction, Unfit, failures, replica
from consents.store.replica import BEHIND, EXACT
from consents.terms import Actor
from providers.callers import uses
from providers.callers.uses import Window
from settings import Refused, load
from tests.conftest import SECRET, Clock
from tests.providers.api.desk import CINAR, Desk, brand, consent
from tests.several.conftest import wait
from tests.several.standby import Standby

HERE = Statement(text("SELECT pg_is_in_recovery(), (SELECT count(*) FROM provider)"))


class Watch:
    """Stands in for the module ``time`` of the replica."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(scope="module")
def standby(postgresql: str, postgresql_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standby]:
    with Standby(postgresql, tmp_path_factory.mktemp("standby") / "log") as started:
        yield started


@pytest.fixture
def registry(standby: Standby, postgresql_url: str, clock: Clock) -> Iterator[Registry]:
    standby.ask("SELECT pg_wal_replay_resume()")
    name = postgresql_url.partition("@/")[2].partition("?")[0]
    there = f"SELECT count(*) FROM pg_database WHERE datname = '{name}'"
    wait(lambda: standby.ask(there), "the database at the standby")
    with Registry.open(postgresql_url, SECRET, now=clock, standby=standby.url(postgresql_url)) as opened:
        yield opened
    standby.ask("SELECT pg_wal_replay_resume()")


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    made = Watch()
    monkeypatch.setattr(replica, "time", made)
    return made


def reads(registry: Registry, behind: float) -> tuple[bool, int]:
    """Whether a standby was read, and how many providers were seen."""

    async def main() -> Any:
        return await registry.store.read_behind(behind, Snapshot.one, HERE)

    found: tuple[bool, int] = asyncio.run(main())
    assert registry.store.replica
    assert registry.store.replica.used == found[0]
    return found


def wait_for(registry: Registry, behind: float, providers: int) -> None:
    """Until the standby is read: the primary writes now and then by itself, as where it makes a checkpoint."""
    wait(lambda: reads(registry, behind) == (True, providers), "a read at the standby")


def caught_up(registry: Registry, standby: Standby) -> Callable[[], bool]:
    def asked() -> bool:
        far = registry.store.read_now(replica.written).position
        return bool(standby.ask(f"SELECT pg_last_wal_replay_lsn() - '0/0' >= {far}"))

    return asked


def add(registry: Registry, code: int) -> None:
    registry.store.write_now(companies.add_provider, code, "Çınar A.Ş.")


def test_a_standby_that_keeps_up_is_read(registry: Registry, standby: Standby, watch: Watch) -> None:
    add(registry, 600100)
    wait(caught_up(registry, standby), "the standby")
    for behind in (BEHIND, EXACT):
        wait_for(registry, behind, 1)


def test_what_may_be_behind_is_so_within_its_bound_and_the_rest_never(
    registry: Registry, standby: Standby, watch: Watch
) -> None:
    wait(caught_up(registry, standby), "the standby")
    wait_for(registry, BEHIND, 0)
    standby.ask("SELECT pg_wal_replay_pause()")
    add(registry, 600100)
    watch.now += BEHIND - 1
    assert reads(registry, EXACT) == (False, 1), "it would miss what was acknowledged"
    assert reads(registry, BEHIND) == (True, 0), "as it was nine seconds ago"
    watch.now += 2
    assert reads(registry, BEHIND) == (False, 1), "eleven"
    standby.ask("SELECT pg_wal_replay_resume()")
    wait_for(registry, BEHIND, 1)


def test_a_standby_that_nobody_has_measured_yet_must_hold_everything(
    registry: Registry, standby: Standby, watch: Watch
) -> None:
    wait(caught_up(registry, standby), "the standby")
    standby.ask("SELECT pg_wal_replay_pause()")
    add(registry, 600100)
    assert reads(registry, BEHIND) == (False, 1)


def test_a_standby_that_is_away_rests_and_the_primary_is_read(
    postgresql_url: str, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = postgresql_url.replace("host=/", "host=/nowhere/")
    with Registry.open(postgresql_url, SECRET, now=clock, standby=away) as registry:
        store, asked = registry.store, list[object]()
        snapshot = store.snapshot

        def counted(**given: Any) -> Any:
            asked.append(given.get("engine"))
            return snapshot(**given)

        monkeypatch.setattr(store, "snapshot", counted)
        assert [reads(registry, BEHIND) for _ in range(3)] == [(False, 0)] * 3
        assert len([engine for engine in asked if engine is not None]) == 1, "not asked at each read"
        assert standbys.warnings(store)[0].startswith("DATABASE_READ_URL does not answer")
        watch.now += 6
        assert reads(registry, BEHIND) == (False, 0)
        assert len([engine for engine in asked if engine is not None]) == 2


def test_a_server_that_is_no_standby_is_not_read(postgresql_url: str, clock: Clock, watch: Watch) -> None:
    """An old primary that nobody has fenced: its position may be beyond the new one's, and what it holds is old."""
    with Registry.open(postgresql_url, SECRET, now=clock, standby=postgresql_url) as registry:
        assert [reads(registry, behind) for behind in (EXACT, BEHIND)] == [(False, 0)] * 2
        assert registry.store.replica
        assert not registry.store.replica.used
        assert "is no standby" in standbys.warnings(registry.store)[0]


def test_a_standby_with_another_history_is_not_read(registry: Registry, standby: Standby, watch: Watch) -> None:
    """It may be further than the primary, as an old one that was not rewound, and lacks what that has recorded."""
    add(registry, 600100)
    registry.store.write_now(ledger.note, Actor.STAFF, registry.keyring.seal_evidence({}))
    wait(caught_up(registry, standby), "the standby")
    wait_for(registry, EXACT, 1)
    assert registry.store.replica
    mark = registry.store.read_now(replica.written)
    wait(caught_up(registry, standby), "the standby, with what the primary has written by itself")
    for other in (mark._replace(act=2), mark._replace(recorded_at=1.0)):
        registry.store.replica._written = lambda other=other: other  # type: ignore[misc]
        assert reads(registry, EXACT) == (False, 1)
        assert "no standby of this primary" in standbys.warnings(registry.store)[0]
        watch.now += 6
    registry.store.replica._written = lambda: mark
    wait_for(registry, EXACT, 1)


def test_of_several_hosts_the_one_that_is_a_standby_is_read(
    standby: Standby, postgresql_url: str, registry: Registry, clock: Clock, watch: Watch
) -> None:
    wait(caught_up(registry, standby), "the standby")
    there = standby.url(postgresql_url)
    named = f"{postgresql_url},{there.partition('host=')[2]}"
    with Registry.open(postgresql_url, SECRET, now=clock, standby=named) as site:
        wait_for(site, BEHIND, 0)
        assert site.store.replica
        with site.store.replica.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar()


def test_a_standby_that_hangs_leaves_time_for_the_primary(registry: Registry, standby: Standby, watch: Watch) -> None:
    wait(caught_up(registry, standby), "the standby")
    store, seen, check = registry.store, list[float | None](), replica.Replica.check

    def patience(snapshot: Snapshot) -> None:
        seen.append(snapshot.connection.patience)

    def noted(self: replica.Replica, transaction: Transaction, *asked: Any) -> None:
        one = transaction.one
        transaction.one = lambda *question: (patience(transaction), one(*question))[1]  # type: ignore[method-assign]
        check(self, transaction, *asked)

    def read_there() -> bool:
        assert store.replica
        asyncio.run(store.read_behind(BEHIND, patience))
        return store.replica.used

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replica.Replica, "check", noted)
        wait(read_there, "a read at the standby")
    asking, reading = seen[-2:]
    assert asking == reading == replica.PATIENCE < failures.DEADLINE / 2


def test_a_standby_that_dies_in_a_read_is_followed_by_the_primary(registry: Registry, standby: Standby) -> None:
    wait(caught_up(registry, standby), "the standby")
    asked = list[bool]()

    def dying(snapshot: Snapshot) -> bool:
        (at_standby,) = (snapshot.one(HERE) or (False,))[:1]
        asked.append(bool(at_standby))
        if at_standby:
            raise StoreUnavailable("as of a connection that is gone")
        return bool(at_standby)

    async def main() -> bool:
        return await registry.store.read_behind(BEHIND, dying)

    def followed() -> bool:
        asked.clear()
        assert asyncio.run(main()) is False
        return asked == [True, False]

    wait(followed, "a read that begins at the standby")  # the primary writes now and then by itself


def test_a_program_finds_what_it_has_just_written_and_its_feed_a_little_later(
    registry: Registry, standby: Standby, clock: Clock, watch: Watch
) -> None:
    here = Desk(registry, clock, {})
    program = here.program("cinar")
    at = brand(CINAR)
    wait(caught_up(registry, standby), "the standby")
    assert program.get(f"{at}/consents/changes?source=HS").status_code == 204
    wait(caught_up(registry, standby), "the standby, with what the primary has written by itself")
    standby.ask("SELECT pg_wal_replay_pause()")
    assert program.post(f"{at}/consents", consent(1)).status_code == 200
    key = {"recipient": "+905320000001", "type": "MESAJ", "recipientType": "BIREYSEL"}
    assert program.post(f"{at}/consents/status", key).json()["status"] == "ONAY"
    asked = program.post(f"{at}/consents/BIREYSEL/status/MESAJ", {"recipients": ["+905320000001"]})
    assert asked.json()["list"] == ["+905320000001"]
    assert program.get(f"{at}/consents/changes?source=HS").status_code == 204, "within ten seconds it may lack it"
    watch.now += BEHIND + 1
    assert len(program.get(f"{at}/consents/changes?source=HS").json()["list"]) == 1
    here.close()


@pytest.mark.parametrize("name", ["READ", "DIRECT"])
def test_a_second_url_is_for_postgresql(name: str) -> None:
    with pytest.raises(Refused, match=f"DATABASE_{name}_URL is for PostgreSQL"):
        load({"SECRET_KEY": SECRET, "DATABASE_URL": "sqlite:///x.db", f"DATABASE_{name}_URL": "postgresql://a/b"})


def test_an_address_of_a_standby_that_cannot_be_read_is_named_as_that(postgresql_url: str) -> None:
    with pytest.raises(Unfit, match=r"^DATABASE_READ_URL cannot be read") as told:
        Store.open(postgresql_url, standby="postgresql://izin:gizli@b:port/izin")
    assert "gizli" not in str(told.value)


def test_a_site_that_is_led_to_a_standby_by_mistake_says_that_nothing_can_be_recorded(
    registry: Registry, standby: Standby, postgresql_url: str, clock: Clock
) -> None:
    def count(transaction: Transaction) -> None:
        uses.count_calls(transaction, [Window(b"key", 1, 1)])

    wait(caught_up(registry, standby), "the standby")
    with Registry.open(standby.url(postgresql_url), SECRET, now=clock) as lost:
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="takes no writes"):
                add(lost, 600100)
        assert lost.store.commits.failing
        with pytest.raises(StoreUnavailable, match="takes no writes"):
            asyncio.run(lost.store.read(Snapshot.one, HERE, first=count))
        assert lost.store.read_now(Snapshot.one, HERE) == (True, 0)
