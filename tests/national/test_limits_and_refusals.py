"""The hour's limit of single questions, standing refusals on both sides, a row of the corpus, and the worker's end."""

from __future__ import annotations

import asyncio
import json
from functools import partial

import pytest

from consents import ledger
from consents.history import Deed
from consents.instants import DAY, HOUR, SECOND
from consents.rules import ONAY, RET, Reconsent
from consents.terms import Actor, Door
from izin import scheduler
from national import national_brands, rounds
from national.upstream import accounts, transport
from settings import load
from tests import ROOT
from tests.conftest import SECRET, Clock, Opener
from tests.national.conftest import BRAND, PHONE, Company
from tests.national.wired import Wired

WAY = [(1, 0)]  # SMS, as a private person


def ahead(company: Company, *, refuses: bool = True) -> None:
    """He refuses SMS ahead, or ends that."""
    recipient = company.key().recipient
    change = partial(ledger.change_blanket, refuses=refuses)
    write = company.registry.store.write_now
    assert write(change, company.registry.policy, recipient, WAY, Deed(Actor.CITIZEN, Door.PAGE)) is not None


def both_allow(company: Company) -> None:
    company.declares(ONAY, company.clock.now - DAY)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)


def test_a_large_comparison_goes_on_where_the_hour_ended(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "SINGLES", 3)
    people = [f"+9053200000{number}" for number in range(10, 18)]
    for one in people:  # too old for İYS, so they differ for ever: what was asked is not asked anew
        company.declares(ONAY, company.clock.now - 20 * DAY, one)
    singles = []
    for hour in range(3):
        company.iys.calls.clear()
        company.rounds(50, every=10)
        assert (company.synced_brand().compared_at is None) is (hour < 2)
        singles.append(sum(path.endswith("/consents/status") for _, path, _ in company.iys.calls))
        company.clock.forward(minutes=11)
    assert singles == [3, 3, 2]
    assert not company.iys.broken
    assert company.state().account.blocked_by is None


def test_h086_holds_up_the_comparison_alone(company: Company) -> None:
    both_allow(company)
    company.meet()
    company.iys._singles.extend([company.clock.now / 1e6] * 1000)  # another program has asked
    company.declares(ONAY, company.clock.now - 20 * DAY, "+905320000011")
    company.registry.store.write_now(national_brands.compare_again, company.brand)
    company.decides(RET)
    company.rounds(10)
    assert company.there() == "RET", "a refusal leaves all the same"
    assert company.synced_brand().compared_to >= 0
    assert len(company.iys.broken) == 1, "asked once, then not for a quarter of an hour"
    company.rounds(75)
    assert company.synced_brand().compared_to == -1
    assert len(company.iys.broken) <= 5


def test_a_standing_refusal_goes_out_as_what_it_means(company: Company) -> None:
    both_allow(company)
    company.meet()
    ahead(company)
    company.rounds(15)
    assert (company.here(), company.there()) == ("RET", "RET")
    assert company.sent()[-1][1:3] == ("RET", "HS_WEB")
    company.clock.forward(minutes=5)
    ahead(company, refuses=False)
    company.rounds(15)
    assert (company.here(), company.there()) == ("ONAY", "ONAY"), "what it covered stands again"


def test_a_newer_consent_of_the_pull_waits_where_all_was_refused(company: Company) -> None:
    both_allow(company)
    company.meet()
    ahead(company)
    company.rounds(15)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", company.clock.now // SECOND)
    lists = len(company.iys.batches)
    company.rounds(150, every=10)
    assert company.here() == "BEKLIYOR", "he is asked; nothing is sent to him"
    assert len(company.iys.batches) == lists, "while he is asked nothing goes out"
    company.decides(RET)
    company.rounds(15)
    assert (company.here(), company.there()) == ("RET", "RET")


def test_an_older_consent_of_the_pull_is_refused_there_too(company: Company) -> None:
    """İYS holds an ONAY from before he refused ahead, and nobody here knew of it."""
    company.meet()
    said = company.clock.now - HOUR
    ahead(company)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", said // SECOND)
    company.rounds(150, every=10)
    assert (company.here(), company.there()) == ("RET", "RET")
    assert company.sent()[-1][1:3] == ("RET", "HS_KARAR")
    before = len(company.iys.movements[BRAND])
    company.rounds(180, every=30)
    assert len(company.iys.movements[BRAND]) == before


def test_compared_with_a_standing_refusal_he_is_refused_there(company: Company) -> None:
    both_allow(company)
    ahead(company)
    company.meet()
    company.rounds(15)
    assert (company.here(), company.there()) == ("RET", "RET")


def test_the_older_refusal_of_a_pull_after_a_newer_consent(
    database_url: str, open_registry: Opener, clock: Clock
) -> None:
    """Row event_sequences-016 of the corpus, through the sync."""
    lines = (ROOT / "tests/corpus/event_sequences.jsonl").read_text(encoding="utf-8").splitlines()
    (row,) = (one for one in map(json.loads, lines) if one["id"] == "event_sequences-016")
    assert row["input"] == ["CSV:ONAY@10:00:00", "IYS:RET@09:59:59"]
    company = Company(open_registry(database_url, reconsent=Reconsent.CONFIRM), clock)
    company.meet()
    company.iys.citizen(BRAND, PHONE, "MESAJ", "RET")
    clock.forward(seconds=1)
    company.declares(ONAY, clock.now)
    company.rounds(150, every=10)
    assert company.here() == row["expect"]["state"]
    company.loop.close()


def test_the_worker_gives_the_lease_back_and_closes_its_connections(company: Company) -> None:
    class Closing(Wired):
        closed = 0

        async def close(self) -> None:
            self.closed += 1

    settings = load({"SECRET_KEY": SECRET, "RECONSENT": "accept", "IYS_URL": "https://iys.example"})
    wire = Closing(company.iys)

    async def work() -> None:
        here = rounds.of_registry(company.registry, "https://iys.example")
        here.transport = wire
        async with scheduler.work(company.registry, settings, []):
            assert await rounds.go(here)
            assert here.leased_at is not None
        assert here.leased_at is None

    asyncio.run(work())
    assert wire.closed == 1
    assert company.registry.store.write_now(accounts.take_lease, b"another"), "the next process need not wait"


@pytest.mark.parametrize(("mood", "waits"), [("503", [5, 15, 60]), ("cut", [5, 15, 60]), ("429", [60])])
def test_after_a_failed_request_iys_is_asked_soon_and_then_ever_more_rarely(
    company: Company, mood: str, waits: list[int]
) -> None:
    company.meet()
    company.clock.forward(hours=2)
    company.iys.mood = lambda method, path: mood
    for wait in waits:
        company.round()
        account = company.state().account
        assert account.blocked_until - company.clock.now == wait * SECOND
        assert company.sync.due_in == min(wait, rounds.EVERY)
        company.clock.forward(seconds=wait)
    company.iys.mood = lambda method, path: None
    company.round()
    assert company.state().account.blocked_by is None
    assert company.sync.due_in == rounds.EVERY
    company.clock.forward(hours=2)
    company.iys.mood = lambda method, path: "503"
    company.round()
    assert company.state().account.blocked_until - company.clock.now == 5 * SECOND, "after a success it begins anew"


def test_the_round_after_a_short_wait_begins_before_its_time(company: Company) -> None:
    async def main() -> None:
        bell = rounds.bell(company.registry)
        rounds.call_early(company.sync)
        company.sync.due_in = 0.01
        assert not bell.is_set()
        rounds.call_early(company.sync)
        async with asyncio.timeout(20):
            await bell.wait()

    asyncio.run(main())
