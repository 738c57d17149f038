"""The local İYS answers as the document says, and obeys its limits: else it would prove nothing."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Clock
from tests.national.local_iys import LocalIys
from tests.providers.conformance import document

B = "/sps/600101/brands/600101"
CONSENT = {
    "recipient": "+905320000001", "type": "MESAJ", "source": "HS_WEB", "status": "ONAY",
    "consentDate": "2026-11-23 10:15:00", "recipientType": "BIREYSEL",
}  # fmt: skip


class Caller:
    """Calls it and holds every answer against the document."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.iys = clock, LocalIys(lambda: clock.now / 1e6)
        self.token = ""
        self.seen: set[tuple[str, int]] = set()

    def __call__(self, operation: str, path: str, body: Any = None) -> tuple[int, Any]:
        told = document.by_id()[operation]
        self.clock.forward(seconds=1)
        headers = {"Authorization": f"Bearer {self.token}"}
        status, kind, answer = self.iys.answer(
            told.method, path, headers, None if body is None else json.dumps(body).encode()
        )
        found = json.loads(answer) if kind == "application/json" and answer else answer
        if kind == "application/json" and answer:
            shown = [one.value for one in told.answers() if one.status == status]
            if not any(told.wrong(status, one) for one in shown):  # where the document's own example is wrong by it
                assert told.wrong(status, found) == "", (operation, status, found)
        self.seen.add((operation, status))
        return status, found

    def sign_in(self) -> None:
        body = {"username": "sirket", "password": "gizli-parola", "grant_type": "password"}
        self.token = self("createToken2", "/oauth2/token", body)[1]["access_token"]


def codes(answer: tuple[int, Any]) -> list[str]:
    return [one.get("code") or one["code:"] for one in answer[1]["errors"]]


def test_its_answers_are_those_of_the_document(clock: Clock) -> None:
    call = Caller(clock)
    assert codes(call("getBrandsDetails", "/sps/600101/brands")) == ["H351"]
    call.sign_in()
    assert call("getBrandsDetails", "/sps/600101/brands")[0] == 200
    assert codes(call("PullPerBrandCode", "/sps/600101/brands/5/consents/changes")) == ["H353"]
    status, told = call("addBatchConsentV2", f"/v2{B}/consents/request", [CONSENT])
    assert status == 202
    path = f"/v2{B}/consents/request/{told['requestId']}"
    assert call("searchRequestDetailsV2", path) == (200, [])
    clock.forward(seconds=300)
    assert [one["status"] for one in call("searchRequestDetailsV2", path)[1]] == ["success"]
    one = {name: CONSENT[name] for name in ("recipient", "type", "recipientType")}
    assert call("consentDetail", f"{B}/consents/status", one)[1]["status"] == "ONAY"
    many = {"recipients": ["+905320000001", "+905320000002"]}
    assert call("batchConsentStatus", f"{B}/consents/BIREYSEL/status/MESAJ", many)[1]["list"] == ["+905320000001"]
    assert call("PullPerBrandCode", f"{B}/consents/changes?source=HS")[0] == 204, "the last hour is hidden"
    call.iys.retailer(600101, 58954386, "Kadıköy", tin="8450525470", mersis="0565185567200017", tckn="57703411244")
    listed = call("searchRetailers", f"{B}/retailers?offset=0&limit=100")
    assert (listed[0], listed[1]["list"][0]["retailerCode"], listed[1]["pagination"]["totalCount"]) == (
        200,
        58954386,
        1,
    )
    strange = call("addBatchConsentV2", f"/v2{B}/consents/request", [CONSENT | {"retailerCode": 58954387}])
    assert (strange[0], codes(strange), strange[1]["errors"][0]["index"]) == (403, ["H180"], 0)
    clock.forward(hours=1)
    call.sign_in()
    assert len(call("PullPerBrandCode", f"{B}/consents/changes?source=HS")[1]["list"]) == 1
    assert codes(call("PullPerBrandCode", f"{B}/consents/changes?source=XX")) == ["H506"]
    clock.forward(days=1)
    call.sign_in()
    day = "2026-11-24"
    assert call("agreementsDate", f"{B}/agreements/{day}")[1]["processStatus"] == "completed"
    assert call("agreementDatePut", f"{B}/agreements/{day}", {"agreementStatus": True})[0] == 200
    assert call("agreementFile", f"{B}/changes/{day}/file")[1].count(b"\n") == 2
    assert codes(call("agreementsDate", f"{B}/agreements/2026-01-01")) == ["H502"]
    assert len(call.seen) >= 15


def test_its_rules_are_those_of_the_document(clock: Clock) -> None:
    call = Caller(clock)
    call.sign_in()

    def refused(**other: Any) -> list[str]:
        item = {name: value for name, value in (CONSENT | other).items() if value is not ...}
        status, told = call("addBatchConsentV2", f"/v2{B}/consents/request", [item])
        if status != 202:
            return codes((status, told))
        clock.forward(seconds=300)
        (one,) = call("searchRequestDetailsV2", f"/v2{B}/consents/request/{told['requestId']}")[1]
        return [one["error"]["code"]] if one["status"] == "failure" else []

    assert refused(status="RET") == ["H175"]
    assert refused(source="IYS_WEB") == ["H119"]
    assert refused(consentDate="2026-11-30 10:00:00") == ["H162"]
    assert refused(consentDate="2026-11-10 10:00:00") == ["H467"]
    assert refused(consentDate="2026-11-23T10:00:00") == ["H158"]
    assert refused(consentDate=...) == ["H112"]
    assert refused(source="") == ["H085"]
    assert refused(name="Ayşe") == ["H118"]
    assert refused(recipient="05320000001") == ["H121"]
    assert refused(source="HS_KARAR") == ["H408"]
    assert refused() == []
    assert refused() == [], "the second version answers a repeat as the first time"
    assert refused(consentDate="2026-11-23 10:14:59") == ["H178"]
    assert refused(status="RET", consentDate="2026-11-23 10:15:01") == []
    assert refused(status="RET", consentDate="2026-11-23 10:15:02") == ["H174"]
    both = call("addBatchConsentV2", f"/v2{B}/consents/request", [CONSENT, CONSENT | {"status": "RET"}])
    assert codes(both) == ["H194"]
    assert codes(call("addBatchConsentV2", f"/v2{B}/consents/request", [CONSENT] * 1001)) == ["H125"]


def test_its_limits_bite(clock: Clock) -> None:
    call = Caller(clock)
    call.iys.tokens_per_hour = 1
    call.sign_in()
    body = {"username": "sirket", "password": "gizli-parola", "grant_type": "password"}
    assert json.loads(call.iys.answer("POST", "/oauth2/token", {}, json.dumps(body).encode())[2])["errors"][0][
        "code"
    ] == ("H084")
    headers = {"Authorization": f"Bearer {call.token}"}
    statuses = [call.iys.answer("GET", "/sps/600101/brands", headers, None)[0] for _ in range(12)]
    assert statuses.count(429) >= 2
    assert call.iys.broken
