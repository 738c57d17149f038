"""What waits for İzin, in a file beside Mailman's database. Mailman's processes write it, the runner sends it."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

_TABLES = """
CREATE TABLE IF NOT EXISTS asked (list TEXT, email TEXT, at REAL, PRIMARY KEY (list, email));
CREATE TABLE IF NOT EXISTS word (
    id INTEGER PRIMARY KEY, list TEXT, brand TEXT, email TEXT, word TEXT, at REAL, state TEXT DEFAULT 'waiting',
    batch TEXT DEFAULT '', place INTEGER DEFAULT 0, request TEXT DEFAULT '', transaction_id TEXT DEFAULT '',
    fault TEXT DEFAULT '');
CREATE TABLE IF NOT EXISTS held (brand TEXT, email TEXT, PRIMARY KEY (brand, email));
CREATE TABLE IF NOT EXISTS cursor (brand TEXT, side TEXT, after TEXT, PRIMARY KEY (brand, side));
"""
_COLUMNS = "id, list, brand, email, word, at, state, batch, place, request, transaction_id"


class Word(NamedTuple):
    """``word``: ONAY or RET; ``at``: seconds since 1970; ``state``: waiting, sent, stored, failed."""

    id: int
    list: str
    brand: str
    email: str
    word: str
    at: float
    state: str
    batch: str
    place: int
    request: str
    transaction_id: str


class Spool:
    """A path to a file; each call opens it, because Mailman forks."""

    def __init__(self, path: str) -> None:
        self._path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10)) as connection:
            connection.executescript(_TABLES)
            with connection:
                yield connection

    def asked(self, name: str, email: str) -> None:
        """Mailman has sent the mail that asks for a confirmation."""
        with self._open() as file:
            file.execute("INSERT OR REPLACE INTO asked VALUES (?, ?, ?)", (name, email.lower(), time.time()))

    def was_asked(self, name: str, email: str) -> bool:
        """Whether this address was asked, and the asking is used up by this."""
        with self._open() as file:
            done = file.execute("DELETE FROM asked WHERE list = ? AND email = ?", (name, email.lower()))
            return done.rowcount > 0

    def asked_before(self, name: str, at: float) -> list[str]:
        """E-mails of a list that were asked before this time."""
        with self._open() as file:
            rows = file.execute("SELECT email FROM asked WHERE list = ? AND at < ?", (name, at)).fetchall()
        return [row[0] for row in rows]

    def hold(self, brand: str, emails: Collection[str]) -> None:
        """İzin holds a consent of these members."""
        with self._open() as file:
            file.executemany("INSERT OR IGNORE INTO held VALUES (?, ?)", [(brand, email) for email in emails])

    def let_go(self, brand: str, emails: Collection[str]) -> None:
        with self._open() as file:
            file.executemany("DELETE FROM held WHERE brand = ? AND email = ?", [(brand, email) for email in emails])

    def held(self, brand: str) -> set[str]:
        with self._open() as file:
            return {row[0] for row in file.execute("SELECT email FROM held WHERE brand = ?", (brand,))}

    def add(self, name: str, brand: str, email: str, word: str) -> None:
        """A new word; it takes the place of one that has not left yet."""
        with self._open() as file:
            key = (brand, email.lower())
            file.execute("DELETE FROM word WHERE brand = ? AND email = ? AND state = 'waiting' AND batch = ''", key)
            file.execute(
                "INSERT INTO word (list, brand, email, word, at) VALUES (?, ?, ?, ?, ?)",
                (name, *key, word, time.time()),
            )

    def unsent(self, brand: str) -> list[Word]:
        """Words that are in no list yet, the first of each person: the next goes with the next list."""
        first: dict[str, Word] = {}
        for one in self._words("brand = ? AND state = 'waiting' AND batch = ''", brand):
            first.setdefault(one.email, one)
        return list(first.values())

    def pack(self, words: list[Word]) -> None:
        """Makes a list of them, for good: repeated, it is the same list under the same key."""
        batch = str(uuid.uuid4())
        with self._open() as file:
            file.executemany(
                "UPDATE word SET batch = ?, place = ? WHERE id = ?",
                [(batch, place, one.id) for place, one in enumerate(words)],
            )

    def packed(self, brand: str) -> list[Word]:
        """The oldest list that İzin has not taken."""
        waiting = self._words("brand = ? AND state = 'waiting' AND batch <> ''", brand)
        return [one for one in waiting if one.batch == waiting[0].batch]

    def consents(self, brand: str) -> dict[str, float]:
        """E-mail -> when it was given, of each ONAY on its way."""
        return {one.email: one.at for one in self._words("brand = ? AND word = 'ONAY' AND state <> 'failed'", brand)}

    def in_state(self, brand: str, state: str) -> list[Word]:
        return self._words("brand = ? AND state = ?", brand, state)

    def _words(self, where: str, *values: str) -> list[Word]:
        with self._open() as file:
            rows = file.execute(f"SELECT {_COLUMNS} FROM word WHERE {where} ORDER BY id, place", values).fetchall()
        return [Word(*row) for row in rows]

    def change(self, word: Word, **values: object) -> None:
        names = ", ".join(f"{name} = ?" for name in values)
        with self._open() as file:
            file.execute(f"UPDATE word SET {names} WHERE id = ?", (*values.values(), word.id))

    def drop(self, word: Word) -> None:
        with self._open() as file:
            file.execute("DELETE FROM word WHERE id = ?", (word.id,))

    def after(self, brand: str, side: str) -> str:
        with self._open() as file:
            row = file.execute("SELECT after FROM cursor WHERE brand = ? AND side = ?", (brand, side)).fetchone()
        return row[0] if row else ""

    def keep_after(self, brand: str, side: str, after: str) -> None:
        with self._open() as file:
            file.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?)", (brand, side, after))
