"""Twilio's list of the messages received at our numbers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import structlog
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.rest import Client

from consents.instants import SECOND, micros, moment
from gateways.carrier import Down
from gateways.received import FIRST_LOOK, LATE, InboxPage, Malformed, Received, unreadable
from gateways.twilio.hook import CARRIER
from gateways.twilio.sending import Http, number_of
from gateways.url import Gateway

PAGE = 1_000  # messages, Twilio's own limit

log = structlog.get_logger()
_NUMBER = re.compile(r"\+?[0-9]{3,15}")  # a title such as IZIN cannot be written to


class TwilioInbox:
    """An account's list. A position is the time of the last read, whole seconds since 1970."""

    carrier = CARRIER

    def __init__(self, gateway: Gateway) -> None:
        self._client = Client(gateway.user, gateway.secret, http_client=Http(gateway))
        self._messages = self._client.messages

    def start(self, now: int) -> str:
        return str((now - FIRST_LOOK) // SECOND)

    async def batches(self, position: str, now: int, numbers: Sequence[str]) -> AsyncIterator[InboxPage]:
        """One batch of all numbers, because Twilio lists the newest first; see received.Inbox."""
        since = int(position) * SECOND - LATE
        found: list[Received] = []
        unread: list[Received] = []
        for number in sorted(filter(_NUMBER.fullmatch, set(numbers))):
            for entry in await self._list(number, since):
                try:
                    found.append(_received(entry, now))
                except Exception as fault:  # the library passes on what it cannot read
                    log.error("inbound_malformed", carrier=CARRIER, fault=type(fault).__name__)
                    shown = {name: getattr(entry, name, None) for name in ("sid", "from_", "to", "date_sent", "body")}
                    unread.append(unreadable(CARRIER, shown, now, shown["from_"]))
        by_time = sorted(found, key=lambda message: (message.received_at, message.name))
        yield InboxPage(by_time, str(now // SECOND), unread)

    async def _list(self, number: str, since: int) -> list[Any]:
        try:
            listed = await self._messages.list_async(to=number, date_sent_after=moment(since), page_size=PAGE)
        except (TwilioRestException, TwilioServiceException) as refusal:
            raise Down(f"twilio {number_of(refusal)}") from None
        except Exception as fault:  # no connection, no time, or an answer that the library cannot read
            raise Down(f"twilio {type(fault).__name__}") from None
        return [entry for entry in listed if entry.direction == "inbound"]


def _received(entry: Any, now: int) -> Received:
    """One entry, read at ``now`` (µs). Errors: any exception, for an unknown form."""
    at = min(micros(entry.date_sent), now) if entry.date_sent else now
    texts = entry.sid, entry.from_, entry.to, entry.body or ""
    if not all(isinstance(text, str) for text in texts):
        raise Malformed("no text")
    name, sender, to, body = (text.encode("utf-8", "replace").decode() for text in texts)
    return Received(CARRIER, name, sender, to, body, max(0, at))
