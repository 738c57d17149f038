"""A company's request, started and answered by its code, against one consent toggled by its citizen: each durable, each
at the ledger, without HTTP."""

from __future__ import annotations

import re
import time

from asking import answering, forms, request_store, starting
from asking.forms import FormTexts
from asking.request_states import RequestMethod, RequestPurpose
from asking.starting import NewAsk, Started
from bench import child, registries
from bench.harness import Row, Scale, in_turns
from consents import ledger
from consents.brands.book import BrandEntry
from consents.history import Deed
from consents.ledger import Wish
from consents.people import recipients, register
from consents.registry import Registry
from consents.rules import DOOR_SOURCES, ONAY
from consents.store import Transaction
from consents.terms import Actor, Channel, Door, Identity
from gateways.outbox import outbox
from settings import load

_MOST = 500  # of each in a round


def run(scale: Scale) -> list[Row]:
    url, path = registries.fresh(scale)
    count = min(_MOST, scale.small // 100)
    rounds = iter(range(10_000))
    ways = {
        "asked": lambda: child.call(ask, url=url, first=next(rounds) * count, count=count),
        "toggled": lambda: child.call(toggle, url=url, first=next(rounds) * count, count=count),
    }
    taken = in_turns(scale.rounds, ways)
    registries.remove(path)
    asked, toggled = (taken.median(way) / count * 1000 for way in ways)
    note = f"{asked:.2f} against {toggled:.2f} ms, one after the other"
    return [Row("a request started and answered ÷ a consent toggled", taken.ratio("asked", "toggled"), "", 6.0, 3.0,
                less=True, note=note)]  # fmt: skip


def ask(url: str, first: int, count: int) -> float:
    """Seconds for so many requests, from the start to the notice: two transactions and two messages each."""
    settings = load({"SECRET_KEY": registries.SECRET, "CODES_SENT_BUDGET": "1000000"})
    with registries.open_registry(url) as registry:
        brand = _brand(registry)
        form = registry.store.write_now(_publish, brand)
        spent = 0.0
        for number in range(first, first + count):
            to = recipients.parse(f"+90532{number:07}")
            began = time.perf_counter()
            wanted = NewAsk(
                brand.company, brand, RequestPurpose.CONSENT, RequestMethod.SMS_OTP, to, form, forms.bits(_WAYS)
            )
            started = registry.store.write_now(starting.start, registry, settings, wanted)
            spent += time.perf_counter() - began
            assert isinstance(started, Started), started
            (message,) = registry.store.read_now(outbox.readable, registry.keyring, 1)
            found = re.search(r"(?<!\d)(\d{6})(?!\d)", message.text)
            assert found is not None
            began = time.perf_counter()
            registry.store.write_now(_answer, registry, brand, started.public, found[1])
            spent += time.perf_counter() - began
    return spent


def toggle(url: str, first: int, count: int) -> float:
    """Seconds for so many consents of as many people, each given on a page."""
    with registries.open_registry(url) as registry:
        brand = _brand(registry)
        spent = 0.0
        for number in range(first, first + count):
            began = time.perf_counter()
            registry.store.write_now(_toggle, registry, brand.id, f"+90532{number:07}")
            spent += time.perf_counter() - began
    return spent


_WAYS = (Channel.MESAJ,)


def _brand(registry: Registry) -> BrandEntry:
    book = registry.store.read_now(registry.brands.book, registry.store.now())
    return book.by_code[registries.BRANDS[0]]


def _publish(transaction: Transaction, brand: BrandEntry) -> int:
    form = forms.make(transaction, brand.id)
    texts = FormTexts(
        brand.title, forms.bits(_WAYS), Identity.BIREYSEL.code, "Haftada bir.", "https://example.com/kvkk"
    )
    number = forms.draft(transaction, form, texts)
    assert forms.submit(transaction, form, number)
    assert forms.publish(transaction, form, number)
    return form


def _answer(transaction: Transaction, registry: Registry, brand: BrandEntry, public: str, digits: str) -> None:
    request = request_store.by_public(transaction, registry.keyring, public)
    assert request is not None
    settings = load({"SECRET_KEY": registries.SECRET})
    done = answering.by_code(transaction, registry, settings, brand, request, RequestPurpose.CONSENT, digits)
    assert done.act is not None


def _toggle(transaction: Transaction, registry: Registry, brand: int, address: str) -> None:
    recipient = register.acting(transaction, registry.keyring, register.person(registry.keyring, address))
    wish = Wish(brand, Channel.MESAJ.code, Identity.BIREYSEL.code, ONAY, DOOR_SOURCES[Door.PAGE].code)
    evidence = registry.keyring.seal_evidence({"session": "0" * 64})
    ledger.decide(transaction, registry.policy, recipient, [wish], Deed(Actor.CITIZEN, Door.PAGE, evidence=evidence))
