"""What İYS answers and shows that nobody can read, between two good ones: those count, the other is kept or counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from consents.instants import DAY, SECOND
from consents.rules import ONAY, RET
from consents.store import Transaction
from consents.terms import Channel
from national import errands, movement_items, national_brands
from national.errands import ErrandKind
from national.incoming import relayed
from national.outgoing import batching, settling
from national.upstream import iys_messages
from tests.national.conftest import BRAND, OTHER, PHONE, Company
from tests.national.test_in import push, pushed
from tests.web.client import refused_for

VALUES: list[Any] = [
    None, True, 7, 1e300, [], {}, [["x"]], {"a": [{"b": None}]}, "", "\ud800", "a\x00b", "x" * 20_000, "٣", 10**30,
    "9999-99-99 99:99:99", "0001-01-01 00:00:00", "2026-11-24T11:59:00+99:99",
]  # fmt: skip
FIRST, LAST = "+905320000011", "+905320000019"
FIELDS = ("recipient", "type", "recipientType", "status", "source", "consentDate", "transactionId", "retailerCode")


def good(recipient: str) -> dict[str, Any]:
    one: dict[str, Any] = pushed_one() | {"recipient": recipient}
    return one


def pushed_one() -> dict[str, Any]:
    return {
        "brandCode": BRAND, "consentDate": "2026-11-24 11:59:00", "source": "IYS_MOBIL", "recipient": PHONE,
        "creationDate": "2026-11-24 11:59:00", "recipientType": "BIREYSEL", "status": "RET", "type": "MESAJ",
        "transactionId": "e5" * 32,
    }  # fmt: skip


def hostile() -> list[Any]:
    """Entries of which one field is another thing, and entries that are none."""
    return [good(PHONE) | {name: value} for name in FIELDS for value in VALUES] + VALUES


def nested(depth: int = 100_000) -> bytes:
    return b'{"list":' + b"[" * depth + b"]" * depth + b"}"


def answering(company: Company, told: Callable[[str, str], Any]) -> None:
    """The local İYS answers so, where ``told(method, path)`` is not None."""
    answer = company.iys.answer

    def instead(method: str, path: str, headers: dict[str, str], body: bytes | None) -> tuple[int, str, bytes]:
        given = told(method, path)
        if given is None:
            return answer(method, path, headers, body)
        return 200, "application/json", given if isinstance(given, bytes) else json.dumps(given).encode()

    company.iys.answer = instead  # type: ignore[method-assign]


def test_a_page_of_the_pull(company: Company) -> None:
    listed = [good(FIRST), *hostile(), good(LAST)]
    shown = iter([{"after": "a1", "list": listed}])
    answering(company, lambda method, path: next(shown, None) if "changes?" in path and "IYS" in path else None)
    company.meet()
    assert [company.here(one) for one in (FIRST, LAST)] == ["RET", "RET"]
    brand = company.synced_brand()
    assert brand.unread >= len(VALUES), "what cannot be read is counted"
    assert brand.pulled_at is not None
    assert brand.after_iys == "a1", "the cursor moves"


def test_a_movement_that_breaks_the_recording(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    take = relayed.take

    def breaks(transaction: Transaction, registry: Any, brand: int, found: Any) -> Any:
        if any(one.movement.address == PHONE for one in found):
            raise LookupError
        return take(transaction, registry, brand, found)

    monkeypatch.setattr(relayed, "take", breaks)
    people = [FIRST, *(f"+90532000002{number}" for number in range(5)), PHONE, LAST]
    for one in people:
        company.iys.citizen(BRAND, one, "MESAJ", "RET")
    company.clock.forward(hours=2)
    company.meet()
    assert [company.here(one) for one in people] == ["RET"] * 6 + [None, "RET"]
    assert company.synced_brand().unread == 1


def test_a_push(company: Company) -> None:
    company.meet()
    entries = [*hostile(), *(good(PHONE) | {"brandCode": value} for value in VALUES)]
    assert push(company, {"list": [good(FIRST), *entries, good(LAST)]}).status_code == 200
    assert [company.here(one) for one in (FIRST, LAST)] == ["RET", "RET"]
    for body in ({"list": None}, [], "x", {"list": {}}):
        refused_for(push(company, body), 400, "Bad Request")
    assert pushed(company, "RET")


@pytest.mark.parametrize(
    "line", ["\x00" * 10, "," * 500, '"', "x" * 300_000, "\udcff\udcfe,,,", "a,b,c,d,e,f,g,h,i,j,k"]
)
def test_the_days_file(company: Company, line: str) -> None:
    company.meet()
    for one in (FIRST, LAST):
        company.iys.citizen(BRAND, one, "MESAJ", "RET")
    lines = company.iys._lines

    def bad(brand: int, day: str) -> bytes | None:
        first, *rest = (lines(brand, day) or b"").splitlines(keepends=True)
        return b"".join([first, *rest[:1], line.encode("utf-8", "surrogateescape") + b"\n", *rest[1:]])

    monkey = company.iys
    monkey._lines = bad  # type: ignore[method-assign]
    monkey.forgets = lambda: True
    company.clock.forward(hours=20)
    company.round()
    assert [company.here(one) for one in (FIRST, LAST)] == ["RET", "RET"]
    assert not company.iys.agreed
    assert company.synced_brand().differing_day is not None


def sent_three(company: Company) -> None:
    """A list of three refusals is on its way."""
    for one in (FIRST, PHONE, LAST):
        company.declares(ONAY, company.clock.now - DAY, one)
        company.iys.elsewhere(BRAND, one, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)
    company.meet()
    for one in (FIRST, PHONE, LAST):
        company.decides(RET, address=one)
    company.round()
    assert company.state().counts["sent"] == 3


@pytest.mark.parametrize("value", VALUES)
def test_one_answer_of_a_list(company: Company, value: Any) -> None:
    sent_three(company)
    body = [
        {"index": 0, "status": "success"},
        {"index": 1, "status": "failure", "error": {"code": value}},
        {"index": 2, "status": "success"},
        {"index": value, "status": value},
        value,
    ]
    answering(company, lambda method, path: body if method == "GET" and "/request/" in path else None)
    company.clock.forward(minutes=6)
    company.round()
    counts = company.state().counts
    assert counts["done"] == 2
    assert counts["escalated"] == 1, "a person looks at it"
    assert company.state().refused[0].code


def test_an_answer_that_breaks_the_settling(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    sent_three(company)
    settle = settling._settle

    def breaks(transaction: Transaction, item: movement_items.MovementItem, *rest: Any) -> bool:
        if item.place == 1:
            raise KeyError
        return settle(transaction, item, *rest)

    monkeypatch.setattr(settling, "_settle", breaks)
    company.clock.forward(minutes=6)
    company.round()
    assert (company.state().counts["done"], company.state().counts["escalated"]) == (2, 1)


def test_a_stored_movement_that_cannot_be_read(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.meet()
    address = batching._address

    def breaks(keyring: Any, item: Any, event: Any) -> str | None:
        found = address(keyring, item, event)
        if found == PHONE:
            raise ValueError
        return found

    monkeypatch.setattr(batching, "_address", breaks)
    for one in (FIRST, PHONE, LAST):
        company.decides(RET, address=one)
    company.round()
    assert (company.state().counts["sent"], company.state().counts["escalated"]) == (2, 1)
    monkeypatch.undo()
    company.registry.store.write_now(movement_items.try_again, company.brand)
    company.rounds(10)
    assert company.state().counts["escalated"] == 0, "tried again once somebody has seen to it"


@pytest.mark.parametrize(
    "told", [{"status": 5}, {"status": "RET", "type": []}, {"status": None, "recipient": "\ud800"}]
)
def test_what_iys_holds_of_one_key(company: Company, told: Any) -> None:
    """While both sides are compared: the refusal goes there whatever it holds, and the others are compared."""
    for channel in (Channel.ARAMA, Channel.MESAJ):
        company.decides(RET, channel=channel)
        company.iys.elsewhere(BRAND, PHONE, str(channel), "ONAY", (company.clock.now - DAY) // SECOND)
    company.clock.forward(days=9)
    answering(company, lambda method, path: told if path.endswith("/consents/status") else None)
    company.meet()
    company.rounds(20)
    assert [company.there(channel=channel) for channel in (Channel.ARAMA, Channel.MESAJ)] == ["RET", "RET"]


def test_a_brand_whose_calls_fail_holds_up_no_other(company: Company) -> None:
    def second(transaction: Transaction) -> None:
        from consents.brands import companies

        companies.add_brand(transaction, BRAND, OTHER, "Çınar Çocuk")

    company.registry.store.write_now(second)
    company.meet()
    company.rounds(10)
    for brand in (BRAND, OTHER):
        company.iys.elsewhere(brand, PHONE, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)
    first = company.brand
    company.decides(RET)
    company.brand = company.registry.store.read_now(national_brands.of_account, 1)[1].brand
    company.decides(RET)
    company.brand = first
    answering(company, lambda method, path: b"<html>" if f"/brands/{BRAND}/" in path else None)
    company.rounds(30)
    assert company.iys.status(OTHER, PHONE, "MESAJ") == "RET"


def test_hostile_bodies_of_every_answer_raise_nothing_else_than_garbled() -> None:
    readers: list[Callable[[bytes], Any]] = [
        iys_messages.page, iys_messages.pushed, iys_messages.allowed, iys_messages.brands, iys_messages.retailers,
        iys_messages.token, iys_messages.request_id, iys_messages.day_hash, iys_messages.problems,
        lambda body: iys_messages.results(body, 1000),
    ]  # fmt: skip
    names = ("list", "after", "errors", "requestId", "access_token", "expires_in", "processStatus", "hashValue", "code")
    bodies = [json.dumps(value).encode() for value in VALUES]
    bodies += [json.dumps({name: value}).encode() for name in names for value in VALUES]
    bodies += [json.dumps([{name: value}]).encode() for name in ("index", "status", "brandCode") for value in VALUES]
    bodies += [json.dumps({"after": "a", "list": [value, *hostile()]}).encode() for value in VALUES]
    bodies += [b"", b"\xff\xfe", b"[" * 100_000, nested(), b'{"a":' * 100_000, b"1" * 10_000, b"NaN", b"Infinity"]
    for body in bodies:
        for reader in readers:
            try:
                reader(body)
            except iys_messages.Garbled:
                continue


def test_an_errand_that_breaks_holds_up_no_other(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.meet()
    done = errands._done

    async def breaks(sync: Any, account: Any, kind: ErrandKind) -> dict[str, Any]:
        if kind is ErrandKind.TEST:
            raise RecursionError
        return await done(sync, account, kind)

    monkeypatch.setattr(errands, "_done", breaks)
    for kind in (ErrandKind.TEST, ErrandKind.COMPARE, ErrandKind.ROUND):
        company.registry.store.write_now(errands.ask, 1, kind)
        company.clock.forward(seconds=1)
    company.loop.run_until_complete(errands.do_asked(company.sync))
    found = {one.kind: one for one in company.registry.store.read_now(errands.list_all, 1)}
    assert all(one.done_at is not None for one in found.values())
    faults = [one.outcome.get("fault") for one in (found[ErrandKind.TEST], found[ErrandKind.ROUND])]
    assert faults == ["failed", None]
    assert not company.registry.store.read_now(errands.any_asked)
