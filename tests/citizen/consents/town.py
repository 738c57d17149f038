"""A site with a few brands and signed-in people, for tests of the citizen's pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from citizen.session import session_store
from consents import ledger
from consents.brands import companies
from consents.history import Deed
from consents.ledger import Claim
from consents.people import register
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Actor, Channel, Door, Identity, Source, Status
from izin import app
from settings import load
from tests.conftest import SECRET, witness_file
from tests.web.client import PageClient, Sheet
from web import cookies

AYSE, MEHMET, YABANCI = "+905320000001", "+905320000002", "+905320000003"
MAIL = "ayse@example.com"
CINAR, CINAR_MINI, ISIK = 600101, 600102, 600202
HTMX = {"hx-request": "true", "hx-request-type": "partial"}
DAY = 86_400_000_000  # µs


class Town:
    """One running site over one registry. ``clock``: stands until it is moved."""

    def __init__(self, registry: Registry, client: PageClient) -> None:
        self.registry, self.client = registry, client

    @property
    def now(self) -> int:
        return self.registry.store.now()

    def brand(self, code: int) -> int:
        """A brand's internal id."""
        found = self.registry.store.read_now(companies.known_brand, code)
        assert found is not None
        return found.id

    def person(self, address: str) -> int:
        """A recipient's number, enrolled where it is not known."""
        who = register.person(self.registry.keyring, address)
        return self.registry.store.write_now(register.enrol, self.registry.keyring, who)

    def told(
        self,
        address: str,
        brand: int,
        channel: str = "MESAJ",
        identity: str = "BIREYSEL",
        status: str = "ONAY",
        *,
        ago: float = 30,
        source: str | None = "HS_WEB",
        dealer: int | None = None,
    ) -> str:
        """A provider's word, ``ago`` days old; the ledger's answer."""
        at = self.now - round(ago * DAY) if ago else 0
        claim = Claim(
            self.person(address),
            self.brand(brand),
            Channel(channel).code,
            Identity(identity).code,
            Status(status).code,
            None if source is None else Source(source).code,
            at // 1_000_000 * 1_000_000,
            dealer,
        )
        store, policy = self.registry.store, self.registry.policy
        (answer,) = store.write_now(ledger.declare, policy, claim.brand, [claim], Deed(Actor.PROVIDER, Door.FILE))
        return answer

    def sign_in(self, *addresses: str, last: int | None = None) -> Visitor:
        """A browser in whose session these addresses are proved, the last of them current."""
        secret = cookies.token()

        def work(transaction: Transaction) -> None:
            session_store.open_(transaction, self.registry.keyring, cookies.key(secret), addresses[0], last)

        def add(transaction: Transaction, old: str, new: str, address: str) -> None:
            keys = cookies.key(old), cookies.key(new)
            assert session_store.add(transaction, self.registry.keyring, *keys, address, last)

        self.registry.store.write_now(work)
        for address in addresses[1:]:
            old, secret = secret, cookies.token()
            self.registry.store.write_now(add, old, secret, address)
        return Visitor(self.client, f"sid={secret}")


class Visitor:
    """A browser with its cookie."""

    def __init__(self, client: PageClient, cookie: str) -> None:
        self.client, self.cookie = client, cookie

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.client.get(path, headers={"cookie": self.cookie, **headers})

    def post(self, path: str, **form: str | list[str]) -> httpx2.Response:
        return self.client.post(path, data=form, headers={"cookie": self.cookie})

    def press(self, path: str, **form: str) -> httpx2.Response:
        """Posts as htmx does."""
        return self.client.post(path, data=form, headers={"cookie": self.cookie, **HTMX})

    def refuse_listed(self, brand: int, identity: str = "", *, language: str = "") -> httpx2.Response:
        """The button of a brand of the list."""
        narrow = {"identity": identity} if identity else {}
        path = f"/izinler/reddet?lang={language}" if language else "/izinler/reddet"
        return self.press(path, scope="brand", code=str(brand), **narrow)

    def refuse(self, brand: int, channel: str = "MESAJ", identity: str = "BIREYSEL") -> httpx2.Response:
        return self.press(f"/izinler/{brand}/{channel}/{identity}", status="RET")

    def follow(self, answer: httpx2.Response) -> httpx2.Response:
        """Opens what an answer leads to."""
        assert answer.status_code == 303
        return self.get(answer.headers["location"])


def rows(markup: str) -> dict[str, str]:
    """The rows of a page: "600101-MESAJ-BIREYSEL" -> data-status."""
    found = [given for _, given in Sheet(markup).elements if given.get("id", "").startswith("c-")]
    return {given["id"][2:]: given["data-status"] for given in found}


def listed(markup: str) -> dict[int, str]:
    """The brands of a list: code -> data-status."""
    found = [given for _, given in Sheet(markup).elements if given.get("id", "").startswith("m-")]
    return {int(given["id"][2:]): given["data-status"] for given in found}


def place(markup: str, brand: int) -> str:
    """The markup of one brand of a list."""
    return markup.partition(f'<section class="listed" id="m-{brand}"')[2].partition("</section>")[0]


def text(markup: str) -> str:
    """What is read on a page, in one line."""
    import html
    import re

    bare = re.sub(r"<(script|symbol)\b.*?</\1>", "", markup, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).replace("\u2011", "-").split())


def furnish(transaction: Transaction) -> None:
    """Three brands of two companies."""
    companies.add_provider(transaction, 600100, "Çınar Mağazacılık A.Ş.", "0123456789012345")
    companies.add_brand(transaction, 600100, CINAR, "Çınar", names=("CINAR",), headers=("CINARMKT",))
    companies.add_brand(transaction, 600100, CINAR_MINI, "Zambak", names=("ZAMBAK",))
    companies.add_provider(transaction, 600200, "Işık Elektrik Ltd.")
    companies.add_brand(transaction, 600200, ISIK, "Işık")
    companies.add_dealer(transaction, CINAR, "Örnek Bayi", "123")


@contextmanager
def town(registry: Registry, **env: Any) -> Iterator[Town]:
    """The town, open."""
    registry.store.write_now(furnish)
    own = {"SECRET_KEY": SECRET, "OPTOUT_NUMBER": "3838", "WITNESS_FILE": witness_file(registry)}
    settings = load({**own, **env})
    with PageClient(app.build(settings, registry), base_url=settings.public_url) as client:
        yield Town(registry, client)
