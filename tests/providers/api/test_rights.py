"""Who may call for which brand, and how a call that cannot be is told."""

from __future__ import annotations

import pytest

from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, Desk, Program, brand, codes
from tests.web.client import refused_for


def test_a_provider_sees_its_own_brands_only(cinar: Program) -> None:
    told = cinar.get(f"/sps/{CINAR}/brands").json()
    assert [(one["brandCode"], one["master"]) for one in told] == [(CINAR, True), (CINAR_ALT, False)]
    empty = {"approval": 0, "rejection": 0, "total": 0}
    assert told[0]["stats"] == {"consents": empty, "retailers": {"total": 0}}
    for other in (ISIK, 999):
        answer = cinar.get(f"/sps/{other}/brands")
        assert (answer.status_code, codes(answer)) == (403, ["H353"])


def test_a_partner_sees_the_brands_it_was_let_to_read(here: Desk) -> None:
    partner = here.program("partner")
    assert partner.get(f"/sps/{CINAR}/brands").status_code == 403
    here.grant(CINAR_ALT, (0, 1, 0))
    told = partner.get(f"/sps/{CINAR}/brands").json()
    assert [one["brandCode"] for one in told] == [CINAR_ALT]
    here.grant(CINAR_ALT, (0, 0, 0))
    assert partner.get(f"/sps/{CINAR}/brands").status_code == 403


@pytest.mark.parametrize("code", ["abc", "1.5", "-1", "９", "99999999999"])
def test_a_code_that_is_no_number_is_named(cinar: Program, code: str) -> None:
    answer = cinar.get(f"/sps/{code}/brands")
    assert (answer.status_code, codes(answer)) == (422, ["H190"])
    assert answer.json()["errors"][0]["location"] == ["iysCode"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/sps/1/nothing", 404, "Z404"),
        ("GET", brand(CINAR) + "/none", 404, "Z404"),
        ("GET", "/v2/none", 404, "Z404"),
        ("GET", "/info", 404, "Z404"),
        ("PUT", f"/sps/{CINAR}/brands", 405, "Z405"),
        ("GET", "/oauth2/token", 405, "Z405"),
    ],
)
def test_what_is_no_call_is_told_in_json(here: Desk, method: str, path: str, status: int, code: str) -> None:
    answer = here.client().request(method, path)
    assert (answer.status_code, codes(answer)) == (status, [code])
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_a_browser_of_another_site_is_no_matter_for_a_call_has_no_cookie(here: Desk) -> None:
    answer = here.client().post("/oauth2/token", json={}, headers={"Sec-Fetch-Site": "cross-site"})
    refused_for(answer, 400, "invalid_request")
