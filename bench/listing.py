"""The list of fifty brands for either identity: the processor's time of a request, and the bytes of its first visit.

Compressed, as browsers ask for it. The yardstick is a table of a hundred rows that a bare Starlette application draws
with Jinja and compresses, of values that it has at hand.
"""

from __future__ import annotations

import itertools
import re
from contextlib import ExitStack

from bench import clients, sites, towns
from bench.harness import Row, Scale, in_turns
from bench.server import cost

_ROUNDS = 5
_PEOPLE = 20
_PATH = "/izinler"
_FILE = re.compile(rb'(?:href|src)="(/static/[^"]+|/manifest[^"]+)"')
_KB = 1024


def run(scale: Scale) -> list[Row]:
    town = towns.make(scale, _PEOPLE)
    with ExitStack() as stack:
        site = stack.enter_context(sites.site(scale.folder, town.url))
        page = _weight(site.port, _PATH, town.cookies[0])
        bare = stack.enter_context(sites.bare(scale.folder, 0))
        asked = [clients.request(_PATH, cookie, packed=True) for cookie in town.cookies]
        ways = {
            "list": cost(scale, site, itertools.cycle(asked)),
            "table": cost(scale, bare, itertools.repeat(clients.request("/rows", packed=True))),
        }
        taken = in_turns(_ROUNDS, ways)
        files = _files(site.port, town.cookies[0])
    sheet = sum(weight for path, weight in files.items() if ".css" in path)
    each = ", ".join(f"{way} {taken.median(way):,.0f} µs" for way in ways)
    note = f"{len(towns.BRANDS)} brands, either identity; the page {page / _KB:.1f} KB"
    return [
        Row("CPU of a request: the list ÷ a table of its rows", taken.ratio("list", "table"), "", 6.2, 5,
            less=True, note=each),
        Row("first paint of the list: page and style sheet", (page + sheet) / _KB, "KB", 14, 12, less=True, note=note),
        Row("first load of the list: all that it names", (page + sum(files.values())) / _KB, "KB", 32, 28, less=True,
            note=f"{len(files)} files beside the page"),
    ]  # fmt: skip


def _files(port: int, cookie: str) -> dict[str, int]:
    """What the page names of this site, and how many bytes each has on the way."""
    named = sorted(set(_FILE.findall(clients.get(port, _PATH, cookie))))
    return {path.decode(): _weight(port, path.decode(), cookie) for path in named}


def _weight(port: int, path: str, cookie: str) -> int:
    """Bytes of a body as it travels."""
    answer = clients.get(port, path, cookie, packed=True)
    clients.check(answer, b"HTTP/1.1 200")
    return len(answer.partition(b"\r\n\r\n")[2])
