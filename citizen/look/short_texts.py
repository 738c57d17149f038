"""What stands in an SMS of a site's name and of an address: plain ASCII, and short."""

from __future__ import annotations

import string
import unicodedata

LONGEST = 155  # septets of an SMS: 160 less what Turkish operators put behind it (B code)
_SITE = 11  # letters of the site's name
# What ASCII and the basic table of GSM-7 (3GPP TS 23.038) share; {, ~ and their like count double there.
_PLAIN = frozenset(string.ascii_letters + string.digits + " !\"#$%&'()*+,-./:;<=>?@_")


def ascii_only(text: str) -> str:
    """The text as every phone shows it: Turkish letters without their marks, what else is not in GSM-7 left out."""
    plain = unicodedata.normalize("NFKD", text.replace("ı", "i"))
    return "".join(letter for letter in plain if letter in _PLAIN).strip()


def short_site(name: str) -> str:
    """A site's name, at most 11 letters."""
    return ascii_only(name)[:_SITE].strip()


def plain_mask(masked: str) -> str:
    """A masked address, at most 16 letters: "0532***07", "a*@e*.com"."""
    plain = ascii_only(masked.replace("\u2022\u2022\u2022 \u2022\u2022", "***").replace("\u2022\u2022\u2022", "*"))
    return plain.replace("+90 ", "0").replace(" ", "")[:16]
