"""The confirmation page of an irreversible action: its object, extent and time. A link leads to it, and its button
posts to the same path, which redirects: it works without script, and neither back nor reload repeats anything
(tests/panel/test_confirming.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from babel.numbers import format_decimal
from starlette.requests import Request
from starlette.responses import Response

from panel import panel_pages
from panel.rights import Member
from web import pages
from web.rendering import texts, when


class At(NamedTuple):
    """A moment (µs) among the values of a sentence."""

    micros: int


Sentence = tuple[str, Mapping[str, Any]]
"""A marked sentence and its values: counts as numbers, moments as ``At``, all else as it is shown."""


class Confirmation(NamedTuple):
    """``question``: the heading; ``effects``: a sentence each; ``button``: marked, names the action; ``back``: the
    link to cancel; ``hidden``: fields of the form."""

    question: Sentence
    effects: Sequence[Sentence]
    button: str
    back: str
    hidden: Mapping[str, str] = {}


def page(request: Request, member: Member, asked: Confirmation) -> Response:
    return panel_pages.render(
        request,
        member,
        "panel/confirm.html",
        question=_said(request, asked.question),
        effects=[_said(request, effect) for effect in asked.effects],
        button=pages.text(request, asked.button),
        back=asked.back,
        hidden=asked.hidden,
        action=request.url.path,
    )


def _said(request: Request, sentence: Sentence) -> str:
    marked, values = sentence
    language = texts.language(request)[0]
    return pages.text(request, marked).format(**{name: _shown(language, value) for name, value in values.items()})


def _shown(language: str, value: Any) -> str:
    if isinstance(value, At):
        return when.moment(language, value.micros)
    return format_decimal(value, locale=language) if isinstance(value, int) else str(value)
