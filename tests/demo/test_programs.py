"""The demo's programs take what citizens say: in the past at once, while it is served a little later."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text as sql

from consents import ledger
from consents.brands import companies
from consents.columns import micros
from consents.history import Deed
from consents.ledger import Wish
from consents.people import register
from consents.registry import Registry
from consents.rules import RET, Reconsent
from consents.store import Snapshot, Statement
from consents.terms import Actor, Door, Source
from izin.demo import load, story
from izin.demo.load import programs
from izin.demo.programs import DEAF
from providers import public as providers
from providers.days import delivery_audit
from providers.public import CitizenMovement
from tests.conftest import NOON, SECRET, Opener

MINUTE = 60_000_000  # µs
_OWN = Statement(
    sql(
        "SELECT b.code, e.brand, e.id, e.channel, a.recorded_at FROM consent_event e JOIN act a ON a.id = e.act "
        "JOIN brand b ON b.id = e.brand WHERE e.source >= 32"
    )
)
_HANDOUTS = Statement(sql("SELECT count(*) FROM handout"))


@pytest.fixture
def loaded(database_url: str, open_registry: Opener) -> Registry:
    load.load(database_url, SECRET, Reconsent.CONFIRM, NOON)
    return open_registry(database_url)


def refuse(registry: Registry, code: int) -> CitizenMovement:
    """The demo's person refuses a brand's calls."""
    found = registry.store.read_now(companies.known_brand, code)
    assert found
    who = register.person(registry.keyring, story.PHONE)
    number = registry.store.read_now(register.find, registry.keyring, who)
    assert number
    deed = Deed(Actor.CITIZEN, Door.PAGE, evidence=registry.keyring.seal_evidence({"session": "test"}))
    wishes = [Wish(found.id, 0, identity, RET, Source.IYS_WEB.code) for identity in (0, 1)]
    done = registry.store.write_now(
        lambda transaction: ledger.decide(transaction, registry.policy, number, wishes, deed, anew=True)
    )
    assert done.act
    row = registry.store.read_now(Snapshot.one, Statement(sql("SELECT max(id) FROM consent_event")))
    assert row
    return CitizenMovement(found.id, row[0], 0)


def taken_at(registry: Registry, of: CitizenMovement) -> int | None:
    found = registry.store.read_now(providers.handed, of)
    assert found is not None
    return found.taken_at


def test_every_word_of_the_past_was_taken_soon_but_by_the_company_without_a_program(loaded: Registry) -> None:
    own = loaded.store.read_now(Snapshot.all, _OWN)
    assert len(own) > 200
    deaf = 0
    for code, brand, event, channel, recorded_at in own:
        at, recorded = taken_at(loaded, CitizenMovement(brand, event, channel)), micros(recorded_at)
        if code in DEAF:
            assert at is None
            deaf += 1
        else:
            assert at is not None, (code, event)
            assert 0 < at - recorded <= 25 * MINUTE
    assert deaf > 0


def test_what_programs_left_is_what_could_have_been(loaded: Registry) -> None:
    assert loaded.store.read_now(delivery_audit.verify, loaded.keyring) is None


def test_what_a_visitor_refuses_is_taken_at_the_next_turn_and_once(loaded: Registry) -> None:
    running = programs()
    asyncio.run(running.take(loaded))
    before = loaded.store.read_now(Snapshot.one, _HANDOUTS)
    refused, unheard = refuse(loaded, 600101), refuse(loaded, min(DEAF))
    assert taken_at(loaded, refused) is None
    for _ in range(2):
        asyncio.run(running.take(loaded))
    assert taken_at(loaded, refused) is not None
    assert taken_at(loaded, unheard) is None
    after = loaded.store.read_now(Snapshot.one, _HANDOUTS)
    assert before
    assert after == (before[0] + 2,), "one for each identity"


def test_what_was_left_when_the_site_stopped_is_taken_by_the_next(loaded: Registry) -> None:
    refused = refuse(loaded, 600101)
    asyncio.run(programs().take(loaded))
    assert taken_at(loaded, refused) is not None
