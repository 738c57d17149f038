"""Tables of businesses: who holds which lines, what they claim, what runs for all lines. Nobody here decides a consent:
citizen/business/ does, through the ledger."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import micros, optional_micros, stored
from consents.instants import DAY
from consents.keys import Keyring
from consents.people import register
from consents.people.register import Person
from consents.store import Snapshot, Statement, Transaction, Value
from consents.tables import business_tables  # noqa: F401

DECIDED_SHOWN = 20
DOMAIN_KEPT = 30 * DAY  # µs for which a TXT record that was seen counts: domains change hands

_OF_OWNER = Statement(text("SELECT id, owner, sealed, standing FROM business WHERE owner = :of"))
_BY_ID = Statement(text("SELECT id, owner, sealed, standing FROM business WHERE id = :of"))
_OF_LINE = Statement(
    text(
        "SELECT b.id, b.owner, b.sealed, b.standing FROM business_line l JOIN business b ON b.id = l.business "
        "WHERE l.recipient = :of AND l.left_at IS NULL"
    )
)
_MAKE: Value[int] = Statement(
    text(
        "INSERT INTO business (owner, sealed, standing, made_at) VALUES (:owner, :sealed, FALSE, :now) "
        "ON CONFLICT (owner) DO UPDATE SET owner = excluded.owner RETURNING id"
    )
)
_SET_STANDING = Statement(text("UPDATE business SET standing = :standing WHERE id = :of"))
_DOMAINS = Statement(text("SELECT domain, proved_at FROM business_domain WHERE business = :of ORDER BY domain"))
_CLAIM: Value[int] = Statement(
    text(
        "INSERT INTO business_claim (business, state, lines, place, added, sealed, asked_at, decided_at) "
        "VALUES (:business, :state, :lines, 0, 0, :sealed, :now, :decided_at) RETURNING id"
    )
)
_CLAIM_ROW = "SELECT id, business, state, lines, place, added, asked_at, decided_at, why FROM business_claim"
_CLAIMS_OF = Statement(text(f"{_CLAIM_ROW} WHERE business = :of AND asked_at >= :since ORDER BY id DESC LIMIT 10"))
_ONE_CLAIM = Statement(text(f"{_CLAIM_ROW} WHERE id = :of"))
_IN_STATE = Statement(text(f"{_CLAIM_ROW} WHERE state = :state ORDER BY id LIMIT :most"))
_DECIDED = Statement(text(f"{_CLAIM_ROW} WHERE decided_at IS NOT NULL ORDER BY id DESC LIMIT {DECIDED_SHOWN}"))
_TALLY = Statement(text("SELECT count(*), min(asked_at) FROM business_claim WHERE state = 0"))
_PENDING_LINES: Value[int] = Statement(
    text("SELECT coalesce(sum(lines - place), 0) FROM business_claim WHERE business = :of AND state IN (0, 1)")
)
_SEALED: Value[bytes | None] = Statement(text("SELECT sealed FROM business_claim WHERE id = :of"))
_DECIDE = Statement(
    text(
        "UPDATE business_claim SET state = :state, decided_at = :now, why = :why, "
        "sealed = CASE WHEN :state = 3 THEN NULL ELSE sealed END WHERE id = :of AND state = 0"
    )
)
_ADVANCE = Statement(text("UPDATE business_claim SET place = :place, added = added + :added WHERE id = :of"))
_END_CLAIM = Statement(text("UPDATE business_claim SET state = 2, sealed = NULL WHERE id = :of"))
_ADD = Statement(
    text(
        "INSERT INTO business_line (recipient, business, added_at) VALUES (:recipient, :business, :now) "
        "ON CONFLICT (recipient) DO NOTHING"
    )
)
_TAKE_OVER = Statement(
    text(
        "DELETE FROM business_line WHERE recipient = :of AND left_at IS NULL AND business <> :business AND NOT EXISTS "
        "(SELECT 1 FROM business_domain d "
        "WHERE d.business = business_line.business AND d.domain = :domain AND d.proved_at > :since)"
    )
)
_COUNT: Value[int] = Statement(text("SELECT count(*) FROM business_line WHERE business = :of AND left_at IS NULL"))
_LINES: Value[int] = Statement(
    text(
        "SELECT recipient FROM business_line WHERE business = :of AND left_at IS NULL AND recipient > :after "
        "ORDER BY recipient LIMIT :most"
    )
)
_LEAVE = Statement(text("UPDATE business_line SET left_at = :now WHERE recipient = :of AND left_at IS NULL"))
_STAY = Statement(text("UPDATE business_line SET left_at = NULL WHERE recipient = :of AND left_at = :left_at"))
_SET_BUSINESS = Statement(text("UPDATE business SET sealed = :sealed, standing = :standing WHERE id = :of"))
_RELEASE_LINES: Value[int] = Statement(
    text("DELETE FROM business_line WHERE business = :of AND left_at IS NULL RETURNING recipient")
)
_DROP_DOMAINS = Statement(text("DELETE FROM business_domain WHERE business = :of"))
_DROP_CLAIMS = Statement(
    text(
        "UPDATE business_claim SET state = 3, sealed = NULL, why = NULL, decided_at = coalesce(decided_at, :now) "
        "WHERE business = :of AND state <> 2"
    )
)
_RUN: Value[int] = Statement(
    text(
        "INSERT INTO business_run (business, undoes, standing, before, place, done, failed, asked_at) "
        "VALUES (:business, :undoes, :standing, :before, 0, 0, 0, :now) RETURNING id"
    )
)
_RUN_ROW = "SELECT id, business, undoes, standing, before, place, done, failed, asked_at, finished_at FROM business_run"
_OPEN_RUN = Statement(text(f"{_RUN_ROW} WHERE finished_at IS NULL ORDER BY id LIMIT 1"))
_LAST_RUN = Statement(text(f"{_RUN_ROW} WHERE business = :of AND asked_at >= :since ORDER BY id DESC LIMIT 1"))
_ONE_RUN = Statement(text(f"{_RUN_ROW} WHERE id = :of"))
_STEP = Statement(
    text("UPDATE business_run SET place = :place, done = done + :done, failed = failed + :failed WHERE id = :of")
)
_END_RUN = Statement(text("UPDATE business_run SET finished_at = :now WHERE id = :of"))
_END_RUNS = Statement(text("UPDATE business_run SET finished_at = :now WHERE business = :of AND finished_at IS NULL"))
_ACTS: Value[int] = Statement(
    text("SELECT act FROM business_act WHERE run = :of AND act > :after ORDER BY act LIMIT :most")
)


class LineClaimState(IntEnum):
    WAITING = 0
    ACCEPTED = 1  # its lines are being added
    ADDED = 2
    REFUSED = 3


class BusinessEntry(NamedTuple):
    """``number``: MERSİS or tax number, as the business claims it; ``owner``: a recipient; ``since``: µs since which
    its present holder acts for it, 0: from its beginning. What is older is an earlier holder's matter."""

    id: int
    owner: int
    title: str
    number: str
    standing: bool
    since: int

    @property
    def domain_key(self) -> str:
        """What a domain's record proves: this business under this holder."""
        return f"{self.id} {self.since}" if self.since else str(self.id)


class LineClaim(NamedTuple):
    """``lines``: how many are claimed, ``place``: looked at, ``added``: taken; times in µs."""

    id: int
    business: int
    state: LineClaimState
    lines: int
    place: int
    added: int
    asked_at: int
    decided_at: int
    why: str


class ClaimContent(NamedTuple):
    """``lines``: canonical addresses; ``letter``: a file's bytes, "" as ``kind`` without one."""

    lines: list[str]
    letter: bytes
    kind: str


class Run(NamedTuple):
    """A refusal of all lines, or the undo of run ``undoes``; times in µs."""

    id: int
    business: int
    undoes: int | None
    standing: bool
    before: bool
    place: int
    done: int
    failed: int
    asked_at: int
    finished_at: int


def of_owner(snapshot: Snapshot, keyring: Keyring, recipient: int | None) -> BusinessEntry | None:
    """The business that this recipient acts for; None also for one that was ended."""
    found = _entry(keyring, snapshot.one(_OF_OWNER, {"of": recipient})) if recipient is not None else None
    return found if found is not None and found.title else None


def by_id(snapshot: Snapshot, keyring: Keyring, business: int) -> BusinessEntry | None:
    return _entry(keyring, snapshot.one(_BY_ID, {"of": business}))


def of_line(snapshot: Snapshot, keyring: Keyring, recipient: int | None) -> BusinessEntry | None:
    """The business that holds this recipient as a line."""
    return _entry(keyring, snapshot.one(_OF_LINE, {"of": recipient})) if recipient is not None else None


def make(transaction: Transaction, keyring: Keyring, owner: int, title: str, number: str) -> int:
    """The owner's business, made where there is none or it was ended."""
    sealed, _ = keyring.seal_evidence({"title": title, "number": number})
    made = transaction.value(_MAKE, {"owner": owner, "sealed": sealed, "now": stored(transaction.now)})
    assert made is not None
    found = by_id(transaction, keyring, made)
    if found is not None and not found.title:
        _set(transaction, keyring, found._replace(title=title, number=number))
    return made


def set_standing(transaction: Transaction, business: int, standing: bool) -> None:
    transaction.run(_SET_STANDING, {"of": business, "standing": standing})


def domains(snapshot: Snapshot, business: int) -> dict[str, int]:
    """Domain -> µs of its last proof, 0: none."""
    return {domain: optional_micros(at) or 0 for domain, at in snapshot.all(_DOMAINS, {"of": business})}


def proved_domains(snapshot: Snapshot, business: int, now: int) -> set[str]:
    """The domains whose proof still counts."""
    return {name for name, at in domains(snapshot, business).items() if at > now - DOMAIN_KEPT}


def set_domain(transaction: Transaction, business: int, domain: str, *, proved: bool) -> None:
    at = stored(transaction.now) if proved else None
    transaction.upsert("business_domain", "business,domain", "business,domain,proved_at", [(business, domain, at)])


def claim(transaction: Transaction, keyring: Keyring, business: int, content: ClaimContent, *, proved: bool) -> int:
    """Keeps a claim: it waits for the operator, unless its lines are ``proved``."""
    letter = base64.b64encode(content.letter).decode()
    sealed, _ = keyring.seal_evidence({"lines": content.lines, "letter": letter, "kind": content.kind})
    now = stored(transaction.now)
    values = {"business": business, "lines": len(content.lines), "sealed": sealed, "now": now}
    state = LineClaimState.ACCEPTED if proved else LineClaimState.WAITING
    made = transaction.value(_CLAIM, {**values, "state": int(state), "decided_at": now if proved else None})
    assert made is not None
    return made


def claims_of(snapshot: Snapshot, keyring: Keyring, business: BusinessEntry) -> list[LineClaim]:
    """The last ten, newest first."""
    values = {"of": business.id, "since": stored(business.since)}
    return [_claim(keyring, row) for row in snapshot.all(_CLAIMS_OF, values)]


def find_claim(snapshot: Snapshot, keyring: Keyring, number: int) -> LineClaim | None:
    row = snapshot.one(_ONE_CLAIM, {"of": number})
    return None if row is None else _claim(keyring, row)


def in_state(snapshot: Snapshot, keyring: Keyring, state: LineClaimState, most: int = 200) -> list[LineClaim]:
    """Oldest first."""
    return [_claim(keyring, row) for row in snapshot.all(_IN_STATE, {"state": int(state), "most": most})]


def decided(snapshot: Snapshot, keyring: Keyring) -> list[LineClaim]:
    return [_claim(keyring, row) for row in snapshot.all(_DECIDED)]


def tally(snapshot: Snapshot) -> tuple[int, int | None]:
    """How many wait for the operator, and since when (µs)."""
    ((waiting, oldest),) = snapshot.all(_TALLY)
    return waiting, optional_micros(oldest)


def content(snapshot: Snapshot, keyring: Keyring, number: int) -> ClaimContent:
    """Empty once the claim is settled."""
    sealed = snapshot.value(_SEALED, {"of": number})
    if sealed is None:
        return ClaimContent([], b"", "")
    found = keyring.unseal_evidence(bytes(sealed))
    return ClaimContent(found["lines"], base64.b64decode(found["letter"]), found["kind"])


def decide(transaction: Transaction, keyring: Keyring, number: int, *, accept: bool, why: str) -> bool:
    """False where it was decided before. A refused claim's lines and letter are deleted."""
    state = LineClaimState.ACCEPTED if accept else LineClaimState.REFUSED
    sealed, _ = keyring.seal_evidence({"why": why})
    values = {"of": number, "state": int(state), "now": stored(transaction.now), "why": sealed}
    return transaction.run(_DECIDE, values) == 1


def add(transaction: Transaction, claim: LineClaim, people: Sequence[int], place: int, *, last: bool) -> int:
    """Adds these recipients; those of another business, and those who left one, stay out. Returns how many it added."""
    now = stored(transaction.now)
    values = [{"recipient": one, "business": claim.business, "now": now} for one in people]
    added = sum(transaction.run(_ADD, one) for one in values)
    transaction.run(_ADVANCE, {"of": claim.id, "place": place, "added": added})
    if last:
        transaction.run(_END_CLAIM, {"of": claim.id})
    return added


def take_over(transaction: Transaction, business: int, recipient: int, domain: str) -> None:
    """Releases an e-mail that another business holds without a proof of its domain that still counts, for ``business``,
    which has one."""
    since = stored(transaction.now - DOMAIN_KEPT)
    transaction.run(_TAKE_OVER, {"of": recipient, "business": business, "domain": domain, "since": since})


def count(snapshot: Snapshot, business: int) -> int:
    return snapshot.value(_COUNT, {"of": business}) or 0


def room(snapshot: Snapshot, business: int, most: int) -> int:
    """How many more lines it may claim."""
    return most - count(snapshot, business) - int(snapshot.value(_PENDING_LINES, {"of": business}) or 0)


def lines(snapshot: Snapshot, business: int, after: int, most: int) -> list[int]:
    """Recipients in order."""
    return snapshot.column(_LINES, {"of": business, "after": after, "most": most})


def leave(transaction: Transaction, recipient: int) -> bool:
    """Takes a line out of its business for good; False where it is in none."""
    return transaction.run(_LEAVE, {"of": recipient, "now": stored(transaction.now)}) == 1


def forget(transaction: Transaction, keyring: Keyring, who: Person) -> None:
    """Ends what an erased address had to do with businesses."""
    if (recipient := register.find(transaction, keyring, who)) is not None:
        end(transaction, keyring, recipient)


def end(transaction: Transaction, keyring: Keyring, recipient: int) -> dict[str, Any]:
    """Ends what the holder of an address had to do with businesses: its line leaves; of the business that it acted for,
    name, number, claims, domains and open runs are ended, and others may claim its lines. Returns what ``restore``
    takes, for sealed evidence."""
    now, owned = stored(transaction.now), of_owner(transaction, keyring, recipient)
    ended: dict[str, Any] = {"left_at": transaction.now, "owned": None}
    if owned is not None:
        released = transaction.column(_RELEASE_LINES, {"of": owned.id})
        ended["owned"] = {**owned._asdict(), "lines": released, "domains": domains(transaction, owned.id)}
        transaction.run(_DROP_DOMAINS, {"of": owned.id})
        transaction.run(_DROP_CLAIMS, {"of": owned.id, "now": now})
        transaction.run(_END_RUNS, {"of": owned.id, "now": now})
        _set(transaction, keyring, owned._replace(title="", number="", standing=False, since=transaction.now))
    leave(transaction, recipient)
    return ended


def restore(transaction: Transaction, keyring: Keyring, recipient: int, ended: Mapping[str, Any]) -> None:
    """Undoes ``end`` but for claims and runs. A business that was begun since stays, and lines that another took."""
    transaction.run(_STAY, {"of": recipient, "left_at": stored(ended["left_at"])})
    if (kept := ended["owned"]) is None or of_owner(transaction, keyring, recipient) is not None:
        return
    business = BusinessEntry(**{name: kept[name] for name in BusinessEntry._fields})
    _set(transaction, keyring, business)
    erased, now = register.erased_among(transaction, kept["lines"]), stored(transaction.now)
    for line in kept["lines"]:
        if line not in erased:
            transaction.run(_ADD, {"recipient": line, "business": business.id, "now": now})
    rows = [(business.id, name, stored(at) if at else None) for name, at in kept["domains"].items()]
    transaction.upsert("business_domain", "business,domain", "business,domain,proved_at", rows)


def begin_run(transaction: Transaction, business: BusinessEntry, *, standing: bool, undoes: Run | None = None) -> int:
    values = {"business": business.id, "undoes": undoes and undoes.id, "standing": standing}
    made = transaction.value(_RUN, {**values, "before": business.standing, "now": stored(transaction.now)})
    assert made is not None
    set_standing(transaction, business.id, standing)
    return made


def open_run(snapshot: Snapshot) -> Run | None:
    """The oldest that is not finished."""
    return _run(snapshot.one(_OPEN_RUN))


def last_run(snapshot: Snapshot, business: BusinessEntry) -> Run | None:
    return _run(snapshot.one(_LAST_RUN, {"of": business.id, "since": stored(business.since)}))


def find_run(snapshot: Snapshot, number: int) -> Run | None:
    return _run(snapshot.one(_ONE_RUN, {"of": number}))


def acts(snapshot: Snapshot, run: int, after: int, most: int) -> list[int]:
    return snapshot.column(_ACTS, {"of": run, "after": after, "most": most})


def keep_acts(transaction: Transaction, run: int, made: Sequence[int]) -> None:
    transaction.insert("business_act", "act,run", [(act, run) for act in made])


def step(transaction: Transaction, run: int, place: int, *, done: int = 0, failed: int = 0) -> None:
    transaction.run(_STEP, {"of": run, "place": place, "done": done, "failed": failed})


def end_run(transaction: Transaction, run: int) -> None:
    transaction.run(_END_RUN, {"of": run, "now": stored(transaction.now)})


def _set(transaction: Transaction, keyring: Keyring, business: BusinessEntry) -> None:
    """Writes everything but its owner."""
    words = {"title": business.title, "number": business.number, "since": business.since}
    values = {"of": business.id, "sealed": keyring.seal_evidence(words)[0], "standing": business.standing}
    transaction.run(_SET_BUSINESS, values)


def _entry(keyring: Keyring, row: tuple[Any, ...] | None) -> BusinessEntry | None:
    if row is None:
        return None
    number, owner, sealed, standing = row
    words = keyring.unseal_evidence(bytes(sealed))
    return BusinessEntry(number, owner, words["title"], words["number"], bool(standing), words.get("since", 0))


def _claim(keyring: Keyring, row: tuple[Any, ...]) -> LineClaim:
    number, business, state, count_, place, added, asked_at, decided_at, why = row
    reason = "" if why is None else keyring.unseal_evidence(bytes(why)).get("why", "")
    at = micros(asked_at), optional_micros(decided_at) or 0
    return LineClaim(number, business, LineClaimState(state), count_, place, added, *at, reason)


def _run(row: tuple[Any, ...] | None) -> Run | None:
    if row is None:
        return None
    number, business, undoes, standing, before, place, done, failed, asked_at, finished_at = row
    times = micros(asked_at), optional_micros(finished_at) or 0
    return Run(number, business, undoes, bool(standing), bool(before), place, done, failed, *times)
