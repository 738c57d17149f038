"""The link in a notice that ends all notices to its reader's address (RFC 8058). An address that gets none is
answered alike, so a token proves nothing."""

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
    """The page with its button, or its result; changes nothing."""
    _token(request)
    return _page(request, stopped=pages.result(request, request.url.path) is not None)


async def press(request: Request) -> Response:
    """Ends the notices, for a mailbox's one click and the page's button alike; a browser is redirected to the
    result."""
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
