"""Redirects to sign-in or second step and back, to the requested page. A form that comes too late is answered by a
page that holds its fields, to be sent again after a sign-in in another tab. Other sites' forms never get here
(``web/guards.py``)."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from panel import panel_pages
from web import forms, pages

SIGN_IN = "/panel/giris"
ACCOUNT = "/panel/hesap"
NEXT = "git"  # in the query of the sign-in pages: the page that was wanted
ENDED = "bitti"  # beside it: what was sent came too late
_MOST = 2000  # fields: one for each brand of a large company
_PATH = re.compile(r"/panel(/[a-z0-9/-]*)?", re.ASCII)


def wanted(request: Request) -> str:
    """The panel page requested before sign-in; "" for none, and for anything else."""
    return _page(request.query_params.get(NEXT, ""))


async def lead(request: Request, *, keeps: bool, to: str = SIGN_IN) -> Response:
    """The answer without a session or second step (``to``: where to pass it). ``keeps``: the form's fields may be
    sent again; a file must be chosen again."""
    if request.method != "POST":
        response: Response = pages.redirect(request, _way(to, request.url.path))
        if request.headers.get("hx-request"):  # else htmx would follow and put the whole page into the piece
            return Response(headers={"hx-redirect": response.headers["location"]})
        return response
    plain = not request.headers.get("content-type", "").lower().startswith("multipart/")
    typed = await _typed(request) if keeps and plain else ()
    came_from = _page(urlsplit(request.headers.get("referer", "")).path)
    if not typed:
        return pages.redirect(request, _way(to, came_from, ended=keeps and to == SIGN_IN))
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    way, step = _way(to, came_from), to != SIGN_IN
    return panel_pages.render(
        request, None, "panel/entry/ended.html", status=403, typed=typed, path=path, way=way, step=step
    )


async def _typed(request: Request) -> forms.Pairs:
    """The form's fields to keep; none of an oversized one, because its sender is not authenticated."""
    try:
        return await forms.pairs(request, _MOST)
    except HTTPException as refused:
        if refused.status_code != 413:
            raise
        return ()


def confirm(request: Request, step: str) -> Response:
    """Redirects to the second step before a change of one's sign-in, and back."""
    page = request.url.path if request.method != "POST" else _page(urlsplit(request.headers.get("referer", "")).path)
    return pages.redirect(request, _way(step, page or ACCOUNT))


def _way(to: str, page: str, *, ended: bool = False) -> str:
    query = [ENDED] if ended else []
    if page not in ("", "/panel"):
        query.append(f"{NEXT}={quote(page)}")
    return f"{to}?{'&'.join(query)}" if query else to


def _page(path: str) -> str:
    return path if _PATH.fullmatch(path) and "//" not in path else ""
