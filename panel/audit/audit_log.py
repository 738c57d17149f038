"""Append-only audit log ``panel_act`` of panel and command actions. Each row belongs to an act in history whose
evidence has the row's digest, and a command's login, so signed checkpoints cover it. Before, after and reason are
sealed; the digest covers their SHA-256, so ``izin rekey`` may reseal them. Rows before revision 0041 have a digest
of the plain text (docs/decisions/0036)."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from sqlalchemy import text

from consents import ledger
from consents.columns import micros, stored
from consents.keys import Keyring
from consents.queries import log_rows
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor
from panel.audit import os_logins
from trust.pseudonyms import mark

_SEALED = "sealed "  # before the digest of a row whose words were sealed when it was written
PAGE = 50
LONGEST_WHY = 500  # characters
EVIDENCE = "panel"  # the key under which the digest stands in an act's evidence
BY_VISITORS = ("application-sent",)  # nobody of the panel does it, and no command
LOOKS = ("address-looked-at",)  # look-ups; a company does not see those of the operator's people
_COLUMNS = "id,at,person,what,provider,brand,object,words,words_digest,mark"
_ACTOR = log_rows.actor_of("panel_act.id")
_STAFF = Statement(text("SELECT 1 FROM panel_user WHERE id = :person AND staff > 0"))
_ALL = Statement(text(f"SELECT {_COLUMNS} FROM panel_act WHERE id > :after ORDER BY id LIMIT 1000"))


class NewAction(NamedTuple):
    """An action to record. ``person``: by number, None for a command and BY_VISITORS; ``what``: a word of
    ``panel.audit.audit_texts``. ``provider``, ``brand``: internal ids. ``object``: kind and number, as "person 12".
    ``address``: canonical; only its mark is stored."""

    what: str
    person: int | None = None
    provider: int | None = None
    brand: int | None = None
    object: str = ""
    before: str = ""
    after: str = ""
    why: str = ""
    address: str = ""


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
    identities. ``brands_of``: only brands of this person."""

    provider: int = 0
    person: int = 0
    brand: int = 0
    what: str = ""
    address: str = ""
    commands: bool = False
    before_id: int = 2**62
    for_company: bool = False
    brands_of: int = 0


def record(transaction: Transaction, keyring: Keyring, action: NewAction) -> int:
    """Records an action in the transaction of its effect; returns its number."""
    marked = mark(keyring, "panel act", action.address) if action.address else None
    words, committed = keyring.seal_evidence(
        {"before": action.before, "after": action.after, "why": action.why[:LONGEST_WHY]}
    )
    about = (stored(transaction.now), action.person, action.what, action.provider, action.brand, action.object)
    typed = os_logins.here() if by_command(action) else {}
    evidence = keyring.seal_evidence({**typed, EVIDENCE: _SEALED + _digest(*about, committed, marked)})
    actor = Actor.PROVIDER if action.provider is not None and _of_company(transaction, action.person) else Actor.STAFF
    number = ledger.note(transaction, actor, evidence)
    transaction.insert("panel_act", _COLUMNS, [(number, *about, words, committed, marked)])
    return number


def is_as_recorded(keyring: Keyring, row: tuple[Any, ...], witnessed: str) -> bool:
    """Whether a row of ``rows`` matches its act's evidence (the value of EVIDENCE there)."""
    _, *about, words, committed, marked = row
    try:
        plain = keyring.unseal_data(bytes(words))
    except InvalidTag:
        return False
    if sha256(plain).digest() != bytes(committed):
        return False
    if witnessed.startswith(_SEALED):
        return witnessed == _SEALED + _digest(*about, committed, marked)
    opened = json.loads(plain)
    return witnessed == _digest(*about, opened["before"], opened["after"], opened["why"], marked)


def _digest(at: int | float, *rest: Any) -> str:
    """SHA-256 of a row without its number, in hex."""
    plain = [micros(at), *(bytes(part).hex() if isinstance(part, bytes | memoryview) else part for part in rest)]
    return sha256(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def by_command(action: NewAction | AuditEntry) -> bool:
    """Whether an operator's command did it."""
    return action.person is None and action.what not in BY_VISITORS


def find(snapshot: Snapshot, keyring: Keyring, wanted: AuditSearch, most: int = PAGE) -> list[AuditEntry]:
    """The newest matches, the newest first."""
    plain = ("provider", "person", "brand", "what", "brands_of")
    sought = {name: value for name, value in wanted._asdict().items() if value and name in plain}
    if wanted.address:
        sought["mark"] = mark(keyring, "panel act", wanted.address)
    values = {**sought, "before_id": wanted.before_id, "most": most}
    return [
        _done(keyring, row)
        for row in snapshot.all(_finding(tuple(sought), wanted.commands, wanted.for_company), values)
    ]


def rows(snapshot: Snapshot, after: int) -> list[tuple[Any, ...]]:
    """The next 1000 rows after a number, as stored; the number first."""
    return snapshot.all(_ALL, {"after": after})


def _of_company(snapshot: Snapshot, person: int | None) -> bool:
    """Whether a person acts for a company; commands (None) and the operator's people do not."""
    return person is not None and not snapshot.one(_STAFF, {"person": person})


@cache
def _finding(names: tuple[str, ...], commands: bool, for_company: bool = False) -> Statement[Any]:
    """The search statement by these columns, of commands alone or of all."""
    also = "".join(f" AND {name} = :{name}" for name in names if name != "brands_of")
    if commands:
        also += f" AND person IS NULL AND what NOT IN ({', '.join(map(repr, BY_VISITORS))})"
    if for_company:
        also += f" AND NOT (what IN ({', '.join(map(repr, LOOKS))}) AND {_ACTOR} = {Actor.STAFF.code})"
        also += f" AND {_ACTOR} <> {Actor.STAFF.code}" if "person" in names else ""
    if "brands_of" in names:
        own = "SELECT b.brand FROM panel_member_brand b WHERE b.person = :brands_of AND b.provider = :provider"
        also += f" AND (brand IS NULL OR brand IN ({own}))"
    found = f"SELECT {_COLUMNS}, {_ACTOR} FROM panel_act WHERE id < :before_id{also}"
    return Statement(text(f"{found} ORDER BY id DESC LIMIT :most"))


def _done(keyring: Keyring, row: tuple[Any, ...]) -> AuditEntry:
    number, at, *about, words, _, marked, actor = row
    opened = keyring.unseal_evidence(bytes(words))
    texts = (opened.get(name, "") for name in ("before", "after", "why"))
    return AuditEntry._make(
        (number, micros(at), *about, *texts, None if marked is None else bytes(marked), actor == Actor.STAFF.code)
    )
