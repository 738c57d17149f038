"""Yeni markalar da yazmasın: a standing refusal (rule L13), by channel and identity of one address, and its end. The
transaction finds its effect again, so brands that declared something meanwhile are covered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.alerts import visit_notices
from citizen.consents import acts
from citizen.rows import shown_lines
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents import blankets, ledger, state
from consents.brands.book import BrandDirectory
from consents.history import Deed
from consents.ledger.blanket_acts import Way
from consents.queries import timeline
from consents.registry import Registry
from consents.rules import ONAY, Standing
from consents.state import Key
from consents.store import Snapshot, Transaction
from consents.terms import Actor, Channel, Door, Identity
from web import forms, pages, process
from web.rendering import texts

PATH, RESULT = "/izinler/bundan-sonrasi", "/izinler/sonuc"
_MOST = 20  # fields of the form
_WAYS = {f"{channel}-{identity}": (channel.code, identity.code) for identity in Identity for channel in Channel}
_NAMES = {way: name for name, way in _WAYS.items()}


class WayAhead(NamedTuple):
    """One channel and identity. ``refused``: a standing refusal is in force; ``turns``: brands whose consents it would
    close, or reopen at its end; ``stays``: brands that the citizen allowed, which it leaves open."""

    way: Way
    refused: bool
    turns: frozenset[int]
    stays: frozenset[int]


@sessions.open_to_limited
async def show(request: Request, session: Session) -> Response:
    """Shows the standing refusals, the effect of each tick, and how to end them."""
    holder = holders.current(request, session)
    registry = process.of(request).registry
    found, book = await registry.store.read(_found, registry, holder)
    language, _ = texts.language(request)

    def named(which: list[WayAhead]) -> list[tuple[str, str, WayAhead]]:
        return [
            (_NAMES[one.way], wording.ways(language, [one.way], named=True, helped=holder.helped), one) for one in which
        ]

    free, refused = ([one for one in found if one.refused is which] for which in (False, True))
    closes, opens = (_titles(book, (one.turns for one in which)) for which in (free, refused))
    return pages.render(
        request,
        "citizen/consents/ahead.html",
        **holders.frame(request, session, holder),
        path=PATH,
        free=named(free),
        may_end=not (session.limited or session.by_key),
        refused=named(refused),
        closed=wording.ways(language, [one.way for one in refused], named=True) if refused else "",
        closes=closes,
        overlap=sum(len(one.turns) for one in free) > len(closes),
        stays=_titles(book, (one.stays for one in found)),
        opens=opens,
        overlap_of_ends=sum(len(one.turns) for one in refused) > len(opens),
    )


@sessions.open_to_limited
async def change(request: Request, session: Session) -> Response:
    """Takes the ticked standing refusals, or ends them (``end=1``), in one act; redirects to the list with its
    notice. An end lets brands in, as an ONAY does: it needs a code."""
    given = await forms.pairs(request, _MOST)
    fields = dict(given)
    end = fields.get("end") == "1"
    if end and (session.limited or session.by_key):
        return sessions.turn_away(request, session)
    holder = holders.named(request, session, fields.get("n"))
    ticked = {value for name, value in given if name == "way"}
    chosen = [way for name, way in _WAYS.items() if name in ticked and holder.takes(way[0])]
    if len(chosen) != len(ticked):
        raise HTTPException(422)
    if not chosen:
        return sessions.lead(request, holders.page_after(PATH, session, holder))
    registry = process.of(request).registry
    evidence = registry.keyring.seal_evidence(session.evidence | {"ahead": True})
    act = await visit_notices.write(request, session, _change, registry, holder, chosen, not end, evidence)
    return sessions.lead(request, holders.page_after(RESULT, session, holder, act))


def ways(holder: Holder) -> list[Way]:
    """The channels and identities that an address can refuse ahead."""
    return [way for way in _WAYS.values() if holder.takes(way[0])]


def count_ways(holder: Holder) -> int:
    return len(ways(holder))


def _found(snapshot: Snapshot, registry: Registry, holder: Holder) -> tuple[list[WayAhead], BrandDirectory]:
    recipient = holders.find(snapshot, registry, holder)
    stands = {} if recipient is None else state.of_recipient(snapshot, recipient)
    ahead = shown_lines.closed_ways(snapshot, recipient)
    found = [_way(way, way in ahead, stands) for way in ways(holder)]
    return found, registry.brands.book(snapshot, registry.store.now())


def _titles(book: BrandDirectory, brands: Iterable[frozenset[int]]) -> list[str]:
    """The titles of these brands, in the order of lists."""
    found = (book.by_id[number] for number in frozenset().union(*brands))
    return [brand.title for brand in sorted(found, key=lambda one: one.rank)]


def _way(way: Way, refused: bool, stands: dict[Key, Standing]) -> WayAhead:
    here = {key.brand: one for key, one in stands.items() if key[2:] == way}
    bare = {brand: one.bare() for brand, one in here.items() if one.own is None}
    turns = frozenset(brand for brand, one in bare.items() if one is not None and one.status == ONAY)
    stays = frozenset(brand for brand, one in here.items() if one.own is not None and one.status == ONAY)
    return WayAhead(way, refused, turns, stays)


def _change(
    transaction: Transaction,
    registry: Registry,
    holder: Holder,
    chosen: Iterable[Way],
    refuses: bool,
    evidence: acts.Evidence,
) -> int | None:
    """The act. At a second click nothing changes: then the citizen's last act, if it was about a standing refusal."""
    recipient = holders.enrol(transaction, registry, holder)
    deed = Deed(Actor.CITIZEN, Door.PAGE, evidence=evidence)
    act = ledger.change_blanket(
        transaction, registry.policy, recipient, list(chosen), deed, refuses=refuses, keyring=registry.keyring
    )
    if act is None:
        last = timeline.last_own(transaction, recipient)
        act = last[0] if last is not None and blankets.of_act(transaction, last[0]) else None
    return act
