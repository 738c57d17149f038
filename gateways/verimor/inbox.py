"""Verimor's list of received messages: 100 at a time, by rising message id."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from typing import Any

import structlog

from consents.instants import ISTANBUL, SECOND, moment
from gateways import client
from gateways.carrier import Down
from gateways.received import FIRST_LOOK, LATE, InboxPage, Malformed, unreadable
from gateways.secret_hook import entry_of
from gateways.url import Gateway
from gateways.verimor import hook

PATH = "/v2/inbound_messages"
OVERLAP = 10_000  # ids before the position: one that was given out before but shows later is still found
MOST_PAGES = 1_000  # in one look

log = structlog.get_logger()


class VerimorInbox:
    """An account's list. A position is a message id, or @ and a time before the first message."""

    carrier = hook.CARRIER

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def start(self, now: int) -> str:
        return f"@{(now - FIRST_LOOK) // SECOND}"

    async def batches(self, position: str, now: int, numbers: Sequence[str]) -> AsyncIterator[InboxPage]:
        """All messages of the account, whatever its ``numbers``; see received.Inbox."""
        newest = 0 if position.startswith("@") else int(position)
        wanted = {"greater_than": str(max(0, newest - OVERLAP))} if newest else _span(position, now)
        for _ in range(MOST_PAGES):
            page = await self._page(wanted)
            ids = [int(name) for entry in page if (name := _id(entry))]
            if page and not ids:
                yield _readable(page, now, position)
                raise Down("verimor list that cannot be read")
            if not ids and not newest:
                yield InboxPage([], f"@{now // SECOND}")
            if not ids or (last := max(ids)) == int(wanted.get("greater_than", 0)):
                return
            newest = max(newest, last)
            yield _readable(page, now, str(newest))
            wanted = {"greater_than": str(last)}

    async def _page(self, wanted: dict[str, str]) -> list[Any]:
        account = {"username": self._gateway.user, "password": self._gateway.secret}
        status, body = await client.request(self._gateway, "GET", PATH, params=wanted | account)
        if status != HTTPStatus.OK:
            raise Down(f"verimor {status}")
        try:
            page = json.loads(body)
        except (ValueError, RecursionError):
            page = None
        if not isinstance(page, list):
            raise Down("verimor list that cannot be read")
        return page


def _span(position: str, now: int) -> dict[str, str]:
    """The time since a position, plus an hour ahead, for clock differences."""
    ends = int(position.removeprefix("@")) * SECOND - LATE, now + LATE
    begin, end = (moment(at).astimezone(ISTANBUL).strftime("%Y-%m-%d %H:%M:%S") for at in ends)
    return {"from_time": begin, "to_time": end}


def _id(entry: Any) -> str:
    name = str(entry.get("message_id")) if isinstance(entry, dict) else ""
    return name if name.isascii() and name.isdigit() and len(name) <= 18 else ""


def _readable(page: list[Any], now: int, position: str) -> InboxPage:
    found, unread = [], []
    for entry in page:
        try:
            found.append(hook.received(entry_of(entry), now))
        except Malformed as fault:
            log.error("inbound_malformed", carrier=hook.CARRIER, fault=str(fault))
            sender = entry.get("source_addr") if isinstance(entry, dict) else ""
            unread.append(unreadable(hook.CARRIER, entry, now, sender))
    return InboxPage(sorted(found, key=lambda message: int(message.name)), position, unread)
