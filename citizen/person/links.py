"""Paths of the signed-in pages that say more than the path."""

from __future__ import annotations

from urllib.parse import urlencode

from citizen.person.holder import Holder
from citizen.session.session import Session


def told(path: str, session: Session, holder: Holder, act: int | None = None) -> str:
    """The page with the notice of an act; about this holder, also where the session has turned to another."""
    query: dict[str, int] = {}
    if act is not None:
        query["act"] = act
    if session.proven[holder.place] != session.current:
        query["a"] = holder.place
    return f"{path}?{urlencode(query)}" if query else path
