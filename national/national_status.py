"""State of the sync with İYS: for the operator's command, ``/metrics``, ``/readyz``, the panel and citizens' rows. An
unsent refusal is an alarm after four hours and red after one business day; the law gives three."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import text

from consents import business_days, dates, reportable
from consents.brands import companies
from consents.columns import micros
from consents.instants import DAY, HOUR
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Value
from national import iys_words, national_brands
from national.movement_items import ItemState
from national.national_brands import SyncedBrand
from national.upstream import accounts
from national.upstream.accounts import IysAccount
from web.rendering import texts
from web.rendering.texts import mark

ALARM = 4 * HOUR
STALE = 6 * HOUR  # without a pull
OFFSET = 60_000_000  # µs of a clock's difference that a person should see

_NOT_STARTED = mark("Eşitlik başlatılmadı: önce izin iys sync --dry-run, sonra izin iys sync.")
_WAITS = mark("Bir ret %(hours)s saattir İYS'ye ulaşmadı.")
_BLOCKED = mark("İYS'ye hiçbir şey gönderilmiyor. %(why)s (%(code)s)")
_FAILING = mark("İsteklerin yalnız %(part)s kadarı başarılı; İYS %(enough)s altında erişimi kapatır.")
_CLOCK = mark("Bu makinenin saati İYS'ninkinden %(seconds)s saniye farklı.")
_STALE = mark("Marka %(brand)s, %(hours)s saattir İYS'den okunmadı.")
_DIFFERS = mark("Marka %(brand)s: %(day)s gününün dosyası farklı.")
_REFUSES = mark("İYS %(count)s hareketi kabul etmiyor. %(why)s (%(code)s)")

_TALLY = Statement(text("SELECT state, count(*) FROM national_item WHERE brand = :brand GROUP BY state"))
# What İYS refuses waits for a person; it is a refusal that İYS has not, all the same.
_OLDEST: Value[float | None] = Statement(
    text("SELECT min(said_at) FROM national_item WHERE brand = :brand AND status = 0 AND state IN (0, 1, 3, 4)")
)
_CODES = Statement(
    text(
        "SELECT code, status, count(*) FROM national_item WHERE brand = :brand AND state = 3 "
        "GROUP BY code, status ORDER BY count(*) DESC"
    )
)


class Light(StrEnum):
    OK = "ok"
    ALARM = "alarm"
    RED = "red"


class RefusedByIys(NamedTuple):
    """Movements that İYS refuses: its code, the status by code, how many ``movements``."""

    code: str
    status: int
    movements: int


class SyncState(NamedTuple):
    """One provider. ``oldest``: when the oldest unsent refusal was recorded (µs); ``faults``: English ``sentences``."""

    account: IysAccount
    provider_code: int
    brands: list[SyncedBrand]
    counts: dict[str, int]
    refused: list[RefusedByIys]
    oldest: int | None
    light: Light
    faults: list[str]

    def age(self, now: int) -> float:
        """Of the oldest unsent refusal, seconds."""
        return 0.0 if self.oldest is None else max(0, now - self.oldest) / 1_000_000

    @property
    def held_up(self) -> bool:
        """Whether nothing is sent: the sync was not started, or something blocks it."""
        return self.account.started_at is None or self.account.blocked_by is not None

    @property
    def left(self) -> int:
        reading = sum(one.pulled_at is None or one.compared_at is None or one.compared_to >= 0 for one in self.brands)
        return sum(self.counts[state.name.lower()] for state in (ItemState.WAITING, ItemState.MERGING)) + reading


def list_all(snapshot: Snapshot, keyring: Keyring, now: int) -> list[SyncState]:
    return [of_account(snapshot, one, now) for one in accounts.list_all(snapshot, keyring)]


def of_account(snapshot: Snapshot, account: IysAccount, now: int) -> SyncState:
    """One provider, at ``now`` (µs)."""
    brands = national_brands.of_account(snapshot, account.id)
    counts: Counter[str] = Counter({state.name.lower(): 0 for state in ItemState})
    refused: Counter[tuple[str, int]] = Counter()
    waiting: list[int] = []
    for brand in brands:
        counts.update(
            {ItemState(state).name.lower(): count for state, count in snapshot.all(_TALLY, {"brand": brand.brand})}
        )
        refused.update(
            {(code or "", status): count for code, status, count in snapshot.all(_CODES, {"brand": brand.brand})}
        )
        unsent = snapshot.value(_OLDEST, {"brand": brand.brand})
        waiting += [] if unsent is None else [micros(unsent)]
        if brand.compared_at is not None:
            unseen = reportable.oldest_refusal(snapshot, brand.brand, brand.cursor)
            waiting += [] if unseen is None else [unseen]
    oldest = min(waiting, default=None)
    state = SyncState(
        account,
        companies.provider_code(snapshot, account.provider) or 0,
        brands,
        dict(counts),
        [RefusedByIys(code, status, count) for (code, status), count in refused.most_common()],
        oldest,
        light(oldest, now),
        [],
    )
    return state._replace(faults=sentences(state, now, "en"))


def light(oldest: int | None, now: int) -> Light:
    """By the age of the oldest unsent refusal."""
    if oldest is None or now - oldest < ALARM:
        return Light.OK
    return Light.RED if now >= one_business_day_after(oldest) else Light.ALARM


def one_business_day_after(at: int) -> int:
    """The same time of day on the next business day."""
    start, _ = dates.day_bounds(business_days.days_after(at, 0))
    then, _ = dates.day_bounds(business_days.days_after(at, 1))
    return then + min(at - start, DAY - 1)


def warnings(states: list[SyncState]) -> list[str]:
    """For ``/readyz`` beside its faults: opt-outs work, so the site stays up."""
    return [f"iys {one.account.iys_code}: {fault}" for one in states for fault in one.faults]


def sentences(state: SyncState, now: int, language: str) -> list[str]:
    """Faults and their corrections, at ``now`` (µs)."""
    account, translate = state.account, texts.catalogue(language).gettext
    faults = [] if account.started_at is not None else [translate(_NOT_STARTED)]
    if state.light is not Light.OK:
        faults.append(translate(_WAITS) % {"hours": f"{state.age(now) / 3600:.0f}"})
    if account.blocked_by is not None:
        why = {"why": iys_words.pause_typed(account.blocked_by, language), "code": account.blocked_by}
        faults.append(translate(_BLOCKED) % why)
    if (success := account.success) is not None and success < accounts.ENOUGH:
        faults.append(translate(_FAILING) % {"part": f"{success:.0%}", "enough": f"{accounts.ENOUGH:.0%}"})
    if abs(account.clock_offset) > OFFSET:
        faults.append(translate(_CLOCK) % {"seconds": account.clock_offset // 1_000_000})
    for brand in state.brands:
        if brand.pulled_at is not None and now - brand.pulled_at > STALE:
            faults.append(translate(_STALE) % {"brand": brand.code, "hours": (now - brand.pulled_at) // HOUR})
        if brand.differing_day is not None:
            faults.append(translate(_DIFFERS) % {"brand": brand.code, "day": brand.differing_day})
    for one in state.refused:
        why = {"count": str(one.movements), "why": iys_words.refused(one.code, language), "code": one.code}
        faults.append(translate(_REFUSES) % why)
    return faults
