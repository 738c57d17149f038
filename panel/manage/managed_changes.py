"""What every form that changes a company's things has in common: it is refused at a field, or because somebody was
quicker, in the transaction of the change, which the error undoes. What is done and noted: ``panel/deeds``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from consents.brands.companies import BadCompany


class StaleChange(Exception):
    """Somebody has changed the thing since the page was drawn."""


class FieldFault(Exception):
    """A rule refuses what stands in a field. ``place``: the input's id; ``why``, ``about``: of ``BadCompany``."""

    def __init__(self, place: str, why: str, about: str = "") -> None:
        super().__init__(why)
        self.place, self.why, self.about = place, why, about


@contextmanager
def at(place: str) -> Iterator[None]:
    """What a rule refuses within is wrong at this input; a missing reason is wrong at its own."""
    try:
        yield
    except BadCompany as bad:
        raise FieldFault(
            "why" if bad.why == "reason" and not place.startswith("why") else place, bad.why, bad.about
        ) from bad


def seen(*what: object) -> str:
    """A mark of what a page shows, which its form sends back."""
    return sha256(repr(what).encode()).hexdigest()[:20]


def unchanged(stands: str, shown: str) -> None:
    """StaleChange unless what stands is what the form was drawn with."""
    if stands != shown:
        raise StaleChange
