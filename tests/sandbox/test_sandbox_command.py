"""``izin sandbox`` from an empty environment: it starts soon, answers as the site's, pushes to this machine, and ends
by a signal without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from izin.sandbox import sandbox_command, sandbox_parts
from izin.sandbox.scripts import SCRIPTS
from tests import free_port
from tests.providers.api.desk import asked
from tests.providers.api.target import Target
from tests.sandbox.lab import SandboxProgram
from tests.test_cli import IZIN

B = "/sps/600100/brands/600101"
SECONDS = 10.0  # of the processor, until it listens; seconds of the clock, where the machine has nothing else to do
PATIENCE = 120.0  # seconds that a busy machine may take


class Running:
    """The command, and what it has written."""

    def __init__(self, folder: Path) -> None:
        ready, port = folder / "ready.json", free_port()
        options = ["--port", str(port), "--password", "gizli", "--ready-file", str(ready)]
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)}
        self.folder, self.ready_file = folder, ready
        self.process = subprocess.Popen(
            [IZIN, "sandbox", *options], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
        )
        until = time.monotonic() + PATIENCE
        while not ready.exists():
            assert self.process.poll() is None, "it has ended"
            assert time.monotonic() < until
            time.sleep(0.05)
        times = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        self.processor = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
        self.about: dict[str, Any] = json.loads(ready.read_text())
        self.client = httpx2.Client(base_url=self.about["base"], timeout=PATIENCE)

    def program(self, at: str = "") -> SandboxProgram:
        return SandboxProgram(self.client, self.about["username"], self.about["password"], at, B)

    def end(self) -> str:
        """What it printed."""
        self.process.send_signal(signal.SIGTERM)
        self.client.close()
        printed, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0
        return printed


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.client.close()
    if made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


def test_only_on_this_machine_alone_it_may_push_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bool] = []
    monkeypatch.setattr(sandbox_parts, "of_one", lambda *_, private: kept.append(private))
    monkeypatch.setattr("web.server.run", lambda *_: None)
    for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "192.0.2.1", "izin.example"):
        sandbox_command.sandbox(host, 8100, "password")
    assert kept == [True] * 3 + [False] * 4


@pytest.mark.slow
def test_a_developer_without_settings_has_an_iys(running: Running) -> None:
    assert running.processor < SECONDS
    program = running.program()
    assert program.post(f"{B}/consents", program.consent(1)).status_code == 200
    assert running.program("/sandbox").status(1) == "ONAY"

    with pytest.raises(httpx2.RemoteProtocolError):
        program.post(f"{B}/consents", program.consent(2), Izin_Sandbox="lost")
    assert program.status(2) == "ONAY", "it was recorded, and the connection closed without an answer"
    with pytest.raises(httpx2.RemoteProtocolError):
        program.tokens(Izin_Sandbox="lost")
    assert program.get("/clock").status_code == 200, "a lost token is the one call's, not the site's"

    slow = threading.Thread(
        target=program.post, args=(f"{B}/consents/status", asked(1)), kwargs={"Izin_Sandbox": "slow=20"}
    )
    slow.start()
    began = time.monotonic()
    for _ in range(5):
        assert running.program().status(1) == "ONAY"
    assert time.monotonic() - began < 20
    assert slow.is_alive(), "others were answered meanwhile"
    slow.join()

    target = Target()
    connection = target.connection()
    answer = program.post(f"{B}/push/registration", {"connection": [connection]})
    assert answer.status_code == 200, answer.text
    program.post("/citizen", {"recipient": "+905320000001", "type": "MESAJ", "brandCode": 600101})
    until = time.monotonic() + PATIENCE
    while not target.told:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert {one["status"] for one in target.told[0]} == {"RET"}
    target.close()

    printed = running.end()
    for shown in (running.about["base"], "test_600100", "gizli", "600101", *SCRIPTS):
        assert shown in printed
    assert not running.ready_file.exists()
    assert list(running.folder.iterdir()) == []
