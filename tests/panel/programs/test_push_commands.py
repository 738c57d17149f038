"""``izin push`` as an operator types it, against a program that answers on loopback: rules and log of the page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from consents.instants import ISTANBUL
from consents.store.engines import sqlite_library
from tests import ROOT
from tests.conftest import Run
from tests.providers.api.target import PASSWORD, USERNAME, Target

PRIVATE = {"PUSH_PRIVATE": "1"}


@pytest.fixture
def target() -> Iterator[Target]:
    made = Target()
    yield made
    made.close()


def test_made_listed_tried_and_removed(run: Run, brand: int, tmp_path: Path, target: Target) -> None:
    izin = partial(run, **PRIVATE)
    wish = ("--brand", str(brand), "--channel", "mesaj", "--url", f"{target.url}?k=gizli", "--username", USERNAME)
    made = izin("push", "add", *wish, text=f"{PASSWORD}\n")
    assert (made.returncode, len(target.tests)) == (0, 1), made.stderr
    line = izin("push", "list", "--provider", "600100").stdout.rstrip("\n").split("\t")
    assert line[:4] == ["1", str(brand), "MESAJ", target.url.removeprefix("http://")]
    assert line[5:] == ["-", "ok"]
    assert izin("push", "list").stdout.rstrip("\n").split("\t") == line
    assert "no provider 9" in izin("push", "list", "--provider", "9").stderr
    assert not [secret for secret in ("gizli", PASSWORD) if secret in made.stderr + "".join(line)]
    assert (izin("push", "try", "1").returncode, len(target.tests)) == (0, 2)
    secret = izin("push", "secret", "1").stdout
    assert secret.startswith("whsec_")
    assert "Get a signing secret" not in izin("push", "form", "1", "--body", "cloudevents", "--sign", "both").stderr
    assert [path for path in target.tests[-1:] if path["brandCode"] == 121212]
    assert json.loads(target.posts[-1][1])[0]["type"] == "izin.consent.test"
    assert izin("push", "add", *wish, text=f"{PASSWORD}\n").returncode == 0
    assert json.loads(target.posts[-1][1])[0]["type"] == "izin.consent.test", "added again, it is tried in its form"
    assert "Choose how" in izin("push", "form", "1", "--sign", "none").stderr
    assert izin("push", "form", "1").returncode == 0
    assert izin("push", "resend", "1", "--from", f"{datetime.now(ISTANBUL):%Y-%m-%d}").returncode == 0
    assert "within the last 31 days" in izin("push", "resend", "1", "--from", "2020-01-01").stderr
    target.mood = 503
    failed = izin("push", "try", "1")
    assert (failed.returncode, failed.stdout) == (1, "status 503\n")
    log = [line.split("\t") for line in izin("push", "log", "1").stdout.splitlines()]
    assert [(one[2], one[3], one[5], one[6]) for one in log] == [
        ("0", "503", "status 503", "-"),
        ("0", "200", "taken", "-"),
    ]
    assert secret.strip() not in izin("push", "list").stdout
    assert izin("push", "remove", "1").returncode == 0
    assert izin("push", "list", "--provider", "600100").stdout == ""
    with closing(sqlite_library().connect(tmp_path / "var" / "izin.db")) as database:
        acts = database.execute(
            "SELECT what, person, object FROM panel_act WHERE what LIKE 'push%' ORDER BY id"
        ).fetchall()
    assert acts == [
        ("push-registered", None, f"brand {brand}"),
        ("push-tried", None, "push 1"),
        ("push-secret-renewed", None, "push 1"),
        ("push-form-changed", None, "push 1"),
        ("push-registered", None, f"brand {brand}"),
        ("push-form-changed", None, "push 1"),
        ("push-rewound", None, "push 1"),
        ("push-tried", None, "push 1"),
        ("push-removed", None, "push 1"),
    ]
    assert run("verify").returncode == 0


def test_what_the_page_refuses_is_refused_and_nothing_is_kept(run: Run, brand: int, target: Target) -> None:
    wish = {"--brand": str(brand), "--channel": "MESAJ", "--url": target.url, "--username": USERNAME}
    target.mood = 401
    for other, private, password, told in (
        ({}, "1", PASSWORD, "--url: Your server did not accept the name or password (401)"),
        ({}, "0", PASSWORD, "--url: Enter an address that begins with https://"),
        ({"--username": "a:b"}, "1", PASSWORD, "--username: "),
        ({}, "1", "", "izin push add"),
        ({"--brand": "7"}, "1", PASSWORD, "izin brand add"),
    ):
        words = [word for pair in (wish | other).items() for word in pair]
        done = run("push", "add", *words, text=f"{password}\n", PUSH_PRIVATE=private)
        assert (done.returncode, done.stdout) == (1, "")
        assert told in done.stderr
    assert run("push", "list", "--provider", "600100").stdout == ""
    for deed in ("try", "remove"):
        gone = run("push", deed, "1")
        assert (gone.returncode, "izin push list" in gone.stderr) == (1, True)


def test_a_third_connection_of_a_channel_is_one_too_many(run: Run, brand: int, target: Target) -> None:
    wish = ("--brand", str(brand), "--channel", "ARAMA", "--username", USERNAME, "--url")
    made = [run("push", "add", *wish, f"{target.url}?{n}", text=f"{PASSWORD}\n", **PRIVATE) for n in range(3)]
    assert [done.returncode for done in made] == [0, 0, 1]
    assert "--channel: " in made[2].stderr


def test_a_closed_brand_gets_none_as_at_the_api(run: Run, brand: int, target: Target) -> None:
    assert run("brand", "close", "--brand", str(brand), "--reason", "x").returncode == 0
    wish = ("--brand", str(brand), "--channel", "ARAMA", "--username", USERNAME, "--url", target.url)
    done = run("push", "add", *wish, text=f"{PASSWORD}\n", **PRIVATE)
    assert (done.returncode, "closed brand" in done.stderr) == (1, True)


def test_a_password_that_is_typed_is_not_shown() -> None:
    """In a terminal of its own."""
    screen, terminal = os.openpty()
    command = [sys.executable, "-c", "from panel.programs.push_commands import _password; print(len(_password()))"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as typed:
        os.close(terminal)
        assert typed.stdout
        assert typed.stderr
        assert b"password" in typed.stderr.read(len("Şifre / password:".encode()))
        os.write(screen, f"{PASSWORD}\n".encode())
        assert (typed.stdout.read(), typed.wait(60)) == (f"{len(PASSWORD)}\n".encode(), 0)
    with suppress(OSError):  # nobody is at the other end
        assert PASSWORD.encode() not in os.read(screen, 4096)
    os.close(screen)
