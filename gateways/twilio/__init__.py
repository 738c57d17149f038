from __future__ import annotations

from gateways.carrier import Carrier, Offer, Site
from gateways.received import Hook, Inbox
from gateways.url import Gateway


def _send(gateway: Gateway, site: Site) -> Carrier:
    from gateways.twilio.sending import Twilio

    return Twilio(gateway)


def _call(gateway: Gateway, site: Site) -> Carrier:
    from gateways.twilio.calling import TwilioVoice

    return TwilioVoice(gateway)


def _inbox(gateway: Gateway) -> Inbox:
    from gateways.twilio.inbox import TwilioInbox

    return TwilioInbox(gateway)


def _hook(gateway: Gateway, secret: str | None) -> Hook:
    from gateways.twilio.hook import TwilioHook

    return TwilioHook(gateway)


OFFER = Offer(send={"sms": _send, "call": _call}, inbox=_inbox, hook=_hook, company="Twilio", abroad=True)
