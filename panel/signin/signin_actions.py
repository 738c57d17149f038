"""The transactions of sign-in to the panel, by a code and by OpenID Connect."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from consents.instants import DAY, HOUR, MINUTE
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Transaction
from gateways.outbox import outbox
from panel.accounts import account_store, factors, memberships, sessions
from panel.accounts.account_store import PanelPerson
from panel.audit.change import Change
from panel.rights import Principal, Staff
from panel.signin import signin_mails
from panel.signin.signin_mails import PanelMail
from settings import Settings
from trust import limits
from trust.codes import codes, sign_ins
from trust.codes.codes import Ask, CodeOutcome, CodeVerdict
from trust.codes.limits import code_limits, trusted
from trust.codes.pending import Purpose
from trust.limits import Limit
from trust.pseudonyms import mark, neighbourhood
from web.rendering import texts

NOTICE = 3 * DAY  # µs: a notice is of use for so long
MOST_PER_HOUR = 1000  # requests to the issuer, from all clients
WAITS = 10 * MINUTE  # µs that a sign-in at the issuer may take


class Browser(NamedTuple):
    """SHA-256 of a browser's new and old cookies. ``label``: its short name."""

    session: bytes
    device: bytes
    old_session: bytes | None
    old_device: bytes | None
    label: str
    language: str


class SignedIn(NamedTuple):
    """The result of a code. ``step``: a second step follows; ``enrol``: one must be set up."""

    verdict: CodeVerdict
    step: bool = False
    enrol: bool = False


def ask(transaction: Transaction, registry: Registry, settings: Settings, wish: Ask, language: str) -> CodeVerdict:
    """Sends a code to a panel user. Others get the same answer in the same time, and no code."""
    theirs = account_store.may_sign_in(transaction, registry.keyring, wish.address)

    def send(code: str, expires_at: int, allowed: bool) -> None:
        subject, text = signin_mails.code(settings, language, code)
        given = text, subject, expires_at
        code_limits.post_code(
            transaction, registry.keyring, "mail", wish.address, *given, allowed=allowed, leaves=theirs
        )

    return codes.ask(transaction, registry.keyring, settings, wish, send, leaves=theirs)


def redeem(
    transaction: Transaction, registry: Registry, settings: Settings, holder: bytes, code: str, browser: Browser
) -> SignedIn:
    """Redeems a code: begins a session, and ends this browser's old one."""
    keyring = registry.keyring
    verdict = codes.redeem(transaction, keyring, settings, holder, Purpose.PANEL, code)
    if verdict.outcome is not CodeOutcome.OK:
        return SignedIn(verdict)
    person = account_store.find(transaction, keyring, verdict.address)
    if person is None or person.ended_at is not None:  # ended since the request, or the one guess in a million
        return SignedIn(CodeVerdict(CodeOutcome.WRONG, verdict.address, 1))
    sign_ins.reopen(transaction, sign_ins.who(keyring, person.email))  # their sign-in as a citizen stays
    return begin(transaction, registry, settings, person, browser, verdict)


def begin(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    person: PanelPerson,
    browser: Browser,
    verdict: CodeVerdict,
) -> SignedIn:
    """Begins the session of an authenticated person; a new browser is announced by mail."""
    keyring = registry.keyring
    if browser.old_session is not None:
        sessions.end(transaction, browser.old_session)
    new = sessions.remember(transaction, person.id, browser.old_device, browser.device, browser.label)
    sessions.open_(transaction, browser.session, person.id, browser.device)
    if settings.trusted_days:
        if browser.old_device is not None:
            trusted.renew(transaction, browser.old_device, browser.device)
        trusted.remember(transaction, keyring, browser.device, person.email)
    if new:
        _announce(transaction, registry, settings, person, browser)
    Change(transaction, keyring, person.id).note("signed-in", f"person {person.id}")
    has = factors.has_any(transaction, person.id)
    must = person.staff is not Staff.NONE or memberships.asked_of(transaction, person.id)
    return SignedIn(verdict, step=has, enrol=must and not has)


def leave(transaction: Transaction, session: bytes) -> None:
    sessions.end(transaction, session)


def leave_everywhere(change: Change, person: Principal) -> None:
    """Ends every session of a person and forgets their browsers."""
    sessions.end_of(change.transaction, person.id)
    sessions.forget_devices(change.transaction, person.id)
    trusted.end_of(change.transaction, change.keyring, person.email)
    change.note("signed-out-everywhere", f"person {person.id}")


def _announce(
    transaction: Transaction, registry: Registry, settings: Settings, person: PanelPerson, browser: Browser
) -> None:
    language = browser.language if browser.language in texts.COMPLETE else texts.SOURCE
    mail = signin_mails.new_browser(settings, language, browser.label, transaction.now)
    post(transaction, registry.keyring, person.email, mail)


def post(transaction: Transaction, keyring: Keyring, email: str, mail: PanelMail) -> None:
    """Posts a notice to a panel user about their account."""
    until, (subject, text) = transaction.now + NOTICE, mail
    outbox.post(transaction, keyring, kind="mail", to=email, text=text, subject=subject, expires_at=until)


def may_ask_issuer(transaction: Transaction, registry: Registry, settings: Settings, ip: str, answer: str = "") -> bool:
    """Counts one step of a sign-in at the issuer; False above the limit of this client or all. ``answer``: the
    returned state; False for a repeated one."""
    keyring = registry.keyring
    everybody = Limit(mark(keyring, "openid-all", ""), MOST_PER_HOUR, HOUR, slot=MINUTE)
    own = Limit(mark(keyring, "openid", neighbourhood(ip)), settings.codes_sent_per_ip, 5 * MINUTE)
    once = Limit(mark(keyring, "openid-state", answer), 1, WAITS)
    return limits.take_all(transaction, [everybody, once if answer else own])


def issuer_host(settings: Settings) -> str:
    """The issuer's host, for the sign-in page; "" for none."""
    return urlsplit(settings.oidc_issuer).hostname or "" if settings.oidc_issuer else ""


def sign_in_by_issuer(
    transaction: Transaction, registry: Registry, settings: Settings, email: str, browser: Browser
) -> SignedIn | None:
    """Begins the session of the person with this e-mail, verified by the issuer; None for an unknown one. The second
    step stays the panel's own."""
    person = account_store.find(transaction, registry.keyring, email)
    if person is None or person.ended_at is not None:
        return None
    verdict = CodeVerdict(CodeOutcome.OK, email)
    return begin(transaction, registry, settings, person, browser, verdict)
