"""What a day's codes may cost: a budget for each kind of message and each purpose, and a network's share of it.

Only messages that are sent count in a budget. A network's share counts requests; counting sent messages would show
which addresses the site knows. Neither depends on the address, so the page may show that one is used up.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple

import structlog

from consents.instants import DAY, HOUR
from consents.keys import Keyring
from consents.store import Snapshot, Transaction
from gateways.carrier import Kind
from settings import Settings
from trust import limits
from trust.codes.pending import Purpose
from trust.codes.reach import CALL, MAIL, SMS
from trust.limits import Limit
from trust.pseudonyms import mark

log = structlog.get_logger()

NEAR, FAR = 10, 2  # a near network may ask for one in so many of a budget, a far one (whole providers) for one in two
_WIDTHS = {4: ((24, NEAR),), 6: ((48, NEAR), (32, FAR))}  # IP version -> prefix lengths, each with its part


class Spender(StrEnum):
    """Whose budget it is. Strangers have theirs, and as much again those whom an address trusts."""

    CITIZEN = "citizen"
    PANEL = "panel"
    APPLICATION = "application"
    NOTICE = "notice"  # that a refusal by a link was taken back


class Spending(NamedTuple):
    """What has left of one budget within a day."""

    kind: Kind
    spender: Spender
    known: bool  # for those whom an address trusts
    sent: int
    most: int


_PURPOSES = {Purpose.PANEL: Spender.PANEL, Purpose.APPLY: Spender.APPLICATION}
_BUDGETS: tuple[tuple[Kind, Spender], ...] = (
    (SMS, Spender.CITIZEN),
    (MAIL, Spender.CITIZEN),
    (CALL, Spender.CITIZEN),
    (MAIL, Spender.PANEL),
    (MAIL, Spender.APPLICATION),
    (SMS, Spender.NOTICE),
    (MAIL, Spender.NOTICE),
)


def spender(purpose: int) -> Spender:
    """Whose budget a code of this ``Purpose`` is taken from."""
    return _PURPOSES.get(Purpose(purpose), Spender.CITIZEN)


def budget(keyring: Keyring, settings: Settings, by: Kind, whose: Spender, *, known: bool = False) -> Limit:
    """On messages of one kind and purpose that leave in a day."""
    most = {SMS: settings.sends_budget_sms, MAIL: settings.sends_budget_mail, CALL: settings.sends_budget_call}[by]
    name = f"{by} {whose} {'known' if known else ''}"
    return Limit(mark(keyring, "send-all", name), most, DAY, slot=HOUR)


def shares(keyring: Keyring, settings: Settings, by: Kind, whose: Spender, ip: str) -> list[Limit]:
    """On codes that strangers of one network ask for in a day, whether or not they leave."""
    most = budget(keyring, settings, by, whose).most
    found = []
    for network, part in _networks(ip):
        # Where a budget is small, as much as one client may ask for at once.
        allowed = max(most // part, settings.sends_per_ip)
        found.append(Limit(mark(keyring, "asked-network", f"{by} {whose} {network}"), allowed, DAY, slot=HOUR))
    return found


def left(
    transaction: Transaction, keyring: Keyring, settings: Settings, by: Kind, whose: Spender, *, known: bool = False
) -> bool:
    """Whether the budget leaves room for one more; from half of it on the log warns, once a day, and once used up."""
    limit = budget(keyring, settings, by, whose, known=known)
    sent = limits.used(transaction, limit, transaction.now)
    if sent * 2 >= limit.most:
        spent = sent > limit.room
        name = f"{by} {whose} {known} {spent}"
        if limits.take(transaction, Limit(mark(keyring, "budget-alarm", name), 1, DAY)):
            event = "sends_budget_used_up" if spent else "sends_budget_half_used"
            log.warning(event, kind=by, purpose=str(whose), known=known, sent=sent, budget=limit.most)
    return sent <= limit.room


def spent_today(snapshot: Snapshot, keyring: Keyring, settings: Settings, now: int) -> list[Spending]:
    """What has left of every budget within the day that ends at ``now`` (µs)."""
    found = []
    for kind, whose in _BUDGETS:
        for known in (False, True):
            if known and whose in {Spender.APPLICATION, Spender.NOTICE}:
                continue
            limit = budget(keyring, settings, kind, whose, known=known)
            found.append(Spending(kind, whose, known, limits.used(snapshot, limit, now), limit.most))
    return found


def half_used(spendings: list[Spending]) -> list[Spending]:
    """Those that an operator should look at."""
    return [one for one in spendings if one.sent * 2 >= one.most]


def _networks(ip: str) -> list[tuple[str, int]]:
    """The networks that an address counts in, each with its part; none of what is no address."""
    try:
        known = ip_address(ip)
    except ValueError:
        return []
    bits = known.max_prefixlen
    return [(f"{int(known) >> (bits - width):x}/{width}", part) for width, part in _WIDTHS[known.version]]
