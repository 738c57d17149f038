"""People with a permission in force who never decided anything on a page: who may get a first-contact notice."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents import blankets
from consents.columns import stored
from consents.people.held_keys import DIGEST_SIZE
from consents.rules import ONAY
from consents.store import Snapshot, Statement
from consents.terms import Actor, Door

# A permission counts once its load is old enough to have been taken back; so no wrong file sends a message.
_FIND = Statement(
    text(
        "SELECT r.id, r.sealed, count(DISTINCT c.brand) FROM recipient r JOIN consent c ON c.recipient = r.id "
        f"WHERE r.id > :after AND r.id <= :until AND length(r.sealed) > {DIGEST_SIZE} AND c.status = {ONAY} "
        "AND EXISTS (SELECT 1 FROM consent_event e JOIN act a ON a.id = e.act "
        "WHERE e.id = c.provider_event AND a.recorded_at <= :settled) "
        "AND NOT EXISTS (SELECT 1 FROM recipient_view v WHERE v.recipient = r.id) "
        "AND NOT EXISTS (SELECT 1 FROM act own WHERE own.recipient = r.id "
        f"AND own.actor = {Actor.CITIZEN.code} AND own.door = {Door.PAGE.code}) "
        "GROUP BY r.id, r.sealed ORDER BY r.id"
    )
)


class Uncontacted(NamedTuple):
    """``brands``: that may write to them."""

    recipient: int
    sealed: bytes
    brands: int


def find(snapshot: Snapshot, after: int, until: int, settled: int) -> list[Uncontacted]:
    """The people among the recipients above ``after`` up to ``until`` with permissions recorded before ``settled``
    (µs); without erased people (L15) and holders of a standing refusal (L13)."""
    values = {"after": after, "until": until, "settled": stored(settled)}
    found = [Uncontacted(recipient, bytes(sealed), brands) for recipient, sealed, brands in snapshot.all(_FIND, values)]
    closed = {recipient for recipient, *_ in blankets.in_force(snapshot, [one.recipient for one in found])}
    return [one for one in found if one.recipient not in closed]
