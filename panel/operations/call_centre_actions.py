"""Citizens' telephone declarations. A company's are judged and recorded like its program's, with source
HS_CAGRI_MERKEZI. The operator's people record only refusals, as the citizen's own (IYS_CM). An undo, by the person who
made the entry, within ten minutes (rule L11), takes only its acts out of the fold: later changes stay."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from citizen import public as citizen
from consents import business_days, dates, history, ledger, state
from consents.brands.companies import KnownBrand
from consents.history import Deed, Event
from consents.languages import SOURCE
from consents.ledger import PENDING, RECORDED, UNCHANGED, Claim, Wish
from consents.people import recipients, register
from consents.queries import recorded
from consents.queries.consent_lines import RecipientRows
from consents.registry import Registry
from consents.rules import ONAY, RET, UNDO_WINDOWS, Word
from consents.state import BareKey, Key
from consents.store import Snapshot, Transaction
from consents.terms import Actor, Channel, Door, Identity, Source, Status
from panel.accounts import memberships
from panel.audit import audit_log, looks
from panel.audit.audit_log import AuditSearch
from panel.audit.change import Change
from panel.lookups import address_facts, record_search
from panel.people import brakes
from panel.rights import Member
from providers import refused_counts
from providers.cases import judge
from providers.cases.case import Declared, Flaw, Frame
from settings import Settings
from trust import record_numbers
from web.iys_fields import Field

_REFUSED_ALREADY = "H174"  # which is no fault here: whoever rings twice hears that it is recorded
WINDOW = UNDO_WINDOWS[Door.DESK] or 0
_RECORDED = ("refusal-recorded", "consent-declared")
_SHOWN = 120  # audit entries, one a brand, among which the undoable acts are looked for

BrandChannel = tuple[KnownBrand, Channel]


class DeskCaller(NamedTuple):
    """``address``: canonical; ``shown``: the look is in the audit log, so what stands may be shown."""

    address: str
    shown: bool


class CallerBrand(NamedTuple):
    """What stands between a caller and a brand: of each channel the identities by status, both by code."""

    brand: KnownBrand
    stands: list[tuple[Channel, dict[int, list[int]]]]


class DeskWord(NamedTuple):
    """The declaration: brands and channels; ``identities``: as whom; ``why``: who called, how they were identified."""

    address: str
    keys: tuple[BrandChannel, ...]
    identities: tuple[Identity, ...]
    status: Status
    why: str


class DeskResult(NamedTuple):
    """``flaws``: İYS's rules broken; ``codes``: the ledger's refusals by brandCode. ``many``: the hourly limit was
    reached and nothing recorded. ``acts``: recorded, of one brand each at a company. ``pending``: the citizen is asked
    first. ``known``: the number of an existing record where nothing is new, "" by somebody else."""

    flaws: tuple[Flaw, ...] = ()
    codes: tuple[tuple[int, str], ...] = ()
    many: bool = False
    acts: tuple[int, ...] = ()
    pending: bool = False
    known: str = ""


class DeskAct(NamedTuple):
    """A recorded act. ``number``: record number; ``at``: µs; ``events``: its words; ``brands``: those of them."""

    act: int
    at: int
    number: str
    events: list[Event]
    brands: list[KnownBrand]

    def channels(self, brand: KnownBrand | None = None) -> list[int]:
        """By code."""
        return sorted({one.key.channel for one in self.events if brand is None or one.key.brand == brand.id})

    @property
    def status(self) -> int:
        return self.events[0].word.status

    @property
    def identities(self) -> list[int]:
        return sorted({one.key.identity for one in self.events})


class DeskEntry(NamedTuple):
    """What one press recorded, and can be undone. ``masked``: of whom; the acts are of the same moment."""

    at: int
    masked: str
    acts: list[DeskAct]


def receive(change: Change, registry: Registry, member: Member, typed: str, why: str) -> DeskCaller | None:
    """Logs that a caller's consents are looked at. ``typed``: a canonical address, or a record number. None for a
    number that names nobody here. Above the hourly limits nothing is shown, a number names "", refusing goes on."""
    limit, by = brakes.may_look if member.is_staff else brakes.may_receive, (change.keyring, member.person.id)
    allowed = limit(change.transaction, *by)
    address: str | None = typed
    if record_search.is_number(typed):
        allowed = allowed and brakes.may_guess(change.transaction, *by, change.transaction.now)
        address = record_search.address_of(change.transaction, registry, member, typed) if allowed else ""
    if address is None:
        brakes.note_miss(change.transaction, *by)
        change.note("number-not-found", why=why, provider=member.at.id)
        return None
    if allowed:
        change.note(
            "address-looked-at", looks.about(member, desk=True), why=why, provider=member.at.id, address=address
        )
    return DeskCaller(address, allowed)


def stands(snapshot: Snapshot, registry: Registry, member: Member, caller: DeskCaller) -> list[CallerBrand]:
    """What stands for the caller at the visible brands; without it where it may not be shown. Of an erased person only
    refusals (rule L15)."""
    brands = memberships.brands(snapshot, member)
    channels = address_facts.channels_of(caller.address)
    found: dict[tuple[int, int], dict[int, list[int]]] = {}
    person = register.person(registry.keyring, caller.address)
    recipient = register.find_sealed(snapshot, registry.keyring, person.sealed) if caller.shown else None
    if recipient is not None:
        erased = bool(register.erased_among(snapshot, [recipient]))
        reading = RecipientRows(
            snapshot, recipient, registry.store.now(), brands=[one.id for one in brands], answered=False
        )
        for row in reading.rows:
            number, channel, identity, *_ = row
            if (status := reading.status(row)) != ONAY or not erased:
                found.setdefault((number, channel), {}).setdefault(status, []).append(identity)
    return [CallerBrand(brand, [(one, found.get((brand.id, one.code), {})) for one in channels]) for brand in brands]


def take(change: Change, registry: Registry, settings: Settings, member: Member, word: DeskWord) -> DeskResult:
    """Records a declaration; the operator's people only refusals, of which the address hears, because nobody but they
    knows who called. Errors: as of ``refuse``."""
    if not brakes.may_record(change.transaction, change.keyring, member.person.id):
        return DeskResult(many=True)
    if not member.is_staff:
        return declare(change, registry, member, word)
    result = refuse(change, registry, member, word)
    for act in result.acts:
        brands, number = len({brand.id for brand, _ in word.keys}), record_numbers.of_act(registry.keyring, act)
        words = citizen.desk_refused(settings, SOURCE, brands, number)
        citizen.post_owner_notice(change.transaction, registry.keyring, settings, SOURCE, word.address, words)
    return result


def declare(change: Change, registry: Registry, member: Member, word: DeskWord) -> DeskResult:
    """Records a citizen's declaration to the company as the company's own, an act a brand."""
    flaws: list[Flaw] = []
    items = {one: _judged(change.transaction, word, one, flaws) for one in dict.fromkeys(key[1] for key in word.keys)}
    if flaws:
        for brand, channel in word.keys:
            refused_counts.add_by_hand(change.transaction, brand.id, channel.code, {flaw.code for flaw in flaws})
        return DeskResult(tuple(flaws))
    found = [
        _declare(change, registry, member, word._replace(keys=tuple(keys)), items)
        for _, keys in groupby(word.keys, lambda key: key[0])
    ]
    return DeskResult(
        codes=tuple(code for one in found for code in one.codes),
        acts=tuple(act for one in found for act in one.acts),
        pending=any(one.pending for one in found),
        known=next((one.known for one in found if one.known), ""),
    )


def _judged(transaction: Transaction, word: DeskWord, channel: Channel, flaws: list[Flaw]) -> list[Declared]:
    """The declaration by one channel, for each identity; what breaks İYS's rules joins ``flaws``."""
    found = []
    for identity in word.identities:
        case = {
            Field.RECIPIENT: word.address,
            Field.TYPE: str(channel),
            Field.SOURCE: str(Source.HS_CAGRI_MERKEZI),
            Field.STATUS: str(word.status),
            Field.IDENTITY: str(identity),
            Field.DATE: dates.wire(transaction.now),
        }
        item, wrong, _ = judge.judge(case, Frame(transaction.now, {}))
        flaws += [one for one in wrong if one not in flaws]
        found += [item] if item else []
    return found


def _declare(
    change: Change, registry: Registry, member: Member, word: DeskWord, items: dict[Channel, list[Declared]]
) -> DeskResult:
    """Records the declaration about one brand."""
    transaction, brand = change.transaction, word.keys[0][0]
    declared = [(channel, item) for _, channel in word.keys for item in items[channel]]
    recipient = _enrolled(transaction, registry, declared[0][1])
    claims = [Claim(recipient, brand.id, *item[1:7]) for _, item in declared]
    deed = Deed(Actor.PROVIDER, Door.DESK, evidence=_evidence(registry, member, word))
    oldest = business_days.oldest_reportable(transaction.now)
    answers = ledger.declare(transaction, registry.policy, brand.id, claims, deed, oldest=oldest)
    refused: dict[tuple[int, str], None] = {}
    for (channel, _), answer in zip(declared, answers, strict=True):
        if answer not in (RECORDED, PENDING, UNCHANGED, _REFUSED_ALREADY):
            refused_counts.add_by_hand(transaction, brand.id, channel.code, {answer})
            refused[brand.code, answer] = None
    act = _noted(change, word, declared[0][1].address) if RECORDED in answers or PENDING in answers else 0
    _note_repeats(change, registry, member, word, [claim[:4] for claim in claims])
    if act:
        return DeskResult(codes=tuple(refused), acts=(act,), pending=PENDING in answers)
    if refused:
        return DeskResult(codes=tuple(refused))
    standing = state.of_key(transaction, Key(*claims[0][:4]))
    own = standing and standing.provider
    return DeskResult(known=_known(transaction, registry, own if own and own.status == declared[0][1].status else None))


def refuse(change: Change, registry: Registry, member: Member, word: DeskWord) -> DeskResult:
    """Records a citizen's refusal to the operator, as their own, in one act. Errors: ledger.ClockBehind."""
    transaction = change.transaction
    questions = judge.Questions({Field.RECIPIENT: word.address, Field.TYPE: str(word.keys[0][1])})
    found = questions.address(word.keys[0][1])
    if found is None:
        return DeskResult(tuple(questions.flaws))
    person = register.person(registry.keyring, found.address)
    recipient = register.acting(transaction, registry.keyring, person)
    keys = [(brand.id, channel.code) for brand, channel in word.keys]
    wishes = [Wish(*key, one.code, RET, Source.IYS_CM.code) for key in keys for one in Identity]
    deed = Deed(Actor.STAFF, Door.DESK, evidence=_evidence(registry, member, word))
    known, ours = state.of_recipient(transaction, recipient), [Key(recipient, *wish[:3]) for wish in wishes]
    words = [known[key].citizen for key in ours if key in known]
    anew = bool(_undoable_by_others(transaction, registry, member, words))
    decision = ledger.decide(transaction, registry.policy, recipient, wishes, deed, anew=anew, keyring=registry.keyring)
    if decision.act is None:
        standing = state.of_key(transaction, Key(recipient, *wishes[0][:3]))
        return DeskResult(known=_known(transaction, registry, standing and standing.own))
    return DeskResult(acts=(_noted(change, word, found.address),))


def _undoable_by_others(
    transaction: Transaction, registry: Registry, member: Member, words: Iterable[Word | None]
) -> list[int]:
    """The desk's acts behind these refusals that somebody else may still take back: no answer to a second call."""
    refusals = [one.event for one in words if one and one.status == RET and one.event > 0]
    events = recorded.events(transaction, refusals)
    found = []
    for act in sorted({one.act for one in events.values()}):
        past, sealed = history.act(transaction, act), history.evidence(transaction, act)
        if past is None or past.door is not Door.DESK or sealed is None or past.recorded_at + WINDOW < transaction.now:
            continue
        if registry.keyring.unseal_evidence(sealed).get("person") != member.person.id:
            found.append(act)
    return found


def _note_repeats(change: Change, registry: Registry, member: Member, word: DeskWord, keys: list[BareKey]) -> None:
    """Logs a refusal that İYS's rules record only once (H174): with this entry no colleague takes it back."""
    if word.status is not Status.RET:
        return
    brand, address = word.keys[0][0], recipients.parse(word.address).address
    standing = [state.of_key(change.transaction, Key(*key)) for key in keys]
    words = [one for stands in standing if stands for one in (stands.citizen, stands.provider)]
    for act in _undoable_by_others(change.transaction, registry, member, words):
        change.note("refusal-recorded", f"act {act}", after=str(Status.RET), why=word.why, brand=brand, address=address)


def _was_repeated(snapshot: Snapshot, registry: Registry, member: Member, one: DeskAct) -> bool:
    address = register.address(snapshot, registry.keyring, one.events[0].key.recipient)
    if one.status != RET or address is None:
        return False
    wanted = AuditSearch(what="refusal-recorded", address=address)
    found = audit_log.find(snapshot, registry.keyring, wanted)
    return any(entry.object == f"act {one.act}" and entry.person != member.person.id for entry in found)


def _known(transaction: Transaction, registry: Registry, word: Word | None) -> str:
    """The number of the existing record of the same side, for a double click."""
    event = word and recorded.events(transaction, [word.event]).get(word.event)
    return record_numbers.of_act(registry.keyring, event.act) if event else ""


def _enrolled(transaction: Transaction, registry: Registry, item: Declared) -> int:
    person = register.person(registry.keyring, item.address)
    (number,) = register.enrol_all(transaction, registry.keyring, [person])
    return number


def _evidence(registry: Registry, member: Member, word: DeskWord) -> tuple[bytes, bytes]:
    return registry.keyring.seal_evidence({"person": member.person.id, "why": word.why})


def _noted(change: Change, word: DeskWord, address: str) -> int:
    """Logs the action at each brand; the act."""
    act = history.act_of_last(change.transaction)
    what = "refusal-recorded" if word.status is Status.RET else "consent-declared"
    for brand, keys in groupby(word.keys, lambda key: key[0]):
        channels, identities = (_listed(words) for words in ((channel for _, channel in keys), word.identities))
        declared = f"{channels} {identities} {word.status}"
        change.note(what, f"act {act}", after=declared, why=word.why, brand=brand, address=address)
    return act


def _listed(words: Iterable[Channel | Identity]) -> str:
    return ",".join(map(str, words))


def own(snapshot: Snapshot, registry: Registry, member: Member, now: int) -> list[DeskEntry]:
    """The member's undoable entries, the newest first."""
    named: set[int] = set()
    for what in _RECORDED:
        wanted = AuditSearch(member.at.id, member.person.id, what=what)
        found = audit_log.find(snapshot, registry.keyring, wanted, _SHOWN)
        cut = found[-1].at if len(found) == _SHOWN else 0  # of the oldest press some entries may be missing
        named |= {int(one.object.removeprefix("act ")) for one in found if one.at > cut and one.at + WINDOW >= now}
    acts = undoable(snapshot, registry, member, sorted(named, reverse=True), now)
    return [_entry(snapshot, registry, at, list(of)) for at, of in groupby(acts, attrgetter("at"))]


def _entry(snapshot: Snapshot, registry: Registry, at: int, acts: list[DeskAct]) -> DeskEntry:
    address = register.address(snapshot, registry.keyring, acts[0].events[0].key.recipient)
    return DeskEntry(at, recipients.mask(address or ""), acts[::-1])


def undoable(snapshot: Snapshot, registry: Registry, member: Member, acts: Iterable[int], now: int) -> list[DeskAct]:
    """Those of ``own_acts`` that are young enough, and that no colleague has recorded again since."""
    # A clock that is behind lengthens no undo.
    now = max(now, history.recorded_until(snapshot) or 0)
    young = [one for one in own_acts(snapshot, registry, member, acts) if now <= one.at + WINDOW]
    return [one for one in young if not _was_repeated(snapshot, registry, member, one)]


def own_acts(snapshot: Snapshot, registry: Registry, member: Member, acts: Iterable[int]) -> list[DeskAct]:
    """Those of the acts that this member recorded about visible brands, and that nobody has undone."""
    brands = {one.id: one for one in memberships.brands(snapshot, member)}
    found = (_own_act(snapshot, registry, member, act, brands) for act in acts)
    return [one for one in found if one is not None]


def _own_act(
    snapshot: Snapshot, registry: Registry, member: Member, act: int, brands: dict[int, KnownBrand]
) -> DeskAct | None:
    past, sealed = history.act(snapshot, act), history.evidence(snapshot, act)
    if past is None or past.door is not Door.DESK or past.undoes is not None or sealed is None:
        return None
    if registry.keyring.unseal_evidence(sealed).get("person") != member.person.id:
        return None
    events = history.events_of(snapshot, past)
    numbers = list(dict.fromkeys(one.key.brand for one in events))
    if not numbers or not brands.keys() >= set(numbers) or history.undone_by(snapshot, act) is not None:
        return None
    number = record_numbers.of_act(registry.keyring, act)
    return DeskAct(act, past.recorded_at, number, events, [brands[one] for one in numbers])


def undo(change: Change, registry: Registry, settings: Settings, member: Member, acts: Iterable[int]) -> bool:
    """Undoes what one press recorded; False where nothing of it is theirs, young enough and not undone. The address
    hears that a citizen's own word is gone: they have its number."""
    transaction, done = change.transaction, False
    for found in undoable(transaction, registry, member, acts, transaction.now):
        past = history.act(transaction, found.act)
        evidence = registry.keyring.seal_evidence({"person": member.person.id})
        assert past is not None  # undoable
        deed = Deed(past.actor, Door.DESK, evidence=evidence)
        if ledger.undo(transaction, registry.policy, found.act, deed) is None:
            continue
        for brand in found.brands:
            channels = _listed(Channel.of(one) for one in found.channels(brand))
            identities = _listed(Identity.of(one) for one in found.identities)
            before = f"{channels} {identities} {Status.of(found.status)}"
            change.note("desk-undone", f"act {found.act}", before, provider=member.at.id, brand=brand.id)
        address = register.address(transaction, registry.keyring, found.events[0].key.recipient)
        if past.actor is Actor.STAFF and address is not None:
            words = citizen.desk_undone(settings, SOURCE, found.number)
            citizen.post_owner_notice(transaction, registry.keyring, settings, SOURCE, address, words)
        done = True
    return done
