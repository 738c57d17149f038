"""What a sweep must keep: for each table the oldest row that stays and the youngest that goes, a second apart."""

from __future__ import annotations

import asyncio
import re
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text

from consents.brands import companies
from consents.care import sweeping
from consents.care.sweeping import Sweep
from consents.columns import stored
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction
from izin import jobs
from providers.callers import api_users
from providers.callers.api_users import Owner
from settings import load
from tests import ROOT, programs
from tests.conftest import NOON, Clock
from tests.web.conftest import KEY
from trust import limits
from trust.limits import Limit

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND


class Case(NamedTuple):
    """Rows of a table that differ in one time. ``values``: of its columns, ``AT`` stands for that time.

    ``oldest``: the age (µs) of the oldest row that stays, None where every row does; negative ages are in the future.
    ``column``: the table's column in which the rows are told apart.
    """

    table: str
    name: str
    columns: str
    values: tuple[Any, ...]
    oldest: int | None
    column: str


AT = object()
_CODE = "holder,purpose,address,mac,first_asked_at,asked,asked_at,expires_at,tries,wrong"
_LINK = "digest,recipient,brand,channel,expires_at"
_OUTBOX = "kind,secret,created_at,expires_at,next_try_at,tries,state,error"
_PANEL_SESSION = "key,person,device,started_at,touched_at"
_BATCH = "request,brand,api_user,again,size,received_at,finished_at"
_UPLOAD = "digest,brand,person,name,initial,size,lines,state,received_at,changed_at,kept_until,done,tries"
_DELIVERY = "connection,at,after_event,last_event,movements,error,took,again"
_CALL = "api_user,number,at,method,path,status,code"
ROW, PLACE = object(), object()  # the row's name, its number

_DELEGATION = "key,address,helper,label,began_at,ends_at,used_at,noticed_at"
_ASKED = (
    "public,company,purpose,method,channels,identity,address,tries,state,silent,sent,asked_at,expires_at,yes,no,act"
)
_PASSKEY = "digest,credential,address,public,counter,made_at,proved_at"

CASES = [
    # every limit looks back 24 hours at the most, an hour is to spare
    Case("throttle", "any", "key,at,count", (ROW, AT, 1), 25 * HOUR, "key"),
    Case("one_time_code", "any", _CODE, (ROW, 0, b"", b"", 0, 1, AT, 0, 0, 0), 25 * HOUR, "holder"),
    Case("session", "any", "key,started_at,touched_at,current", (ROW, AT, 0, 0), 12 * HOUR + SECOND, "key"),
    Case("helper_visit", "any", "session,address,place,began_at,ends_at", (ROW, b"", 0, 0, AT), HOUR, "session"),
    Case("shown_text", "any", "holder,digest,address,asked_at,expires_at", (ROW, b"", b"", 0, AT), 0, "holder"),
    Case("sign_in", "without wrong codes", "address,at,wrong,wrong_at", (ROW, AT, 0, None), 30 * DAY, "address"),
    Case("sign_in", "with wrong codes", "address,at,wrong,wrong_at", (ROW, 0, 1, AT), 365 * DAY, "address"),
    Case("sign_in", "wrong codes alone", "address,at,wrong,wrong_at", (ROW, None, 100, AT), 365 * DAY, "address"),
    Case("trusted_asker", "any", "asker,address,wrong,proved_at", (ROW, b"", 0, AT), 180 * DAY - SECOND, "asker"),
    Case("delegation", "over", _DELEGATION, (ROW, b"", b"", 0, 0, AT, stored(NOON), 0), 0, "key"),
    Case("delegation", "unused", _DELEGATION, (ROW, b"", b"", 0, 0, stored(NOON), AT, 0), 180 * DAY, "key"),
    Case("passkey", "any", _PASSKEY, (ROW, b"", b"", b"", 0, 0, AT), 360 * DAY - SECOND, "digest"),
    Case("idempotency_key", "any", "key,request,status,answer,at", (ROW, b"", 200, b"", AT), 24 * HOUR, "key"),
    Case("sms_question", "any", "sender,asks,channels,tries,expires_at", (ROW, "brand", 1, 0, AT), -SECOND, "sender"),
    Case("api_rate", "any", "key,ends_at,count", (ROW, AT, 1), 0, "key"),
    Case("api_call", "any", _CALL, (1, PLACE, AT, "GET", "/", 200, ROW), 30 * DAY, "code"),
    Case("stray_call", "any", "provider,kind,at,calls", (1, ROW, AT, 1), 30 * DAY, "kind"),
    Case("push_delivery", "any", _DELIVERY, (1, AT, 0, 1, 1, ROW, 5, False), 30 * DAY, "error"),
    Case("api_token", "any", "digest,kind,api_user,family,expires_at", (ROW, "access", 1, b"", AT), 0, "digest"),
    Case("panel_export_part", "any", "export,place,asked_at,sealed", (1, PLACE, AT, ROW), 7 * DAY, "sealed"),
    Case("panel_upload", "cut off", _UPLOAD, (ROW, 1, 1, b"n", False, 1, 0, "receiving", 0, 0, AT, 0, 0), 0, "digest"),
    Case("panel_upload", "loaded", _UPLOAD, (ROW, 1, 1, b"n", False, 1, 0, "loaded", 0, 0, AT, 0, 0), None, "digest"),
    Case("panel_session", "any", _PANEL_SESSION, (ROW, 1, b"", AT, AT), 12 * HOUR, "key"),
    Case("panel_device", "any", "person,device,label,first_at,last_at", (1, ROW, "", 0, AT), 400 * DAY, "device"),
    Case("panel_notice", "any", "person,kind,about,at", (1, 1, ROW, AT), 400 * DAY, "about"),
    Case("short_link", "any", _LINK, (ROW, 1, 1, 1, AT), 0, "digest"),
    Case("batch", "done", _BATCH, (ROW, 1, 1, False, 1, AT, 0), 60 * DAY, "request"),
    Case("batch", "waiting", _BATCH, (ROW, 1, 1, False, 1, AT, None), None, "request"),
    Case(
        "refused_count",
        "any",
        "brand,day,channel,way,code,refused,last_at",
        (1, PLACE, 1, 1, ROW, 1, AT),
        400 * DAY,
        "code",
    ),
    Case(
        "consent_request",
        "unanswered",
        _ASKED,
        (ROW, 1, 1, 0, 2, 0, b"", 0, 0, 0, "", AT, 0, 0, 0, None),
        30 * DAY,
        "public",
    ),
    Case(
        "consent_request",
        "verified",
        _ASKED,
        (ROW, 1, 0, 0, 0, 0, b"", 0, 2, 0, "", AT, 0, 0, 0, None),
        365 * DAY,
        "public",
    ),
    Case("consent_request", "answered", _ASKED, (ROW, 1, 1, 0, 2, 0, b"", 0, 2, 0, "", AT, 0, 2, 0, 1), None, "public"),
    Case("data_request", "closed", "kind,asked_at,state,closed_at,answer", (1, AT, 1, 0, ROW), 1095 * DAY, "answer"),
    Case("data_request", "open", "kind,asked_at,state,answer", (1, AT, 0, ROW), None, "answer"),
    Case("follow_up", "any", "act,recipient,kind,language,due_at", (PLACE, 1, "sms", ROW, AT), 90 * DAY, "language"),
    Case("outbox", "sent", _OUTBOX, ("sms", False, AT, 0, 0, 1, "sent", ROW), 30 * DAY, "error"),
    Case("outbox", "given up", _OUTBOX, ("sms", False, AT, 0, 0, 1, "given_up", ROW), 30 * DAY, "error"),
    Case("outbox", "waiting", _OUTBOX, ("sms", False, AT, 0, 0, 1, "waiting", ROW), None, "error"),
]


def furnish(transaction: Transaction) -> None:
    companies.add_provider(transaction, 600100, "Çınar Mağazacılık A.Ş.")
    companies.add_brand(transaction, 600100, 600101, "Çınar")
    api_users.add(transaction, Owner.PROVIDER, 600100, "cinar", programs.password("cinar"))
    columns = "id,brand,channel,sealed,registered_at,works,cursor,tries,next_try_at"
    transaction.insert("push_connection", columns, [(1, 1, 1, b"s", 0, True, 0, 0, 0)])
    transaction.insert("recipient", "id,sealed,commitment", [(1, b"s", b"c")])
    transaction.insert("panel_user", "id,email,staff,created_at,version", [(1, b"e", 0, 0, 1)])


def lay(transaction: Transaction, case: Case, ages: dict[str, int]) -> None:
    """One row of each age."""
    text_key = case.column in ("request", "error", "code", "language", "about", "public", "kind")
    rows = [
        tuple(
            {AT: stored(NOON - age), ROW: name if text_key else name.encode(), PLACE: place}.get(value, value)
            for value in case.values
        )
        for place, (name, age) in enumerate(ages.items())
    ]
    if case.table == "helper_visit":  # each is of a session
        transaction.insert(
            "session", "key,started_at,touched_at,current", [(row[0], stored(NOON), 0, 0) for row in rows]
        )
    transaction.insert(case.table, case.columns, rows)


def left(snapshot: Snapshot, case: Case) -> set[str]:
    rows = snapshot.all(Statement(text(f"SELECT {case.column} FROM {case.table}")))
    return {value if isinstance(value, str) else bytes(value).decode() for (value,) in rows}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.table} {case.name}")
def test_the_oldest_that_is_needed_stays_and_the_next_goes(registry: Registry, case: Case) -> None:
    registry.store.write_now(furnish)
    ages = {"now": 0} if (case.oldest or 0) >= 0 else {}
    if case.oldest is None:
        ages |= {"ten years": 3650 * DAY}
    else:
        ages |= {"oldest": case.oldest, "next": case.oldest + SECOND}
    registry.store.write_now(lay, case, ages)
    asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY})))
    assert registry.store.read_now(left, case) == set(ages) - {"next"}


def test_the_settings_move_what_they_are_about(registry: Registry) -> None:
    for table, oldest in (("session", 24 * HOUR + SECOND), ("trusted_asker", 10 * DAY - SECOND)):
        case = next(case for case in CASES if case.table == table)
        registry.store.write_now(lay, case, {"oldest": oldest, "next": oldest + SECOND})
        asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY, "SESSION_HOURS": "24", "TRUSTED_DAYS": "10"})))
        assert registry.store.read_now(left, case) == {"oldest"}


def test_of_a_received_message_the_row_stays_and_its_text_goes(registry: Registry) -> None:
    rows = [
        ("twilio", name, stored(NOON - age), "unclear", b"text", b"reply")
        for name, age in (("oldest", 30 * DAY), ("next", 30 * DAY + SECOND))
    ]
    columns = "carrier,name,received_at,state,sealed,reply"
    registry.store.write_now(lambda transaction: transaction.insert("inbound_message", columns, rows))
    asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY})))
    query = Statement(text("SELECT name, state, sealed, reply FROM inbound_message ORDER BY id"))
    kept = [(name, state, sealed and bytes(sealed), reply and bytes(reply)) for name, state, sealed, reply in
            registry.store.read_now(lambda snapshot: snapshot.all(query))]  # fmt: skip
    assert kept == [("oldest", "unclear", b"text", b"reply"), ("next", "done", None, None)]


def test_a_complaint_stays_counted_and_its_person_and_text_go(registry: Registry) -> None:
    rows = [
        (name.encode(), 1, 1, 1, "2026-11-01", 7, stored(NOON - age), b"text")
        for name, age in (("oldest", 730 * DAY), ("next", 730 * DAY + SECOND))
    ]
    columns = "once,recipient,brand,channel,day,act,counted_at,text"

    def work(transaction: Transaction) -> None:
        furnish(transaction)
        transaction.insert("complaint", columns, rows)

    registry.store.write_now(work)
    asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY})))
    query = Statement(text("SELECT once, recipient, brand, act, text FROM complaint ORDER BY id"))
    found = [
        (bytes(once).decode(), recipient, brand, act, sealed and bytes(sealed))
        for once, recipient, brand, act, sealed in registry.store.read_now(lambda snapshot: snapshot.all(query))
    ]
    assert found == [("oldest", 1, 1, 7, b"text"), ("next", None, 1, None, None)]


def test_a_dispute_that_ended_stays_three_years_and_an_open_one_until_it_ends(registry: Registry) -> None:
    years = 3 * 366 * DAY
    rows = [
        (event, 1, 1, 0, state, stored(NOON - age), 0, ended)
        for event, state, age, ended in ((1, 1, years, 0), (2, 1, years + SECOND, 0), (3, 0, years + DAY, None))
    ]
    columns = "event,brand,channel,identity,state,asked_at,due_at,ended_at"

    def work(transaction: Transaction) -> None:
        furnish(transaction)
        transaction.insert("consent_dispute", columns, rows)

    registry.store.write_now(work)
    asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY})))
    query = Statement(text("SELECT event FROM consent_dispute ORDER BY event"))
    assert registry.store.read_now(lambda snapshot: snapshot.all(query)) == [(1,), (3,)]


def test_a_block_that_is_closed_into_the_future_stays_closed(registry: Registry) -> None:
    case = next(case for case in CASES if case.table == "throttle")
    registry.store.write_now(lay, case, {"future": -HOUR})
    asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY})))
    assert registry.store.read_now(left, case) == {"future"}


def test_a_sweep_every_hour_undoes_no_daily_limit(registry: Registry, clock: Clock) -> None:
    ten_a_day = Limit(b"k", 10, DAY)
    taken = []
    for _ in range(36):
        taken.append(registry.store.write_now(limits.take, ten_a_day))
        clock.forward(hours=1)
        asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY})))
    assert taken == [True] * 10 + [False] * 14 + [True] * 10 + [False] * 2


def test_an_erased_address_without_wrong_codes_is_forgotten(registry: Registry) -> None:
    case = Case("sign_in", "", "address,at,wrong,wrong_at", (ROW, None, 0, None), None, "address")
    registry.store.write_now(lay, case, {"erased": 0})
    asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY})))
    assert registry.store.read_now(left, case) == set()


def test_a_wish_to_be_told_ends_half_a_year_after_its_addresses_were_proved(registry: Registry) -> None:
    """So whoever gets a number after that is watched by nobody."""
    ages = {1: 0, 2: 180 * DAY, 3: 180 * DAY + SECOND}
    columns = "recipient,kind,target,stop,language,event,looked_at,proved_at"

    def work(transaction: Transaction) -> None:
        transaction.insert("recipient", "id,sealed,commitment", [(n, bytes([n]), b"c") for n in ages])
        rows = [(n, "mail", b"t", b"s", "tr", 0, 0, stored(NOON - age)) for n, age in ages.items()]
        transaction.insert("watch", columns, rows)

    registry.store.write_now(work)
    asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY})))
    query = Statement(text("SELECT recipient FROM watch ORDER BY recipient"))
    assert [n for (n,) in registry.store.read_now(lambda snapshot: snapshot.all(query))] == [1, 2]


def test_uploaded_files_go_when_their_time_is_over_unless_somebody_works_at_them(registry: Registry) -> None:
    """The row stays, because the log of acts names it; but not of a file that never came in whole."""
    states = {1: ("checked", 1), 2: ("checked", -1), 3: ("loading", 1), 4: ("receiving", 1), 5: ("receiving", -1)}
    columns = "id,brand,person,name,initial,size,lines,digest,state,received_at,changed_at,kept_until,done,tries"

    def work(transaction: Transaction) -> None:
        furnish(transaction)
        for number, (state, age) in states.items():
            until = stored(NOON - age * SECOND)
            row = (number, 1, 1, b"n", False, 1, 1, b"d", state, 0, 0, until, 0, 0)
            transaction.insert("panel_upload", columns, [row])
            transaction.insert("panel_upload_piece", "upload,kind,place,sealed", [(number, 0, 0, b"s")])

    registry.store.write_now(work)
    asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY})))
    files, pieces = (
        [row[0] for row in registry.store.read_now(Snapshot.all, Statement(text(query)))]
        for query in (
            "SELECT id FROM panel_upload ORDER BY id",
            "SELECT upload FROM panel_upload_piece ORDER BY upload",
        )
    )
    assert (files, pieces) == ([1, 2, 3, 5], [2, 3, 5])


def test_a_verified_number_goes_with_its_stamped_proof_and_a_consents_proof_stays(registry: Registry) -> None:
    ages = {1: ("verified", 365 * DAY, None), 2: ("verified", 365 * DAY + SECOND, None), 3: ("consent", 3650 * DAY, 7)}

    def work(transaction: Transaction) -> None:
        furnish(transaction)
        for number, (name, age, act) in ages.items():
            row = (number, f"{name} {number}", 1, int(act is not None), 0, 0, 0, b"", 0, 2, 0, "", stored(NOON - age))
            transaction.insert("consent_request", f"id,{_ASKED}", [(*row, 0, 0, 0, act)])
            transaction.insert("request_proof", "request,content,stamp", [(number, b"c", b"s")])

    registry.store.write_now(work)
    asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY})))
    for query in ("SELECT id FROM consent_request ORDER BY id", "SELECT request FROM request_proof ORDER BY request"):
        assert registry.store.read_now(Snapshot.column, Statement(text(query))) == [1, 3]


def test_the_counts_of_requests_go_after_thirty_days(registry: Registry) -> None:
    days = [stored(NOON - 30 * DAY), stored(NOON - 30 * DAY - SECOND)]

    def work(transaction: Transaction) -> None:
        furnish(transaction)
        columns = "company,day,brand,purpose,method,state,yes,no,number"
        transaction.insert("request_count", columns, [(1, day, 1, 1, 0, 2, 1, 0, 5) for day in days])

    registry.store.write_now(work)
    asyncio.run(jobs._sweep(registry, load({"SECRET_KEY": KEY})))
    assert registry.store.read_now(Snapshot.column, Statement(text("SELECT day FROM request_count"))) == days[:1]


def test_every_sweep_has_its_case() -> None:
    listed = set()
    for path in ROOT.rglob("*.py"):
        if path.relative_to(ROOT).parts[0] not in {"tests", "bench", ".venv"}:
            listed |= set(re.findall(r"\bSweep\(\s*\"(\w+)\"", path.read_text(encoding="utf-8")))
    named = {case.table for case in CASES} | {"inbound_message", "panel_upload_piece", "watch", "complaint"}
    named |= {"request_proof", "request_count", "consent_dispute"}
    assert {sweep.table for sweep in jobs.SWEPT} == listed == named
    assert {"throttle", "session", "outbox", "inbound_message", "trusted_asker"} <= named


# Those that no index leads to the old rows of, and why they read little.
WITHOUT_INDEX = {
    "outbox": "its oldest rows alone, by number",
    "api_rate": "a row a client of the hour, which each call changes in its place",
}


@pytest.mark.parametrize("sweep", sorted(jobs.SWEPT, key=str), ids=lambda sweep: f"{sweep.table} {sweep.old}")
def test_a_sweep_goes_by_an_index(registry: Registry, sweep: Sweep) -> None:
    """Else each turn of the worker reads the whole table while opt-outs wait."""
    sqlite = registry.store.dialect == "sqlite"
    query = re.search(r"IN \((SELECT .*) LIMIT", sweeping.statement(sweep).bound("sqlite", {})[0])
    assert query

    def steps(snapshot: Snapshot) -> list[str]:
        if not sqlite:  # of empty tables it would read the whole anyway
            snapshot.connection.execute("SET LOCAL enable_seqscan = off")
        plan = Statement(text(f"EXPLAIN {'QUERY PLAN' if sqlite else ''} {query[1]}"))
        return [row[-1] for row in snapshot.all(plan, dict.fromkeys(re.findall(r":(\w+)", query[1]), 0))]

    found = registry.store.read_now(steps)
    whole = [step for step in found if re.match(r"SCAN|\W*Seq Scan", step)]
    if sweep.table in WITHOUT_INDEX:
        assert "LIMIT" in sweep.within or whole
    else:
        assert not whole
        assert any(re.search("INDEX|PRIMARY KEY|Index", step) for step in found)
