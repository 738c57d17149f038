"""``/metrics``: what the site does, in Prometheus' text format 0.0.4, for this machine and the networks of a setting.

Labels hold route templates and closed lists only; nothing of a person, a code or a token can stand in them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from itertools import accumulate

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from settings import Settings
from web import process

BUCKETS = (0.005, 0.02, 0.1, 0.25, 1.0, 5.0)  # seconds; 0.25 is what an opt-out may take at the most
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})

Labels = tuple[tuple[str, str], ...]
Gauge = Mapping[Labels, float]


class Counts:
    """Requests answered by this process since its start, by method, route template and status."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str, int], int] = {}
        self.times: dict[str, list[float]] = {}

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one answer; about a microsecond."""
        key = method if method in _METHODS else "other", route, status
        self.answers[key] = self.answers.get(key, 0) + 1
        if (row := self.times.get(route)) is None:
            row = self.times[route] = [0.0] * (len(BUCKETS) + 2)
        row[bisect_left(BUCKETS, seconds)] += 1
        row[-1] += seconds

    def lines(self) -> Iterator[str]:
        """The counter and the histogram."""
        yield "# TYPE izin_requests_total counter"
        for (method, route, status), answers in sorted(self.answers.items()):
            yield f'izin_requests_total{{method="{method}",route="{route}",status="{status}"}} {answers}'
        yield "# TYPE izin_request_seconds histogram"
        for route, row in sorted(self.times.items()):
            counts = list(accumulate(row[:-1]))
            for edge, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
                yield f'izin_request_seconds_bucket{{route="{route}",le="{edge}"}} {count:.0f}'
            yield f'izin_request_seconds_count{{route="{route}"}} {counts[-1]:.0f}'
            yield f'izin_request_seconds_sum{{route="{route}"}} {row[-1]:.6f}'


async def show(request: Request) -> PlainTextResponse:
    """All figures; 404 for whoever asks from elsewhere, as if there were no such page."""
    here = process.of(request)
    if not may_read(request, here.settings):
        raise HTTPException(404)
    return PlainTextResponse(await here.figures(), media_type="text/plain; version=0.0.4")


def text(counts: Counts, gauges: Mapping[str, Gauge]) -> str:
    """The figures in Prometheus' format."""
    return "\n".join([*counts.lines(), *_gauge_lines(gauges)]) + "\n"


def may_read(request: Request, settings: Settings) -> bool:
    """True for this machine and METRICS_NETWORKS.

    A request that somebody has forwarded counts as the forwarder's only where he is a TRUSTED_PROXY (web/guards.py has
    then put the client's own address in): else a proxy on this machine would open the page to the world.
    """
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


def _gauge_lines(gauges: Mapping[str, Gauge]) -> Iterable[str]:
    for name, values in gauges.items():
        yield f"# TYPE {name} gauge"
        for labels, value in values.items():
            named = ",".join(f'{label}="{text}"' for label, text in labels)
            yield f"{name}{{{named}}} {value:.15g}" if named else f"{name} {value:.15g}"
