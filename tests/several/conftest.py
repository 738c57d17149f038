"""Three processes of a site, and the balancer in front of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from consents.brands import companies, provider_list
from consents.registry import Registry
from consents.store import Transaction
from panel.accounts import account_store, memberships
from panel.rights import Membership, Permission, Role
from providers.callers import api_users
from providers.callers.api_users import Owner
from tests import HOST, free_port, listening, programs
from tests.conftest import SECRET, _named, _run
from tests.crash.zygote import Zygote

CINAR, MEMBERS, PERSON = 600101, 3, "kisi@example.com"
HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
CONFIG = """
global
  nbthread 1
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  option forwardfor
frontend site
  bind {host}:{port}
  default_backend members
backend members
  balance roundrobin
  http-response set-header x-member %s
"""


class Answer(NamedTuple):
    """An answer, and which process gave it ("": asked directly)."""

    status: int
    headers: dict[str, str]
    body: bytes
    member: str
    cookies: str  # as a browser would send them back

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given: Any, **more: Any) -> None:
        return None


_opener = urllib.request.build_opener(_Stay)


class Site(NamedTuple):
    """Where the balancer listens, and each of its members; the registry they share; where their messages go."""

    url: str
    members: list[str]
    registry: Registry
    outbox: Path
    password: str

    def ask(self, method: str, url: str, body: Any = None, **headers: str) -> Answer:
        """One request on a connection of its own; a body is JSON, or a form's bytes."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/x-www-form-urlencoded" if isinstance(body, bytes) else "application/json"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(url, data, {"content-type": kind, **named}, method=method)
        try:
            with _opener.open(request, timeout=60) as answer:
                return _told(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return _told(refused)

    def code_for(self, address: str, before: int = 0) -> str:
        """The code that was sent to an address after ``before`` others; waits for it."""
        code: str = wait(lambda: self.codes(address)[before:], f"a code for {address}")[0]
        return code

    def codes(self, address: str) -> list[str]:
        """All codes that were sent to an address."""
        if not self.outbox.exists():
            return []
        sent = [json.loads(line) for line in self.outbox.read_text(encoding="utf-8").splitlines()]
        found = (re.search(r"\b\d{6}\b", one["text"]) for one in sent if one["to"] == address)
        return [one[0] for one in found if one]


def _told(answer: Any) -> Answer:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    cookies = [each.partition(";")[0] for each in answer.headers.get_all("set-cookie") or []]
    return Answer(answer.status, headers, answer.read(), headers.get("x-member", ""), "; ".join(cookies))


def wait(found: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """What ``found`` gives once that is something."""
    end = time.monotonic() + seconds
    while not (told := found()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)
    return told


@pytest.fixture(scope="module")
def site(postgresql: str, postgresql_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if HAPROXY is None:
        pytest.skip("haproxy is not installed: tests/needs.sh installs it")
    _run(postgresql, f"CREATE DATABASE several TEMPLATE {postgresql_template} STRATEGY FILE_COPY")
    folder = tmp_path_factory.mktemp("several")
    url = _named(postgresql, "several")
    registry = Registry.open(url, SECRET)
    password = registry.store.write_now(_furnish, registry)
    ports = [free_port() for _ in range(MEMBERS + 1)]
    address = f"http://{HOST}:{ports[0]}"
    zygote = Zygote(folder / "log", program="tests.several.member")
    outbox = folder / "outbox.jsonl"
    for port in ports[1:]:
        zygote.start(folder=str(folder), settings=_settings(url, port, address, outbox))
    lines = [f"  server m{port} {HOST}:{port}" for port in ports[1:]]
    config = folder / "haproxy.cfg"
    config.write_text(CONFIG.format(host=HOST, port=ports[0]) + "\n".join(lines) + "\n")
    balancer = subprocess.Popen([HAPROXY, "-q", "-db", "-f", config])
    try:
        wait(lambda: all(map(listening, ports)), f"three sites: {zygote.errors()}")
        yield Site(address, [f"http://{HOST}:{port}" for port in ports[1:]], registry, outbox, password)
    finally:
        balancer.terminate()
        balancer.wait(60)
        zygote.kill()
        zygote.close()
        registry.close()
        _run(postgresql, "DROP DATABASE several WITH (FORCE)")


def _settings(url: str, port: int, address: str, outbox: Path) -> dict[str, str]:
    file = f"file:{outbox}"
    return {
        "DATABASE_URL": url,
        "PORT": str(port),
        "PUBLIC_URL": address,
        "SECRET_KEY": SECRET,
        "SMS_GATEWAY": file,
        "MAIL_GATEWAY": file,
        "TRUSTED_PROXY": "127.0.0.0/8",
        "API_PER_SECOND": "1000",
        "SEND_GAP_SECONDS": "0",
        "LOG_LEVEL": "warning",
    }


def _furnish(transaction: Transaction, registry: Registry) -> str:
    companies.add_provider(transaction, CINAR, "Çınar A.Ş.")
    companies.add_brand(transaction, CINAR, CINAR, "Çınar")
    company = provider_list.by_code(transaction, CINAR)
    assert company is not None
    person = account_store.enrol(transaction, registry.keyring, PERSON)
    memberships.put(transaction, person.id, company.id, Membership(Role.USER, Permission.SEE))
    return api_users.add(transaction, Owner.PROVIDER, CINAR, "cinar", programs.password("cinar"))
