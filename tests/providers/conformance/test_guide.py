"""The guide's programs, run as a reader would run them: each against a site, with a receiver of its own language."""

from __future__ import annotations

import asyncio
import html
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest

from consents.instants import MINUTE
from consents.registry import Registry
from providers.api import wire
from providers.openapi import guide
from providers.openapi.guide import CITIZEN, RECEIVER, STEPS, SnippetValues
from providers.push import pusher, signing
from tests import HOST, free_port, listening
from tests.browsing import numbered, served
from tests.conftest import Clock, Opener
from tests.providers.api.desk import CINAR, Desk, consent
from tests.providers.api.target import Target
from tests.providers.api.test_consents import RET, decides
from tests.sandbox.lab import USER, add_key

SECRET = "kanarya-parola"
PERSON = "+905320000001"  # of the snippets
TEST_MOVEMENT = str(wire.PUSH_TEST["list"][0]["transactionId"])
# What runs a program of each language, and a receiver; curl is no receiver.
RUN = {
    "curl": (["bash"], "main.sh"),
    "python": ([sys.executable, "-u"], "main.py"),
    "typescript": (["node"], "main.mjs"),
    "php": (["php"], "main.php"),
}


@pytest.fixture
def site(sqlite_url: str, open_registry: Opener, clock: Clock) -> Iterator[tuple[str, Desk]]:
    clock.now = time.time_ns() // 1000 + MINUTE  # stands, and the programs ask the machine for the time
    here = Desk(open_registry(sqlite_url), clock, {"PUSH_PRIVATE": "1"}, listens="127.0.0.1")
    with served(here.asgi) as address:
        yield numbered(address), here


def filled(base: str, port: int, password: str) -> SnippetValues:
    return SnippetValues(
        base, str(CINAR), str(CINAR), "cinar", password, SECRET, signing.new(), f"http://{HOST}:{port}/iys", str(port)
    )


@contextmanager
def receiver(code: str, parts: dict[str, str], port: int, folder: Path) -> Iterator[Path]:
    """The receiver of a language while the block runs; what it printed stands in the file."""
    command, name = RUN[code]
    (program := folder / f"receiver{Path(name).suffix}").write_text(parts[RECEIVER])
    words = [*command, "-S", f"{HOST}:{port}", str(program)] if code == "php" else [*command, str(program)]
    printed = folder / "received"
    with printed.open("w") as out, subprocess.Popen(words, stdout=out, stderr=out) as running:
        try:
            while not listening(port):
                assert running.poll() is None, printed.read_text()
                time.sleep(0.05)
            yield printed
        finally:
            running.kill()


def run(code: str, parts: dict[str, str], folder: Path, steps: Sequence[str] = STEPS) -> str:
    command, name = RUN[code]
    (program := folder / name).write_text("\n".join(parts[step] for step in steps) + "\n")
    done = subprocess.run([*command, str(program)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def within(seconds: float, true: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


def pushed(registry: Registry) -> None:
    """What the worker does each second."""
    asyncio.run(pusher.deliver(registry, private=True))


@pytest.mark.parametrize("code", RUN)
def test_the_program_of_each_language_does_what_its_steps_promise(
    code: str, site: tuple[str, Desk], tmp_path: Path
) -> None:
    if shutil.which(RUN[code][0][0]) is None:
        pytest.skip(f"{RUN[code][0][0]} is not installed")
    (base, here), port = site, free_port()
    values = filled(base, port, here.passwords["cinar"])
    parts, ears = guide.fill(code, values), "python" if code == "curl" else code
    with receiver(ears, guide.fill(ears, values), port, tmp_path) as printed:
        first = run(code, parts, tmp_path)
        assert "access_token" in first
        assert "transactionId" in first
        assert "204" in first, "no citizen has said anything yet"
        assert "message" in first
        assert TEST_MOVEMENT in printed.read_text()
        cinar = here.program("cinar")
        key = {"recipient": PERSON, "recipientType": "BIREYSEL", "type": "MESAJ"}
        path = f"/sps/{CINAR}/brands/{CINAR}/consents"
        assert cinar.post(f"{path}/status", key).json()["status"] == "ONAY"
        here.clock.forward(seconds=5)
        decides(here, 1, RET)  # of the snippets' number
        second = run(code, parts, tmp_path)
        said = cinar.get(f"{path}/changes?source=IYS").json()["list"][0]["transactionId"]
        assert said in second
        pushed(here.registry)
        assert said in printed.read_text()


@pytest.mark.parametrize("code", RUN)
def test_what_a_reader_copies_from_the_page_runs_in_the_sandbox(
    code: str, site: tuple[str, Desk], tmp_path: Path
) -> None:
    """Put in are the password, the site's port and one that is free. The receiver knows what comes twice."""
    if shutil.which(RUN[code][0][0]) is None:
        pytest.skip(f"{RUN[code][0][0]} is not installed")
    (base, here), port = site, free_port()
    password, ears = add_key(here), "python" if code == "curl" else code
    parts, listening_part = (copied(base, one, password, port) for one in (code, ears))
    with receiver(ears, listening_part, port, tmp_path) as printed:
        out = run(code, parts, tmp_path, ("key", "token", "consent", CITIZEN, "feed", "register"))
        assert "test_" in out.partition("access_token")[2][:10]
        assert re.search(r"\bRET\b", out.rpartition("creationDate")[2] if code != "curl" else out)
        assert f"new {TEST_MOVEMENT}" in printed.read_text(), out
        time.sleep(1.1)  # a consent of the second of a refusal does not end it
        run(code, parts, tmp_path, ("key", "token", "consent", CITIZEN))
        within(30, lambda: len(re.findall(r"^.*\bnew\b.*\bRET$", printed.read_text(), re.MULTILINE)) >= 1)
        run(code, parts, tmp_path, ("key", "token", "register"))
        assert f"again {TEST_MOVEMENT}" in printed.read_text(), "what comes twice is known"
        forged = httpx2.post(f"http://{HOST}:{port}/iys", json=wire.PUSH_TEST, headers=FORGED)
        assert forged.status_code == 401


HERE = "http://127.0.0.1:8000"  # PUBLIC_URL where none is set
FORGED = {"webhook-id": "msg_1", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,AAAA"}


def copied(base: str, code: str, password: str, port: int) -> dict[str, str]:
    """What a person copies from the guide's page, by the parts' names."""
    query = {"kod": code, "ortam": "deneme", "sirket": CINAR, "marka": CINAR, "ad": USER, "lang": "en"}
    page = httpx2.get(f"{base}/gelistirici/rehber", params=query).text
    shown = dict(re.findall(r'<pre id="code-(\w+)"[^>]*><code[^>]*>(.*?)</code>', page, re.DOTALL))
    parts = {name: html.unescape(text) for name, text in shown.items()}
    assert guide.OWN_URL in parts["register"], "the sandbox of a site on this machine pushes to this machine"
    put_in = {"'PASSWORD'": f"'{password}'", '"PASSWORD"': f'"{password}"', guide.PORT: str(port), HERE: base}
    for gap, value in put_in.items():
        parts = {name: text.replace(gap, value) for name, text in parts.items()}
    return parts


def test_the_answers_shown_are_those_of_the_site(site: tuple[str, Desk]) -> None:
    base, here = site
    shown = {step: text.split("\n", 1) for step, text in guide.sections("answers").items()}
    assert set(shown) == set(STEPS) - {"key"}
    with httpx2.Client(base_url=base) as client:
        fields = {"grant_type": "password", "username": "cinar", "password": here.passwords["cinar"]}
        answer = client.post("/oauth2/token", json=fields)
        assert_alike(shown["token"], answer)
        client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        path = f"/sps/{CINAR}/brands/{CINAR}"
        now = datetime.now(ZoneInfo("Europe/Istanbul")).strftime("%Y-%m-%d %H:%M:%S")
        assert_alike(shown["consent"], client.post(f"{path}/consents", json=consent(1, consentDate=now)))
        here.clock.forward(seconds=5)
        decides(here, 1, RET)
        assert_alike(shown["feed"], client.get(f"{path}/consents/changes?source=IYS"))
        target = Target()
        try:
            answer = client.post(f"{path}/push/registration", json={"connection": [target.connection()]})
        finally:
            target.close()
        assert_alike(shown["register"], answer)


def test_every_language_has_every_step_and_no_gap_is_left() -> None:
    values = filled("https://izin.example", 8080, "P")
    assert guide.RUN.keys() == guide.PROGRAMS.keys()
    for code in guide.PROGRAMS:
        parts = guide.fill(code, values)
        assert set(parts) == {*STEPS, CITIZEN} | ({RECEIVER} if code != "curl" else set())
        whole = "".join(parts.values())
        assert not re.search("@[A-Z]+@", whole)
        assert all(text in whole for text in ("https://izin.example", "cinar", SECRET, values.url))
        assert RECEIVER not in parts or code == "php" or "8080" in parts[RECEIVER], (
            "PHP's server gets it by its command"
        )


def assert_alike(shown: list[str], answer: httpx2.Response) -> None:
    """The same status, fields and values; what differs each time has the same form."""
    assert int(shown[0]) == answer.status_code
    assert formed(json.loads(shown[1])) == formed(answer.json())


TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
FORMS = {  # of values that differ each time; an ellipsis shortens them
    "access_token": r"[\w-]{4,}",
    "refresh_token": r"[\w-]{4,}",
    "transactionId": r"[0-9a-f]{6,64}",
    "after": r"[0-9]{10}_[0-9a-f]{6,64}",
    "consentDate": TIME,
    "creationDate": TIME,
}


def formed(value: Any, name: str = "") -> Any:
    """The value with the form's expression in place of each value that has it."""
    if isinstance(value, dict):
        return {name: formed(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [formed(value[0])]
    fits = name in FORMS and re.fullmatch(FORMS[name], value.removesuffix("…"))
    return FORMS[name] if fits else value
