"""Help for companies: who needs a consent, how to get one, until when what must be done, and what it costs not to."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from panel import panel_pages


async def show(request: Request) -> Response:
    """The page; for everybody, also before an application."""
    return panel_pages.render(request, None, "panel/looking/help.html")
