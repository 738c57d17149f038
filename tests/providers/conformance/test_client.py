"""A client that knows only the regulator's document does a provider's day; the page of paths says what is true."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping

import pytest

from providers.consents import batches
from tests.conftest import Clock, Opener
from tests.providers.api.desk import CINAR, Desk, consent
from tests.providers.conformance import paths
from tests.providers.conformance.client import Client
from tests.providers.conformance.deviations import ROUTES, served
from tests.providers.conformance.document import PATH, operations

BRAND = {"iysCode": CINAR, "brandCode": CINAR}


@pytest.fixture
def here(sqlite_url: str, open_registry: Opener, clock: Clock) -> Iterator[Desk]:
    made = Desk(open_registry(sqlite_url), clock, {})
    yield made
    made.close()


def connected(here: Desk) -> Client:
    """The client, on the wire."""
    wire = here.client()

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, str, bytes]:
        answer = wire.request(method, path, headers=dict(headers), content=body)
        return answer.status_code, answer.headers.get("content-type", ""), answer.content

    return Client(json.loads(PATH.read_text(encoding="utf-8")), send)


def test_a_client_made_from_the_document_alone_does_a_providers_day(here: Desk) -> None:
    client = connected(here)
    assert client.call("getBrandsDetails", iysCode=CINAR).status == 401
    client.sign_in("createToken2", "cinar", here.passwords["cinar"])
    assert client.call("getBrandsDetails", iysCode=CINAR).told[0]["brandCode"] == CINAR

    one = client.call("addConsent", consent(1), **BRAND).told
    assert len(one["transactionId"]) == 64
    key = {"recipient": "+905320000001", "type": "MESAJ", "recipientType": "BIREYSEL"}
    status = client.call("consentDetail", key, **BRAND).told
    assert (status["status"], status["transactionId"]) == ("ONAY", one["transactionId"])

    many = [consent(2), consent(3, status="RET"), consent(4, consentDate="2026-11-10 10:00:00")]
    taken = client.call("addBatchConsentV2", many, **BRAND)
    assert (taken.status, len(taken.told["subRequests"])) == (202, 3)
    request = {"requestId": taken.told["requestId"]}
    assert {item["status"] for item in client.call("searchRequestDetailsV2", **request, **BRAND).told} == {"enqueue"}
    asyncio.run(batches.store_waiting(here.registry))
    results = client.call("searchRequestDetails", **request, **BRAND).told
    assert [item["status"] for item in results] == ["success", "success", "failure"]
    assert results[2]["error"]["code"] == "H467"

    asked = {"recipients": [f"+9053200000{number:02}" for number in range(1, 6)]}
    kind = {"recipientType": "BIREYSEL", "type": "MESAJ"}
    approved = client.call("batchConsentStatus", asked, **kind, **BRAND).told["list"]
    assert approved == ["+905320000001", "+905320000002"]
    history = client.call("consentsHistory", key, limit=10, **BRAND).told
    assert [move["transactionId"] for move in history["list"]] == [one["transactionId"]]

    feed = client.call("PullPerBrandCode", source="HS", limit=2, **BRAND).told
    rest = client.call("PullPerBrandCode", source="HS", after=feed["after"], **BRAND).told
    moves = feed["list"] + rest["list"]
    assert [move["status"] for move in moves] == ["ONAY", "ONAY", "RET"]
    assert client.call("PullPerBrandCode", source="HS", after=rest["after"], **BRAND).status == 204

    here.clock.forward(days=1)
    client.sign_in("createToken2", "cinar", here.passwords["cinar"])
    day = {"reportDate": "2026-11-24"}
    told = client.call("agreementsDate", **day, **BRAND).told
    file = client.call("agreementFile", **day, **BRAND).told
    assert hashlib.sha384(file).hexdigest() == told["hashValue"]
    rows = list(csv.DictReader(io.StringIO(file.decode())))
    assert {row["transactionId"] for row in rows} == {move["transactionId"] for move in moves}
    stats = client.call("changeSummary", recipientType="BIREYSEL", **day, **BRAND).told["changeStats"]
    assert sum(side["total"] for channel in stats for side in channel["consents"]) == len(rows)
    assert client.call("agreementDatePut", {"agreementStatus": True}, **day, **BRAND).told["agreementCaptured"]
    assert client.call("agreementsDate", **day, **BRAND).told["agreementStatus"] is True


def test_every_call_of_the_document_is_a_route_and_the_page_of_paths_tells_what_is_true() -> None:
    assert len(operations()) == 59
    assert [one.line for one in operations() if one.line not in ROUTES] == []
    assert sum(map(served, operations())) == 53
    assert paths.PAGE.read_text(encoding="utf-8") == paths.page()
