"""Actions of a company's people on the İYS sync, each with its audit entry."""

from __future__ import annotations

from typing import NamedTuple

from consents.brands import company_changes
from consents.store import Snapshot
from national import public as national
from national.public import RefusedMovement
from panel import form_answers
from panel.accounts import memberships
from panel.audit import looks
from panel.audit.change import Change
from panel.companies import iys_account_actions
from panel.form_answers import FieldFault, StaleChange
from panel.people import brakes
from panel.rights import Member

MOST = 100  # refused movements that a page names, of a brand


class WantedAccount(NamedTuple):
    iys_code: int
    username: str
    password: str


def wanted(given: dict[str, str]) -> WantedAccount:
    """The form's values. Errors: FieldFault."""
    code = given.get("iys-code", "").strip()
    if not (code.isascii() and code.isdecimal() and 0 < len(code) < 10 and int(code)):
        raise FieldFault("iys-code", "iys-code")
    username, password = given.get("username", "").strip(), given.get("password", "")
    if not 0 < len(username) <= 255 or not username.isprintable():
        raise FieldFault("username", "iys-user")
    if not 0 < len(password) <= 1000:
        raise FieldFault("password", "iys-password")
    return WantedAccount(int(code), username, password)


def set_up(change: Change, member: Member, account: WantedAccount) -> bool:
    """Sets the company's user or password at İYS; logs the user, never the password."""
    with form_answers.at("iys-code"):
        new = national.set_up(change.transaction, change.keyring, member.at.code, *account)
    iys_account_actions.set_up(change, member.at.id, account.iys_code, account.username)
    return new


def remove(change: Change, member: Member, why: str) -> None:
    """Removes the company's account. Errors: StaleChange without one, FieldFault without a reason."""
    code = national.remove(change.transaction, change.keyring, member.at.id)
    if code is None:
        raise StaleChange
    with form_answers.at("why"):
        reason = company_changes.checked(why)
    iys_account_actions.removed(change, member.at.id, code, reason)


def ask(change: Change, member: Member, what: str) -> None:
    """Requests a test, a comparison or a round. Errors: StaleChange without an account."""
    if not national.ask(change.transaction, change.keyring, member.at.id, what):
        raise StaleChange
    iys_account_actions.asked(change, member.at.id, what)


def start(change: Change, member: Member) -> None:
    """Starts the sync. Errors: StaleChange where it has begun, or the differences were not viewed."""
    transaction = change.transaction
    view = national.get(transaction, change.keyring, member.at.id, transaction.now)
    compared = view and view.errands.get("compare")
    if not compared or compared.done_at is None or compared.outcome["fault"]:
        raise StaleChange
    if not national.start(transaction, change.keyring, member.at.id):
        raise StaleChange
    iys_account_actions.started(change, member.at.id)


def refused(snapshot: Snapshot, member: Member) -> list[RefusedMovement]:
    """Movements of the visible brands that İYS refuses."""
    return national.refused(snapshot, [one.id for one in memberships.brands(snapshot, member)], MOST)


def look(change: Change, member: Member, number: int, why: str) -> str | None:
    """The address of a refused movement, logged before it is shown; None where it is forgotten. Errors: FieldFault
    without a reason, StaleChange where İYS no longer refuses it or the brand is not visible."""
    if not any(one.number == number for one in refused(change.transaction, member)):
        raise StaleChange
    if not why or (member.is_staff and not brakes.is_reason(why)):
        raise FieldFault("why", "reason-short" if member.is_staff else "reason")
    address = national.address(change.transaction, change.keyring, number)
    if address is not None:
        if member.is_staff and not brakes.may_look(change.transaction, change.keyring, member.person.id):
            raise FieldFault("why", "looks-many")
        change.note("address-looked-at", looks.about(member), why=why, provider=member.at.id, address=address)
    return address
