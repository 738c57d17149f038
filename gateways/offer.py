"""What a carrier offers: sending, a list of received messages, a hook. Each carrier's folder names it in ``OFFER``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult

from gateways import url
from gateways.carrier import Carrier, Kind, Site
from gateways.received import Hook, Inbox
from gateways.url import Gateway

Send = Callable[[Gateway, Site], Carrier]


@dataclass(frozen=True)
class Offer:
    """Functions load the modules they need when they are called: Twilio's library takes 45 MB.

    ``send`` has the kinds of messages that the carrier sends. ``read`` takes a URL apart and ``check`` refuses a
    gateway that cannot work; both raise ValueError without repeating the URL. ``hook`` takes HOOK_SECRET too.

    For the privacy notice (KVKK art. 10/1-c): ``company`` is who carries, ``abroad`` whether outside Türkiye; None
    where the URL leads to anybody's server.
    """

    send: Mapping[Kind, Send]
    check: Callable[[Gateway], None] = url.must_have_account
    read: Callable[[SplitResult, int | None], Gateway] = field(default=url.account)
    inbox: Callable[[Gateway], Inbox | None] | None = None
    hook: Callable[[Gateway, str | None], Hook] | None = None
    company: str = ""
    abroad: bool | None = None
