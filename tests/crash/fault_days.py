"""Days of a site on which everything happens: a full disk, a lock, a wrong clock, deleted and damaged files, kills.

Citizens come by three doors all the while. What was acknowledged must be there at the end, no answer may be 500, and
``/readyz`` and ``izin status`` must name what is wrong.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from consents.people import register
from consents.registry import Registry
from consents.store.engines import sqlite_library
from tests import ROOT, free_port
from tests.conftest import SECRET, environment
from tests.consents.conftest import CINAR
from tests.crash.senders import HOOK_SECRET, SETTINGS
from tests.crash.served import People, settle
from tests.crash.visitors import HOST
from trust import signed_tokens
from web import turned_away

PATIENCE = 150.0  # seconds
MAILS = 400  # recipients of mails, each of whom clicks once
PAGE = 4096  # bytes
UNCHANGED = 304  # stands for an answer that what is asked for stands already
# ``izin serve`` whose wall clock a file can set: how many seconds it is ahead.
SITE = """
import os, sys, time
ahead, real = sys.argv.pop(1), time.time_ns
def seconds():
    try:
        return float(open(ahead).read() or 0)
    except OSError:
        return 0.0
time.time_ns = lambda: real() + round(seconds() * 1e9)
from izin.cli import main
main()
"""
COMMAND = "from izin.cli import main; main()"

Acknowledged = tuple[str, object]


@dataclass
class Day:
    """A folder with a registry, and the site on it. ``kept``: what was acknowledged; ``answers``: how often each
    status came."""

    folder: Path
    dice: random.Random
    kept: set[Acknowledged] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    site: subprocess.Popen[bytes] | None = None
    port: int = 0
    wishes: tuple[str, ...] = ("RET", "ONAY")

    def __post_init__(self) -> None:
        self.people: People = settle(self.folder)
        self.file = self.folder / "izin.db"
        with Registry.open(f"sqlite:///{self.file}", SECRET) as registry:
            who = [register.person(registry.keyring, f"yurttas{number}@example.com") for number in range(MAILS)]
            self.mailed = registry.store.write_now(register.enrol_all, registry.keyring, who)
            brand = self.people.world.cinar
            self._tokens = iter([(one, signed_tokens.one_click(registry.keyring, one, brand)) for one in self.mailed])
        self._names = itertools.count(1_000_000)

    # -- the site --------------------------------------------------------------------------------------------------

    def settings(self) -> dict[str, str]:
        return {
            **environment(self.folder), "DATABASE_URL": f"sqlite:///{self.file}", "SECRET_KEY": SECRET,
            "PORT": str(self.port), "LOG_LEVEL": "info", "MAIL_GATEWAY": f"file:{self.folder}/outbox.jsonl", **SETTINGS,
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip

    def start(self) -> None:
        """Starts the site and waits until it answers."""
        self.port = free_port()
        with (self.folder / "log").open("ab") as log:
            self.site = subprocess.Popen(
                [sys.executable, "-c", SITE, str(self.folder / "ahead"), "serve"],
                cwd=self.folder, env=self.settings(), stdout=log, stderr=log,
            )  # fmt: skip
        until(lambda: self.get("/healthz")[0] == 200, self.log)

    def kill(self) -> None:
        assert self.site is not None
        self.site.kill()
        self.site.wait(PATIENCE)

    def stop(self) -> None:
        assert self.site is not None
        self.site.send_signal(signal.SIGTERM)
        assert self.site.wait(PATIENCE) == 0, self.log()

    def log(self) -> str:
        return (self.folder / "log").read_text()[-3000:]

    def status(self) -> str:
        """What ``izin status`` prints."""
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, "status"], cwd=self.folder, env=self.settings(), capture_output=True,
            text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == 1, done.stdout
        return done.stdout + done.stderr

    # -- citizens --------------------------------------------------------------------------------------------------

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}{path}", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()
        except OSError:
            return 0, ""

    def ready(self) -> tuple[int, str]:
        """The status of ``/readyz`` and its faults."""
        status, text = self.get("/readyz")
        return status, "; ".join(json.loads(text)["faults"]) if text else ""

    def refuse(self, count: int = 30, *, new: bool = False) -> Counter[int]:
        """Refusals by all doors, one after the other; what was answered. ``new``: only what cannot stand already."""
        found: Counter[int] = Counter()
        doors = (self._sms, self._mail, *([] if new else [self._page]))
        for _ in range(count):
            door = self.dice.choice(doors)
            with suppress(OSError, HTTPException):
                found[door()] += 1
        self.answers += found
        return found

    def _post(self, path: str, body: str, kind: str, **headers: str) -> tuple[int, str]:
        with closing(HTTPConnection(HOST, self.port, timeout=PATIENCE)) as connection:
            connection.request("POST", path, body, {"content-type": kind, **headers})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("location", "")

    def _page(self) -> int:
        cookie = self.dice.choice(list(self.people.cookies.values()))
        wish = self.dice.choice(self.wishes)
        path = f"/izinler/{CINAR}/{self.dice.choice(('ARAMA', 'MESAJ'))}/BIREYSEL"
        status, place = self._post(path, f"status={wish}", "application/x-www-form-urlencoded", cookie=cookie)
        if status == 303 and "act=" in place:
            self.kept.add(("act", int(place.partition("act=")[2])))
        return UNCHANGED if status == 303 and "act=" not in place else status

    def _sms(self) -> int:
        name = str(next(self._names))
        push = {
            "message_id": name, "type": "inbound", "source_addr": f"9053200000{self.dice.randrange(100):02}",
            "destination_addr": "908505550000", "content": "RET CINAR", "received_at": "2026-11-25T12:00:00",
        }  # fmt: skip
        status, _ = self._post(f"/hooks/verimor/{HOOK_SECRET}", json.dumps([push]), "application/json")
        if status == 200:
            self.kept.add(("sms", name))
        return status

    def _mail(self) -> int:
        recipient, token = next(self._tokens)
        body = "List-Unsubscribe=One-Click"
        status, _ = self._post(f"/u/{token}", body, "application/x-www-form-urlencoded")
        if status == 200:
            self.kept.add(("mail", recipient))
        return status

    def lost(self) -> set[Acknowledged]:
        """What was acknowledged and is not in the file; looks at a copy."""
        copy = self.folder / "examined"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for path in self.folder.glob("izin.db*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, copy)
        with closing(sqlite_library().connect(str(copy / "izin.db"))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            acts = {("act", row[0]) for row in connection.execute("SELECT id FROM act")}
            texts = {("sms", row[0]) for row in connection.execute("SELECT name FROM inbound_message")}
            mails = {("mail", row[0]) for row in connection.execute("SELECT recipient FROM consent WHERE channel = 2")}
            mails |= {("mail", row[0]) for row in connection.execute("SELECT recipient FROM act WHERE door = 5")}
        return self.kept - acts - texts - mails

    # -- what happens ----------------------------------------------------------------------------------------------

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Nothing of the site can grow, as on a full disk."""
        assert self.site is not None
        resource.prlimit(self.site.pid, resource.RLIMIT_FSIZE, (turned_away.SIZE, resource.RLIM_INFINITY))
        try:
            yield
        finally:
            resource.prlimit(self.site.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """A database tool keeps the write lock."""
        with closing(sqlite_library().connect(str(self.file), isolation_level=None, timeout=PATIENCE)) as tool:
            tool.execute("BEGIN IMMEDIATE")
            yield
            tool.execute("ROLLBACK")

    @contextmanager
    def clock_ahead(self, seconds: float) -> Iterator[None]:
        """The site's wall clock is ahead."""
        (self.folder / "ahead").write_text(str(seconds))
        yield
        (self.folder / "ahead").unlink()

    def delete(self, ending: str) -> None:
        Path(f"{self.file}{ending}").unlink()

    def damage(self) -> None:
        """Random pages of the file are written over, the first one spared."""
        with self.file.open("r+b") as file:
            pages = file.seek(0, os.SEEK_END) // PAGE
            for page in self.dice.sample(range(1, pages), pages // 2):
                file.seek(page * PAGE)
                file.write(self.dice.randbytes(PAGE))

    def halve(self) -> None:
        """Half of the file is gone."""
        os.truncate(self.file, self.file.stat().st_size // 2)


def until(true: Callable[[], bool], say: Callable[[], object]) -> None:
    """Waits."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, say()
        time.sleep(0.05)
