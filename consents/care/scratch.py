"""A temporary registry for a dry run, with what each row of the file needs of the real one, as one snapshot shows it.
The ledger's own code judges there, so the answers are those of a real load, and nobody waits for its lock."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import ColumnElement, Table, bindparam, exists, func, inspect, select
from sqlmodel import SQLModel

from consents.people import register
from consents.people.register import Person
from consents.registry import Registry
from consents.store import Snapshot, Statement, Store, Transaction, Value, among
from consents.tables import metadata
from consents.terms import Actor, Door

_provider, _package, _brand, _dealer, _recipient, _act, _event, _consent, _blanket = (
    metadata.tables[name]
    for name in (
        *("provider", "provider_package", "brand", "dealer", "recipient", "act", "consent_event", "consent"),
        "blanket_word",
    )
)
# Those of the ledger; a process that loads files has not loaded all the others.
_TABLES = [
    inspect(model).local_table for model in SQLModel.__subclasses__() if model.__module__.startswith("consents.tables.")
]
_undo = _act.alias("undo")


def _rows(table: Table, *where: ColumnElement[bool]) -> Statement[Any]:
    return Statement(select(*table.c).where(*where))


_HIGHEST: list[Value[int | None]] = [Statement(select(func.max(table.c.id))) for table in (_recipient, _act, _event)]
_OWNER = select(_brand.c.provider).where(_brand.c.id == bindparam("brand"))
_ITS_BRANDS = select(_brand.c.id).where(_brand.c.provider.in_(_OWNER))
_COMPANIES = [
    (_provider, _rows(_provider, _provider.c.id.in_(_OWNER))),
    (_package, _rows(_package, _package.c.provider.in_(_OWNER))),
    (_brand, _rows(_brand, _brand.c.id.in_(_ITS_BRANDS))),
    # Those of its other brands too: their consents come along below, and name them.
    (_dealer, _rows(_dealer, _dealer.c.brand.in_(_ITS_BRANDS))),
]
_PEOPLE = [
    (_recipient, _rows(_recipient, among(_recipient.c.id, "people"))),
    # Of all brands of the provider, because a package counts an address once for all of them.
    (_consent, _rows(_consent, among(_consent.c.recipient, "people"), (_consent.c.brand + 0).in_(_ITS_BRANDS))),
    (_event, _rows(_event, among(_event.c.recipient, "people"), _event.c.brand == bindparam("brand"))),
    (
        _blanket,
        _rows(_blanket, among(_blanket.c.recipient, "people"), ~exists().where(_undo.c.undoes == _blanket.c.act)),
    ),
]
_HERE: Value[int] = Statement(select(_recipient.c.id).where(among(_recipient.c.id, "people")))


class Scratch:
    """Use as ``with Scratch(registry, brand) as scratch:``; ``fetch`` people before their rows are taken."""

    def __init__(self, real: Registry, brand: int) -> None:
        self._real, self._brand = real, brand
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="izin-dry-run-")))
        store = Store.open(f"sqlite:///{folder / 'scratch.db'}", self._real.store.now)
        self._stack.callback(store.close)
        metadata.create_all(store.engine, _TABLES)
        # One view of the real registry for the whole run: what is added meanwhile must not meet the scratch's numbers.
        self._view = self._stack.enter_context(self._real.store.snapshot())
        self.registry = Registry(store, self._real.keyring, self._real.policy)
        store.write_now(self._begin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def fetch(self, people: Sequence[Person]) -> None:
        known = set(register.find_all(self._view, self._real.keyring, people).values())
        if known:
            self.registry.store.write_now(self._bring, known)

    def _begin(self, transaction: Transaction) -> None:
        for table, rows in _COMPANIES:
            _copy(self._view, transaction, table, rows, {"brand": self._brand})
        # New rows are numbered after the real ones, so the highest of each table stands here from the start.
        recipient, self._act, event = ((self._view.value(statement) or 0) + 1 for statement in _HIGHEST)
        act = (self._act, Actor.PROVIDER.code, Door.FILE.code, 0, 0, -1)
        transaction.insert("act", "id,actor,door,recorded_at,first_event,last_event", [act])
        transaction.insert("recipient", "id,sealed,commitment", [(recipient, b"", b"")])
        row = (event, recipient, self._brand, 0, 0, 0, 0, self._act)
        transaction.insert("consent_event", "id,recipient,brand,channel,identity,status,decided_at,act", [row])

    def _bring(self, transaction: Transaction, known: set[int]) -> None:
        here = set(transaction.column(_HERE, {"people": transaction.array(known)}))
        wanted = self._view.array(known - here)
        for table, rows in _PEOPLE:
            _copy(self._view, transaction, table, rows, {"people": wanted, "brand": self._brand}, act=self._act)


def _copy(
    view: Snapshot, transaction: Transaction, table: Table, rows: Statement[Any], values: dict[str, Any], act: int = 0
) -> None:
    """Copies rows; rows of acts are attached to one act, because the acts themselves are not needed here."""
    found = view.all(rows, values)
    if "act" in table.c:
        place = table.c.keys().index("act")
        found = [(*row[:place], act, *row[place + 1 :]) for row in found]
    if found:
        transaction.insert(table.name, ",".join(table.c.keys()), found)
