"""Twilio's signed webhook of an incoming call, at each step. A call cannot be listed later, so unknown parameters
are allowed, but none that could be cut from another (see twilio_hook)."""

from __future__ import annotations

import re
from typing import NamedTuple

from gateways.received import Forged
from gateways.twilio import hook as twilio_hook
from gateways.url import Gateway

_NEEDED = {"AccountSid": r"AC\w+", "CallSid": r"CA[0-9a-f]{32}", "To": r"\+?[0-9]{3,15}"}
_KEYS = re.compile(r"[0-9*#]{0,20}")
_NAME = re.compile(r"[A-Za-z]\w{0,63}", re.ASCII)
_CUT = re.compile(r"From\+|To\+|CallSidCA|AccountSidAC|Digits[0-9*#]")


class Heard(NamedTuple):
    """A step of a call. ``caller``: E.164, or Twilio's word for a hidden one. ``keys``: "" for none."""

    call: str
    caller: str
    to: str
    keys: str


def heard(gateway: Gateway, url: str, media_type: str, body: bytes, headers: tuple[str, str]) -> Heard:
    """The genuine webhook; arguments as of ``twilio_hook.form``. Errors: Forged."""
    given = twilio_hook.signed(gateway, url, media_type, body, headers)
    for name, form in _NEEDED.items():
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
