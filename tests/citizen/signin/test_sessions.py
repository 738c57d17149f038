"""Sessions: who is signed in, for how long, and what ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from citizen.session import session_store
from citizen.session.session_store import Live
from citizen.signin import entry
from consents.keys import Keyring
from consents.people import held_keys
from consents.registry import Registry
from consents.store import Transaction
from settings import load
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, MAIL, MEHMET, NO_CODE
from tests.conftest import SECRET, Clock, swept
from tests.web.client import refused_for
from trust.codes import sign_ins
from web import cookies, pages

SETTINGS = load({"SECRET_KEY": SECRET})
ONE, TWO, THREE = b"1" * 32, b"2" * 32, b"3" * 32


def begin(registry: Registry, key: bytes, address: str, last: int | None = None) -> None:
    registry.store.write_now(session_store.open_, registry.keyring, key, address, last)


def add(registry: Registry, old: bytes, new: bytes, address: str) -> bool:
    return registry.store.write_now(session_store.add, registry.keyring, old, new, address, None)


def find(registry: Registry, key: bytes) -> Live | None:
    return registry.store.read_now(session_store.find, registry.keyring, SETTINGS, key, registry.store.now())


def leave_everywhere(registry: Registry, proven: list[str]) -> None:
    registry.store.write_now(entry.leave_everywhere, registry.keyring, None, proven)


def addresses(registry: Registry, key: bytes) -> list[str] | None:
    live = find(registry, key)
    return live and [proved.address for proved in live.proved]


def test_a_session_holds_its_addresses_newest_first(registry: Registry, clock: Clock) -> None:
    begin(registry, ONE, AYSE, last=clock.now - 7)
    clock.forward(minutes=1)
    assert add(registry, ONE, TWO, MAIL)
    live = find(registry, TWO)
    assert live is not None
    assert [(proved.place, proved.address) for proved in live.proved] == [(1, MAIL), (0, AYSE)]
    assert (live.proved[0].proved_at, live.proved[1].last_sign_in) == (clock.now, clock.now - 60_000_000 - 7)
    assert live.current == 1
    registry.store.write_now(session_store.turn, TWO, 0)
    turned = find(registry, TWO)
    assert turned
    assert turned.current == 0


def test_adding_an_address_gives_the_session_a_new_key_and_no_more_time(registry: Registry, clock: Clock) -> None:
    begin(registry, ONE, AYSE)
    for _ in range(71):
        clock.forward(minutes=10)
        registry.store.write_now(session_store.touch, ONE)
    assert add(registry, ONE, TWO, MAIL)
    assert find(registry, ONE) is None
    assert not add(registry, ONE, THREE, MEHMET), "the old key is worth nothing"
    clock.forward(minutes=9)
    assert addresses(registry, TWO) == [MAIL, AYSE]
    clock.forward(minutes=1)
    assert find(registry, TWO) is None, "12 hours are over"


def test_a_session_ends_a_quarter_of_an_hour_after_its_last_use(registry: Registry, clock: Clock) -> None:
    begin(registry, ONE, AYSE)
    clock.forward(minutes=14)
    registry.store.write_now(session_store.touch, ONE)
    clock.forward(minutes=14)
    assert addresses(registry, ONE) == [AYSE]
    clock.forward(minutes=1)
    assert find(registry, ONE) is None


def test_ended_is_ended(registry: Registry) -> None:
    begin(registry, ONE, AYSE)
    begin(registry, TWO, AYSE)
    registry.store.write_now(session_store.end, ONE)
    registry.store.write_now(session_store.end, ONE)
    assert (addresses(registry, ONE), addresses(registry, TWO)) == (None, [AYSE])


def test_everywhere_means_every_session_that_holds_one_of_the_addresses(registry: Registry) -> None:
    begin(registry, ONE, AYSE)
    add(registry, ONE, TWO, MAIL)
    begin(registry, ONE, MAIL)
    begin(registry, THREE, MEHMET)
    leave_everywhere(registry, [MAIL, AYSE])
    assert (addresses(registry, ONE), addresses(registry, TWO), addresses(registry, THREE)) == (None, None, [MEHMET])


def test_everywhere_is_also_where_an_address_is_added_that_very_moment(registry: Registry) -> None:
    """The session goes on under another key then."""
    begin(registry, ONE, AYSE)
    proven = addresses(registry, ONE)
    add(registry, ONE, TWO, MAIL)
    leave_everywhere(registry, proven or [])
    assert addresses(registry, TWO) is None


def test_a_session_sealed_with_keys_that_are_gone_is_over(registry: Registry) -> None:
    begin(registry, ONE, AYSE)
    fresh = Keyring({**registry.keyring.keys, "address": held_keys.make("address")})
    assert registry.store.read_now(session_store.find, fresh, SETTINGS, ONE, registry.store.now()) is None


def test_a_session_has_room_for_so_many_addresses(registry: Registry) -> None:
    begin(registry, bytes([0]) * 32, AYSE)
    for number in range(1, session_store.MOST_ADDRESSES):
        assert add(registry, bytes([number - 1]) * 32, bytes([number]) * 32, f"a{number}@example.com")
    last = bytes([session_store.MOST_ADDRESSES - 1]) * 32
    assert not add(registry, last, b"x" * 32, MAIL)
    live = find(registry, last)
    assert live is not None
    assert len(live.proved) == session_store.MOST_ADDRESSES


def test_sessions_and_sign_ins_are_forgotten_in_time(registry: Registry, clock: Clock) -> None:
    who = sign_ins.who(registry.keyring, AYSE)
    assert registry.store.write_now(sign_ins.succeed, who) is None
    begin(registry, ONE, AYSE)
    assert swept(registry.store, "session", SETTINGS) == 0
    clock.forward(hours=13)
    assert swept(registry.store, "session", SETTINGS) == 1
    assert swept(registry.store, "sign_in") == 0
    before = registry.store.now()
    assert registry.store.write_now(sign_ins.succeed, who) == before - 13 * 3_600_000_000
    clock.forward(days=31)
    assert swept(registry.store, "sign_in") == 1
    assert registry.store.write_now(sign_ins.succeed, who) is None


def _proven_rows(transaction: Transaction) -> int:
    cursor = transaction.connection.execute("SELECT count(*) FROM session_address")
    return int(cursor.fetchone()[0])


def test_nothing_of_an_ended_session_stays(registry: Registry) -> None:
    begin(registry, ONE, AYSE)
    add(registry, ONE, TWO, MAIL)
    assert registry.store.write_now(_proven_rows) == 2
    registry.store.write_now(session_store.end, TWO)
    assert registry.store.write_now(_proven_rows) == 0


# -- through the site ----------------------------------------------------------------------------------------------


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(desk: Open) -> None:
    one = desk().browser()
    answer = one.ask()
    assert answer.headers["set-cookie"].endswith("; HttpOnly; Path=/; SameSite=lax")
    given = one.type(one.desk.code).headers.get_list("set-cookie")
    (session,) = [cookie for cookie in given if cookie.startswith("sid=")]
    assert session.endswith("; HttpOnly; Path=/; SameSite=lax")


def test_on_https_the_cookie_is_the_hosts_own(desk: Open) -> None:
    real = {
        "PUBLIC_URL": "https://izin.example",
        "OPERATOR_TITLE": "Örnek A.Ş.",
        "OPERATOR_MERSIS": "0123456789012345",
        "OPERATOR_ADDRESS": "Örnek Mahallesi 1, Ankara",
        "KVKK_CONTACT": "kvkk@izin.example",
        "FILE_GATEWAY": "1",
    }
    one = desk(**real, SECRET_KEY="k3y-0f-32-bytes-and-then-some-more-of-it").browser()
    one.ask()
    given = one.type(one.desk.code).headers.get_list("set-cookie")
    for name in ("__Host-sid", "__Host-giris"):
        (cookie,) = [cookie for cookie in given if cookie.startswith(f"{name}=")]
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert "domain" not in cookie.lower()


def test_a_session_id_given_before_signing_in_is_worth_nothing_after(desk: Open) -> None:
    one = desk().browser()
    planted = cookies.token()
    one.cookies.set("sid", planted, domain="127.0.0.1")
    one.sign_in()
    assert one.cookies.get("sid") != planted
    assert one.signed_in
    thief = one.desk.browser()
    thief.cookies.set("sid", planted)
    assert not thief.signed_in


def test_a_browser_cookie_nobody_gave_is_not_taken_up(desk: Open) -> None:
    one = desk().browser()
    planted = cookies.token()
    one.cookies.set("giris", planted, domain="127.0.0.1")
    one.ask()
    assert one.cookies.get("giris", domain="127.0.0.1") != planted


def test_signing_in_again_ends_the_session_before(desk: Open) -> None:
    one = desk(SEND_GAP_SECONDS="0").browser().sign_in()
    copied = one.cookies["sid"]
    one.sign_in(MEHMET)
    thief = one.desk.browser()
    thief.cookies.set("sid", copied)
    assert one.signed_in
    assert not thief.signed_in


def test_a_copied_cookie_is_worth_nothing_after_signing_out(desk: Open) -> None:
    one = desk().browser().sign_in()
    copied = one.cookies["sid"]
    answer = one.post("/cikis")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cikis")
    assert answer.headers["clear-site-data"] == '"cache", "storage"', "the browser stays known"
    assert "sid" not in one.cookies
    thief = one.desk.browser()
    thief.cookies.set("sid", copied)
    assert not thief.signed_in
    assert one.post("/cikis").status_code == 303, "leaving twice is harmless"


def test_signing_out_everywhere_reaches_the_other_devices(desk: Open) -> None:
    here = desk(SEND_GAP_SECONDS="0")
    phone, laptop, other = here.browser().sign_in(), here.browser().sign_in(), here.browser().sign_in(MEHMET)
    copied = phone.cookies["sid"]
    assert phone.post("/cikis/hepsi").status_code == 303
    assert not laptop.signed_in
    assert other.signed_in
    phone.cookies.set("sid", copied)
    assert not phone.signed_in


def test_a_session_that_has_run_out_signs_nobody_else_out(desk: Open, clock: Clock) -> None:
    here = desk()
    phone = here.browser().sign_in()
    clock.forward(minutes=10)
    laptop = here.browser().sign_in()
    clock.forward(minutes=5)
    phone.post("/cikis/hepsi")
    assert laptop.signed_in


def test_using_a_session_keeps_it_and_is_noted_once_a_minute(desk: Open, clock: Clock) -> None:
    one = desk().browser().sign_in()
    touched: list[int] = []
    for _ in range(4):
        clock.forward(seconds=30)
        assert one.signed_in
        live = find(one.desk.registry, cookies.key(one.cookies["sid"]))
        assert live
        touched.append(clock.now - live.touched_at)
    assert touched == [30_000_000, 0, 30_000_000, 0]
    for _ in range(6):
        clock.forward(minutes=14)
        assert one.signed_in
    clock.forward(minutes=16)
    assert not one.signed_in


def test_the_last_sign_in_is_remembered_for_each_address(desk: Open, clock: Clock) -> None:
    here = desk()
    first = clock.now
    here.browser().sign_in()
    clock.forward(hours=2)
    one = here.browser().sign_in().add(MAIL)
    live = find(here.registry, cookies.key(one.cookies["sid"]))
    assert live is not None
    assert [proved.last_sign_in for proved in live.proved] == [None, first]


def test_each_page_is_about_one_address_and_turns_to_another_when_told(desk: Open) -> None:
    one = desk().browser().sign_in().add(MAIL)
    mail, number = "a•••@e•••.com", "+90 532 ••• •• 01"

    def shown(query: str = "") -> str:
        address: str = one.get(f"/izinler/kayit.json{query}").json()["address"]
        return address

    assert (shown(), shown("?a=1"), shown("?a=0"), shown("?a=7")) == (mail, number, mail, mail)
    assert one.post("/giris/numara", data={"a": "1"}).headers["location"] == "/izinler"
    assert (shown(), shown("?a=0")) == (number, mail)
    for nonsense in ("2", "-1", "x", ""):
        refused_for(one.post("/giris/numara", data={"a": nonsense}), 422, "Yazdığınızı okuyamadık")


def test_reading_goes_on_where_being_used_cannot_be_noted(
    desk: Open, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consents.store import StoreUnavailable

    one = desk().browser().sign_in()
    clock.forward(minutes=2)

    async def refuse(*_: object) -> None:
        raise StoreUnavailable("disk full")

    monkeypatch.setattr(one.desk.registry.store, "write", refuse)
    assert one.signed_in


def test_a_stolen_database_signs_nobody_in(desk: Open, sqlite_url: str) -> None:
    one = desk().browser().sign_in()
    secret = one.cookies["sid"]
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    stored = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert secret.encode() not in stored
    assert cookies.key(secret) in stored
    assert AYSE.encode() not in stored


def test_pages_of_the_signed_in_are_kept_by_no_cache(desk: Open) -> None:
    one = desk().browser().sign_in()
    for path in ("/izinler", "/giris/ekle", "/cikis"):
        answer = one.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert pages.VARY.split(", ")[0] in answer.headers["vary"]


def test_an_erased_address_is_signed_out_everywhere_and_its_codes_die(desk: Open, registry: Registry) -> None:
    here = desk(registry)
    phone = here.browser().sign_in(AYSE)
    here.clock.forward(minutes=2)
    both, stranger = here.browser().sign_in(MEHMET).add(AYSE), here.browser().sign_in(MAIL)
    here.clock.forward(minutes=2)
    other = here.browser()
    other.ask(AYSE)
    registry.store.write_now(entry.forget, registry.keyring, AYSE)
    assert not phone.signed_in
    assert not both.signed_in
    refused_for(other.type(here.code), 422, NO_CODE)
    assert stranger.signed_in
