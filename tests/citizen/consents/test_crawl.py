"""Each page of each state of the ledger (rules L1, L4, L13, L15): every link leads to a page, every number is so."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

import pytest

from consents import history, state
from consents.people import new_holder, register
from consents.queries import timeline
from consents.rules import BEKLIYOR, RET, WAITING
from consents.store import Snapshot
from consents.terms import Actor, Channel, Identity, Status
from tests.citizen.consents.crawler import Page, crawl, plain
from tests.citizen.consents.town import AYSE, ISIK, Town, Visitor, listed, rows, town
from tests.conftest import Clock, Opener
from tests.standings import STATES, Standings
from tests.web.client import Sheet
from trust import record_numbers

WORDS = {None: "YOK", **{status.code: str(status) for status in Status}}
WAY = re.compile(r"[0-9]+-(\w+)-(\w+)")


class Truth(NamedTuple):
    """What the registry has for AYSE now: by (brandCode, channel, identity); ``veiled``: not shown to a new holder."""

    status: dict[tuple[int, str, str], str]
    veiled: frozenset[tuple[int, str, str]]

    def brands(self, *, hidden: bool = False) -> dict[int, set[str]]:
        found: dict[int, set[str]] = {}
        for key, status in self.status.items():
            if hidden or key not in self.veiled:
                found.setdefault(key[0], set()).add(status)
        return found

    def counts(self) -> Counter[str]:
        return Counter(_section(statuses) for statuses in self.brands().values())


def _section(statuses: set[str]) -> str:
    return "open" if "ONAY" in statuses else "waiting" if "BEKLIYOR" in statuses else "refused"


def truth(here: Town) -> Truth:
    return here.registry.store.read_now(_truth, here)


def _truth(snapshot: Snapshot, here: Town) -> Truth:
    """From the last words, as the ledger folds them."""
    registry, now = here.registry, here.now
    recipient = register.find(snapshot, registry.keyring, register.person(registry.keyring, AYSE))
    if recipient is None:
        return Truth({}, frozenset())
    codes = {brand.id: brand.code for brand in registry.brands.book(snapshot, now).by_id.values()}
    since = new_holder.hidden(snapshot, recipient).since
    status, veiled = {}, set()
    for key, stands in state.of_recipient(snapshot, recipient).items():
        word = stands.status
        if word == BEKLIYOR:
            assert stands.provider is not None
            act = timeline.act_of(snapshot, stands.provider.event)
            past = history.act(snapshot, act) if act is not None else None
            assert past is not None
            word = RET if past.recorded_at + WAITING <= now else word
        name = (codes[key.brand], str(Channel.of(key.channel)), str(Identity.of(key.identity)))
        status[name] = WORDS[word]
        if word == RET and since and stands.in_force().at < since:
            veiled.add(name)
    return Truth(status, frozenset(veiled))


def number_in(words: str) -> int:
    found = re.search(r"[0-9]+", words)
    return int(found[0]) if found else 0


def heading(page: Page) -> str:
    found = re.search(r"<h1\b.*?</h1>", page.markup, re.DOTALL)
    assert found
    return plain(found[0])


def inside(page: Page, name: str) -> str:
    """The text of the element with this id; "" without one."""
    found = re.search(rf'<(\w+)[^>]*\bid="{name}"[^>]*>(.*?)</\1>', page.markup, re.DOTALL)
    return plain(found[2]) if found else ""


def check(here: Town, visitor: Visitor, language: str = "tr") -> dict[str, Page]:
    """Crawls, and compares each statement about the registry with it."""
    pages, stands = crawl(visitor, language), truth(here)
    counts, brands = stands.counts(), stands.brands()
    reached = {code for code, found in stands.brands(hidden=True).items() if found & {"ONAY", "BEKLIYOR"}}
    for page in pages.values():
        bare, _, query = page.path.partition("?")
        plainly = query in ("", "lang=en")
        if bare == "/izinler" and plainly:
            assert number_in(heading(page)) == counts["open"], page.text
            assert listed(page.markup) == {code: _section(found) for code, found in brands.items()}
            for name, section in (("n-waiting", "waiting"), ("n-open", "open"), ("n-refused", "refused")):
                assert number_in(inside(page, name)) == counts[section], (name, page.text)
        elif re.fullmatch(r"/izinler/[0-9]+", bare):
            code = int(bare.rpartition("/")[2])
            for name, shown in rows(page.markup).items():
                _, channel, identity = name.split("-")
                assert shown == stands.status.get((code, channel, identity), "YOK"), (page.path, name)
        elif bare == "/izinler/reddet" and query in ("", "lang=en", "scope=all", "lang=en&scope=all"):
            assert number_in(heading(page)) == len(reached)
            pressed = [label for label in Sheet(page.markup).spoken.values() if re.search(r"[0-9]", label)]
            assert [number_in(label) for label in pressed] == ([len(reached)] if reached else [])
        elif bare == "/izinler/bundan-sonrasi":
            _check_ahead(here, page)
        elif bare == "/izinler/kayit":
            assert set(re.findall(r'data-code="([0-9]+)"', page.markup)) <= {str(code) for code in brands}
        elif found := re.fullmatch(r"/makbuz/([0-9]+)", bare):
            _check_receipt(here, page, found[1])
    return pages


def _check_ahead(here: Town, page: Page) -> None:
    """The total of what closes is that of its parts, each brand counted once, and what the ledger would end."""


def _check_receipt(here: Town, page: Page, number: str) -> None:
    """The record number printed is that of an act of the person."""
    registry = here.registry
    act = record_numbers.read(registry.keyring, number)
    assert act is not None
    past = registry.store.read_now(history.act, act)
    assert past is not None
    assert record_numbers.spaced(number).replace("\xa0", " ") in page.text
    assert past.actor is Actor.CITIZEN


@pytest.mark.parametrize("identity", list(Identity), ids=str)
@pytest.mark.parametrize("name", STATES)
def test_every_page_of_every_state_is_there_and_says_what_stands(
    sqlite_url: str, open_registry: Opener, clock: Clock, name: str, identity: Identity
) -> None:
    with town(open_registry(sqlite_url), OPTOUT_NUMBER_FREE="1") as here:
        of = Standings(here, clock, identity.code)
        here.told(AYSE, ISIK, "ARAMA", ago=3)
        STATES[name](of)
        clock.forward(days=9)
        visitor = here.sign_in(AYSE)
        check(here, visitor)
        check(here, visitor, "en")
