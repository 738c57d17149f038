"""A served demo with a program's user, in a folder of its own, as a connector finds it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests import HOST, free_port, listening
from tests.tryout import IZIN

IYS, BRAND = 600100, 600101  # Çınar, of the demo


class Served:
    """The site's address, its commands, and its API as the program's user."""

    def __init__(self, folder: Path, env: dict[str, str], address: str) -> None:
        self._folder, self._env, self.address = folder, env, address
        self.user = "connector"
        self.password = self.izin("api-user", "add", "--provider", str(IYS), "--username", self.user).split()[-1]
        self._http = httpx2.Client(base_url=address, timeout=30)
        self._token = ""
        self._citizens: dict[str, httpx2.Client] = {}

    def izin(self, *words: str) -> str:
        """A command's output."""
        done = subprocess.run([IZIN, *words], cwd=self._folder, env=self._env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """A call below the brand."""
        if not self._token:
            given = {"grant_type": "password", "username": self.user, "password": self.password}
            self._token = self._http.post("/oauth2/token", json=given).json()["access_token"]
        headers = {"Authorization": f"Bearer {self._token}"}
        return self._http.request(method, f"/sps/{IYS}/brands/{BRAND}{path}", json=body, headers=headers)

    def status(self, recipient: str, channel: str = "EPOSTA") -> dict[str, Any]:
        """Of one consent; empty without a record."""
        key = {"recipient": recipient, "recipientType": "BIREYSEL", "type": channel}
        answer: dict[str, Any] = self.ask("POST", "/consents/status", key).json()
        return answer

    def declare(self, recipient: str, word: str, channel: str = "EPOSTA") -> None:
        """The company's own word, by another of its programs."""
        now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 3 * 3600))
        key = {"recipient": recipient, "recipientType": "BIREYSEL", "type": channel}
        answer = self.ask("POST", "/consents", {**key, "status": word, "source": "HS_WEB", "consentDate": now})
        assert answer.status_code == 200, answer.text

    def signed_in(self, email: str) -> httpx2.Client:
        """The citizen with this e-mail, by a code at the first time."""
        if email in self._citizens:
            return self._citizens[email]
        client = self._citizens[email] = httpx2.Client(base_url=self.address, timeout=30)
        client.post("/giris", data={"address": email})
        code = until(lambda: self._code(email))
        assert client.post("/giris/kod", data={"code": code}).headers["location"].startswith("/izinler")
        return client

    def refuse(self, email: str) -> None:
        """The citizen refuses the brand by its button of the list."""
        citizen = self.signed_in(email)
        section = citizen.get("/izinler").text.partition(f'id="m-{BRAND}"')[2].partition("</form>")[0]
        answer = citizen.post("/izinler/reddet", data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', section)))
        assert (answer.status_code, self.status(email)["status"]) == (303, "RET")

    def erase(self, address: str) -> None:
        """The operator erases the person."""
        command = [IZIN, "erase"]
        done = subprocess.run(command, cwd=self._folder, env=self._env, input=address, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def close(self) -> None:
        for client in (self._http, *self._citizens.values()):
            client.close()

    def _code(self, email: str) -> str | None:
        lines = (self._folder / "var/outbox.jsonl").read_text("utf-8").splitlines()
        mine = [line for line in lines if json.loads(line).get("to") == email]
        found = [code for line in mine if (code := re.search(r"\b[0-9]{6}\b", line))]
        return found[-1][0] if found else None


def until(look: Callable[[], Any], seconds: float = 60, pause: float = 0.2) -> Any:
    """The first result that is not empty; what is looked at may be busy."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(pause)
    return found


@contextmanager
def served_demo() -> Iterator[Served]:
    """The demo while the block runs."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="izin-connector-") as made:
        folder = Path(made)
        env = {"PATH": os.environ["PATH"], "HOME": made, "PORT": str(port)}
        for words in (("migrate", "--quiet"), ("demo", "--if-empty")):
            subprocess.run([IZIN, *words], cwd=folder, env=env, check=True)
        with subprocess.Popen([IZIN, "serve", "--quiet"], cwd=folder, env=env, stderr=subprocess.DEVNULL) as site:
            try:
                while not listening(port):
                    assert site.poll() is None, "the demo did not start"
                    time.sleep(0.05)
                opened = Served(folder, env, f"http://{HOST}:{port}")
                yield opened
                opened.close()
            finally:
                site.terminate()
