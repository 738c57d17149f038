"""Table ``till``: the screens and posters from which a brand asks. The key is in the address of the page; who has it
can ask, and learns yes, no or not yet: no address, no list."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select, text

from asking import forms, words
from asking.tables import Till
from consents.columns import micros, optional_micros, stored
from consents.store import Snapshot, Statement, Transaction, among, table

LABEL = 40  # characters
TILL, POSTER = "till", "poster"

_COLUMNS = "id, brand, kind, form, version, label, made_at, ended_at"
_MAKE = Statement(
    text(
        "INSERT INTO till (brand, kind, form, version, label, key, word, made_at) "
        "VALUES (:brand, :kind, :form, :version, :label, :key, :word, :now) RETURNING id"
    )
)
_END = Statement(text("UPDATE till SET ended_at = :now WHERE id = :till AND brand = :brand AND ended_at IS NULL"))
_BY_KEY = Statement(text(f"SELECT {_COLUMNS} FROM till WHERE key = :key AND ended_at IS NULL"))
_BY_WORD = Statement(text(f"SELECT {_COLUMNS} FROM till WHERE word = :word AND ended_at IS NULL"))
_BY_ID = Statement(text(f"SELECT {_COLUMNS} FROM till WHERE id = :till"))
_OF_BRAND = Statement(text(f"SELECT {_COLUMNS} FROM till WHERE brand = :brand ORDER BY ended_at IS NOT NULL, id"))
_till = table(Till).c
_OF_BRANDS = Statement(
    select(*(_till[one] for one in _COLUMNS.split(", ")))
    .where(among(_till.brand, "brands"))
    .order_by(_till.ended_at.is_not(None), _till.id)
)


class AskingTill(NamedTuple):
    """``kind``: TILL or POSTER; ``form``: what it asks, None for a till that only verifies; ``version``: what a poster
    prints of the form, None for a till, which asks with the newest; times in µs."""

    id: int
    brand: int
    kind: str
    form: int | None
    version: int | None
    label: str
    made_at: int
    ended_at: int | None


def make(
    transaction: Transaction, brand: int, kind: str, form: int | None, label: str, key: str = ""
) -> tuple[int, str]:
    """(its number, its key), which is shown once: 128 bits, URL-safe; ``key``: of a demo. A poster's word follows from
    its key."""
    key = key or secrets.token_urlsafe(16)
    while kind == POSTER and by_word(transaction, words.of_poster(key)) is not None:
        key = secrets.token_urlsafe(16)
    word = _digest(words.of_poster(key)) if kind == POSTER else None
    shown = forms.published(transaction, form) if kind == POSTER and form is not None else None
    values = {"brand": brand, "kind": kind, "form": form, "label": label, "key": _digest(key), "word": word}
    values["version"] = None if shown is None else shown.number
    row = transaction.one(_MAKE, {**values, "now": stored(transaction.now)})
    assert row is not None
    return int(row[0]), key


def end(transaction: Transaction, brand: int, till: int) -> bool:
    """Its key opens nothing any more."""
    return transaction.run(_END, {"brand": brand, "till": till, "now": stored(transaction.now)}) == 1


def by_key(snapshot: Snapshot, key: str) -> AskingTill | None:
    return _one(snapshot, _BY_KEY, key=_digest(key))


def by_word(snapshot: Snapshot, word: str) -> AskingTill | None:
    """The poster that shows this word."""
    return _one(snapshot, _BY_WORD, word=_digest(word))


def by_id(snapshot: Snapshot, till: int) -> AskingTill | None:
    return _one(snapshot, _BY_ID, till=till)


def of_brand(snapshot: Snapshot, brand: int) -> list[AskingTill]:
    """Those that ended last."""
    return [_read(row) for row in snapshot.all(_OF_BRAND, {"brand": brand})]


def of_brands(snapshot: Snapshot, brands: Iterable[int]) -> list[AskingTill]:
    """Those of these brands, those that ended last."""
    return [_read(row) for row in snapshot.all(_OF_BRANDS, {"brands": snapshot.array(brands)})]


def _one(snapshot: Snapshot, query: Statement[Any], **values: object) -> AskingTill | None:
    row = snapshot.one(query, values)
    return None if row is None else _read(row)


def _read(row: Sequence[Any]) -> AskingTill:
    number, brand, kind, form, version, label, made_at, ended_at = row
    return AskingTill(number, brand, kind, form, version, label, micros(made_at), optional_micros(ended_at))


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
