"""A brand with a long history, as years of reports and of citizens' answers leave it, and the token of its program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from sqlalchemy import text

from bench import files, registries
from bench.files import Fact
from consents import ledger
from consents.history import Deed
from consents.ledger import Claim
from consents.people import register
from consents.people.recipients import parse
from consents.queries import recorded
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.store import Snapshot, Statement, Transaction
from consents.tables.history_tables import CITIZENS
from consents.terms import Actor, Channel, Door, Source
from providers.callers import api_users, program_keys, token_store
from providers.callers.api_users import Owner
from providers.deliveries import handout_store

BRAND = registries.BRANDS[-1]
PATH = f"/sps/{registries.PROVIDER}/brands/{BRAND}/consents"
PAGE = 1000  # movements, the most that the feed hands out at once
_PAGES = 16  # read at either end
_CHUNK = 5000  # rows that the provider reports in one act
_OWN = 250  # one of so many rows is answered by its citizen
_USER = "bench"

_SIDES = {"HS": f"source < {CITIZENS}", "IYS": f"source >= {CITIZENS}"}
_COUNT = {side: Statement(text(f"SELECT count(*) FROM consent_event WHERE {which}")) for side, which in _SIDES.items()}
_NTH = {
    side: Statement(text(f"SELECT id FROM consent_event WHERE {which} ORDER BY id LIMIT 1 OFFSET :place"))
    for side, which in _SIDES.items()
}


class Stretch(NamedTuple):
    """Where one side's feed is read: cursors behind which its first pages lie, and its last, ``size`` long each."""

    first: list[str]
    last: list[str]
    size: int


def make(url: str, rows: int) -> None:
    """Records a file of so many rows, its good ones, and among them what the citizens say to some of them.

    The program has read all of it, and taken what it read.
    """
    with registries.open_registry(url) as registry:
        brand = registries.brand(registry, BRAND).id
        following = files.facts(rows)
        while chunk := list(islice(following, _CHUNK)):
            registry.store.write_now(_report, registry, brand, chunk)
        reader = _user(registry)
        for side in _SIDES:
            registry.store.write_now(_hand_out, reader, brand, side)


def sign_in(url: str) -> str:
    """An access token of the provider's program."""
    with registries.open_registry(url) as registry:
        return registry.store.write_now(token_store.issue, _user(registry)).access


def numbers(rows: int, count: int) -> list[str]:
    """The numbers of so many consents to SMS (BIREYSEL) of that file, in its order; fewer where it has not as many."""
    wanted = (files.spelt(row) for row in files.facts(rows) if (row.channel, row.identity) == (Channel.MESAJ.code, 0))
    return list(islice(wanted, count))


def stretches(url: str) -> dict[str, Stretch]:
    """Of either side."""
    with registries.open_registry(url) as registry:
        return {side: _stretch(registry, side) for side in _SIDES}


def _stretch(registry: Registry, side: str) -> Stretch:
    count = _number(registry, _COUNT[side])
    size = min(PAGE, count // 2)
    pages = range(min(_PAGES, count // 2 // size))
    first = [_cursor(registry, _number(registry, _NTH[side], place=size * page)) for page in pages]
    last = [_cursor(registry, _number(registry, _NTH[side], place=count - size * (page + 1) - 1)) for page in pages]
    return Stretch(first, last[::-1], size)


def _cursor(registry: Registry, event: int) -> str:
    recorded_at = registry.store.read_now(recorded.at, event)
    return f"{recorded_at // 1_000_000}_{registry.keyring.transaction_id(event, recorded_at)}"


def _number(registry: Registry, statement: Statement, **values: int) -> int:
    row = registry.store.read_now(Snapshot.one, statement, values)
    assert row is not None
    return int(row[0])


def _report(transaction: Transaction, registry: Registry, brand: int, chunk: Sequence[Fact]) -> None:
    people = [register.person(registry.keyring, parse(files.spelt(row)).address) for row in chunk]
    recipients = register.enrol_all(transaction, registry.keyring, people)
    claims = [_claim(recipient, brand, row) for recipient, row in zip(recipients, chunk, strict=True)]
    ledger.declare(transaction, registry.policy, brand, claims, Deed(Actor.PROVIDER, Door.FILE))
    source, now = Source.IYS_MOBIL.code, transaction.now // 1_000_000 * 1_000_000
    answers = [claim._replace(status=RET, source=source, at=now) for claim in claims[::_OWN]]
    ledger.relay(transaction, registry.policy, brand, answers, Deed(Actor.REGISTRY, Door.SYNC))


def _claim(recipient: int, brand: int, row: Fact) -> Claim:
    status, source = ONAY if row.status > 2 else RET, Source.HS_FIZIKSEL_ORTAM.code + row.source
    at = (1_793_000_000 - row.day * 86_400 + row.second) * 1_000_000
    return Claim(recipient, brand, row.channel, row.identity, status, source, at, None)


def _user(registry: Registry) -> int:
    """The API user of the provider's program, added where there is none."""
    if registry.store.read_now(program_keys.named, _USER) is None:
        registry.store.write_now(api_users.add, Owner.PROVIDER, registries.PROVIDER, _USER, api_users.new_password())
    found = registry.store.read_now(program_keys.named, _USER)
    assert found is not None
    return found.id


def _hand_out(transaction: Transaction, reader: int, brand: int, side: str) -> None:
    """Notes of a program that has read this side's feed page by page."""
    ends = list(_page_ends(transaction, side))
    for after, last in zip([0, *ends], ends, strict=False):
        handout_store.note(transaction, brand, "feed", after + 1, last, reader=reader, side=side, taken=True)


def _page_ends(snapshot: Snapshot, side: str) -> Iterator[int]:
    statement = Statement(text(f"SELECT id FROM consent_event WHERE {_SIDES[side]} ORDER BY id"))
    for place, (event,) in enumerate(snapshot.stream(statement), 1):
        if place % PAGE == 0:
            yield event
