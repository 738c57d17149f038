"""One-time codes in the store, on both databases: bound, counted, limited."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from consents.registry import Registry
from consents.store import Transaction
from settings import load
from tests import CORPUS
from tests.conftest import SECRET, Clock, swept
from trust.codes import codes, pending, sign_ins
from trust.codes.codes import Ask, CodeOutcome, CodeVerdict
from trust.codes.pending import Purpose

AYSE, MEHMET, MAIL = "+905320000001", "+905320000002", "ayse@example.com"
PHONE, LAPTOP = b"p" * 32, b"l" * 32
FILE = CORPUS / "otp_inputs.jsonl"
CASES = [row for row in map(json.loads, FILE.read_text(encoding="utf-8").splitlines()) if "ctx" in row]


class Counter:
    """Codes asked for and redeemed past the pages. ``sent``: (address, code) of those that went out."""

    def __init__(self, registry: Registry, clock: Clock, **env: str) -> None:
        self.registry, self.clock = registry, clock
        self.settings = load({"SECRET_KEY": SECRET, "CODES_SENT_PER_IP": "10000", **env})
        self.sent: list[tuple[str, str]] = []

    def ask(
        self, address: str = AYSE, by: bytes = PHONE, purpose: Purpose = Purpose.SIGN_IN, ip: str = "192.0.2.1"
    ) -> CodeOutcome:
        return self.registry.store.write_now(self._ask, Ask(by, purpose, address, ip)).outcome

    def _ask(self, transaction: Transaction, wish: Ask) -> CodeVerdict:
        keyring = self.registry.keyring

        def send(code: str, expires_at: int, allowed: bool) -> None:
            assert expires_at == transaction.now + 600_000_000
            if allowed:
                self.sent.append((wish.address, code))

        return codes.ask(transaction, keyring, self.settings, wish, send)

    def try_(self, code: str, by: bytes = PHONE, purpose: Purpose = Purpose.SIGN_IN) -> CodeVerdict:
        arguments = self.registry.keyring, self.settings, by, purpose, code
        return self.registry.store.write_now(codes.redeem, *arguments)

    def redeem(self, code: str, by: bytes = PHONE, purpose: Purpose = Purpose.SIGN_IN) -> CodeOutcome:
        return self.try_(code, by, purpose).outcome

    @property
    def code(self) -> str:
        return self.sent[-1][1]

    @property
    def other(self) -> str:
        known = {code for _, code in self.sent}
        return next(f"{number:06}" for number in range(10**6) if f"{number:06}" not in known)

    def wrong(self, times: int, by: bytes = PHONE) -> list[CodeOutcome]:
        return [self.redeem(self.other, by) for _ in range(times)]


@pytest.fixture
def counter(registry: Registry, clock: Clock) -> Counter:
    return Counter(registry, clock)


@pytest.mark.parametrize("row", CASES, ids=lambda row: row["id"])
def test_the_corpus_ends_as_it_says(counter: Counter, clock: Clock, row: dict[str, dict[str, object]]) -> None:
    context, expected = row["ctx"], row["expect"]
    counter.ask(MEHMET, LAPTOP)
    counter.ask()
    code, by, purpose = counter.code, PHONE, Purpose.SIGN_IN
    if "age_s" in context:
        clock.forward(seconds=float(str(context["age_s"])))
    if "uses" in context:
        assert counter.redeem(code) is CodeOutcome.OK
    if "resent" in context:
        clock.forward(seconds=60)
        counter.ask()
    if "wrong" in context:
        counter.wrong(int(str(context["wrong"])))
    if "session" in context:
        by = b"x" * 32
    if "address" in context:
        code = counter.sent[0][1]
    if "purpose" in context:
        purpose = Purpose.ADD
    if "parallel" in context:
        guess = counter.other if row["input"] == "guess" else code
        with ThreadPoolExecutor(50) as pool:
            found = list(pool.map(lambda _: counter.redeem(guess), range(50)))
        assert found.count(CodeOutcome.OK) == expected.get("winners", 0)
        assert found.count(CodeOutcome.WRONG) == (4 if row["input"] == "guess" else 0)  # the fifth says that it locks
        return
    outcome = counter.redeem(code, by, purpose)
    assert (outcome is CodeOutcome.OK) == expected["ok"]
    assert expected["ok"] or outcome == expected["reason"]


def test_of_fifty_guesses_at_once_five_are_compared(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []
    compare = codes._compare
    monkeypatch.setattr(codes, "_compare", lambda *given: (compared.append(given[1]), compare(*given))[1])
    counter.ask()
    guesses = [f"{number:06}" for number in range(50) if f"{number:06}" != counter.code]
    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(counter.redeem, guesses))
    assert len(compared) == 5
    assert CodeOutcome.OK not in found
    assert counter.redeem(counter.code) is CodeOutcome.LOCKED


def test_a_code_is_six_random_digits() -> None:
    made = [codes.make() for _ in range(2000)]
    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in made)
    assert len(set(made)) > 1950
    assert any(code[0] == "0" for code in made)


def test_a_code_works_once(counter: Counter) -> None:
    counter.ask()
    assert counter.redeem(counter.code) is CodeOutcome.OK
    assert counter.redeem(counter.code) is CodeOutcome.USED


def test_a_resend_makes_a_new_code_kills_the_old_one_and_keeps_the_count(counter: Counter, clock: Clock) -> None:
    counter.ask()
    first = counter.code
    assert counter.wrong(3) == [CodeOutcome.WRONG] * 3
    clock.forward(seconds=60)
    assert counter.ask() is CodeOutcome.OK
    assert counter.code != first
    assert counter.try_(first) == (CodeOutcome.SUPERSEDED, AYSE, 1)
    assert counter.wrong(1) == [CodeOutcome.LOCKED]
    assert counter.redeem(counter.code) is CodeOutcome.LOCKED


def test_a_lock_lasts_as_long_as_the_code_would_have(counter: Counter, clock: Clock) -> None:
    counter.ask()
    counter.wrong(5)
    clock.forward(seconds=599)
    assert counter.ask() is CodeOutcome.LOCKED
    assert len(counter.sent) == 1
    clock.forward(seconds=1)
    assert counter.ask() is CodeOutcome.OK
    assert counter.redeem(counter.code) is CodeOutcome.OK


def test_ten_wrong_codes_a_day_lock_the_address_in_every_browser(counter: Counter, clock: Clock) -> None:
    for number in range(2):
        counter.ask(by=bytes([number]) * 32)
        assert counter.wrong(5, bytes([number]) * 32)[-1] is CodeOutcome.LOCKED
        clock.forward(minutes=1)
    assert counter.ask() is CodeOutcome.OK, "the answer tells nobody"
    assert len(counter.sent) == 2
    clock.forward(hours=23)
    assert counter.ask() is CodeOutcome.OK
    assert len(counter.sent) == 2
    clock.forward(hours=1)
    assert counter.ask() is CodeOutcome.OK
    assert len(counter.sent) == 3
    assert counter.redeem(counter.code) is CodeOutcome.OK


def test_a_right_code_is_not_looked_at_while_the_address_is_locked(counter: Counter) -> None:
    counter.ask()
    for number in range(2):
        counter.registry.store.write_now(_guess_elsewhere, counter, bytes([number]) * 32)
    assert counter.try_(counter.code) == (CodeOutcome.WRONG, AYSE, 4)


def _guess_elsewhere(transaction: Transaction, counter: Counter, by: bytes) -> None:
    row = pending.asked_first(by, Purpose.SIGN_IN, AYSE, b"m" * 32, transaction.now)
    row = row._replace(expires_at=transaction.now + 600_000_000)  # a code that was sent
    pending.keep(transaction, counter.registry.keyring, row)
    for _ in range(5):
        codes.redeem(transaction, counter.registry.keyring, counter.settings, by, Purpose.SIGN_IN, "000000")


def test_a_hundred_wrong_codes_in_a_row_close_sign_in_until_it_is_reopened(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock, CODE_FAILURES_IN_ALL="12", CODES_SENT_PER_DAY="100")
    for _ in range(3):
        counter.ask()
        counter.wrong(5)
        clock.forward(hours=25)
    sent = len(counter.sent)
    assert counter.ask() is CodeOutcome.OK
    assert len(counter.sent) == sent, "no code any more"
    clock.forward(days=30)
    assert counter.ask() is CodeOutcome.OK
    assert len(counter.sent) == sent
    swept(registry.store, "sign_in")
    assert registry.store.write_now(codes.reopen, registry.keyring, AYSE)
    assert not registry.store.write_now(codes.reopen, registry.keyring, AYSE)
    clock.forward(minutes=1)
    counter.ask()
    assert len(counter.sent) == sent + 1
    assert counter.redeem(counter.code) is CodeOutcome.OK


def test_a_right_code_begins_the_long_count_anew_but_not_the_days(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock, CODE_FAILURES_IN_ALL="6", CODE_FAILURES_PER_DAY="9", SEND_GAP_SECONDS="0")
    for _ in range(2):
        counter.ask()
        counter.wrong(4)
        assert counter.redeem(counter.code) is CodeOutcome.OK
        registry.store.write_now(sign_ins.succeed, sign_ins.who(registry.keyring, AYSE))
    counter.ask()
    assert counter.wrong(1) == [CodeOutcome.WRONG]
    assert counter.redeem(counter.code) is CodeOutcome.WRONG, "nine a day"


def test_another_browsers_code_stays_good(counter: Counter, clock: Clock) -> None:
    counter.ask()
    code = counter.code
    clock.forward(seconds=61)
    counter.ask(by=LAPTOP)
    assert counter.redeem(counter.code) is CodeOutcome.WRONG, "asked for by the other browser"
    assert counter.redeem(code) is CodeOutcome.OK


def test_asking_for_another_address_begins_anew(counter: Counter) -> None:
    counter.ask()
    counter.wrong(5)
    assert counter.ask(MEHMET) is CodeOutcome.OK
    assert counter.sent[-1][0] == MEHMET
    assert counter.redeem(counter.code) is CodeOutcome.OK


def test_between_two_codes_lies_a_minute_and_the_first_stays_good(counter: Counter, clock: Clock) -> None:
    counter.ask()
    code = counter.code
    assert counter.ask() is CodeOutcome.WAIT
    clock.forward(seconds=59.9)
    assert counter.ask() is CodeOutcome.WAIT
    assert counter.ask(by=LAPTOP) is CodeOutcome.OK, "another browser is not told"
    assert [sent for _, sent in counter.sent] == [code]
    assert counter.redeem(code) is CodeOutcome.OK


def test_five_codes_an_hour_and_ten_a_day_go_to_an_address(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock)
    sent = []
    for hour in range(4):
        for turn in range(6):
            counter.ask(by=bytes([hour, turn]) * 16)
            clock.forward(minutes=2)
        sent.append(len(counter.sent))
        clock.forward(minutes=48)
    assert sent == [5, 10, 10, 10]
    clock.forward(hours=21)
    counter.ask()
    assert len(counter.sent) == 11


def test_a_browser_that_asked_too_often_is_told_so(counter: Counter, clock: Clock) -> None:
    found = []
    for _ in range(6):
        found.append(counter.ask())
        clock.forward(minutes=1)
    assert found == [CodeOutcome.OK] * 5 + [CodeOutcome.WAIT]
    clock.forward(minutes=55)
    assert counter.ask() is CodeOutcome.OK


def test_an_unsent_code_leaves_the_one_before_it_good(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock, CODES_SENT_BUDGET="1")
    counter.ask()
    clock.forward(seconds=60)
    assert counter.ask() is CodeOutcome.SPENT
    assert len(counter.sent) == 1
    assert counter.redeem(counter.code) is CodeOutcome.OK


def test_an_unsent_code_gives_the_one_before_it_no_longer_life(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock, CODES_SENT_BUDGET="1")
    counter.ask()
    clock.forward(minutes=9)
    counter.ask()
    clock.forward(minutes=2)
    assert counter.redeem(counter.code) is CodeOutcome.EXPIRED


def test_ten_thousand_neighbours_get_thirty_codes_an_hour(counter: Counter, clock: Clock) -> None:
    for number in range(35):
        counter.ask(f"+90532000{number:04}", by=bytes([number]) * 32)
    assert len(counter.sent) == 30
    counter.ask("+905320010000", by=LAPTOP)
    counter.ask("ayse@example.com")
    assert len(counter.sent) == 32
    clock.forward(hours=1)
    counter.ask("+905320009999", by=b"z" * 32)
    assert len(counter.sent) == 33


def test_the_days_budget_holds_for_all(registry: Registry, clock: Clock) -> None:
    counter = Counter(registry, clock, CODES_SENT_BUDGET="3")
    asked = [counter.ask(f"a{number}@example.com", by=bytes([number]) * 32) for number in range(5)]
    assert asked == [CodeOutcome.OK] * 3 + [CodeOutcome.SPENT] * 2
    assert len(counter.sent) == 3
    clock.forward(hours=25)
    counter.ask()
    assert len(counter.sent) == 4


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("testclient", "testclient", True),
    ],
)
def test_an_ip_may_ask_25_times_in_five_minutes(
    sqlite_url: str, open_registry: object, clock: Clock, one: str, other: str, shared: bool
) -> None:
    counter = Counter(open_registry(sqlite_url), clock, CODES_SENT_PER_IP="25")  # type: ignore[operator]
    for number in range(25):
        assert counter.ask(f"a{number}@example.com", by=bytes([number]) * 32, ip=one) is CodeOutcome.OK
    assert counter.ask("b@example.com", ip=one) is CodeOutcome.BUSY
    assert (counter.ask("c@example.com", by=LAPTOP, ip=other) is CodeOutcome.BUSY) == shared
    clock.forward(minutes=5)
    assert counter.ask("b@example.com", ip=one) is CodeOutcome.OK


def test_what_is_stored_shows_no_address_and_no_code(
    sqlite_url: str, open_registry: object, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "make", lambda: "739204")
    registry: Registry = open_registry(sqlite_url)  # type: ignore[operator]
    counter = Counter(registry, clock)
    counter.ask(ip="203.0.113.77")
    counter.ask(MAIL, by=LAPTOP)
    counter.wrong(2)
    registry.close()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    stored = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    for secret in (AYSE, AYSE[1:], MAIL, "203.0.113.77", "739204"):
        assert secret.encode() not in stored
    assert int(AYSE[1:]).to_bytes(5, "big") not in stored


def test_rows_are_forgotten_when_nothing_depends_on_them(counter: Counter, clock: Clock) -> None:
    store = counter.registry.store
    counter.ask()
    counter.wrong(1)
    assert (swept(store, "one_time_code"), swept(store, "throttle")) == (0, 0)
    clock.forward(hours=26)
    assert swept(store, "one_time_code") == 1
    # the IP, its network, the address's sends, all sends, its block, its wrong codes, the browser's, all wrong codes
    assert swept(store, "throttle") == 8
