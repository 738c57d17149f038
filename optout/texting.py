"""Whom we can tell something: the numbers that get an SMS from us, and every e-mail.

A sender's or caller's number can be forged, and an SMS abroad costs many times one at home; so only numbers of
COUNTRIES get any.
"""

from __future__ import annotations

from consents import recipients
from consents.recipients import Kind, Recipient

Countries = tuple[str, ...]  # ISO 3166, of the settings


def gets_sms(found: Recipient, countries: Countries) -> bool:
    """Whether this number gets an SMS from us."""
    return found.sms and found.kind is not Kind.PREMIUM and recipients.country(found.address) in countries


def can_be_told(address: str | None, countries: Countries) -> bool:
    """Whether a message reaches this canonical address; None is that of an erased person."""
    return address is not None and ("@" in address or gets_sms(recipients.phone(address), countries))
