"""SMS through Verimor's JSON API (Verimor SMS API, "SMS Gönderimi")."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from gateways import client
from gateways.carrier import Down, OutgoingMessage, PerhapsTaken, Permanent
from gateways.url import Gateway

LONGEST_VALID = 48 * 60  # minutes, Verimor's own limit for valid_for

# What Verimor answers where the message or its address is at fault ("Hata kodları"). All else is the account's or
# Verimor's own fault and may be fixed: another title, money, an address of ours that is not admitted, an outage.
REFUSED = frozenset(
    {
        "BLACKLISTED_DESTINATION_ADDRESS",
        "DOUBLE_SEND_ERROR",  # the same text went to the same number today
        "FORBIDDEN_MESSAGE",
        "INTERNATIONAL_DENIED",
        "INVALID_DESTINATION_ADDRESS",
        "MESSAGE_TOO_LONG",
        "MISSING_DESTINATION_ADDRESS",
        "MISSING_MESSAGE",
        "MISSING_TARIFF",
        "NETWORK_NOTCOVERED",
        "ROUTE_NOT_AVAILABLE",
    }
)


class Verimor:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def send(self, message: OutgoingMessage) -> str:
        """The id of Verimor's "campaign" of this message. A code is not delivered after it has expired."""
        status, body = await client.request(self._gateway, "POST", "/v2/send.json", json=self.compose(message))
        answer = body.decode(errors="replace").strip()
        if status != HTTPStatus.OK:
            if (
                status >= HTTPStatus.INTERNAL_SERVER_ERROR
                and status != HTTPStatus.SERVICE_UNAVAILABLE
                and answer not in REFUSED
            ):
                raise PerhapsTaken(f"verimor {status}")
            raise (Permanent if answer in REFUSED else Down)(f"verimor {answer if answer in REFUSED else status}")
        if not (answer.isascii() and answer.isdigit()):
            raise PerhapsTaken("verimor answer without an id")
        return answer

    def compose(self, message: OutgoingMessage) -> dict[str, Any]:
        """The body to post. ``custom_id`` is the same at each try, so that the operator recognises a repeat; without
        ``datacoding`` Verimor chooses the alphabet."""
        minutes = max(1, min((message.expires_at - message.at) // 60_000_000, LONGEST_VALID))
        return {
            "username": self._gateway.user,
            "password": self._gateway.secret,
            "source_addr": self._gateway.sender,
            "custom_id": message.reference,
            "valid_for": f"{minutes // 60:02}:{minutes % 60:02}",
            "is_commercial": False,  # codes and answers, no advertising: İYS is not to be asked first
            "messages": [{"msg": message.text, "dest": _number(message.to), "id": message.reference}],
        }


def _number(to: str) -> str:
    """A canonical number (+E.164) in Verimor's form: 905…, foreign ones with 00."""
    return to[1:] if to.startswith("+90") else f"00{to[1:]}"
