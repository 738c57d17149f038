"""Calls that read a text aloud, by Twilio's Calls resource and library."""

from __future__ import annotations

from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.rest import Client

from gateways.carrier import LANGUAGE, Down, OutgoingMessage, Permanent
from gateways.twilio import twiml
from gateways.twilio.sending import Http, number_of
from gateways.twilio.twiml import Line
from gateways.url import Gateway

RINGS = 40  # seconds: long enough to walk to the phone in the hall
LONGEST = 90  # seconds of talk, so that an answering machine does not run for ever

# What Twilio answers where the number is at fault (Twilio's error dictionary). All else may be fixed.
REFUSED = frozenset(
    {
        13223,  # no valid number
        13224,  # not a number that can be called
        13225,  # a number that Twilio does not call
        13226,  # no such country
        13227,  # a country that is switched off
        21211,  # no valid number
        21214,  # not reached
        21215,  # a country that is switched off
        21216,  # a number that Twilio does not call
        21217,  # no valid number
        21219,  # not verified, in a trial account
    }
)


class TwilioVoice:
    def __init__(self, gateway: Gateway) -> None:
        self._sender = gateway.sender
        self._client = Client(gateway.user, gateway.secret, http_client=Http(gateway))
        self._calls = self._client.calls  # loads its modules now, not at the first code

    async def send(self, message: OutgoingMessage) -> str:
        """The call's SID, once Twilio has taken it; an answer is not awaited."""
        spoken = twiml.called([Line(message.headers.get(LANGUAGE, "tr"), message.text)])
        try:
            taken = await self._calls.create_async(
                to=message.to, from_=self._sender, twiml=spoken, timeout=RINGS, time_limit=LONGEST
            )
        except (TwilioRestException, TwilioServiceException) as refusal:
            raise (Permanent if refusal.code in REFUSED else Down)(f"twilio {number_of(refusal)}") from None
        except Exception as fault:  # no connection, no time, or an answer that the library cannot read
            raise Down(f"twilio {type(fault).__name__}") from None
        if not isinstance(taken.sid, str):
            raise Down("twilio answer without a SID")
        return taken.sid
