"""The address in a notice by which its reader ends all such notices to his address (RFC 8058), and does nothing else.

An address that was never told anything, or is told nothing any more, is answered alike: so a token proves nothing.
"""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen.watch import watch_store
from web import pages, process

_SHAPE = re.compile(rf"[0-9a-f]{{{watch_store.TOKEN}}}")
PRIVATE = {"referrer-policy": "no-referrer"}


async def show(request: Request) -> Response:
    """The page with its button; reading changes nothing."""
    _token(request)
    return pages.render(
        request, "citizen/consents/watch_stop.html", headers=PRIVATE, path=request.url.path, stopped=False
    )


async def press(request: Request) -> Response:
    """Ends the notices, at a mailbox's one click and the page's own button alike."""
    token = _token(request)
    await process.of(request).registry.store.write(watch_store.end_by, token)
    return pages.render(
        request, "citizen/consents/watch_stop.html", headers=PRIVATE, path=request.url.path, stopped=True
    )


def _token(request: Request) -> str:
    token = request.path_params["token"]
    if not _SHAPE.fullmatch(token):
        raise HTTPException(404)
    return str(token)
