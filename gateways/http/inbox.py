"""The gateway's list of received messages, from an hour before the last read on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from urllib.parse import quote

import structlog

from consents.instants import SECOND, moment
from gateways import client, secret_hook
from gateways.carrier import Down
from gateways.http import hook
from gateways.http.sending import account
from gateways.received import FIRST_LOOK, LATE, InboxPage, Malformed, unreadable
from gateways.url import Gateway

log = structlog.get_logger()


class HttpInbox:
    """A gateway's list. A position is the time of the last read, whole seconds since 1970."""

    carrier = hook.CARRIER

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def start(self, now: int) -> str:
        return str((now - FIRST_LOOK) // SECOND)

    async def batches(self, position: str, now: int, numbers: Sequence[str]) -> AsyncIterator[InboxPage]:
        """One batch of the whole account, whatever its ``numbers``; see received.Inbox."""
        since = moment(int(position) * SECOND - LATE).isoformat(timespec="seconds").replace("+00:00", "Z")
        path = self._gateway.received.replace("{since}", quote(since, safe=""))
        status, body = await client.request(self._gateway, "GET", path, headers=account(self._gateway))
        if status != HTTPStatus.OK:
            raise Down(f"http list {status}")
        try:
            entries = secret_hook.entries(body, alone=True)
        except Malformed:
            raise Down("http list that cannot be read") from None
        messages, unread = [], []
        for entry in entries:
            try:
                messages.append(hook.received(secret_hook.entry_of(entry), now))
            except Malformed as fault:
                log.error("inbound_malformed", carrier=hook.CARRIER, fault=str(fault))
                sender = entry.get("from") if isinstance(entry, dict) else ""
                unread.append(unreadable(hook.CARRIER, entry, now, sender))
        by_time = sorted(messages, key=lambda message: (message.received_at, message.name))
        yield InboxPage(by_time, str(now // SECOND), unread)
