from __future__ import annotations

import base64
import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from aiohttp import ClientConnectorError, ClientSession, ClientTimeout, ConnectionTimeoutError
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from gateways import client
from gateways.carrier import Down, OutgoingMessage, PerhapsTaken, Permanent
from gateways.url import Gateway

SECONDS = 5.0  # for one request in all
LONGEST_VALID = 36_000  # seconds, Twilio's own limit for ValidityPeriod

# What Twilio answers where the message or its address is at fault (Twilio's error dictionary). All else is the
# account's or Twilio's own fault and may be fixed: another sender, money, a limit, an outage.
REFUSED = frozenset(
    {
        21211,  # no valid number
        21217,  # nor this
        21263,  # a number of that kind cannot be sent to
        21265,  # a short code
        21268,  # a premium number
        21408,  # a country that is switched off
        21602,  # no text
        21608,  # not verified, in a trial account
        21610,  # its holder has sent STOP to Twilio
        21612,  # not to be reached from this sender
        21614,  # no mobile number
        21617,  # the text is too long
        21635,  # a landline
    }
)


class Twilio:
    def __init__(self, gateway: Gateway) -> None:
        self._sender = gateway.sender
        self._client = Client(gateway.user, gateway.secret, http_client=Http(gateway))
        self._messages = self._client.messages  # loads its modules now, not at the first code

    async def send(self, message: OutgoingMessage) -> str:
        """The message's SID. ValidityPeriod stops a code after it has expired."""
        left = (message.expires_at - message.at) // 1_000_000
        try:
            taken = await self._messages.create_async(
                to=message.to,
                from_=self._sender,
                body=message.text,
                validity_period=max(1, min(left, LONGEST_VALID)),
            )
        except (TwilioRestException, TwilioServiceException) as refusal:
            status = int(refusal.status)
            unsure = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.SERVICE_UNAVAILABLE
            kind = Permanent if refusal.code in REFUSED else PerhapsTaken if unsure else Down
            raise kind(f"twilio {number_of(refusal)}") from None
        except (ClientConnectorError, ConnectionTimeoutError) as fault:  # no request has left
            raise Down(f"twilio {type(fault).__name__}") from None
        except Exception as fault:  # no time, or an answer that the library cannot read
            raise PerhapsTaken(f"twilio {type(fault).__name__}") from None
        if not isinstance(taken.sid, str):
            raise PerhapsTaken("twilio answer without a SID")
        return taken.sid


def number_of(refusal: Any) -> int:
    """Twilio's error code, else the HTTP status."""
    return refusal.code if isinstance(refusal.code, int) else int(refusal.status)


class Http(AsyncHttpClient):  # type: ignore[misc]
    """Sends the library's requests to the gateway's host, and logs nothing: a URL holds the account."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(logging.getLogger(__name__), True, SECONDS)
        host = f"[{gateway.host}]" if ":" in gateway.host else gateway.host
        self._scheme = "https" if gateway.tls else "http"
        self._netloc = f"{host}:{gateway.port}" if gateway.port else host

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (the library's signature)
        allow_redirects: bool = False,
    ) -> Response:
        url = urlunsplit(urlsplit(uri)._replace(scheme=self._scheme, netloc=self._netloc))
        account = base64.b64encode(":".join(auth or ("", "")).encode()).decode()
        sent = {**(headers or {}), "Authorization": f"Basic {account}"}
        async with (
            ClientSession(timeout=ClientTimeout(total=timeout or SECONDS)) as session,
            session.request(method, url, params=params, data=data, headers=sent, allow_redirects=False) as answer,
        ):
            body = await client.whole_body(answer, client.MOST_BYTES)
            return Response(answer.status, body.decode("utf-8", "replace"), answer.headers)
