"""SMS through a gateway's HTTP API: GET of a filled URL, or POST of JSON where the URL has no ``{text}``."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from gateways import client
from gateways.carrier import Down, OutgoingMessage, PerhapsTaken, Permanent
from gateways.url import Gateway

_HOLES = re.compile(r"(\{[a-z]+\})")
LONGEST_NAME = 200  # characters of the gateway's own id for a message


class HttpSender:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def send(self, message: OutgoingMessage) -> str:
        """Returns the ``id`` of a JSON answer, else our reference. 2xx: taken. 422: Permanent. 5xx but 503:
        PerhapsTaken. Everything else: Down. The last two are retried."""
        gateway = self._gateway
        if "{text}" in gateway.path:
            status, body = await client.request(gateway, "GET", filled(gateway.path, message), headers=account(gateway))
        else:
            path, sent = filled(gateway.path, message), compose(message, gateway.sender)
            status, body = await client.request(gateway, "POST", path, headers=account(gateway), json=sent)
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise Permanent(f"http {status}")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.SERVICE_UNAVAILABLE:
            raise PerhapsTaken(f"http {status}")
        if not 200 <= status < 300:
            raise Down(f"http {status}")
        return _name(body) or message.reference


def filled(template: str, message: OutgoingMessage) -> str:
    holes = {
        "{to}": message.to,
        "{digits}": message.to.removeprefix("+"),
        "{text}": message.text,
        "{id}": message.reference,
        "{minutes}": str(minutes(message)),
    }
    return "".join(quote(holes[part], safe="") if part in holes else part for part in _parts(template))


def compose(message: OutgoingMessage, sender: str) -> dict[str, Any]:
    """The body to post. ``id`` is the same at each try, so that the gateway recognises a repeat."""
    return {
        "id": message.reference,
        "from": sender,
        "to": message.to,
        "text": message.text,
        "minutes": minutes(message),
    }


def minutes(message: OutgoingMessage) -> int:
    return max(1, (message.expires_at - message.at) // 60_000_000)


def account(gateway: Gateway) -> dict[str, str]:
    from aiohttp import encode_basic_auth

    return {"Authorization": encode_basic_auth(gateway.user, gateway.secret, "utf-8")} if gateway.user else {}


def _parts(template: str) -> list[str]:
    """The template cut at its gaps, so that braces in a value are not filled."""
    return [part for part in _HOLES.split(template) if part]


def _name(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    name = answer.get("id") if isinstance(answer, dict) else None
    return str(name)[:LONGEST_NAME] if isinstance(name, str | int) and not isinstance(name, bool) else ""
