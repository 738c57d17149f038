"""Short links behind a real server: opening one, and refusing durably with many citizens at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from bench import child, clients, registries, sites
from bench.clients import Client, PageForm
from bench.harness import Rounds, Row, Scale, in_turns
from consents.terms import Channel
from trust import minting
from trust.minting import LinkOrder

_READERS = 16  # clients that open links
_A_SECOND = 6000  # more refusals than a machine makes in a second: none is pressed twice
_OPENED = 2000  # links that are opened again and again
_OK = b"200"


def run(scale: Scale) -> list[Row]:
    url, path = registries.fresh(scale)
    count = round(_A_SECOND * scale.seconds * scale.rounds) + _OPENED
    codes = child.call(mint, url=url, count=count)
    with ExitStack() as stack:
        site = stack.enter_context(sites.site(scale.folder, url)).port
        silent = stack.enter_context(sites.site(scale.folder, url, "unpressed")).port
        bare = stack.enter_context(sites.bare(scale.folder, 100)).port
        hello = itertools.repeat(clients.request("/"))
        opening = itertools.cycle([clients.request(f"/k/{code}") for code in codes[:_OPENED]])
        pressing, unpressed = _presses(codes[_OPENED:]), itertools.cycle(_presses(codes[:_OPENED]))
        read = in_turns(
            scale.rounds,
            {
                "link": busy(scale, site, opening, _READERS),
                "hello": busy(scale, bare, hello, _READERS),
            },
        )
        written = in_turns(
            scale.rounds,
            {
                "durable": busy(scale, site, pressing, scale.clients),
                "unwritten": busy(scale, silent, unpressed, scale.clients),
                "hello": busy(scale, bare, hello, scale.clients),
            },
        )
    registries.remove(path)
    refusing = f"opt-out POST, durable, {scale.clients} clients"
    return [
        _row("short-link GET ÷ a plain-text Starlette answer", read, "link", "hello", 0.3, 0.45),
        _row(f"{refusing} ÷ the same without the write", written, "durable", "unwritten", 0.5, 0.65),
        _row(f"{refusing} ÷ a plain-text Starlette answer", written, "durable", "hello", 0.12, 0.2),
    ]


def mint(url: str, count: int) -> list[str]:
    """Codes of so many links, each of another number."""
    with registries.open_registry(url) as registry:
        order = LinkOrder(registries.brand(registry, registries.BRANDS[0]).id, Channel.MESAJ, "", 400)
        numbers = (f"+90532{number:07d}" for number in range(count))
        return [issued.url.rpartition("/")[2] for issued in minting.mint_all(registry, order, numbers)]


def _presses(codes: list[str]) -> Iterator[bytes]:
    return (clients.request(f"/k/{code}", form=PageForm("status=RET")) for code in codes)


def busy(scale: Scale, port: int, requests: Iterator[bytes], count: int) -> Callable[[], float]:
    """Answers a second to clients who share these requests."""

    def measure() -> float:
        crowd = [Client(clients.repeated(requests, _OK)) for _ in range(count)]
        return clients.run(port, crowd, scale.seconds)

    return measure


def _row(what: str, rounds: Rounds, one: str, other: str, reach: float, stretch: float) -> Row:
    note = f"{rounds.median(one):,.0f} against {rounds.median(other):,.0f} a second"
    return Row(what, rounds.ratio(one, other), "", reach, stretch, note=note)
