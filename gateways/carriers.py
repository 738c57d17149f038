"""The known carriers, one line each; a carrier's folder has the rest. Several gateways of one kind, in order: one
that takes nothing rests for a while, and the next one sends. A message that a gateway may have taken is retried with
that gateway alone. Each worker keeps its own rests."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from gateways import file, http, smtp, twilio, verimor
from gateways.carrier import Carrier, Down, Kind, Offer, OutgoingMessage, PerhapsTaken, Site
from gateways.received import Hook, Inbox
from gateways.url import Gateway, split

CARRIERS: Mapping[str, Offer] = {
    "file": file.OFFER,
    "twilio": twilio.OFFER,
    "verimor": verimor.OFFER,
    "smtp": smtp.OFFER,
    "http": http.OFFER,
}
_BETWEEN = re.compile(r"\s+(?=[a-z]+:)")  # a file's path may hold blanks
_SCHEMES = {**{name: name for name in CARRIERS}, "https": "http"}
REST = 120.0  # seconds
LONGEST = 6.0  # seconds for one try; delivery gives one message 15, and only a certain no leads to another try


def reader(kind: Kind) -> Callable[[object], Gateway]:
    """A function that reads a carrier's URL for this kind of message. Errors: ValueError, which never repeats the
    URL."""
    schemes = [scheme for scheme, name in _SCHEMES.items() if kind in CARRIERS[name].send]

    def read(given: object) -> Gateway:
        parts, port = split(str(given))
        if parts.scheme not in schemes:
            raise ValueError(f"must begin with {' or '.join(f'{scheme}:' for scheme in schemes)}")
        offer = CARRIERS[_SCHEMES[parts.scheme]]
        gateway = offer.read(parts, port)
        offer.check(gateway)
        return gateway

    return read


def list_reader(kind: Kind) -> Callable[[object], Gateway]:
    """The same for several URLs separated by white space: the first, with the others in order."""
    read = reader(kind)

    def read_all(given: object) -> Gateway:
        first, *others = map(read, _BETWEEN.split(str(given).strip()))
        return replace(first, others=tuple(others))

    return read_all


def sender(gateway: Gateway, kind: Kind, site: Site) -> Carrier:
    made = [CARRIERS[one.scheme].send[kind](one, site) for one in gateway.all]
    return made[0] if len(made) == 1 else InTurn(dict(zip(names(gateway), made, strict=True)))


def names(gateway: Gateway) -> list[str]:
    """Names of a gateway and its others for logs and figures: carrier and host, never the account."""
    found: list[str] = []
    for one in gateway.all:
        name = f"{one.scheme} {one.host}".strip()
        found.append(name if name not in found else f"{name} {len(found) + 1}")
    return found


def inbox(gateway: Gateway) -> Inbox | None:
    offered = CARRIERS[gateway.scheme].inbox
    return offered(gateway) if offered else None


def hook(gateway: Gateway, secret: str | None) -> Hook | None:
    """The reader of a carrier's requests; None where it sends none. ``secret``: HOOK_SECRET."""
    offered = CARRIERS[gateway.scheme].hook
    return offered(gateway, secret) if offered else None


class InTurn:
    def __init__(self, carriers: Mapping[str, Carrier]) -> None:
        self._carriers = dict(carriers)
        self._rests: dict[str, float] = {}  # until when, monotonic seconds
        self._news: dict[str, float] = {}

    async def send(self, message: OutgoingMessage) -> str:
        """Sends by the first gateway that takes it. Raises the last one's error."""
        if message.via in self._carriers:
            return await self._try(message.via, message)
        last: Down | None = None
        for name in self._in_order():
            try:
                return await self._try(name, message)
            except PerhapsTaken:
                raise
            except Down as fault:
                last = fault
        assert last is not None
        raise last

    def news(self) -> dict[str, float]:
        """Changes since the last call: the gateways that rest, with seconds; 0 for one that answers again."""
        news, self._news = self._news, {}
        return news

    async def _try(self, name: str, message: OutgoingMessage) -> str:
        try:
            async with asyncio.timeout(LONGEST):
                taken = await self._carriers[name].send(message)
        except TimeoutError:
            self._rest(name)
            raise PerhapsTaken("TimeoutError", name) from None
        except PerhapsTaken as fault:
            self._rest(name)
            raise PerhapsTaken(fault.reason, name) from None
        except Down:
            self._rest(name)
            raise
        if self._rests.pop(name, None) is not None:
            self._news[name] = 0
        return taken

    def _rest(self, name: str) -> None:
        self._rests[name] = time.monotonic() + REST
        self._news[name] = REST

    def _in_order(self) -> list[str]:
        """Gateways that do not rest; else all, the longest rest first."""
        now = time.monotonic()
        awake = [name for name in self._carriers if self._rests.get(name, 0) <= now]
        return awake or sorted(self._carriers, key=lambda name: self._rests[name])
