"""Citizens who press buttons on PostgreSQL, at one site and at three on one database, against one site on SQLite.

Both databases lie on the same disk and the machine is the same, so that what differs is the way to the database.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from bench import clients, servers, sites, towns
from bench.clients import Client, PageForm
from bench.harness import Row, Scale, in_turns
from bench.towns import BRANDS
from consents.store import Transaction
from consents.store.gates.gate import Gate

_SITES = 3
_LOOK = 0.01  # seconds between two looks at who waits for the lock

_COMMIT = Gate.commit
_LAST_ACT = "SELECT max(id) FROM act"
# One wait of a site's writer: it has a connection of its own, so that it is counted once.
_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


class Way(NamedTuple):
    """One site or several on one PostgreSQL database. ``waits``: how many waited for the lock at each look."""

    press: Callable[[], float]
    waits: list[int]


def run(scale: Scale) -> list[Row]:
    town = towns.make(scale, scale.clients)
    with servers.new() as server:
        url = server.create("town")
        cookies = towns.fill(url, scale.clients)
        with ExitStack() as stack:
            embedded = stack.enter_context(sites.site(scale.folder, town.url))
            logs = [scale.folder / f"commits-{number}" for number in range(_SITES + 1)]
            running = [stack.enter_context(_counted(scale, url, log)) for log in logs]
            one, several = _way(scale, url, running[:1], cookies), _way(scale, url, running[1:], cookies)
            ways = {
                "sqlite": _pressing(scale, [embedded], town.cookies),
                "one": one.press,
                "several": several.press,
            }
            before = _last_act(url)
            taken = in_turns(scale.rounds, ways)
            acts = _last_act(url) - before
        commits = [int(log.read_text()) for log in logs]
    each = {way: f"{taken.median(way):,.0f}" for way in ways}
    waited = sum(several.waits) / len(several.waits) / _SITES
    alone = sum(one.waits) / len(one.waits)
    what = f"PostgreSQL: a consent toggled, {scale.clients} at once"
    return [
        Row(f"{what} ÷ SQLite", taken.ratio("one", "sqlite"), "", 0.50, 0.65,
            note=f"{each['one']} against {each['sqlite']} a second"),
        Row(f"{what}: {_SITES} sites ÷ one", taken.ratio("several", "one"), "", 1.0, 1.3,
            note=f"{each['several']} against {each['one']} a second; {acts / sum(commits):.1f} acts a commit"),
        Row(f"{what}: of {_SITES} sites' time, waiting for the lock", max(waited, 0.001), "", 0.30, 0.15, less=True,
            note=f"of one site's {alone:.2f}"),
    ]  # fmt: skip


def serve(log: str, **order: Any) -> int:
    """The site, with what it committed written to ``log`` at its end."""
    commit, count = Gate.commit, itertools.count()

    def counted(gate: Gate, transaction: Transaction) -> None:
        commit(gate, transaction)
        next(count)

    Gate.commit = counted  # type: ignore[method-assign]
    try:
        return sites.serve(**order)
    finally:
        Gate.commit = _COMMIT  # type: ignore[method-assign]  # also where several end in one process
        Path(log).write_text(str(next(count)))


@contextmanager
def _counted(scale: Scale, url: str, log: Path) -> Iterator[sites.Running]:
    with sites.site(scale.folder, url, serving=serve, more={"log": log}) as running:
        yield running


def _way(scale: Scale, url: str, running: Sequence[sites.Running], cookies: Sequence[str]) -> Way:
    pressing, waits = _pressing(scale, running, cookies), []

    def press() -> float:
        over = threading.Event()
        looking = threading.Thread(target=_look, args=(url, waits, over), daemon=True)
        looking.start()
        try:
            return pressing()
        finally:
            over.set()
            looking.join()

    return Way(press, waits)


def _look(url: str, waits: list[int], over: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while True:  # once at the least
            row = connection.execute(_WAITING).fetchone()
            waits.append(row[0] if row else 0)
            if over.wait(_LOOK):
                return


def _pressing(scale: Scale, running: Sequence[sites.Running], cookies: Sequence[str]) -> Callable[[], float]:
    """Presses a second. The citizens are dealt out to the sites; the first answers are over."""
    crowds = [
        (site.port, [Client(clients.repeated(_buttons(cookie), b"200")) for cookie in cookies[place :: len(running)]])
        for place, site in enumerate(running)
    ]
    for port, crowd in crowds:
        clients.run(port, crowd, 0)

    def press() -> float:
        answers: list[float] = []
        pressing = [
            threading.Thread(target=lambda port=port, crowd=crowd: answers.append(_run(port, crowd, scale.seconds)))
            for port, crowd in crowds
        ]
        for thread in pressing:
            thread.start()
        for thread in pressing:
            thread.join()
        assert len(answers) == len(crowds), "a site stopped answering"
        return sum(answers)

    return press


def _run(port: int, crowd: Sequence[Client], seconds: float) -> float:
    return clients.run(port, crowd, seconds)


def _buttons(cookie: str) -> Iterator[bytes]:
    """RET and ONAY to one brand, then to the next: each changes what stands."""
    for code in itertools.cycle(BRANDS):
        for status in ("RET", "ONAY"):
            yield clients.request(f"/izinler/{code}/EPOSTA/BIREYSEL", cookie, PageForm(f"status={status}", htmx=True))


def _last_act(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(_LAST_ACT).fetchone()
    assert row is not None
    return int(row[0] or 0)
