"""Tokens: for a password or a refresh token, hashed, rotated, limited, told in OAuth's shape."""

from __future__ import annotations

import httpx2
import pytest
from sqlalchemy import text

from consents.store import Snapshot, Statement
from tests.conftest import swept
from tests.providers.api.conftest import Open
from tests.providers.api.desk import CINAR, Desk, Program, codes
from tests.web.client import refused_for

LISTING = f"/sps/{CINAR}/brands"


def test_a_password_buys_a_pair_of_tokens_as_json_and_as_a_form(here: Desk) -> None:
    fields = {"username": "cinar", "password": here.passwords["cinar"], "grant_type": "password"}
    for answer in (here.client().post("/oauth2/token", json=fields), here.client().post("/oauth2/token", data=fields)):
        told = answer.json()
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert (told["expires_in"], told["refresh_expires_in"], told["token_type"]) == (7200, 14400, "bearer")
        assert len({told["access_token"], told["refresh_token"]}) == 2


def test_a_token_lives_two_hours_and_is_kept_as_a_hash(here: Desk, cinar: Program) -> None:
    assert cinar.get(LISTING).status_code == 200
    kept = here.registry.store.read_now(Snapshot.all, Statement(text("SELECT digest, family FROM api_token")))
    assert cinar.tokens["access_token"].encode() not in b"".join(bytes(part) for row in kept for part in row)
    here.clock.forward(seconds=7199)
    assert cinar.get(LISTING).status_code == 200
    here.clock.forward(seconds=2)
    assert codes(cinar.get(LISTING)) == ["H351"]
    swept(here.registry.store, "api_token")
    assert len(here.registry.store.read_now(Snapshot.all, Statement(text("SELECT digest FROM api_token")))) == 1


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic eDp5", "Bearer a.b.c", "Bearer ü", "bearer x" * 90]
)
def test_without_a_good_token_every_call_is_401(here: Desk, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    answer = here.client().get(LISTING, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert codes(answer) == ["H351"]
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_refresh_token_is_good_once_and_used_twice_it_ends_all_of_its_family(here: Desk, cinar: Program) -> None:
    def renew(token: str) -> tuple[int, dict[str, str]]:
        answer = here.client().post("/oauth2/token", json={"grant_type": "refresh_token", "refresh_token": token})
        return answer.status_code, answer.json()

    status, second = renew(cinar.tokens["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != cinar.tokens["refresh_token"]
    assert cinar.get(LISTING).status_code == 200, "the first access token goes on until its end"
    status, told = renew(cinar.tokens["refresh_token"])
    assert (status, told["error"]) == (400, "invalid_grant")
    status, told = renew(second["refresh_token"])
    assert (status, told["error"]) == (400, "invalid_grant"), "whoever holds it may be the thief"
    assert cinar.get(LISTING).status_code == 401


def test_an_access_token_renews_nothing_and_a_refresh_token_opens_nothing(here: Desk, cinar: Program) -> None:
    swapped = {"grant_type": "refresh_token", "refresh_token": cinar.tokens["access_token"]}
    refused_for(here.client().post("/oauth2/token", json=swapped), 400, "invalid_grant")
    cinar.tokens["access_token"] = cinar.tokens["refresh_token"]
    assert cinar.get(LISTING).status_code == 401


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_grant"),
        ({"grant_type": "magic"}, "invalid_request"),
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "password", "username": None, "password": "x"}, "invalid_request"),
        ({"grant_type": "password", "username": "", "password": "x"}, "invalid_grant"),
        ({"grant_type": "password", "username": 5, "password": "x"}, "invalid_request"),
        ({"grant_type": "password", "username": "cinar", "password": "wrong"}, "invalid_request"),
        ({"grant_type": "password", "username": "nobody", "password": "wrong"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": ""}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ([], "invalid_request"),
    ],
)
def test_what_is_wrong_is_told_in_oauths_shape(here: Desk, body: object, error: str) -> None:
    answer = here.client().post("/oauth2/token", json=body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.json()["error"] == error


def test_a_client_gets_a_hundred_tokens_an_hour_and_then_has_to_wait(desk: Open) -> None:
    here = desk(API_TOKENS_PER_HOUR="3")
    client, wrong = here.client("192.0.2.1"), {"grant_type": "password", "username": "x", "password": "y"}
    for _ in range(3):
        refused_for(client.post("/oauth2/token", json=wrong), 400, "invalid_request")
    refused_for(client.post("/oauth2/token", json=wrong), 429, "H084")
    last = client.post("/oauth2/token", json=wrong)
    assert codes(last) == ["H084"]
    assert last.headers["retry-after"] == "3600"
    refused_for(
        here.client("192.0.2.2").post("/oauth2/token", json=wrong), 400, "invalid_request"
    )  # another client may
    here.clock.forward(hours=1)
    refused_for(client.post("/oauth2/token", json=wrong), 400, "invalid_request")


def test_every_answer_says_how_many_tokens_are_left(desk: Open) -> None:
    here = desk(API_TOKENS_PER_HOUR="4")
    client, right = here.client(), {"username": "cinar", "password": here.passwords["cinar"], "grant_type": "password"}
    answers = [
        client.post("/oauth2/token", json=right),
        client.post("/oauth2/token", json={**right, "password": "wrong"}),
        client.post("/oauth2/token", content=b"{"),
        client.post("/oauth2/token", json=right, headers={"Idempotency-Key": "x" * 256}),
        client.post("/oauth2/token", json=right),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 400, 400, 429]
    for left, answer in zip((3, 2, 1, 0, 0), answers, strict=True):
        assert answer.headers["ratelimit"] == f'"token";r={left};t=3600'
        assert answer.headers["ratelimit-policy"] == '"token";q=4;w=3600'
    (fault,) = answers[-1].json()["errors"]
    flat = {name: answers[-1].json()[name] for name in ("code", "message")}
    assert flat == fault, "programs for İYS read it in either place"
    assert flat["code"] == "H084"


def test_a_client_may_call_ten_times_a_second(desk: Open) -> None:
    here = desk(API_PER_SECOND="10")
    program = here.program("cinar")
    answers = [program.get(LISTING) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[0].headers["ratelimit"] == '"second";r=9;t=1'
    assert codes(answers[-1]) == ["H124"]
    here.clock.forward(seconds=1)
    assert program.get(LISTING).status_code == 200


def test_the_addresses_of_one_ipv6_network_are_one_client(desk: Open) -> None:
    here = desk(API_TOKENS_PER_HOUR="2", API_PER_SECOND="2")
    near, far = [f"2001:db8:0:1::{number}" for number in range(1, 4)], "2001:db8:0:2::1"
    wrong = {"grant_type": "password", "username": "x", "password": "y"}
    for ip, status, reason in zip(near, (400, 400, 429), ("invalid_request", "invalid_request", "H084"), strict=True):
        refused_for(here.client(ip).post("/oauth2/token", json=wrong), status, reason)
    refused_for(here.client(far).post("/oauth2/token", json=wrong), 400, "invalid_request")
    assert [here.client(ip).get(LISTING).status_code for ip in near[:2]] == [401, 401]
    refused_for(here.client(near[2]).get(LISTING), 429, "H124")
    assert here.client(far).get(LISTING).status_code == 401


def test_a_program_that_missed_the_answer_to_a_refresh_asks_again_with_its_key(here: Desk, cinar: Program) -> None:
    spent = {"grant_type": "refresh_token", "refresh_token": cinar.tokens["refresh_token"]}

    def renew(fields: dict[str, str], key: str) -> httpx2.Response:
        return here.client().post("/oauth2/token", json=fields, headers={"Idempotency-Key": key})

    first = renew(spent, "a")
    again = renew(spent, "a")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    other = renew({**spent, "refresh_token": first.json()["refresh_token"]}, "a")
    assert (other.status_code, codes(other)) == (422, ["Z422"])
    refused_for(renew(spent, "x" * 256), 400, "Z423")
    third = renew({**spent, "refresh_token": first.json()["refresh_token"]}, "b")
    assert third.status_code == 200, "nothing has ended the family"
    assert renew(spent, "c").json()["error"] == "invalid_grant", "under another key it is in two hands"
    for refresh, key in ((third.json()["refresh_token"], "d"), ("none of ours", "e")):
        refused_for(renew({**spent, "refresh_token": refresh}, key), 400, "invalid_grant")


def test_a_password_buys_one_pair_under_one_key_and_nothing_without_it(here: Desk) -> None:
    fields = {"username": "cinar", "password": here.passwords["cinar"], "grant_type": "password"}

    def buy(key: str, **other: str) -> httpx2.Response:
        return here.client().post("/oauth2/token", data=fields | other, headers={"Idempotency-Key": key})

    first = buy("a")
    assert buy("a").json() == first.json() != buy("b").json()
    wrong = buy("a", password="guessed")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_request"), "the key is no password"
    strange = buy("a", username="isik", password=here.passwords["isik"]).json()
    assert strange["access_token"] != first.json()["access_token"], "keys are each user's own"
    kept = here.registry.store.read_now(Snapshot.all, Statement(text("SELECT answer FROM idempotency_key")))
    assert first.json()["access_token"].encode() not in b"".join(bytes(row[0]) for row in kept)


def test_a_pair_that_has_ended_is_not_told_again(here: Desk) -> None:
    fields = {"username": "cinar", "password": here.passwords["cinar"], "grant_type": "password"}

    def buy(**other: str) -> httpx2.Response:
        return here.client().post("/oauth2/token", json=other or fields, headers={"Idempotency-Key": "nightly"})

    first = buy().json()
    here.clock.forward(hours=5)
    later = buy().json()
    assert later["access_token"] != first["access_token"]
    assert buy().json() == later
    program = Program(here.client(), later)
    assert program.get(LISTING).status_code == 200
    for _ in range(2):  # the second time it is in two hands, and all of its family end
        here.client().post(
            "/oauth2/token", json={"grant_type": "refresh_token", "refresh_token": later["refresh_token"]}
        )
    assert program.get(LISTING).status_code == 401
    assert Program(here.client(), buy().json()).get(LISTING).status_code == 200


def test_an_answer_told_again_says_what_is_left_of_it_and_a_late_one_ends_nothing(here: Desk, cinar: Program) -> None:
    def renew(token: str, key: str = "") -> httpx2.Response:
        fields = {"grant_type": "refresh_token", "refresh_token": token}
        return here.client().post("/oauth2/token", json=fields, headers={"Idempotency-Key": key} if key else {})

    spent = cinar.tokens["refresh_token"]
    first = renew(spent, "a").json()
    here.clock.forward(minutes=119)
    again = renew(spent, "a").json()
    assert (again.pop("expires_in"), again.pop("refresh_expires_in")) == (60, 14_400 - 7140)
    assert again == {name: first[name] for name in ("access_token", "refresh_token", "token_type")}
    here.clock.forward(minutes=2)
    assert renew(spent, "a").json() == first | {"expires_in": 0, "refresh_expires_in": 14_400 - 7260}
    second = renew(first["refresh_token"])
    assert second.status_code == 200, "nothing has ended the family"
    late = renew(spent, "a")
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant"), "the pair was used"
    third = renew(second.json()["refresh_token"])
    assert third.status_code == 200, "and nothing has ended it since"
    refused_for(renew(spent, "b"), 400, "invalid_grant")  # under another key it is in two hands
    refused_for(renew(third.json()["refresh_token"]), 400, "invalid_grant")


def test_a_password_buys_no_pair_that_was_renewed_or_whose_access_is_over(here: Desk) -> None:
    fields = {"username": "cinar", "password": here.passwords["cinar"], "grant_type": "password"}

    def buy() -> dict[str, str]:
        told: dict[str, str] = here.client().post("/oauth2/token", json=fields, headers={"Idempotency-Key": "a"}).json()
        return told

    def renew(told: dict[str, str]) -> httpx2.Response:
        body = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
        return here.client().post("/oauth2/token", json=body)

    first = buy()
    here.clock.forward(minutes=60)
    newer = renew(first).json()
    second = buy()
    assert second["refresh_token"] != first["refresh_token"]
    renewed = renew(second)
    assert renewed.status_code == 200
    assert Program(here.client(), newer).get(LISTING).status_code == 200, "the first family goes on"
    third = buy()
    here.clock.forward(minutes=121)
    assert buy()["access_token"] != third["access_token"]


def test_nul_in_a_name_is_told_so(here: Desk) -> None:
    fields = {"username": "ci\0nar", "password": "x", "grant_type": "password"}
    answer = here.client().post("/oauth2/token", data=fields)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("wish", "message", "description"),
    [
        (None, "Erişim anahtarı yok ya da geçersiz. Yeni bir anahtar alın. / The access token", "Şifre verilmemiş."),
        ("*", "Erişim anahtarı yok ya da geçersiz. Yeni bir anahtar alın. / The access token", "Şifre verilmemiş."),
        ("de", "Erişim anahtarı yok ya da geçersiz. Yeni bir anahtar alın. / The access token", "Şifre verilmemiş."),
        ("tr-TR,en;q=0.5", "Erişim anahtarı yok ya da geçersiz. Yeni bir anahtar alın.", "Şifre verilmemiş."),
        ("en-US", "The access token", "The password is missing."),
    ],
)
def test_a_message_is_in_the_language_that_a_program_names_and_in_both_for_any_other(
    here: Desk, wish: str | None, message: str, description: str
) -> None:
    """İYS's programs name none, and get what they always got."""
    headers = {} if wish is None else {"accept-language": wish}
    program = here.client()
    program.headers.pop("accept-language", None)
    said = program.get(LISTING, headers=headers).json()["errors"][0]
    assert said["code"] == "H351"
    assert said["message"].startswith(message)
    assert (" / " in said["message"]) is (" / " in message)
    for path in ("/sps/1/nothing", "/v1/consents"):
        lost = program.get(path, headers=headers).json()["errors"][0]
        assert (" / " in lost["message"]) is (" / " in message)
    answer = program.post("/oauth2/token", json={"grant_type": "password", "username": "x"}, headers=headers)
    assert answer.json() == {"error": "invalid_request", "error_description": description}
    broken = program.post("/oauth2/token", content=b"{", headers=headers).json()["error_description"]
    assert broken.startswith("Gövde" if wish != "en-US" else "the body")
    assert (" / " in broken) is (" / " in message)
