"""A carrier's functions: sending, listing, a hook. Each carrier's folder names them in ``OFFER``."""

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
    """Functions import their modules when called: Twilio's library takes 45 MB. ``send``: the kinds sent. ``read``
    and ``check`` raise ValueError without repeating the URL. ``hook`` takes HOOK_SECRET. For the privacy notice
    (KVKK art. 10/1-c): ``company`` and ``abroad``; None where the URL names anybody's server."""

    send: Mapping[Kind, Send]
    check: Callable[[Gateway], None] = url.must_have_account
    read: Callable[[SplitResult, int | None], Gateway] = field(default=url.account)
    inbox: Callable[[Gateway], Inbox | None] | None = None
    hook: Callable[[Gateway, str | None], Hook] | None = None
    company: str = ""
    abroad: bool | None = None
