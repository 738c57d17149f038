"""A form that changes something: read, done in one transaction, and what a page then says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from panel import panel_pages
from panel.manage import fault_words
from panel.manage.managed_changes import FieldFault, StaleChange
from panel.rights import Member
from web import pages, process
from web.rendering import texts

SEEN = "seen"  # the hidden field with the mark of what was shown; also the id of the heading


class Told(NamedTuple):
    """What became of a change. ``faults``: (an input's id, a sentence), empty where it was done; ``status``: HTTP."""

    value: Any = None
    faults: tuple[tuple[str, str], ...] = ()
    status: int = 200


async def attempt(request: Request, work: Callable[..., Any], *arguments: Any) -> Told:
    """Runs ``work(transaction, registry, *arguments)`` and says what a rule refuses of it."""
    registry = process.of(request).registry
    try:
        return Told(await registry.store.write(work, registry, *arguments))
    except (FieldFault, StaleChange) as fault:
        return refused(request, fault)


def refused(request: Request, fault: Exception) -> Told:
    """409 where somebody was quicker, 422 where a rule refuses."""
    if isinstance(fault, StaleChange):
        return Told(None, ((SEEN, pages.text(request, fault_words.STALE)),), 409)
    assert isinstance(fault, FieldFault)
    said = fault_words.sentence(texts.language(request)[0], fault.why, fault.about)
    return Told(None, ((fault.place, said),), 422)


def page(
    request: Request, member: Member, template: str, told: Told, given: dict[str, str], **context: Any
) -> Response:
    """A page with a form. ``given``: what was typed, which stays in the form where a rule refused it; where somebody
    was quicker the form shows what stands."""
    typed = given if told.status == 422 else {}
    done = next(iter(request.query_params), "")
    return panel_pages.render(
        request,
        member,
        f"panel/manage/{template}",
        status=told.status,
        faults=told.faults,
        given=typed,
        done=done if not told.faults else "",
        **context,
    )


def whole(member: Member) -> bool:
    """Whether somebody works for all brands: programs and new brands are the whole company's."""
    return member.brands is None


def not_whole(request: Request, member: Member) -> Response:
    """The answer to whoever works for some brands alone."""
    return panel_pages.render(request, member, "panel/turned_away.html", status=403, missing=False, closed=False)


def lines(text: str) -> list[str]:
    """What stands on the lines of a field, blank ones left out."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def line(text: str, most: int = 500) -> str:
    """One line of text."""
    return " ".join(text.split())[:most]
