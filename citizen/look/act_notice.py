"""An act told on a page: what was done, when, until when brands must stop, and the button that takes it back."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from citizen.look import row_view, wording
from citizen.look.act_summary import ActSummary
from consents.business_days import stop_by
from consents.rules import RET
from web.rendering import texts

_NAMED = 2  # brands of an act that are named before the rest is counted


def read(request: Request) -> int | None:
    """The number of the act that a page is to tell of (``?act=``)."""
    given = request.query_params.get("act", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else None


def context(request: Request, told: ActSummary | None) -> dict[str, Any]:
    """The context of ``_told.html``."""
    if told is None:
        return {"told": None}
    language, _ = texts.language(request)
    only = told.touched[0] if len(told.touched) == 1 else None
    return {
        "told": told,
        "refused": told.status == RET,
        "about": only and wording.about(language, only.brand.title, only.channel),
        "way": only and row_view.CHANNELS[only.channel],
        "names": [brand.title for brand in told.brands[:_NAMED]],
        "more": len(told.brands) - _NAMED,
        "at": wording.moment(language, told.recorded_at),
        "stop": wording.weekday(language, stop_by(told.recorded_at)),
        "until": wording.moment(language, told.until),
        "stands": told.stands and row_view.WORDS[told.stands.status],
        "one_brand": told.brands[0] if len(told.brands) == 1 else None,
    }
