"""A site with two companies and people of every kind at its panel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx2
from sqlalchemy import text as sql

from consents.brands import companies, provider_list
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction
from izin import app
from panel.accounts import account_store, factors, memberships, partner_seats, sessions
from panel.rights import GIVEN, Membership, Permission, Role, Staff
from providers.callers import partners
from settings import load
from tests.conftest import SECRET, Clock, witness_file
from tests.web.client import PageClient
from web import cookies

CINAR, ISIK = 600100, 600200  # iysCodes
BRANDS = {CINAR: (600100, 600101), ISIK: (600200, 600201)}
# Why the panel refuses, as it says so.
STALE, NO_RIGHT = "Siz bakarken başka biri bunu değiştirdi.", "Bunun için yetkiniz yok."
_POSTED = Statement(sql("SELECT kind, sealed FROM outbox WHERE sealed IS NOT NULL ORDER BY id"))

PARTNER = 700900  # integratorCode


class Seat(NamedTuple):
    """At the partner, which has rights at Çınar's first brand."""

    owner: bool


Kind = Membership | Staff | Seat | None
# Everybody at Çınar (or of the operator's people), by what he is.
KINDS: dict[str, Kind] = {
    "owner": Membership(Role.OWNER, Permission.MEMBER),
    "manager": Membership(Role.MANAGER, Permission.MEMBER),
    **{f"user with {right.name}": Membership(Role.USER, right) for right in GIVEN},
    "user with nothing": Membership(Role.USER, Permission.MEMBER),
    "operator": Staff.OPERATOR,
    "auditor": Staff.AUDITOR,
    "partner's owner": Seat(owner=True),
    "partner's": Seat(owner=False),
    "nobody's": None,
}


class Office:
    """A running site. ``sent``: the messages in its outbox."""

    def __init__(self, registry: Registry, clock: Clock, env: Mapping[str, str] | None = None) -> None:
        self.registry, self.clock = registry, clock
        own = {"SECRET_KEY": SECRET, "CODES_SENT_PER_IP": "1000", "WITNESS_FILE": witness_file(registry)}
        self.settings = load({**own, **(env or {})})
        registry.store.write_now(_companies)
        self.asgi = app.build(self.settings, registry)
        self.browsers: list[Colleague] = []
        self.numbers = iter(range(1, 10_000))

    def browser(self, **options: Any) -> Colleague:
        """A browser of nobody."""
        opened = Colleague(self, **options)
        opened.__enter__()
        self.browsers.append(opened)
        return opened

    def person(self, email: str, kind: Kind, code: int = CINAR) -> int:
        """Adds somebody; his number."""
        found: int = self.registry.store.write_now(_person, self.registry, email, kind, code)
        return found

    def somebody(self, kind: Kind, code: int = CINAR, *, email: str = "", strong: bool = True) -> Colleague:
        """A browser in which a new person is signed in, with his second step passed unless ``strong`` is False."""
        email = email or f"kisi{next(self.numbers)}@example.com"
        number = self.person(email, kind, code)
        browser, token = self.browser(), cookies.token()
        self.registry.store.write_now(_session, number, cookies.key(token), strong)
        browser.cookies.set(cookies.PANEL, token, domain="127.0.0.1", path="/")
        browser.email, browser.number = email, number
        return browser

    def id_of(self, code: int) -> int:
        """The internal id of a provider."""
        known = self.registry.store.read_now(provider_list.by_code, code)
        assert known is not None
        return known.id

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

    def acts(self) -> list[str]:
        """What the log of acts says was done, oldest first."""
        rows = Statement(sql("SELECT what FROM panel_act ORDER BY id"))
        return [row[0] for row in self.registry.store.read_now(lambda snapshot: snapshot.all(rows))]

    def close(self) -> None:
        for opened in self.browsers:
            opened.__exit__(None, None, None)


class Colleague(PageClient):
    """A browser at the panel."""

    email = ""
    number = 0

    def __init__(self, office: Office, **options: Any) -> None:
        super().__init__(office.asgi, **{"base_url": office.settings.public_url, **options})
        self.office = office

    def shown(self, path: str, **given: Any) -> httpx2.Response:
        """What a browser shows after a post: of a redirect the page that it leads to."""
        return self.post(path, follow_redirects=True, **given)

    def ask(self, email: str) -> httpx2.Response:
        return self.post("/panel/giris", data={"email": email})

    def type(self, code: str) -> httpx2.Response:
        return self.post("/panel/giris/kod", data={"code": code})

    def sign_in(self, email: str) -> httpx2.Response:
        """Asks and types the code that came."""
        assert self.ask(email).status_code == 303
        return self.type(self.office.code)

    @property
    def signed_in(self) -> bool:
        return self.get("/panel/hesap").status_code == 200


def app_code(office: Office, secret: str, drift: int = 0) -> str:
    """What an app with this secret shows now."""
    return factors.code_of(secret, office.clock.now // 1_000_000 // factors.STEP + drift)


def give_app(office: Office, person: int) -> str:
    """Sets up an app for somebody, by its code of a while ago; its secret."""
    secret = factors.new_secret()

    def work(transaction: Transaction) -> None:
        keyring = office.registry.keyring
        factors.begin_app(transaction, keyring, person, secret)
        assert factors.prove_app(transaction, keyring, person, app_code(office, secret, -1))

    office.registry.store.write_now(work)
    return secret


def _companies(transaction: Transaction) -> None:
    for code, brands in BRANDS.items():
        companies.add_provider(transaction, code, f"Şirket {code} A.Ş.")
        for brand in brands:
            companies.add_brand(transaction, code, brand, f"Marka {brand}")


def _person(transaction: Transaction, registry: Registry, email: str, kind: Kind, code: int) -> int:
    person = account_store.enrol(transaction, registry.keyring, email)
    if isinstance(kind, Staff):
        account_store.set_staff(transaction, person.id, kind)
    elif isinstance(kind, Seat):
        if partners.find(transaction, PARTNER) is None:
            partners.add(transaction, PARTNER, "Köprü Yazılım")
            partners.grant(transaction, PARTNER, BRANDS[CINAR][0], (1, 2, 0))
        partner_seats.put(transaction, person.id, partners.number(transaction, PARTNER), kind.owner)
    elif kind is not None:
        company = provider_list.by_code(transaction, code)
        assert company is not None
        memberships.put(transaction, person.id, company.id, kind)
    return person.id


def _session(transaction: Transaction, person: int, key: bytes, strong: bool) -> None:
    sessions.open_(transaction, key, person, b"device" * 4)
    if strong:
        sessions.pass_step(transaction, key, key)
