"""What it costs that a provider has a package: each ONAY then looks whether its address is a new one (H525)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench import child, clients, files, histories, programs, registries, sites
from bench.clients import Client
from bench.harness import Row, Scale, in_turns
from bench.histories import PATH
from consents import dates
from consents.brands import packages
from consents.brands.company_changes import Why
from consents.store import clock

_PACKAGE = "İLETİ-250"  # of those with a limit the largest: it refuses none of these rows
_MOST = 600_000  # rows: some 200,000 addresses
_PROGRAMS = 16  # clients at once
_HOUR = 3_600_000_000  # µs


def run(scale: Scale) -> list[Row]:
    return [_file(scale), _calls(scale)]


def _file(scale: Scale) -> Row:
    rows = min(scale.rows, _MOST)
    file = registries.template(scale, rows)
    made: list[Path] = []

    def speed(package: bool) -> float:
        url, path = _registry(scale, package=package)
        made.append(path)
        answer = child.call(registries.load, url=url, file=file, code=registries.BRANDS[-1])
        assert answer["recorded"] > 0.9 * rows, "the package refuses rows"
        return answer["rows"] / (answer["ended"] - answer["began"])

    taken = in_turns(scale.rounds, {"with": lambda: speed(True), "without": lambda: speed(False)})
    for path in made:
        registries.remove(path)
    note = f"{taken.median('with'):,.0f} against {taken.median('without'):,.0f} rows/s"
    what = "import of a provider with a package ÷ without one"
    return Row(what, taken.ratio("with", "without"), "", 0.8, 0.95, note=note)


def _calls(scale: Scale) -> Row:
    (limited, one), (free, other) = (_registry(scale, package=package) for package in (True, False))
    with sites.site(scale.folder, limited) as a, sites.site(scale.folder, free) as b:
        ways = {"with": _adding(scale, a.port, limited), "without": _adding(scale, b.port, free)}
        taken = in_turns(2 * scale.rounds + 1, ways)
    for path in (one, other):
        registries.remove(path)
    note = f"{taken.median('with'):,.0f} against {taken.median('without'):,.0f} a second"
    what = "one consent by the API, provider with a package ÷ without one"
    return Row(what, taken.ratio("with", "without"), "", 0.8, 0.95, note=note)


def _registry(scale: Scale, *, package: bool) -> tuple[str, Path]:
    """A new registry, whose provider has a package or none."""
    url, path = registries.fresh(scale)
    if package:
        with registries.open_registry(url) as registry:
            packages.give(registry.store, registries.PROVIDER, _PACKAGE, Why(registry.keyring, "Ölçüm"))
    return url, path


def _adding(scale: Scale, port: int, url: str) -> Callable[[], float]:
    """Consents a second that programs add, each by a call of its own."""
    token, at = histories.sign_in(url), dates.wire(clock() - _HOUR)
    asked = (programs.request(PATH, token, files.spoken(row, at)) for row in files.facts(min(scale.rows, _MOST)))
    crowd = [Client(clients.repeated(asked, b"200")) for _ in range(_PROGRAMS)]
    clients.run(port, crowd, 0)  # the first answers, slow for what they load
    return lambda: clients.run(port, crowd, scale.seconds / 2)
