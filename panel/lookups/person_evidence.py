"""What stands behind one person's history: record numbers, loads, people; and the signed statement of it, with the
log's proofs."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from consents.queries import loads
from consents.queries.timeline import Entry
from consents.registry import Registry
from consents.rules import Word
from consents.store import Snapshot
from consents.terms import Actor, Channel, Identity, Source, Status
from evidence import receipts
from evidence.checkpoints import LogKey
from evidence.tlog import signed_trees
from panel.accounts import account_store, memberships
from panel.lookups.address_facts import AddressEvent, AddressFacts
from panel.rights import Company, Member
from panel.uploads import upload_store
from providers.callers import api_users
from providers.callers.api_users import Owner
from providers.disputes import consent_evidence
from settings import Settings
from trust import record_numbers

# Of the evidence of a citizen's act: the session, message or call, and the company's question with its form and text.
WAY = ("session", "carrier", "message", "call", "request", "form", "version", "method", "asked")
_SESSION = 16  # characters of a session's mark, enough to distinguish it


class Background(NamedTuple):
    """``number``: the record number; ``load``: its load, 0 without one, with ``file``, ``sha256`` and ``page``, the
    panel's number of the file; ``who``: a colleague's e-mail or a program's name, "" for others; ``why``: their
    note; ``way``: of a citizen's act."""

    number: str
    load: int = 0
    page: int = 0
    file: str = ""
    sha256: str = ""
    who: str = ""
    why: str = ""
    way: Mapping[str, str] = {}


def backgrounds(
    snapshot: Snapshot, registry: Registry, member: Member | None, facts: AddressFacts
) -> dict[int, Background]:
    """By act. A company sees the numbers of its own acts: those of citizens are theirs to give. ``member``: None for
    the address' holder, who gets every number, and of the company's people and files no names."""
    found: dict[int, Background] = {}
    entries = {one.entry.act: one for one in facts.history}
    of_loads = loads.of_acts(snapshot, entries)
    brands = {one.brand.id for one in entries.values()}
    pages = upload_store.of_loads(snapshot, brands, [load for load, _ in of_loads.values()]) if of_loads else {}
    for act, one in entries.items():
        own = member is None or one.entry.actor is Actor.PROVIDER or member.is_staff
        number = record_numbers.of_act(registry.keyring, act) if own else ""
        if member is None:
            load, digest = of_loads.get(act, (0, b""))
            found[act] = Background(number, load, sha256=digest.hex(), way=_way(registry, one.entry, facts.address))
        elif act in of_loads:
            load, digest = of_loads[act]
            page = pages.get(load, 0)
            file = upload_store.find(snapshot, registry.keyring, page) if page else None
            who = _email(snapshot, registry, file.person) if file else ""
            found[act] = Background(number, load, page, file.name if file else "", digest.hex(), who)
        else:
            who, why = _by(snapshot, registry, member, one.entry)
            found[act] = Background(number, who=who, why=why, way=_way(registry, one.entry, facts.address))
    return found


def _way(registry: Registry, entry: Entry, address: str) -> Mapping[str, str]:
    """What shows how a citizen acted, of ``WAY``, in its order."""
    if entry.actor is not Actor.CITIZEN or entry.evidence is None:
        return {}
    opened = registry.keyring.unseal_evidence(entry.evidence)
    found = {name: str(opened[name]) for name in WAY if opened.get(name)}
    if "session" in found:  # the mark alone would show which addresses are of one person, who proved them in it
        found["session"] = sha256(f"{found['session']} {address}".encode()).hexdigest()[:_SESSION]
    return found


def _by(snapshot: Snapshot, registry: Registry, member: Member, entry: Entry) -> tuple[str, str]:
    """Who recorded a company's own act, and their note."""
    if entry.actor is not Actor.PROVIDER or entry.evidence is None:
        return "", ""
    opened = registry.keyring.unseal_evidence(entry.evidence)
    why = str(opened.get("why", ""))
    if "person" in opened:
        return _email(snapshot, registry, opened["person"]), why
    if "user" in opened:
        return api_users.name_of(snapshot, Owner.PROVIDER, member.at.id, opened["user"]) or "", ""
    return "", ""


def _email(snapshot: Snapshot, registry: Registry, person: int) -> str:
    known = account_store.by_number(snapshot, registry.keyring, person)
    return known.email if known else ""


class StatementScope(NamedTuple):
    """Whose document it is. ``brands``: by brandCode, None for all of the company's; ``about``: the transaction ids of
    the ONAYs, or the record number of the act, that it is about alone, "" for all of the address."""

    company: Company
    brands: list[int] | None
    member: Member | None
    about: str = ""


def scope_of(snapshot: Snapshot, member: Member, about: str = "") -> StatementScope:
    # Without all of the company's, what a document lacks could be taken for what never was.
    seen = None if member.brands is None else [one.code for one in memberships.brands(snapshot, member)]
    return StatementScope(member.at, seen, member, about)


def statement(
    snapshot: Snapshot, registry: Registry, scope: StatementScope, facts: AddressFacts, site: Settings
) -> str:
    """The signed file: what stands, and each movement with its proof where the log has signed it. An act of a citizen
    that also touched what this page does not show has none, because its proof holds how much. Errors: LogFault."""
    keyring = registry.keyring
    key, last = LogKey.of(keyring), max((one.entry.act for one in facts.history), default=1)
    signed = signed_trees.newest(snapshot, key, site.log_quorum, last) or signed_trees.newest(snapshot, key)
    behind = backgrounds(snapshot, registry, scope.member, facts)
    shown: dict[int, int] = {}
    for one in facts.history:
        shown[one.entry.act] = shown.get(one.entry.act, 0) + 1
    movements = []
    for one in facts.history:
        entry, about = one.entry, behind[one.entry.act]
        whole = entry.actor is Actor.PROVIDER or (shown[entry.act] == entry.size and not entry.ahead)
        event = one.change.word.event
        proven: dict[str, Any] = {"event": None, "act": None}
        if signed is not None and signed.checkpoint.size >= entry.act and whole and event is not None:
            proven = receipts.prove_movement(snapshot, entry.act, event, signed.checkpoint)
        pieces = []
        if signed is not None and proven["act"] is not None:
            plain = ((piece.id, consent_evidence.plain(snapshot, keyring, piece.id)) for piece in one.attached)
            pieces = [
                receipts.prove_attached(snapshot, keyring, act, text, signed.checkpoint) for act, text in plain if text
            ]
        added = {receipts.ATTACHED: pieces} if pieces else {}
        movements.append({"title": one.brand.title, **_background(about, one), **_words(one), **added, **proven})
    content = {
        "format": receipts.STATEMENT,
        "registry": site.site_name,
        "company": scope.company.title,
        "code": scope.company.code,
        **({"about": scope.about} if scope.about else {}),
        "address": facts.address,
        "salt": keyring.salt(facts.address).hex(),
        "made": receipts.iso(registry.store.now()),
        "brands": scope.brands,
        "stands": [
            {
                "brand": part.brand.code,
                "title": part.brand.title,
                "channel": str(Channel.of(line.channel)),
                "identity": str(Identity.of(line.identity)),
                "status": str(Status.of(line.status)),
                "since": receipts.iso(line.at) if line.at else None,
            }
            for part in facts.parts
            for line in part.lines
            if line.status is not None
        ],
        "movements": movements,
        "earlier": facts.more,
        "checkpoint": signed.note if signed else None,
        **receipts.outside(signed, site.log_quorum),
    }
    return receipts.sign_document(keyring, content)


def _background(about: Background, one: AddressEvent) -> dict[str, Any]:
    load = {"number": about.load, "file": about.file, "sha256": about.sha256, "row": one.row or None}
    return {
        "number": about.number or None,
        **({"transaction": one.name} if one.name else {}),
        "load": load if about.load else None,
        "who": about.who or None,
        "note": about.why or None,
        **({"way": dict(about.way)} if about.way else {}),
    }


def comments(one: AddressEvent) -> dict[str, bool]:
    # What weakens a movement: without these an ONAY could be taken for one in force.
    return {
        "undo": one.entry.undoes is not None,
        "waited": one.change.waited,
        "covered": one.change.covered,
        "disputed": one.entry.disputed,
    }


def _words(one: AddressEvent) -> dict[str, Any]:
    """As the log has them."""
    word: Word = one.change.word
    return {
        "recorded": receipts.iso(one.entry.recorded_at),
        "by": str(one.entry.actor),
        "door": str(one.entry.door),
        **comments(one),
        "taken_back": receipts.iso(one.entry.undone_at) if one.entry.undone_at else None,
        "brand": one.brand.code,
        "channel": str(Channel.of(one.change.channel)),
        "identity": str(Identity.of(one.change.identity)),
        "status": str(Status.of(word.status)),
        "source": str(Source.of(word.source)) if word.source else None,
        "decided": receipts.iso(word.at) if word.at else None,
    }
