"""Daily budgets of codes, for each kind of message and purpose, and a network's share. Budgets count sent messages;
shares count requests, or they would show which addresses are known. Neither depends on the address, so pages may
show them."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple

import structlog

from consents.instants import DAY, HOUR, SECOND
from consents.keys import Keyring
from consents.store import Snapshot, Transaction
from gateways.carrier import Kind
from settings import Settings
from trust import limits
from trust.codes.pending import Purpose
from trust.codes.reach import CALL, MAIL, SMS
from trust.limits import Limit
from trust.pseudonyms import SIZE, mark

log = structlog.get_logger()

NEAR, FAR = 10, 2  # a near network may ask for one in so many of a budget, a far one (whole providers) for one in two
_WIDTHS = {4: ((24, NEAR),), 6: ((48, NEAR), (32, FAR))}  # IP version -> prefix lengths, each with its part


class Spender(StrEnum):
    """Whose budget it is: strangers and trusted askers have one each."""

    CITIZEN = "citizen"
    PANEL = "panel"
    APPLICATION = "application"
    NOTICE = "notice"  # that a refusal by a link was taken back
    REFUSAL = "refusal"  # that perhaps a stranger refused by a link
    FOLLOW_UP = "follow-up"  # the question on the day after a refusal's last day
    REQUEST = "request"  # a company asks for a consent, or whether an address is somebody's; and codes of its page


class Spending(NamedTuple):
    kind: Kind
    spender: Spender
    known: bool  # for those whom an address trusts
    sent: int
    most: int

    @property
    def setting(self) -> str:
        """The name of the setting that raises it."""
        asks = (self.kind, self.spender) == (SMS, Spender.FOLLOW_UP)
        return "FOLLOW_UP_SMS" if asks else f"CODES_SENT_BUDGET_{self.kind.upper()}"


_PURPOSES = {
    Purpose.PANEL: Spender.PANEL,
    Purpose.APPLY: Spender.APPLICATION,
    Purpose.REQUEST: Spender.REQUEST,
}
_BUDGETS: tuple[tuple[Kind, Spender], ...] = (
    (SMS, Spender.CITIZEN),
    (MAIL, Spender.CITIZEN),
    (CALL, Spender.CITIZEN),
    (MAIL, Spender.PANEL),
    (MAIL, Spender.APPLICATION),
    (SMS, Spender.NOTICE),
    (MAIL, Spender.NOTICE),
    (SMS, Spender.REFUSAL),
    (MAIL, Spender.REFUSAL),
    (SMS, Spender.FOLLOW_UP),
    (MAIL, Spender.FOLLOW_UP),
    (SMS, Spender.REQUEST),
    (MAIL, Spender.REQUEST),
)
_UNREAD = Limit(bytes(SIZE), 10**9, SECOND)
# Without a budget of trusted askers.
_UNKNOWN_ONLY = {Spender.APPLICATION, Spender.NOTICE, Spender.REFUSAL, Spender.FOLLOW_UP, Spender.REQUEST}


def spender(purpose: int) -> Spender:
    return _PURPOSES.get(Purpose(purpose), Spender.CITIZEN)


def budget(keyring: Keyring, settings: Settings, by: Kind, whose: Spender, *, known: bool = False) -> Limit:
    most = {
        SMS: settings.codes_sent_budget_sms,
        MAIL: settings.codes_sent_budget_mail,
        CALL: settings.codes_sent_budget_call,
    }[by]
    if (by, whose) == (SMS, Spender.FOLLOW_UP):
        most = settings.follow_up_sms
    name = f"{by} {whose} {'known' if known else ''}"
    return Limit(mark(keyring, "send-all", name), most, DAY, slot=HOUR)


def shares(keyring: Keyring, settings: Settings, by: Kind, whose: Spender, ip: str) -> list[Limit]:
    """The daily limits on codes that strangers of one network request, sent or not."""
    most = budget(keyring, settings, by, whose).most
    found = []
    for network, part in _networks(ip):
        # Where a budget is small, as much as one client may ask for at once.
        allowed = max(most // part, settings.codes_sent_per_ip)
        found.append(Limit(mark(keyring, "asked-network", f"{by} {whose} {network}"), allowed, DAY, slot=HOUR))
    return found


def left(
    transaction: Transaction, keyring: Keyring, settings: Settings, by: Kind, whose: Spender, *, known: bool = False
) -> bool:
    """Whether the budget has room for one more; logs a warning once a day at half of it, and once at its end."""
    limit = budget(keyring, settings, by, whose, known=known)
    sent = limits.used(transaction, limit, transaction.now)
    if sent * 2 >= limit.most:
        spent = sent > limit.room
        name = f"{by} {whose} {known} {spent}"
        if limits.take(transaction, Limit(mark(keyring, "budget-alarm", name), 1, DAY)):
            event = "sends_budget_used_up" if spent else "sends_budget_half_used"
            log.warning(event, kind=by, purpose=str(whose), known=known, sent=sent, budget=limit.most)
    return sent <= limit.room


def part(keyring: Keyring, settings: Settings, by: Kind, whose: Spender, name: str, percent: int) -> Limit:
    """What one of the users of a budget, ``name``, may spend of it in a day."""
    most = max(1, budget(keyring, settings, by, whose).most * percent // 100)
    return Limit(mark(keyring, "send-part", f"{by} {whose} {name}"), most, DAY, slot=HOUR)


def take_part(transaction: Transaction, limit: Limit, user: int, *, sent: bool = True) -> bool:
    """Counts one more in a ``part``; False where it has no room. Logs a warning once a day from four fifths of it on;
    ``user``: the number that the log shows. Without ``sent`` the row is one that nobody reads."""
    taken = limits.take(transaction, limit if sent else _UNREAD)
    used = limits.used(transaction, limit, transaction.now)
    if used * 5 >= limit.most * 4 and limits.take(transaction, Limit(b"alarm" + limit.key, 1, DAY)):
        log.warning("sends_share_nearly_used", user=user, sent=used, share=limit.most)
    return taken


def spent_today(snapshot: Snapshot, keyring: Keyring, settings: Settings, now: int) -> list[Spending]:
    """The use of every budget within the day that ends at ``now`` (µs)."""
    found = []
    for kind, whose in _BUDGETS:
        for known in (False, True):
            limit = budget(keyring, settings, kind, whose, known=known)
            if (known and whose in _UNKNOWN_ONLY) or not limit.most:
                continue
            found.append(Spending(kind, whose, known, limits.used(snapshot, limit, now), limit.most))
    return found


def half_used(spendings: list[Spending]) -> list[Spending]:
    """Budgets that an operator should check."""
    return [one for one in spendings if one.sent * 2 >= one.most]


def _networks(ip: str) -> list[tuple[str, int]]:
    """The networks of an address, each with its share; none for an invalid one."""
    try:
        known = ip_address(ip)
    except ValueError:
        return []
    bits = known.max_prefixlen
    return [(f"{int(known) >> (bits - width):x}/{width}", part) for width, part in _WIDTHS[known.version]]
