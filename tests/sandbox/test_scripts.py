"""Each scripted answer of the sandbox, by header and by the script's own call, and the clock."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest

from consents.registry import Registry
from izin.sandbox import company_sandbox, sandbox_gate, sandbox_parts, sandboxes, scripts
from izin.sandbox.scripts import SCRIPTS, ScriptKind
from providers.push import pusher
from tests.providers.api.desk import CINAR, Desk, asked, codes
from tests.sandbox.lab import B, SandboxProgram
from tests.web.client import refused_for

# The call of each script that is an error.
CALLS: dict[str, tuple[str, Any]] = {
    "H084": ("/oauth2/token", None),
    "H086": (f"{B}/consents/status", asked(1)),
    "H089": (f"{B}/consents/history", asked(1)),
    "H124": (f"{B}/consents/status", asked(1)),
    "500": (f"{B}/consents/status", asked(1)),
    "503": (f"{B}/consents/status", asked(1)),
    "503-html": (f"{B}/consents/status", asked(1)),
}


def test_every_error_is_tried_here() -> None:
    assert CALLS.keys() == {one.name for one in SCRIPTS.values() if one.kind is ScriptKind.ERROR}


@pytest.mark.parametrize("name", CALLS)
def test_an_error_is_answered_in_place_of_the_call_and_only_so_often(tester: SandboxProgram, name: str) -> None:
    script, (path, body) = SCRIPTS[name], CALLS[name]
    once = [tester.tokens if body is None else lambda **more: tester.post(path, body, **more)][0]
    tester.script(name, calls=2)
    answers = [once(), once(), once(Izin_Sandbox=name)]
    for answer in answers:
        assert answer.status_code == script.status
        assert answer.headers.get("retry-after", "0") == str(script.wait)
        assert script.page == answer.headers["content-type"].startswith("text/html")
        if not script.page:
            assert codes(answer) == [script.code]
    assert once().status_code == 200


def test_h084_stands_at_the_top_level_too_as_at_iys(tester: SandboxProgram) -> None:
    assert tester.tokens(Izin_Sandbox="H084").json()["code"] == "H084"


def test_a_slow_answer_is_the_true_one(tester: SandboxProgram) -> None:
    began = time.monotonic()
    answer = tester.post(f"{B}/consents", tester.consent(1), Izin_Sandbox="slow=1")
    assert answer.status_code == 200
    assert time.monotonic() - began >= 1
    assert tester.status(1) == "ONAY"


def test_a_slow_answer_is_bounded() -> None:
    assert scripts.read("slow=99").seconds == scripts.LONGEST == 30
    assert scripts.read("slow").seconds == 10


def test_a_lost_answer_is_of_a_call_that_happened(tester: SandboxProgram) -> None:
    body = tester.consent(1)
    tester.script("lost")
    with pytest.raises(ConnectionAbortedError):
        tester.post(f"{B}/consents", body)
    assert tester.status(1) == "ONAY"
    refused_for(tester.post(f"{B}/consents", body), 400, "H178")
    assert tester.post(f"/v2{B}/consents", body).status_code == 200


def test_a_dead_token_stays_dead_and_a_renewed_one_lives(tester: SandboxProgram) -> None:
    tester.script("401")
    refused_for(tester.post(f"{B}/consents/status", asked(1)), 401, "H351")
    refused_for(tester.post(f"{B}/consents/status", asked(1)), 401, "H351")
    refused_for(tester.get("/clock"), 401, "H351")
    fields = {"grant_type": "refresh_token", "refresh_token": tester.renewal}
    renewed = tester.client.post("/sandbox/oauth2/token", data=fields)
    assert renewed.status_code == 200
    tester.token = renewed.json()["access_token"]
    assert tester.status(1) is None
    tester.script("H084")
    spent = tester.client.post("/sandbox/oauth2/token", json=fields)
    assert (spent.status_code, spent.json()["error"]) == (400, "invalid_grant")
    refused_for(tester.post(f"{B}/consents/status", asked(1)), 401, "H351")
    refused_for(tester.tokens(), 429, "H084")  # the script waits for a sign-in that would succeed


def test_results_of_a_list_come_after_300_seconds(tester: SandboxProgram) -> None:
    tester.script("late")
    answer = tester.post(f"{B}/consents/request", [tester.consent(1), tester.consent(2)])
    results = f"{B}/consents/request/{answer.json()['requestId']}"
    time.sleep(1.5)  # a round of the sandbox's own worker
    assert [one["status"] for one in tester.get(results).json()] == ["enqueue"] * 2
    tester.forward(seconds=290)
    assert [one["status"] for one in tester.get(results).json()] == ["enqueue"] * 2
    tester.forward(seconds=10)
    assert [one["status"] for one in tester.get(results).json()] == ["success"] * 2


def test_without_a_script_a_list_is_stored_within_seconds(tester: SandboxProgram) -> None:
    answer = tester.post(f"{B}/consents/request", [tester.consent(1)])
    results, until = f"{B}/consents/request/{answer.json()['requestId']}", time.monotonic() + 60
    while tester.get(results).json()[0]["status"] == "enqueue":
        assert time.monotonic() < until
    assert tester.status(1) == "ONAY"


def test_an_hour_blind_shows_the_past_and_records_the_present(tester: SandboxProgram) -> None:
    tester.post(f"{B}/consents", tester.consent(1))
    tester.script("blind")
    assert tester.post(f"{B}/consents", tester.consent(2)).status_code == 200
    assert tester.post("/citizen", {"recipient": "+905320000001", "type": "MESAJ", "brandCode": 600101}).is_success
    assert (tester.status(1), tester.status(2)) == ("ONAY", None)
    assert tester.get(f"{B}/consents/changes?source=IYS").status_code == 204
    tester.forward(minutes=50)
    tester.sign_in()  # its token is known to the past too
    assert (tester.status(1), tester.status(2)) == ("ONAY", None)
    tester.forward(minutes=10)
    assert (tester.status(1), tester.status(2)) == ("RET", "ONAY")
    assert len(tester.get(f"{B}/consents/changes?source=IYS").json()["list"]) == 2


def test_a_copy_of_the_past_is_made_once(tester: SandboxProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    copy = company_sandbox._copy

    def counted(*given: Any) -> None:
        made.append(given)
        copy(*given)

    monkeypatch.setattr(company_sandbox, "_copy", counted)
    tester.post(f"{B}/consents", tester.consent(1))
    for number in range(2, 6):
        tester.post(f"{B}/consents", tester.consent(number), Izin_Sandbox="blind")
        assert tester.status(number) is None
    tester.script("blind")
    assert len(made) == 1
    tester.forward(minutes=61)
    assert tester.status(5) == "ONAY"
    tester.script("blind")
    assert len(made) == 2


def test_a_lasting_script_needs_a_token_that_lives_a_place_and_is_counted(
    site: Desk, tester: SandboxProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    tester.script("H086")
    tester.forward(hours=3)
    for header in ({}, {"Izin_Sandbox": "blind"}):
        refused_for(tester.post(f"{B}/consents/status", asked(1), **header), 401, "H351")
    tester.sign_in()
    assert [one["script"] for one in tester.get("/script").json()["scripts"]] == ["H086"], "it waits for a call"
    tester.call("DELETE", "/script")
    with monkeypatch.context() as busy:
        busy.setattr(sandboxes, "OF_ONE", 0)
        refused_for(tester.post(f"{B}/consents/status", asked(1), Izin_Sandbox="blind"), 503, "H123")
    assert tester.get("/clock").json()["blindUntil"] is None
    gate = sandbox_parts.of_site(site.asgi.app.state.process)  # type: ignore[attr-defined]
    monkeypatch.setattr(gate, "_controls", gate._controls._replace(most=3))
    monkeypatch.setattr(sandbox_gate, "clock", lambda: 0)  # one second for all of them
    for _ in range(3):
        tester.post(f"{B}/consents/request", [], Izin_Sandbox="late")
    refused_for(tester.post(f"{B}/consents/request", [], Izin_Sandbox="late"), 429, "H124")


def test_scripts_end_by_a_call(tester: SandboxProgram) -> None:
    tester.post(f"{B}/consents", tester.consent(1))
    for name in ("blind", "late", "503"):
        tester.script(name)
    listed = tester.get("/script").json()
    assert [one["script"] for one in listed["known"]] == list(SCRIPTS)
    assert listed["scripts"] == [{"script": "503", "calls": 1}]
    assert listed["lateUntil"] is not None
    assert listed["blindUntil"] is not None
    tester.post(f"{B}/consents", tester.consent(2))  # takes the 503
    tester.post(f"{B}/consents", tester.consent(2))
    assert tester.status(2) is None
    ended = tester.call("DELETE", "/script").json()
    assert (ended["scripts"], ended["lateUntil"], ended["blindUntil"]) == ([], None, None)
    assert tester.status(2) == "ONAY"


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"script": "H999"}, {"script": "503=5"}, {"script": "slow=x"}, {"script": 503}),
        *({"script": "503", "calls": calls} for calls in (0, scripts.MOST_CALLS + 1)),
    ],
)
def test_an_unknown_script_is_refused(tester: SandboxProgram, body: dict[str, Any]) -> None:
    refused_for(tester.post("/script", body), 422, "H093")
    refused_for(tester.post(f"{B}/consents/status", asked(1), Izin_Sandbox="H999"), 422, "H093")
    refused_for(tester.post(f"{B}/consents/status", asked(1), Izin_Sandbox="H084"), 422, "H093")


def test_calls_of_the_sandbox_itself_are_small_and_few(
    site: Desk, tester: SandboxProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"authorization": f"Bearer {tester.token}"}
    large = b" " * 8001
    refused_for(tester.client.post("/sandbox/clock", content=large, headers=headers), 413, "Z413")
    gate = sandbox_parts.of_site(site.asgi.app.state.process)  # type: ignore[attr-defined]
    monkeypatch.setattr(gate, "_controls", gate._controls._replace(most=3))
    monkeypatch.setattr(sandbox_gate, "clock", lambda: 0)  # one second for all of them
    assert [tester.get("/clock").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_few_scripts_wait(tester: SandboxProgram) -> None:
    for _ in range(scripts.MOST_WAITING):
        tester.script("H089")
    refused_for(tester.post("/script", {"script": "H089"}), 422, "H093")


def test_a_day_that_is_over_has_its_file(tester: SandboxProgram) -> None:
    day = tester.now.date()
    tester.post(f"{B}/consents", tester.consent(1))
    assert tester.get(f"{B}/changes/{day}/file").status_code in (204, 404, 422)
    tester.forward(days=1)
    tester.sign_in()
    file = tester.get(f"{B}/changes/{day}/file")
    assert file.status_code == 200
    assert file.text.count("+905320000001") == 1
    digest = tester.get(f"{B}/agreements/{day}").json()
    assert digest["processStatus"] == "completed"
    totals = tester.get(f"{B}/changes/{day}/recipients/BIREYSEL").json()["changeStats"]
    assert {one["type"]: one["consents"][0]["approval"] for one in totals} == {"ARAMA": 0, "MESAJ": 1, "EPOSTA": 0}


def test_the_clock_turns_forward_alone(tester: SandboxProgram) -> None:
    before = tester.now
    tester.forward(hours=1)
    assert timedelta(hours=1) <= tester.now - before < timedelta(hours=2)
    wrong: list[dict[str, Any]] = [{"hours": -1}, {}, {"days": 1, "hours": 1}, {"hours": "1"}, {"days": 93}]
    for body in wrong:
        refused_for(tester.post("/clock", body), 422, "H093")
    tester.forward(hours=2)
    refused_for(tester.get("/clock"), 401, "H351")  # a token lives two hours
    tester.sign_in()
    for by in ({"days": 91}, {"hours": 21}):
        tester.forward(**by)
        tester.sign_in()
    refused_for(tester.post("/clock", {"seconds": 1}), 422, "H093")


def test_a_citizen_refuses_and_consents(tester: SandboxProgram) -> None:
    tester.post(f"{B}/consents", tester.consent(1))
    about = {"recipient": "0532 000 00 01", "type": "MESAJ", "brandCode": 600101}
    ways = {"sms": "IYS_KISAMESAJ", "page": "IYS_WEB", "link": "IYS_WEB", "call": "IYS_CM"}
    for way, source in ways.items():
        assert tester.post("/citizen", {**about, "way": "page", "status": "ONAY"}).status_code == 200
        assert tester.status(1) == "ONAY"
        tester.forward(minutes=1)
        assert tester.post("/citizen", {**about, "way": way}).status_code == 200
        told = tester.get(f"{B}/consents/changes?source=IYS").json()["list"]
        assert (told[-1]["status"], told[-1]["source"]) == ("RET", source)
        tester.forward(minutes=1)
    refused_for(tester.post("/citizen", {**about, "status": "ONAY"}), 422, "H093")
    refused_for(tester.post("/citizen", {**about, "recipient": "nobody"}), 422, "H127")
    refused_for(tester.post("/citizen", {**about, "brandCode": 1}), 422, "H093")


def test_push_is_offered_by_the_same_rules(tester: SandboxProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    private = {"url": "https://127.0.0.1/push", "type": "MESAJ", "username": "u", "password": "p"}
    refused_for(tester.post(f"{B}/push/registration", {"connection": [private]}), 422, "H530")
    plain = private | {"url": "http://example.org/push"}
    refused_for(tester.post(f"{B}/push/registration", {"connection": [plain]}), 422, "H531")
    assert pusher.SECONDS <= 5
    posts, until = list[bool](), time.monotonic() + 60

    async def deliver(_: Registry, *, private: bool) -> None:
        posts.append(private)

    monkeypatch.setattr(company_sandbox.pusher, "deliver", deliver)
    while not posts and time.monotonic() < until:
        time.sleep(0.1)
    assert set(posts) == {False}, "a name may mean another machine by the time of the post"


def test_a_code_that_a_person_would_get_can_be_read(tester: SandboxProgram) -> None:
    at = "/otp-management/api/v1"
    proof = {"phoneNumber": "+905320000001", "templateId": str(CINAR), "vkn": "4540536920"}
    started = tester.post(f"{at}/{CINAR}/sms/start", proof)
    assert started.status_code == 200, started.text
    message = tester.get("/messages").json()["list"][0]
    assert (message["kind"], message["to"]) == ("sms", "+905320000001")
    code = re.search(r"kodu (\d{6})", message["text"])
    assert code, message["text"]
    request = started.json()["data"]["requestId"]
    done = tester.post(f"{at}/sms/complete", {"requestId": request, "otpCode": code[1]})
    assert done.status_code == 200, done.text


def test_the_doctor_reads_the_calls_of_the_sandbox(tester: SandboxProgram) -> None:
    """A list that was accepted and whose results nobody asked for."""
    assert tester.post(f"{B}/consents/request", [tester.consent(1)]).status_code == 202
    tester.forward(minutes=20)
    patience = time.monotonic() + 60
    while [one["finding"] for one in tester.get("/doctor").json()["keys"][0]["findings"]] != ["not-stored"]:
        assert time.monotonic() < patience, tester.get("/doctor").text
        time.sleep(0.2)


def doctor(tester: SandboxProgram, finding: str) -> list[dict[str, Any]]:
    """The calls of a finding, once the doctor has it."""
    patience = time.monotonic() + 60
    while True:
        (key,) = tester.get("/doctor").json()["keys"]
        if shown := [one["calls"] for one in key["findings"] if one["finding"] == finding]:
            return list(shown[0])
        assert time.monotonic() < patience, key
        time.sleep(0.2)


def test_the_doctor_sees_a_path_that_does_not_exist(tester: SandboxProgram) -> None:
    assert tester.post(f"/v1{B}/consents", tester.consent(1)).status_code == 404
    assert [call["status"] for call in doctor(tester, "unknown-path")] == [404]


def test_the_doctor_sees_what_scripts_answer(tester: SandboxProgram) -> None:
    """A program that gives up after a 503, and one that makes no pause after a 429."""
    tester.post(f"{B}/consents", tester.consent(1), Izin_Sandbox="503")
    tester.forward(minutes=20)
    (given_up,) = doctor(tester, "given-up")
    assert (given_up["path"], given_up["status"], given_up["code"]) == (f"{B}/consents", 503, "H123")
    for _ in range(2):
        tester.post(f"{B}/consents/status", asked(1), Izin_Sandbox="H124")
    tester.tokens(Izin_Sandbox="H084")
    held = doctor(tester, "no-pause")
    assert [(one["path"], one["code"]) for one in held] == [
        (f"{B}/consents/status", "H124"),
        (f"{B}/consents/status", "H124"),
        ("/oauth2/token", "H084"),
    ]


def test_the_doctor_sees_a_token_that_a_script_ends(tester: SandboxProgram) -> None:
    before = tester.get("/doctor").json()["keys"][0]["calls"]
    tester.post(f"{B}/consents/status", asked(1), Izin_Sandbox="401")
    tester.sign_in()
    patience = time.monotonic() + 60
    while (seen := tester.get("/doctor").json()["keys"][0]["calls"]) < before + 3:  # two sign-ins, the call between
        assert time.monotonic() < patience, seen


def test_the_doctor_sees_queries_of_an_hour_that_is_blind(tester: SandboxProgram) -> None:
    tester.script("blind")
    wrong = {**asked(1), "recipient": "05320000001x"}
    for _ in range(2):
        refused_for(tester.post(f"{B}/consents/status", wrong), 422, "H121")
    assert len(doctor(tester, "same-refused")) == 2


@pytest.mark.parametrize("language", ["tr", "en"])
def test_answers_of_the_gate_speak_the_language_that_is_wished(tester: SandboxProgram, language: str) -> None:
    wish = {"Accept_Language": language}
    answers = [
        tester.post(f"{B}/consents/status", asked(1), **wish, Izin_Sandbox="503"),
        tester.post(f"{B}/consents/status", asked(1), **wish, Izin_Sandbox="H999"),
        tester.get(f"{B}/nothing", **wish),
        tester.get("/reset", **wish),
        tester.get("/nowhere", **wish),
        tester.client.get(f"/sandbox{B}/consents/changes", headers={"accept-language": language}),
    ]
    for answer in answers:
        assert answer.status_code >= 400
        assert " / " not in answer.json()["errors"][0]["message"], answer.text
    fields = {"grant_type": "password", "username": "cinar", "password": "x"}
    refused = tester.client.post("/sandbox/oauth2/token", json=fields, headers={"accept-language": language})
    assert " / " not in refused.json()["error_description"]
    assert " / " in tester.client.post("/sandbox/oauth2/token", json=fields).json()["error_description"]
