"""Who looked at an address, for its holder: read from the audit log, which records each look with its mark and is
covered by signed checkpoints. No person is named; an auditor's look shows after a delay."""

from __future__ import annotations

from sqlalchemy import text

from citizen.public import Holder, OwnData, SeenLook, own_data
from consents.brands import provider_list
from consents.columns import micros, stored
from consents.instants import DAY, HOUR, SECOND
from consents.queries import log_rows
from consents.registry import Registry
from consents.store import Snapshot, Statement
from consents.terms import Actor
from panel.rights import Member, Staff
from settings import Settings
from trust.pseudonyms import mark

SHOWN = 100  # looks that the page lists; the copy has all
AUDITOR, DESK = "auditor", "desk"  # the objects of a look's entry
LOOKED, PROVED, COPIED = "address-looked-at", "evidence-made", "data-copied"
_HOWS = {LOOKED: "search", PROVED: "evidence", COPIED: "copy"}
_ROUNDED = f"CAST(at / {HOUR // SECOND} AS BIGINT)"  # PostgreSQL rounds, SQLite cuts off
_HOUR = f"{_ROUNDED} - CASE WHEN {_ROUNDED} > at / {HOUR // SECOND} THEN 1 ELSE 0 END"
# Merged here and without a limit: many looks of one person in an hour must not hide another's.
_FOUND = Statement(
    text(
        "SELECT min(at), what, provider, object, actor, staff FROM ("
        f"SELECT id, at, person, what, provider, object, {_HOUR} AS hour, "
        f"{log_rows.actor_of('panel_act.id')} AS actor, "
        "coalesce((SELECT staff FROM panel_user WHERE panel_user.id = panel_act.person), 0) AS staff FROM panel_act "
        f"WHERE mark = :mark AND what IN ('{LOOKED}', '{PROVED}', '{COPIED}') AND at >= :since) AS found "
        "GROUP BY person, provider, what, object, actor, staff, hour ORDER BY max(id) DESC"
    )
)


def about(member: Member, *, desk: bool = False) -> str:
    """The object of a look's audit entry: an auditor's role is kept, because it may end."""
    return AUDITOR if member.person.staff is Staff.AUDITOR else DESK if desk else ""


def gather(snapshot: Snapshot, registry: Registry, settings: Settings, holder: Holder) -> OwnData:
    """All that is held of the holder's address; for a thread."""
    since = own_data.since(snapshot, registry, holder)
    seen = of_address(snapshot, registry, holder.address, since, settings.audit_look_delay)
    return own_data.gather(snapshot, registry, holder, seen)


def of_address(snapshot: Snapshot, registry: Registry, address: str, since: int, delay: int) -> list[SeenLook]:
    """The newest first, one a person, way and hour; not those before ``since`` (µs), nor an auditor's younger than
    ``delay`` days."""
    now = registry.store.now()
    values = {"mark": mark(registry.keyring, "panel act", address), "since": stored(since)}
    rows = snapshot.all(_FOUND, values)
    titles = {
        one.id: one.title
        for one in provider_list.by_id(snapshot, sorted({provider for _, _, provider, *_ in rows if provider}))
    }
    found = list[SeenLook]()
    for stored_at, what, provider, thing, actor, staff in rows:
        at, of_staff = micros(stored_at), actor == Actor.STAFF.code
        if of_staff and (thing == AUDITOR or staff == Staff.AUDITOR.value):
            if at + delay * DAY > now:
                continue
            look = SeenLook(at, "auditor", "", "")
        else:
            how = "call" if thing == DESK else _HOWS[what]
            look = SeenLook(at, "operator" if of_staff else "company", "" if of_staff else titles[provider], how)
        found.append(look)
    return found
