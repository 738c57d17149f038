"""Who comes to a site all day: each kind asks again and again, at its pace, and what it waits is written down."""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from bench import clients, files, programs
from bench.clients import PageForm, Script
from bench.histories import PATH
from bench.towns import BRANDS
from consents import dates
from consents.store import clock

_HOUR = 3_600_000_000  # µs
_OK = b"HTTP/1.1 200"
_MOST_FAULTS = 100  # of one kind, then it comes no more


class Asked(NamedTuple):
    """One request: its kind, when (monotonic seconds), seconds until its answer."""

    kind: str
    at: float
    wait: float


class Load(NamedTuple):
    """What visitors need to know of a site: cookies, a token, codes of links, signed messages of a carrier."""

    cookies: Sequence[str]
    token: str
    codes: Sequence[str]
    messages: Sequence[bytes]
    people: int  # rows of the files that the site was filled with


PACES = {"toggle": 5.0, "list": 4.0, "link": 2.0, "sms": 2.0, "status": 4.0, "consent": 2.0, "feed": 1.0}  # a second


def scripts(load: Load) -> dict[str, Callable[[], Script]]:
    """By kind, what begins to ask; each checks its answers, and goes on where the one before it ended."""
    asked = {
        "toggle": _presses(load.cookies),
        "list": (clients.request("/izinler", one) for one in itertools.cycle(load.cookies)),
        "link": (clients.request(f"/k/{code}", form=PageForm("status=RET")) for code in load.codes),
        "sms": iter(load.messages),
        "status": _statuses(load),
        "consent": _consents(load),
    }
    making: dict[str, Callable[[], Script]] = {
        kind: partial(clients.repeated, requests, b"200") for kind, requests in asked.items()
    }
    return {**making, "feed": partial(_feed, load.token)}


class Visitor(threading.Thread):
    """One kind, from ``start()`` until ``over`` is set; ``faults`` are answers that should have been others."""

    def __init__(
        self,
        kind: str,
        port: int,
        begin: Callable[[], Script],
        over: threading.Event,
        note: Callable[[Asked], None],
    ) -> None:
        super().__init__(daemon=True)
        self.faults: list[str] = []
        self._kind, self._port, self._begin, self._over, self._note = kind, port, begin, over, note
        self._dice = random.Random(kind)

    def run(self) -> None:
        while not self._over.is_set() and len(self.faults) < _MOST_FAULTS:
            try:
                self._follow()
            except (clients.Unanswered, OSError) as fault:
                self.faults.append(f"{self._kind}: {fault}")
                self._over.wait(1)

    def _follow(self) -> None:
        script, due = self._begin(), time.monotonic()
        following = next(script)
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due = max(due, time.monotonic() - 1) + self._dice.expovariate(PACES[self._kind])
            assert following is not None
            began = time.monotonic()
            answer = clients.answered(self._port, following)
            self._note(Asked(self._kind, began, time.monotonic() - began))
            following = script.send(answer)


def _presses(cookies: Sequence[str]) -> Iterator[bytes]:
    """RET and ONAY to one brand, then to the next: each changes what stands."""
    for code in itertools.cycle(BRANDS):
        for status, cookie in itertools.product(("RET", "ONAY"), cookies):
            path = f"/izinler/{code}/EPOSTA/BIREYSEL"
            yield clients.request(path, cookie, PageForm(f"status={status}", htmx=True))


def _statuses(load: Load) -> Iterator[bytes]:
    asked = [files.spelt(row) for row in itertools.islice(files.facts(load.people), 1000) if row.channel == 1]
    kind = {"type": "MESAJ", "recipientType": "BIREYSEL"}
    for number in itertools.cycle(asked):
        yield programs.request(f"{PATH}/status", load.token, {"recipient": number, **kind})


def _consents(load: Load) -> Iterator[bytes]:
    """A program reports one consent after the other, of people about whom nothing is known: others may be refused."""
    known = max(row.person for row in files.facts(load.people))
    for row in files.facts(3 * load.people):
        if row.person > known:
            yield programs.request(PATH, load.token, files.spoken(row, dates.wire(clock() - _HOUR)))


def _feed(token: str) -> Script:
    """A program follows the feed of citizens' words from its beginning."""
    after = ""
    while True:
        answer = yield programs.request(f"{PATH}/changes?source=IYS&limit=1000{after}", token)
        if not answer.startswith(b"HTTP/1.1 204"):
            clients.check(answer, _OK)
            after = "&after=" + json.loads(answer.partition(b"\r\n\r\n")[2])["after"]
