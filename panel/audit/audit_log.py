"""Append-only audit log ``panel_act`` of panel and command actions. Each row belongs to an act in history whose
evidence has the row's digest, and a command's login, so signed checkpoints cover it. Before, after and reason are
sealed; the digest covers their SHA-256, so ``izin rekey`` may reseal them. Rows before revision 0041 have a digest
of the plain text (docs/decisions/0036)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from sqlalchemy import text

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.people.held_keys import DIGEST_SIZE
from consents.queries import log_rows
from consents.store import Snapshot, Statement, Transaction, Value
from consents.terms import Actor
from trust.pseudonyms import mark

SEALED = "sealed "  # before the digest of a row whose words were sealed when it was written
PAGE = 50
LONGEST_WHY = 500  # characters
EVIDENCE = "panel"  # the key under which the digest stands in an act's evidence
ERASED_BY_HOLDER = "address-erased-itself"
BY_VISITORS = ("application-sent", ERASED_BY_HOLDER)  # nobody of the panel does it, and no command
LOOKS = (
    "address-looked-at",
    "evidence-made",
    "data-copied",
    "number-not-found",
    "looks-too-fast",
)  # a company does not see those of the operator's people
COLUMNS = "id,at,person,what,provider,brand,object,words,words_digest,mark"
_ACTOR = log_rows.actor_of("panel_act.id")
_DAYS = {"since": "at >= :since", "until": "at < :until"}
_STAFF = Statement(text("SELECT 1 FROM panel_user WHERE id = :person AND staff > 0"))
_ALL = Statement(text(f"SELECT {COLUMNS} FROM panel_act WHERE id > :after ORDER BY id LIMIT 1000"))
_WORDS_KEPT = f"length(words) > {DIGEST_SIZE}"
_ABOUT = Statement(text(f"SELECT {COLUMNS} FROM panel_act WHERE mark = :mark AND {_WORDS_KEPT}"))
_ONE = Statement(text(f"SELECT {COLUMNS} FROM panel_act WHERE id = :id AND {_WORDS_KEPT}"))
_OLD: Value[int] = Statement(
    text(f"SELECT id FROM panel_act WHERE id > :after AND at < :before AND {_WORDS_KEPT} ORDER BY id LIMIT :most")
)
_ERASE_WORDS = Statement(text("UPDATE panel_act SET words = :words WHERE id = :id"))


class AuditEntry(NamedTuple):
    """A row; ``at`` in µs."""

    id: int
    at: int
    person: int | None
    what: str
    provider: int | None
    brand: int | None
    object: str
    before: str
    after: str
    why: str
    mark: bytes | None
    by_staff: bool  # done by one of the operator's people, or by command


class AuditSearch(NamedTuple):
    """Search criteria; 0, "" and False match anything. ``commands``: only commands; ``before_id``: earlier acts.
    ``for_company``: what the provider's people may read: no look-ups by the operator's people and none of their
    identities. ``brands_of``: only acts about brands of this person, and
    their own about no brand. ``since``, ``until``: µs, [since, until)."""

    provider: int = 0
    person: int = 0
    brand: int = 0
    what: str = ""
    address: str = ""
    commands: bool = False
    before_id: int = 2**62
    for_company: bool = False
    brands_of: int = 0
    since: int = 0
    until: int = 0


def _is_as_recorded(keyring: Keyring, row: _Row, witnessed: str) -> bool:
    """Whether a row matches its act's evidence (the value of EVIDENCE there)."""
    committed = digest(*row.about, row.committed, row.marked)
    if len(row.words) == DIGEST_SIZE:  # the words were erased; of a row before revision 0041 this mark alone vouches
        kept = bytes(row.words) == keyring.erased_words(f"{row.number} {committed}")
        return kept and (witnessed == SEALED + committed or not witnessed.startswith(SEALED))
    try:
        plain = keyring.unseal_data(bytes(row.words))
    except InvalidTag:
        return False
    if sha256(plain).digest() != bytes(row.committed):
        return False
    if witnessed.startswith(SEALED):
        return witnessed == SEALED + committed
    opened = json.loads(plain)
    return witnessed == digest(*row.about, opened["before"], opened["after"], opened["why"], row.marked)


def digest(at: int | float, *rest: Any) -> str:
    """SHA-256 of a row without its number, in hex."""
    plain = [micros(at), *(bytes(part).hex() if isinstance(part, bytes | memoryview) else part for part in rest)]
    return sha256(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def by_command(person: int | None, what: str) -> bool:
    """Whether an operator's command did it."""
    return person is None and what not in BY_VISITORS


def find(snapshot: Snapshot, keyring: Keyring, wanted: AuditSearch, most: int = PAGE) -> list[AuditEntry]:
    """The newest matches, the newest first."""
    plain = ("provider", "person", "brand", "what", "brands_of")
    sought = {name: value for name, value in wanted._asdict().items() if value and name in plain}
    if wanted.address:
        sought["mark"] = mark(keyring, "panel act", wanted.address)
    days = {name: stored(value) for name, value in (("since", wanted.since), ("until", wanted.until)) if value}
    values = {**sought, **days, "before_id": wanted.before_id, "most": most}
    statement = _finding((*sought, *days), wanted.commands, wanted.for_company)
    return [_done(keyring, row) for row in snapshot.all(statement, values)]


def forget(transaction: Transaction, keyring: Keyring, address: str) -> int:
    """Erases reason, before and after of the actions about an address; how many. Who did what when stays."""
    rows = transaction.all(_ABOUT, {"mark": mark(keyring, "panel act", address)})
    return _forget(transaction, keyring, rows)


def old(snapshot: Snapshot, before: int, after: int, most: int) -> list[int]:
    """Actions before ``before`` (µs) whose words are kept, by number after ``after``."""
    return snapshot.column(_OLD, {"before": stored(before), "after": after, "most": most})


def forget_old(transaction: Transaction, keyring: Keyring, number: int) -> bool:
    """Erases the words of one action; False where they were."""
    return _forget(transaction, keyring, transaction.all(_ONE, {"id": number})) == 1


def _forget(transaction: Transaction, keyring: Keyring, rows: list[tuple[Any, ...]]) -> int:
    for number, *about, _, committed, marked in rows:
        erased = keyring.erased_words(f"{number} {digest(*about, committed, marked)}")
        transaction.run(_ERASE_WORDS, {"id": number, "words": erased})
    return len(rows)


def of_company(snapshot: Snapshot, person: int | None) -> bool:
    """Whether a person acts for a company; commands (None) and the operator's people do not."""
    return person is not None and not snapshot.one(_STAFF, {"person": person})


@cache
def _finding(names: tuple[str, ...], commands: bool, for_company: bool = False) -> Statement[Any]:
    """The search statement by these columns, of commands alone or of all."""
    also = "".join(f" AND {name} = :{name}" for name in names if name not in ("brands_of", *_DAYS))
    also += "".join(f" AND {_DAYS[name]}" for name in names if name in _DAYS)
    if commands:
        also += f" AND person IS NULL AND what NOT IN ({', '.join(map(repr, BY_VISITORS))})"
    if for_company:
        also += f" AND NOT (what IN ({', '.join(map(repr, LOOKS))}) AND {_ACTOR} = {Actor.STAFF.code})"
        also += f" AND {_ACTOR} <> {Actor.STAFF.code}" if "person" in names else ""
    if "brands_of" in names:
        own = "SELECT b.brand FROM panel_member_brand b WHERE b.person = :brands_of AND b.provider = :provider"
        also += f" AND (brand IN ({own}) OR brand IS NULL AND person = :brands_of)"
    found = f"SELECT {COLUMNS}, {_ACTOR} FROM panel_act WHERE id < :before_id{also}"
    return Statement(text(f"{found} ORDER BY id DESC LIMIT :most"))


def _done(keyring: Keyring, row: tuple[Any, ...]) -> AuditEntry:
    number, at, *about, words, _, marked, actor = row
    opened = keyring.unseal_evidence(bytes(words))
    texts = (opened.get(name, "") for name in ("before", "after", "why"))
    return AuditEntry._make(
        (number, micros(at), *about, *texts, None if marked is None else bytes(marked), actor == Actor.STAFF.code)
    )


def verify(snapshot: Snapshot, keyring: Keyring, first: int = log_rows.FIRST, last: int = log_rows.LAST) -> str | None:
    """The number of the first changed, missing or inserted act, as a sentence; None when all match. ``first``,
    ``last``: the checked acts, numbered as in history."""
    kept = _kept(snapshot, first, last)
    row = next(kept, None)
    for number, sealed in log_rows.notes(snapshot, first, last):
        witnessed = keyring.unseal_evidence(bytes(sealed)).get(EVIDENCE)
        if witnessed is None:
            continue
        if row is not None and row.number < number:
            return f"panel act {row.number} stands in no history"
        if row is None or row.number > number:
            return f"panel act {number} is missing"
        if not _is_as_recorded(keyring, row, witnessed):
            return f"panel act {number} is not what was recorded"
        row = next(kept, None)
    return None if row is None else f"panel act {row.number} stands in no history"


class _Row(NamedTuple):
    """A row as stored. ``about``: its plain columns, in their order."""

    number: int
    about: tuple[Any, ...]
    words: Any
    committed: Any
    marked: Any


def _kept(snapshot: Snapshot, first: int, last: int) -> Iterator[_Row]:
    after = max(0, first - 1)
    while page := snapshot.all(_ALL, {"after": after}):
        for number, *about, words, committed, marked in page:
            if number > last:
                return
            yield _Row(number, tuple(about), words, committed, marked)
            after = number
