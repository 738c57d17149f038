"""Who may make which call: every route of the API, every kind of caller, by the right that the route asks for.

The table is made from the route table, so that a new call is in it, and a call without a right fails.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest
from starlette.routing import Route

from providers import routes
from providers.api import oauth
from providers.api.endpoint import Right
from providers.callers import partners
from tests.conftest import Clock, Opener
from tests.providers.api.desk import CINAR, ISIK, PARTNER, Desk, Program

ROUTES = [route for route in routes.routes() if isinstance(route, Route)]
CALLS = [route for route in ROUTES if route.endpoint is not oauth.issue]
KNOWN = {
    "iysCode": str(CINAR),
    "brandCode": str(CINAR),
    "integratorCode": str(PARTNER),
    "recipientType": "BIREYSEL",
    "type": "MESAJ",
    "requestId": "5980a44b-06f3-43c2-8b1a-b61bceb95fa0",
    "reportDate": "2026-11-23",
    "transactionId": "0" * 64,
    "code": "34",
    "retailerCode": "10000001",
}
NOTHING, READ, WRITE = (0, 0, 0), (1, 1, 1), (2, 2, 2)
IN, OUT, STRANGER = "let in", "403", "401"

_PARTNERS = {
    # right: nothing granted, all channels to read, all to write, agreements only
    Right.ANYBODY: (IN, IN, IN, IN),
    Right.READ: (OUT, IN, IN, OUT),
    Right.WRITE: (OUT, OUT, IN, OUT),
    Right.AGREEMENTS: (OUT, OUT, OUT, IN),
    Right.ASK: (OUT, OUT, OUT, OUT),
    Right.ASKED: (OUT, OUT, OUT, OUT),
    Right.OWNER: (OUT, OUT, OUT, OUT),
    Right.PARTNER: (IN, IN, IN, IN),
}
OWN = {Right.ASK, Right.ASKED}  # without a company in the path a caller reaches its own requests, and no other


def asks(route: Route) -> Right:
    """The right that a call asks for; one for anybody with a token that names a company is for those it knows."""
    right: Right = route.endpoint.right
    return Right.READ if right is Right.ANYBODY and "iysCode" in route.param_convertors else right


def expected(route: Route) -> dict[str, str]:
    """By caller: whether the call is looked at, or turned away by its rights."""
    right = asks(route)
    nothing, read, write, agreements = _PARTNERS[right]
    if "iysCode" in route.param_convertors:
        nothing = OUT
    by_partner = right is Right.PARTNER
    own = right in OWN and "iysCode" not in route.param_convertors
    if own:
        nothing = read = write = agreements = IN
    return {
        "nobody": STRANGER,
        "expired": STRANGER,
        "refresh token": STRANGER,
        "own": OUT if by_partner else IN,
        "other provider": IN if right is Right.ANYBODY or own else OUT,
        "partner without a grant": nothing,
        "partner who reads": read,
        "partner who writes": write,
        "partner with agreements": agreements,
        "partner who asks": IN if right in OWN or by_partner or (right is Right.ANYBODY and nothing is IN) else OUT,
    }


def told(answer: httpx2.Response) -> str:
    """What became of a call. What is let in may fail by its form or for want of a record, but not by its rights."""
    if answer.status_code == 401:
        return STRANGER
    body = answer.json() if answer.status_code in (403, 404) else {}
    faults = body.get("errors") or body.get("subSystemErrorInfo", {}).get("errors", [])
    found = {fault["code"] for fault in faults} | {body.get("errorCode", "")} - {"", "ERR-SYS-0007"}
    if found and found <= {"H353", "H522", "H1040", "H1104", "ERR-SYS-0005", "ERR-SYS-0006"}:
        return OUT
    assert answer.status_code < 500 or answer.status_code == 501, answer.text
    return IN


def path(route: Route) -> str:
    found = route.path
    for name in route.param_convertors:
        found = found.replace("{" + name + "}", KNOWN.get(name, "x"))
    return found


@pytest.fixture
def here(sqlite_url: str, open_registry: Opener, clock: Clock) -> Desk:
    return Desk(open_registry(sqlite_url), clock, {})


def test_every_call_names_the_right_it_asks_for() -> None:
    without = [route.path for route in ROUTES if not isinstance(getattr(route.endpoint, "right", None), Right)]
    assert without == ["/oauth2/token"], "only who asks for a token needs none"
    assert len(CALLS) >= 57
    used = {route.endpoint.right for route in CALLS}
    assert used >= {*Right} - {Right.OWNER}


@pytest.mark.parametrize("caller", list(expected(CALLS[0])))
def test_every_caller_may_what_the_right_of_each_call_gives_him(here: Desk, caller: str) -> None:
    program = _callers(here)[caller]()
    wrong = {}
    for route in CALLS:
        for method in sorted(route.methods - {"HEAD"}):
            body = None if method in ("GET", "DELETE") else {}
            answer = program.call(method, path(route), body)
            wanted = expected(route)[caller]
            if told(answer) != wanted:
                wrong[f"{method} {route.path}"] = (wanted, answer.status_code, answer.text[:200])
    here.close()
    assert not wrong


def _callers(here: Desk) -> dict[str, Callable[[], Program]]:
    def partner(levels: tuple[int, int, int], agreements: bool = False, via: bool = False) -> Callable[[], Program]:
        def made() -> Program:
            if levels != NOTHING or agreements or via:
                here.registry.store.write_now(partners.grant, PARTNER, CINAR, levels, agreements, via)
            return here.program("partner")

        return made

    def expired() -> Program:
        program = here.program("cinar")
        here.clock.forward(hours=2, seconds=1)
        return program

    def swapped() -> Program:
        program = here.program("cinar")
        program.tokens["access_token"] = program.tokens["refresh_token"]
        return program

    return {
        "nobody": lambda: Program(here.client(), {"access_token": ""}),
        "expired": expired,
        "refresh token": swapped,
        "own": lambda: here.program("cinar"),
        "other provider": lambda: here.program("isik"),
        "partner without a grant": partner(NOTHING),
        "partner who reads": partner(READ),
        "partner who writes": partner(WRITE),
        "partner with agreements": partner(NOTHING, agreements=True),
        "partner who asks": partner(NOTHING, via=True),
    }


@pytest.mark.parametrize("levels", [(2, 1, 0), (0, 2, 1), (1, 0, 2)])
def test_a_partner_writes_and_reads_each_channel_by_its_own_right(here: Desk, levels: tuple[int, int, int]) -> None:
    here.grant(CINAR, levels)
    program, base = here.program("partner"), f"/sps/{CINAR}/brands/{CINAR}"
    addresses = {"ARAMA": "+905320000001", "MESAJ": "+905320000002", "EPOSTA": "ayse@example.com"}
    for level, (channel, address) in zip(levels, addresses.items(), strict=True):
        key = {"recipient": address, "type": channel, "recipientType": "BIREYSEL"}
        word = key | {"source": "HS_WEB", "status": "ONAY", "consentDate": "2026-11-23 10:00:00"}
        assert told(program.post(f"{base}/consents", word)) == (IN if level == 2 else OUT)
        assert told(program.post(f"{base}/consents/request", [word])) == (IN if level == 2 else OUT)
        assert told(program.post(f"{base}/consents/status", key)) == (IN if level >= 1 else OUT)
    here.close()


def test_a_brand_stands_under_its_own_company_only(here: Desk) -> None:
    cinar, isik = here.program("cinar"), here.program("isik")
    for program in (cinar, isik):
        for company, brand in ((CINAR, ISIK), (ISIK, CINAR), (CINAR, 999999)):
            assert told(program.get(f"/sps/{company}/brands/{brand}/consents/changes")) == OUT
    here.close()
