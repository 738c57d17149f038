"""Who looked at an address, for its holder: read from the audit log, which records each look with its mark and is
covered by signed checkpoints. No person is named; an auditor's look shows after a delay."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import text

from citizen.public import Holder, OwnData, SeenLook, own_data
from consents import state
from consents.brands import provider_list
from consents.columns import micros, stored
from consents.instants import DAY, HOUR, SECOND, day_of
from consents.people import register
from consents.queries import log_rows
from consents.registry import Registry
from consents.state import Key
from consents.store import Snapshot, Statement
from consents.terms import Actor
from panel.rights import Member, Staff
from settings import Settings
from trust.pseudonyms import mark

SHOWN = 100  # looks that the page lists; the copy has all
FILES = 100  # the newest of a company that are compared
ENTRIES = 5000  # the newest of a company's log in which checked lists are looked for: some milliseconds
CHECKED = "list-checked"
AUDITOR, DESK = "auditor", "desk"  # the objects of a look's entry
LOOKED, PROVED, COPIED = "address-looked-at", "evidence-made", "data-copied"
_HOWS = {LOOKED: "search", PROVED: "evidence", COPIED: "copy"}
_ROUNDED = f"CAST(at / {HOUR // SECOND} AS BIGINT)"  # PostgreSQL rounds, SQLite cuts off
_HOUR = f"{_ROUNDED} - CASE WHEN {_ROUNDED} > at / {HOUR // SECOND} THEN 1 ELSE 0 END"
# Files of consents that a company asked for; none names a person, so their criteria decide.
_FILES = Statement(
    text(
        "SELECT criteria, asked_at FROM panel_export WHERE provider = :provider AND kind = 0 "
        f"AND finished_at IS NOT NULL AND asked_at >= :since ORDER BY id DESC LIMIT {FILES}"
    )
)
# Lists that a company brought to be checked: nothing of them is stored but the brand, so its people's consents decide.
_CHECKS = Statement(
    text(
        "SELECT brand, at FROM (SELECT id, what, brand, at FROM panel_act WHERE provider = :provider "
        f"ORDER BY id DESC LIMIT {ENTRIES}) AS newest WHERE what = '{CHECKED}' AND at >= :since ORDER BY id DESC"
    )
)
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
    seen += listed(snapshot, registry, holder.address, since)
    return own_data.gather(snapshot, registry, holder, sorted(seen, key=lambda one: one.at, reverse=True))


def listed(snapshot: Snapshot, registry: Registry, address: str, since: int) -> list[SeenLook]:
    """Files of a company from ``since`` (µs) on whose brands, channel and recipient type fit a consent of the address,
    and lists that it had checked for a brand of such a consent, one a company and day. It may be missing in one: what
    stood on that day is not known, nor who was in a checked list, so the page shows a possibility."""
    recipient = register.find(snapshot, registry.keyring, register.person(registry.keyring, address))
    keys = state.of_recipient(snapshot, recipient) if recipient is not None else {}
    brands = {key.brand for key in keys}
    found = list[SeenLook]()
    for company, title in _companies(snapshot, brands).items():
        values = {"provider": company, "since": stored(since)}
        files = snapshot.all(_FILES, values)
        fitting = [micros(at) for criteria, at in files if _fits(json.loads(criteria), keys)]
        fitting += [micros(at) for brand, at in snapshot.all(_CHECKS, values) if brand in brands]
        newest: dict[date, int] = {}
        for at in sorted(fitting):
            newest[day_of(at)] = at
        found += [SeenLook(at, "company", title, "list") for at in reversed(newest.values())]
    return found


def _companies(snapshot: Snapshot, brands: Iterable[int]) -> dict[int, str]:
    """The titles of the brands' companies, by internal id."""
    providers = sorted({provider_list.brand(snapshot, brand).provider for brand in brands})
    return {one.id: one.title for one in provider_list.by_id(snapshot, providers)}


def _fits(criteria: Mapping[str, Any], keys: Iterable[Key]) -> bool:
    wanted = criteria.get("wanted", [criteria])  # an earlier version's has one brand's alone
    return any(
        one["brand"] == key.brand
        and one.get("channel") in (None, key.channel)
        and one.get("identity") in (None, key.identity)
        for one in wanted
        for key in keys
    )


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
