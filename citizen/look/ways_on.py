"""The links at the foot of the list, prepared once for each choice of them."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup
from starlette.requests import Request

from citizen.person.holder import Holder
from consents.reading.queries import ConsentCounts
from web import pages


class WaysOnLook(NamedTuple):
    """Which links there are. ``ahead``: a standing refusal is offered here, because the question took its place above;
    ``any``, ``refused``: there are records, refusals."""

    ahead: bool
    any: bool
    refused: bool
    mail: bool
    limited: bool


def drawn(request: Request, holder: Holder, counts: ConsentCounts, *, ahead: bool) -> Markup:
    """The links for this holder."""
    look = WaysOnLook(ahead, any(counts), counts.refused > 0, holder.mail, holder.limited)
    return pages.piece(request, "citizen/consents/_ways_on.html", look, {"n": holder.mark})
