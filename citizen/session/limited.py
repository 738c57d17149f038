"""What a limited session may not do, said on a page of its own (403).

A limited session sees, refuses, and takes back what it has refused itself. All else is closed to it unless its handler
is opened (``session.open_to_limited``): approving above all, because an approval that is not the holder's harms him.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web import pages
from web.rendering.texts import mark

_BESIDE = mark("Bunu yalnız kendisi, kendi telefonuna gelen kodla girerek yapabilir. Hiçbir şey değişmedi.")
_BY_TEXT = mark("Bunun için size gelen kodla girmeniz gerekir. Hiçbir şey değişmedi.")


def refuse(request: Request, *, beside: bool) -> Response:
    """The page, or for htmx the notice, that says why not. ``beside``: somebody helps; else a text began it."""
    words = pages.text(request, _BESIDE if beside else _BY_TEXT)
    piece = pages.wants_piece(request)
    template = "citizen/signin/_limited.html" if piece else "citizen/signin/limited.html"
    return pages.render(request, template, status=403, why=words, room=request.url.path)
