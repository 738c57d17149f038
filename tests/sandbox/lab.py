"""A program at a sandbox: it signs in with a test key and calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx2
from starlette.testclient import TestClient

from providers.callers import api_users
from providers.callers.api_users import Owner
from tests import programs
from tests.providers.api.desk import CINAR, Desk, asked, brand, consent

B = brand(CINAR)
AT = "/sandbox"
USER = f"test_{CINAR}"


class SandboxProgram:
    """``at``: the base address of the sandbox; ``path``: of its brand."""

    def __init__(
        self, client: TestClient | httpx2.Client, username: str, password: str, at: str = AT, path: str = B
    ) -> None:
        self.client, self.at, self._path = client, at, path
        self._fields = {"grant_type": "password", "username": username, "password": password}
        self.sign_in()

    def sign_in(self) -> None:
        answer = self.tokens()
        assert answer.status_code == 200, answer.text
        self.token, self.renewal = answer.json()["access_token"], answer.json()["refresh_token"]

    def tokens(self, **headers: str) -> httpx2.Response:
        return self.client.post(f"{self.at}/oauth2/token", json=self._fields, headers=_named(headers))

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        own = {"Authorization": f"Bearer {self.token}", **_named(headers)}
        return self.client.request(method, f"{self.at}{path}", json=body, headers=own)

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        return self.call("POST", path, body, **headers)

    def script(self, name: str, calls: int = 1) -> None:
        answer = self.post("/script", {"script": name, "calls": calls})
        assert answer.status_code == 200, answer.text

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.get("/clock").json()["now"])

    def forward(self, **by: int) -> None:
        answer = self.post("/clock", by)
        assert answer.status_code == 200, answer.text

    def consent(self, number: int, **other: Any) -> dict[str, Any]:
        given = self.now - timedelta(minutes=1)
        return consent(number, consentDate=given.strftime("%Y-%m-%d %H:%M:%S")) | other

    def status(self, number: int) -> str | None:
        """Of the number's SMS consent; None without a record."""
        answer = self.post(f"{self._path}/consents/status", asked(number))
        assert answer.status_code == 200, answer.text
        return answer.json().get("status")


def add_key(here: Desk, username: str = USER) -> str:
    """A test key of Çınar; its password."""
    add = api_users.add, Owner.PROVIDER, CINAR, username, programs.password(username), True
    here.passwords[username] = here.registry.store.write_now(*add)
    return here.passwords[username]


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
