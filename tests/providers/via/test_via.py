"""What a program can do by asking people, and what it never learns."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from asking import request_store, starting
from consents import ledger
from consents.brands import companies, packages, provider_states
from consents.brands.company_changes import Why
from consents.history import Deed
from consents.people import register
from consents.registry import Registry
from consents.store import Statement, Transaction
from consents.terms import Actor, Channel, Door
from evidence import log
from gateways.carrier import Down, Permanent
from providers.callers import api_users, partners
from tests.conftest import Clock, Opener
from tests.providers.api.desk import CINAR, CINAR_ALT, ISIK, PARTNER, Program
from tests.providers.via.asker import AYSE, MAIL, MEHMET, Asker
from tests.providers.via.test_codes import codes

MINUTE, DAY = 60_000_000, 86_400_000_000  # µs


def brand_id(asker: Asker, code: int = CINAR) -> int:
    known = asker.registry.store.read_now(companies.known_brand, code)
    assert known is not None
    return known.id


def refuse_to_be_asked(asker: Asker, address: str) -> None:
    asker.registry.store.write_now(request_store.refuse, asker.registry.keyring, address, brand_id(asker))


def test_a_till_of_today_reaches_its_end(asker: Asker) -> None:
    """The flow of the programs written for İYS: start, code told to the clerk, confirmation, state."""
    request = asker.ask(AYSE, "SMS_OTP", "MESAJ", "ARAMA")
    assert asker.state(request) == ("CONSENT_REQUESTED", "PENDING")
    assert codes(asker.type(request, asker.wrong())) == {"H1052"}
    assert asker.state(request) == ("CONSENT_REQUESTED", "OTP_CODE_INCORRECT")
    done = asker.type(request, asker.digits())
    assert {one["type"] for one in done.json()["message"]} == {"MESAJ", "ARAMA"}
    assert asker.state(request) == ("COMPLETED", "SUCCESS")
    assert (asker.status("MESAJ"), asker.status("ARAMA")) == ("ONAY", "ONAY")
    feed = asker.program.get(f"/sps/{CINAR}/brands/{CINAR}/consents/changes?source=IYS").json()["list"]
    assert {one["transactionId"] for one in feed} == {one["transactionId"] for one in done.json()["message"]}
    assert {one["source"] for one in feed} == {"IYS_KISAMESAJ"}


def test_the_same_on_each_database(registry: Registry, clock: Clock) -> None:
    asker = Asker(registry, clock)
    request, digits = asker.ask(AYSE, "SMS_OTP", "MESAJ", "ARAMA"), asker.digits()
    assert codes(asker.type(request, asker.wrong())) == {"H1052"}
    done = asker.type(request, digits).json()["message"]
    told = asker.get(f"/consent/request/{request}").json()["message"]
    rows = {one["consentTypeChoice"]: one.get("transactionId") for one in told["requestDetails"]}
    assert rows == {one["type"]: one["transactionId"] for one in done} | {"AYDINLATMA_METNI": None}
    search = asker.post("/consent/status", {"recipient": AYSE, "type": "AYDINLATMA_METNI"})
    assert search.json()["message"] == [request]
    proof = asker.prove(MEHMET)
    asker.deliver(_02=Permanent("http 422"))
    steps = asker.otp("/request-history", {"requestId": proof}).json()["content"]
    assert [one["status"] for one in steps] == ["OTP Generation", "FAILURE"]
    assert codes(asker.otp("/sms/complete", {"requestId": proof, "otpCode": "000000"})) == {"H1049"}
    asker.close()


def test_a_consent_that_was_refused_before_becomes_onay_and_one_that_stands_is_renewed(asker: Asker) -> None:
    word = {"recipient": AYSE, "type": "MESAJ", "recipientType": "BIREYSEL", "source": "HS_WEB"}
    path = f"/sps/{CINAR}/brands/{CINAR}/consents"
    for status, at in (("ONAY", "2026-11-23 10:15:00"), ("RET", "2026-11-23 11:15:00")):
        assert asker.program.post(path, word | {"status": status, "consentDate": at}).status_code == 200
    asker.type(asker.ask(), asker.digits())
    assert asker.status() == "ONAY"
    asker.clock.now += 4 * MINUTE
    assert asker.type(asker.ask(), asker.digits()).status_code == 200, "a word of its own, though ONAY stands"


def test_three_wrong_codes_end_it_and_late_ones_too(asker: Asker) -> None:
    request, right = asker.ask(), asker.digits()
    wrong = asker.wrong()
    answers = [codes(asker.type(request, wrong)) for _ in range(3)]
    assert answers == [{"H1052"}, {"H1052"}, {"H1050"}]
    assert codes(asker.type(request, right)) == {"H1050"}
    assert asker.state(request) == ("COMPLETED", "OTP_CODE_INCORRECT")
    late = asker.ask(MEHMET)
    asker.clock.now += 3 * MINUTE
    assert codes(asker.type(late, asker.digits(MEHMET))) == {"H1051"}
    assert asker.state(late) == ("COMPLETED", "OTP_CODE_EXPIRED")
    assert (asker.status(), asker.status(to=MEHMET)) == (None, None)


def test_a_typing_mistake_costs_no_try(asker: Asker) -> None:
    request = asker.ask()
    for typed in ("12345", "1234567", "12345a", "١٢٣٤٥٦"):
        assert codes(asker.type(request, typed)) == {"H1024"}
    assert asker.type(request, asker.digits()).status_code == 200


def test_a_try_counts_once_for_each_idempotency_key(asker: Asker) -> None:
    request, wrong = asker.ask(), asker.wrong()
    body = {
        "requestId": request,
        "verificationType": "SMS_OTP",
        "consentTypes": [{"title": "ETK", "otpCode": wrong}],
    }
    answers = [asker.post("/confirmation", body, Idempotency_Key="one") for _ in range(5)]
    assert {answer.text for answer in answers} == {answers[0].text}
    assert codes(answers[0]) == {"H1052"}
    assert asker.type(request, asker.digits()).status_code == 200


def test_a_start_that_is_sent_twice_asks_once(asker: Asker) -> None:
    answers = [asker.post("/consent", asker.question(), Idempotency_Key="one") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(asker.messages()) == 1


# -- three purposes ----------------------------------------------------------------------------------------------------


def test_no_code_is_good_for_two_purposes(asker: Asker) -> None:
    proof, proof_digits = asker.prove(), asker.digits()
    question, digits = asker.ask(), asker.digits()
    assert codes(asker.type(proof, proof_digits)) == {"H1030"}, "a proof is no question"
    typed = {"requestId": question, "otpCode": digits}
    assert asker.otp("/sms/complete", typed).json()["errorCode"] == "OTP-ERROR-001", "a question is no proof"
    if proof_digits != digits:
        assert codes(asker.type(question, proof_digits)) == {"H1052"}
    assert asker.otp("/sms/complete", {"requestId": proof, "otpCode": proof_digits}).status_code == 200
    assert asker.status() is None, "a verification is never a consent"
    assert asker.type(question, digits).status_code == 200
    assert codes(asker.get(f"/consent/request/{proof}")) == {"H1030"}
    assert asker.otp("/request-history", {"requestId": question}).json()["errorCode"] == "OTP-ERROR-002"


def test_the_messages_name_their_purpose(asker: Asker) -> None:
    asker.prove()
    asker.ask()
    question, proof = asker.messages()
    assert "ONAY verir" in question
    assert "DEGILDIR" in proof


# -- what a company never learns ---------------------------------------------------------------------------------------


def hold_a_standing_refusal(asker: Asker, address: str) -> None:
    def work(transaction: Transaction) -> None:
        keyring = asker.registry.keyring
        who = register.acting(transaction, keyring, register.person(keyring, address))
        word = Deed(Actor.CITIZEN, Door.PAGE)
        ledger.change_blanket(transaction, asker.registry.policy, who, [(Channel.MESAJ.code, 0)], word, refuses=True)

    asker.registry.store.write_now(work)


SILENT: dict[str, Callable[[Asker, str], None]] = {
    "refuses to be asked": refuse_to_be_asked,
    "holds a standing refusal": hold_a_standing_refusal,
}


@pytest.mark.parametrize("why", SILENT)
def test_who_is_not_asked_looks_like_anybody_who_does_not_answer(asker: Asker, why: str) -> None:
    SILENT[why](asker, AYSE)

    def seen(to: str) -> list[Any]:
        """All that a company can see of one question, without its numbers."""
        told: list[Any] = []
        start = asker.post("/consent", asker.question(to))
        request = start.json()["message"]["requestId"]
        told.append(start.status_code)
        for typed in ("000000", "000000", "000000", "000000"):
            answer = asker.type(request, typed)
            told += [answer.status_code, codes(answer)]
            told.append(asker.state(request))
        told.append(codes(asker.get(f"/consent/{request}")))
        told.append(codes(asker.post("/consent", asker.question(to))))
        late = asker.get(f"/consent/request/{request}").json()["message"]
        return [*told, {name: late[name] for name in ("requestDetails", "lastStatus", "source", "formId")}]

    silent, other = seen(AYSE), seen(MEHMET)
    assert silent == other
    assert asker.messages(AYSE) == []
    assert len(asker.messages(MEHMET)) == 2


def test_where_the_budget_is_spent_a_silent_recipient_shows_no_difference(
    sqlite_url: str, open_registry: Opener, clock: Clock
) -> None:
    asker = Asker(open_registry(sqlite_url), clock, CODES_SENT_BUDGET_SMS="1")
    asker.ask("+905320000003")
    refuse_to_be_asked(asker, AYSE)
    assert codes(asker.post("/consent", asker.question(AYSE))) == {"H1031"}
    assert codes(asker.post("/consent", asker.question(MEHMET))) == {"H1031"}
    asker.close()


def test_a_carrier_that_is_down_shows_no_difference_either(asker: Asker) -> None:
    """Only a message that the carrier refused for good is a failure; one that came too late may be anybody's."""
    refuse_to_be_asked(asker, AYSE)
    silent, late, refused = asker.ask(AYSE), asker.ask(MEHMET), asker.ask("+905320000003")
    assert asker.state(refused) == asker.state(silent)
    asker.deliver(_02=Down("http 503"), _03=Permanent("http 422"))
    assert asker.state(refused) == ("COMPLETED", "SMSMAIL_OUT_FAILURE")
    assert codes(asker.type(refused, "000000")) == {"H1049"}
    assert asker.state(refused) == ("COMPLETED", "SMSMAIL_OUT_FAILURE"), "and it stays"
    asker.clock.now += 4 * MINUTE
    asker.deliver()  # which gives up what is too old
    assert asker.state(silent) == asker.state(late) == ("COMPLETED", "OTP_CODE_EXPIRED")


@pytest.mark.parametrize(("method", "to"), [("SMS_SHORTURL", AYSE), ("EPOSTA_SHORTURL", MAIL)])
def test_no_answer_holds_a_link_that_works_or_shows_that_it_was_opened(asker: Asker, method: str, to: str) -> None:
    request = asker.ask(to, method)
    slug = next(word for word in asker.messages(to)[0].split() if "/o/" in word).rpartition("/o/")[2]
    seen = [asker.get(f"/consent/request/{request}").text, asker.get(f"/consent/{request}").text]
    proof = asker.otp(f"/{CINAR}/{'email' if '@' in to else 'sms'}/start/short-url", asker.proof(to))
    assert proof.json()["data"][0]["shortUrl"] == ""
    other = next(word for word in asker.messages(to)[0].split() if "/o/" in word).rpartition("/o/")[2]
    seen.append(proof.text)
    assert len(slug) >= 10
    assert not any(slug in text or other in text for text in seen)
    assert asker.state(request) == ("CONSENT_REQUESTED", "PENDING")
    asker.clock.now += DAY
    asker.program = asker.desk.program("cinar")
    assert asker.state(request) == ("COMPLETED", "LINK_CLICK_TIMEOUT")
    assert codes(asker.type(request, "000000", method)) == {"H1074"}


def test_the_kept_text_of_a_link_opens_nothing(asker: Asker) -> None:
    request = asker.ask(AYSE, "SMS_SHORTURL")
    found = asker.registry.store.read_now(request_store.by_public, asker.registry.keyring, request)
    assert found is not None
    slug = next(word for word in asker.messages()[0].split() if "/o/" in word).rpartition("/o/")[2]
    assert slug not in found.sent
    assert "/o/••••••" in found.sent


# -- rights ------------------------------------------------------------------------------------------------------------


def every_call(asker: Asker, program: Program, request: str, proof: str) -> dict[str, httpx2.Response]:
    v, p = f"/via/sps/{CINAR}", "/otp-management/api/v1"
    typed = [{"title": "ETK", "otpCode": "000000"}]
    confirmation = {"requestId": request, "verificationType": "SMS_OTP", "consentTypes": typed}
    return {
        "start": program.post(f"{v}/consent", asker.question("+905320000009")),
        "confirm": program.post(f"{v}/confirmation", confirmation),
        "detail": program.get(f"{v}/consent/request/{request}"),
        "notice": program.get(f"{v}/consent/{request}"),
        "search": program.post(f"{v}/consent/status", {"recipient": AYSE, "type": "AYDINLATMA_METNI"}),
        "file": program.get(f"{v}/via/clarification/{request}/file"),
        "proof start": program.post(f"{p}/{CINAR}/sms/start", asker.proof("+905320000009")),
        "proof end": program.post(f"{p}/sms/complete", {"requestId": proof, "otpCode": "000000"}),
        "history": program.post(f"{p}/request-history", {"requestId": proof}),
        "subscription": program.get(f"{p}/subscription/{CINAR}"),
        "proof file": program.get(f"{p}/get-clarification-file/{CINAR}/{proof}"),
    }


def test_another_company_and_a_partner_without_the_right_reach_nothing(asker: Asker) -> None:
    request, proof = asker.ask(), asker.prove()
    asker.desk.grant(CINAR, (2, 2, 2), agreements=True)
    for name, statuses in (("isik", {403, 404}), ("partner", {404})):
        answers = every_call(asker, asker.desk.program(name), request, proof)
        assert {answer.status_code for answer in answers.values()} <= statuses, name
        for answer in answers.values():
            assert AYSE not in answer.text
    right = asker.registry.store.read_now(request_store.by_public, asker.registry.keyring, request)
    assert right is not None
    assert right.tries == 0, "and cost no try"
    own = asker.desk.program("isik").get(f"/via/sps/{ISIK}/consent/request/{request}")
    assert codes(own) == codes(asker.get(f"/consent/request/{'0' * 8}-0000-4000-8000-{'0' * 12}")) == {"H1030"}


def test_a_partner_with_the_right_asks_for_its_brand_alone(asker: Asker) -> None:
    asker.registry.store.write_now(partners.grant, PARTNER, CINAR, (0, 0, 0), False, True)
    partner = asker.desk.program("partner")
    listed = partner.get(f"/integrator/{PARTNER}/sps").json()["list"]
    assert [one["viaControl"] for one in listed] == [True]
    asker.program = partner
    request = asker.ask()
    assert asker.type(request, asker.digits()).status_code == 200
    assert asker.state(request) == ("COMPLETED", "SUCCESS")
    form = asker.publish(CINAR_ALT, Channel.MESAJ)
    other = asker.question() | {"formId": form}
    other["consentTypes"][0]["brandCodes"] = [CINAR_ALT]
    assert codes(asker.post("/consent", other)) == {"H1014"}
    assert codes(partner.get(f"/sps/{CINAR}/brands")) == {"H353"}, "the right to ask reads no list"
    told = asker.otp(f"/subscription/{CINAR}").json()["data"][0]
    assert "viaCredit" not in told


def test_a_key_that_reads_starts_nothing_and_sees_what_became_of_it(asker: Asker) -> None:
    request, proof = asker.ask(), asker.prove()
    asker.registry.store.write_now(api_users.limit, CINAR, "cinar", True, None)
    answers = every_call(asker, asker.program, request, proof)
    refused = {name for name, answer in answers.items() if answer.status_code == 403}
    assert refused == {"start", "confirm", "proof start", "proof end"}
    assert answers["detail"].status_code == answers["history"].status_code == 200
    assert codes(answers["start"]) == {"H1040"}
    assert answers["proof end"].json()["errorCode"] == "ERR-SYS-0005"


def test_a_key_of_another_brand_sees_no_question_of_this_one(asker: Asker) -> None:
    request = asker.ask()
    asker.type(request, asker.digits())
    asker.registry.store.write_now(api_users.limit, CINAR, "cinar", False, [brand_id(asker, CINAR_ALT)])
    assert codes(asker.get(f"/consent/request/{request}")) == {"H1030"}
    found = asker.post("/consent/status", {"recipient": AYSE, "type": "AYDINLATMA_METNI"})
    assert found.json()["message"] == []
    assert codes(asker.post("/consent", asker.question())) == {"H1014"}


# -- limits ------------------------------------------------------------------------------------------------------------


def test_a_package_has_as_many_questions_in_thirty_days_as_addresses(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages.give(asker.registry.store, CINAR, "İLETİ-5", Why(asker.registry.keyring, "a test"))
    few = packages.PACKAGES["İLETİ-5"]._replace(addresses=2)
    monkeypatch.setitem(packages.PACKAGES, "İLETİ-5", few)

    def left() -> tuple[int, int]:
        told = asker.otp(f"/subscription/{CINAR}").json()["data"][0]
        return told["viaCredit"], told["viaSubscriptionPackage"]["viaCredit"]

    assert left() == (2, 2)
    asker.ask()
    asker.prove(MEHMET)
    assert left() == (0, 2)
    assert codes(asker.post("/consent", asker.question("+905320000003"))) == {"H1015"}
    wrapped = asker.otp(f"/{CINAR}/sms/start", asker.proof("+905320000003")).json()["subSystemErrorInfo"]
    assert (wrapped["status"], wrapped["errors"][0]["code"]) == (400, "H1015")
    asker.clock.now += 31 * DAY
    asker.program = asker.desk.program("cinar")
    asker.ask("+905320000003")


@pytest.mark.parametrize(("deed", "status", "code"), [("pause", 400, "H1092"), ("close", 403, "H521")])
def test_a_paused_or_closed_company_neither_asks_nor_ends_what_it_began(
    asker: Asker, deed: str, status: int, code: str
) -> None:
    request, proof = asker.ask(), asker.prove()
    digits = asker.digits()
    asker.registry.store.write_now(getattr(provider_states, deed), CINAR, Why(asker.registry.keyring, "a test"))
    for answer in (asker.post("/consent", asker.question(MEHMET)), asker.type(request, "000000")):
        assert (answer.status_code, codes(answer)) == (status, {code})
    for path, body in (
        (f"/{CINAR}/sms/start", asker.proof(MEHMET)),
        ("/sms/complete", {"requestId": proof, "otpCode": digits}),
    ):
        answer = asker.otp(path, body)
        assert (answer.status_code, codes(answer)) == (status, {code}), path
        assert answer.json()["errorCode"] == "ERR-SYS-0007"
    told = asker.otp(f"/subscription/{CINAR}").json()["data"][0]
    assert told["status"] == {"pause": "PAUSED", "close": "CLOSED"}[deed]


def test_a_call_too_many_is_429_for_via_and_wrapped_in_a_400_for_via_pass(
    sqlite_url: str, open_registry: Opener, clock: Clock
) -> None:
    asker = Asker(open_registry(sqlite_url), clock, API_PER_SECOND="2")
    clock.now += 2_000_000
    answers = [asker.otp(f"/subscription/{CINAR}") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 400]
    wrapped = answers[2].json()
    assert wrapped["errorCode"] == "ERR-SYS-0007"
    assert (wrapped["subSystemErrorInfo"]["status"], codes(answers[2])) == (429, {"H083"})
    plain = asker.get("/consent/x")
    assert (plain.status_code, codes(plain)) == (429, {"H124"})
    asker.close()


def test_a_company_that_guesses_codes_asks_nobody_by_code_until_tomorrow(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "WRONG_A_DAY", 3)
    request, wrong = asker.ask(), asker.wrong()
    assert [codes(asker.type(request, wrong)) for _ in range(3)][-1] == {"H1050"}
    assert codes(asker.post("/consent", asker.question(MEHMET))) == {"H1031"}
    assert codes(asker.otp(f"/{CINAR}/sms/start", asker.proof(MEHMET))) == {"H1031"}
    asker.ask(MEHMET, "SMS_SHORTURL")
    asker.clock.now += DAY
    asker.program = asker.desk.program("cinar")
    asker.ask("+905320000003")


def test_no_sms_goes_to_a_country_to_which_no_codes_go(asker: Asker) -> None:
    for to in ("+4915123456789", "+882161234567", "+902123456789"):
        assert codes(asker.post("/consent", asker.question(to))) == {"H1026"}, to
    assert asker.otp(f"/{CINAR}/sms/start", asker.proof("+4915123456789")).json()["errorCode"] == "ERR-VLD-001"


# -- personal data -----------------------------------------------------------------------------------------------------


def test_nothing_of_personal_data_is_kept_logged_or_repeated(asker: Asker, capsys: pytest.CaptureFixture[str]) -> None:
    secret = {"name": "Kanarya Soyadı", "recipientIdNumber": "10000000146", "address": "Kanarya Sokak"}
    kvk = {"title": "KVK", "types": ["AYDINLATMA_METNI"], "personData": secret}
    bodies = [
        asker.question() | {"consentTypes": [*asker.question()["consentTypes"], kvk]},
        asker.question() | {"consentTypes": [kvk]},
        asker.question() | {"consentTypes": [asker.question()["consentTypes"][0] | {"personData": secret}]},
        asker.question() | {"personData": secret},
    ]
    for body in bodies:
        answer = asker.post("/consent", body, Idempotency_Key="one")
        assert answer.status_code == 400
        assert not any(value in answer.text for value in secret.values()), answer.text
    written = "".join(capsys.readouterr())
    assert not any(value in written for value in secret.values())
    for table in ("consent_request", "outbox", "idempotency_key"):
        count = Statement(text(f"SELECT count(*) FROM {table}"))
        assert asker.registry.store.read_now(lambda snapshot, count=count: snapshot.value(count)) == 0, table


def test_a_notice_goes_with_the_question_and_needs_no_answer(asker: Asker) -> None:
    notice = {"title": "KVK", "types": ["AYDINLATMA_METNI"]}
    body = asker.question() | {"consentTypes": [*asker.question()["consentTypes"], notice]}
    request = asker.post("/consent", body).json()["message"]["requestId"]
    assert "cinar.example" in asker.messages()[0]
    assert codes(asker.get(f"/consent/{request}")) == {"H1028"}
    asker.type(request, asker.digits())
    assert asker.get(f"/consent/{request}").json()["message"][0]["status"] == "GOSTERILDI"
    feed = json.dumps(asker.program.get(f"/sps/{CINAR}/brands/{CINAR}/consents/changes?source=IYS").json())
    assert "AYDINLATMA" not in feed
    assert feed.count("transactionId") == 1


def test_the_proof_file_is_there_once_the_log_has_signed_the_answer(asker: Asker) -> None:
    request, proof = asker.ask(to=AYSE), asker.prove(to=MEHMET)
    files = {request: f"/via/sps/{CINAR}/via/clarification/{request}/file"}
    files[proof] = f"/otp-management/api/v1/get-clarification-file/{CINAR}/{proof}"
    for file in files.values():
        assert asker.program.get(file).status_code == 400, "nobody has answered"
    assert asker.type(request, asker.digits(AYSE)).status_code == 200
    ended = asker.otp("/sms/complete", {"requestId": proof, "otpCode": asker.digits(MEHMET)})
    assert ended.status_code == 200, ended.text
    log.extend(asker.registry)
    for public, file in files.items():
        answer = asker.program.get(file)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip"), answer.text
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert {name.rpartition(".")[2] for name in archive.namelist()} == {"json", "pdf"}
            assert public in next(archive.read(name).decode() for name in archive.namelist() if name.endswith(".json"))
    swapped = files[request].replace(request, proof), files[proof].replace(proof, request)
    assert [asker.program.get(file).status_code for file in swapped] == [400, 400], "of the other question"
    for name in ("isik", "partner"):
        assert {asker.desk.program(name).get(file).status_code for file in files.values()} <= {400, 403, 404}


def test_the_calls_do_not_show_who_was_erased(asker: Asker) -> None:
    def erase(transaction: Transaction) -> None:
        keyring = asker.registry.keyring
        person = register.person(keyring, MEHMET)
        register.enrol(transaction, keyring, person)
        register.erase(transaction, keyring, person)

    asker.registry.store.write_now(erase)
    seen = []
    for person, other in ((AYSE, MEHMET), (MEHMET, AYSE)):
        request = asker.ask(person)
        digits = asker.wrong(AYSE) if person == AYSE else "000000"
        detail = asker.get(f"/consent/request/{request}").json()["message"]
        typed = [asker.type(request, digits, recipient=one).json()["code"] for one in (person, other)]
        seen.append((detail.keys(), typed))
    assert seen[0] == seen[1]
    assert seen[0][1] == ["H1052", "H1048"]
