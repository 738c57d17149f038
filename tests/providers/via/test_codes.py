"""Every code of ViA in İYS's document: here is the mistake that gets it, or docs/iys-paths.md has why none can."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from consents.brands import brand_changes, packages, provider_states
from consents.brands.company_changes import Why
from consents.terms import Channel
from gateways.carrier import Permanent
from providers.via import via_calls
from tests.conftest import Clock, Opener
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, Program
from tests.providers.conformance import deviations, paths
from tests.providers.conformance.document import PATH
from tests.providers.via.asker import AYSE, MAIL, MEHMET, Asker
from web.codes import CODES

MINUTE, DAY = 60_000_000, 86_400_000_000  # µs
OF_DOCUMENT = {code for code in CODES if re.fullmatch(r"H1[01]\d\d", code)}
Mistake = Callable[[Asker], httpx2.Response]


def _start(**changed: Any) -> Mistake:
    """A start with other fields; None leaves one out."""

    def made(asker: Asker) -> httpx2.Response:
        body = asker.question() | changed
        return asker.post("/consent", {name: value for name, value in body.items() if value is not ...})

    return made


def _etk(**changed: Any) -> Mistake:
    def made(asker: Asker) -> httpx2.Response:
        part = asker.question()["consentTypes"][0] | changed
        body = asker.question() | {"consentTypes": [{name: value for name, value in part.items() if value is not ...}]}
        return asker.post("/consent", body)

    return made


def _raw(content: bytes) -> Mistake:
    def made(asker: Asker) -> httpx2.Response:
        token = {"Authorization": f"Bearer {asker.program.tokens['access_token']}"}
        return asker.program.client.post(f"/via/sps/{CINAR}/consent", content=content, headers=token)

    return made


def _token(value: str | None) -> Mistake:
    def made(asker: Asker) -> httpx2.Response:
        headers = {} if value is None else {"Authorization": value}
        return asker.program.client.post(f"/via/sps/{CINAR}/consent", json={}, headers=headers)

    return made


def _typed(after: int = 0, method: str = "SMS_OTP", tries: int = 1, **more: Any) -> Mistake:
    """Wrong codes for a question, so many µs after it was asked."""

    def made(asker: Asker) -> httpx2.Response:
        request = asker.ask()
        asker.clock.now += after
        wrong = asker.wrong()
        for _ in range(tries - 1):
            asker.type(request, wrong)
        return asker.type(request, wrong, method, **more)

    return made


def _unpublished(asker: Asker) -> httpx2.Response:
    return _start(formId=asker.publish(CINAR, Channel.MESAJ, submit=False))(asker)


def _others_form(asker: Asker) -> httpx2.Response:
    return _start(formId=asker.publish(ISIK, Channel.MESAJ))(asker)


def _full_package(asker: Asker) -> httpx2.Response:
    store = asker.registry.store
    packages.give(store, CINAR, "İLETİ-5", Why(asker.registry.keyring, "a test"))
    few = packages.PACKAGES["İLETİ-5"]._replace(addresses=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(packages.PACKAGES, "İLETİ-5", few)
        asker.ask()
        return asker.post("/consent", asker.question(MEHMET))


def _no_budget(asker: Asker) -> httpx2.Response:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trust.codes.limits.code_budgets.left", lambda *_, **__: False)
        return asker.post("/consent", asker.question())


def _broken(asker: Asker) -> httpx2.Response:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    client = asker.desk.client()
    client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(via_calls, "_detail", fail)
        return Program(client, asker.program.tokens).get(f"/via/sps/{CINAR}/consent/request/{'0' * 36}")


def _without_via(asker: Asker) -> httpx2.Response:
    asker.desk.grant(CINAR, (2, 2, 2), agreements=True)
    return asker.desk.program("partner").post(f"/via/sps/{CINAR}/consent", asker.question())


def _paused(asker: Asker) -> httpx2.Response:
    asker.registry.store.write_now(provider_states.pause, CINAR, Why(asker.registry.keyring, "a test"))
    return asker.post("/consent", asker.question())


def _answered(asker: Asker) -> httpx2.Response:
    request, digits = asker.ask(), asker.digits()
    assert asker.type(request, digits).status_code == 200
    return asker.type(request, digits)


def _undelivered(asker: Asker) -> httpx2.Response:
    request = asker.ask()
    asker.deliver(_01=Permanent("http 422"))
    return asker.type(request, "000000")


def _link(after: int = 0) -> Mistake:
    def made(asker: Asker) -> httpx2.Response:
        request = asker.ask(AYSE, "SMS_SHORTURL")
        asker.clock.now += after
        asker.program = asker.desk.program("cinar")
        return asker.type(request, "000000", "SMS_SHORTURL")

    return made


def _proved_twice(asker: Asker) -> httpx2.Response:
    body = {"requestId": asker.prove(), "otpCode": asker.digits()}
    assert asker.otp("/sms/complete", body).status_code == 200
    return asker.otp("/sms/complete", body)


def _page(query: str) -> Mistake:
    return lambda asker: asker.otp(f"/request-history?{query}", {"requestId": asker.prove()})


def _deep(asker: Asker) -> httpx2.Response:
    value: Any = 1
    for _ in range(20):
        value = [value]
    return _start(consentTypes=value)(asker)


BY_MISTAKE: dict[str, tuple[int, Mistake]] = {
    "H1000": (400, _unpublished),
    "H1005": (400, _start(formId=...)),
    "H1010": (400, _etk(types=[])),
    "H1012": (400, _start(verificationType="FAX")),
    "H1013": (400, _etk(title="TTK")),
    "H1014": (400, _etk(brandCodes=[ISIK])),
    "H1015": (400, _full_package),
    "H1016": (400, _raw(b'{"broken": ')),
    "H1019": (500, _broken),
    "H1024": (400, lambda asker: asker.type(asker.ask(), "12345")),
    "H1025": (400, _start(colour="red")),
    "H1026": (400, _start(recipient="+90532")),
    "H1027": (400, lambda asker: asker.post("/consent", asker.question("ayse@", "EPOSTA_OTP"))),
    "H1028": (400, lambda asker: asker.get(f"/consent/{asker.ask()}")),
    "H1029": (400, _etk(brandCodes=["600101"])),
    "H1030": (400, lambda asker: asker.get(f"/consent/request/{'0' * 36}")),
    "H1031": (400, _no_budget),
    "H1032": (400, _answered),
    "H1038": (401, _token(None)),
    "H1039": (400, lambda asker: asker.program.get(f"/via/sps/{'1' * 16}/consent/x")),
    "H1040": (403, lambda asker: asker.post("/consent", asker.question(), ISIK)),
    "H1041": (400, _raw(b"[]")),
    "H1042": (400, _raw(b"")),
    "H1044": (405, lambda asker: asker.program.call("PUT", f"/via/sps/{CINAR}/consent", {})),
    "H1045": (401, _token("Bearer nobody's")),
    "H1048": (400, _typed(recipient=MEHMET)),
    "H1049": (400, _undelivered),
    "H1050": (400, _typed(tries=3)),
    "H1051": (400, _typed(after=3 * MINUTE)),
    "H1052": (400, _typed()),
    "H1054": (400, _etk(recipientType="TACIR")),
    "H1055": (400, _start(formId=999)),
    "H1056": (400, _link()),
    "H1057": (400, _start(recipient="")),
    "H1060": (400, lambda asker: _start(consentTypes=asker.question()["consentTypes"] * 2)(asker)),
    "H1061": (400, _etk(types=["MESAJ", "MESAJ"])),
    "H1062": (400, _others_form),
    "H1063": (400, _etk(recipientType="KURUMSAL")),
    "H1064": (400, _typed(method="EPOSTA_OTP")),
    "H1065": (400, _start(verificationType="EPOSTA_APPROVALURL", recipient=MAIL)),
    "H1066": (
        400,
        lambda asker: asker.post("/consent", asker.question(MAIL, "EPOSTA_OTP", brandCodes=[CINAR, CINAR_ALT])),
    ),
    "H1072": (400, lambda asker: asker.get(f"/via/clarification/{asker.ask()}/file")),
    "H1074": (400, _link(after=DAY)),
    "H1076": (400, lambda asker: asker.get(f"/consent/{asker.prove()}")),
    "H1085": (400, _etk(types=["FAKS"])),
    "H1086": (400, _etk(types=["EPOSTA"])),
    "H1088": (400, _page("page=0")),
    "H1089": (400, _page("pageSize=0")),
    "H1091": (400, _deep),
    "H1092": (400, _paused),
    "H1104": (404, _without_via),
    "H1107": (404, lambda asker: asker.otp(f"/{CINAR}/sms/start", asker.proof() | {"templateId": "42271"})),
    "H1110": (400, _proved_twice),
}


def _third_today(asker: Asker) -> httpx2.Response:
    for _ in range(2):
        asker.ask()
        asker.clock.now += 4 * MINUTE
    return asker.post("/consent", asker.question())


def _at_once(asker: Asker) -> httpx2.Response:
    asker.ask()
    return asker.post("/consent", asker.question())


def _closed(asker: Asker) -> httpx2.Response:
    asker.registry.store.write_now(provider_states.close, CINAR, Why(asker.registry.keyring, "a test"))
    return asker.post("/consent", asker.question())


def _closed_brand(asker: Asker) -> httpx2.Response:
    asker.registry.store.write_now(brand_changes.close, CINAR, Why(asker.registry.keyring, "a test"))
    return asker.post("/consent", asker.question())


def _kvk(part: dict[str, Any]) -> Mistake:
    def made(asker: Asker) -> httpx2.Response:
        both = [*asker.question()["consentTypes"], {"title": "KVK", **part}]
        return asker.post("/consent", asker.question() | {"consentTypes": both})

    return made


# Beside those of ViA itself.
OTHERS: dict[str, tuple[int, Mistake]] = {
    "H453": (422, _third_today),
    "H465": (422, _at_once),
    "H521": (403, _closed),
    "Z425": (403, _closed_brand),
    "Z426": (400, _kvk({"types": ["AYDINLATMA_METNI"], "personData": {"name": "Aslı Can"}})),
    "Z427": (400, _kvk({"types": ["ACIK_RIZA_METNI"]})),
    "Z428": (400, _start(consentTypes=[{"title": "KVK", "types": ["AYDINLATMA_METNI"]}])),
    "Z429": (400, _etk(brandCodes=[CINAR, CINAR_ALT])),
}


def codes(answer: httpx2.Response) -> set[str]:
    """Of either envelope."""
    body = answer.json()
    faults = body.get("errors") or body.get("subSystemErrorInfo", {}).get("errors", [])
    return {fault["code"] for fault in faults}


def test_each_code_of_the_document_has_its_mistake_or_a_reason_in_the_docs() -> None:
    in_examples = set(re.findall(r"H1[01]\d\d", PATH.read_text(encoding="utf-8")))
    assert in_examples <= OF_DOCUMENT
    assert len(OF_DOCUMENT) == 102
    assert BY_MISTAKE.keys() | deviations.NEVER.keys() == OF_DOCUMENT
    assert not BY_MISTAKE.keys() & deviations.NEVER.keys()
    page = paths.PAGE.read_text(encoding="utf-8")
    unused = page.partition("## Codes that are not used")[2].splitlines()
    listed = {code for line in unused for code in re.findall(r"H1[01]\d\d", line.partition(":")[0])}
    assert listed == deviations.NEVER.keys()


@pytest.mark.parametrize("code", [*BY_MISTAKE, *OTHERS])
def test_the_mistake_gets_its_code(sqlite_url: str, open_registry: Opener, clock: Clock, code: str) -> None:
    asker = Asker(open_registry(sqlite_url), clock)
    status, mistake = (BY_MISTAKE | OTHERS)[code]
    answer = mistake(asker)
    assert (answer.status_code, codes(answer)) == (status, {code}), answer.text
    assert CODES[code].sentence is not None
    asker.close()
