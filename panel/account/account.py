"""What stands in a person's account."""

from __future__ import annotations

from typing import NamedTuple

from consents.keys import Keyring
from consents.store import Snapshot
from panel.entry import factors, panel_sessions
from panel.entry.factors import Factor
from panel.entry.panel_sessions import Device, OpenSession
from panel.people import members, step_rules
from panel.rights import Company, Principal, Staff


class Account(NamedTuple):
    """``recoveries``: how many codes are left. ``must``: the person must have a second step."""

    sessions: list[OpenSession]
    devices: list[Device]
    factors: list[Factor]
    recoveries: int
    companies: list[Company]
    must: bool


def of(snapshot: Snapshot, keyring: Keyring, person: Principal, now: int) -> Account:
    """The account of a person."""
    return Account(
        panel_sessions.sessions_of(snapshot, person.id, now),
        panel_sessions.devices(snapshot, person.id),
        factors.of(snapshot, keyring, person.id),
        factors.recoveries(snapshot, person.id),
        members.companies(snapshot, person.id),
        person.staff is not Staff.NONE or step_rules.asked_of(snapshot, person.id),
    )
