"""The nodes, compiled against n8n's own types, run by a stand-in for n8n (n8n_host.mjs) against a served site."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

import pytest

from providers.api.wire import PUSH_TEST
from providers.push import signing
from providers.push.signing import SigningSecret
from tests import ROOT
from tests.connectors.registry import BRAND, IYS, Served

pytestmark = pytest.mark.long

HERE = ROOT / "connectors/n8n"
WORDING = "Kampanyaları e-postayla istiyorum."


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    assert (HERE / "node_modules").exists(), "bash connectors/needs.sh n8n"
    done = subprocess.run(["npm", "run", "--silent", "build"], cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def run(izin: Served, node: str, method: str, **given: Any) -> dict[str, Any]:
    """What a node gives: result, error, kept, log."""
    values = {"url": izin.address, "user": izin.user, "password": izin.password, "iys": IYS, "brand": BRAND}
    credentials = values | given.pop("credentials", {})
    sent = json.dumps({"node": node, "method": method, "credentials": credentials, **given})
    host = ROOT / "tests/connectors/n8n_host.mjs"
    done = subprocess.run(["node", host], input=sent, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def json_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert answer["error"] == ""
    return [one["json"] for one in answer["result"][0]]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"password": "Yanlış parola 7"}, "status 4"),
        ({"url": "http://127.0.0.1:9", "password": "Yanlış parola 7"}, "could not be reached"),
        ({"url": "http://izin.example.com", "password": "Yanlış parola 7"}, "must begin with https://"),
    ],
)
def test_no_error_holds_the_password(izin: Served, more: dict[str, str], words: str) -> None:
    """n8n shows an error to everybody who sees the workflow, and keeps it with the execution."""
    answer = run(izin, "Izin", "execute", items=[{"recipient": "a@example.com"}], credentials=more)
    assert words in answer["error"]
    assert "Yanlış parola 7" not in json.dumps(answer, ensure_ascii=False)


def test_a_list_is_reported_and_each_item_has_its_result(izin: Served) -> None:
    items: list[dict[str, Any]] = [
        {"recipient": "akis@example.com", "text": WORDING, "version": "3"},
        {"recipient": "bozuk@"},
        {"recipient": "akis-ret@example.com", "status": "RET"},
        {"recipient": "akis-eski@example.com", "consentDate": "2020-01-01 10:00:00"},
    ]
    answer = run(izin, "Izin", "execute", items=items, credentials={"token": "no longer good"})
    found = json_of(answer)
    assert [one["stored"] for one in found] == [True, False, True, False]
    assert (found[0]["evidence"], len(found[0]["transactionId"])) == (True, 64)
    assert "H467" in found[3]["error"]
    assert [one["pairedItem"]["item"] for one in answer["result"][0]] == [0, 1, 2, 3]
    assert answer["log"]["tokens"] == 1
    assert izin.status("akis@example.com")["status"] == "ONAY"
    assert WORDING in izin.signed_in("akis@example.com").get(f"/izinler/{BRAND}").text


def test_a_lost_answer_stores_nothing_twice(izin: Served) -> None:
    found = json_of(run(izin, "Izin", "execute", items=[{"recipient": "kayip@example.com"}], lost=1))
    assert found[0]["stored"] is True
    key = {"recipient": "kayip@example.com", "recipientType": "BIREYSEL", "type": "EPOSTA"}
    assert len(izin.ask("POST", "/consents/history", key).json()["list"]) == 1


def test_status_and_list_show_what_stands(izin: Served) -> None:
    izin.declare("durum@example.com", "ONAY")
    items = [{"recipient": "durum@example.com"}, {"recipient": "bozuk@"}, {"recipient": "kimsesiz@example.com"}]
    status = json_of(run(izin, "Izin", "execute", items=items, parameters={"operation": "status"}))
    assert [(one.get("status"), "error" in one) for one in status] == [("ONAY", False), (None, True), (None, False)]
    listed = json_of(run(izin, "Izin", "execute", items=items, parameters={"operation": "list"}))
    assert [(one["maySend"], "error" in one) for one in listed] == [(True, False), (False, True), (False, False)]
    wrong = run(izin, "Izin", "execute", items=items, credentials={"brand": 600200}, parameters={"operation": "list"})
    assert wrong["error"] != ""


def test_the_trigger_starts_with_a_refusal_once(izin: Served) -> None:
    izin.declare("tetik@example.com", "ONAY")
    before = run(izin, "IzinTrigger", "poll")
    izin.refuse("tetik@example.com")
    trial = run(izin, "IzinTrigger", "poll", kept=before["kept"], mode="manual")
    assert trial["kept"] == before["kept"]
    after = run(izin, "IzinTrigger", "poll", kept=before["kept"])
    assert [(one["recipient"], one["status"]) for one in json_of(after)] == [("tetik@example.com", "RET")]
    assert run(izin, "IzinTrigger", "poll", kept=after["kept"])["result"] is None
    changes = json_of(
        run(izin, "Izin", "execute", parameters={"operation": "changes", "after": before["kept"]["after"]})
    )
    assert [one["recipient"] for one in changes] == ["tetik@example.com"]
    assert changes[0]["after"] == after["kept"]["after"]


def test_the_push_trigger_takes_signed_posts_alone(izin: Served) -> None:
    secret = signing.new()
    body = json.dumps({"list": [{"recipient": "itme@example.com", "status": "RET"}]})

    def post(by: str, *, late: int = 0, text: str = body, kept: str = secret) -> dict[str, Any]:
        now = (int(time.time()) - late) * 1_000_000
        headers = signing.headers([SigningSecret(by, None)], "msg_1", body.encode(), now) if by else {}
        given = {"headers": headers, "body": text, "credentials": {"secret": kept}}
        return run(izin, "IzinPushTrigger", "webhook", **given)

    def signed(text: str) -> dict[str, Any]:
        headers = signing.headers([SigningSecret(secret, None)], "msg_1", text.encode(), int(time.time() * 1e6))
        return run(izin, "IzinPushTrigger", "webhook", headers=headers, body=text, credentials={"secret": secret})

    (items,) = post(secret)["result"]["workflowData"]
    assert [one["json"]["recipient"] for one in items] == ["itme@example.com"]
    for refused in (post(""), post(signing.new()), post(secret, late=600), post(secret, text=body + " ")):
        assert (refused["log"]["status"], "workflowData" in refused["result"]) == (401, False)
    # The trial comes before there is a secret; refusals then come again later.
    trial = json.dumps(PUSH_TEST)
    assert post("", kept="", text=trial)["result"] == {"webhookResponse": "OK"}
    assert signed(trial)["result"] == {"webhookResponse": "OK"}
    assert post("", kept="")["log"]["status"] == 503
    # CloudEvents, and what is neither form.
    (items,) = signed(json.dumps([{"specversion": "1.0", "data": one} for one in json.loads(body)["list"]]))["result"][
        "workflowData"
    ]
    assert [one["json"]["recipient"] for one in items] == ["itme@example.com"]
    assert [signed(text)["log"]["status"] for text in ("{}", "[]", "x", '{"list": 7}')] == [400] * 4
