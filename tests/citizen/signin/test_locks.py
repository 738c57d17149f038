"""What a stranger can do to somebody's sign-in, and who is not kept out by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from citizen.signin import entry
from consents.registry import Registry
from consents.store import Snapshot, Statement
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import AYSE, MAIL, MEHMET, YABANCI, Browser, Desk
from tests.citizen.signin.test_codes import PHONE, Counter
from tests.citizen.signin.test_pages import read
from tests.conftest import Clock
from trust import limits
from trust.codes import codes, sign_ins
from trust.codes.codes import CodeOutcome
from trust.codes.limits import code_limits, trusted


def counted(registry: Registry, address: str = AYSE) -> tuple[int, int]:
    """(wrong codes of the last 24 hours, wrong codes since the last sign-in) of an address."""
    keyring, now = registry.keyring, registry.store.now()
    row: tuple[int] | None = registry.store.read_now(
        lambda snapshot: snapshot.one(sign_ins._WRONG, {"who": sign_ins.who(keyring, address)})
    )
    limit = limits.Limit(code_limits.mark(keyring, "wrong", address), 10, 86_400_000_000)
    return registry.store.read_now(limits.used, limit, now), row[0] if row else 0


def attack(here: Desk, address: str = AYSE, days: int = 1) -> None:
    """A stranger closes an address for strangers: ten wrong codes a day, and every message of the day asked for."""
    for _ in range(days):
        for _ in range(2):
            stranger = here.browser()
            stranger.ask(address)
            for _ in range(5):
                stranger.type(here.other)
            here.clock.forward(minutes=2)
        here.clock.forward(hours=24)
    here.clock.forward(hours=-24)
    sent = len(here.sent)
    assert here.browser().ask(address).status_code == 303
    assert len(here.sent) == sent, "closed"


def enters(one: Browser, address: str = AYSE, path: str = "/giris") -> bool:
    """Whether a code comes and is taken."""
    sent = len(one.desk.sent)
    assert one.ask(address, path).status_code == 303
    if len(one.desk.sent) == sent:
        return False
    return one.type(one.desk.code, f"{path}/kod").status_code == 303


# What counts


def test_tries_against_a_code_that_was_never_sent_count_for_nobody(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock)
    counter.ask(by=PHONE)
    for number in range(4):  # within a minute of the first: no message leaves
        by = bytes([number]) * 32
        counter.ask(by=by)
        assert counter.wrong(5, by) == [CodeOutcome.WRONG] * 4 + [CodeOutcome.LOCKED]
    assert len(counter.sent) == 1
    assert counted(registry) == (0, 0)
    assert counter.redeem(counter.code) is CodeOutcome.OK


def test_tries_against_a_code_that_was_sent_count(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock)
    counter.ask()
    counter.wrong(3)
    assert counted(registry) == (3, 3)


def test_tries_after_the_sent_code_has_run_out_count_for_nobody(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock, CODES_SENT_BUDGET="1")
    counter.ask()
    clock.forward(minutes=9)
    counter.ask()  # not sent: the page waits until minute 19, the code that came is good until minute 10
    clock.forward(minutes=2)
    assert counter.wrong(2) == [CodeOutcome.WRONG] * 2
    assert counted(registry) == (0, 0)


def test_one_message_and_fifteen_wrong_codes_close_nothing(desk: Open, clock: Clock) -> None:
    here = desk()
    for _ in range(3):
        stranger = here.browser()
        stranger.ask()
        for _ in range(5):
            stranger.type(here.other)
    assert len(here.sent) == 1
    clock.forward(minutes=2)
    assert enters(here.browser())


# A browser is told of what it did itself, whether or not a code was sent


@pytest.mark.parametrize("sent", [True, False])
def test_ten_wrong_codes_of_one_browser_close_it_alike_with_and_without_a_code(
    desk: Open, clock: Clock, sent: bool
) -> None:
    here = desk(**({} if sent else {"CODES_SENT_BUDGET": "1"}))
    if not sent:
        here.browser().ask(MEHMET)
    one = here.browser()
    pages = []
    for _ in range(2):
        one.ask()
        for _ in range(5):
            pages.append(read(one.type("000000" if not sent else here.other)))
        clock.forward(minutes=10)
    assert "Yeniden açılacağı saat: 25 Kasım 2026 Çarşamba, 12:00" in pages[-1]
    asked = len(here.sent)
    clock.forward(minutes=10)
    one.ask()
    assert len(here.sent) == asked
    assert "Giriş bir süre kapalı" in read(one.get("/giris/kod"))
    clock.forward(hours=24)
    one.ask()
    assert "Gelen kodu yazın" in read(one.get("/giris/kod"))


# Who has proved the address before


def test_a_browser_that_has_proved_the_address_gets_in_while_it_is_closed_for_strangers(
    desk: Open, clock: Clock
) -> None:
    here = desk()
    mine = here.browser().sign_in()
    clock.forward(minutes=20)
    attack(here)
    assert not mine.signed_in
    assert enters(mine)
    assert not enters(here.browser()), "still closed for strangers, or they had ten more"


def test_it_opens_what_a_hundred_wrong_codes_have_closed_for_ever(desk: Open, clock: Clock) -> None:
    here = desk(CODE_FAILURES_PER_DAY="10", CODE_FAILURES_IN_ALL="30")
    mine = here.browser().sign_in()
    clock.forward(minutes=20)
    attack(here, days=3)
    assert counted(here.registry)[1] == 30
    clock.forward(days=2)
    assert not enters(here.browser())
    assert enters(mine)
    assert counted(here.registry) == (0, 0)
    clock.forward(minutes=2)
    assert enters(here.browser())


def test_every_message_asked_for_by_strangers_leaves_it_messages_of_its_own(desk: Open, clock: Clock) -> None:
    here = desk(CODES_SENT_BUDGET="12", CODES_SENT_PER_BLOCK="11")
    mine = here.browser().sign_in()
    for _ in range(14):
        clock.forward(minutes=15)
        here.browser().ask()
    clock.forward(hours=1)
    here.browser().ask(MAIL)
    here.browser().ask("b@example.com")
    assert [message["to"] for message in here.sent].count(AYSE) == 10
    assert len(here.sent) == 12, "the day's messages are used up"
    assert enters(mine)
    sent = len(here.sent)
    for _ in range(12):
        clock.forward(minutes=15)
        mine.post("/cikis")
        assert mine.ask().status_code == 303
    assert len(here.sent) == sent + 9, "ten a day of its own"


def test_another_address_proved_in_the_same_session_opens_it_in_any_browser(desk: Open, clock: Clock) -> None:
    here = desk()
    here.browser().sign_in().add(MAIL)
    clock.forward(minutes=20)
    attack(here)
    elsewhere = here.browser().sign_in(MAIL)
    assert enters(elsewhere, AYSE, "/giris/ekle")
    assert "+90 532 ••• •• 01" in read(elsewhere.get("/izinler"))


def test_signing_in_anew_makes_the_address_before_it_no_neighbour(desk: Open, clock: Clock) -> None:
    here = desk()
    shared = here.browser().sign_in()
    clock.forward(minutes=2)
    shared.sign_in(MAIL)
    assert rows(here) == 2, "the browser alone, for each"
    clock.forward(minutes=20)
    attack(here)
    assert not enters(here.browser().sign_in(MAIL), AYSE, "/giris/ekle")


def test_an_address_that_was_never_proved_beside_it_opens_nothing(desk: Open, clock: Clock) -> None:
    here = desk()
    here.browser().sign_in().add(MAIL)
    clock.forward(minutes=20)
    attack(here)
    stranger = here.browser().sign_in(YABANCI)
    assert not enters(stranger, AYSE, "/giris/ekle")
    assert not enters(stranger, AYSE)


def test_a_browser_of_one_address_is_a_stranger_to_others(desk: Open, clock: Clock) -> None:
    here = desk()
    other = here.browser().sign_in(MEHMET)
    clock.forward(minutes=20)
    attack(here)
    assert not enters(other)


# How much it may guess


def test_who_is_trusted_has_ten_wrong_codes_in_a_row_and_then_is_a_stranger(desk: Open, clock: Clock) -> None:
    here = desk(CODE_FAILURES_PER_DAY="10", CODES_SENT_PER_DAY="100", CODES_SENT_PER_HOUR="100")
    mine = here.browser().sign_in()
    stolen = mine.cookies["cihaz"]
    clock.forward(minutes=20)
    attack(here)
    for turn in range(3):
        thief = here.browser()
        thief.cookies.set("cihaz", stolen)
        sent = len(here.sent)
        thief.ask()
        assert (len(here.sent) > sent) is (turn < 2)
        for _ in range(5):
            thief.type(here.other)
        clock.forward(minutes=2)
    assert not enters(mine), "its cookie was used for guessing"
    assert counted(here.registry) == (10, 10), "strangers' tries alone"


def test_a_right_code_gives_it_ten_again(desk: Open, clock: Clock) -> None:
    here = desk(CODES_SENT_PER_DAY="100", CODES_SENT_PER_HOUR="100")
    mine = here.browser().sign_in()
    for _ in range(4):
        clock.forward(minutes=2)
        mine.ask()
        for _ in range(4):
            mine.type(here.other)
        assert mine.type(here.code).status_code == 303


def test_so_it_does_to_an_address_proved_beside_it(desk: Open, clock: Clock) -> None:
    here = desk(CODES_SENT_PER_DAY="100", CODES_SENT_PER_HOUR="100")
    here.browser().sign_in().add(MAIL)
    for _ in range(4):
        clock.forward(minutes=2)
        one = here.browser().sign_in(MAIL)
        clock.forward(minutes=2)
        one.ask(AYSE)
        for _ in range(4):
            one.type(here.other)
        assert one.type(here.code).status_code == 303
    assert counted(here.registry) == (0, 0), "none of a stranger"


def test_a_browser_closed_by_its_own_wrong_codes_is_closed_though_it_is_trusted(desk: Open, clock: Clock) -> None:
    here = desk(CODE_FAILURES_PER_DAY="3")
    mine = here.browser().sign_in()
    clock.forward(minutes=2)
    mine.ask()
    for _ in range(3):
        mine.type(here.other)
    assert "Giriş bir süre kapalı" in read(mine.type(here.code))


# The cookie


def test_the_cookie_is_random_renewed_with_each_sign_in_and_kept_as_a_hash(
    desk: Open, clock: Clock, sqlite_url: str
) -> None:
    here = desk(PUBLIC_URL="http://127.0.0.1:8000")
    mine = here.browser()
    mine.ask()
    answer = mine.type(here.code)
    (given,) = [value for value in answer.headers.get_list("set-cookie") if value.startswith("cihaz=")]
    assert "Max-Age=15552000" in given, "180 days"
    for part in ("HttpOnly", "Path=/", "SameSite=lax"):
        assert part in given
    first = mine.cookies["cihaz"]
    assert len(first) == 43
    clock.forward(minutes=2)
    mine.sign_in()
    assert mine.cookies["cihaz"] != first
    thief = here.browser()
    thief.cookies.set("cihaz", first)
    attack(here)
    assert not enters(thief), "what was copied before the last sign-in is worth nothing"
    assert enters(mine)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    stored = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    for secret in (first, mine.cookies["cihaz"], AYSE):
        assert secret.encode() not in stored


@pytest.mark.parametrize("forged", ["", "x" * 43, "x" * 5000, "%C3%A7erez", "a b"])
def test_a_cookie_of_ones_own_making_is_nobodys(desk: Open, clock: Clock, forged: str) -> None:
    here = desk()
    here.browser().sign_in()
    clock.forward(minutes=20)
    attack(here)
    one = here.browser()
    one.headers["cookie"] = f"cihaz={forged}"
    assert not enters(one)


def test_after_180_days_without_a_sign_in_it_is_forgotten(desk: Open, clock: Clock) -> None:
    here = desk()
    mine = here.browser().sign_in()
    clock.forward(days=179)
    attack(here)
    assert enters(mine)
    mine = here.browser().sign_in(MAIL)
    clock.forward(days=180)
    attack(here, MAIL)
    assert not enters(mine, MAIL)


def test_it_can_be_turned_off(desk: Open, clock: Clock) -> None:
    here = desk(TRUSTED_DAYS="0")
    mine = here.browser().sign_in()
    mine.add(MAIL)
    assert "cihaz" not in mine.cookies
    clock.forward(minutes=20)
    attack(here)
    assert not enters(mine)
    assert rows(here) == 0


def test_leaving_keeps_the_browser_known_and_can_forget_it(desk: Open, clock: Clock) -> None:
    here = desk()
    mine = here.browser().sign_in()
    answer = mine.post("/cikis")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    page = mine.get("/cikis")
    assert "Bu tarayıcıyı unut" in read(page)
    assert "Bu cihazda sizinle ilgili bir şey kalmadı" not in read(page)
    clock.forward(minutes=20)
    attack(here)
    assert enters(mine)
    mine.post("/cikis")
    copied = mine.cookies["cihaz"]
    answer = mine.post("/cikis", data={"unut": "1"})
    assert answer.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert "cihaz" not in mine.cookies
    page = read(mine.get("/cikis"))
    assert "Bu cihazda sizinle ilgili bir şey kalmadı" in page
    assert "Bu tarayıcıyı unut" not in page
    mine.cookies.set("cihaz", copied)
    clock.forward(minutes=20)
    assert not enters(mine)


def test_leaving_everywhere_makes_every_browser_and_address_a_stranger(desk: Open, clock: Clock) -> None:
    here = desk()
    phone, laptop = here.browser().sign_in(), here.browser()
    clock.forward(minutes=2)
    laptop.sign_in().add(MAIL)
    clock.forward(minutes=2)
    other = here.browser().sign_in(MEHMET)
    laptop.post("/cikis/hepsi")
    assert "cihaz" not in laptop.cookies
    assert rows(here) == 1, "Mehmet's browser"
    clock.forward(minutes=20)
    attack(here)
    assert not enters(phone)
    attack(here, MEHMET)
    assert enters(other, MEHMET)


def test_an_address_has_eight_at_the_most_and_the_oldest_goes(registry: Registry, clock: Clock) -> None:
    keyring, store = registry.keyring, registry.store
    counter = Counter(registry, clock)
    keys = [bytes([number]) * 32 for number in range(9)]
    for key in keys:
        clock.forward(minutes=1)
        store.write_now(trusted.remember, keyring, key, AYSE)
    who = trusted.who(keyring, AYSE)
    known = [store.read_now(trusted.find, counter.settings, who, (key,), clock.now) for key in keys]
    assert known == [None, *keys[1:]]


def test_an_erased_person_leaves_no_trusted_browser_or_address(desk: Open) -> None:
    here = desk()
    here.browser().sign_in().add(MAIL)
    assert rows(here) == 4
    here.registry.store.write_now(entry.forget, here.registry.keyring, AYSE)
    assert rows(here) == 1, "the browser, for the e-mail"


def rows(here: Desk) -> int:
    def count(snapshot: Snapshot) -> int:
        row = snapshot.one(Statement(text("SELECT count(*) FROM trusted_asker")))
        assert row
        return int(row[0])

    return here.registry.store.read_now(count)


# What else opens


def test_reopening_by_the_operator_opens_the_days_lock_too(desk: Open, clock: Clock) -> None:
    here = desk()
    attack(here)
    assert here.registry.store.write_now(codes.reopen, here.registry.keyring, AYSE)
    assert enters(here.browser())
    assert not here.registry.store.write_now(codes.reopen, here.registry.keyring, MEHMET)


@pytest.mark.slow
def test_odds_of_guessing_are_what_the_papers_say(desk: Open, clock: Clock) -> None:
    """Ten tries a day against codes that were sent, a hundred in a row: 1 in 100,000 a day, 1 in 10,000 in all."""
    here = desk(CODES_SENT_PER_DAY="1000", CODES_SENT_PER_HOUR="1000", SEND_GAP_SECONDS="0")
    compared = []
    for _ in range(12):
        before = counted(here.registry)[1]
        for _ in range(4):
            stranger = here.browser()
            stranger.ask()
            for _ in range(5):
                stranger.type(here.other)
        compared.append(counted(here.registry)[1] - before)
        clock.forward(hours=24, minutes=1)
    assert compared == [10] * 10 + [0] * 2, "with other limits the table in SECURITY.md, Guessing, is not true"
