"""What every change of a company's things has in common: it is refused at a field, or because somebody was quicker, and
it is noted in the log of acts. All of it happens in the transaction of the change, and an error undoes that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from consents.brands.companies import BadCompany
from consents.brands.company_changes import Why
from consents.registry import Registry
from consents.store import Transaction
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct
from panel.rights import Member


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


def reason(member: Member, why: str) -> Why:
    """Why, and by whom, as the registry keeps it beside a change."""
    return Why(why, f"person {member.person.id}")


def note(
    transaction: Transaction,
    registry: Registry,
    member: Member,
    what: str,
    *,
    brand: int | None = None,
    about: str = "",
    before: str = "",
    after: str = "",
    why: str = "",
) -> None:
    """Notes an act of whoever asks, at his company, or of the operator's people at none."""
    deed = NewAct(what, member.person.id, member.company and member.company.id, brand, about, before, after, why)
    panel_acts.record(transaction, registry.keyring, deed)
