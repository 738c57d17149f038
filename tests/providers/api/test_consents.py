"""Consents that a program reports, one by one and in lists, and what it is told of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from consents import ledger
from consents.history import Deed
from consents.ledger import Wish
from consents.people import register
from consents.rules import ONAY, RET
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Door, Source
from providers.consents import batches
from tests import CORPUS
from tests.conftest import Clock, swept
from tests.providers.api.conftest import Open
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, Desk, Program, asked, brand, codes, consent
from tests.web.client import refused_for

B = brand(CINAR)
FILE = CORPUS / "csv_rows.jsonl"
_EVENTS = Statement(text("SELECT count(*) FROM consent_event"))


def events(here: Desk) -> int:
    row = here.registry.store.read_now(Snapshot.one, _EVENTS)
    return int(row[0]) if row else 0


def decides(here: Desk, number: int, status: int, code: int = CINAR, channel: int = 1) -> None:
    """The citizen's own word on the site."""

    def work(transaction: Transaction) -> None:
        who = register.person(here.registry.keyring, f"+9053200000{number:02}")
        recipient = register.enrol(transaction, here.registry.keyring, who)
        row = transaction.one(Statement(text("SELECT id FROM brand WHERE code = :code")), {"code": code})
        assert row is not None
        wish = Wish(row[0], channel, 0, status, Source.IYS_WEB.code)
        ledger.decide(transaction, here.registry.policy, recipient, [wish], Deed(Actor.CITIZEN, Door.PAGE))

    here.registry.store.write_now(work)


def finish(here: Desk) -> None:
    """What the worker does."""
    asyncio.run(batches.store_waiting(here.registry))


def status(program: Program, number: int = 1, query: str = "", **other: Any) -> dict[str, Any]:
    answer = program.post(f"{B}/consents/status{query}", asked(number, **other))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


# -- one by one --------------------------------------------------------------------------------------------------------


def test_a_consent_is_recorded_and_can_be_asked_for(cinar: Program) -> None:
    answer = cinar.post(f"{B}/consents", consent())
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {"transactionId", "creationDate"}
    assert len(told["transactionId"]) == 64
    assert told["creationDate"] == "2026-11-24 12:00:00"
    assert status(cinar) == consent() | told | {"retailerAccessCount": 0}


def test_a_status_tells_when_the_word_that_counts_was_recorded(here: Desk, cinar: Program) -> None:
    def told(number: int, **other: str) -> tuple[str, str]:
        answer = cinar.post(f"{B}/consents/status", asked(number, **other)).json()
        return answer["status"], answer["creationDate"]

    cinar.post(f"{B}/consents", consent(2))
    for minute, number in enumerate((1, 3), 1):
        here.clock.forward(minutes=minute)
        cinar.post(f"{B}/consents", consent(number))
    here.clock.forward(minutes=1)
    decides(here, 1, RET)
    assert [told(number) for number in (1, 2, 3)] == [
        ("RET", "2026-11-24 12:04:00"),
        ("ONAY", "2026-11-24 12:00:00"),
        ("ONAY", "2026-11-24 12:03:00"),
    ]
    here.clock.forward(minutes=1)
    cinar.post(f"{B}/consents", consent(1, consentDate="2026-11-24 12:05:00"))
    assert told(1) == ("RET", "2026-11-24 12:04:00"), "while the citizen is asked his own word counts"
    decides(here, 1, ONAY)
    here.clock.forward(minutes=1)
    cinar.post(f"{B}/consents", consent(1, status="RET", consentDate="2026-11-24 12:05:30"))
    assert told(1) == ("RET", "2026-11-24 12:06:00"), "the provider's word is the later one"


def test_about_an_address_without_a_record_nothing_is_told(cinar: Program) -> None:
    assert status(cinar, 9) == {}
    cinar.post(f"{B}/consents", consent())
    assert status(cinar, type="ARAMA") == {}
    assert status(cinar, recipientType="TACIR") == {}


def test_a_repeat_is_refused_by_the_first_call_and_answered_alike_by_the_second(here: Desk, cinar: Program) -> None:
    first = cinar.post(f"/v2{B}/consents", consent()).json()
    here.clock.forward(minutes=5)
    assert cinar.post(f"/v2{B}/consents", consent()).json() == first
    again = cinar.post(f"{B}/consents", consent())
    assert (again.status_code, codes(again)) == (400, ["H178"])
    assert again.json()["errors"][0]["location"] == ["consentDate"]
    later = {"consentDate": "2026-11-24 11:00:00", "status": "RET"}
    assert cinar.post(f"{B}/consents", consent(**later)).status_code == 200
    assert codes(cinar.post(f"{B}/consents", consent(**later))) == ["H174"]
    assert cinar.post(f"/v2{B}/consents", consent()).json() == first, "also a word that stands no more"
    assert events(here) == 2


@pytest.mark.parametrize(
    ("change", "code", "location"),
    [
        ({"recipient": None}, "H114", ["recipient"]),
        ({"recipient": ""}, "H121", ["recipient"]),
        ({"recipient": 905320000001}, "H121", ["recipient"]),
        ({"recipient": "a@example.com"}, "H464", ["recipient"]),
        ({"recipient": "+905320000001", "type": "EPOSTA"}, "H120", ["recipient"]),
        ({"type": None}, "H111", ["type"]),
        ({"type": "SMS"}, "H117", ["type"]),
        ({"type": "mesaj"}, "H117", ["type"]),
        ({"status": None}, "H110", ["status"]),
        ({"status": "BEKLIYOR"}, "H115", ["status"]),
        ({"status": ""}, "H115", ["status"]),
        ({"status": ["ONAY"]}, "H115", ["status"]),
        ({"recipientType": "SAHIS"}, "H116", ["recipientType"]),
        ({"source": None}, "H113", ["source"]),
        ({"source": "IYS_WEB"}, "H119", ["source"]),
        ({"source": "HS_KARAR"}, "H408", ["status"]),
        ({"consentDate": None}, "H112", ["consentDate"]),
        ({"consentDate": "23.11.2026 10:15"}, "H158", ["consentDate"]),
        ({"consentDate": "2026-02-30 10:15:00"}, "H157", ["consentDate"]),
        ({"consentDate": "2026-11-24 12:00:01"}, "H162", ["consentDate"]),
        ({"consentDate": "2015-04-30 23:59:59"}, "H156", ["consentDate"]),
        ({"source": "HS_2015"}, "H155", ["consentDate"]),
        ({"retailerAccess": []}, "H163", ["retailerAccess"]),
        ({"retailerAccess": list(range(101))}, "H126", ["retailerAccess"]),
        ({"name": "Ayşe"}, "H118", ["name"]),
    ],
)
def test_each_fault_has_its_code_and_its_place(
    cinar: Program, here: Desk, change: dict[str, Any], code: str, location: list[Any]
) -> None:
    assert_refused(here, cinar.post(f"{B}/consents", consent(**change)), 422, code, location)


@pytest.mark.parametrize(
    ("change", "location"),
    [
        ({"retailerCode": 12345678}, ["retailerCode"]),
        ({"retailerCode": "12345678"}, ["retailerCode"]),
        ({"retailerAccess": [12345678]}, ["retailerAccess", 0]),
    ],
)
def test_a_dealer_that_is_none_has_its_code_and_its_place(
    cinar: Program, here: Desk, change: dict[str, Any], location: list[Any]
) -> None:
    assert_refused(here, cinar.post(f"{B}/consents", consent(**change)), 403, "H180", location)


def assert_refused(here: Desk, answer: httpx2.Response, status: int, code: str, location: list[Any]) -> None:
    assert answer.status_code == status
    (error,) = answer.json()["errors"]
    assert (error["code"], error["location"]) == (code, location)
    assert " / " in error["message"]
    assert events(here) == 0


def test_all_faults_are_told_at_once(cinar: Program) -> None:
    answer = cinar.post(f"{B}/consents", {"type": "X", "status": "Y", "extra": 1})
    assert sorted(codes(answer)) == ["H112", "H113", "H114", "H115", "H117", "H118"]


@pytest.mark.parametrize("body", [b"", b"{", b"[1,]", b'{"a":1,"a":2}', b"NaN", b"\xff", b"[" * 4_000])
def test_what_is_no_json_is_told_so(cinar: Program, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {cinar.tokens['access_token']}"}
    answer = cinar.client.post(f"{B}/consents", content=body, headers=headers)
    assert (answer.status_code, codes(answer)) == (400, ["H014"])


@pytest.mark.parametrize("body", [[], "x", 5, None])
def test_what_is_no_consent_is_told_so(cinar: Program, body: Any) -> None:
    headers = {"Authorization": f"Bearer {cinar.tokens['access_token']}"}
    answer = cinar.client.post(f"{B}/consents", content=json.dumps(body), headers=headers)
    assert (answer.status_code, codes(answer)) == (400, ["H085"])


def test_a_refusal_is_taken_as_the_first_record_and_late_but_not_where_iys_is_to_be_obeyed(desk: Open) -> None:
    late = consent(status="RET", consentDate="2026-11-10 09:00:00")
    here = desk()
    assert here.program("cinar").post(f"{B}/consents", late).status_code == 200
    assert codes(here.program("cinar").post(f"{B}/consents", consent(2, consentDate="2026-11-18 10:15:00"))) == ["H467"]


def test_a_first_tacir_record_needs_neither_date_nor_source_and_its_change_needs_both(cinar: Program) -> None:
    bare = consent(recipientType="TACIR", source=None, consentDate=None)
    assert cinar.post(f"{B}/consents", bare).status_code == 200
    told = status(cinar, recipientType="TACIR")
    assert told["status"] == "ONAY"
    assert not {"source", "consentDate"} & set(told)
    assert codes(cinar.post(f"{B}/consents", bare | {"status": "RET"})) == ["H462"]
    dated = bare | {"status": "RET", "consentDate": "2026-11-24 09:00:00"}
    assert codes(cinar.post(f"{B}/consents", dated)) == ["H463"]
    assert cinar.post(f"{B}/consents", dated | {"source": "HS_WEB"}).status_code == 200


def test_an_empty_source_or_date_of_a_tacir_record_is_none(here: Desk, cinar: Program) -> None:
    for number, empty in enumerate(({"source": ""}, {"consentDate": ""}, {"source": "", "consentDate": ""}), 1):
        one = consent(number, recipientType="TACIR") | empty
        assert cinar.post(f"/v2{B}/consents", one).status_code == 200
        told = status(cinar, number, recipientType="TACIR")
        assert told["status"] == "ONAY"
        assert {"source", "consentDate"} - set(told) == set(empty)
    sent = [consent(number, recipientType="TACIR", source="", consentDate="") for number in (4, 5)]
    taken = cinar.post(f"{B}/consents/request", sent)
    assert taken.status_code == 202
    assert not {"source", "consentDate"} & set(taken.json()["subRequests"][0])
    asyncio.run(batches.store_waiting(here.registry))
    assert status(cinar, 5, recipientType="TACIR")["status"] == "ONAY"
    bare = consent(1, recipientType="TACIR", status="RET")
    assert codes(cinar.post(f"{B}/consents", bare | {"consentDate": ""})) == ["H462"]
    assert codes(cinar.post(f"{B}/consents", bare | {"source": ""})) == ["H463"]
    for name, code in (("source", "H119"), ("consentDate", "H158")):
        assert codes(cinar.post(f"{B}/consents", consent(6) | {name: ""})) == [code], "a person's has both"


SHORT = ["+90532000001", "053200000", "+9053", "532", "+4930", "+1212555"]
LONG = ["9055436100000000", "+9053200000010000", "+4930123456789012345678", "(0)" * 200]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("number", "code"), [*((one, "H121") for one in SHORT), *((one, "H160") for one in LONG)])
def test_only_a_number_of_more_than_fifteen_digits_is_called_so(cinar: Program, number: str, code: str) -> None:
    for path, sent in (
        (f"{B}/consents", consent(recipient=number)),
        (f"{B}/consents/request", [consent(recipient=number)]),
        (f"{B}/consents/status", asked(recipient=number)),
        (f"{B}/consents/BIREYSEL/status/MESAJ", {"recipients": [number]}),
    ):
        (fault,) = cinar.post(path, sent).json()["errors"]
        assert fault["code"] == code
        assert ("15" in fault["message"]) == (code == "H160")


def test_a_consent_after_the_citizens_refusal_waits_for_him(here: Desk, cinar: Program) -> None:
    decides(here, 1, RET)
    here.clock.forward(hours=1)
    answer = cinar.post(f"{B}/consents", consent(consentDate="2026-11-24 12:30:00"))
    assert answer.status_code == 200, "it is accepted"
    told = status(cinar)
    assert (told["status"], told["source"]) == ("RET", "IYS_WEB")
    assert status(cinar, query="?pending=1")["status"] == "BEKLIYOR"
    assert status(cinar, query="?pending=0")["status"] == "RET"
    wrong = cinar.post(f"{B}/consents/status?pending=AAA", asked()).json()["errors"]
    assert [(one["code"], one["location"], one["value"]) for one in wrong] == [("H093", ["pending"], "AAA")]
    many = cinar.post(f"{B}/consents/BIREYSEL/status/MESAJ", {"recipients": ["+905320000001"]}).json()
    assert many["list"] == []
    decides(here, 1, ONAY)
    assert status(cinar)["status"] == "ONAY"


@pytest.mark.parametrize(
    "case", [json.loads(line) for line in FILE.read_text("utf-8").splitlines()], ids=lambda case: case["id"]
)
def test_rows_of_files_get_the_same_verdict_from_the_api(case: dict[str, Any], cinar: Program) -> None:
    cells = case["input"].split(";")
    if len(cells) != 6 or '"' in case["input"] or not any(cells):
        return  # a fault of files only
    names = ("recipient", "type", "source", "status", "recipientType", "consentDate")
    body = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
    answer = cinar.post(f"{B}/consents", body)
    spelled = all(body.get(name, "") == cell.strip().upper() for name, cell in zip(names[1:5], cells[1:5], strict=True))
    if (
        "accept" in case["expect"]
        and spelled
        and body["consentDate"][4:5] == "-"
        and body["recipient"].strip() == body["recipient"]
    ):
        assert answer.status_code == 200, answer.text
    else:
        assert answer.status_code in {400, 422}, answer.text


# -- lists -------------------------------------------------------------------------------------------------------------


def test_a_list_is_taken_stored_and_told_in_order(here: Desk, cinar: Program) -> None:
    sent = [consent(number) for number in range(1, 6)]
    sent[2] = consent(3, status="RET", recipientType="TACIR")
    taken = cinar.post(f"{B}/consents/request", sent)
    assert taken.status_code == 202
    request = taken.json()["requestId"]
    assert [one["recipient"] for one in taken.json()["subRequests"]] == [one["recipient"] for one in sent]
    queued = cinar.get(f"{B}/consents/request/{request}").json()
    assert [(one["index"], one["status"]) for one in queued] == [(place, "enqueue") for place in range(5)]
    finish(here)
    results = cinar.get(f"{B}/consents/request/{request}").json()
    assert [one["status"] for one in results] == ["success"] * 5
    assert [one["subRequestId"] for one in results] == [one["subRequestId"] for one in taken.json()["subRequests"]]
    assert len({one["transactionId"] for one in results}) == 5
    assert status(cinar, 3, recipientType="TACIR")["transactionId"] == results[2]["transactionId"]


def test_what_the_ledger_refuses_stands_in_the_results_alone(here: Desk, cinar: Program) -> None:
    cinar.post(f"{B}/consents", consent(1))
    sent = [consent(1), consent(2), consent(3, consentDate="2026-11-18 10:15:00")]
    old = cinar.post(f"{B}/consents/request", sent).json()["requestId"]
    new = cinar.post(f"/v2{B}/consents/request", sent).json()["requestId"]
    finish(here)
    results = cinar.get(f"{B}/consents/request/{old}").json()
    assert [one.get("error", {}).get("code") for one in results] == ["H178", None, "H467"]
    results = cinar.get(f"/v2{B}/consents/request/{new}").json()
    assert [one["status"] for one in results] == ["success", "success", "failure"]
    assert all(one["isAddConsentV2Service"] for one in results)
    assert "originalRequestInformation" not in results[0], "it was reported alone"
    assert results[1]["originalRequestInformation"]["requestId"] == old
    assert events(here) == 2


def test_one_bad_item_refuses_the_whole_list_and_all_faults_are_told(here: Desk, cinar: Program) -> None:
    sent: list[Any] = [consent(1), consent(2, type="SMS"), 5, consent(1)]
    answer = cinar.post(f"{B}/consents/request", sent)
    assert answer.status_code == 422
    told = [(one["code"], one["index"]) for one in answer.json()["errors"]]
    assert told == [("H117", 1), ("H092", 2), ("H194", 3)]
    finish(here)
    assert events(here) == 0


@pytest.mark.parametrize(("body", "code"), [([], "H092"), ({}, "H092"), ("x", "H092")])
def test_what_is_no_list_is_told_so(cinar: Program, body: Any, code: str) -> None:
    assert codes(cinar.post(f"{B}/consents/request", body)) == [code]


def test_a_list_has_at_most_a_thousand_items(cinar: Program) -> None:
    answer = cinar.post(f"{B}/consents/request", [consent()] * 1001)
    assert (answer.status_code, codes(answer)) == (422, ["H091"])


@pytest.mark.parametrize(("request_id", "code"), [("a" * 37, "H198"), ("abcdef", "H199"), ("123456", "H400")])
def test_an_id_that_can_be_none_is_told_so(cinar: Program, request_id: str, code: str) -> None:
    assert codes(cinar.get(f"{B}/consents/request/{request_id}")) == [code]


def test_results_are_their_senders_and_are_forgotten_after_sixty_days(here: Desk, cinar: Program) -> None:
    request = cinar.post(f"{B}/consents/request", [consent()]).json()["requestId"]
    finish(here)
    assert cinar.get(f"{brand(CINAR_ALT)}/consents/request/{request}").json() == []
    assert here.program("isik").get(f"{brand(ISIK)}/consents/request/{request}").json() == []
    here.clock.forward(days=61)
    assert swept(here.registry.store, "batch") == 1
    assert here.program("cinar").get(f"{B}/consents/request/{request}").json() == []


def test_a_list_in_time_when_it_was_taken_is_in_time_when_it_is_stored(here: Desk, cinar: Program) -> None:
    request = cinar.post(f"{B}/consents/request", [consent(consentDate="2026-11-19 10:15:00")]).json()["requestId"]
    here.clock.forward(days=2)
    finish(here)
    assert here.program("cinar").get(f"{B}/consents/request/{request}").json()[0]["status"] == "success"


def test_nobody_can_read_a_waiting_list_in_the_database(here: Desk, cinar: Program) -> None:
    cinar.post(f"{B}/consents/request", [consent()])
    row = here.registry.store.read_now(Snapshot.one, Statement(text("SELECT sealed FROM batch")))
    assert row is not None
    assert b"+90532" not in bytes(row[0])
    finish(here)
    assert here.registry.store.read_now(Snapshot.one, Statement(text("SELECT sealed FROM batch"))) == (None,)


# -- queries -----------------------------------------------------------------------------------------------------------


def test_many_addresses_are_asked_in_one_call_and_only_approved_ones_come_back(here: Desk, cinar: Program) -> None:
    cinar.post(f"{B}/consents/request", [consent(1), consent(2), consent(3, status="RET")])
    finish(here)
    given = ["0532 000 00 02", "+905320000003", "+905320000009", "+905320000001"]
    answer = cinar.post(f"{B}/consents/BIREYSEL/status/MESAJ", {"recipients": given})
    assert answer.json()["list"] == ["0532 000 00 02", "+905320000001"]
    for path in (f"{B}/consents/TACIR/status/MESAJ", f"{B}/consents/BIREYSEL/status/ARAMA"):
        assert cinar.post(path, {"recipients": given}).json()["list"] == []


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("BIREYSEL/status/SMS", {"recipients": ["+905320000001"]}, "H117"),
        ("X/status/MESAJ", {"recipients": ["+905320000001"]}, "H116"),
        ("BIREYSEL/status/MESAJ", {}, "H168"),
        ("BIREYSEL/status/MESAJ", {"recipients": []}, "H164"),
        ("BIREYSEL/status/MESAJ", {"recipients": "x"}, "H478"),
        ("BIREYSEL/status/MESAJ", {"recipients": ["x"]}, "H121"),
        ("BIREYSEL/status/MESAJ", {"recipients": [7]}, "H121"),
        ("BIREYSEL/status/EPOSTA", {"recipients": ["+905320000001"]}, "H120"),
        ("BIREYSEL/status/MESAJ", {"recipients": ["+905320000001"] * 1001}, "H127"),
        ("BIREYSEL/status/MESAJ", {"recipients": ["+905320000001"], "type": "MESAJ"}, "H118"),
    ],
)
def test_what_is_wrong_with_a_query_is_told(cinar: Program, path: str, body: Any, code: str) -> None:
    answer = cinar.post(f"{B}/consents/{path}", body)
    assert (answer.status_code, codes(answer)) == (422, [code])


def test_the_history_of_a_consent_comes_latest_first_in_pages(here: Desk, cinar: Program, clock: Clock) -> None:
    cinar.post(f"{B}/consents", consent())
    decides(here, 1, RET)
    clock.forward(hours=1)
    cinar.post(f"{B}/consents", consent(consentDate="2026-11-24 12:30:00"))
    told = cinar.post(f"{B}/consents/history", asked()).json()
    assert [(one["status"], one["source"]) for one in told["list"]] == [
        ("RET", "HS_WEB"),  # it waits for the citizen: İYS has no word for that
        ("RET", "IYS_WEB"),
        ("ONAY", "HS_WEB"),
    ]
    assert told["pagination"] == {"offset": 0, "pageSize": 3, "totalCount": 3}
    assert cinar.post(f"{B}/consents/history?pending=1", asked()).json()["list"][0]["status"] == "BEKLIYOR"
    second = cinar.post(f"{B}/consents/history?offset=1&limit=1", asked()).json()
    assert second["list"] == told["list"][1:2]
    assert second["pagination"] == {"offset": 1, "pageSize": 1, "totalCount": 3}
    assert cinar.post(f"{B}/consents/history", asked(9)).json()["list"] == []


@pytest.mark.parametrize(
    ("query", "code"), [("limit=0", "H187"), ("limit=101", "H186"), ("limit=x", "H183"), ("offset=-1", "H182")]
)
def test_a_page_that_cannot_be_is_refused(cinar: Program, query: str, code: str) -> None:
    assert codes(cinar.post(f"{B}/consents/history?{query}", asked())) == [code]


def test_the_hourly_limits_of_queries_have_their_own_codes(desk: Open) -> None:
    program = desk(API_STATUS_PER_HOUR="2", API_HISTORY_PER_HOUR="1").program("cinar")
    assert [program.post(f"{B}/consents/status", asked()).status_code for _ in range(2)] == [200, 200]
    for _ in range(2):
        refused_for(program.post(f"{B}/consents/status", asked()), 429, "H086")
    program.post(f"{B}/consents/history", asked())
    assert codes(program.post(f"{B}/consents/history", asked())) == ["H089"]


# -- the feed ----------------------------------------------------------------------------------------------------------


def walk(program: Program, source: str, limit: int = 2) -> list[dict[str, Any]]:
    """All pages of the feed."""
    told: list[dict[str, Any]] = []
    after = ""
    while True:
        answer = program.get(
            f"{B}/consents/changes?source={source}&limit={limit}" + (f"&after={after}" if after else "")
        )
        if answer.status_code == 204:
            assert answer.content == b""
            return told
        told += answer.json()["list"]
        after = answer.json()["after"]


def test_the_feed_hands_out_each_sides_movements_in_order_without_gap(here: Desk, cinar: Program) -> None:
    assert walk(cinar, "IYS") == walk(cinar, "HS") == []
    for number in range(1, 6):
        cinar.post(f"{B}/consents", consent(number))
        decides(here, number, RET)
        here.clock.forward(seconds=1)
    here.program("isik").post(f"{brand(ISIK)}/consents", consent(1))
    own, theirs = walk(cinar, "HS"), walk(cinar, "IYS")
    people = [f"+9053200000{number:02}" for number in range(1, 6)]
    assert [one["recipient"] for one in own] == [one["recipient"] for one in theirs] == people
    assert {one["status"] for one in own} == {"ONAY"}
    assert {(one["status"], one["source"]) for one in theirs} == {("RET", "IYS_WEB")}
    assert len({one["transactionId"] for one in own + theirs}) == 10
    assert walk(cinar, "IYS", 1000) == theirs


@pytest.mark.parametrize(
    ("query", "code"),
    [("source=X", "H506"), ("limit=0", "H507"), ("limit=1001", "H507"), ("limit=x", "H507"), ("after=1_zz", "H093")],
)
def test_a_feed_that_cannot_be_is_refused(cinar: Program, query: str, code: str) -> None:
    assert codes(cinar.get(f"{B}/consents/changes?{query}")) == [code]


# -- once --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/consents", consent()),
        ("/consents/request", [consent()]),
        ("/consents/status", asked()),
        ("/consents/history", asked()),
        ("/consents/BIREYSEL/status/MESAJ", {"recipients": ["+905320000001"]}),
    ],
)
def test_a_key_makes_a_call_happen_once(here: Desk, cinar: Program, path: str, body: Any) -> None:
    first = cinar.post(B + path, body, Idempotency_Key="k-1")
    finish(here)
    recorded = events(here)
    here.clock.forward(minutes=1)
    again = cinar.post(B + path, body, Idempotency_Key="k-1")
    finish(here)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert events(here) == recorded
    changed = json.loads(json.dumps(body).replace("0001", "0007"))
    other = cinar.post(B + path, changed, Idempotency_Key="k-1")
    assert (other.status_code, codes(other)) == (422, ["Z422"])
    assert here.program("isik").post(brand(ISIK) + path, body, Idempotency_Key="k-1").status_code == first.status_code


@pytest.mark.parametrize(
    ("path", "body", "broken"),
    [
        ("/consents", consent(), [consent(type="X"), {}, []]),
        ("/consents/request", [consent()], [[consent(type="X")], [], {}]),
        ("/consents/BIREYSEL/status/MESAJ", {"recipients": ["+905320000001"]}, [{"recipients": ["x"]}, {}, []]),
    ],
)
def test_a_key_that_was_used_is_looked_at_before_another_body(
    cinar: Program, path: str, body: Any, broken: list[Any]
) -> None:
    assert cinar.post(B + path, body, Idempotency_Key="k").status_code < 300
    for other in broken:
        answer = cinar.post(B + path, other, Idempotency_Key="k")
        assert (answer.status_code, codes(answer)) == (422, ["Z422"])


def test_a_list_of_approved_addresses_is_told_again_under_its_key(cinar: Program) -> None:
    path, body = f"{B}/consents/BIREYSEL/status/MESAJ", {"recipients": ["+905320000001"]}
    first = cinar.post(path, body, Idempotency_Key="k").json()
    assert first["list"] == []
    cinar.post(f"{B}/consents", consent())
    assert cinar.post(path, body, Idempotency_Key="k").json() == first
    assert cinar.post(path, body).json()["list"] == ["+905320000001"]


def test_a_refused_request_may_be_mended_under_its_key(here: Desk, cinar: Program) -> None:
    cinar.post(f"{B}/consents", consent())
    refused_for(cinar.post(f"{B}/consents", consent(), Idempotency_Key="k"), 400, "H178")
    assert cinar.post(f"{B}/consents", consent(2), Idempotency_Key="k").status_code == 200
    assert codes(cinar.post(f"{B}/consents", consent(3), Idempotency_Key="x" * 256)) == ["Z423"]


# -- partners ----------------------------------------------------------------------------------------------------------


def test_a_partner_reads_and_writes_the_channels_it_was_let_to(here: Desk) -> None:
    partner = here.program("partner")
    here.grant(CINAR, (0, 1, 2))
    mail = consent(type="EPOSTA", recipient="ayse@example.com")
    assert partner.post(f"{B}/consents", mail).status_code == 200
    for path, body in (
        ("/consents", consent()),
        ("/consents/request", [mail | {"recipient": "b@example.com"}, consent()]),
    ):
        answer = partner.post(B + path, body)
        assert (answer.status_code, codes(answer)) == (403, ["H353"])
    assert partner.post(f"{B}/consents/status", asked()).status_code == 200
    assert codes(partner.post(f"{B}/consents/status", asked(type="ARAMA"))) == ["H353"]
    assert codes(partner.post(f"{B}/consents/BIREYSEL/status/ARAMA", {"recipients": ["+905320000001"]})) == ["H353"]
    decides(here, 1, RET)
    decides(here, 1, RET, channel=0)
    assert [one["type"] for one in walk(partner, "IYS")] == ["MESAJ"], "calls are not its business"
