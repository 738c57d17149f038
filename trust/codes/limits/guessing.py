"""Code spraying: few guesses on each of many addresses, below every limit. Unusually many wrong codes in an hour
raise an alarm, and every code has fewer tries while it lasts. No captcha: one without script would fail on old
phones."""

from __future__ import annotations

from typing import NamedTuple

import structlog

from consents.instants import HOUR, MINUTE
from consents.keys import Keyring
from consents.store import Snapshot, Transaction
from settings import Settings
from trust import limits
from trust.codes.limits import code_budgets, pumping
from trust.codes.limits.code_budgets import Spending
from trust.limits import Limit
from trust.pseudonyms import mark

log = structlog.get_logger()

FEW = 2  # tries for one code while the alarm lasts: one slip of the finger is still forgiven


class Alarms(NamedTuple):
    """Sign-in figures for the operator: over all addresses, none of a person."""

    blocks_closed: int  # blocks of numbers that get no code now
    wrong_codes: int  # in the last hour
    guessing: bool  # so many are an alarm
    budgets: tuple[Spending, ...] = ()  # of messages, those of which half is used or more

    @property
    def closing(self) -> int:
        return self.blocks_closed + self.guessing + len(self.budgets)


def alarms(snapshot: Snapshot, keyring: Keyring, settings: Settings, now: int) -> Alarms:
    wrong = lately(snapshot, keyring, now)
    half = code_budgets.half_used(code_budgets.spent_today(snapshot, keyring, settings, now))
    return Alarms(pumping.closed(snapshot, keyring, now), wrong, alarm(settings, wrong), tuple(half))


def lately(snapshot: Snapshot, keyring: Keyring, now: int) -> int:
    """Wrong codes over all addresses in the hour that ends at ``now`` (µs)."""
    return limits.used(snapshot, Limit(_wrong(keyring), most=0, within=HOUR), now)


def alarm(settings: Settings, wrong: int) -> bool:
    """Whether so many wrong codes in an hour raise the alarm."""
    return wrong > settings.code_failures_alarm


def tries(settings: Settings, wrong: int) -> int:
    return min(FEW, settings.code_tries) if alarm(settings, wrong) else settings.code_tries


def count(transaction: Transaction, keyring: Keyring, settings: Settings, wrong: int) -> None:
    now = transaction.now
    limits.note(transaction, _wrong(keyring), now - now % MINUTE)  # a row a minute, because there may be very many
    if alarm(settings, wrong) and limits.take(transaction, Limit(mark(keyring, "wrong-alarm", ""), 1, HOUR)):
        log.warning("sign_in_guessing", wrong=wrong, tries=tries(settings, wrong))


def _wrong(keyring: Keyring) -> bytes:
    return mark(keyring, "wrong-all", "")
