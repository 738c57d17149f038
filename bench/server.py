"""The processor's time of a request on the hot paths, with the bounds of ``izin serve`` on connections and without."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

from bench import child, clients, histories, programs, registries, sites
from bench.clients import Client, PageForm
from bench.harness import Row, Scale, in_turns
from bench.links import mint

_ROUNDS = 5
_CLIENTS = 16
_PRESSES = 20_000  # a second of them is never pressed twice
_OK = b"200"


def run(scale: Scale) -> list[Row]:
    url, path = registries.fresh(scale)
    child.call(histories.make, url=url, rows=scale.small)
    token = histories.sign_in(url)
    codes = child.call(mint, url=url, count=round(_PRESSES * scale.seconds))
    try:
        with ExitStack() as stack:
            running = {name: stack.enter_context(sites.site(scale.folder, url, server=name)) for name in sites.SERVERS}
            ways = {
                f"{what}, {name}": cost(scale, site, requests)
                for what, requests in _requests(codes, histories.numbers(scale.small, 2000), token).items()
                for name, site in running.items()
            }
            taken = in_turns(_ROUNDS, ways)
    finally:
        registries.remove(path)
    return [
        Row(
            f"CPU of a request: {what}, bounded ÷ bare",
            taken.ratio(f"{what}, izin", f"{what}, uvicorn"),
            "",
            1.15,
            1.1,
            less=True,
            note=", ".join(f"{name} {taken.median(f'{what}, {name}'):,.0f} µs" for name in running),
        )
        for what in _requests([], [], "")
    ]


def _requests(codes: list[str], numbers: list[str], token: str) -> Mapping[str, Iterator[bytes]]:
    asked = {"type": "MESAJ", "recipientType": "BIREYSEL"}
    return {
        "short link": itertools.cycle([clients.request(f"/k/{code}") for code in codes[:2000]]),
        "RET by a link": iter([clients.request(f"/k/{code}", form=PageForm("status=RET")) for code in codes]),
        "one status": itertools.cycle(
            [programs.request(f"{histories.PATH}/status", token, {"recipient": one, **asked}) for one in numbers]
        ),
        "sign-in page": itertools.repeat(clients.request("/giris")),
    }


def cost(scale: Scale, site: sites.Running, requests: Iterator[bytes]) -> Callable[[], float]:
    """µs of the processor's time a request."""

    def measure() -> float:
        before = site.cpu
        crowd = [Client(clients.repeated(requests, _OK)) for _ in range(_CLIENTS)]
        answers = clients.run(site.port, crowd, scale.seconds / 2) * scale.seconds / 2
        return (site.cpu - before) * 1_000_000 / answers

    return measure
