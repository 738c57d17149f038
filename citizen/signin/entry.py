"""The transactions that issue or redeem a code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from asking.public import requests
from citizen.alerts import alert_store, first_contact, owner_notices
from citizen.receipts import complaint_store, data_requests
from citizen.session import assisted_session_store, session_store
from citizen.signin import code_messages
from consents.keys import Keyring
from consents.languages import SOURCE
from consents.people import business_lines, register
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from optout.public import follow_ups
from settings import Settings
from trust import delegations, limits, passkey_store
from trust.codes import codes, pending, shown_texts, sign_ins
from trust.codes.codes import Ask, CodeOutcome, CodeVerdict
from trust.codes.limits import code_limits, trusted
from trust.codes.pending import Purpose
from trust.codes.reach import carrier
from trust.delegations import LastingHelper
from trust.passkey_store import StoredPasskey
from trust.pseudonyms import mac


class Keys(NamedTuple):
    """SHA-256 of the cookies of a browser that proves an address: new and old ones."""

    session: bytes
    device: bytes
    old_session: bytes | None
    old_device: bytes | None


def ask(
    transaction: Transaction, registry: Registry, settings: Settings, wish: Ask, language: str, helper: str = ""
) -> CodeVerdict:
    """Issues a code and posts its message in one transaction. ``helper``: the masked address of the helper who asks."""
    kind = wish.by or carrier(wish.address)

    def send(code: str, expires_at: int, allowed: bool) -> None:
        if wish.purpose in (Purpose.HELP, Purpose.LASTING):
            lasting = wish.purpose is Purpose.LASTING
            text, subject, headers = code_messages.help_sms(settings, language, code, helper, lasting=lasting)
        else:
            text, subject, headers = code_messages.BY[kind](settings, language, code)
        given = registry.keyring, kind, wish.address, text, subject, expires_at
        code_limits.post_code(transaction, *given, headers=headers, allowed=allowed)

    return codes.ask(transaction, registry.keyring, settings, wish, send)


def redeem(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    holder: bytes,
    purpose: Purpose,
    code: str,
    keys: Keys,
    proven: Sequence[str] = (),
) -> CodeVerdict:
    """Redeems a code. Sign-in begins a session and ends the browser's old one; adding an address moves the session
    of ``proven`` to the new key."""
    keyring = registry.keyring
    verdict = codes.redeem(transaction, keyring, settings, holder, purpose, code)
    if verdict.outcome is not CodeOutcome.OK:
        return verdict
    address, old = verdict.address, keys.old_session
    before = sign_ins.succeed(transaction, sign_ins.who(keyring, address))
    first_contact.settle(transaction, keyring, address)
    if purpose is Purpose.SIGN_IN:
        if old is not None:
            session_store.end(transaction, old)
        session_store.open_(transaction, keyring, keys.session, address, before)
        if keys.old_device is not None and settings.trusted_days:
            passkey_store.renew(transaction, keyring, address, keys.old_device, keys.device)
    elif old is None or not session_store.add(transaction, keyring, old, keys.session, address, before):
        return CodeVerdict(CodeOutcome.NONE)
    beside = proven if purpose is Purpose.ADD else ()
    alert_store.renew(transaction, keyring, {address, *beside})
    _trust(transaction, keyring, settings, keys, address, beside)
    return verdict


def asker(keyring: Keyring, session: bytes, helper: str, address: str = "") -> bytes:
    """Who asks for a relative's code: this session, as this helper alone, whom the message names; a session may have
    proved several addresses. ``address``: of the relative whom a lasting helper helps."""
    return mac(keyring, "asking helper", session + f"{address} {helper}".encode())


def begin_visit(
    transaction: Transaction, registry: Registry, settings: Settings, session: bytes, by: bytes, code: str, place: int
) -> CodeVerdict:
    """Redeems another person's code, and shows their consents to this session for 15 minutes. Their address is not
    signed in and trusts nothing. ``by``: the ``asker``."""
    verdict = codes.redeem(transaction, registry.keyring, settings, by, Purpose.HELP, code)
    if verdict.outcome is not CodeOutcome.OK:
        return verdict
    sign_ins.reopen(transaction, sign_ins.who(registry.keyring, verdict.address))  # a right one ends the row of wrong
    first_contact.settle(transaction, registry.keyring, verdict.address)
    if not assisted_session_store.begin(transaction, registry.keyring, session, verdict.address, place):
        return CodeVerdict(CodeOutcome.NONE)
    return verdict


def name_helper(
    transaction: Transaction, registry: Registry, settings: Settings, by: bytes, helper: str, label: int, code: str
) -> CodeVerdict:
    """Redeems the relative's code and makes the helper of this session's visit a lasting one. ``by``: their ``asker``.
    NONE where either has as many as may be."""
    verdict = codes.redeem(transaction, registry.keyring, settings, by, Purpose.LASTING, code)
    if verdict.outcome is not CodeOutcome.OK:
        return verdict
    sign_ins.reopen(transaction, sign_ins.who(registry.keyring, verdict.address))
    begun = delegations.begin(transaction, registry.keyring, verdict.address, helper, label, settings.helper_days)
    return verdict if begun else CodeVerdict(CodeOutcome.NONE)


def visit_by_delegation(
    transaction: Transaction, registry: Registry, settings: Settings, session: bytes, place: int, one: LastingHelper
) -> bool:
    """Shows a relative's consents to their lasting helper for 15 minutes, and notifies the relative of it once in 30
    days; False where it has ended."""
    if not delegations.use(transaction, one.key):
        return False
    if delegations.notice_is_due(transaction, one.key):
        words = owner_notices.helper_looked(settings, one.helper, one.address)
        if owner_notices.post(transaction, registry.keyring, settings, SOURCE, one.address, words):
            delegations.noticed(transaction, one.key)
    return assisted_session_store.begin(transaction, registry.keyring, session, one.address, place, one.key)


def show_text(
    transaction: Transaction, keyring: Keyring, settings: Settings, holder: bytes, address: str, ip: str
) -> bool:
    """Issues a text that signs in by SMS; False where this client has asked too often."""
    if not limits.take(transaction, code_limits.of_ip(keyring, settings, ip)):
        return False
    shown_texts.show(transaction, keyring, holder, address)
    return True


def redeem_text(transaction: Transaction, keyring: Keyring, holder: bytes, session: bytes, old: bytes | None) -> bool:
    """Begins a limited session where the text was received, and ends the browser's old one; else False. A sender can
    be forged, so this resets no count and trusts no browser."""
    address = shown_texts.use(transaction, keyring, holder, session)
    if address is None:
        return False
    if old is not None:
        session_store.end(transaction, old)
    session_store.open_(transaction, keyring, session, address, None, limited=True)
    first_contact.settle(transaction, keyring, address)
    return True


def redeem_passkey(
    transaction: Transaction,
    keyring: Keyring,
    one: StoredPasskey,
    challenge: bytes,
    counter: int,
    session: bytes,
    old: bytes | None,
) -> bool:
    """Begins a passkey's session after a valid answer, and ends the browser's old one; else False. No code was given,
    so this resets no count, trusts no browser and is no sign-in of the number's holder."""
    if not passkey_store.use(transaction, keyring, one, challenge, counter):
        return False
    by_code = sign_ins.last(transaction, sign_ins.who(keyring, one.address))
    before = max(one.proved_at, one.used_at or 0, by_code or 0)
    if old is not None:
        session_store.end(transaction, old)
    session_store.open_(transaction, keyring, session, one.address, before, passkey=one.digest)
    return True


def leave(transaction: Transaction, session: bytes | None, device: bytes | None) -> None:
    """Ends a session; ``device``: also forget this browser, and remove the passkeys it made."""
    if session is not None:
        session_store.end(transaction, session)
    if device is not None:
        trusted.end(transaction, device)
        passkey_store.end_in(transaction, device)


def leave_everywhere(transaction: Transaction, keyring: Keyring, device: bytes | None, proven: Sequence[str]) -> None:
    """Ends every session of these addresses, their passkeys, and their trusted devices."""
    leave(transaction, None, device)
    for address in proven:
        session_store.end_of(transaction, keyring, address)
        trusted.end_of(transaction, keyring, address)
        assisted_session_store.end_of(transaction, keyring, address)
        passkey_store.end_of(transaction, keyring, address)
        shown_texts.cancel(transaction, keyring, address)


def forget(transaction: Transaction, keyring: Keyring, address: str) -> None:
    """Ends an erased address's sessions, codes, alerts and first-contact notice; it leaves its business."""
    pending.forget(transaction, keyring, address)
    session_store.end_of(transaction, keyring, address)
    assisted_session_store.end_of(transaction, keyring, address)
    shown_texts.cancel(transaction, keyring, address)
    trusted.end_of(transaction, keyring, address)
    passkey_store.end_of(transaction, keyring, address)
    delegations.forget(transaction, keyring, address)
    sign_ins.forget(transaction, sign_ins.who(keyring, address))
    alert_store.forget(transaction, keyring, address)
    if (recipient := register.find(transaction, keyring, register.person(keyring, address))) is not None:
        follow_ups.forget(transaction, recipient)
        complaint_store.forget(transaction, recipient)
    first_contact.settle(transaction, keyring, address)
    business_lines.forget(transaction, keyring, register.person(keyring, address))
    requests.forget(transaction, keyring, address)
    data_requests.forget(transaction, keyring, address)


def in_use(snapshot: Snapshot, keyring: Keyring, address: str, now: int) -> bool:
    """Whether the holder uses or awaits something that ``forget`` would end: such a person does not age."""
    recipient = register.find(snapshot, keyring, register.person(keyring, address))
    return (
        data_requests.any_of(snapshot, keyring, address)
        or session_store.any_of(snapshot, keyring, address)
        or assisted_session_store.any_of(snapshot, keyring, address)
        or bool(passkey_store.of(snapshot, keyring, address))
        or bool(delegations.of_owner(snapshot, keyring, address, now))
        or bool(delegations.of_helper(snapshot, keyring, address, now))
        or bool(alert_store.list_all(snapshot, keyring, address))
        or (recipient is not None and complaint_store.any_of(snapshot, recipient))
        or requests.any_open(snapshot, keyring, address, now)
    )


def _trust(
    transaction: Transaction, keyring: Keyring, settings: Settings, keys: Keys, address: str, proven: Sequence[str]
) -> None:
    """Makes the browser, and the addresses proved in the same session, trusted for this one."""
    if not settings.trusted_days:
        return
    if keys.old_device is not None:
        trusted.renew(transaction, keys.old_device, keys.device)
    trusted.remember(transaction, keyring, keys.device, address, proven)
