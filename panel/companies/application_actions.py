"""Applications of companies and their decisions, each in one transaction, for pages and commands; ``person`` is None
for a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from consents.brands import companies, provider_list, spelling
from consents.brands.companies import BadCompany
from consents.instants import DAY
from consents.registry import Registry
from consents.store import Transaction
from gateways.outbox import outbox
from panel.accounts import account_store, memberships
from panel.audit import audit_log
from panel.audit.audit_log import NewAction
from panel.companies import application_store, joining_mails
from panel.companies.application_store import Application, ApplicationState, NewApplication, SizeClass
from panel.rights import Membership, Permission, Role
from panel.signin.signin_mails import PanelMail
from providers.dealers import dealer_form
from settings import Settings
from trust import limits, pseudonyms
from trust.codes import codes, sign_ins
from trust.codes.codes import Ask, CodeOutcome, CodeVerdict
from trust.codes.pending import Purpose
from trust.limits import Limit
from web.rendering.texts import mark

MOST_OPEN = 3  # applications of one e-mail that wait, and that come within a day
_NOTICE = 7 * DAY  # µs: a decision is of use for so long


class Decided(Enum):
    """The result of a decision."""

    DONE = "done"
    STALE = "stale"  # somebody has decided meanwhile
    TAKEN = "taken"  # the number or the MERSİS number belongs to another provider


def ask(transaction: Transaction, registry: Registry, settings: Settings, wish: Ask, language: str) -> CodeVerdict:
    """Sends a code to any e-mail."""

    def send(code: str, expires_at: int, allowed: bool) -> None:
        mail = joining_mails.code(settings, language, code)
        if allowed:
            _post(transaction, registry, wish.address, mail, expires_at, secret=True)
        else:
            registry.keyring.seal_evidence({"to": wish.address, **mail._asdict()})  # as long as a post

    return codes.ask(transaction, registry.keyring, settings, wish, send)


def prove(transaction: Transaction, registry: Registry, settings: Settings, holder: bytes, code: str) -> CodeVerdict:
    """Redeems the code, which proves its ``address``."""
    verdict = codes.redeem(transaction, registry.keyring, settings, holder, Purpose.APPLY, code)
    if verdict.outcome is CodeOutcome.OK:
        sign_ins.reopen(transaction, sign_ins.who(registry.keyring, verdict.address))
    return verdict


def apply(transaction: Transaction, registry: Registry, new: NewApplication) -> int:
    """Stores an application; returns its number. Errors: BadCompany (``application_form.REFUSED``). Applications
    with one unproved MERSİS number wait side by side."""
    keyring = registry.keyring
    if any(one.mersis == new.mersis for one in provider_list.list_all(transaction)):
        raise BadCompany("this company is here already", "mersis-taken")
    if any(one.email == new.email for one in application_store.of_mersis(transaction, keyring, new.mersis)):
        raise BadCompany("this application waits already", "mersis-again")
    if application_store.open_of(transaction, keyring, new.email) >= MOST_OPEN:
        raise BadCompany(f"{MOST_OPEN} applications of this e-mail wait", "applied-open")
    if not limits.take(transaction, Limit(pseudonyms.mark(keyring, "applications", new.email), MOST_OPEN, DAY)):
        raise BadCompany(f"this e-mail has applied {MOST_OPEN} times today", "applied-today")
    number = application_store.add(transaction, keyring, new)
    action = NewAction("application-sent", None, object=f"application {number}", after=new.title)
    audit_log.record(transaction, keyring, action)
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
    """Creates the provider, its master brand and the applicant as owner. ``code``: the iysCode, None for a free one.
    Errors: StaleDecision; BadCompany where the iysCode or MERSİS number is taken. Then nothing changes."""
    keyring = registry.keyring
    given = code if code is not None else companies.free_code(transaction)
    companies.add_provider(transaction, given, application.title, application.mersis)
    companies.add_brand(transaction, given, given, application.brand)
    provider = companies.provider_id(transaction, given)
    assert provider is not None
    if not application_store.decide(
        transaction, keyring, application.id, ApplicationState.APPROVED, person, "", provider
    ):
        raise StaleDecision
    owner = account_store.enrol(transaction, keyring, application.email)
    memberships.put(transaction, owner.id, provider, Membership(Role.OWNER, Permission.MEMBER))
    mail = joining_mails.approved(settings, language, application.title, given)
    _post(transaction, registry, application.email, mail, transaction.now + _NOTICE)
    about = f"application {application.id}"
    audit_log.record(
        transaction, keyring, NewAction("application-approved", person, provider, object=about, after=str(given))
    )
    return Decided.DONE


class StaleDecision(RuntimeError):
    """It was decided meanwhile; the transaction is rolled back."""


def refuse(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    person: int | None,
    application: Application,
    why: str,
    language: str,
) -> Decided:
    """Refuses the company; it gets the reason by mail."""
    if not application_store.decide(
        transaction, registry.keyring, application.id, ApplicationState.REFUSED, person, why
    ):
        return Decided.STALE
    mail = joining_mails.refused(settings, language, application.title, why)
    _post(transaction, registry, application.email, mail, transaction.now + _NOTICE)
    action = NewAction("application-refused", person, object=f"application {application.id}", why=why)
    audit_log.record(transaction, registry.keyring, action)
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


_TITLE = mark("Şirketin ticaret unvanını yazın.")
_BRAND = mark("Müşterilerinizin tanıdığı marka adını yazın.")
_MERSIS = mark("MERSİS numarası 16 rakamdır.")
_TAX = mark("Bu vergi numarası doğru değil. 10 rakamlı vergi numarasını ya da 11 rakamlı T.C. kimlik numarasını yazın.")
_SIGNATORY = mark("Şirketi imzasıyla bağlayan kişinin adını ve soyadını yazın.")
_SIZE = mark("Kaç numara ve e-posta yükleyeceğinizi seçin.")
_LINK = mark("Ad bir bağlantı gibi görünüyor. Noktadan sonra boşluk bırakın, web adresi yazmayın.")
# Why an application is not kept: its word -> the input it is about, and the sentence.
REFUSED = {
    "mersis-taken": (
        "mersis",
        mark("Bu MERSİS numaralı şirket zaten kayıtlı. Hesap sahibinden sizi davet etmesini isteyin."),
    ),
    "mersis-again": ("mersis", mark("Bu MERSİS numarasıyla başvurunuz zaten bekliyor; karar e-postayla bildirilecek.")),
    "applied-open": ("title", mark("Bu e-postayla üç başvuru bekliyor. Biri karara bağlanınca yenisini yapın.")),
    "applied-today": ("title", mark("Bu e-postayla bugün üç kez başvuruldu. Yarın yeniden deneyin.")),
}


class ApplicationForm(NamedTuple):
    """``given``: as typed; ``faults``: (input's id, sentence); ``new``: None with any."""

    given: Mapping[str, str]
    faults: list[tuple[str, str]]
    new: NewApplication | None


def read_form(given: Mapping[str, str], email: str, partners: Sequence[tuple[int, str]]) -> ApplicationForm:
    """The form of the person with this proved e-mail. ``partners``: (code, title) to choose from."""
    plain = {name: " ".join(given.get(name, "").split()) for name in ("title", "brand", "signatory")}
    mersis, tax = (_digits(given.get(name, "")) for name in ("mersis", "tax"))
    size = {"small": SizeClass.SMALL, "large": SizeClass.LARGE}.get(given.get("size", ""))
    faults = [
        (name, _LINK if plain[name] and spelling.is_link(plain[name]) else fault)
        for name, fault in (("title", _TITLE), ("brand", _BRAND))
        if not _is_title(plain[name])
    ]
    if not dealer_form.is_digits(mersis, dealer_form.MERSIS):
        faults.append(("mersis", _MERSIS))
    if not (dealer_form.is_tax_number(tax) or dealer_form.is_identity_number(tax)):
        faults.append(("tax", _TAX))
    if not 3 <= len(plain["signatory"]) <= 120 or not plain["signatory"].isprintable():
        faults.append(("signatory", _SIGNATORY))
    if size is None:
        faults.append(("size-small", _SIZE))
    chosen = given.get("partner", "")
    partner = next((code for code, _ in partners if str(code) == chosen), None)
    if faults or size is None:
        return ApplicationForm(given, faults, None)
    named = plain["title"], plain["brand"], mersis, tax, plain["signatory"]
    return ApplicationForm(given, [], NewApplication(email, *named, size, partner))


def _digits(text: str) -> str:
    return "".join(text.split()).replace("-", "")


def _is_title(text: str) -> bool:
    try:
        return companies.clean(text) == text
    except BadCompany:
        return False
