"""Movements pushed to providers' programs: registered, told once and in order, whatever the other side does."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

import settings
from consents import ledger
from consents.history import Deed
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Door
from izin import jobs, scheduler
from providers.api import wire
from providers.push import push_connections, push_store, push_targets, pusher
from providers.push.lookups import Lookups, Public
from providers.push.push_targets import BadTarget
from tests.consents.works import full_of_work
from tests.providers.api.conftest import Open
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, PARTNER, Desk, Program, brand, codes, consent
from tests.providers.api.target import PASSWORD, USERNAME, Target
from tests.providers.api.test_consents import ONAY, RET, decides
from tests.web.client import refused_for
from tests.web.conftest import REAL

B = brand(CINAR)
MESAJ, ARAMA = 1, 0
KINDS = ("ARAMA", "MESAJ", "EPOSTA")
_CONNECTION = Statement(text("SELECT cursor, tries, error, works FROM push_connection ORDER BY id"))
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what does not depend on the database
_LAST_ACT = Statement(text("SELECT max(id) FROM act"))


@pytest.fixture
def target() -> Iterator[Target]:
    made = Target()
    yield made
    made.close()


@pytest.fixture
def other() -> Iterator[Target]:
    made = Target()
    yield made
    made.close()


@pytest.fixture
def here(desk: Open, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Waits for answers as long as a busy machine takes; a test of impatience says so."""
    monkeypatch.setattr(pusher, "SECONDS", 60)
    monkeypatch.setitem(pusher.deliver.__kwdefaults__, "seconds", 60)
    return desk(PUSH_PRIVATE="1")


def register(program: Program, *connections: dict[str, Any], path: str = B) -> Any:
    return program.post(f"{path}/push/registration", {"connection": list(connections)})


def turn(here: Desk) -> None:
    """What the worker does each second."""
    asyncio.run(pusher.deliver(here.registry, private=True))


def vain_turn(here: Desk, target: Target) -> None:
    """A turn that gets no success from ``target``; where it sleeps, the time for its answer is over once it was asked.

    The clock is put forward for that: a short time might be over before it was asked.
    """

    async def work() -> None:
        asked, pushing = target.asked, asyncio.create_task(pusher.deliver(here.registry, private=True))
        await until(lambda: target.asked > asked or pushing.done())
        if target.mood == "sleep":
            loop = asyncio.get_running_loop()
            time = loop.time
            loop.time = lambda: time() + 61  # type: ignore[method-assign]
        await pushing

    asyncio.run(work())


async def until(true: Callable[[], bool]) -> None:
    """Waits for it, at most a minute."""
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 (what it waits for happens in another thread)
            await asyncio.sleep(0.01)


def fed(program: Program, path: str = B) -> list[dict[str, Any]]:
    """The same movements as the feed tells them."""
    answer = program.get(f"{path}/consents/changes")
    return [] if answer.status_code == 204 else list(answer.json()["list"])


def stands(here: Desk) -> list[tuple[Any, ...]]:
    """Cursor, tries, error, works of each connection."""
    return here.registry.store.read_now(Snapshot.all, _CONNECTION)


# -- registration ------------------------------------------------------------------------------------------------------


def test_a_connection_is_made_when_its_address_took_the_test_record(cinar: Program, target: Target) -> None:
    answer = register(cinar, target.connection())
    assert (answer.status_code, answer.json()) == (200, {"message": "Bağlantı oluşturuldu"})
    assert target.tests == wire.PUSH_TEST["list"]
    told = cinar.get(f"{B}/push/registration")
    expected = {"url": target.url, "type": "MESAJ", "registerTime": "2026-11-24 12:00:00"}
    assert told.json() == [expected | {"status": "Bağlantı Oluşturuldu"}]
    assert USERNAME not in told.text
    assert PASSWORD not in told.text


@SQLITE
@pytest.mark.parametrize(
    ("change", "code", "location"),
    [
        ({"url": None}, "H531", ["url"]),
        ({"url": 5}, "H531", ["url"]),
        ({"url": "ftp://example.com/"}, "H531", ["url"]),
        ({"url": "https://"}, "H531", ["url"]),
        ({"url": "https://user:word@example.com/"}, "H531", ["url"]),
        ({"url": "https://example.com:port/"}, "H531", ["url"]),
        ({"url": "https://example.com/a b"}, "H531", ["url"]),
        ({"url": "https://example.com\r\nX: y"}, "H531", ["url"]),
        ({"type": None}, "H111", ["type"]),
        ({"type": "EPOSTAa"}, "H117", ["type"]),
        ({"type": ["MESAJ"]}, "H117", ["type"]),
        ({"username": None}, "H093", ["username"]),
        ({"username": "a:b"}, "H093", ["username"]),
        ({"username": "a\nb"}, "H093", ["username"]),
        ({"password": None}, "H093", ["password"]),
        ({"password": ""}, "H093", ["password"]),
        ({"password": "p" * 256}, "H093", ["password"]),
        ({"name": "x"}, "H118", ["name"]),
    ],
)
def test_each_fault_of_a_connection_has_its_code_and_repeats_no_secret(
    here: Desk, cinar: Program, target: Target, change: dict[str, Any], code: str, location: list[str]
) -> None:
    wrong = {name: value for name, value in target.connection(**change).items() if value is not None}
    for path, body in (("registration", {"connection": [wrong]}), ("unregistration", wrong)):
        answer = cinar.post(f"{B}/push/{path}", body)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["code"], error["location"]) == (422, code, location)
        assert "kanarya" not in answer.text
    assert (target.asked, stands(here)) == (0, [])


@SQLITE
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "H530"),
        ({"connection": []}, "H530"),
        ({"connection": {}}, "H530"),
        ({"connection": ["x"]}, "H530"),
        ({"other": 1}, "H118"),
    ],
)
def test_what_is_no_list_of_connections_is_refused(cinar: Program, body: Any, code: str) -> None:
    refused_for(cinar.post(f"{B}/push/registration", body), 422, code)
    assert codes(cinar.post(f"{B}/push/registration", [body])) == ["H530"]


@SQLITE
@pytest.mark.parametrize("mood", [500, 401, 302, 404, "die"])
def test_an_address_that_does_not_take_the_test_record_gets_no_connection(
    here: Desk, cinar: Program, target: Target, other: Target, mood: int | str
) -> None:
    target.mood = mood
    answer = register(cinar, other.connection("ARAMA"), target.connection())
    assert (answer.status_code, codes(answer)) == (422, ["H530"])
    assert answer.json()["errors"][0]["index"] == 1
    assert stands(here) == [], "all or none"
    assert (target.asked, target.foreign) == (1, 0), "no redirect is followed"


@SQLITE
def test_a_wrong_password_and_a_closed_port_are_found_at_once(cinar: Program, target: Target) -> None:
    assert codes(register(cinar, target.connection(password="another"))) == ["H530"]
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        assert codes(register(cinar, target.connection(url=url))) == ["H530"]


@SQLITE
def test_a_certificate_that_nobody_vouches_for_is_not_accepted(cinar: Program, tmp_path: Path) -> None:
    of_itself = "req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out cert.pem"
    subprocess.run(["openssl", *of_itself.split()], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    secured = Target(certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem")
    try:
        assert secured.url.startswith("https:")
        assert codes(register(cinar, secured.connection(url=secured.url.replace("127.0.0.1", "localhost")))) == ["H530"]
        assert secured.asked == 0
    finally:
        secured.close()


@SQLITE
def test_an_address_that_does_not_answer_in_time_is_told_so(
    cinar: Program, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pusher, "SECONDS", 0.2)
    target.mood = "sleep"
    answer = register(cinar, target.connection())
    assert (answer.status_code, codes(answer)) == (422, ["H191"])
    assert "beş saniye" in answer.json()["errors"][0]["message"]


def test_a_brand_has_two_connections_for_each_type(here: Desk, cinar: Program, target: Target) -> None:
    for path in ("/a", "/b"):
        assert register(cinar, target.connection(url=target.url + path)).status_code == 200
    third = register(cinar, target.connection("ARAMA"), target.connection())
    assert (third.status_code, codes(third), third.json()["errors"][0]["index"]) == (422, ["H530"], 1)
    assert len(stands(here)) == 2, "all or none"
    assert register(cinar, target.connection("ARAMA")).status_code == 200
    assert register(cinar, target.connection(), path=brand(CINAR_ALT)).status_code == 200
    assert cinar.get(f"{brand(CINAR_ALT)}/push/registration").json()[0]["type"] == "MESAJ"


def test_the_same_address_again_gets_its_new_password_and_keeps_its_place(
    here: Desk, cinar: Program, target: Target
) -> None:
    register(cinar, target.connection())
    decides(here, 1, RET)
    before = stands(here)[0][0]
    target.password = "renewed"
    turn(here)
    assert target.heard == []
    assert register(cinar, target.connection(password="renewed")).status_code == 200
    assert [row[0] for row in stands(here)] == [before]
    turn(here)
    assert len(target.heard) == 1


def test_only_who_may_write_a_channel_makes_and_sees_and_ends_its_connections(
    here: Desk, cinar: Program, target: Target
) -> None:
    register(cinar, target.connection("ARAMA"), target.connection("MESAJ"))
    assert codes(register(here.program("isik"), target.connection("EPOSTA"))) == ["H353"]
    here.grant(CINAR, (1, 1, 1))
    partner = here.program("partner")
    assert codes(register(partner, target.connection("EPOSTA"))) == ["H353"]
    assert codes(partner.get(f"{B}/push/registration")) == ["H353"]
    here.grant(CINAR, (1, 2, 0))
    assert codes(register(partner, target.connection("MESAJ"), target.connection("ARAMA"))) == ["H353"]
    assert [one["type"] for one in partner.get(f"{B}/push/registration").json()] == ["MESAJ"]
    assert codes(partner.post(f"{B}/push/unregistration", target.connection("ARAMA"))) == ["H353"]
    for wrong in ({"password": "another"}, {"username": "x"}):
        assert codes(partner.post(f"{B}/push/unregistration", target.connection(**wrong))) == ["H530"]
    assert partner.post(f"{B}/push/unregistration", target.connection()).status_code == 200


def test_a_partners_connection_ends_with_its_right_and_the_provider_may_end_it_before(
    here: Desk, cinar: Program, target: Target, other: Target
) -> None:
    here.grant(CINAR, (0, 2, 0))
    partner = here.program("partner")
    for where in (target, other):
        assert register(partner, where.connection()).status_code == 200
    assert cinar.post(f"{B}/push/unregistration", other.connection(password="unknown")).status_code == 200
    decides(here, 1, RET)
    turn(here)
    assert (len(target.heard), len(other.heard)) == (1, 0)
    here.grant(CINAR, (0, 1, 0))
    decides(here, 2, RET)
    turn(here)
    assert len(target.heard) == 1
    assert cinar.get(f"{B}/push/registration").json() == []


def test_what_another_one_registered_a_partner_cannot_take_over(here: Desk, cinar: Program, target: Target) -> None:
    here.grant(CINAR, (0, 2, 0))
    partner = here.program("partner")
    register(cinar, target.connection())
    answer = register(partner, target.connection(url=target.url + "/b"), target.connection())
    assert (answer.status_code, codes(answer)) == (403, ["H353"])
    assert len(stands(here)) == 1, "all or none"
    here.grant(CINAR, (0, 0, 0))
    decides(here, 1, RET)
    turn(here)
    assert len(target.heard) == 1, "it is the provider's still"


def test_a_partner_renews_its_own_connection_and_the_provider_any_which_then_is_the_providers(
    here: Desk, cinar: Program, target: Target
) -> None:
    here.grant(CINAR, (0, 2, 0))
    partner = here.program("partner")
    for program in (partner, partner, cinar):
        assert register(program, target.connection()).status_code == 200
    assert codes(register(partner, target.connection())) == ["H353"]
    here.grant(CINAR, (0, 0, 0))
    decides(here, 1, RET)
    turn(here)
    assert len(target.heard) == 1
    assert len(stands(here)) == 1


def test_a_connection_that_ends_with_a_partners_right_stands_in_the_log(
    here: Desk, target: Target, written: Callable[[], str]
) -> None:
    here.grant(CINAR, (0, 2, 0))
    assert register(here.program("partner"), target.connection()).status_code == 200
    here.grant(CINAR, (0, 1, 0))
    decides(here, 1, RET)
    written()
    turn(here)
    log = written()
    (ended,) = [line for line in map(json.loads, log.splitlines()) if line["event"] == "push_ended"]
    assert (ended["level"], ended["brand"], ended["channel"], ended["partner"]) == ("warning", CINAR, MESAJ, PARTNER)
    assert "kanarya" not in log
    assert "127.0.0.1" not in log


def test_a_registration_that_is_sent_twice_is_posted_once(here: Desk, cinar: Program, target: Target) -> None:
    body, path = {"connection": [target.connection()]}, f"{B}/push/registration"
    first = cinar.post(path, body, Idempotency_Key="k")
    target.mood = 500
    again = cinar.post(path, body, Idempotency_Key="k")
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (200, again.json())
    assert codes(cinar.post(path, {"connection": [target.connection("ARAMA")]}, Idempotency_Key="k")) == ["Z422"]
    assert target.asked == 1
    assert len(stands(here)) == 1


# -- which addresses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1", "::127.0.0.1", "64:ff9b:1::1", "1::1",
    ],
)  # fmt: skip
def test_addresses_of_this_machine_and_its_network_are_not_public(address: str) -> None:
    assert not push_targets.is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "193.140.0.1", "2a00:1450:4017::200e", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert push_targets.is_public(address)


@given(st.integers(0, 2**32 - 1))
def test_an_address_in_another_spelling_is_judged_as_itself(number: int) -> None:
    plain = ".".join(map(str, number.to_bytes(4, "big")))
    high, low = divmod(number, 1 << 16)
    for spelled in (f"::ffff:{plain}", f"64:ff9b::{high:x}:{low:x}", f"2002:{high:x}:{low:x}::"):
        assert push_targets.is_public(spelled) == push_targets.is_public(plain)


@SQLITE
@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://127.0.0.1/", "https://[::1]:8443/", "https://10.0.0.1/"]
)
def test_a_real_site_makes_no_connection_to_its_own_network_and_none_without_tls(
    desk: Open, target: Target, url: str
) -> None:
    answer = register(desk().program("cinar"), target.connection(url=url))
    assert (answer.status_code, codes(answer)) == (422, ["H531" if url.startswith("http:") else "H530"])


@SQLITE
@pytest.mark.parametrize("name", ["localhost", "0x7f000001", "127.1", "2130706433", "0177.0.0.1"])
def test_a_name_that_leads_into_the_own_network_is_not_connected_to(desk: Open, target: Target, name: str) -> None:
    answer = register(desk().program("cinar"), target.connection(url=f"https://{name}:{target.port}/"))
    assert (answer.status_code, codes(answer)) == (422, ["H530"])
    assert target.asked == 0


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["8.8.8.8", "::1"]])
def test_every_address_of_a_name_must_be_public(monkeypatch: pytest.MonkeyPatch, answers: list[str]) -> None:
    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(BadTarget):
        asyncio.run(Public().resolve("program.example", 443))
    found = asyncio.run(Public(private=True).resolve("program.example", 443))
    assert [one["host"] for one in found] == answers


def test_a_name_is_looked_up_however_long_reports_take() -> None:
    async def main() -> list[Any]:
        async with full_of_work():
            return await asyncio.wait_for(Public(private=True).resolve("127.0.0.1", 443), 20)

    assert [one["host"] for one in asyncio.run(main())] == ["127.0.0.1"]


class Hanging:
    """A name server that answers nothing for names with “slow” until it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go_on, self.asked, self.hangs = threading.Event(), Counter[str](), False
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked[host] += 1
        if "slow" in host and self.hangs:
            self.go_on.wait(120)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    made = Hanging(monkeypatch)
    yield made
    made.go_on.set()


@SQLITE
def test_names_of_one_provider_that_hang_keep_no_other_providers_word_waiting(
    here: Desk, cinar: Program, target: Target, names: Hanging
) -> None:
    slow = [(brand(code), kind, place) for code in (CINAR, CINAR_ALT) for kind in KINDS for place in (1, 2)]
    for place, (path, kind, number) in enumerate(slow):
        url = f"http://slow{place}.example:{target.port}/{number}"
        assert register(cinar, target.connection(kind, url=url), path=path).status_code == 200
    quick = target.connection(url=f"http://quick.example:{target.port}/")
    assert register(here.program("isik"), quick, path=brand(ISIK)).status_code == 200
    names.hangs = True
    for code in (CINAR, CINAR_ALT):
        for channel in range(3):
            decides(here, 1, RET, channel=channel, code=code)
    decides(here, 2, RET, code=ISIK)

    async def while_they_hang() -> None:
        pushing = asyncio.create_task(pusher.deliver(here.registry, private=True))
        await until(lambda: bool(target.heard))
        assert not pushing.done()
        names.go_on.set()
        await pushing

    asyncio.run(while_they_hang())
    assert target.told[0][0]["brandCode"] == ISIK
    assert len(target.heard) == 1 + len(slow)


@SQLITE
def test_one_providers_programs_that_hang_leave_room_for_another_provider(
    here: Desk, cinar: Program, target: Target, other: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pusher, "AT_ONCE", 4)
    monkeypatch.setattr(pusher, "OF_ONE", 3)
    for kind in KINDS:
        urls = [f"{target.url}/{number}" for number in (1, 2)]
        assert register(cinar, *(target.connection(kind, url=url) for url in urls)).status_code == 200
    assert register(here.program("isik"), other.connection(), path=brand(ISIK)).status_code == 200
    target.mood = "sleep"
    for channel in range(3):
        decides(here, 1, RET, channel=channel)
    decides(here, 2, RET, code=ISIK)

    async def while_they_hang() -> None:
        pushing = asyncio.create_task(pusher.deliver(here.registry, private=True))
        await until(lambda: len(other.heard) == 1)
        assert not pushing.done()
        target.mood = 200
        target.wake()
        await pushing

    asyncio.run(while_they_hang())
    assert len(target.heard) == 6


def test_a_name_is_looked_up_once_for_all_who_wait_and_nobody_takes_more_than_two_threads(names: Hanging) -> None:
    names.hangs, lookups = True, Lookups()

    async def main() -> None:
        same = [asyncio.create_task(lookups.look_up(1, "slow.example", 443)) for _ in range(20)]
        more = [asyncio.create_task(lookups.look_up(1, f"slow{place}.example", 443)) for place in range(20)]
        await until(lambda: sum(names.asked.values()) == 2)
        same[0].cancel()
        assert await lookups.look_up(2, "quick.example", 443)
        names.go_on.set()
        assert len(await asyncio.gather(*same[1:], *more)) == 39

    asyncio.run(main())
    assert names.asked["slow.example"] == 1


def test_very_many_owners_share_the_last_threads(names: Hanging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.push.lookups.OWNERS", 3)
    names.hangs, lookups = True, Lookups()

    async def main() -> None:
        looks = [asyncio.create_task(lookups.look_up(who, f"slow{who}.example", 443)) for who in range(9)]
        await until(lambda: sum(names.asked.values()) == 5)
        assert not any(look.done() for look in looks)
        names.go_on.set()
        await asyncio.gather(*looks)

    asyncio.run(main())
    assert sum(names.asked.values()) == 9


def test_a_name_without_an_address_is_told_to_all_who_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        raise socket.gaierror("nobody knows it")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    lookups = Lookups()

    async def main() -> list[Any]:
        looks = [lookups.look_up(1, "none.example", 443) for _ in range(3)]
        return await asyncio.gather(*looks, return_exceptions=True)

    assert [type(found) for found in asyncio.run(main())] == [socket.gaierror] * 3


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch, target: Target) -> None:
    """A name is looked up once a post: what it would lead to a moment later is not asked (DNS rebinding)."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    where = push_connections.PushTarget(f"http://program.example:{target.port}/", USERNAME, PASSWORD)
    asyncio.run(pusher.post(where, wire.PUSH_TEST, private=True))
    assert asked == ["program.example"]
    assert len(target.tests) == 1


def test_private_addresses_are_for_tests_and_refused_on_an_https_site() -> None:
    with pytest.raises(settings.Refused, match="PUSH_PRIVATE"):
        settings.load({**REAL, "PUSH_PRIVATE": "1"})
    assert not settings.load(REAL).push_private


# -- delivery ----------------------------------------------------------------------------------------------------------


def test_a_citizens_word_is_told_as_the_document_writes_it(here: Desk, cinar: Program, target: Target) -> None:
    cinar.post(f"{B}/consents", consent(2))
    decides(here, 1, RET)
    register(cinar, target.connection())
    turn(here)
    assert target.told == [], "the past is read from the feed"
    here.clock.forward(minutes=1)
    decides(here, 1, ONAY)
    decides(here, 2, RET)
    decides(here, 3, RET, channel=ARAMA)
    decides(here, 4, RET, code=ISIK)
    cinar.post(f"{B}/consents", consent(5))
    turn(here)
    (told,) = target.told
    assert told[1] == {
        "iysCode": CINAR, "brandCode": CINAR, "consentDate": "2026-11-24 12:01:00",
        "creationDate": "2026-11-24 12:01:00", "source": "IYS_WEB", "recipient": "+905320000002",
        "recipientType": "BIREYSEL", "status": "RET", "type": "MESAJ", "transactionId": target.heard[1],
    }  # fmt: skip
    assert target.heard == [one["transactionId"] for one in fed(cinar) if one["type"] == "MESAJ"][1:]
    turn(here)
    assert len(target.heard) == 2, "nothing is told twice"


def test_what_an_undo_lets_stand_again_is_told_too(here: Desk, cinar: Program, target: Target) -> None:
    register(cinar, target.connection())
    cinar.post(f"{B}/consents", consent())
    decides(here, 1, RET)
    turn(here)

    def undo(transaction: Transaction) -> None:
        row = transaction.one(_LAST_ACT)
        assert row
        ledger.undo(transaction, here.registry.policy, row[0], Deed(Actor.CITIZEN, Door.PAGE))

    here.registry.store.write_now(undo)
    turn(here)
    assert [page[0]["status"] for page in target.told] == ["RET", "ONAY"]
    assert target.told[1][0]["source"] == "IYS_WEB"


def test_a_long_list_goes_in_pages_of_a_hundred(here: Desk, cinar: Program, target: Target) -> None:
    register(cinar, target.connection())
    for number in range(1, 99):
        decides(here, number, RET)
        if number % 2:
            decides(here, number, ONAY)
            decides(here, number, RET)
    turn(here)
    assert [len(page) for page in target.told] == [100, 96]
    assert target.heard == [one["transactionId"] for one in fed(cinar)]


@pytest.mark.parametrize("mood", [500, 302, "die", "sleep"])
def test_while_a_program_does_not_take_it_nothing_is_lost_and_nothing_told_out_of_order(
    here: Desk, cinar: Program, target: Target, mood: int | str
) -> None:
    register(cinar, target.connection())
    asked, target.mood = target.asked, mood
    for number in range(1, 4):
        decides(here, number, RET)
        vain_turn(here, target)
        here.clock.forward(seconds=0.5)
    assert target.asked - asked == 2, "it waits longer each time"
    assert (stands(here)[0][2] == "TimeoutError") == (mood == "sleep")
    assert cinar.get(f"{B}/push/registration").json()[0]["status"] == "Bağlantı Oluşturulamadı"
    target.mood = 200
    here.clock.forward(minutes=15)
    turn(here)
    assert target.heard == [one["transactionId"] for one in fed(cinar)]
    assert cinar.get(f"{B}/push/registration").json()[0]["status"] == "Bağlantı Oluşturuldu"
    assert stands(here)[0][1:3] == (0, None)


@SQLITE
def test_a_program_that_fails_for_hours_is_tried_every_quarter_of_an_hour(
    here: Desk, cinar: Program, target: Target
) -> None:
    register(cinar, target.connection())
    decides(here, 1, RET)
    target.mood, waits, last = 500, [], here.clock.now
    for _ in range(2 * 3600 // 20):
        before = target.asked
        turn(here)
        if target.asked > before:
            waits.append((here.clock.now - last) // 1_000_000)
            last = here.clock.now
        here.clock.forward(seconds=20)
    # 1, 2, 4, 8, 16, 32, 64, 128, 256, 512 seconds and then a quarter of an hour, as a look every 20 seconds sees them
    assert waits[:11] == [0, 20, 20, 20, 20, 20, 40, 80, 140, 260, 520]
    assert set(waits[11:]) == {900}
    target.mood = 200
    here.clock.forward(minutes=15)
    turn(here)
    assert len(target.heard) == 1


def test_a_program_that_was_gone_and_came_back_hears_everything(here: Desk, cinar: Program, other: Target) -> None:
    gone = Target()
    register(cinar, gone.connection())
    gone.close()
    for number in range(1, 4):
        decides(here, number, RET)
        turn(here)
        here.clock.forward(minutes=20)
    back = Target(gone.port)
    try:
        turn(here)
        assert back.heard == [one["transactionId"] for one in fed(cinar)]
    finally:
        back.close()


def test_two_connections_of_a_channel_do_not_wait_for_each_other(
    here: Desk, cinar: Program, target: Target, other: Target
) -> None:
    register(cinar, target.connection(), other.connection())
    asked, target.mood = target.asked, "sleep"

    async def while_it_sleeps() -> None:
        pushing = asyncio.create_task(pusher.deliver(here.registry, private=True))
        await until(lambda: target.asked > asked and len(other.heard) == 1)
        assert not pushing.done()
        target.mood = "die"
        target.wake()
        await pushing

    decides(here, 1, RET)
    asyncio.run(while_it_sleeps())
    for number in (2, 3):
        decides(here, number, RET)
        turn(here)
        assert len(other.heard) == number
    assert target.heard == []
    target.mood = 200
    here.clock.forward(minutes=15)
    turn(here)
    assert target.heard == other.heard


@SQLITE
@pytest.mark.parametrize("fault", [RecursionError(), UnicodeEncodeError("utf-8", "x", 0, 1, "no"), KeyError("x")])
def test_a_connection_that_breaks_the_program_holds_up_no_other_and_waits_longer_each_time(
    here: Desk, cinar: Program, target: Target, other: Target, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    register(cinar, target.connection(), other.connection())
    next_page = push_store.next_page

    def breaks(snapshot: Snapshot, registry: Any, one: Any) -> Any:
        if one.target.url == target.connection()["url"]:
            raise fault
        return next_page(snapshot, registry, one)

    with monkeypatch.context() as broken:
        broken.setattr(push_store, "next_page", breaks)
        for number in (1, 2):
            decides(here, number, RET)
            turn(here)
            assert len(other.heard) == number
            here.clock.forward(seconds=2)
        assert target.heard == []
        assert stands(here)[0][2] == f"failed {type(fault).__name__}"
    here.clock.forward(minutes=15)
    turn(here)
    assert target.heard == other.heard, "nothing is lost"


def test_a_hanging_program_does_not_keep_what_comes_meanwhile_from_the_others(
    here: Desk, cinar: Program, target: Target, other: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pusher, "LOOK", 0.02)
    register(cinar, target.connection(), other.connection())
    target.mood = "sleep"
    decides(here, 1, RET)

    async def work() -> None:
        pushing = asyncio.create_task(pusher.deliver(here.registry, private=True))
        await until(lambda: len(other.heard) == 1)
        await asyncio.to_thread(decides, here, 2, RET)
        await until(lambda: len(other.heard) == 2)
        assert not pushing.done()
        target.mood = 200
        target.wake()
        await pushing

    asyncio.run(work())
    assert len(other.heard) == 2


@SQLITE
def test_the_worker_tells_a_word_soon_though_nobody_rings(here: Desk, cinar: Program, target: Target) -> None:
    register(cinar, target.connection())
    todo = [chore for chore in jobs.list_jobs(here.settings) if chore.name == "push"]

    async def a_while() -> None:
        async with scheduler.work(here.registry, here.settings, todo):
            for number in (1, 2):
                await asyncio.to_thread(decides, here, number, RET)
                await until(lambda: len(target.heard) == number)  # noqa: B023 (it is waited for here)

    asyncio.run(a_while())
    assert target.heard == [one["transactionId"] for one in fed(cinar)]


@SQLITE
def test_an_endless_answer_is_not_read(here: Desk, cinar: Program, target: Target) -> None:
    register(cinar, target.connection())
    decides(here, 1, RET)
    target.mood = "babble"
    turn(here)
    assert len(target.heard) == 1
    assert stands(here)[0][1] == 0


def test_after_unregistration_nothing_is_told(here: Desk, cinar: Program, target: Target) -> None:
    register(cinar, target.connection())
    for wrong in ({"url": target.url + "x"}, {"type": "ARAMA"}):
        answer = cinar.post(f"{B}/push/unregistration", target.connection(**wrong))
        assert (answer.status_code, codes(answer)) == (422, ["H530"])
    answer = cinar.post(f"{B}/push/unregistration", target.connection())
    assert (answer.status_code, answer.json()) == (200, {"message": "Bağlantı Kaldırıldı"})
    decides(here, 1, RET)
    turn(here)
    assert target.heard == []
    assert cinar.get(f"{B}/push/registration").json() == []
    assert codes(cinar.post(f"{B}/push/unregistration", target.connection())) == ["H530"]


def test_a_stop_waits_for_the_answer_that_is_on_its_way_and_begins_no_more(
    here: Desk, cinar: Program, target: Target
) -> None:
    register(cinar, target.connection())
    for number in range(101):
        decides(here, number % 90, (RET, ONAY)[number // 90])
    target.mood = "sleep"

    async def stopped() -> None:
        asked, pushing = target.asked, asyncio.create_task(pusher.deliver(here.registry, private=True))
        await until(lambda: target.asked > asked)
        pushing.cancel()
        await asyncio.sleep(0)
        target.mood = 200
        target.wake()
        with pytest.raises(asyncio.CancelledError):
            await pushing

    asyncio.run(stopped())
    assert [len(page) for page in target.told] == [100]
    turn(here)
    assert [len(page) for page in target.told] == [100, 1]


def test_a_crash_between_answer_and_commit_tells_the_same_again_and_nothing_else(
    here: Desk, cinar: Program, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(cinar, target.connection())
    decides(here, 1, RET)

    def crash(*_: Any) -> None:
        raise OSError("power")

    with monkeypatch.context() as broken:
        broken.setattr(push_store, "taken", crash)
        with pytest.raises(OSError, match="power"):
            turn(here)
    decides(here, 2, RET)
    turn(here)
    assert len(target.told) == 1, "another worker might be at it still"
    here.clock.forward(seconds=21)
    turn(here)
    first, again = target.told
    assert again[0] == first[0]
    assert len(again) == 2


def test_two_workers_do_not_tell_the_same(here: Desk, cinar: Program, target: Target) -> None:
    register(cinar, target.connection())
    decides(here, 1, RET)

    async def both() -> None:
        await asyncio.gather(*(pusher.deliver(here.registry, private=True) for _ in range(2)))

    asyncio.run(both())
    assert len(target.told) == 1


def test_a_look_that_finds_nothing_new_writes_nothing(here: Desk, cinar: Program, target: Target) -> None:
    register(cinar, target.connection())
    decides(here, 1, RET, channel=ARAMA)
    writes: list[Any] = []
    store = here.registry.store

    async def counted(work: Any, *arguments: Any) -> Any:
        writes.append(work)
        return await type(store).write(store, work, *arguments)

    store.write = counted  # type: ignore[method-assign]
    turn(here)
    assert writes == []
    decides(here, 1, RET)
    turn(here)
    assert writes == [push_store.claim, push_store.taken]


def test_a_cursor_that_is_far_behind_is_moved_past_what_is_not_its_own(
    here: Desk, cinar: Program, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_store, "FAR", 3)
    register(cinar, target.connection("ARAMA"), target.connection())
    decides(here, 9, RET)
    target.mood = 500
    for number in range(1, 4):
        decides(here, number, RET, code=ISIK)
    turn(here)
    (arama, *_), (mesaj, *_) = stands(here)
    assert (arama, mesaj) == (4, 0), "what waits is not passed over"
    target.mood = 200
    here.clock.forward(seconds=2)
    turn(here)
    assert len(target.heard) == 1


def test_no_address_no_user_and_no_password_stands_in_the_log_or_the_database(
    here: Desk, cinar: Program, target: Target, written: Callable[[], str]
) -> None:
    written()
    register(cinar, target.connection())
    register(cinar, target.connection(password="kanarya-wrong"))
    decides(here, 1, RET)
    for mood in (500, "die", "sleep"):
        target.mood = mood
        vain_turn(here, target)
        here.clock.forward(minutes=15)
    target.mood = 200
    turn(here)
    assert len(target.heard) == 1
    log = written()
    assert {"push_not_taken", "push_taken"} <= {json.loads(line)["event"] for line in log.splitlines()}
    rows = here.registry.store.read_now(Snapshot.all, Statement(text("SELECT * FROM push_connection")))
    for secret in ("kanarya", "5320000001", "127.0.0.1"):
        assert secret not in log
        assert all(secret.encode() not in cell for row in rows for cell in row if isinstance(cell, bytes))
    assert any(isinstance(cell, bytes) for cell in rows[0])
