"""Twilio's webhook of a received SMS. Its HMAC covers URL, names and values without separators, so «Body»+«RET» and
«BodyR»+«ET» have one signature: every name must be one that Twilio sends, once. A call cannot be
listed later, so of it unknown names are allowed, but none that could be cut from another."""

from __future__ import annotations

import re
from hmac import compare_digest
from typing import NamedTuple
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    RequestValidator,
    get_signature_algorithm,
)

from gateways.received import Ambiguous, Forged, Posted, Pushed, Received
from gateways.url import Gateway

SIGNATURE, SIGNATURE_SETTINGS = "x-twilio-signature", "x-twilio-webhooks-signature-settings"
CARRIER = "twilio"
FORM = "application/x-www-form-urlencoded"

_PLACES = {f"{side}{part}" for side in ("From", "To") for part in ("City", "State", "Zip", "Country")}
_NEEDED = {"AccountSid", "Body", "From", "MessageSid", "To"}
# What Twilio sends with a received message; ErrorCode and ErrorUrl with a second try at a fallback URL.
_KNOWN = _NEEDED | _PLACES | {
    "ApiVersion", "ErrorCode", "ErrorUrl", "ForwardedFrom", "MessagingServiceSid", "NumMedia", "NumSegments",
    "OptOutType", "ReferralNumMedia", "SmsMessageSid", "SmsSid", "SmsStatus",
}  # fmt: skip
_MEDIA = re.compile(r"Media(Url|ContentType)[0-9]")
_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
_MOST = 64  # parameters
_NEEDED_OF_CALL = {"AccountSid": r"AC\w+", "CallSid": r"CA[0-9a-f]{32}", "To": r"\+?[0-9]{3,15}"}
_KEYS = re.compile(r"[0-9*#]{0,20}")
_NAME = re.compile(r"[A-Za-z]\w{0,63}", re.ASCII)
_CUT = re.compile(r"From\+|To\+|CallSidCA|AccountSidAC|Digits[0-9*#]")


class TwilioHook:
    """The webhook of received SMS at ``/hooks/twilio/sms``; the answer holds the reply."""

    replies = True

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def is_door(self, door: str) -> bool:
        return door == "sms"

    def read(self, posted: Posted) -> Pushed:
        """One message that Twilio signed for our public URL, whatever host it was sent to."""
        headers = posted.headers.get(SIGNATURE, ""), posted.headers.get(SIGNATURE_SETTINGS, "")
        given = form(self._gateway, posted.url, posted.headers.get("content-type", ""), posted.body, headers)
        message = Received(CARRIER, given["MessageSid"], given["From"], given["To"], given["Body"], posted.now)
        return Pushed([message], [], proven=True)

    def answer(self, reply: str | None) -> tuple[str, str]:
        message = "" if reply is None else f"<Message>{escape(reply)}</Message>"
        return f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>', "text/xml"


def form(gateway: Gateway, url: str, media_type: str, body: bytes, headers: tuple[str, str]) -> dict[str, str]:
    """The parameters of a genuine message webhook; arguments as of ``signed``. Errors: Forged, Ambiguous."""
    given = signed(gateway, url, media_type, body, headers)
    if not given.keys() <= _KNOWN and not all(name in _KNOWN or _MEDIA.fullmatch(name) for name in given):
        raise Ambiguous("unknown parameter")
    _check_values(gateway, given)
    return given


def signed(gateway: Gateway, url: str, media_type: str, body: bytes, headers: tuple[str, str]) -> dict[str, str]:
    """The parameters of any webhook Twilio signed. ``url``: public, with its query; ``headers``: SIGNATURE and
    SIGNATURE_SETTINGS. Errors: Forged."""
    if media_type.partition(";")[0].strip().lower() != FORM:
        raise Forged("media type")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST)
    except ValueError:
        raise Forged("form") from None
    given = dict(pairs)
    if len(given) != len(pairs):
        raise Forged("repeated parameter")
    _check_signature(gateway, url, given, headers)
    return given


def _check_signature(gateway: Gateway, url: str, given: dict[str, str], headers: tuple[str, str]) -> None:
    signature, signing = headers
    algorithm = get_signature_algorithm(signing).upper()
    if algorithm not in {HMAC_SHA1, HMAC_SHA256}:  # the library would repeat it in the log
        raise Forged("signature algorithm")
    validator, parameters = RequestValidator(gateway.secret), _Given(given)
    right = validator.compute_signature(url, parameters, algorithm)
    if compare_digest(right.encode(), signature.encode()):
        return
    # The library also tries the URL with and without its port, for Twilio signs either; that costs thrice as much.
    if not signature or not validator.validate(url, parameters, signature, algorithm):
        raise Forged("signature")


class _Given(dict[str, str]):
    """Parameters in the form the library tries first; a plain dict costs two exceptions each."""

    def getall(self, name: str) -> list[str]:
        return [self[name]]


def _check_values(gateway: Gateway, given: dict[str, str]) -> None:
    if not given.keys() >= _NEEDED:
        raise Ambiguous("missing parameter")
    if given["AccountSid"] != gateway.user:
        raise Forged("account")
    if not _SID.fullmatch(given["MessageSid"]):
        raise Forged("message id")
    # A message with "From+90…" could be cut into another number.
    if any("From+" in value for value in given.values()):
        raise Ambiguous("sender")


class Heard(NamedTuple):
    """A step of a call. ``caller``: E.164, or Twilio's word for a hidden one. ``keys``: "" for none."""

    call: str
    caller: str
    to: str
    keys: str


def heard(gateway: Gateway, url: str, media_type: str, body: bytes, headers: tuple[str, str]) -> Heard:
    """The genuine webhook; arguments as of ``form``. Errors: Forged."""
    given = signed(gateway, url, media_type, body, headers)
    for name, form in _NEEDED_OF_CALL.items():
        if not re.fullmatch(form, given.get(name, "\n"), re.ASCII):
            raise Forged(f"parameter {name}")
    if given["AccountSid"] != gateway.user:
        raise Forged("account")
    if not all(map(_NAME.fullmatch, given)) or any(map(_CUT.search, [*given, *given.values()])):
        raise Forged("cut parameter")
    keys = given.get("Digits", "")
    if not _KEYS.fullmatch(keys):
        raise Forged("keys")
    return Heard(given["CallSid"], given.get("From", ""), given["To"], keys)
