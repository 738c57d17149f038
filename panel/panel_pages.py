"""Renders the panel's pages with the member in the context."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_decimal
from starlette.requests import Request
from starlette.responses import HTMLResponse

from panel.rights import Member, Permission, Role, Staff
from web import pages
from web.rendering import texts, when


def render(
    request: Request, member: Member | None, template: str, *, status: int = 200, **context: Any
) -> HTMLResponse:
    """The template sees ``member``, words of ``rights``, ``day``, ``moment`` and ``counted``."""
    language = texts.language(request)[0]

    def day(at: int) -> str:
        return when.day(language, at)

    def moment(at: int) -> str:
        return when.moment(language, at)

    def counted(number: int) -> str:
        return format_decimal(number, locale=language)

    words: dict[str, Any] = {"Permission": Permission, "Role": Role, "Staff": Staff, "day": day, "moment": moment}
    words["counted"] = counted
    return pages.render(request, template, status=status, member=member, **words, **context)
