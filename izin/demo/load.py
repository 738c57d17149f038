"""Loads the demo into an empty registry, through the ledger alone."""

from __future__ import annotations

from consents.brands import companies
from consents.brands.companies import BadCompany
from consents.instants import MINUTE
from consents.languages import in_all, mark_in
from consents.registry import Registry
from consents.rules import Reconsent
from consents.store import Transaction
from izin.demo import story
from izin.demo.play import Player
from izin.demo.programs import Programs
from settings import Settings

PERSON = story.PHONE, story.EMAIL  # whom a visitor signs in as
RELATIVE = story.PHONES[10]  # 0532 000 00 12, whom a visitor helps
_BEFORE_NOW = 60 * MINUTE  # the demo's last word is older than this


class NotEmpty(BadCompany):
    """The registry already has companies."""


def load(database_url: str, secret: str, reconsent: Reconsent, now: int) -> None:
    """Fills a migrated registry with three years up to an hour before ``now`` (µs), in one transaction. Errors:
    NotEmpty, and those of ``Registry.open``."""
    with Registry.open(database_url, secret, reconsent=reconsent, now=lambda: now - _BEFORE_NOW) as registry:
        registry.store.write_now(_fill, registry, now)


def is_empty(registry: Registry) -> bool:
    """Whether the registry has no company, and so no consent."""
    return not registry.store.read_now(companies.any_company)


def holds_demo(registry: Registry) -> bool:
    """Whether the registry has invented brands: a real site must not start with them."""
    return registry.store.read_now(companies.any_example)


def is_demo(registry: Registry, settings: Settings) -> bool:
    """The same, for a process that starts. Errors: BadCompany where these settings could reach real people."""
    demo = holds_demo(registry)
    if demo and (reason := refuse_reason(settings)) is not None:
        raise BadCompany(f"the database holds the demo's invented brands: a real site needs its own ({reason})")
    return demo


def refuse_reason(settings: Settings) -> str | None:
    """Why these settings do not allow the demo; None when they do. A real site or carrier could send to, or show,
    declarations that nobody gave."""
    if settings.https:
        return "PUBLIC_URL is https, a real site: the demo's invented brands and consents do not belong there"
    gateways = {"SMS": settings.sms_gateway, "MAIL": settings.mail_gateway, "VOICE": settings.voice_gateway}
    for name, gateway in gateways.items():
        if gateway is not None and any(one.scheme != "file" for one in gateway.all):
            return f"{name}_GATEWAY is a real carrier: the demo's messages must go nowhere but into a file (file:PATH)"
    return None


def programs() -> Programs:
    """The invented companies' programs, for a site that serves the demo."""
    return Programs(story.read_brands())


def welcome(public_url: str) -> str:
    """What a demo is, its address, its people, their codes, the companies' pages: in Turkish and English."""
    return _WELCOME.format(
        welcome=in_all("İzin denemesi: markalar ve kişiler uydurma"),
        number=in_all(mark_in("command", "Numara")),
        codes=in_all(mark_in("command", "Kodlar")),
        url=public_url,
        phone="0532 000 00 01",
        email=story.EMAIL,
    )


def _fill(transaction: Transaction, registry: Registry, now: int) -> None:
    if companies.any_company(transaction):
        raise NotEmpty("the registry holds companies already: load the demo into an empty database")
    invented = story.read_brands()
    for brand in invented:
        brand.add(transaction)
    Player(transaction, registry, invented).play(story.read(now) + story.crowd_steps(now, invented), now - _BEFORE_NOW)


_WELCOME = """\
{welcome}
Site             {url}
{number}  {phone} ({email})
{codes}   {url}/deneme
Panel            {url}/panel/giris
API              {url}/gelistirici"""
