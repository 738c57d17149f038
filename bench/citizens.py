"""What citizens do on a serving site, over HTTP: pressing a button, reading the list, the whole way from the number.

Each against the same done otherwise, or against Starlette alone, with the same client in turns.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median

from bench import clients, registries, sites, towns
from bench.clients import Client, PageForm, Script
from bench.harness import Row, Scale, in_turns
from bench.registries import Pair
from bench.signing import flows
from bench.towns import BRANDS, Town
from tests.crash import shim

_SLOWER = 2000  # µs
_READERS = 16  # clients that read pages, or sign in
_MANY = 1000  # people who look at their lists in a large registry
_STEP = 0.1  # seconds at one registry, then the other's turn


def run(scale: Scale) -> list[Row]:
    town = towns.make(scale, scale.clients)
    return [*_at_its_best(scale, town), _on_a_slow_disk(scale, town), _whole_way(scale, town), *_growing(scale)]


def _at_its_best(scale: Scale, town: Town) -> list[Row]:
    """Buttons and pages, and what memory they leave the site with."""
    with sites.site(scale.folder, town.url) as real, sites.site(scale.folder, town.url, "unwritten") as unwritten:
        page = len(clients.get(real.port, "/izinler", town.cookies[0]).partition(b"\r\n\r\n")[2])
        with sites.bare(scale.folder, page) as bare:
            ways = {
                "hello": _asking(scale, bare.port, scale.clients, "/"),
                "toggle": _pressing(scale, real.port, town),
                "unwritten": _pressing(scale, unwritten.port, town),
                "list": _reading(scale, real.port, town),
                "static": _asking(scale, bare.port, _READERS, "/page"),
            }
            taken = in_turns(scale.rounds, ways)
    each = {way: f"{taken.median(way):,.0f}" for way in ways}
    ratio = taken.ratio
    what = f"a consent toggled, {scale.clients} at once"
    read = (
        f"{len(BRANDS)} brands, either identity, {page / 1000:.0f} kB; {each['list']} against {each['static']} a second"
    )
    return [
        Row(f"{what} ÷ the same without the write", ratio("toggle", "unwritten"), "", 0.50, 0.65,
            note=f"{each['toggle']} against {each['unwritten']} a second"),
        Row(f"{what} ÷ Starlette's hello", ratio("toggle", "hello"), "", 0.08, 0.12,
            note=f"{each['toggle']} against {each['hello']} a second"),
        Row("the list of consents ÷ a static page of its size", ratio("list", "static"), "", 0.04, 0.10, note=read),
        Row("memory of the site after that", real.pss / 2**20, "MiB", 120, 80, less=True, note="PSS"),
    ]  # fmt: skip


def _on_a_slow_disk(scale: Scale, town: Town) -> Row:
    what = f"a consent toggled, {scale.clients} at once, fsync +2 ms ÷ a commit each"
    try:
        slow = shim.environment(shim.build(scale.folder), slow_us=_SLOWER)
    except shim.NoCompiler as missing:
        return Row(what, None, "×", 6, 9, note=str(missing))
    with (
        sites.site(scale.folder, town.url, environment=slow) as together,
        sites.site(scale.folder, town.url, "each", environment=slow) as each,
    ):
        ways = {
            "together": _pressing(scale, together.port, town),
            "each": _pressing(scale, each.port, town),
        }
        taken = in_turns(scale.rounds, ways)
    note = f"{taken.median('together'):,.0f} against {taken.median('each'):,.0f} a second"
    return Row(what, taken.ratio("together", "each"), "×", 6, 9, note=note)


def _whole_way(scale: Scale, town: Town) -> Row:
    with (
        sites.site(scale.folder, town.url, worker=True) as real,
        sites.bare(scale.folder, 0) as bare,
        flows(scale, real.port, sites.outbox(scale.folder), _READERS) as going,
    ):
        taken = in_turns(scale.rounds, {"flows": going, "hello": _asking(scale, bare.port, _READERS, "/")})
    note = f"{taken.median('flows'):,.0f} people against {taken.median('hello'):,.0f} a second"
    return Row(
        "number, code, list, refusal ÷ Starlette's hello", taken.ratio("flows", "hello"), "", 0.02, 0.04, note=note
    )


def _growing(scale: Scale) -> list[Row]:
    """The list of a person among few and among many: p50 of each, in turns at both."""
    with registries.pairs(scale) as pairs:
        return [row for pair in pairs for row in _grown(scale, pair)]


def _grown(scale: Scale, pair: Pair) -> list[Row]:
    urls = pair.urls
    jars = [towns.sign_in(url, _MANY) for url in urls]
    taken: list[list[float]] = [[], []]
    with sites.site(scale.folder, urls[0]) as small, sites.site(scale.folder, urls[1]) as large:
        looking = [Client(_looking(jar, times)) for jar, times in zip(jars, taken, strict=True)]
        clients.run(small.port, looking[:1], 0)
        clients.run(large.port, looking[1:], 0)
        for times in taken:
            times.clear()
        until = time.perf_counter() + scale.rounds * scale.seconds
        while time.perf_counter() < until:
            for site, client in zip((small, large), looking, strict=True):
                clients.run(site.port, [client], _STEP)
    few, many = map(median, taken)
    sizes = f"{scale.large:,} ÷ {scale.small:,} rows"
    held = f"{large.pss / 1e6:,.0f} against {small.pss / 1e6:,.0f} MB (PSS)"
    return [
        Row(f"{pair.prefix}the list of consents, {sizes}", many / few, "", 1.15, 1.05, less=True,
            note=f"p50 {many * 1e6:,.0f} against {few * 1e6:,.0f} µs"),
        Row(f"{pair.prefix}memory of the site after that, {sizes}",
            large.pss / small.pss, "", 1.15, 1.05, less=True, note=held),
    ]  # fmt: skip


def _asking(scale: Scale, port: int, count: int, path: str) -> Callable[[], float]:
    asked = clients.request(path)
    return _repeating(scale, port, [itertools.repeat(asked)] * count)


def _reading(scale: Scale, port: int, town: Town) -> Callable[[], float]:
    asked = [clients.request("/izinler", cookie) for cookie in town.cookies[:_READERS]]
    return _repeating(scale, port, list(map(itertools.repeat, asked)))


def _pressing(scale: Scale, port: int, town: Town) -> Callable[[], float]:
    return _repeating(scale, port, list(map(_buttons, town.cookies)))


def _repeating(scale: Scale, port: int, asked: Sequence[Iterable[bytes]]) -> Callable[[], float]:
    """Answers a second, of one client for each of these; the first answers, slow for what they load, are over."""
    crowd = [Client(clients.repeated(requests, b"200")) for requests in asked]
    clients.run(port, crowd, 0)
    return lambda: clients.run(port, crowd, scale.seconds)


def _buttons(cookie: str) -> Iterator[bytes]:
    """RET and ONAY to one brand, then to the next: each changes what stands."""
    for code in itertools.cycle(BRANDS):
        for status in ("RET", "ONAY"):
            yield clients.request(f"/izinler/{code}/EPOSTA/BIREYSEL", cookie, PageForm(f"status={status}", htmx=True))


def _looking(jar: list[str], times: list[float]) -> Script:
    """One person's list after the other's; notes the seconds that each took."""
    for cookie in itertools.cycle(jar):
        yield None
        began = time.perf_counter()
        answer = yield clients.request("/izinler", cookie)
        times.append(time.perf_counter() - began)
        clients.check(answer, b"HTTP/1.1 200")
