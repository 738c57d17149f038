"""Applications of companies and their decisions, each in one transaction and with its mail, for pages and commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from consents.brands import companies, company_changes, provider_list, spelling
from consents.brands.companies import BadCompany
from consents.instants import DAY
from consents.keys import Keyring
from consents.people import business_lines, recipients
from consents.registry import Registry
from consents.store import Transaction
from gateways.outbox import outbox
from panel.accounts import account_store, contacts, memberships
from panel.accounts.contacts import Contact
from panel.audit.change import Change
from panel.companies import application_store
from panel.companies.application_store import Application, ApplicationState, NewApplication, SizeClass
from panel.rights import Membership, Permission, Role
from panel.signin import signin_mails
from panel.signin.signin_mails import PanelMail
from providers.dealers import dealer_form
from settings import Settings
from trust import limits, pseudonyms
from trust.codes import codes, sign_ins
from trust.codes.codes import Ask, CodeOutcome, CodeVerdict
from trust.codes.limits import code_limits
from trust.codes.pending import Purpose
from trust.limits import Limit
from web.rendering import texts
from web.rendering.texts import mark

MOST_OPEN = 3  # applications of one e-mail that wait, and that come within a day
_NOTICE = 7 * DAY  # µs: a decision is of use for so long
_GREETING = mark("Merhaba,")
_CODE_SUBJECT = mark("%(site)s başvuru kodunuz: %(code)s")
_CODE = mark("Şirketiniz için başvuru kodu: %(code)s")
_CODE_LINES = (
    mark("Kod bir kez kullanılır ve %(minutes)s dakika geçerlidir."),
    mark("Kodu siz istemediyseniz bir şey yapmanız gerekmez."),
)
_APPROVED_SUBJECT = mark("Başvurunuz onaylandı: %(company)s")
_APPROVED = (
    mark("Şirketinizin başvurusu onaylandı: %(company)s"),
    mark("İYS numaranız: %(code)s"),
    mark("Hesap sahibi olarak bu e-postayla girin: %(url)s"),
)
_REFUSED_SUBJECT = mark("Başvurunuz kabul edilmedi: %(company)s")
_REFUSED = (
    mark("Şirketinizin başvurusu kabul edilmedi: %(company)s"),
    mark("Nedeni: %(why)s"),
    mark("Eksiği giderip yeniden başvurabilirsiniz: %(url)s"),
)
_TITLE = mark("Şirketin ticaret unvanını yazın.")
_BRAND = mark("Müşterilerinizin tanıdığı marka adını yazın.")
_MERSIS = mark("MERSİS numarası 16 rakamdır. Ticaret siciline kayıtlı değilseniz boş bırakın.")
_PHONE = mark("Telefonu rakamlarla yazın. Örnek: 0212 000 00 00")
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
    "tax-again": ("tax", mark("Bu vergi numarasıyla başvurunuz zaten bekliyor; karar e-postayla bildirilecek.")),
    "applied-open": ("title", mark("Bu e-postayla üç başvuru bekliyor. Biri karara bağlanınca yenisini yapın.")),
    "applied-today": ("title", mark("Bu e-postayla bugün üç kez başvuruldu. Yarın yeniden deneyin.")),
}


class Decided(Enum):
    """The result of a decision."""

    DONE = "done"
    STALE = "stale"  # somebody has decided meanwhile
    TAKEN = "taken"  # the number or the MERSİS number belongs to another provider


class StaleDecision(RuntimeError):
    """It was decided meanwhile; the transaction is rolled back."""


class ApplicationForm(NamedTuple):
    """``given``: as typed; ``faults``: (input's id, sentence); ``new``: None with any."""

    given: Mapping[str, str]
    faults: list[tuple[str, str]]
    new: NewApplication | None


def ask(transaction: Transaction, registry: Registry, settings: Settings, wish: Ask, language: str) -> CodeVerdict:
    """Sends a code to any e-mail."""

    def send(code: str, expires_at: int, allowed: bool) -> None:
        mail = code_mail(settings, language, code)
        given = mail.text, mail.subject, expires_at
        code_limits.post_code(transaction, registry.keyring, "mail", wish.address, *given, allowed=allowed)

    return codes.ask(transaction, registry.keyring, settings, wish, send)


def prove(transaction: Transaction, registry: Registry, settings: Settings, holder: bytes, code: str) -> CodeVerdict:
    """Redeems the code, which proves its ``address``."""
    verdict = codes.redeem(transaction, registry.keyring, settings, holder, Purpose.APPLY, code)
    if verdict.outcome is CodeOutcome.OK:
        sign_ins.reopen(transaction, sign_ins.who(registry.keyring, verdict.address))
    return verdict


def apply(change: Change, new: NewApplication) -> int:
    """Stores an application; returns its number. Errors: BadCompany (``application_form.REFUSED``). Applications
    with one unproved MERSİS number wait side by side."""
    transaction, keyring = change.transaction, change.keyring
    if new.mersis and any(one.mersis == new.mersis for one in provider_list.list_all(transaction)):
        raise BadCompany("this company is here already", "mersis-taken")
    own = application_store.open_of(transaction, keyring, new.email)
    if any(one.mersis == new.mersis if new.mersis else one.tax == new.tax for one in own):
        raise BadCompany("this application waits already", "mersis-again" if new.mersis else "tax-again")
    if len(own) >= MOST_OPEN:
        raise BadCompany(f"{MOST_OPEN} applications of this e-mail wait", "applied-open")
    if not limits.take(transaction, Limit(pseudonyms.mark(keyring, "applications", new.email), MOST_OPEN, DAY)):
        raise BadCompany(f"this e-mail has applied {MOST_OPEN} times today", "applied-today")
    number = application_store.add(transaction, keyring, new)
    change.note("application-sent", f"application {number}", after=new.title)
    return number


def approve(change: Change, settings: Settings, application: Application, code: int | None, language: str) -> Decided:
    """Creates the provider, its master brand and the applicant as owner. ``code``: the iysCode, None for a free one.
    Errors: StaleDecision; BadCompany where the iysCode or MERSİS number is taken. Then nothing changes."""
    transaction, keyring = change.transaction, change.keyring
    given = code if code is not None else companies.free_code(transaction)
    companies.add_provider(transaction, given, application.title, application.mersis or None)
    companies.add_brand(transaction, given, given, application.brand)
    provider = companies.provider_id(transaction, given)
    assert provider is not None
    if not application_store.decide(change, application.id, ApplicationState.APPROVED, provider=provider):
        raise StaleDecision
    owner = account_store.enrol(transaction, keyring, application.email)
    memberships.put(transaction, owner.id, provider, Membership(Role.OWNER, Permission.MEMBER))
    contact = Contact(application.signatory, application.phone, application.email)
    contacts.keep(transaction, keyring, provider, contact)
    values = {"company": application.title, "code": given, "url": f"{settings.public_url}/panel/giris"}
    mail = _mail(settings, language, _APPROVED_SUBJECT, _APPROVED, values)
    _post(transaction, keyring, application.email, mail, transaction.now + _NOTICE)
    change.note("application-approved", f"application {application.id}", after=str(given), provider=provider)
    return Decided.DONE


def refuse(change: Change, settings: Settings, application: Application, why: str, language: str) -> Decided:
    """Refuses the company; it gets the reason by mail."""
    if not application_store.decide(change, application.id, ApplicationState.REFUSED, why):
        return Decided.STALE
    values = {"company": application.title, "why": why, "url": f"{settings.public_url}/panel/basvuru"}
    mail = _mail(settings, language, _REFUSED_SUBJECT, _REFUSED, values)
    until = change.transaction.now + _NOTICE
    _post(change.transaction, change.keyring, application.email, mail, until)
    change.note("application-refused", f"application {application.id}", why=why)
    return Decided.DONE


def code_mail(settings: Settings, language: str, made: str) -> PanelMail:
    values = {"site": settings.site_name, "code": made, "minutes": settings.code_minutes}
    subject, text = _mail(settings, language, _CODE_SUBJECT, (_CODE, *_CODE_LINES), values)
    return PanelMail(subject, text + signin_mails.bound(settings, made))


def _mail(
    settings: Settings, language: str, subject: str, lines: tuple[str, ...], values: Mapping[str, object]
) -> PanelMail:
    translate = texts.catalogue(language).gettext
    paragraphs = [translate(line) % values for line in (_GREETING, *lines)]
    return PanelMail(translate(subject) % values, signin_mails.letter(settings, paragraphs))


def _post(transaction: Transaction, keyring: Keyring, to: str, mail: PanelMail, expires_at: int) -> None:
    subject, text = mail.subject, mail.text
    outbox.post(transaction, keyring, kind="mail", to=to, subject=subject, text=text, expires_at=expires_at)


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
    if mersis and not dealer_form.is_digits(mersis, dealer_form.MERSIS):
        faults.append(("mersis", _MERSIS))
    if not (dealer_form.is_tax_number(tax) or recipients.is_identity_number(tax)):
        faults.append(("tax", _TAX))
    if not 3 <= len(plain["signatory"]) <= 120 or not plain["signatory"].isprintable():
        faults.append(("signatory", _SIGNATORY))
    try:
        phone = contacts.checked_phone(given.get("phone", ""))
    except BadCompany:
        faults.append(("phone", _PHONE))
    if size is None:
        faults.append(("size-small", _SIZE))
    chosen = given.get("partner", "")
    partner = next((code for code, _ in partners if str(code) == chosen), None)
    if faults or size is None:
        return ApplicationForm(given, faults, None)
    named = plain["title"], plain["brand"], mersis, tax, plain["signatory"]
    return ApplicationForm(given, [], NewApplication(email, *named, size, partner, phone))


def _digits(text: str) -> str:
    return "".join(text.split()).replace("-", "")


def _is_title(text: str) -> bool:
    try:
        return companies.clean(text) == text
    except BadCompany:
        return False


def settle_lines(change: Change, number: int, accept: bool, why: str) -> bool:
    """Accepts a claim, whose lines the worker then adds, or refuses it; False where it was decided before. Errors:
    BadCompany, without a reason."""
    why = company_changes.checked(why)
    if not business_lines.decide(change.transaction, change.keyring, number, accept=accept, why=why):
        return False
    change.note("lines-accepted" if accept else "lines-refused", f"lines {number}", why=why)
    return True
