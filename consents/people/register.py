"""Table ``recipient``: finds, enrols and erases people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import bindparam, func, literal_column, select, text, update

from consents.keys import Keyring
from consents.people import sealed_forms
from consents.people.held_keys import DIGEST_SIZE
from consents.store import PrefetchRead, Snapshot, Statement, Transaction, Value, among, table
from consents.store.statements import POSTGRESQL, SQLITE
from consents.tables.history_tables import Act, ConsentEvent
from consents.tables.recipient_tables import RecipientRow
from consents.tables.staged_tables import STAGED_PEOPLE
from consents.terms import Door

__all__ = [
    "Person",
    "address",
    "enrol",
    "enrol_all",
    "erase",
    "erased_among",
    "erased_one",
    "find",
    "find_all",
    "find_sealed",
    "forget_evidence",
    "kept",
    "person",
    "welcome_back",
]

_table = table(RecipientRow)
_act, _event = table(Act), table(ConsentEvent)

_FIND: Value[int] = Statement(select(_table.c.id).where(_table.c.sealed == bindparam("sealed")))
# OFFSET 0 leaves PostgreSQL's planner one way, a look by the address for each: of a table that is young, or grows fast,
# it knows nothing to choose by.
_FIND_MANY = {
    SQLITE: Statement(select(_table.c.sealed, _table.c.id).where(among(_table.c.sealed, "sealed", blobs=True))),
    POSTGRESQL: Statement(
        text(
            "SELECT asked.sealed, found.id FROM unnest(CAST(:sealed AS bytea[])) AS asked(sealed) CROSS JOIN LATERAL "
            "(SELECT id FROM recipient WHERE recipient.sealed = asked.sealed OFFSET 0) AS found"
        )
    ),
}
# The same of people who lie ready (consents/tables/staged_tables.py). Place -1: somebody is erased, so who is not found
# may be the same person; asked in the same snapshot, because they may act at any moment.
_STAGED_KNOWN = Statement(
    text(
        f"SELECT p.number, found.id FROM {STAGED_PEOPLE} p CROSS JOIN LATERAL "
        "(SELECT id FROM recipient WHERE recipient.sealed = p.sealed OFFSET 0) AS found "
        f"UNION ALL (SELECT -1, id FROM recipient WHERE length(sealed) = {DIGEST_SIZE} LIMIT 1)"
    )
)
# An erased one who came since may be anybody. INTERSECT sorts or hashes both, whatever the planner knows of them.
_STAGED_CAME = Statement(
    text(
        f"SELECT EXISTS (SELECT sealed FROM recipient WHERE id > :last INTERSECT SELECT sealed FROM {STAGED_PEOPLE}) "
        f"OR EXISTS (SELECT 1 FROM recipient WHERE id > :last AND length(sealed) = {DIGEST_SIZE})"
    )
)
# As they lie there. A file's lie in the order of the unique index: neighbours land on the same pages.
_ENROL = f"INSERT INTO recipient (id,sealed,commitment) SELECT {{number}}, sealed, commitment FROM {STAGED_PEOPLE} p"
_ENROL_STAGED = Statement(text(_ENROL.format(number="CAST(:last AS bigint) + 1 + number")))
_ENROL_UNKNOWN = Statement(
    text(
        _ENROL.format(number="CAST(:last AS bigint) + row_number() OVER (ORDER BY number)")
        + " WHERE NOT EXISTS (SELECT 1 FROM unnest(CAST(:known AS integer[])) AS gone(number) "
        "WHERE gone.number = p.number)"
    )
)
# The condition of the partial index recipient_erased, so the next costs one probe.
ERASED = func.length(_table.c.sealed) == literal_column(str(DIGEST_SIZE))
_LAST: Value[int | None] = Statement(select(func.max(_table.c.id)))
_ANY_ERASED = Statement(select(_table.c.id).where(ERASED).limit(literal_column("1")))
_ERASED_AMONG: Value[int] = Statement(select(_table.c.id).where(among(_table.c.id, "recipients"), ERASED))
_SEALED: Value[bytes] = Statement(select(_table.c.sealed).where(_table.c.id == bindparam("recipient")))
_RESEAL = Statement(update(_table).where(_table.c.id == bindparam("recipient")).values(sealed=bindparam("sealed_as")))
_FORGET_EVIDENCE = Statement(
    update(_act)
    .where(_act.c.recipient == bindparam("subject"), _act.c.evidence_digest.is_not(None))
    .values(evidence=bindparam("erased"))
)
# Of a company's desk, whose act is about one person and names none.
_DESK_ACTS: Value[int] = Statement(
    select(_act.c.id)
    .join(_event, _event.c.act == _act.c.id)
    .where(
        _event.c.recipient == bindparam("subject"),
        _act.c.recipient.is_(None),
        _act.c.door == literal_column(str(Door.DESK.code)),
        func.length(_act.c.evidence) > literal_column(str(DIGEST_SIZE)),
    )
    .distinct()
)
_FORGET_ACT = Statement(update(_act).where(_act.c.id == bindparam("act")).values(evidence=bindparam("erased")))
_new = tuple.__new__  # cheaper than Person(…)


def find(snapshot: Snapshot, keyring: Keyring, who: Person) -> int | None:
    return find_sealed(snapshot, keyring, who.sealed)


def find_sealed(snapshot: Snapshot, keyring: Keyring, sealed: bytes) -> int | None:
    found = _of(snapshot, sealed)
    if found is not None:  # nearly always
        return found
    recipient, versions = sealed_forms.find_by_any_key(snapshot, keyring, sealed, partial(_of, snapshot), tried=True)
    return recipient or erased_one(snapshot, keyring, sealed, versions)


def find_evenly(snapshot: Snapshot, keyring: Keyring, who: Person) -> int | None:
    """As ``find``, with the looks that an unknown address takes, so that its time does not show who is known."""
    found = _of(snapshot, who.sealed)
    other, versions = sealed_forms.find_by_any_key(snapshot, keyring, who.sealed, partial(_of, snapshot), tried=True)
    erased = erased_one(snapshot, keyring, who.sealed, versions)
    return found or other or erased


def enrol(transaction: Transaction, keyring: Keyring, who: Person) -> int:
    return find(transaction, keyring, who) or _add(transaction, [who])[0]


def acting(transaction: Transaction, keyring: Keyring, who: Person) -> int:
    """The recipient of a proved address: enrolled where unknown, kept again if erased."""
    recipient, versions = sealed_forms.find_by_any_key(transaction, keyring, who.sealed, partial(_of, transaction))
    if recipient is None and (recipient := erased_one(transaction, keyring, who.sealed, versions)) is not None:
        welcome_back(transaction, who, recipient)
    return recipient or _add(transaction, [who])[0]


def find_all(snapshot: Snapshot, keyring: Keyring, people: Sequence[Person]) -> dict[bytes, int]:
    """Encrypted address -> recipient; an erased person is found under their encrypted address."""
    known: dict[bytes, int] = {}
    missing = [who.sealed for who in people]
    oldest, newest = keyring.oldest, keyring.version
    while missing:
        known.update(_found(snapshot, keyring, missing, oldest, newest))
        missing = [sealed for sealed in missing if sealed not in known]
        if not missing:
            break
        versions = sealed_forms.read_versions(snapshot, keyring)
        if versions.asked(oldest, newest):
            if versions.erased:
                known.update(_found_erased(snapshot, keyring, missing))
            break
        oldest, newest = min(oldest, versions.oldest), max(newest, versions.newest)
    return known


def last_number(snapshot: Snapshot) -> int:
    return snapshot.value(_LAST) or 0


def find_staged(transaction: Transaction, keyring: Keyring, people: Sequence[Person]) -> dict[int, int]:
    """Place -> recipient of the known people in STAGED_PEOPLE, encrypted by the newest key."""
    known: dict[int, int] = dict(transaction.all(_STAGED_KNOWN))
    some_erased = known.pop(-1, None) is not None
    if len(known) == len(people):
        return known
    missing = {who.sealed: place for place, who in enumerate(people) if place not in known}
    versions = sealed_forms.read_versions(transaction, keyring)
    if versions.oldest == versions.newest == keyring.version and not keyring.several:
        found: dict[bytes, int] = {}
    else:
        found = find_all(transaction, keyring, [people[place] for place in missing.values()])
    if some_erased:
        found.update(_found_erased_or_back(transaction, keyring, [one for one in missing if one not in found]))
    known.update((missing[sealed], number) for sealed, number in found.items())
    return known


def prefetch_who_came(last: int) -> PrefetchRead:
    return PrefetchRead(_STAGED_CAME, {"last": last})


def came_since(transaction: Transaction, last: int) -> bool:
    return bool(transaction.value(*prefetch_who_came(last)))


def enrol_staged(transaction: Transaction, count: int, known: Sequence[int]) -> int:
    """Enrols those of ``count`` STAGED_PEOPLE who are not at the places ``known``, in order; the last recipient before
    them."""
    last = transaction.numbers("recipient", count) - 1
    if known:
        transaction.expect(_ENROL_UNKNOWN, {"last": last, "known": transaction.array(known)}, count)
    else:
        transaction.expect(_ENROL_STAGED, {"last": last}, count)
    return last


def enrol_all(transaction: Transaction, keyring: Keyring, people: Sequence[Person]) -> list[int]:
    if keyring.several:
        people = now_sealed(keyring, people)
    known = find_all(transaction, keyring, people)
    new = {who.sealed: who for who in people if who.sealed not in known}
    if new:
        known.update(zip(new, _add(transaction, list(new.values())), strict=True))
    return [known[who.sealed] for who in people]


def now_sealed(keyring: Keyring, people: Iterable[Person]) -> list[Person]:
    return [Person(keyring.current(who[0]), who[1]) for who in people]


def address(snapshot: Snapshot, keyring: Keyring, recipient: int) -> str | None:
    sealed = snapshot.value(_SEALED, {"recipient": recipient})
    return None if sealed is None else keyring.unseal(sealed)


def erased_among(snapshot: Snapshot, recipients: Iterable[int]) -> set[int]:
    if not _any_erased(snapshot):
        return set()
    return set(snapshot.column(_ERASED_AMONG, {"recipients": snapshot.array(recipients)}))


def erase(transaction: Transaction, keyring: Keyring, who: Person) -> int | None:
    """Erases an address; the recipient, or None if unknown. Refusals stand: the address is recognised by its digest
    when it comes again. Evidence of the person's own acts, and of a company's desk about the person, is replaced by a
    keyed mark."""
    recipient = find(transaction, keyring, who)
    if recipient is None:
        return None
    transaction.run(_RESEAL, {"recipient": recipient, "sealed_as": _digest(keyring, who.sealed)})
    transaction.run(_FORGET_EVIDENCE, {"subject": recipient, "erased": keyring.erased_evidence(recipient)})
    for act in transaction.column(_DESK_ACTS, {"subject": recipient}):
        forget_evidence(transaction, act, keyring.erased_act(act))
    return recipient


def forget_evidence(transaction: Transaction, act: int, erased: bytes) -> None:
    """``erased``: the keyed mark that takes the place of an act's evidence."""
    transaction.run(_FORGET_ACT, {"act": act, "erased": erased})


def welcome_back(transaction: Transaction, who: Person, recipient: int) -> None:
    """Keeps an erased person's address again, because they acted and proved it."""
    sealed = transaction.value(_SEALED, {"recipient": recipient})
    if sealed is not None and is_erased(sealed):
        transaction.run(_RESEAL, {"recipient": recipient, "sealed_as": who.sealed})


def _add(transaction: Transaction, new: Sequence[Person]) -> range:
    first = transaction.numbers("recipient", len(new))
    # In the order of the unique index: neighbours land on the same pages.
    rows = [(first + place, who.sealed, who.commitment) for place, who in enumerate(new)]
    transaction.insert("recipient", "id,sealed,commitment", sorted(rows, key=itemgetter(1)))
    return range(first, first + len(new))


def kept(snapshot: Snapshot, keyring: Keyring, sealed: bytes) -> int | None:
    return sealed_forms.find_by_any_key(snapshot, keyring, sealed, partial(_of, snapshot))[0]


def _of(snapshot: Snapshot, form: bytes) -> int | None:
    return snapshot.value(_FIND, {"sealed": form})


def erased_one(
    snapshot: Snapshot, keyring: Keyring, sealed: bytes, versions: sealed_forms.Versions | None
) -> int | None:
    """An erased person's recipient, for the versions that ``sealed_forms`` found."""
    return _of(snapshot, _digest(keyring, sealed)) if versions is not None and versions.erased else None


def _found(snapshot: Snapshot, keyring: Keyring, sealed: Sequence[bytes], oldest: int, newest: int) -> dict[bytes, int]:
    if not keyring.several:
        return _numbers(snapshot, sealed)
    asked: dict[bytes, list[bytes]] = {}  # one address may have been given in two forms
    for one in sealed:
        for form in keyring.forms(one, oldest, newest):
            asked.setdefault(form, []).append(one)
    return {one: number for form, number in _numbers(snapshot, asked).items() for one in asked[form]}


def _found_erased(snapshot: Snapshot, keyring: Keyring, sealed: Iterable[bytes]) -> dict[bytes, int]:
    digests = {one: _digest(keyring, one) for one in sealed}
    known = _numbers(snapshot, digests.values())
    return {one: known[digest] for one, digest in digests.items() if digest in known}


def _found_erased_or_back(snapshot: Snapshot, keyring: Keyring, sealed: Iterable[bytes]) -> dict[bytes, int]:
    """As ``_found``, with erased people and those who acted since, in one look against races."""
    forms = {form: one for one in sealed for form in (one, _digest(keyring, one))}
    return {forms[form]: number for form, number in _numbers(snapshot, forms).items()}


def _numbers(snapshot: Snapshot, stored: Iterable[bytes]) -> dict[bytes, int]:
    return dict(snapshot.all(_FIND_MANY[snapshot.dialect], {"sealed": snapshot.array(stored)}))


def is_erased(sealed: bytes) -> bool:
    return len(sealed) == DIGEST_SIZE


def _any_erased(snapshot: Snapshot) -> bool:
    return snapshot.one(_ANY_ERASED) is not None


def _digest(keyring: Keyring, sealed: bytes) -> bytes:
    address = keyring.unseal(sealed)
    assert address is not None
    return keyring.digest(address)


class Person(NamedTuple):
    sealed: bytes
    commitment: bytes


def person(keyring: Keyring, address: str) -> Person:
    """Takes a few µs, so call it outside the write transaction."""
    return _new(Person, keyring.ready(address))
