"""``/metrics`` in Prometheus' text format 0.0.4, for this machine and METRICS_NETWORKS. Labels hold route templates
and closed lists only, nothing personal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_address

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request

from settings import Settings

BUCKETS = (0.005, 0.02, 0.1, 0.25, 1.0, 5.0)  # seconds; 0.25 is what an opt-out may take at the most
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # a second row for each, of when it began


class RequestCounts:
    """Requests answered by this process, by method, route template and status."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._answers = Counter("izin_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "izin_request_seconds",
            "Seconds to the end of an answer.",
            ("route",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._known: dict[tuple[str, str, int], tuple[Callable[[], None], Callable[[float], None]]] = {}

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one answer in about a microsecond; looking up rows by labels would take five."""
        key = method if method in _METHODS else "other", route, status
        if (known := self._known.get(key)) is None:
            known = self._known[key] = self._answers.labels(*key).inc, self._seconds.labels(route).observe
        count, observe = known
        count()
        observe(seconds)


class _Scrape(Collector):
    def __init__(self, counts: RequestCounts, gauges: Iterable[Metric]) -> None:
        self._counts, self._gauges = counts, gauges

    def collect(self) -> Iterable[Metric]:
        yield from self._counts.registry.collect()
        yield from self._gauges


def text(counts: RequestCounts, gauges: Iterable[Metric]) -> str:
    return generate_latest(_Scrape(counts, gauges)).decode()


def may_read(request: Request, settings: Settings) -> bool:
    """True for this machine and METRICS_NETWORKS. A forwarded request counts only behind a TRUSTED_PROXY
    (web/guards.py has set the client's address); otherwise a proxy on this machine would open the page to the world."""
    if request.client is None:
        return False
    try:
        asked = ip_address(request.client.host)
    except ValueError:
        return False
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    if any(asked in network for network in settings.metrics_networks):
        return True
    return asked.is_loopback and not forwarded
