"""What happens in the store when a company applies and the operator decides, each in one transaction.

The pages and the commands both call these; ``person`` is None for a command.
"""

from __future__ import annotations

from enum import Enum

from consents.brands import companies, provider_list
from consents.brands.companies import BadCompany
from consents.instants import DAY
from consents.registry import Registry
from consents.store import Transaction
from gateways.outbox import outbox
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct
from panel.entry.panel_mails import PanelMail
from panel.joining import applications, joining_mails
from panel.joining.applications import Application, ApplicationState, NewApplication
from panel.people import members, panel_users
from panel.rights import Membership, Permission, Role
from settings import Settings
from trust import limits
from trust.codes import codes, sign_ins
from trust.codes.codes import Ask, CodeOutcome, CodeVerdict
from trust.codes.pending import Purpose
from trust.limits import Limit
from trust.pseudonyms import mark

MOST_OPEN = 3  # applications of one e-mail that wait, and that come within a day
_NOTICE = 7 * DAY  # µs: a decision is of use for so long


class Decided(Enum):
    """What became of a decision."""

    DONE = "done"
    STALE = "stale"  # somebody has decided meanwhile
    TAKEN = "taken"  # the number or the MERSİS number belongs to another provider


def ask(transaction: Transaction, registry: Registry, settings: Settings, wish: Ask, language: str) -> CodeVerdict:
    """Has a code sent to an e-mail, whoever it belongs to."""

    def send(code: str, expires_at: int, allowed: bool) -> None:
        mail = joining_mails.code(settings, language, code)
        if allowed:
            _post(transaction, registry, wish.address, mail, expires_at, secret=True)
        else:
            registry.keyring.seal_evidence({"to": wish.address, **mail._asdict()})  # as long as a post

    return codes.ask(transaction, registry.keyring, settings, wish, send)


def prove(transaction: Transaction, registry: Registry, settings: Settings, holder: bytes, code: str) -> CodeVerdict:
    """Redeems the code; its ``address`` is then proved."""
    verdict = codes.redeem(transaction, registry.keyring, settings, holder, Purpose.APPLY, code)
    if verdict.outcome is CodeOutcome.OK:
        sign_ins.reopen(transaction, sign_ins.who(registry.keyring, verdict.address))
    return verdict


def apply(transaction: Transaction, registry: Registry, new: NewApplication) -> int:
    """Keeps an application; its number. Errors: BadCompany with a word of ``application_form.REFUSED``.

    Applications with the same MERSİS number wait side by side: none has proved that the number is its own.
    """
    keyring = registry.keyring
    if any(one.mersis == new.mersis for one in provider_list.every(transaction)):
        raise BadCompany("this company is here already", "mersis-taken")
    if any(one.email == new.email for one in applications.of_mersis(transaction, keyring, new.mersis)):
        raise BadCompany("this application waits already", "mersis-again")
    if applications.open_of(transaction, keyring, new.email) >= MOST_OPEN:
        raise BadCompany(f"{MOST_OPEN} applications of this e-mail wait", "applied-open")
    if not limits.take(transaction, Limit(mark(keyring, "applications", new.email), MOST_OPEN, DAY)):
        raise BadCompany(f"this e-mail has applied {MOST_OPEN} times today", "applied-today")
    number = applications.add(transaction, keyring, new)
    deed = NewAct("application-sent", None, object=f"application {number}", after=new.title)
    panel_acts.record(transaction, keyring, deed)
    return number


def approve(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    person: int | None,
    application: Application,
    code: int | None,
    language: str,
) -> Decided:
    """Lets the company in: its provider, its master brand, and whoever applied as its owner.

    ``code``: the iysCode that it gets, None for one that is free. Errors: StaleDecision; BadCompany where the number
    or the MERSİS number is taken. Nothing is changed then.
    """
    keyring = registry.keyring
    given = code if code is not None else companies.free_code(transaction)
    companies.add_provider(transaction, given, application.title, application.mersis)
    companies.add_brand(transaction, given, given, application.brand)
    provider = companies.provider_id(transaction, given)
    assert provider is not None
    if not applications.decide(transaction, keyring, application.id, ApplicationState.APPROVED, person, "", provider):
        raise StaleDecision
    owner = panel_users.enrol(transaction, keyring, application.email)
    members.put(transaction, owner.id, provider, Membership(Role.OWNER, Permission.MEMBER))
    mail = joining_mails.approved(settings, language, application.title, given)
    _post(transaction, registry, application.email, mail, transaction.now + _NOTICE)
    about = f"application {application.id}"
    panel_acts.record(
        transaction, keyring, NewAct("application-approved", person, provider, object=about, after=str(given))
    )
    return Decided.DONE


class StaleDecision(RuntimeError):
    """Somebody has decided meanwhile: what this transaction did is undone."""


def refuse(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    person: int | None,
    application: Application,
    why: str,
    language: str,
) -> Decided:
    """Turns the company down, with the reason that it is told."""
    if not applications.decide(transaction, registry.keyring, application.id, ApplicationState.REFUSED, person, why):
        return Decided.STALE
    mail = joining_mails.refused(settings, language, application.title, why)
    _post(transaction, registry, application.email, mail, transaction.now + _NOTICE)
    deed = NewAct("application-refused", person, object=f"application {application.id}", why=why)
    panel_acts.record(transaction, registry.keyring, deed)
    return Decided.DONE


def _post(
    transaction: Transaction, registry: Registry, to: str, mail: PanelMail, expires_at: int, *, secret: bool = False
) -> None:
    outbox.post(
        transaction,
        registry.keyring,
        kind="mail",
        to=to,
        text=mail.text,
        subject=mail.subject,
        secret=secret,
        expires_at=expires_at,
    )
