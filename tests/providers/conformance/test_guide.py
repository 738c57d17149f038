"""The guide's programs, run as a reader would run them: each against a site, with a receiver of its own language."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
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
from providers.push import pusher
from tests import HOST, free_port, listening
from tests.browsing import numbered, served
from tests.conftest import Clock, Opener
from tests.providers.api.desk import CINAR, Desk, consent
from tests.providers.api.target import Target
from tests.providers.api.test_consents import RET, decides
from tests.sandbox.lab import USER, add_key
from tests.variants import EARLY

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
    here = Desk(open_registry(sqlite_url), clock, {"PUSH_PRIVATE": "1"})
    with served(here.asgi) as address:
        yield numbered(address), here


def filled(base: str, port: int, password: str) -> SnippetValues:
    return SnippetValues(
        base, str(CINAR), str(CINAR), "cinar", password, SECRET, f"http://{HOST}:{port}/iys", str(port)
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


def run(code: str, parts: dict[str, str], folder: Path) -> str:
    command, name = RUN[code]
    (program := folder / name).write_text("\n".join(parts[step] for step in STEPS) + "\n")
    done = subprocess.run([*command, str(program)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pushed(registry: Registry) -> None:
    """What the worker does each second."""
    asyncio.run(pusher.deliver(registry, private=True))


@EARLY
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


def test_in_the_sandbox_the_reader_refuses_and_reads_the_refusal(site: tuple[str, Desk], tmp_path: Path) -> None:
    base, here = site
    values = filled(f"{base}/sandbox", free_port(), add_key(here))._replace(name=USER)
    parts = guide.fill("curl", values)
    (program := tmp_path / "sandbox.sh").write_text(
        "\n".join(parts[step] for step in ("key", "token", "consent", CITIZEN, "feed")) + "\n"
    )
    printed = subprocess.run(["bash", str(program)], capture_output=True, text=True, timeout=60).stdout
    assert "test_" in printed.split('"access_token":"')[1][:5]
    assert '"status":"RET"' in printed.partition('"list":')[2], "the feed has what the citizen refused"


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
        assert set(parts) == {*STEPS, CITIZEN if code == "curl" else RECEIVER}
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
