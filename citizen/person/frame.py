"""What every page of a signed-in citizen shows around its own matter: which number it is about, and the others."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from citizen.person.holder import Holder
from citizen.session.session import Session
from consents.people import recipients
from web.rendering import texts


def frame(request: Request, session: Session, holder: Holder) -> dict[str, Any]:
    """The context of ``_frame.html``: ``numbers``: (masked, place, whether shown) where the session has several.

    ``kept_language``: what a form that asks by GET must carry, for it replaces the query.
    """
    language, explicit = texts.language(request)
    return {
        "holder": holder,
        "numbers": _numbers(session, holder),
        "kept_language": language if explicit else "",
    }


def _numbers(session: Session, holder: Holder) -> list[tuple[str, int, bool]]:
    if len(session.proven) == 1:
        return []
    return [
        (recipients.mask(proven.address), place, place == holder.place) for place, proven in enumerate(session.proven)
    ]
