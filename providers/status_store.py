"""What stands for addresses, as programs ask for it: point reads for one, one statement for a thousand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, text

from consents import register, state
from consents.models import Consent, Recipient
from consents.register import Person
from consents.registry import Registry
from consents.rules import ONAY, Standing
from consents.state import Key
from consents.store import Snapshot, Statement, among
from providers.addressed import Asked

_consent, _recipient = Consent.__table__.c, Recipient.__table__.c  # type: ignore[attr-defined]

# A value, not a join: else the planner may go through all that stands for the brand instead of to these recipients.
_stands = (
    select(_consent.status)
    .where(
        _consent.recipient == _recipient.id,
        _consent.brand == bindparam("brand"),
        _consent.channel == bindparam("channel"),
        _consent.identity == bindparam("identity"),
    )
    .scalar_subquery()
)
_APPROVED = Statement(
    select(_recipient.sealed).where(among(_recipient.sealed, "sealed", blobs=True), _stands == bindparam("onay"))
)
_DEALER = Statement(text("SELECT code, title FROM dealer WHERE id = :dealer"))


class Stands(NamedTuple):
    """What stands for one consent. ``dealer``: (retailerCode, title) of who collected it."""

    key: Key
    standing: Standing
    dealer: tuple[int, str] | None


def key(snapshot: Snapshot, registry: Registry, brand: int, asked: Asked, who: Person) -> Key | None:
    """The consent's key; None where nothing is recorded about the address."""
    recipient = register.find(snapshot, registry.keyring, who)
    return None if recipient is None else Key(recipient, brand, asked.channel, asked.identity)


def stands(snapshot: Snapshot, key: Key) -> Stands | None:
    """What stands for it."""
    standing = state.of_key(snapshot, key)
    if standing is None:
        return None
    dealer = standing.in_force().dealer
    row = snapshot.one(_DEALER, {"dealer": dealer}) if dealer is not None else None
    return Stands(key, standing, None if row is None else (row[0], row[1]))


def approved(snapshot: Snapshot, brand: int, channel: int, identity: int, sealed: Iterable[bytes]) -> set[bytes]:
    """Those of the sealed addresses whose consent is ONAY; one statement."""
    values: dict[str, Any] = {"brand": brand, "channel": channel, "identity": identity, "onay": ONAY}
    rows = snapshot.all(_APPROVED, {**values, "sealed": snapshot.array(sealed)})
    return {bytes(row[0]) for row in rows}
