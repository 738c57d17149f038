"""What a business does with its lines, as units of work: claims them, refuses for all of them as TACIR, takes that
back. It can never allow anything."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from consents import history, ledger, state
from consents.channels import OF_CODE
from consents.history import Deed
from consents.instants import DAY
from consents.keys import Keyring
from consents.ledger import Wish
from consents.people import business_lines, recipients, register
from consents.people.business_lines import BusinessEntry, ClaimContent, LineClaim, LineClaimState, Run
from consents.people.recipients import AddressKind, BadAddress
from consents.registry import Registry
from consents.rules import DOOR_SOURCES, RET
from consents.store import Snapshot, Transaction
from consents.terms import Actor, Door, Identity
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark

MOST_LINES = 2000  # of one business
FILES, READINGS, CHECKS = 5, 30, 20  # of a business in 24 hours: files taken, files read, look-ups of its domains
MOST_BAD = 10  # unreadable lines that are named
MOST_DOMAINS = 5
PART = 10  # lines in one transaction: a few ms each
_TACIR = Identity.TACIR.code
_SOURCE = DOOR_SOURCES[Door.BUSINESS].code
_BOM = "\ufeff"


class ReadLines(NamedTuple):
    """A file of lines: canonical numbers and e-mails once each, and the places (from 1) of unreadable ones; ``many``:
    it has more lines than were read."""

    numbers: list[str]
    mails: list[str]
    bad: list[int]
    many: bool


class LineOutcome(Enum):
    DONE = "done"
    NOTHING = "nothing"  # no line in the file
    WAITING = "waiting"  # another claim of numbers waits
    MANY = "many"  # more lines than a business may have
    OFTEN = "often"  # too many files or look-ups today
    LETTER = "letter"  # numbers without a letter
    DOMAIN = "domain"  # an e-mail of a domain that is not proved
    RUNNING = "running"  # an earlier run is not finished
    LATE = "late"  # it can no longer be taken back


def read(text: str) -> ReadLines:
    """Reads one address a line, at most MOST_LINES of them; blank lines and repeated ones count for nothing."""
    numbers, mails, bad = dict[str, None](), dict[str, None](), list[int]()
    seen, many = set[str](), False
    for place, line in enumerate(text.removeprefix(_BOM).splitlines(), 1):
        typed = line.strip().strip(";,\"'").strip()
        if not typed or typed in seen:
            continue
        if (many := len(seen) >= MOST_LINES) or len(bad) >= MOST_BAD:
            break
        seen.add(typed)
        try:
            found = recipients.parse(typed)
        except BadAddress:
            bad.append(place)
            continue
        if found.kind is AddressKind.PREMIUM:
            bad.append(place)
        else:
            (mails if found.kind is AddressKind.EMAIL else numbers)[found.address] = None
    return ReadLines(list(numbers), list(mails), bad, many)


def submit(
    transaction: Transaction, business: BusinessEntry, registry: Registry, given: ReadLines, letter: bytes, kind: str
) -> LineOutcome:
    """Claims lines: numbers wait for the operator, e-mails of a proved domain are added at once."""
    keyring = registry.keyring
    if given.many:
        return LineOutcome.MANY
    if not given.numbers and not given.mails:
        return LineOutcome.NOTHING
    if given.numbers and not letter:
        return LineOutcome.LETTER
    proved = business_lines.proved_domains(transaction, business.id, transaction.now)
    if any(one.partition("@")[2] not in proved for one in given.mails):
        return LineOutcome.DOMAIN
    claims = business_lines.claims_of(transaction, keyring, business)
    if given.numbers and any(one.state is LineClaimState.WAITING for one in claims):
        return LineOutcome.WAITING
    if len(given.numbers) + len(given.mails) > business_lines.room(transaction, business.id, MOST_LINES):
        return LineOutcome.MANY
    if not limits.take(transaction, _limit(keyring, "business-files", business, FILES)):
        return LineOutcome.OFTEN
    if given.numbers:
        business_lines.claim(transaction, keyring, business.id, ClaimContent(given.numbers, letter, kind), proved=False)
    if given.mails:
        business_lines.claim(transaction, keyring, business.id, ClaimContent(given.mails, b"", ""), proved=True)
    return LineOutcome.DONE


def count_reading(transaction: Transaction, business: BusinessEntry, keyring: Keyring) -> LineOutcome:
    """Counts one more file, before it is read."""
    counted = limits.take(transaction, _limit(keyring, "business-readings", business, READINGS))
    return LineOutcome.DONE if counted else LineOutcome.OFTEN


def count_check(transaction: Transaction, keyring: Keyring, business: BusinessEntry, name: str) -> LineOutcome:
    """Keeps the domain and counts one more look-up, before anything is looked up."""
    if not limits.take(transaction, _limit(keyring, "business-domains", business, CHECKS)):
        return LineOutcome.OFTEN
    known = business_lines.domains(transaction, business.id)
    if name not in known:
        if len(known) >= MOST_DOMAINS:
            return LineOutcome.MANY
        business_lines.set_domain(transaction, business.id, name, proved=False)
    return LineOutcome.DONE


def refuse(transaction: Transaction, business: BusinessEntry, *, standing: bool) -> LineOutcome:
    """Begins a refusal for all lines; the job does it."""
    last = business_lines.last_run(transaction, business)
    if last is not None and not last.finished_at:
        return LineOutcome.RUNNING
    business_lines.begin_run(transaction, business, standing=standing or business.standing)
    return LineOutcome.DONE


def undoable(last: Run | None, now: int) -> bool:
    return last is not None and last.undoes is None and last.finished_at > 0 and now < last.asked_at + DAY


def undo(transaction: Transaction, business: BusinessEntry) -> LineOutcome:
    """Begins taking back the last refusal for all lines."""
    last = business_lines.last_run(transaction, business)
    if last is None or not undoable(last, transaction.now):
        return LineOutcome.LATE
    business_lines.begin_run(transaction, business, standing=last.before, undoes=last)
    return LineOutcome.DONE


def add_part(transaction: Transaction, registry: Registry, claim: LineClaim, part: list[str], *, last: bool) -> None:
    """Adds the claim's next lines; an e-mail also where another business's proof of the domain has lapsed. After the
    last one of a business whose lines refuse new brands, these begin to."""
    found = business_lines.find_claim(transaction, registry.keyring, claim.id)
    if found is None or (found.state, found.place) != (LineClaimState.ACCEPTED, claim.place):
        return  # another worker was first
    people = [register.enrol(transaction, registry.keyring, register.person(registry.keyring, one)) for one in part]
    erased = register.erased_among(transaction, people)
    proved = business_lines.proved_domains(transaction, claim.business, transaction.now)
    for person, line in zip(people, part, strict=True):
        if (domain := line.partition("@")[2]) in proved and person not in erased:
            business_lines.take_over(transaction, claim.business, person, domain)
    people = [one for one in people if one not in erased]
    business_lines.add(transaction, claim, people, claim.place + len(part), last=last)
    business = business_lines.by_id(transaction, registry.keyring, claim.business)
    if last and business is not None and business.standing:
        business_lines.begin_run(transaction, business, standing=True)


def refuse_part(transaction: Transaction, registry: Registry, run: Run, part: list[int]) -> None:
    """Refuses for these lines, each in acts of its own, which its history shows; not for e-mails of a domain whose
    proof has lapsed: it may be somebody else's now."""
    business = _next_of(transaction, registry, run)
    if business is None:
        return
    erased = register.erased_among(transaction, part)
    proved = business_lines.proved_domains(transaction, business.id, transaction.now)
    made, lapsed = list[int](), 0
    for recipient in part:
        address = register.address(transaction, registry.keyring, recipient) or ""
        if "@" in address and address.partition("@")[2] not in proved:
            lapsed += 1
        elif recipient not in erased:  # L15: it acts no more until its holder does
            made += _refuse_line(transaction, registry, business, run, recipient)
    business_lines.keep_acts(transaction, run.id, made)
    business_lines.step(transaction, run.id, part[-1], done=len(part) - lapsed, failed=lapsed)


def undo_part(transaction: Transaction, registry: Registry, run: Run, part: list[int]) -> None:
    """Takes these acts back; those of lines that have left stay, as do those that are too old."""
    business = _next_of(transaction, registry, run)
    if business is None:
        return
    failed = 0
    for number in part:
        past = history.act(transaction, number)
        held = past and business_lines.of_line(transaction, registry.keyring, past.recipient)
        done = None
        if held is not None and held.id == business.id:
            done = ledger.undo(transaction, registry.policy, number, _deed(registry.keyring, business, run))
        failed += done is None
    business_lines.step(transaction, run.id, part[-1], done=len(part) - failed, failed=failed)


def skip(transaction: Transaction, run: Run, place: int) -> None:
    """Goes past one that failed."""
    business_lines.step(transaction, run.id, place, failed=1)


def skip_line(transaction: Transaction, claim: LineClaim, *, last: bool) -> None:
    business_lines.add(transaction, claim, [], claim.place + 1, last=last)


def next_part(snapshot: Snapshot, run: Run) -> list[int]:
    """The next lines of a refusal, the next acts of an undo."""
    if run.undoes is not None:
        return business_lines.acts(snapshot, run.undoes, run.place, PART)
    return business_lines.lines(snapshot, run.business, run.place, PART)


def _next_of(transaction: Transaction, registry: Registry, run: Run) -> BusinessEntry | None:
    """The business of a run; None where another worker went on with it."""
    found = business_lines.find_run(transaction, run.id)
    if found is None or found.finished_at or found.place != run.place:
        return None
    return business_lines.by_id(transaction, registry.keyring, run.business)


def _refuse_line(
    transaction: Transaction, registry: Registry, business: BusinessEntry, run: Run, recipient: int
) -> list[int]:
    """The acts: what may write now, and, where the business chose it, whatever comes."""
    stands = state.of_recipient(transaction, recipient)
    wishes = [
        Wish(key.brand, key.channel, _TACIR, RET, _SOURCE)
        for key, one in stands.items()
        if key.identity == _TACIR and one.status != RET
    ]
    acts = list[int | None]()
    if wishes:
        deed = _deed(registry.keyring, business, run)
        acts.append(ledger.decide(transaction, registry.policy, recipient, wishes, deed, keyring=registry.keyring).act)
    if run.standing:
        address = register.address(transaction, registry.keyring, recipient) or ""
        ways = [(code, _TACIR) for code, spec in OF_CODE.items() if spec.mail is ("@" in address)]
        deed = _deed(registry.keyring, business, run)
        act = ledger.change_blanket(
            transaction, registry.policy, recipient, ways, deed, refuses=True, keyring=registry.keyring
        )
        acts.append(act)
    return [act for act in acts if act is not None]


def _deed(keyring: Keyring, business: BusinessEntry, run: Run) -> Deed:
    proof = {"business": business.id, "run": run.id}
    return Deed(Actor.CITIZEN, Door.BUSINESS, evidence=keyring.seal_evidence(proof))


def _limit(keyring: Keyring, purpose: str, business: BusinessEntry, most: int) -> Limit:
    return Limit(mark(keyring, purpose, str(business.id)), most, DAY)
