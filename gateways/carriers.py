"""The known carriers, one line each; a carrier's folder has the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from gateways import file, http, smtp, twilio, verimor
from gateways.carrier import Carrier, Kind, Site
from gateways.in_turn import InTurn
from gateways.offer import Offer
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
