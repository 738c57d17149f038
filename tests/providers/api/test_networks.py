"""From where a user of a program may call, and when it last did."""

from __future__ import annotations

import time

import pytest

from consents.brands.companies import BadCompany
from providers.callers import api_users
from providers.callers.api_users import Owner, User
from tests.providers.api.desk import CINAR, PARTNER, Desk, Program, codes

LISTING = f"/sps/{CINAR}/brands"


def allow(here: Desk, *allowed: str) -> None:
    here.registry.store.write_now(api_users.allow, Owner.PROVIDER, CINAR, "cinar", allowed)


def user(here: Desk) -> User:
    (found,) = here.registry.store.read_now(api_users.listed, Owner.PROVIDER, CINAR, here.clock.now)
    return found


def buys(here: Desk, ip: str, **fields: str) -> tuple[int, list[str]]:
    answer = here.client(ip).post("/oauth2/token", json=fields)
    told = {200: lambda: [], 400: lambda: [answer.json()["error"]], 403: lambda: codes(answer)}
    return answer.status_code, told[answer.status_code]()


@pytest.mark.parametrize(
    ("kept", "client", "admitted"),
    [
        (None, "192.0.2.1", True),
        (None, "", True),
        ("192.0.2.0/24", "192.0.2.1", True),
        ("192.0.2.0/24", "192.0.3.1", False),
        ("192.0.2.0/24", "::ffff:192.0.2.9", True),
        ("192.0.2.0/24", "2001:db8::1", False),
        ("192.0.2.0/24 2001:db8::/32", "2001:db8::1", True),
        ("192.0.2.7/32", "192.0.2.7", True),
        ("192.0.2.0/24", "", False),
        ("192.0.2.0/24", "testclient", False),
    ],
)
def test_who_is_let_in(kept: str | None, client: str, admitted: bool) -> None:
    assert api_users.admits(kept, client) is admitted


def test_networks_are_kept_once_each_and_a_wrong_one_is_refused_whole(here: Desk) -> None:
    assert api_users.kept_networks([]) is None
    assert api_users.kept_networks(["192.0.2.1", " 192.0.2.1/32", "2001:DB8::/32"]) == "192.0.2.1/32 2001:db8::/32"
    allow(here, "192.0.2.0/24")
    for wrong in ("192.0.2.1/24", "host.example.com", "", "192.0.2.0/33"):
        with pytest.raises(BadCompany, match="like 192"):
            allow(here, "198.51.100.0/24", wrong)
    with pytest.raises(BadCompany, match="at most"):
        allow(here, *(f"10.0.{number}.0/24" for number in range(51)))
    assert user(here).networks == ("192.0.2.0/24",)


def test_a_token_is_good_in_the_networks_of_its_user_alone_and_at_once(here: Desk) -> None:
    cinar = here.program("cinar")  # 192.0.2.10
    elsewhere = Program(here.client("198.51.100.1"), cinar.tokens)
    assert elsewhere.get(LISTING).status_code == 200
    allow(here, "192.0.2.0/24")
    assert cinar.get(LISTING).status_code == 200
    answer = elsewhere.get(LISTING)
    assert (answer.status_code, codes(answer)) == (403, ["H363"])
    assert "network" in answer.json()["errors"][0]["message"]
    allow(here)
    assert elsewhere.get(LISTING).status_code == 200


def test_nobody_signs_in_from_elsewhere_by_password_or_refresh_token(here: Desk) -> None:
    cinar = here.program("cinar")
    allow(here, "192.0.2.0/24")
    by_password = {"grant_type": "password", "username": "cinar", "password": here.passwords["cinar"]}
    by_token = {"grant_type": "refresh_token", "refresh_token": cinar.tokens["refresh_token"]}
    for fields in (by_password, by_token):
        assert buys(here, "198.51.100.1", **fields) == (403, ["H363"])
    guessed = buys(here, "198.51.100.1", **{**by_password, "password": "wrong"})
    assert guessed == (400, ["invalid_request"]), "no hint to who guesses"
    for fields in (by_password, by_token):
        assert buys(here, "192.0.2.99", **fields) == (200, []), "and the refused try has spent nothing"


def test_the_last_call_is_noted_at_most_once_a_minute(here: Desk) -> None:
    assert user(here).used_at is None
    cinar, began = here.program("cinar"), here.clock.now
    noted(here, cinar, began)
    here.clock.forward(seconds=59)
    assert cinar.get(LISTING).status_code == 200
    noted(here, cinar, began)
    later = here.clock.forward(seconds=1)
    noted(here, cinar, later)
    here.clock.forward(minutes=5)
    assert buys(here, "192.0.2.10", grant_type="password", username="cinar", password="wrong") == (
        400,
        ["invalid_request"],
    )
    noted(here, None, later)


def noted(here: Desk, program: Program | None, at: int) -> None:
    """A call, and that the user's last call is noted as of then; the note is written beside the call."""
    if program is not None:
        assert program.get(LISTING).status_code == 200
    tries = 0
    while user(here).used_at != at:
        time.sleep(0.01)
        tries += 1
        assert tries < 3000, user(here)


def test_a_partners_user_has_networks_too(here: Desk) -> None:
    partner = here.program("partner")
    here.registry.store.write_now(api_users.allow, Owner.PARTNER, PARTNER, "partner", ["198.51.100.0/24"])
    assert codes(partner.get(f"/integrator/{PARTNER}/sps")) == ["H363"]
