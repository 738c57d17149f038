"""The file carrier: appends every message to a file, for development and tests."""

from __future__ import annotations

from gateways.carrier import Carrier, Offer, Site
from gateways.url import Gateway


def _check(gateway: Gateway) -> None:
    if gateway.host or not gateway.path:
        raise ValueError("must name a file after file:")


def _send(gateway: Gateway, site: Site) -> Carrier:
    from gateways.file.sending import File

    return File(gateway.path)


OFFER = Offer(send={"sms": _send, "mail": _send, "call": _send}, check=_check, abroad=False)
