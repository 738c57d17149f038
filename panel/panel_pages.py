"""Renders the panel's pages with the member in the context, and the confirmation of an irreversible action: its object,
extent and time. A link leads to it, and its button posts to the same path, which redirects: it works without script,
and neither back nor reload repeats anything (tests/panel/test_confirming.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from babel.numbers import format_decimal
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from panel.rights import Member, Permission, Role, Staff
from web import pages
from web.rendering import texts, when

Sentence = tuple[str, Mapping[str, Any]]
"""A marked sentence and its values: counts as numbers, moments as ``At``, all else as it is shown."""


class At(NamedTuple):
    """A moment (µs) among the values of a sentence."""

    micros: int


class Confirmation(NamedTuple):
    """``question``: the heading; ``effects``: a sentence each; ``button``: marked, names the action; ``back``: the
    link to cancel; ``hidden``: fields of the form."""

    question: Sentence
    effects: Sequence[Sentence]
    button: str
    back: str
    hidden: Mapping[str, str] = {}


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


def confirmation(request: Request, member: Member, asked: Confirmation) -> Response:
    return render(
        request,
        member,
        "panel/confirm.html",
        question=_sentence(request, asked.question),
        effects=[_sentence(request, effect) for effect in asked.effects],
        button=pages.text(request, asked.button),
        back=asked.back,
        hidden=asked.hidden,
        action=request.url.path,
    )


def _sentence(request: Request, sentence: Sentence) -> str:
    marked, values = sentence
    language = texts.language(request)[0]
    return pages.text(request, marked).format(**{name: _shown(language, value) for name, value in values.items()})


def _shown(language: str, value: Any) -> str:
    if isinstance(value, At):
        return when.moment(language, value.micros)
    return format_decimal(value, locale=language) if isinstance(value, int) else str(value)
