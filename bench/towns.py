"""Signed-in citizens: a town in which each hears from fifty brands, and people of a registry that files have filled."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

from sqlalchemy import text

from bench import registries
from bench.harness import Scale
from citizen.session import session_store
from consents import ledger
from consents.brands import companies
from consents.history import Deed
from consents.ledger import Claim
from consents.people import register
from consents.registry import Registry, prepare
from consents.rules import ONAY
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Channel, Door, Identity, Source
from web import cookies

BRANDS = tuple(range(registries.PROVIDER + 1, registries.PROVIDER + 51))
NUMBERS = tuple(f"+9053200000{last:02}" for last in range(100))  # who sign in by code
_FEW = 3  # brands that such a number hears from

_SEALED = Statement(text("SELECT sealed FROM recipient WHERE id = :id"))


class Town(NamedTuple):
    """A registry and the cookies of those who are signed in, each with a consent by e-mail for either identity of
    every brand."""

    url: str
    path: Path
    cookies: list[str]


def make(scale: Scale, citizens: int) -> Town:
    """A new town."""
    path = Path(mkdtemp(prefix="town-", dir=scale.folder)) / "town.db"
    url = f"sqlite:///{path}"
    return Town(url, path, fill(url, citizens))


def fill(url: str, citizens: int) -> list[str]:
    """The same in a database that is empty, of either kind; the cookies."""
    prepare(url, registries.SECRET)
    addresses = [f"yurttas{number}@example.com" for number in range(citizens)]
    with registries.open_registry(url) as registry:
        registry.store.write_now(_found)
        for code in BRANDS:
            brand, few = registries.brand(registry, code).id, code < BRANDS[_FEW]
            registry.store.write_now(_consent, registry, brand, addresses, NUMBERS if few else ())
        cookies_: list[str] = registry.store.write_now(_sign_in, registry, addresses)
        return cookies_


def sign_in(url: str, count: int) -> list[str]:
    """Cookies of people by chance, of a registry filled from files."""
    dice = random.Random(count)
    with registries.open_registry(url) as registry:
        numbers = [dice.randint(1, registries.people(registry)) for _ in range(count)]
        addresses = [_address(registry, number) for number in numbers]
        return registry.store.write_now(_sign_in, registry, addresses)


def _address(registry: Registry, number: int) -> str:
    row = registry.store.read_now(Snapshot.one, _SEALED, {"id": number})
    assert row is not None
    address = registry.keyring.unseal(row[0])
    assert address is not None
    return address


def _found(transaction: Transaction) -> None:
    companies.add_provider(transaction, registries.PROVIDER, "Örnek Mağazacılık A.Ş.")
    for code in BRANDS:
        companies.add_brand(transaction, registries.PROVIDER, code, f"Örnek {code}", example=True)


def _consent(
    transaction: Transaction, registry: Registry, brand: int, mails: list[str], numbers: tuple[str, ...]
) -> None:
    """The brand has everybody's ONAY, a day old."""
    at = transaction.now // 1_000_000 * 1_000_000 - 86_400_000_000
    claims = []
    for channel, addresses in ((Channel.EPOSTA, mails), (Channel.MESAJ, numbers)):
        people = [register.person(registry.keyring, address) for address in addresses]
        recipients = register.enrol_all(transaction, registry.keyring, people)
        for recipient, identity in itertools.product(recipients, Identity):
            key = (recipient, brand, channel.code, identity.code)
            claims.append(Claim(*key, ONAY, Source.HS_WEB.code, at))
    ledger.declare(transaction, registry.policy, brand, claims, Deed(Actor.PROVIDER, Door.FILE))


def _sign_in(transaction: Transaction, registry: Registry, addresses: list[str]) -> list[str]:
    tokens = [cookies.token() for _ in addresses]
    for token, address in zip(tokens, addresses, strict=True):
        session_store.open_(transaction, registry.keyring, cookies.key(token), address, None)
    return [f"sid={token}" for token in tokens]
