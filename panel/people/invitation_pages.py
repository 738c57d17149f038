"""Accepting an invitation, by a link and a button, because mail programs open links by themselves."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from panel import panel_pages
from panel.people import people_actions
from web import cookies, forms, pages, process


async def page(request: Request) -> Response:
    """Shows the invitation, or that it was accepted."""
    token = request.query_params.get("d", "")
    if pages.result(request, _path(token)):
        return panel_pages.render(request, None, "panel/people/invited.html", state="taken", token="")
    return await _page(request, token)


async def accept(request: Request) -> Response:
    """Accepts it; the person then signs in by e-mail."""
    token = await forms.once(request, "d") or ""
    state, digest = process.of(request), cookies.digest(token)
    if digest is None or not await state.registry.store.write(people_actions.accept, state.registry.keyring, digest):
        return await _page(request, token)
    return pages.show_result(request, _path(token), True)


def _path(token: str) -> str:
    return f"/panel/davet?d={token}"


async def _page(request: Request, token: str) -> Response:
    state, digest = process.of(request), cookies.digest(token)
    registry = state.registry
    now = registry.store.now()
    live = digest is not None and await registry.store.read(people_actions.is_open, registry.keyring, digest, now)
    shown = "open" if live else "gone"
    return panel_pages.render(
        request,
        None,
        "panel/people/invited.html",
        status=200 if live else 410,
        state=shown,
        token=token if live else "",
    )
