"""Bu numarayı yeni mi aldınız? A number's new holder may refuse everything older in one act, and sees nothing older
from then on: it is the last holder's matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from asking.public import requests
from citizen.alerts import alert_store
from citizen.consents import acts
from citizen.rows import shown_lines
from citizen.rows.shown_lines import HiddenHistory
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents import history
from consents.instants import DAY
from consents.keys import Keyring
from consents.people import business_lines, new_holder, register
from consents.queries import queries
from consents.queries.queries import ConsentCounts
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from optout.public import follow_ups
from trust import delegations, passkey_store
from web import forms, pages, process

PATH = "/izinler/yeni-numara"
_KEPT, _BUSINESS, _UNASKED = "new_holder", "business", "unasked"  # in the evidence of an answer: what it ended
OLD = 180 * DAY  # operators give a closed number to somebody else after about so long


def to_ask(session: Session, oldest: int, hidden: HiddenHistory, now: int) -> bool:
    """True when a number's records are older than its holder's first visit by a code and the question is
    unanswered."""
    if "@" in session.current.address or session.limited or session.by_key:  # nobody gets another one's e-mail
        return False
    absent = session.last_sign_in is None or now - session.last_sign_in >= OLD
    return absent and not hidden.asked and 0 < oldest <= now - OLD


@sessions.by_code
async def ask(request: Request, session: Session) -> Response:
    holder = holders.current(request, session)
    registry = process.of(request).registry
    found = await registry.store.read(_reach, registry, holder, registry.store.now())
    return pages.render(
        request, "citizen/consents/newcomer.html", **holders.frame(request, session, holder), path=PATH, counts=found
    )


@sessions.by_code
async def answer(request: Request, session: Session) -> Response:
    """``new=1``: refuses all that is open in one act and hides older history; else only keeps the answer.
    ``new=all``: shows the hidden history again."""
    form = await forms.fields(request)
    holder, answered = holders.named(request, session, form.get("n")), form.get("new")
    path = await finish(request, session, holder, new=answered == "1", everything=answered == "all")
    return pages.show_result(request, path, (answered or "")[:3], session.key.hex())


def just_answered(request: Request, session: Session, holder: Holder, act: int | None, hidden: HiddenHistory) -> str:
    """The answer just given ("1", "0", "all") where it stands, else "". ``act``: as in the page's address."""
    given = pages.result(request, holders.page_after("/izinler", session, holder, act), session.key.hex())
    stands = {"1": hidden.since > 0, "0": hidden.asked, "all": hidden.since == 0}
    return given if stands.get(given) else ""


async def finish(request: Request, session: Session, holder: Holder, *, new: bool, everything: bool = False) -> str:
    """Applies the answer; returns the path of the page that shows it."""
    registry = process.of(request).registry
    since = session.proven[holder.place].proved_at  # what they did since then is their own
    act = await registry.store.write(_answer, registry, holder, since, session.evidence, new, everything)
    return holders.page_after("/izinler", session, holder, act)


def restore(transaction: Transaction, keyring: Keyring, recipient: int, act: int) -> None:
    """Restores what an undone “new number” answer had hidden and ended; does nothing for other acts."""
    sealed = history.evidence(transaction, act)
    before = keyring.unseal_evidence(sealed).get(_KEPT) if sealed is not None else None
    if not isinstance(before, dict):
        return
    new_holder.restore(transaction, recipient, before["hidden_since"])
    for one in before["watches"]:
        if one["target"] is not None:
            alert_store.start(transaction, keyring, one["recipient"], one["target"], one["language"])
    if (ended := before.get(_BUSINESS)) is not None:
        business_lines.restore(transaction, keyring, recipient, ended)
    if (address := register.address(transaction, keyring, recipient)) is not None:
        for brand in before.get(_UNASKED, ()):
            requests.refuse(transaction, keyring, address, brand)


def _before(snapshot: Snapshot, keyring: Keyring, recipient: int, address: str) -> dict[str, Any]:
    """What an answer will end: since when history is hidden (µs), and where alerts go. Kept in the act's sealed
    evidence, so an erasure of the person removes it."""
    watches = [
        {"recipient": one.recipient, "target": keyring.unseal(one.target), "language": one.language}
        for one in alert_store.list_all(snapshot, keyring, address)
    ]
    return {"hidden_since": new_holder.hidden(snapshot, recipient).since, "watches": watches}


def _reach(snapshot: Snapshot, registry: Registry, holder: Holder, now: int) -> ConsentCounts:
    recipient = holders.find(snapshot, registry, holder)
    if recipient is None:
        return ConsentCounts()
    return queries.counted(queries.reach(snapshot, registry.brands.book(snapshot, now), recipient, now))


def _answer(
    transaction: Transaction,
    registry: Registry,
    holder: Holder,
    since: int,
    proof: Mapping[str, Any],
    new: bool,
    everything: bool,
) -> int | None:
    recipient, keyring = holders.enrol(transaction, registry, holder), registry.keyring
    before = _before(transaction, keyring, recipient, holder.address)
    shown_lines.answer(transaction, recipient, new=new, everything=everything, proved_at=since)
    if not new:
        return None
    alert_store.forget(transaction, keyring, holder.address)  # the previous holder's notification targets
    follow_ups.forget(transaction, recipient)
    passkey_store.end_of(transaction, keyring, holder.address)  # devices
    delegations.forget(transaction, keyring, holder.address)  # and helpers
    before[_BUSINESS] = business_lines.end(transaction, keyring, recipient)
    before[_UNASKED] = requests.pass_on(transaction, keyring, holder.address)
    now = transaction.now
    groups = queries.reach(transaction, registry.brands.book(transaction, now), recipient, now)
    return acts.refuse_all(transaction, registry, recipient, groups, keyring.seal_evidence({**proof, _KEPT: before}))
