"""Table ``panel_partner_member``: who works for which partner. A person works for one partner at most."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, Value
from panel.accounts.account_store import PanelPerson
from panel.rights import PartnerSeat, Staff
from providers.callers import partners

_ONE = Statement(text("SELECT partner, owner FROM panel_partner_member WHERE person = :person"))
_PARTNER: Value[int] = Statement(text("SELECT partner FROM panel_partner_member WHERE person = :person"))
_OF_PARTNER = Statement(
    text(
        "SELECT u.id, u.email, u.staff, u.created_at, u.ended_at, u.version, m.owner "
        "FROM panel_partner_member m JOIN panel_user u ON u.id = m.person WHERE m.partner = :partner ORDER BY u.id"
    )
)
_OWNERS = Statement(
    text(
        "SELECT count(*) FROM panel_partner_member m JOIN panel_user u ON u.id = m.person "
        "WHERE m.partner = :partner AND m.owner AND u.staff = 0"
    )
)
_END = Statement(text("DELETE FROM panel_partner_member WHERE person = :person"))


class PartnerPerson(NamedTuple):
    """One of a partner's people. ``owner``: invites and ends the others."""

    person: PanelPerson
    owner: bool


def find(snapshot: Snapshot, person: int) -> PartnerSeat | None:
    """The person's place at a partner; None also while the partner is closed."""
    number, owner = snapshot.one(_ONE, {"person": person}) or (None, False)
    known = None if number is None else partners.by_id(snapshot, number)
    if known is None or known.closed_at is not None:
        return None
    return PartnerSeat(known.id, known.code, known.title, bool(owner))


def partner_of(snapshot: Snapshot, person: int) -> int | None:
    """The partner (internal id) that a person works for, open or closed."""
    return snapshot.value(_PARTNER, {"person": person})


def people(snapshot: Snapshot, keyring: Keyring, partner: int) -> list[PartnerPerson]:
    """A partner's people (internal id), the earliest first."""
    found = []
    for number, email, staff, created, ended, version, owner in snapshot.all(_OF_PARTNER, {"partner": partner}):
        address = keyring.unseal(bytes(email))
        assert address is not None
        since = None if ended is None else micros(ended)
        person = PanelPerson(number, address, Staff(staff), micros(created), since, version)
        found.append(PartnerPerson(person, bool(owner)))
    return found


def owners(snapshot: Snapshot, partner: int) -> int:
    """A partner's acting owners; the operator's people do not count."""
    (count,) = snapshot.one(_OWNERS, {"partner": partner}) or (0,)
    return int(count)


def put(transaction: Transaction, person: int, partner: int, owner: bool) -> None:
    transaction.upsert("panel_partner_member", "person", "person,partner,owner", [(person, partner, owner)])


def end(transaction: Transaction, person: int) -> None:
    transaction.run(_END, {"person": person})
