"""Every example of a request in İYS's document of ViA and ViA Pass is sent, and answered in its documented form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from asking import request_store
from consents.registry import Registry
from tests.providers.api.desk import CINAR
from tests.providers.conformance.client import Client
from tests.providers.conformance.deviations import asks_people
from tests.providers.conformance.document import Example, Operation, operations, raw
from tests.providers.via.asker import AYSE, MAIL, MEHMET, VKN, Asker
from web.codes import CODES

OURS = [operation for operation in operations() if asks_people(operation)]
BY_ID = {operation.id: operation for operation in OURS}
STARTS = BY_ID["startViaRequest"].bodies()
CONFIRMATIONS = BY_ID["VIA İşlem Tamamlama"].bodies()
PERSONAL = ("Aslı Can", "1111111111", "Çankaya")
NOBODY = "5980a44b-06f3-43c2-8b1a-b61bceb95fa0"


def own(body: dict[str, Any], asker: Asker) -> dict[str, Any]:
    """An example with this site's numbers and addresses, and nothing else changed."""
    mail = body["verificationType"].startswith("EPOSTA")
    given = {"formId": str(asker.mail_form if mail else asker.form), "recipient": MAIL if mail else AYSE}
    parts = [part | ({"brandCodes": [CINAR]} if "brandCodes" in part else {}) for part in body["consentTypes"]]
    return body | given | {"consentTypes": parts}


def refusal_of(name: str, body: dict[str, Any]) -> str | None:
    """Why an example is refused here; None where it is done."""
    if body["verificationType"] == "EPOSTA_APPROVALURL":
        return "H1065"  # before anything else: whatever it asks, a GET must not consent
    if any(part["title"] == "KVK" for part in body["consentTypes"]):
        return "Z426"  # each names a person
    return None


@pytest.mark.parametrize("name", STARTS)
def test_each_example_of_a_start(asker: Asker, name: str) -> None:
    body = own(STARTS[name], asker)
    answer = asker.post("/consent", body)
    code = refusal_of(name, body)
    if code is None:
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"message": {"requestId": answer.json()["message"]["requestId"]}, "code": "OK"}
        assert len(asker.messages(body["recipient"])) == 1
        return
    assert answer.status_code == 400
    assert [fault["code"] for fault in answer.json()["errors"]] == [code]
    assert asker.messages(body["recipient"]) == []
    assert not any(word in answer.text for word in PERSONAL)
    assert asker.registry.store.read_now(_requests, asker.registry) == []


@pytest.mark.parametrize("name", CONFIRMATIONS)
def test_each_example_of_a_confirmation(asker: Asker, name: str) -> None:
    body = CONFIRMATIONS[name]
    mail = body["verificationType"] == "EPOSTA_OTP"
    to = MAIL if mail else AYSE
    request = asker.ask(to, body["verificationType"])
    digits = asker.digits(to)
    parts = [part | ({"otpCode": digits} if part["title"] == "ETK" else {}) for part in body["consentTypes"]]
    answer = asker.post("/confirmation", body | {"requestId": request, "consentTypes": parts})
    if any(part["title"] == "KVK" for part in parts):
        assert [fault["code"] for fault in answer.json()["errors"]] == ["Z428"]
        assert asker.status("EPOSTA" if mail else "MESAJ", to) is None
        return
    (done,) = answer.json()["message"]
    example = next(one for one in BY_ID["VIA İşlem Tamamlama"].answers() if one.status == 200)
    assert done.keys() == example.value["message"][0].keys()
    assert answer.json()["code"] == "OK"
    assert (done["type"], done["brandCode"]) == ("EPOSTA" if mail else "MESAJ", str(CINAR))
    assert re.fullmatch("[0-9a-f]{64}", done["transactionId"])
    assert asker.status(done["type"], to) == "ONAY"


def test_the_example_of_a_search(asker: Asker) -> None:
    (body,) = BY_ID["searchKVKConsent"].bodies().values()
    request = asker.ask(AYSE)
    assert asker.post("/consent/status", body | {"recipient": AYSE}).json() == {"message": [], "code": "OK"}
    asker.type(request, asker.digits())
    assert asker.post("/consent/status", body | {"recipient": AYSE}).json() == {"message": [request], "code": "OK"}
    other = asker.post("/consent/status", {"recipient": AYSE, "type": "ACIK_RIZA_METNI"})
    assert other.json() == {"message": [], "code": "OK"}, "none is taken here"


def test_the_answer_about_a_question_has_the_documents_fields(asker: Asker) -> None:
    example = next(one.value for one in BY_ID["getViaRequest"].answers() if one.status == 200)
    request = asker.ask(AYSE, "SMS_OTP", "MESAJ", "ARAMA")
    for answered in (False, True):
        told = asker.get(f"/consent/request/{request}").json()
        assert told.keys() == example.keys()
        personal = {"recipientName", "recipientIdNumber"}
        # Before the answer no recipient: of somebody who was erased none is left.
        hidden = set() if answered else {"recipient"}
        assert told["message"].keys() == example["message"].keys() - personal - hidden
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", told["message"]["requestDate"])
        rows = told["message"]["requestDetails"]
        given = [one for one in example["message"]["requestDetails"] if one["consentType"] == "ETK"]
        assert [row.keys() for row in rows[:2]] == [given[answered].keys()] * 2
        assert {row["operationStatusMessage"] for row in rows[:2]} == {given[answered]["operationStatusMessage"]}
        if not answered:
            asker.type(request, asker.digits())
    assert rows[2] == {
        "consentTypeChoice": "AYDINLATMA_METNI",
        "consentType": "KVK",
        "operationStatusMessage": "Gösterildi",
    }


def test_the_answer_about_a_notice_has_the_documents_form_and_is_no_consent(asker: Asker) -> None:
    example = next(one.value for one in BY_ID["getKVKConsent"].answers() if one.status == 200)
    request = asker.ask()
    asker.type(request, asker.digits())
    (told,) = asker.get(f"/consent/{request}").json()["message"]
    personal = {"recipientName", "recipientIdNumber", "transactionId"}
    assert told.keys() == (example["message"][0].keys() - personal) | {"recipientType"}
    assert told["status"] == "GOSTERILDI"
    assert "ONAY" not in told.values()
    assert told["consentDate"] == str(asker.clock.now // 1000), "milliseconds as text"
    assert told["type"] == "AYDINLATMA_METNI"


@pytest.mark.parametrize("operation", [one for one in OURS if one.path.startswith("/via/")], ids=lambda one: one.id)
def test_an_error_of_via_has_the_form_of_each_example(asker: Asker, operation: Operation) -> None:
    """The document has errors as a list, as one object, and at the top; a list and the top serve all but the second."""
    answer = asker.get(f"/consent/request/{NOBODY}")
    body = answer.json()
    for example in operation.answers():
        if example.status < 400 or not example.faults or not example.faults[0].get("code"):
            continue
        value = example.value
        if isinstance(value.get("errors"), list):
            assert value["errors"][0].keys() - {"value"} <= body["errors"][0].keys(), example
        elif "errors" not in value:
            assert value.keys() <= body.keys(), example
        else:
            assert value["errors"].keys() - {"value"} <= body["errors"][0].keys(), example


BODIES = {
    "smsStart": ("sms/start", "SmsStartRequestDTO"),
    "emailStart": ("email/start", "EmailStartRequestDTO"),
    "smsShortUrlStart": ("sms/start/short-url", "SmsShortUrlStartRequestDTO"),
    "emailShortUrlStart": ("email/start/short-url", "EmailShortUrlStartRequestDTO"),
}


@pytest.mark.parametrize("name", BODIES)
def test_each_example_of_a_proofs_start(asker: Asker, name: str) -> None:
    path, schema = BODIES[name]
    body = raw()["components"]["schemas"][schema]["example"]
    address = {"email": MAIL} if "email" in body else {"phoneNumber": AYSE}
    answer = asker.otp(f"/{CINAR}/{path}", body | address | {"templateId": str(CINAR)})
    example = next(one.value for one in BY_ID[name].answers() if one.status == 200)
    assert answer.status_code == 200, answer.text
    assert _shape(answer.json()) == _shape(example)


@pytest.mark.parametrize(("kind", "to"), [("sms", AYSE), ("email", MAIL)])
def test_the_rest_of_a_proof_has_the_documents_forms(asker: Asker, kind: str, to: str) -> None:
    request = asker.prove(to, kind)
    schema = raw()["components"]["schemas"][f"{kind.capitalize()}CompleteRequestDTO"]["example"]
    done = asker.otp(f"/{kind}/complete", schema | {"requestId": request, "otpCode": asker.digits(to)})
    example = next(one.value for one in BY_ID[f"{kind}Complete"].answers() if one.status == 200)
    assert (done.status_code, _shape(done.json())) == (200, _shape(example))
    told = asker.otp("/request-history", {"requestId": request}).json()
    theirs = next(one.value for one in BY_ID["getRequestAudit"].answers() if one.status == 200)
    assert _shape(told) == _shape(theirs)
    assert [one["status"] for one in told["content"]] == [one["status"] for one in theirs["content"]]
    assert told["content"][0]["requestType"] == ("EMAIL" if kind == "email" else "SMS")
    assert told["pagination"] == theirs["pagination"]


def _wrong_vkn(asker: Asker) -> httpx2.Response:
    return asker.otp(f"/{CINAR}/sms/start", asker.proof() | {"vkn": "0123"})


def _wrong_phone(asker: Asker) -> httpx2.Response:
    return asker.otp(f"/{CINAR}/sms/start", asker.proof() | {"phoneNumber": "12"})


def _no_request(asker: Asker) -> httpx2.Response:
    return asker.otp("/sms/complete", {"otpCode": "123456"})


def _bad_token(asker: Asker, path: str = f"/{CINAR}/sms/start") -> httpx2.Response:
    return asker.program.client.post(f"/otp-management/api/v1{path}", json={})


ERRORS = {
    ("smsStart", "400 ValidasyonHatasi", "vkn"): _wrong_vkn,
    ("smsStart", "400 ValidasyonHatasi", "phoneNumber"): _wrong_phone,
    ("smsStart", "401 default", ""): _bad_token,
    ("smsStart", "403 default", ""): lambda asker: asker.otp("/600202/sms/start", asker.proof()),
    ("smsStart", "404 default", ""): lambda asker: asker.otp(
        f"/{CINAR}/sms/start", asker.proof() | {"templateId": "42271"}
    ),
    ("smsComplete", "400 ValidasyonHatasi", "requestId"): _no_request,
    ("smsComplete", "404 default", ""): lambda asker: asker.otp(
        "/sms/complete", {"otpCode": "123456", "requestId": NOBODY}
    ),
    ("getRequestAudit", "400 default", ""): lambda asker: asker.otp("/request-history", {"request": 1}),
    ("getRequestAudit", "404 default", ""): lambda asker: asker.otp("/request-history", {"requestId": NOBODY}),
    ("getClarificationFile", "400 default", ""): lambda asker: asker.otp(f"/get-clarification-file/{CINAR}/{NOBODY}"),
    ("getClarificationFile", "403 default", ""): lambda asker: asker.otp(f"/get-clarification-file/600202/{NOBODY}"),
}


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: " ".join(case))
def test_an_error_of_a_proof_is_answered_as_its_example(asker: Asker, case: tuple[str, str, str]) -> None:
    name, key, field = case
    answer = ERRORS[case](asker)
    examples = [one for one in BY_ID[name].answers() if one.key == key]
    example = next(one for one in examples if field in {part["field"] for part in one.value.get("data", [])} | {""})
    told, wanted = answer.json(), example.value
    assert answer.status_code == example.status, answer.text
    assert told["errorCode"] == wanted["errorCode"]
    assert lacks(told, wanted) == []
    assert [one["field"] for one in told.get("data", [])] == [one["field"] for one in wanted.get("data", [])]
    assert _inner(told) == _inner(wanted)
    if "trace_id" in (BY_ID[name].raw["responses"][str(example.status)].get("headers") or {}):
        assert answer.headers["trace_id"] == answer.headers["x-request-id"]


def test_a_subscription_has_the_documents_fields(asker: Asker) -> None:
    example = next(one.value for one in BY_ID["search"].answers() if one.status == 200)
    told = asker.otp(f"/subscription/{CINAR}").json()
    ours, theirs = told["data"][0], example["data"][0]
    assert told.keys() == example.keys()
    assert ours.keys() == theirs.keys() - {"viaCredit"}, "without a package there is no limit"
    inner = theirs["viaSubscriptionPackage"].keys() - {"viaCredit"}
    assert ours["viaSubscriptionPackage"].keys() == inner
    assert ours["viaSubscriptionPackage"]["isLimited"] is False
    refused = asker.otp("/subscription/600202")
    wanted = next(one for one in BY_ID["search"].answers() if one.status == 403)
    assert (refused.status_code, lacks(refused.json(), wanted.value)) == (403, [])
    assert _inner(refused.json()) == _inner(wanted.value)


def test_a_client_made_from_the_document_alone_asks_and_proves(asker: Asker) -> None:
    """What programs written for İYS do, with the document's names, paths and parameters alone."""
    wire = asker.desk.client()

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, str, bytes]:
        answer = wire.request(method, path, headers=dict(headers), content=body)
        return answer.status_code, answer.headers.get("content-type", ""), answer.content

    document = raw()
    # The document forgets the token of some of these calls.
    for operation in OURS:
        operation.raw.setdefault("security", document["paths"]["/sps/{iysCode}/brands"]["get"]["security"])
    client = Client(document, send)
    client.sign_in("createToken2", "cinar", asker.desk.passwords["cinar"])
    mine = {"iysCode": CINAR}
    question = asker.question(AYSE, "SMS_OTP", "MESAJ", "ARAMA")
    request = client.call("startViaRequest", question, **mine).told["message"]["requestId"]
    assert client.call("getViaRequest", requestId=request, **mine).told["message"]["lastStatus"]["stage"] != "COMPLETED"
    typed = {"requestId": request, "verificationType": "SMS_OTP"}
    for digits, status in ((asker.wrong(), 400), (asker.digits(), 200)):
        body = typed | {"consentTypes": [{"title": "ETK", "otpCode": digits}]}
        assert client.call("VIA İşlem Tamamlama", body, **mine).status == status
    told = client.call("getViaRequest", requestId=request, **mine).told["message"]
    assert told["lastStatus"] == {"stage": "COMPLETED", "status": "SUCCESS"}
    assert client.call("getKVKConsent", requestId=request, **mine).told["message"][0]["requestId"] == request
    proof = client.call("smsStart", asker.proof(MEHMET), **mine).told["data"]["requestId"]
    done = client.call("smsComplete", {"requestId": proof, "otpCode": asker.digits(MEHMET)})
    assert done.status == 200
    assert client.call("getRequestAudit", {"requestId": proof}).told["content"][-1]["status"] == "SUCCESS"
    assert client.call("search", **mine).told["data"][0]["status"] == "ACTIVE"


def _inner(body: dict[str, Any]) -> list[str]:
    return [one["code"] for one in body.get("subSystemErrorInfo", {}).get("errors", [])]


def lacks(ours: Any, theirs: Any, at: str = "") -> list[str]:
    """Where an answer is not of an example's form. The copy of the document among the tests has no sentences in some
    of its errors, so an answer may have more of these."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        names = (ours.keys() ^ theirs.keys()) - ({"message"} if "code" in theirs else set())
        other = [f"{at}/{name}" for name in sorted(names)]
        return other + [one for name in ours.keys() & theirs.keys() for one in lacks(ours[name], theirs[name], name)]
    if isinstance(theirs, list) and isinstance(ours, list):
        return [one for pair in zip(ours[:1], theirs[:1], strict=True) for one in lacks(*pair, at)]
    return [] if type(ours) is type(theirs) else [at]


def _shape(value: Any) -> Any:
    """Names and kinds; of a list that of its first entry."""
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_shape(part) for part in value[:1]]
    return type(value).__name__


def _requests(snapshot: Any, registry: Registry) -> list[Any]:
    return [
        one for address in (AYSE, MAIL) for one in request_store.of_address(snapshot, registry.keyring, address, 10)
    ]


def test_the_numbers_of_examples_are_those_of_the_document() -> None:
    assert (len(STARTS), len(CONFIRMATIONS)) == (14, 6)
    assert {"Z426", "Z427", "Z428", "Z429"} <= CODES.keys()
    assert isinstance(next(BY_ID["startViaRequest"].answers()), Example)
    assert re.fullmatch("[1-9][0-9]{9}", VKN)
