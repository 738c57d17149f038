"""A site with four brands that can be called, on both databases, and what the registry holds afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from consents.store import Snapshot, Statement
from tests.conftest import Opener
from tests.gateways.conftest import patient as patient
from tests.gateways.conftest import twilio as twilio
from tests.gateways.fake_twilio import FakeTwilio
from tests.optout.hooks.conftest import Open, Post
from tests.optout.hooks.conftest import site as site
from tests.optout.sms.conftest import Phone, furnish
from tests.optout.voice.telephone import AYSE, Telephone

Dial = Callable[..., Telephone]
_POSTED = Statement(text("SELECT kind, sealed FROM outbox ORDER BY id"))


@pytest.fixture
def post(site: Open, twilio: FakeTwilio) -> Post:
    made = site(VOICE_GATEWAY=twilio.url, OPTOUT_NUMBER="3838")
    made.registry.store.write_now(furnish)
    return made


@pytest.fixture
def dial(post: Post, twilio: FakeTwilio) -> Dial:
    """A call that has begun: ``dial(LANDLINE)``."""

    def begin(number: str = AYSE, **other: str) -> Telephone:
        return Telephone(post, twilio, number, **other).dial()

    return begin


@pytest.fixture
def person(post: Post) -> Callable[[str], Phone]:
    """What the registry holds of a number, and the SMS it writes."""
    return lambda number: Phone(post.registry, post.clock, post.settings, number)


@pytest.fixture
def texts(post: Post) -> Callable[[], list[tuple[str, str]]]:
    """(to, text) of every SMS in the outbox."""

    def read(snapshot: Snapshot) -> list[tuple[str, str]]:
        words = [post.registry.keyring.unseal_evidence(bytes(sealed)) for _, sealed in snapshot.all(_POSTED)]
        return [(each["to"], each["text"]) for each in words]

    return lambda: post.registry.store.read_now(read)


@pytest.fixture
def on_sqlite(sqlite_url: str, open_registry: Opener) -> object:
    """For what records nothing: one database will do."""
    return open_registry(sqlite_url)
