"""What a program's key may do: read alone or write too, at all brands of its provider or at some."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from starlette.routing import Route

from consents.brands import companies, packages
from consents.brands.companies import BadCompany
from consents.brands.company_changes import Why
from consents.registry import Registry
from providers import routes
from providers.api.endpoint import Right
from providers.callers import api_users
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, Desk, Program, asked, brand, codes, consent


def limit(here: Desk, *, reads_only: bool = False, brands: Sequence[int] | None = None) -> None:
    """``brands``: by number."""
    chosen = None if brands is None else [number(here.registry, code) for code in brands]
    here.registry.store.write_now(api_users.limit, CINAR, "cinar", reads_only, chosen)


def number(registry: Registry, code: int) -> int:
    known = registry.store.read_now(companies.known_brand, code)
    assert known is not None
    return known.id


def refusal(program: Program, method: str, path: str, body: object = None) -> tuple[int, list[str], str]:
    answer = program.call(method, path, body)
    return answer.status_code, codes(answer), answer.json()["errors"][0]["message"]


WRITES = [
    ("POST", "/consents", consent()),
    ("POST", "/consents/request", [consent()]),
    ("POST", "/consents/request", []),
    ("POST", "/retailers", {"title": "Kadıköy"}),
    ("DELETE", "/retailers/66438915", None),
    ("POST", "/short-links", []),
    ("POST", "/push/registration", {"connection": []}),
    ("GET", "/push/registration", None),
    ("PUT", "/agreements/2026-11-23", {"hashValue": "0" * 96}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=[f"{one[0]} {one[1]}" for one in WRITES])
def test_a_key_that_reads_changes_nothing(here: Desk, method: str, path: str, body: object) -> None:
    limit(here, reads_only=True)
    cinar, b = here.program("cinar"), brand(CINAR)
    for at in ("", "/v2") if path in ("/consents", "/consents/request") else ("",):
        status, found, message = refusal(cinar, method, f"{at}{b}{path}", body)
        assert (status, found) == (403, ["H353"])
        assert "only read" in message
        assert "yalnız okur" in message


def test_a_key_that_reads_reads_everything(here: Desk) -> None:
    cinar, b = here.program("cinar"), brand(CINAR)
    assert cinar.post(f"{b}/consents", consent()).status_code == 200
    limit(here, reads_only=True)
    assert cinar.post(f"{b}/consents/status", asked()).json()["status"] == "ONAY"
    assert len(cinar.get(f"{b}/consents/changes?source=HS").json()["list"]) == 1
    assert [one["brandCode"] for one in cinar.get(f"/sps/{CINAR}/brands").json()] == [CINAR, CINAR_ALT]
    for path in ("/retailers", "/agreements/2026-11-22"):
        assert cinar.get(f"{b}{path}").status_code in (200, 204), path
    assert cinar.get(f"/sps/{CINAR}/subscription").status_code == 200


def test_a_key_of_some_brands_reaches_no_other_at_once_and_again(here: Desk) -> None:
    cinar = here.program("cinar")
    assert cinar.post(f"{brand(CINAR_ALT)}/consents", consent()).status_code == 200
    limit(here, brands=[CINAR])
    assert cinar.post(f"{brand(CINAR)}/consents", consent()).status_code == 200
    for method, path, body in (("POST", "/consents", consent(2)), ("POST", "/consents/status", asked())):
        status, found, message = refusal(cinar, method, f"{brand(CINAR_ALT)}{path}", body)
        assert (status, found) == (403, ["H353"])
        assert "not allowed at this brand" in message
    assert [one["brandCode"] for one in cinar.get(f"/sps/{CINAR}/brands").json()] == [CINAR]
    limit(here)
    assert cinar.post(f"{brand(CINAR_ALT)}/consents/status", asked()).json()["status"] == "ONAY"


def test_a_key_of_some_brands_learns_no_count_of_the_others(here: Desk) -> None:
    cinar, path = here.program("cinar"), f"/sps/{CINAR}/subscription"
    cinar.post(f"{brand(CINAR_ALT)}/consents", consent())
    assert cinar.get(path).json()["usedConsentLimit"] == 1
    for package in (None, "İLETİ-5"):
        packages.give(here.registry.store, CINAR, package, Why(here.registry.keyring, "a test"))
        limit(here, brands=[CINAR])
        answer = cinar.get(path)
        assert answer.status_code == 200
        assert {name for name in answer.json() if "Limit" in name} == set()
        limit(here)
        assert cinar.get(path).json()["usedConsentLimit"] == 1


CHANGING = [
    (method, route.path)
    for route in routes.routes()
    if isinstance(route, Route) and "{iysCode}" in route.path and route.endpoint is not routes.not_offered
    for method in sorted((route.methods or set()) - {"HEAD"})
    if route.endpoint.right is Right.WRITE or method in ("PUT", "DELETE")
]


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_no_call_that_changes_anything_is_open_to_a_key_that_reads(here: Desk, method: str, path: str) -> None:
    """Also under the key of a call that it made while it could write, and for a token from then."""
    cinar, at = here.program("cinar"), path.replace("{iysCode}", str(CINAR)).replace("{brandCode}", str(CINAR))
    at = at.replace("{reportDate}", "2026-11-22")
    body = None if method in ("GET", "DELETE") else consent()
    headers = {"Idempotency_Key": "before"} if method == "POST" else {}
    cinar.call(method, at, body, **headers)
    limit(here, reads_only=True)
    answer = cinar.call(method, at, body, **headers)
    assert (answer.status_code, codes(answer)) == (403, ["H353"])
    assert "only read" in answer.json()["errors"][0]["message"]


def test_the_calls_that_change_something_are_these() -> None:
    assert len(CHANGING) == 17


def test_of_another_company_a_limited_key_learns_no_more_than_before(here: Desk) -> None:
    """Whether its brand exists: the answer is that for one that does not."""
    limit(here, brands=[CINAR])
    cinar = here.program("cinar")
    plain = refusal(cinar, "POST", f"{brand(ISIK)}/consents/status", asked())
    assert plain == refusal(cinar, "POST", f"/sps/{ISIK}/brands/999999/consents/status", asked())
    assert plain == refusal(cinar, "POST", f"/sps/{CINAR}/brands/{ISIK}/consents/status", asked())
    assert "this brand" not in plain[2]


def test_a_key_gets_brands_of_its_provider_alone(here: Desk) -> None:
    for wrong in ([], [ISIK], [CINAR, ISIK]):
        with pytest.raises(BadCompany, match="brand of the provider"):
            limit(here, brands=wrong)
    (user,) = here.registry.store.read_now(api_users.listed, api_users.Owner.PROVIDER, CINAR, here.clock.now)
    assert (user.reads_only, user.brands) == (False, None)
