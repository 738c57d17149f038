"""The address in a notice by which its reader ends all such notices to his address (RFC 8058), and does nothing else.

An address that was never told anything, or is told nothing any more, is answered alike: so a token proves nothing.
"""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen.alerts import alert_store
from web import forms, pages, process

_SHAPE = re.compile(rf"[0-9a-f]{{{alert_store.TOKEN}}}")
_BUTTON = "durdur"  # the field of the page's own form; a mail program posts none (RFC 8058)
PRIVATE = {"referrer-policy": "no-referrer"}


async def show(request: Request) -> Response:
    """The page with its button, and that it was pressed; reading changes nothing."""
    _token(request)
    return _page(request, stopped=pages.result(request, request.url.path) is not None)


async def press(request: Request) -> Response:
    """Ends the notices, at a mailbox's one click and the page's own button alike; a browser is led to the result."""
    token = _token(request)
    await process.of(request).registry.store.write(alert_store.end_by, token)
    if await forms.once(request, _BUTTON) is None:
        return _page(request, stopped=True)
    response = pages.show_result(request, request.url.path, True)
    response.headers.update(PRIVATE)
    return response


def _page(request: Request, *, stopped: bool) -> Response:
    path = request.url.path
    return pages.render(
        request, "citizen/consents/watch_stop.html", headers=PRIVATE, path=path, button=_BUTTON, stopped=stopped
    )


def _token(request: Request) -> str:
    token = request.path_params["token"]
    if not _SHAPE.fullmatch(token):
        raise HTTPException(404)
    return str(token)
