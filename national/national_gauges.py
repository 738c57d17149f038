"""``/metrics`` of the sync with İYS, by each provider's number there."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client.core import GaugeMetricFamily as Gauge

from national.national_status import Light, SyncState

_LIGHTS = {Light.OK: 0, Light.ALARM: 1, Light.RED: 2}


def gauges(states: Sequence[SyncState], now: int) -> list[Gauge]:
    """Empty where no provider is synchronised."""
    if not states:
        return []
    oldest = _gauge("oldest_unsent_refusal_seconds", "Age of the oldest refusal that İYS has not.")
    light = _gauge("light", "0: in time, 1: held up, or an alarm after four hours, 2: red after a business day.")
    blocked = _gauge("blocked", "1 where nothing is sent until a person has seen to it.")
    offset = _gauge("clock_ahead_seconds", "How far İYS's clock is ahead of this one.")
    success = _gauge("success_ratio", "Which part of the requests succeeds; İYS bars below 0.7.")
    movements = Gauge("izin_iys_movements", "Movements by what became of them.", labels=("provider", "state"))
    for state in states:
        whose = (str(state.account.iys_code),)
        oldest.add_metric(whose, state.age(now))
        light.add_metric(whose, max(_LIGHTS[state.light], int(state.held_up)))
        blocked.add_metric(whose, state.account.blocked_by is not None)
        offset.add_metric(whose, state.account.clock_offset / 1_000_000)
        if (ratio := state.account.success) is not None:
            success.add_metric(whose, ratio)
        for name, count in state.counts.items():
            movements.add_metric((*whose, name), count)
    return [oldest, light, blocked, offset, success, movements]


def _gauge(name: str, text: str) -> Gauge:
    return Gauge(f"izin_iys_{name}", text, labels=("provider",))
