"""What sign-in looks like from outside: browsers, and the messages that would have been sent."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx2
from sqlalchemy import text as sql

from consents.registry import Registry
from consents.store import Snapshot, Statement
from izin import app
from settings import Settings, load
from tests.conftest import SECRET, Clock
from tests.web.client import PageClient

AYSE, MEHMET, YABANCI = "+905320000001", "+905320000002", "+905320000003"
MAIL = "ayse@example.com"
# Why sign-in refuses, as its pages say so.
WRONG, NO_CODE = "Kod yanlış.", "Bu tarayıcıda istenmiş bir kod yok."
HIS_OWN = "Bunu yalnız kendisi, kendi telefonuna gelen kodla girerek yapabilir."
BY_TEXT = "Bunun için size gelen kodla girmeniz gerekir."

_POSTED = Statement(sql("SELECT kind, sealed FROM outbox ORDER BY id"))


class Desk:
    """A running site. ``sent``: the messages in its outbox."""

    def __init__(self, registry: Registry, clock: Clock, env: Mapping[str, str]) -> None:
        self.registry, self.clock = registry, clock
        self.settings: Settings = load({"SECRET_KEY": SECRET, **env})
        self.asgi = app.build(self.settings, registry)
        self.browsers: list[Browser] = []

    def browser(self, **options: object) -> Browser:
        """A new browser, without cookies."""
        opened = Browser(self, **options)
        opened.__enter__()
        self.browsers.append(opened)
        return opened

    @property
    def sent(self) -> list[dict[str, str]]:
        """What was posted, oldest first: to, subject, text, kind."""
        keyring = self.registry.keyring

        def read(snapshot: Snapshot) -> list[dict[str, str]]:
            return [{**keyring.unseal_evidence(bytes(sealed)), "kind": kind} for kind, sealed in snapshot.all(_POSTED)]

        return self.registry.store.read_now(read)

    @property
    def code(self) -> str:
        """The code in the newest message."""
        found = re.search(r"#([0-9]{6})\Z", self.sent[-1]["text"].strip())
        assert found
        return found[1]

    @property
    def other(self) -> str:
        """Six digits that are not the code."""
        return f"{(int(self.code) + 1) % 10**6:06}"

    def close(self) -> None:
        for opened in self.browsers:
            opened.__exit__(None, None, None)


class Browser(PageClient):
    """A browser at the desk."""

    def __init__(self, desk: Desk, **options: object) -> None:
        super().__init__(desk.asgi, **{"base_url": desk.settings.public_url, **options})
        self.desk = desk

    def ask(self, address: str = AYSE, path: str = "/giris") -> httpx2.Response:
        return self.post(path, data={"address": address})

    def type(self, code: str, path: str = "/giris/kod") -> httpx2.Response:
        return self.post(path, data={"code": code})

    def again(self) -> httpx2.Response:
        return self.post("/giris/kod/yeniden")

    def sign_in(self, address: str = AYSE) -> Browser:
        """Asks and types the code that came."""
        assert self.ask(address).status_code == 303
        assert self.type(self.desk.code).headers["location"].startswith("/izinler")
        return self

    def add(self, address: str) -> Browser:
        """Proves one more address in the session."""
        assert self.ask(address, "/giris/ekle").status_code == 303
        assert self.type(self.desk.code, "/giris/ekle/kod").headers["location"] == "/izinler?eklendi=1"
        return self

    @property
    def signed_in(self) -> bool:
        return self.get("/izinler/kayit.json").status_code == 200
