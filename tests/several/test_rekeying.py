"""``izin rekey`` beside ``izin serve``: people refuse by SMS all the while, the rotation is killed and run again."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from consents import state
from consents.people import register, rotation
from consents.registry import Registry
from consents.rules import RET
from consents.state import Key
from consents.store import Store
from consents.terms import Channel, Identity
from evidence import log
from tests import ROOT
from tests.conftest import SECRET, Run
from tests.consents.conftest import AYSE, MEHMET, furnish
from tests.crash import senders
from tests.crash.senders import Message, request
from tests.several.conftest import wait
from tests.web.wire import Started, started

# As the command does it, a few rows at a time, and no further than some hundred rows before it is killed: it would go
# on at the end of its stdin, which comes after that.
SLOWLY = """
import sys
from izin import cli
from consents.people import column_passes, rotation
column_passes.BATCH, rotation.MOST = 10, 10
once, noted = rotation.Rotation._once, 0
def some(self, work):
    global noted
    if noted > 300:
        sys.stdin.read()
    done = once(self, work)
    noted = self._done
    return done
rotation.Rotation._once = some
cli.main()
"""
CROWD = [f"+90532{last:07}" for last in range(0, 1000, 2)]


class Carrier:
    """Brings a refusal after the other to the sites, each of somebody else: known ones and new ones in turn."""

    def __init__(self, sites: list[Started], brand: int) -> None:
        self._sites, self._brand = itertools.cycle(sites), brand
        self._stopped = threading.Event()
        self.refused: list[str] = []
        self.answers: list[bytes] = []
        self._thread = threading.Thread(target=self._bring, name="carrier")

    def __enter__(self) -> Carrier:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopped.set()
        self._thread.join(120)

    def _bring(self) -> None:
        for number in itertools.count():
            if self._stopped.wait(0.02):
                return
            phone = f"+90532{number:07}"
            message = Message(str(number), phone, "RET DENIZ", self._brand, Channel.MESAJ.code)
            self.answers.append(next(self._sites).ask(request([message])).partition(b"\r\n")[0])
            self.refused.append(phone)


@pytest.fixture
def sites(tmp_path: Path, sqlite_template: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, list[Started]]]:
    """Two sites on one database."""
    with ExitStack() as running:
        found = []
        url = f"sqlite:///{tmp_path / 'a' / 'var' / 'izin.db'}"
        if request.param == "postgresql":
            url = request.getfixturevalue("postgresql_url")
        for name in "ab":
            folder = tmp_path / name
            folder.mkdir()
            settings = {**senders.SETTINGS, "WITNESS_FILE": str(tmp_path / "witness"), "WORKER": "separate"}
            if name == "b" or not url.startswith("sqlite"):
                settings["DATABASE_URL"] = url
            found.append(running.enter_context(started(folder, sqlite_template, **settings)))
        yield url, found


@pytest.mark.slow
@pytest.mark.parametrize("sites", [pytest.param("sqlite", marks=pytest.mark.long), "postgresql"], indirect=True)
def test_refusals_are_taken_while_the_keys_change(sites: tuple[str, list[Started]], run: Run, tmp_path: Path) -> None:
    url, processes = sites
    env = {"DATABASE_URL": url, "SECRET_KEY": SECRET, "WITNESS_FILE": str(tmp_path / "witness")}
    with closing(Registry.open(url, SECRET)) as early:
        furnish(early)
        brands = early.store.write_now(senders.add_brands)
        people = [register.person(early.keyring, address) for address in CROWD]
        early.store.write_now(register.enrol_all, early.keyring, people)
        with Carrier(processes, brands["DENIZ"]) as carrier:
            wait(lambda: carrier.refused, "a refusal before")
            log.extend(early, tmp_path / "witness")  # as the worker does in its first minute; here is none
            _killed_half_way(env, early.store)
            taken = len(carrier.refused)
            wait(lambda: len(carrier.refused) > taken + 10, "refusals while it lies there half done")
            told = run("status", **env).stdout
            assert "keys are being changed: " in told
            assert run("verify", **env).returncode == 0
            for words in (("rekey",), ("verify",), ("verify", "--since-checkpoint")):
                done = run(*words, **env)
                assert done.returncode == 0, done.stderr
            taken = len(carrier.refused)
            wait(lambda: len(carrier.refused) > taken + 10, "refusals after")
        assert set(carrier.answers) == {b"HTTP/1.1 200 OK"}
        with Registry.open(url, SECRET) as late:
            known = {one: _refuses(late, one, brands["DENIZ"]) for one in carrier.refused}
            assert [one for one, refuses in known.items() if not refuses] == []
            assert {one: _refuses(early, one, brands["DENIZ"]) for one in carrier.refused} == known
            assert late.store.read_now(register.last_number) == len({*CROWD, *carrier.refused, AYSE, MEHMET})
            assert late.keyring.version == 2
            assert not late.keyring.several
    assert run("verify", **env).returncode == 0


def _killed_half_way(env: dict[str, str], store: Store) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLOWLY, "rekey"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **env},
        stdin=subprocess.PIPE,
    ) as slowly:

        def half_way() -> bool:
            assert slowly.poll() is None, "it has ended before it was killed"
            now = store.read_now(rotation.under_way)
            return now is not None and now.done > 100

        wait(half_way, "a rotation that is half done")
        slowly.kill()
    assert slowly.returncode == -signal.SIGKILL


def _refuses(registry: Registry, address: str, brand: int) -> bool:
    who = register.person(registry.keyring, address)
    key = Channel.MESAJ.code, Identity.BIREYSEL.code
    number = registry.store.read_now(register.find, registry.keyring, who)
    if number is None:
        return False
    stands = registry.store.read_now(state.of_key, Key(number, brand, *key))
    return stands is not None and stands.status == RET
