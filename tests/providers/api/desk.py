"""A site that programs call: two providers, a partner, and the client that each of them has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
from starlette.testclient import TestClient

from consents.brands import companies
from consents.registry import Registry
from consents.store import Transaction
from izin import app
from providers.callers import api_users, partners
from providers.callers.api_users import Owner
from settings import Settings, load
from tests import programs
from tests.conftest import SECRET, Clock
from web.codes import CODES

CINAR, CINAR_ALT, ISIK = 600101, 600102, 600202  # brand codes; the first and the last are master brands
PARTNER = 700707
FREE = {"API_PER_SECOND": "100000", "API_STATUS_PER_HOUR": "100000", "API_HISTORY_PER_HOUR": "100000"}


class Desk:
    """A running site with companies. ``as_provider`` and ``as_partner`` sign a program in."""

    def __init__(self, registry: Registry, clock: Clock, env: Mapping[str, str], listens: str = "") -> None:
        self.registry, self.clock = registry, clock
        self.settings: Settings = load({"SECRET_KEY": SECRET, **FREE, **env})
        self.passwords: dict[str, str] = registry.store.write_now(_companies)
        self.asgi = app.build(self.settings, registry, listens=listens)
        self._open: list[TestClient] = []

    def client(self, ip: str = "192.0.2.10") -> TestClient:
        """A program that has no token yet."""
        made = TestClient(self.asgi, base_url=self.settings.public_url, client=(ip, 50000))
        made.event_hooks = {"response": [_check_codes]}
        made.__enter__()
        self._open.append(made)
        return made

    def program(self, username: str) -> Program:
        """A program that has signed in."""
        client = self.client()
        fields = {"username": username, "password": self.passwords[username], "grant_type": "password"}
        answer = client.post("/oauth2/token", json=fields)
        assert answer.status_code == 200, answer.text
        return Program(client, answer.json())

    def grant(self, brand: int, levels: tuple[int, int, int], *, agreements: bool = False) -> None:
        """Lets the partner do something with a brand: by channel nothing 0, read 1, write 2."""
        self.registry.store.write_now(partners.grant, PARTNER, brand, levels, agreements)

    def close(self) -> None:
        for client in self._open:
            client.__exit__(None, None, None)


class Program:
    """A program with its tokens."""

    def __init__(self, client: TestClient, tokens: Mapping[str, Any]) -> None:
        self.client, self.tokens = client, dict(tokens)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """One call with the access token; ``body`` goes as JSON."""
        own = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        own |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, path, json=body, headers=own)

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        return self.call("POST", path, body, **headers)


def _check_codes(answer: httpx2.Response) -> None:
    """Every code of a refusal comes with a status that web/codes.csv has for it."""
    if answer.status_code < 400 or not answer.headers.get("content-type", "").startswith("application/json"):
        return
    if not answer.read():  # of a HEAD
        return
    body = answer.json()
    inner = body.get("subSystemErrorInfo", {})  # ViA Pass wraps a refusal, with its status
    status = inner.get("status", answer.status_code)
    for error in body.get("errors", inner.get("errors", [])):
        assert status in CODES[error["code"]].statuses, (status, error)


def codes(answer: httpx2.Response) -> list[str]:
    """The codes of what is wrong."""
    return [error["code"] for error in answer.json()["errors"]]


def brand(code: int, company: int | None = None) -> str:
    """The path of a brand."""
    return f"/sps/{company or (code if code != CINAR_ALT else CINAR)}/brands/{code}"


def _companies(transaction: Transaction) -> dict[str, str]:
    for code, title in ((CINAR, "Çınar A.Ş."), (ISIK, "Işık A.Ş.")):
        companies.add_provider(transaction, code, title)
        companies.add_brand(transaction, code, code, title.split()[0])
    companies.add_brand(transaction, CINAR, CINAR_ALT, "Çınar Çocuk")
    partners.add(transaction, PARTNER, "Örnek İş Ortağı")
    return {
        "cinar": api_users.add(transaction, Owner.PROVIDER, CINAR, "cinar", programs.password("cinar")),
        "isik": api_users.add(transaction, Owner.PROVIDER, ISIK, "isik", programs.password("isik")),
        "partner": api_users.add(transaction, Owner.PARTNER, PARTNER, "partner", programs.password("partner")),
    }


def consent(number: int = 1, **other: Any) -> dict[str, Any]:
    """A consent as a program would report it: SMS to somebody's phone, given yesterday."""
    plain = {
        "recipient": f"+9053200000{number:02}",
        "type": "MESAJ",
        "source": "HS_WEB",
        "status": "ONAY",
        "consentDate": "2026-11-23 10:15:00",
        "recipientType": "BIREYSEL",
    } | other
    return {name: value for name, value in plain.items() if value is not None}


def asked(number: int = 1, **other: Any) -> dict[str, Any]:
    """A query about the same."""
    return {"recipient": f"+9053200000{number:02}", "type": "MESAJ", "recipientType": "BIREYSEL"} | other
