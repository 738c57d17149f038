"""Citizens' telephone declarations. A company's are judged and recorded like its program's, with source
HS_CAGRI_MERKEZI. The operator's people record only refusals, as the citizen's own (IYS_CM). An undo, by the person who
made the entry, within ten minutes (rule L11), takes only one act out of the fold: later changes stay."""

from __future__ import annotations

from typing import NamedTuple

from consents import business_days, dates, history, ledger, state
from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.history import Deed
from consents.instants import MINUTE
from consents.ledger import PENDING, RECORDED, UNCHANGED, Claim, Wish
from consents.people import register
from consents.queries import recorded
from consents.registry import Registry
from consents.rules import RET, Word
from consents.state import Key
from consents.store import Snapshot, Transaction
from consents.terms import Actor, Channel, Door, Identity, Source, Status
from panel.audit import audit_log
from panel.audit.audit_log import AuditEntry, AuditSearch
from panel.audit.change import Change
from panel.people import brakes
from panel.rights import Member
from providers import refused_counts
from providers.cases import judge
from providers.cases.case import Declared, Flaw, Frame
from trust import record_numbers
from web.iys_fields import Field

_REFUSED_ALREADY = "H174"  # which is no fault here: whoever rings twice hears that it is recorded
WINDOW = 10 * MINUTE
_RECORDED = ("refusal-recorded", "consent-declared")
_SHOWN = 10


class DeskWord(NamedTuple):
    """The declaration: brand, channel, identity; ``why``: who called and how they were identified."""

    brand: KnownBrand
    address: str
    channel: Channel
    identity: Identity
    status: Status
    why: str


class DeskResult(NamedTuple):
    """``flaws``: İYS's rules broken; ``code``: the ledger's refusal. ``many``: the hourly limit was reached and
    nothing recorded. ``number``: the record number to read out; ``known``: of an existing record, "" by somebody
    else. ``pending``: the citizen is asked first. ``act``: 0 for nothing recorded."""

    flaws: tuple[Flaw, ...] = ()
    code: str = ""
    number: str = ""
    pending: bool = False
    known: bool = False
    many: bool = False
    act: int = 0


class DeskAct(NamedTuple):
    """``number``: record number; ``declared``: channel, identity and status."""

    act: int
    at: int
    brand: KnownBrand
    declared: tuple[str, ...]
    number: str


def take(change: Change, registry: Registry, member: Member, word: DeskWord) -> DeskResult:
    """Records a declaration; the operator's people only refusals. Errors: as of ``refuse``."""
    if not brakes.may_record(change.transaction, change.keyring, member.person.id):
        return DeskResult(many=True)
    return (refuse if member.is_staff else declare)(change, registry, member, word)


def declare(change: Change, registry: Registry, member: Member, word: DeskWord) -> DeskResult:
    """Records a citizen's declaration to the company, as the company's own."""
    result = _declare(change, registry, member, word)
    codes = {flaw.code for flaw in result.flaws} | ({result.code} if result.code else set())
    refused_counts.add_by_hand(change.transaction, word.brand.id, word.channel.code, codes)
    return result


def _declare(change: Change, registry: Registry, member: Member, word: DeskWord) -> DeskResult:
    transaction = change.transaction
    case = {
        Field.RECIPIENT: word.address,
        Field.TYPE: str(word.channel),
        Field.SOURCE: str(Source.HS_CAGRI_MERKEZI),
        Field.STATUS: str(word.status),
        Field.IDENTITY: str(word.identity),
        Field.DATE: dates.wire(transaction.now),
    }
    item, flaws, _ = judge.judge(case, Frame(transaction.now, {}))
    if item is None:
        return DeskResult(tuple(flaws))
    claim = Claim(_enrolled(transaction, registry, item), word.brand.id, *item[1:7])
    deed = Deed(Actor.PROVIDER, Door.DESK, evidence=_evidence(registry, member, word))
    oldest = business_days.oldest_reportable(transaction.now)
    (answer,) = ledger.declare(transaction, registry.policy, word.brand.id, [claim], deed, oldest=oldest)
    if answer in (UNCHANGED, _REFUSED_ALREADY):
        standing = state.of_key(transaction, Key(*claim[:4]))
        own = standing and standing.provider
        return _known(transaction, registry, own if own and own.status == item.status else None)
    if answer not in (RECORDED, PENDING):
        return DeskResult(code=answer)
    act, number = _noted(change, word, item.address)
    return DeskResult(number=number, pending=answer == PENDING, act=act)


def refuse(change: Change, registry: Registry, member: Member, word: DeskWord) -> DeskResult:
    """Records a citizen's refusal to the operator, as their own. Errors: ledger.ClockBehind."""
    transaction = change.transaction
    case = {Field.RECIPIENT: word.address, Field.TYPE: str(word.channel)}
    questions = judge.Questions(case)
    found = questions.address(word.channel)
    if found is None:
        return DeskResult(tuple(questions.flaws))
    person = register.person(registry.keyring, found.address)
    recipient = register.acting(transaction, registry.keyring, person)
    wishes = [Wish(word.brand.id, word.channel.code, one.code, RET, Source.IYS_CM.code) for one in Identity]
    deed = Deed(Actor.STAFF, Door.DESK, evidence=_evidence(registry, member, word))
    decision = ledger.decide(transaction, registry.policy, recipient, wishes, deed, keyring=registry.keyring)
    if decision.act is None:
        standing = state.of_key(transaction, Key(recipient, *wishes[0][:3]))
        return _known(transaction, registry, standing and standing.own)
    act, number = _noted(change, word, found.address)
    return DeskResult(number=number, act=act)


def _known(transaction: Transaction, registry: Registry, word: Word | None) -> DeskResult:
    """The existing record of the same side, with its number, for a double click."""
    event = word and recorded.events(transaction, [word.event]).get(word.event)
    return DeskResult(number=record_numbers.of_act(registry.keyring, event.act) if event else "", known=True)


def _enrolled(transaction: Transaction, registry: Registry, item: Declared) -> int:
    person = register.person(registry.keyring, item.address)
    (number,) = register.enrol_all(transaction, registry.keyring, [person])
    return number


def _evidence(registry: Registry, member: Member, word: DeskWord) -> tuple[bytes, bytes]:
    return registry.keyring.seal_evidence({"person": member.person.id, "why": word.why})


def _noted(change: Change, word: DeskWord, address: str) -> tuple[int, str]:
    """Logs the action; (act, record number)."""
    act = history.act_of_last(change.transaction)
    what = "refusal-recorded" if word.status is Status.RET else "consent-declared"
    declared = f"{word.channel} {word.identity} {word.status}"
    change.note(what, f"act {act}", after=declared, why=word.why, brand=word.brand, address=address)
    return act, record_numbers.of_act(change.keyring, act)


def own(snapshot: Snapshot, registry: Registry, member: Member, now: int) -> list[DeskAct]:
    """The member's undoable entries, the newest first."""
    return [
        one
        for what in _RECORDED
        for noted in audit_log.find(
            snapshot, registry.keyring, AuditSearch(member.at.id, member.person.id, what=what), _SHOWN
        )
        if (one := _undoable(snapshot, registry, member, noted, now)) is not None
    ]


def outcome(snapshot: Snapshot, registry: Registry, member: Member, act: int, now: int) -> tuple[bool, bool]:
    """(undone, still undoable by this member); 0 is no entry."""
    undone = bool(act) and history.undone_by(snapshot, act) is not None
    return undone, any(one.act == act for one in own(snapshot, registry, member, now))


def undo(change: Change, registry: Registry, member: Member, act: int) -> bool:
    """Undoes one; False where it is not theirs, too old, or undone."""
    transaction = change.transaction
    found = next((one for one in own(transaction, registry, member, transaction.now) if one.act == act), None)
    past = found and history.act(transaction, act)
    if found is None or past is None:
        return False
    evidence = registry.keyring.seal_evidence({"person": member.person.id})
    if ledger.undo(transaction, registry.policy, act, Deed(past.actor, Door.DESK, evidence=evidence)) is None:
        return False
    change.note("desk-undone", f"act {act}", " ".join(found.declared), provider=member.at.id, brand=found.brand.id)
    return True


def _undoable(snapshot: Snapshot, registry: Registry, member: Member, noted: AuditEntry, now: int) -> DeskAct | None:
    act = int(noted.object.removeprefix("act "))
    past = history.act(snapshot, act)
    # A clock that is behind lengthens no undo.
    now = max(now, history.recorded_until(snapshot) or 0)
    if past is None or past.door is not Door.DESK or now > past.recorded_at + WINDOW:
        return None
    if noted.brand is None or not member.sees(noted.brand) or history.undone_by(snapshot, act) is not None:
        return None
    brand = provider_list.brand(snapshot, noted.brand)
    return DeskAct(
        act, past.recorded_at, brand, tuple(noted.after.split()), record_numbers.of_act(registry.keyring, act)
    )
