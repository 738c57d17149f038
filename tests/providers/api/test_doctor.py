"""The doctor: a scripted program for each way in which programs for İYS go wrong, and one without a fault."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from consents.brands import companies
from consents.instants import DAY, MINUTE
from consents.languages import catalogue
from providers.callers import api_users, call_log, stray_calls, uses
from providers.callers.api_users import Owner
from providers.callers.call_log import DoneCall
from providers.consents import batches
from providers.doctor import client_rules, diagnosis, push_rules
from providers.doctor.diagnosis import Diagnosis
from providers.doctor.findings import KINDS, SHAPES, STRAYS, Finding
from providers.push import push_deliveries
from providers.push.push_deliveries import KeptPost, PostResult
from tests import programs
from tests.providers.api.conftest import Open
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, Desk, Program, asked, brand, consent
from tests.providers.api.test_consents import RET, decides
from tests.web.client import refused_for

B = brand(CINAR)
FEED = f"{B}/consents/changes"
LISTS, SINGLES = f"{B}/consents/request", f"{B}/consents"
RESULTS = f"{LISTS}/{{requestId}}"


def diagnose(here: Desk, *, strays: bool = False, code: int = CINAR) -> Diagnosis:
    store, registry = here.registry.store, here.registry
    asyncio.run(call_log.get(store).close(store))
    asyncio.run(stray_calls.get(store).close(store))
    provider = store.read_now(companies.provider_id, code)
    assert provider is not None
    return store.read_now(
        lambda snapshot: diagnosis.of_company(snapshot, registry.keyring, provider, here.clock.now, strays=strays)
    )


def found(here: Desk) -> dict[str, Finding]:
    """The findings of the key “cinar”."""
    (key,) = diagnose(here).keys
    assert key.username == "cinar"
    return {one.word: one for one in key.findings}


def reading(here: Desk, code: int) -> Program:
    """A second key of a company."""
    here.passwords["reader"] = here.registry.store.write_now(
        api_users.add, Owner.PROVIDER, code, "reader", programs.password("reader")
    )
    return here.program("reader")


def store_lists(here: Desk) -> None:
    asyncio.run(batches.store_waiting(here.registry))


def people(*numbers: int, **other: Any) -> list[dict[str, Any]]:
    return [consent(number, **other) for number in numbers]


def test_a_program_without_a_fault_has_no_finding(here: Desk) -> None:
    cinar = here.program("cinar")
    decides(here, 9, RET)
    for first in (10, 20):
        answer = cinar.post(LISTS, people(first, first + 1))
        store_lists(here)
        here.clock.forward(minutes=5)
        assert cinar.get(f"{LISTS}/{answer.json()['requestId']}").status_code == 200
    assert cinar.post(SINGLES, consent(30)).status_code == 200
    refused_for(cinar.post(SINGLES, consent(31, type="FAKS")), 422, "H117")
    page = cinar.get(FEED).json()
    for _ in range(5):
        here.clock.forward(minutes=5)
        assert cinar.get(f"{FEED}?after={page['after']}").status_code == 204
    here.clock.forward(minutes=40)
    tokens = cinar.client.post(
        "/oauth2/token", json={"grant_type": "refresh_token", "refresh_token": cinar.tokens["refresh_token"]}
    )
    assert tokens.status_code == 200
    assert found(here) == {}
    assert diagnose(here, strays=True).healthy


def done(minute: float, path: str = FEED, status: int = 200, method: str = "GET", **more: Any) -> DoneCall:
    return DoneCall(int(minute * MINUTE), method, path, status, "", **more)


def words(calls: list[DoneCall], now: int = DAY) -> set[str]:
    return {one.word for one in client_rules.examine(calls, now)}


def test_a_little_is_no_fault(here: Desk) -> None:
    """A finding that comes too soon is one that nobody reads any more. One call fewer, or a moment earlier, is none."""
    held = [done(minute, status=429) for minute in range(3)]
    assert (words(held[:-1]), words(held)) == (set(), {"no-pause"})
    tokens = [done(10 * place, "/oauth2/token", method="POST", note="grant=password") for place in range(5)]
    assert words([*tokens[:-1], done(60)]) == set()
    assert words([*tokens, done(60)]) == {"token-each-call"}
    moment = tokens[1].at + client_rules.PATIENCE
    assert [words(tokens[:2], now) for now in (moment, moment + 1)] == [set(), {"token-unused"}]
    read = [done(minute, items=1, digest=b"page") for minute in range(3)]
    assert (words(read[:-1]), words(read)) == (set(), {"cursor-stands"})
    back = [done(place, items=1, digest=bytes([place]), note=f"after={9 - place}") for place in range(3)]
    assert (words(back[:-1]), words(back)) == (set(), {"cursor-back"})
    asked = [done(place / 2, RESULTS, about=b"list") for place in range(4)]
    assert (words(asked), words([*asked[:-1], asked[-1]._replace(at=asked[-1].at - 1)])) == (set(), set())
    assert words([done(place * 0.49, RESULTS, about=b"list") for place in range(4)]) == {"asked-often"}
    early = [done(0, RESULTS, about=b"list", note="enqueue=1")]
    moment = client_rules.PATIENCE
    assert [words(early, now) for now in (moment, moment + 1)] == [set(), {"asked-early"}]
    slow = [KeptPost(place, 1, 0, PostResult(0, 1, 1, 200, "", push_rules.SLOW)) for place in range(2)]
    keyring = here.registry.keyring
    assert push_rules.examine(keyring, slow[:1]) == []
    assert [one.word for one in push_rules.examine(keyring, slow)] == ["push-slow"]
    sealed = keyring.seal_data(b"Fatal error")
    failed, taken = (KeptPost(1, 1, 0, PostResult(0, 1, 1, 500, why, 1), sealed) for why in ("status 500", ""))
    assert push_rules.examine(keyring, [failed]) == []
    assert [one.word for one in push_rules.examine(keyring, [taken])] == ["push-error-text"]


def test_a_key_that_has_ended_is_no_longer_examined(here: Desk) -> None:
    reading(here, CINAR)
    assert {one.username for one in diagnose(here).keys} == {"cinar", "reader"}
    here.registry.store.write_now(api_users.end, Owner.PROVIDER, CINAR, "reader")
    assert {one.username for one in diagnose(here).keys} == {"cinar"}


def test_a_list_whose_results_nobody_asks_for_was_taken_for_stored(here: Desk) -> None:
    cinar = here.program("cinar")
    for number in (1, 2):
        assert cinar.post(LISTS, people(number)).status_code == 202
    assert found(here) == {}, "they may still be asked for"
    store_lists(here)
    here.clock.forward(minutes=20)
    one = found(here)["not-stored"]
    assert (one.times, [call.status for call in one.calls]) == (2, [202, 202])


def test_results_asked_for_too_early_and_never_again(here: Desk) -> None:
    cinar = here.program("cinar")
    request = cinar.post(LISTS, people(1)).json()["requestId"]
    assert cinar.get(f"{LISTS}/{request}").json()[0]["status"] == "enqueue"
    here.clock.forward(minutes=20)
    assert found(here).keys() == {"asked-early"}
    store_lists(here)
    cinar.get(f"{LISTS}/{request}")
    assert found(here) == {}


def test_results_that_another_key_of_the_company_reads_are_asked_for(here: Desk) -> None:
    cinar, reader = here.program("cinar"), reading(here, CINAR)
    first, second = (cinar.post(LISTS, people(number)).json()["requestId"] for number in (1, 2))
    assert cinar.get(f"{LISTS}/{first}").json()[0]["status"] == "enqueue"
    store_lists(here)
    here.clock.forward(minutes=20)
    (words,) = [{one.word for one in key.findings} for key in diagnose(here).keys if key.username == "cinar"]
    assert words == {"not-stored", "asked-early"}
    for request in (first, second):
        assert reader.get(f"{LISTS}/{request}").json()[0]["status"] == "success"
    assert diagnose(here).healthy


def test_results_asked_for_without_a_pause(here: Desk) -> None:
    cinar = here.program("cinar")
    request = cinar.post(LISTS, people(1)).json()["requestId"]
    store_lists(here)
    for _ in range(4):
        cinar.get(f"{LISTS}/{request}")
        here.clock.forward(seconds=2)
    one = found(here)["asked-often"]
    assert (one.times, one.values) == (4, {"seconds": 2})


def test_one_bad_row_keeps_the_others_back(here: Desk) -> None:
    cinar = here.program("cinar")
    refused_for(cinar.post(LISTS, [*people(1, 2, 3), consent(4, type="FAKS")]), 422, "H117")
    one = found(here)["one-bad-row"]
    assert one.values == {"items": 4, "faulty": 1}
    cinar.post(LISTS, people(1, 2, 3))
    assert "one-bad-row" not in found(here), "the others came with the next list"


def test_the_next_list_of_another_brand_is_not_the_next_one(here: Desk) -> None:
    cinar = here.program("cinar")
    refused_for(cinar.post(LISTS, [*people(1, 2, 3), consent(4, type="FAKS")]), 422, "H117")
    assert cinar.post(f"{brand(CINAR_ALT)}/consents/request", people(5)).status_code == 202
    assert cinar.post(LISTS, people(1, 2, 3)).status_code == 202
    assert "one-bad-row" not in found(here)


def test_a_list_sent_whole_once_more_ignores_the_index(here: Desk) -> None:
    cinar = here.program("cinar")
    sent = [*people(1, 2), consent(3, consentDate="2020-01-01 10:00:00")]
    for _ in range(2):
        answer = cinar.post(LISTS, sent)
        store_lists(here)
        here.clock.forward(minutes=5)
        results = cinar.get(f"{LISTS}/{answer.json()['requestId']}").json()
        assert [one["status"] for one in results][2] == "failure"
    assert found(here)["list-again"].times == 2


def test_a_refused_list_sent_once_more_ignores_the_index_too(here: Desk) -> None:
    cinar = here.program("cinar")
    for _ in range(3):
        refused_for(cinar.post(LISTS, [*people(1, 2), consent(3, type="FAKS")]), 422, "H117")
    assert found(here)["list-again"].times == 3


def test_an_idempotency_key_makes_a_repeat_no_fault(here: Desk) -> None:
    cinar = here.program("cinar")
    for _ in range(2):
        answer = cinar.post(LISTS, people(1, 2), Idempotency_Key="a")
        assert answer.status_code == 202
    cinar.get(f"{LISTS}/{answer.json()['requestId']}")
    assert found(here) == {}


def test_a_list_of_five_thousand(here: Desk) -> None:
    cinar = here.program("cinar")
    refused_for(cinar.post(LISTS, [consent(number % 90) for number in range(1001)]), 422, "H091")
    assert found(here)["list-too-long"].values == {"items": 1001}


def test_what_is_refused_is_sent_again_unchanged(here: Desk) -> None:
    cinar = here.program("cinar")
    for _ in range(3):
        refused_for(cinar.post(SINGLES, consent(1, type="FAKS")), 422, "H117")
    cinar.post(SINGLES, consent(2, type="FAKS"))
    one = found(here)["same-refused"]
    assert (one.times, one.values) == (3, {"code": "H117"})


def test_a_row_marked_as_sent_that_never_was(desk: Open) -> None:
    here = desk(API_PER_SECOND="2")
    cinar = here.program("cinar")
    here.clock.forward(minutes=1)
    assert [cinar.post(SINGLES, consent(number)).status_code for number in (1, 2)] == [200, 200]
    for number in (3, 4, 5):
        refused_for(cinar.post(SINGLES, consent(number)), 429, "H124")
    here.clock.forward(minutes=1)
    assert cinar.post(SINGLES, consent(3)).status_code == 200, "this one is sent again"
    assert "given-up" not in found(here), "the others still may"
    here.clock.forward(minutes=20)
    assert found(here)["given-up"].times == 2
    assert found(here)["no-pause"].times == 3


@pytest.mark.parametrize("path", [f"/v1{B}/consents", f"/v3{B}/consents/request", f"{B}/consent/add"])
def test_a_path_that_does_not_exist(here: Desk, path: str) -> None:
    cinar = here.program("cinar")
    refused_for(cinar.post(path, consent(), Accept="application/json"), 404, "Z404")
    one = found(here)["unknown-path"]
    assert (one.times, one.calls[0].status) == (1, 404)
    assert diagnose(here, strays=True).strays == [], "the key proved whose it is"


def test_a_path_is_kept_without_what_may_be_an_address(here: Desk) -> None:
    cinar = here.program("cinar")
    for odd in ("+905320000001", "ayse@ornek.example", "5320000001"):
        refused_for(cinar.get(f"/v1{B}/consents/{odd}"), 404, "Z404")
    assert {call.path for call in found(here)["unknown-path"].calls} == {f"/v1{B}/consents/{{…}}"}


def test_a_method_that_does_not_exist(here: Desk) -> None:
    refused_for(here.program("cinar").call("PATCH", SINGLES, consent()), 405, "Z405")
    assert found(here)["unknown-path"].calls[0].code == "Z405"


def test_a_placeholder_in_the_path(here: Desk) -> None:
    cinar = here.program("cinar")
    refused_for(cinar.post("/sps/{iysCode}/brands/{brandCode}/consents", consent()), 422, "H190")
    assert found(here)["placeholder"].times == 1


def test_a_new_token_for_each_call(here: Desk) -> None:
    for number in range(1, 7):
        assert here.program("cinar").post(SINGLES, consent(number)).status_code == 200
        here.clock.forward(minutes=3)
    assert found(here)["token-each-call"].times == 5


def test_tokens_that_are_never_used(here: Desk) -> None:
    """The program reads ``accessToken``, and its calls come with “undefined”."""
    for _ in range(2):
        cinar = here.program("cinar")
        for token in ("undefined", "null", ""):
            answer = cinar.client.post(SINGLES, json=consent(), headers={"Authorization": f"Bearer {token}"})
            refused_for(answer, 401, "H351")
    here.clock.forward(minutes=20)
    assert found(here)["token-unused"].times == 2
    assert [(stray.kind, stray.calls) for stray, _ in diagnose(here, strays=True).strays] == [("no-token", 6)]


def test_an_old_refresh_token(here: Desk) -> None:
    cinar = here.program("cinar")
    body = {"grant_type": "refresh_token", "refresh_token": cinar.tokens["refresh_token"]}
    assert cinar.client.post("/oauth2/token", json=body).status_code == 200
    refused_for(cinar.client.post("/oauth2/token", json=body), 400, "Yenileme jetonu geçersiz")
    assert found(here)["old-refresh"].times == 1


@pytest.mark.parametrize(
    ("number", "shape"),
    [
        ("+9005320000001", "zero-after-90"),
        ("+900532000000", "zero-after-90"),
        ("+90 532 000 00 01", "separators"),
        ("05320000001", "leading-zero"),
        ("5320000001", "no-country"),
        ("905320000001", "no-plus"),
        ("00905320000001", "two-zeros"),
        (5320000001, "not-text"),
    ],
)
@pytest.mark.parametrize("list_", [False, True])
def test_a_number_in_a_wrong_shape(here: Desk, number: Any, shape: str, list_: bool) -> None:
    cinar, body = here.program("cinar"), consent(recipient=number)
    cinar.post(LISTS, [consent(5), body]) if list_ else cinar.post(SINGLES, body)  # most are taken here, none at İYS
    one = found(here)["number-shape"]
    assert one.shape == shape
    assert str(number).strip("+") not in str(one), "no number is kept"


def test_a_time_zone_that_is_three_hours_ahead(here: Desk) -> None:
    cinar = here.program("cinar")
    refused_for(cinar.post(SINGLES, consent(consentDate="2026-11-24 14:59:00")), 422, "consentDate")
    one = found(here)["date-ahead"]
    assert one.values == {"minutes": 179}


def test_a_date_of_another_standard(here: Desk) -> None:
    refused_for(here.program("cinar").post(SINGLES, consent(consentDate="2026-11-23T10:15:00Z")), 422, "consentDate")
    assert found(here).keys() == {"date-shape"}


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        (f"{B}/deliveries/e52ee30512adfcd2", (404, "Z424")),
        (f"{FEED}?after=1732000000_e52ee30512adfcd2", (422, "H093")),
    ],
)
def test_a_shortened_id(here: Desk, path: str, refusal: tuple[int, str]) -> None:
    refused_for(here.program("cinar").get(path), *refusal)
    assert found(here).keys() == {"short-id"}


@pytest.mark.parametrize("stays", ["", "first"])
def test_a_cursor_that_never_advances(here: Desk, stays: str) -> None:
    cinar = here.program("cinar")
    for number in (1, 2):
        decides(here, number, RET)
    after = cinar.get(f"{FEED}?limit=1").json()["after"]
    for _ in range(3):
        here.clock.forward(minutes=5)
        assert cinar.get(f"{FEED}?after={after}" if stays else FEED).status_code == 200
    assert found(here)["cursor-stands"].times == 3


def test_a_cursor_that_goes_back(here: Desk) -> None:
    cinar = here.program("cinar")
    cursors = []
    for number in range(1, 5):
        decides(here, number, RET)
        here.clock.forward(minutes=1)
        cursors.append(cinar.get(f"{FEED}?after={cursors[-1]}" if cursors else FEED).json()["after"])
    decides(here, 5, RET)
    for after in (cursors[2], cursors[1], cursors[0]):
        cinar.get(f"{FEED}?after={after}")
    assert found(here)["cursor-back"].times >= 2


def test_two_feeds_in_turn_each_with_its_cursor_go_not_back(here: Desk) -> None:
    cinar, cursors = here.program("cinar"), dict[str, str]()
    for number in range(1, 5):
        decides(here, number, RET)
        here.clock.forward(minutes=1)
        assert cinar.post(SINGLES, consent(number + 20)).status_code == 200
        here.clock.forward(minutes=1)
        for side in ("HS", "IYS"):
            after = f"&after={cursors[side]}" if side in cursors else ""
            cursors[side] = cinar.get(f"{FEED}?source={side}{after}").json()["after"]
    assert found(here) == {}


@pytest.mark.parametrize(("query", "code"), [("pending=AAA", "H093"), ("source=FEED", "H506"), ("limit=0", "H507")])
def test_a_value_that_no_query_takes(here: Desk, query: str, code: str) -> None:
    decides(here, 1, RET)
    refused_for(here.program("cinar").get(f"{FEED}?{query}"), 422, code)
    assert found(here)["wrong-query"].values == {"field": query.partition("=")[0]}


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        ("api-key", {"X-Api-Key": "s3cret"}),
        ("basic", {"Authorization": f"Basic {base64.b64encode(b'cinar:password').decode()}"}),
        ("no-bearer", {"Authorization": "s3cret"}),
        ("no-token", {"Authorization": "Bearer undefined"}),
    ],
)
def test_a_call_without_a_token_is_shown_to_the_operator_alone(here: Desk, kind: str, headers: dict[str, str]) -> None:
    refused_for(here.client().post(SINGLES, json=consent(), headers=headers), 401, "H351")
    assert [stray.kind for stray, _ in diagnose(here, strays=True).strays] == [kind]
    assert diagnose(here).healthy


def test_another_grant_is_counted_for_the_key_that_it_names(here: Desk) -> None:
    body = {"grant_type": "client_credentials", "client_id": "cinar", "client_secret": "s3cret"}
    refused_for(here.client().post("/oauth2/token", json=body), 400, "Bilinmeyen giriş yöntemi")
    basic = {"Authorization": f"Basic {base64.b64encode(b'cinar:s3cret').decode()}"}
    form = here.client().post("/oauth2/token", data={"grant_type": "client_credentials"}, headers=basic)
    refused_for(form, 400, "Bilinmeyen giriş yöntemi")
    ((stray, finding),) = diagnose(here, strays=True).strays
    assert (stray.kind, stray.calls, finding.word) == ("client-credentials", 2, "client-credentials")


def test_a_wrong_path_without_a_token_is_shown_to_the_operator_alone(here: Desk) -> None:
    refused_for(here.client().post(f"/v1{B}/consents", json=consent()), 404, "Z404")
    assert [stray.kind for stray, _ in diagnose(here, strays=True).strays] == ["path"]
    assert diagnose(here).healthy


def test_strays_are_bounded_and_claim_nothing_that_does_not_exist(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    client = here.client()
    for number in range(30):
        client.post(f"/sps/{CINAR}/brands/{CINAR}/consents", json={}, headers={"X-Api-Key": str(number)})
    client = here.client("192.0.2.77")
    for number in range(5):
        client.get(f"/v1/sps/{number + 1}/brands/1/consents")
    ((stray, _),) = diagnose(here, strays=True).strays
    assert stray.calls == 10, "of a client ten a minute"
    assert diagnose(here, strays=True, code=ISIK).strays == []
    monkeypatch.setattr(stray_calls, "MOST", 3)
    monkeypatch.setattr(uses, "WITHIN", 60)

    async def many() -> int:
        for number in range(10):
            stray_calls.add(here.registry.store, number, "path")
        waiting = len(stray_calls.get(here.registry.store).waiting)
        await stray_calls.get(here.registry.store).close(here.registry.store)
        return waiting

    assert asyncio.run(many()) == 3


def test_a_receiver_that_is_slow_or_answers_200_with_an_error(here: Desk) -> None:
    from providers.push import push_connections
    from providers.push.push_connections import PushTarget, WantedConnection

    store, keyring = here.registry.store, here.registry.keyring
    brand_id = 1
    wanted = [WantedConnection(1, PushTarget("https://cinar.example/push", "a", "b"))]
    store.write_now(push_connections.register, keyring, brand_id, wanted)
    for post in (
        PostResult(0, 1, 1, 200, "", 40, answer="OK"),
        PostResult(1, 2, 1, 200, "", 4100, answer="<b>Fatal error</b>: table customers is full"),
        PostResult(2, 3, 1, None, "TimeoutError", 5000),
    ):
        store.write_now(push_deliveries.note, keyring, 1, post)
    pushes = {one.word: one for one in diagnose(here).pushes}
    assert {word: (one.times, list(one.posts)) for word, one in pushes.items()} == {
        "push-slow": (2, [3, 2]),
        "push-error-text": (1, [2]),
    }


@pytest.mark.parametrize(
    ("answer", "faulty"),
    [
        ('{"success":true,"error":null}', False),
        ('{"error": "", "failed": 0}', False),
        ('{"inserted":3,"failed":0}', False),
        ('{"error":[],"exception":{}}', False),
        ("3 kayıt, hata yok", False),
        ("0 failed, no error", False),
        ('{"error":"no connection"}', True),
        ('{"error":null,"failed":3}', True),
        ('{"error":{"code":1}}', True),
        ("10 failed", True),
        ('{"success": false}', True),
        ("Hata: kayıt yok", True),
    ],
)
def test_an_answer_that_names_no_error_is_none(answer: str, faulty: bool) -> None:
    assert bool(push_rules._ERROR.search(answer)) is faulty


def test_no_body_address_or_query_is_kept(here: Desk) -> None:
    cinar = here.program("cinar")
    cinar.post(SINGLES, consent(1))
    cinar.post(SINGLES, consent(2, type="FAKS", **{"ayse@ornek.example": 1}))
    cinar.post(f"{B}/consents/status", asked(3))
    cinar.get(f"{FEED}?after=+905320000004&ayse@ornek.example=1")
    store = here.registry.store
    asyncio.run(call_log.get(store).close(store))
    kept = store.read_now(call_log.of_user, 1)
    assert len(kept) == 5
    assert "532" not in str(kept)
    assert "ornek" not in str(kept)
    assert len({call.digest for call in kept[1:]}) == 4
    assert all(len(call.digest) == 8 for call in kept[1:])
    assert kept[0].digest == b"", "a password leaves no hash"


def test_each_finding_has_a_sentence_in_both_languages() -> None:
    values = {"count": 2, "seconds": 3, "items": 4, "faulty": 1, "code": "H117", "minutes": 180, "field": "pending"}
    for word in (*KINDS, *STRAYS):
        one = Finding(word, 2, values, shape="no-plus" if word == "number-shape" else "")
        texts = one.text("tr"), one.text("en")
        assert texts[0] != texts[1]
        assert "{" not in texts[0] + texts[1]
        assert one.guide.startswith("/gelistirici/rehber#")
    assert all(catalogue("en").gettext(text) != text for text in SHAPES.values())


def test_findings_as_json(here: Desk) -> None:
    cinar = here.program("cinar")
    for _ in range(2):
        cinar.post(SINGLES, consent(1, type="FAKS"))
    (key,) = diagnosis.as_json(diagnose(here))["keys"]
    (one,) = key["findings"]
    assert (key["key"], key["calls"], one["finding"], one["count"], one["guide"]) == (
        *("cinar", 3, "same-refused", 2),
        "/gelistirici/rehber#consent",
    )
    assert [(call["path"], call["status"], call["code"]) for call in one["calls"]] == [(SINGLES, 422, "H117")] * 2
