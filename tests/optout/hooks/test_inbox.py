"""The poller: what no push brought is found in the carrier's list, once, whatever breaks on the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text as sql

from consents.store import Snapshot, Statement, StoreUnavailable, Transaction
from gateways import carriers
from gateways.carrier import Down
from gateways.carriers import CARRIERS
from gateways.twilio import inbox as twilio_inbox
from izin import jobs, scheduler
from optout.sms import inbound_messages, polling
from settings import load
from tests.conftest import NOON, SECRET, SLOW
from tests.consents.conftest import furnish
from tests.gateways.conftest import Written
from tests.gateways.fake_http import FakeHttp
from tests.gateways.fake_twilio import SENDER, FakeTwilio
from tests.gateways.fake_verimor import FakeVerimor
from tests.optout.hooks.conftest import AYSE, PATH_SECRET, PUBLIC, Door, Open, Post

MINUTE = 60_000_000  # µs


class Carrier(NamedTuple):
    """A stand-in with its site.

    ``write(text)``: somebody writes; it returns what pushes that message to the site, on a carrier's path.
    """

    post: Post
    fake: Any
    write: Callable[[str], Callable[..., int]]


@pytest.fixture
def http() -> Iterator[FakeHttp]:
    fake = FakeHttp()
    yield fake
    fake.close()


def test_every_carrier_that_pushes_is_tried_here() -> None:
    assert {name for name, offer in carriers.CARRIERS.items() if offer.hook} == {"twilio", "verimor", "http"}


@pytest.fixture(params=["twilio", "verimor", "http"])
def carrier(request: pytest.FixtureRequest, site: Open, door: Door) -> Carrier:
    fake = request.getfixturevalue(request.param)
    post = site(SMS_GATEWAY=fake.url, HOOK_SECRET=PATH_SECRET, OPTOUT_NUMBER="3838")

    def by_twilio(text: str) -> Callable[..., int]:
        form = fake.form(fake.receive(AYSE, text, post.clock.now / 1e6))
        return lambda at="twilio": (
            post.twilio(form, path=f"/hooks/{at}/sms", url=f"{PUBLIC}/hooks/{at}/sms").status_code
        )

    def by_verimor(text: str) -> Callable[..., int]:
        entry = fake.receive(AYSE.removeprefix("+"), text, post.clock.now / 1e6)
        return lambda at="verimor": post.verimor([entry], at=at).status_code

    def by_http(text: str) -> Callable[..., int]:
        entry = fake.receive(AYSE, text, post.clock.now / 1e6)
        return lambda at="http": post.verimor(entry, at=at).status_code

    return Carrier(post, fake, {"twilio": by_twilio, "verimor": by_verimor, "http": by_http}[request.param])


def test_a_push_that_never_came_is_found_and_answered_through_the_outbox(carrier: Carrier, door: Door) -> None:
    carrier.write("RET Ornek")
    carrier.post.look()
    ((found,), posted) = door.taken, door.posted
    assert (found.text, found.received_at, posted) == ("RET Ornek", NOON, [True])


def test_what_is_rightly_signed_for_another_carriers_path_is_not_taken(carrier: Carrier, door: Door) -> None:
    """Or with the right secret on it: only the site's own carrier has a path."""
    push, own = carrier.write("RET"), carrier.post.settings.sms_gateway.scheme
    assert [push(other) for other in [*CARRIERS, "olmayan"] if other != own] == [404] * len(CARRIERS)
    assert (door.taken, carrier.post.count("inbound_message")) == ([], 0)
    assert push() == 200


def test_nearly_a_third_of_the_pushes_is_lost_and_all_are_found_within_six_minutes(
    carrier: Carrier, door: Door
) -> None:
    dice, post = random.Random(30), carrier.post
    post.look()
    came: dict[str, int] = {}
    found: dict[str, int] = {}
    looked = post.clock.now
    for number in range(200):
        text = f"RET {number}"
        push = carrier.write(text)
        came[text] = post.clock.now
        if dice.random() >= 0.3:
            assert push() == 200
        post.clock.forward(seconds=dice.randrange(40))
        if post.clock.now >= looked + jobs.LOOKS * 1_000_000:
            looked = post.clock.now
            post.look()
        found |= {text: post.clock.now for text in door.texts if text not in found}
    post.clock.now = looked + 5 * MINUTE
    post.look()
    found |= {text: post.clock.now for text in door.texts if text not in found}
    assert found.keys() == came.keys()
    assert max(found[text] - came[text] for text in came) <= 6 * MINUTE
    assert len(door.texts) == 200
    assert post.count("inbound_message") == 200


@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=SLOW), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 6))]
)
def test_whatever_is_lost_late_doubled_or_refused_each_message_is_taken_once(
    carrier: Carrier, door: Door, seed: int
) -> None:
    dice, post = random.Random(seed), carrier.post
    written, pushes = [f"RET {number}" for number in range(40)], []
    for text in written:
        pushes.append(carrier.write(text))
        door.closed, carrier.fake.mode = dice.random() < 0.2, dice.choice(["", "", "", "503"])
        for push in dice.choices(pushes, k=dice.randrange(4)):
            assert push() == (503 if door.closed else 200)
        if dice.random() < 0.3:
            with suppress(Down, StoreUnavailable):
                post.look()
        post.clock.forward(minutes=dice.choice([0, 1, 20]))
    door.closed, carrier.fake.mode = False, ""
    post.look()
    assert sorted(door.texts) == sorted(written)
    assert post.count("inbound_message") == len(written)


def test_looking_again_and_pushing_late_adds_nothing(carrier: Carrier, door: Door) -> None:
    pushes = [carrier.write(f"RET {number}") for number in range(5)]
    for _ in range(3):
        carrier.post.look()
        carrier.post.clock.forward(minutes=5)
        assert {push() for push in pushes} == {200}
    assert len(door.texts) == carrier.post.count("inbound_message") == 5


def test_what_is_known_is_not_even_taken_up(carrier: Carrier, door: Door) -> None:
    carrier.write("RET Ornek")
    carrier.post.look()
    door.poison = "RET Ornek"
    carrier.post.look()
    assert door.texts == ["RET Ornek"]


def test_what_a_dead_store_could_not_take_is_found_later(carrier: Carrier, door: Door) -> None:
    post = carrier.post
    post.look()
    before = post.cursor
    push = carrier.write("RET Ornek")
    door.closed = True
    assert push() == 503
    post.clock.forward(minutes=5)
    with pytest.raises(StoreUnavailable):
        post.look()
    assert post.cursor == before, "not moved over what was not committed"
    door.closed = False
    post.clock.forward(minutes=5)
    post.look()
    assert door.texts == ["RET Ornek"]
    assert post.cursor != before


@pytest.mark.parametrize("looked", [False, True])
def test_a_list_that_is_dead_for_days_loses_nothing(carrier: Carrier, door: Door, looked: bool) -> None:
    if looked:
        carrier.post.look()
    carrier.write("RET Ornek")
    carrier.fake.mode = "503"
    for _ in range(20):
        with pytest.raises(Down):
            carrier.post.look()
        carrier.post.clock.forward(hours=6)
    carrier.fake.mode = ""
    carrier.post.look()
    assert door.texts == ["RET Ornek"]


def unread(post: Post) -> list[str]:
    """The texts that wait for a person."""
    return [one.text for one in post.registry.store.read_now(inbound_messages.unclear, post.registry.keyring)]


def test_one_message_that_breaks_us_waits_for_a_person_and_holds_up_neither_others_nor_the_place(
    carrier: Carrier, door: Door
) -> None:
    carrier.write("RET 0")
    carrier.post.look()
    before = carrier.post.cursor
    door.poison = "RET 1"
    for text in ("RET 1", "RET 2"):
        carrier.write(text)
    for _ in range(2):
        carrier.post.clock.forward(minutes=5)
        carrier.post.look()
    assert door.texts == ["RET 0", "RET 2"]
    assert unread(carrier.post) == ["RET 1"]
    assert carrier.post.cursor != before


def test_the_place_stays_where_a_message_can_neither_be_taken_nor_kept(
    carrier: Carrier, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier.write("RET 0")
    carrier.post.look()
    before = carrier.post.cursor
    for text in ("RET 1", "RET 2"):
        carrier.write(text)
    with monkeypatch.context() as broken:
        door.poison = "RET 1"
        broken.setattr(inbound_messages, "keep_unread", lambda *given: 1 / 0)
        carrier.post.clock.forward(minutes=5)
        carrier.post.look()
    assert (door.texts, carrier.post.cursor) == (["RET 0", "RET 2"], before)
    door.poison = ""
    carrier.post.look()
    assert door.texts == ["RET 0", "RET 2", "RET 1"]
    assert carrier.post.cursor != before


def test_the_order_is_that_of_arrival(carrier: Carrier, door: Door) -> None:
    texts = [f"RET {number}" for number in range(150)]
    for text in texts:
        carrier.write(text)
        carrier.post.clock.forward(seconds=1)
    carrier.post.look()
    assert door.texts == texts


# -- Twilio's list --------------------------------------------------------------------------------------------------


def test_twilio_is_asked_for_each_number_of_ours_and_for_nothing_we_sent(
    site: Open, twilio: FakeTwilio, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_inbox, "PAGE", 2)
    post = site(SMS_GATEWAY=twilio.url, OPTOUT_NUMBER="3838")
    brand = furnish(post.registry).cinar
    post.registry.store.write_now(Transaction.insert, "brand_number", "number,brand", [("+905320000077", brand)])
    for place, number in enumerate((SENDER, "3838", "+905320000077", "+905320000099") * 3):
        twilio.receive(AYSE, f"RET {place}", NOON / 1e6 + place, to=number)
    twilio.receive(SENDER, "Izin kodu", NOON / 1e6, to=SENDER, direction="outbound-api")
    post.clock.forward(minutes=1)
    post.look()
    assert door.texts == [f"RET {place}" for place in range(12) if place % 4 != 3]


def test_twilio_is_asked_an_hour_before_the_last_look(site: Open, twilio: FakeTwilio, door: Door) -> None:
    post = site(SMS_GATEWAY=twilio.url)
    post.look()
    post.clock.forward(minutes=5)
    twilio.receive(AYSE, "RET late", NOON / 1e6 - 3500)
    twilio.receive(AYSE, "RET too late", NOON / 1e6 - 3700)
    post.look()
    assert door.texts == ["RET late"]
    assert post.cursor == str((NOON + 5 * MINUTE) // 1_000_000)


@pytest.mark.parametrize("mode", ["500", "garbage", "list", "cut"])
def test_a_list_of_twilio_that_cannot_be_had_is_down(site: Open, twilio: FakeTwilio, door: Door, mode: str) -> None:
    twilio.mode = mode
    with pytest.raises(Down) as fault:
        site(SMS_GATEWAY=twilio.url).look()
    assert "AC0" not in str(fault.value)


# -- Verimor's list -------------------------------------------------------------------------------------------------


def test_verimor_is_read_on_from_the_last_whole_page(site: Open, verimor: FakeVerimor, door: Door) -> None:
    post = site(SMS_GATEWAY=verimor.url)
    for number in range(250):
        verimor.receive(AYSE, f"RET {number}", NOON / 1e6)
    door.closed_at = "RET 150"
    with pytest.raises(StoreUnavailable):
        post.look()
    assert len(door.texts) == 150
    assert post.cursor == str(verimor.inbound[99]["message_id"])
    door.closed_at = None
    post.look()
    assert door.texts[-1] == "RET 249"
    assert post.cursor == str(verimor.inbound[249]["message_id"])


# -- the chore ------------------------------------------------------------------------------------------------------


def test_only_carriers_that_receive_are_read(twilio: FakeTwilio, verimor: FakeVerimor) -> None:
    def chores(url: str) -> list[str]:
        return [chore.name for chore in jobs.list_jobs(load({"SECRET_KEY": SECRET, "SMS_GATEWAY": url}))]

    assert "twilio inbox" in chores(twilio.url)
    assert "verimor inbox" in chores(verimor.url)
    assert not any("inbox" in name for name in chores("file:var/outbox.jsonl"))


def test_a_ring_makes_the_worker_look_at_once_and_a_failing_list_makes_it_late(
    carrier: Carrier, door: Door, written: Written
) -> None:
    post = carrier.post

    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110 (it watches another program's state)
                await asyncio.sleep(0.01)

    async def main() -> None:
        (chore,) = [chore for chore in jobs.list_jobs(post.settings) if chore.name.endswith(" inbox")]
        assert chore.every == 300.0
        async with scheduler.work(post.registry, post.settings, [chore]):
            carrier.write("RET 1")
            polling.ring(post.registry)
            await until(lambda: door.texts == ["RET 1"])
            carrier.fake.mode = "500"
            carrier.write("RET 2")
            written()
            polling.ring(post.registry)
            said = f'"chore_failed", "chore": "{chore.name}", "error": "Down", "cause": "{chore.name.split()[0]} '
            await until(lambda: said in written())
            chore.done_at -= 1000
            assert chore.lag() > 600
            carrier.fake.mode = ""
            polling.ring(post.registry)
            await until(lambda: door.texts == ["RET 1", "RET 2"])
            await until(lambda: chore.lag() == 0)

    asyncio.run(main())


def test_the_cursor_names_when_it_was_read(carrier: Carrier) -> None:
    carrier.write("RET Ornek")
    carrier.post.look()
    row = carrier.post.registry.store.read_now(Snapshot.one, Statement(sql("SELECT read_at FROM inbox_cursor")))
    assert row == (NOON // 1_000_000,)
