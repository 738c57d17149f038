"""Verimor, a Turkish carrier: sends SMS, pushes received ones to a secret path, and lists them."""

from __future__ import annotations

from gateways.carrier import Carrier, Offer, Site
from gateways.received import Hook, Inbox
from gateways.url import Gateway


def _send(gateway: Gateway, site: Site) -> Carrier:
    from gateways.verimor.sending import Verimor

    return Verimor(gateway)


def _inbox(gateway: Gateway) -> Inbox:
    from gateways.verimor.inbox import VerimorInbox

    return VerimorInbox(gateway)


def _hook(gateway: Gateway, secret: str | None) -> Hook:
    from gateways.secret_hook import SecretHook
    from gateways.verimor.hook import read

    return SecretHook(secret, read)


OFFER = Offer(send={"sms": _send}, inbox=_inbox, hook=_hook, company="Verimor", abroad=False)
