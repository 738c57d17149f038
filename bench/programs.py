"""What providers' programs ask of a serving site, over HTTP: what stands for an address and for a thousand, among few
people and among many, lists of a thousand consents until they are stored, the feed at either end of a long history."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import text

from bench import child, clients, files, histories, importing, registries, sites
from bench.clients import Client, Script
from bench.harness import Rounds, Row, Scale, in_turns
from bench.histories import PATH, Stretch
from bench.registries import Pair
from consents import dates
from consents.store import Snapshot, Statement, Store, clock

_PROGRAMS = 16  # clients that ask for one address
_LISTERS = 4  # that ask for a thousand, or send lists
_LIST = 1000  # İYS's most in a call
_ASKED = 40 * _LIST  # addresses that are asked for
_PATIENCE = 300.0  # seconds until all lists must have been stored
_LOOK = 0.005  # seconds between two looks whether they are
_HOUR = 3_600_000_000  # µs
_OPEN = Statement(text("SELECT count(*) FROM batch WHERE finished_at IS NULL"))
_STORED = Statement(text("SELECT count(*) FROM consent_event"))


def run(scale: Scale) -> list[Row]:
    url, path = registries.fresh(scale)
    child.call(histories.make, url=url, rows=scale.large)
    token = histories.sign_in(url)
    try:
        return [*_queries(scale, url, token), _lists(scale), *_feed(scale, url, token), *_growing(scale)]
    finally:
        registries.remove(path)


def request(path: str, token: str, body: Any = None) -> bytes:
    """What a program sends; ``body`` goes as JSON."""
    data = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nhost: {clients.HOST}\r\n"
    own = f"authorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    return (head + own).encode() + data


def _queries(scale: Scale, url: str, token: str) -> list[Row]:
    numbers = histories.numbers(scale.large, _ASKED)
    many, one = _asking(numbers, token)
    with (
        sites.site(scale.folder, url) as site,
        sites.site(scale.folder, url, "unlooked") as unlooked,
        sites.bare(scale.folder, 100) as bare,
    ):
        hello = [clients.request("/")]
        thousand = {
            "asked": _busy(scale, site.port, many, _LISTERS),
            "unlooked": _busy(scale, unlooked.port, many, _LISTERS),
        }
        single = {
            "asked": _busy(scale, site.port, one, _PROGRAMS),
            "hello": _busy(scale, bare.port, hello, _PROGRAMS),
        }
        taken = in_turns(scale.rounds, thousand), in_turns(scale.rounds, single)
    asked = min(_LIST, len(numbers))
    return [
        _row(f"status of {asked:,} addresses ÷ the same without the look-up", taken[0], "unlooked", 0.30, 0.50),
        _row("status of one, token checked ÷ Starlette's hello", taken[1], "hello", 0.20, 0.40),
    ]


def _asking(numbers: Sequence[str], token: str, size: int = _LIST) -> tuple[list[bytes], list[bytes]]:
    """Questions for so many of these numbers each, and for one."""
    many = [
        request(f"{PATH}/BIREYSEL/status/MESAJ", token, {"recipients": numbers[first : first + size]})
        for first in range(0, len(numbers), size)
    ]
    kind = {"type": "MESAJ", "recipientType": "BIREYSEL"}
    return many, [request(f"{PATH}/status", token, {"recipient": number, **kind}) for number in numbers[: 4 * _LIST]]


def _growing(scale: Scale) -> list[Row]:
    """What the same questions take among few people and among many: p50, in turns at both."""
    with registries.pairs(scale) as pairs:
        return [row for pair in pairs for row in _grown(scale, pair)]


def _grown(scale: Scale, pair: Pair) -> list[Row]:
    numbers = [histories.numbers(rows, _ASKED) for rows in (scale.small, scale.large)]
    size = min(_LIST, *map(len, numbers))
    asked = [
        _asking(some[: len(some) // size * size], histories.sign_in(url), size)
        for some, url in zip(numbers, pair.urls, strict=True)
    ]
    with sites.site(scale.folder, pair.urls[0]) as small, sites.site(scale.folder, pair.urls[1]) as large:
        taken = [
            in_turns(
                2 * scale.rounds + 1,
                {"small": partial(_p50, scale, small.port, few), "large": partial(_p50, scale, large.port, many)},
            )
            for few, many in zip(*asked, strict=True)
        ]
    return [
        Row(
            f"{pair.prefix}{what}, {scale.large:,} ÷ {scale.small:,} rows",
            found.ratio("large", "small"),
            "",
            1.15,
            1.05,
            less=True,
            note=f"p50 {found.median('large') * 1e6:,.0f} against {found.median('small') * 1e6:,.0f} µs, over HTTP",
        )
        for what, found in zip((f"status of {size:,} addresses", "status of one"), taken, strict=True)
    ]


def _row(what: str, taken: Rounds, other: str, reach: float, stretch: float) -> Row:
    note = f"{taken.median('asked'):,.0f} against {taken.median(other):,.0f} a second"
    return Row(what, taken.ratio("asked", other), "", reach, stretch, note=note)


def _lists(scale: Scale) -> Row:
    rows = scale.rows // 3
    made: list[Path] = []

    def listed() -> float:
        url, path = registries.fresh(scale)
        made.append(path)
        return _stored_a_second(scale, url, rows)

    def raw() -> float:
        parsed = importing.integers(rows)
        chunks = [_LIST] * (len(parsed) // _LIST) + [len(parsed) % _LIST]
        return importing.timed(scale.folder / "lists-raw", parsed, chunks)

    taken = in_turns(scale.rounds, {"listed": listed, "raw": raw})
    for path in made:
        registries.remove(path)
    note = f"{taken.median('listed'):,.0f} against {taken.median('raw'):,.0f} rows/s"
    what = "lists of 1,000 consents until stored ÷ raw upsert of the same rows"
    return Row(what, taken.ratio("listed", "raw"), "", 0.15, 0.30, note=note)


def _stored_a_second(scale: Scale, url: str, rows: int) -> float:
    """Consents a second, from the first list that is sent until the last one is stored."""
    token, at = histories.sign_in(url), dates.wire(clock() - _HOUR)
    spoken = [files.spoken(row, at) for row in files.facts(rows)]
    sent = [request(f"{PATH}/request", token, spoken[first : first + _LIST]) for first in range(0, len(spoken), _LIST)]
    with sites.site(scale.folder, url, worker=True) as site:
        began = time.perf_counter()
        for first in range(0, len(sent), _LISTERS):
            some = [Client(clients.repeated([one, one], b"202")) for one in sent[first : first + _LISTERS]]
            clients.run(site.port, some, 0)  # each once
        _wait(url, len(spoken))
        return len(spoken) / (time.perf_counter() - began)


def _wait(url: str, rows: int) -> None:
    """Returns once all lists are stored."""
    store = Store.open(url)
    until = time.monotonic() + _PATIENCE
    while _number(store, _OPEN):
        assert time.monotonic() < until, "the lists are not being stored"
        time.sleep(_LOOK)
    assert _number(store, _STORED) == rows, "consents were refused"
    store.close()


def _number(store: Store, statement: Statement) -> int:
    row = store.read_now(Snapshot.one, statement)
    assert row is not None
    return int(row[0])


def _feed(scale: Scale, url: str, token: str) -> list[Row]:
    with sites.site(scale.folder, url) as site:
        return [
            _at_the_end(scale, site.port, token, side, stretch) for side, stretch in histories.stretches(url).items()
        ]


def _at_the_end(scale: Scale, port: int, token: str, side: str, stretch: Stretch) -> Row:
    def reading(cursors: Sequence[str]) -> Callable[[], float]:
        query = f"{PATH}/changes?source={side}&limit={stretch.size}&after="
        asked = [request(query + after, token) for after in cursors]
        return lambda: _p50(scale, port, asked)

    taken = in_turns(2 * scale.rounds + 1, {"last": reading(stretch.last), "first": reading(stretch.first)})
    note = f"p50 {taken.median('last') * 1e3:.1f} against {taken.median('first') * 1e3:.1f} ms, {stretch.size:,} each"
    what = f"a page of the feed ({side}), {scale.large:,} movements: the last {len(stretch.last)} ÷ as many first"
    return Row(what, taken.ratio("last", "first"), "", 1.2, 1.05, less=True, note=note)


def _p50(scale: Scale, port: int, asked: Sequence[bytes]) -> float:
    """Seconds until the answer, of one reader that goes from page to page."""
    seconds: list[float] = []

    def reader() -> Script:
        for page in itertools.cycle(asked):
            began = time.perf_counter()
            clients.check((yield page), b"HTTP/1.1 200")
            seconds.append(time.perf_counter() - began)

    clients.run(port, [Client(reader())], scale.seconds / 2)
    return median(seconds)


def _busy(scale: Scale, port: int, requests: Sequence[bytes], count: int) -> Callable[[], float]:
    """Answers a second to so many clients that share these requests."""
    shared = itertools.cycle(requests)

    def measure() -> float:
        crowd = [Client(clients.repeated(shared, b"200")) for _ in range(count)]
        return clients.run(port, crowd, scale.seconds)

    return measure
