"""Logs: one line an event, and nobody can be found in them."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from tests.web.conftest import REAL, Build
from web import logs


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    """The lines written since the last call, each a JSON object."""

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return read


CANARIES = {
    "address": "+905320000017",
    "national": "0532 000 00 18",
    "mail": "kanarya@example.com",
    "code": "048213",
    "token": "K7QX2M9ABCDEF1",
    "key": "s3cr3t-api-key-kanarya",
    "text": "RET Kanarya HEPSI",
}


def test_no_canary_of_any_request_reaches_the_log(site: Build, written: Callable[[], str]) -> None:
    client = site(LOG_LEVEL="debug", raise_errors=False)
    for canary in CANARIES.values():
        headers = {"referer": f"http://127.0.0.1/{canary}", "user-agent": canary, "cookie": f"sid={canary}"}
        headers |= {"authorization": f"Bearer {canary}", "x-forwarded-for": canary}
        client.get(f"/{canary}", headers=headers)
        client.get("/", params={"q": canary, "lang": canary}, headers=headers)
        client.post(f"/u/{canary}", data={"address": canary})
        client.post("/echo", content=canary, headers={"sec-fetch-site": "cross-site"})
        client.get("/boom", params={"who": canary})
    said = written()
    assert said.count('"event": "request"') == len(CANARIES) * 5
    for canary in CANARIES.values():
        assert canary not in said


def test_a_request_is_one_line_that_names_the_route_and_not_the_path(site: Build, lines: Any) -> None:
    client = site()
    lines()
    answer = client.post("/u/SECRET/echo?x=SECRET")
    (line,) = lines()
    assert line.pop("ms") >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("timestamp"))
    assert line == {
        "level": "info",
        "event": "request",
        "method": "POST",
        "route": "/u/{token}/echo",
        "status": 200,
        "request_id": answer.headers["x-request-id"],
    }


def test_what_matches_no_route_has_no_name(site: Build, lines: Any) -> None:
    client = site()
    lines()
    client.get("/905320000001")
    (line,) = lines()
    assert (line["route"], line["status"]) == ("-", 404)


def test_probes_and_static_files_show_only_at_debug(site: Build, lines: Any) -> None:
    for level, events in (("info", 0), ("debug", 2)):
        client = site(LOG_LEVEL=level)
        lines()
        client.get("/healthz")
        client.get("/static/site.css")
        assert len([line for line in lines() if line["event"] == "request"]) == events


def test_a_failure_is_told_with_its_place_and_without_its_words(site: Build, lines: Any) -> None:
    client = site(raise_errors=False)
    lines()
    try:
        raise ValueError("+905320000001")
    except ValueError as error:
        try:
            raise RuntimeError("ayse@example.com") from error
        except RuntimeError:
            logging.getLogger("a.library").exception("Exception in ASGI application")
            structlog.get_logger().exception("ready")
    client.get("/boom")
    server, own, request = lines()
    for line in (server, own):
        assert line["error"] == ["RuntimeError", "ValueError"]
        assert re.search(r"test_logs\.py:\d+ test_a_failure", line["where"][-1])
    assert (request["level"], request["status"]) == ("error", 500)
    assert "ayse" not in f"{server}{own}"


def test_a_line_of_the_standard_library_is_masked_and_keeps_its_fields(
    site: Build, lines: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    site()
    lines()
    words = f"to {CANARIES['address']} and <{CANARIES['mail']}>"
    extra = {"error": ["OperationalError"], "waiting": 3, "token": CANARIES["token"], "about": words}
    logging.getLogger("a.library").warning("told %s", words, extra={**extra, "color_message": words})
    logging.getLogger("consents.store.commits").error("commit_failed", extra=extra)
    written = capsys.readouterr().out
    server, own = map(json.loads, written.splitlines())
    assert server["event"] == "told to [hidden] and [hidden]"
    for line in (server, own):
        assert (line["error"], line["waiting"]) == (["OperationalError"], 3)
        assert (line["token"], line["about"]) == ("[hidden]", "to [hidden] and [hidden]")
        assert "color_message" not in line
    assert own["event"] == "commit_failed"
    assert not [canary for canary in CANARIES.values() if canary in written]


def test_turkish_letters_stay_readable(site: Build, capsys: pytest.CaptureFixture[str]) -> None:
    site()
    structlog.get_logger().info("İçe aktarıldı", brand="Çınar Ağaç")
    assert "Çınar Ağaç" in capsys.readouterr().out


def test_the_level_holds_for_both_kinds_of_loggers(site: Build, lines: Any) -> None:
    site(LOG_LEVEL="warning")
    lines()
    structlog.get_logger().info("quiet")
    logging.getLogger("alembic").info("quiet")
    logging.getLogger("alembic").warning("loud")
    assert [line["event"] for line in lines()] == ["loud"]


def test_what_is_not_offered_is_no_fault_of_the_site(site: Build, lines: Any) -> None:
    """A client that tries what İYS offers and this registry does not fills no alarm."""
    site(LOG_LEVEL="info")
    lines()
    logs.answered("POST", "/widget/process/start/{widgetUUID}", 501, 1.0)
    logs.answered("POST", "/giris", 503, 1.0)
    assert [line["level"] for line in lines()] == ["info", "error"]


def test_the_servers_own_access_log_is_off_and_url_tellers_are_quiet(site: Build, lines: Any) -> None:
    site(LOG_LEVEL="info")
    lines()
    logging.getLogger("uvicorn.access").info('127.0.0.1 - "GET /k/K7QX2M9ABCDEF1 HTTP/1.1" 200')
    logging.getLogger("httpx2").info("HTTP Request: POST https://api.example/AC1/Messages.json")
    assert lines() == []


@given(
    st.from_regex(r"(\+90|0090|90|0)?[ -]?\(?5\d{2}\)?[ .-]?\d{3}[ .-]?\d{2}[ .-]?\d{2}", fullmatch=True),
    st.sampled_from(["{}", "tel {} geldi", '"{}"', "x={};", "({})", "to:{}"]),
)
def test_whatever_looks_like_a_phone_number_is_hidden(number: str, frame: str) -> None:
    for value in (frame.format(number), [frame.format(number)], {"a": {"b": (frame.format(number),)}}):
        kept = re.sub(r"\D", "", str(logs.mask(value)))
        assert re.sub(r"\D", "", number)[-7:] not in kept


@given(st.emails())
def test_whatever_looks_like_an_email_is_hidden(mail: str) -> None:
    assert mail not in logs.mask(f"to <{mail}> sent")


@pytest.mark.parametrize("name", ["address", "code", "token", "body", "text", "password", "recipient"])
def test_a_field_with_a_secret_name_is_hidden_whatever_it_holds(site: Build, lines: Any, name: str) -> None:
    site()
    lines()
    structlog.get_logger().info("event", **{name: "048213"}, nested={name: "048213"})
    (line,) = lines()
    assert line[name] == line["nested"][name] == "[hidden]"


@pytest.mark.parametrize(
    "value", ["2026-11-25T10:00:00.123456Z", 1_790_000_000, 3.14, True, None, "066b6c1eabd03616", 700001]
)
def test_times_counts_and_ids_stay(value: object) -> None:
    assert logs.mask(value) == value


def test_a_number_that_is_a_phone_number_is_hidden() -> None:
    assert logs.mask([5320000001, 905320000001]) == ["[hidden]", "[hidden]"]


@pytest.mark.parametrize(
    ("env", "peer", "told"),
    [
        ({}, "10.20.30.40", ["10.0.0.0/8"]),
        ({}, "192.168.100.200", ["192.168.0.0/16"]),
        ({}, "203.0.113.200", ["public"]),
        (REAL, "172.16.200.100", ["172.16.0.0/12"]),
        (REAL | {"TRUSTED_PROXY": "10.0.0.0/8"}, "203.0.113.200", ["public"]),
        (REAL | {"TRUSTED_PROXY": "10.0.0.0/8"}, "10.20.30.40", []),
    ],
)
def test_a_proxy_that_is_not_trusted_is_told_of_once(
    site: Build, lines: Any, env: dict[str, str], peer: str, told: list[str]
) -> None:
    client = site(**env, peer=peer)
    lines()
    client.get("/")
    assert [line["event"] for line in lines()] == ["request"]
    for _ in range(3):
        client.get("/", headers={"x-forwarded-for": "203.0.113.9"})
    written = [line for line in lines() if line["event"] != "request"]
    assert [(line["event"], line["level"], line["setting"], line["peer"]) for line in written] == [
        ("forwarded_by_an_untrusted_proxy", "error", "TRUSTED_PROXY", block) for block in told
    ]
    assert "203.0.113" not in str(written)


def test_a_log_on_a_full_disk_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever notes that a commit failed then answers those who wait for it."""
    logs.configure("info")
    with contextlib.suppress(OSError), open("/dev/full", "w", encoding="utf-8") as full:  # closing it fails as well
        monkeypatch.setattr(sys, "stdout", full)
        logging.getLogger("consents.store.commits").error("commit_failed")
        structlog.get_logger().error("x")
        logs.answered("POST", "/k/{code}", 503, 1.0)
        written = True
    assert written


@pytest.mark.parametrize("word", ["x", "@", "x@", "1", "+9", "( "])
def test_a_long_word_is_masked_in_a_moment(word: str) -> None:
    """What a carrier or a mail names may be long; the site stands still while it is masked."""
    began = time.process_time()
    logs.mask(word * 100_000)
    assert time.process_time() - began < 2
