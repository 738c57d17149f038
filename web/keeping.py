"""How long what is not a consent is kept: the numbers that the sweeps go by, as the privacy notice tells them."""

from __future__ import annotations

from typing import NamedTuple


class Kept(NamedTuple):
    """Each in µs. What a setting decides (sessions, codes, links) stands in the settings alone."""

    sign_ins: int  # when an address has signed in
    wrong_codes: int  # how many wrong codes were given for it
    texts: int  # of an SMS that a person has to read, and of the answer to each
    sent: int  # messages that have left, or could not
    lists: int  # lists of a company's program, for their results
