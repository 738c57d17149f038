"""Table ``provider_contact``: whom at a company the operator calls or writes to. Encrypted: it names a person."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import text

from consents.brands.companies import BadCompany
from consents.columns import stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction
from panel.accounts import account_store
from panel.audit.change import Change

_ONE = Statement(text("SELECT sealed FROM provider_contact WHERE provider = :provider"))
_END = Statement(text("DELETE FROM provider_contact WHERE provider = :provider"))
_PHONE = re.compile(r"\+?[0-9][0-9 ()/-]{5,24}", re.ASCII)
LONGEST_NAME = 120


class Contact(NamedTuple):
    """As typed; "" for what is not known. ``phone`` may be any line, also a landline with an extension."""

    name: str = ""
    phone: str = ""
    email: str = ""


NOBODY = Contact()


def read(given: Mapping[str, str]) -> Contact:
    """The contact of a form with the fields contact-name, contact-phone, contact-email. Errors: BadCompany; its
    ``about`` is the field."""
    name = " ".join(given.get("contact-name", "").split())
    phone = checked_phone(given.get("contact-phone", ""))
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise BadCompany("the name is too long", "contact-name", "contact-name")
    email = given.get("contact-email", "").strip()
    try:
        return Contact(name, phone, account_store.canonical(email) if email else "")
    except BadCompany as bad:
        raise BadCompany("this is no e-mail address", "contact-email", "contact-email") from bad


def checked_phone(typed: str) -> str:
    """Errors: BadCompany."""
    phone = " ".join(typed.split())
    if phone and not _PHONE.fullmatch(phone):
        raise BadCompany("this is no phone number", "contact-phone", "contact-phone")
    return phone


def find(snapshot: Snapshot, keyring: Keyring, provider: int) -> Contact:
    """``provider``: internal id."""
    row = snapshot.one(_ONE, {"provider": provider})
    return NOBODY if row is None else _opened(keyring, *row)


def put(change: Change, provider: int, contact: Contact) -> None:
    """Sets the contact of a provider (internal id). The audit log does not get it."""
    if contact != find(change.transaction, change.keyring, provider):
        keep(change.transaction, change.keyring, provider, contact)
        change.note("contact-changed", provider=provider)


def keep(transaction: Transaction, keyring: Keyring, provider: int, contact: Contact) -> None:
    transaction.run(_END, {"provider": provider})
    if contact != NOBODY:
        sealed = keyring.seal_data(json.dumps(contact._asdict(), ensure_ascii=False).encode())
        row = (provider, sealed, stored(transaction.now))
        transaction.insert("provider_contact", "provider,sealed,changed_at", [row])


def _opened(keyring: Keyring, sealed: bytes) -> Contact:
    return Contact(**json.loads(keyring.unseal_data(bytes(sealed))))
