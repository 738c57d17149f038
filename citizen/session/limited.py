"""The page that rejects an action of a limited session (403). Such a session sees, refuses and undoes its own
refusals; other handlers need ``session.open_to_limited``."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web import pages
from web.rendering.texts import mark

_BESIDE = mark("Bunu yalnız kendisi, kendi telefonuna gelen kodla girerek yapabilir. Hiçbir şey değişmedi.")
_BY_TEXT = mark("Bunun için size gelen kodla girmeniz gerekir. Hiçbir şey değişmedi.")


def refuse(request: Request, *, beside: bool) -> Response:
    """The page, or for htmx the notice, with the reason. ``beside``: an assisted session; else an SMS login."""
    words = pages.text(request, _BESIDE if beside else _BY_TEXT)
    piece = pages.wants_piece(request)
    template = "citizen/signin/_limited.html" if piece else "citizen/signin/limited.html"
    return pages.render(request, template, status=403, why=words, room=request.url.path)
