"""The form that refuses many brands; a brand without its tick is kept."""

from __future__ import annotations

from starlette.requests import Request

from web import forms

KEPT = "keep"  # codes of brands, between commas

_MOST = 10_000  # ticks; nobody is in the records of as many brands
_TICK, _OFFERED = "brand", "offered"


async def read(request: Request) -> dict[str, str]:
    """The fields of a refusal. A brand that was ``offered`` and came without its tick is in ``KEPT``."""
    given = await forms.pairs(request, _MOST)
    fields = {name: value for name, value in given if name not in (_TICK, _OFFERED)}
    ticked = {value for name, value in given if name == _TICK}
    kept = [code for code in dict(given).get(_OFFERED, "").split(",") if code and code not in ticked]
    return fields | {KEPT: ",".join(kept)} if kept else fields
