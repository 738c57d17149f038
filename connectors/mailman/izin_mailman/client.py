"""Calls of İzin's API, with the standard library alone."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, NamedTuple

from izin_mailman.settings import Settings


class Answer(NamedTuple):
    """``status``: 0 without an answer; ``wait``: seconds that İzin asks for."""

    status: int
    body: Any
    wait: int = 0

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in (0, 401, 403, 408, 429) or self.status >= 500

    @property
    def words(self) -> str:
        """What went wrong."""
        if isinstance(self.body, dict) and self.body.get("errors"):
            return " ".join(str(self.body["errors"][0].get(part, "")) for part in ("code", "message"))
        return str(self.body)[:300]


class Client:
    """Signs in when it must. Not for several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._token, self._until = settings, "", 0.0

    def call(self, method: str, brand: str, path: str, body: Any = None, key: str = "", version: str = "") -> Answer:
        """A call below a brand. ``version``: “/v2” or empty."""
        place = f"{version}/sps/{self._settings.iys}/brands/{brand}{path}"
        for _ in range(2):
            if time.monotonic() > self._until:
                given = {
                    "grant_type": "password",
                    "username": self._settings.user,
                    "password": self._settings.password,
                }
                tokens = self._send("POST", "/oauth2/token", given, {})
                if tokens.status != 200:
                    return Answer(tokens.status if tokens.status != 400 else 401, tokens.body, tokens.wait)
                self._token = tokens.body["access_token"]
                self._until = time.monotonic() + tokens.body["expires_in"] - 60
            headers = {"Authorization": f"Bearer {self._token}"} | ({"Idempotency-Key": key} if key else {})
            answer = self._send(method, place, body, headers)
            if answer.status != 401:
                break
            self._until = 0.0
        return answer

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._settings.url + path, data, {"Content-Type": "application/json", **headers}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as got:
                return Answer(got.status, _decoded(got.read()))
        except urllib.error.HTTPError as fault:
            wait = fault.headers.get("Retry-After", "")
            return Answer(fault.code, _decoded(fault.read()), int(wait) if wait.isdecimal() else 0)
        except (OSError, HTTPException) as fault:
            return Answer(0, str(fault))


def _decoded(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return data[:300].decode(errors="replace")
