"""Whom a holder helps for good: what their own pages show of these people."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from citizen.session.holder import Holder
from consents.people.recipients import mask
from consents.registry import Registry
from consents.store import Snapshot
from trust import delegations
from trust.delegations import LastingHelper
from web import pages
from web.rendering import texts, when
from web.rendering.texts import mark

OPEN = "/izinler/yardim/ac"
# What a helper calls the relative, by the code of table ``delegation``.
LABELS = (mark("Yakınım"), mark("Annem"), mark("Babam"), mark("Eşim"), mark("Kardeşim"), mark("Çocuğum"))


def helped_by(snapshot: Snapshot, registry: Registry, holder: Holder) -> list[LastingHelper]:
    return delegations.of_helper(snapshot, registry.keyring, holder.address, registry.store.now())


def lines(request: Request, helped: Sequence[LastingHelper]) -> list[dict[str, str]]:
    """The relatives: ``key`` of the form, ``label``, ``masked``, ``until``."""
    return [_line(request, one, one.address) for one in helped]


def helper_lines(request: Request, helpers: Sequence[LastingHelper]) -> list[dict[str, str]]:
    """The same of the helpers of one relative."""
    return [_line(request, one, one.helper) for one in helpers]


def labels(request: Request) -> list[tuple[int, str]]:
    return [(code, pages.text(request, label)) for code, label in enumerate(LABELS)]


def _line(request: Request, one: LastingHelper, other: str) -> dict[str, str]:
    label = pages.text(request, LABELS[one.label] if one.label < len(LABELS) else LABELS[0])
    until = when.day(texts.language(request)[0], one.ends_at)
    return {"key": one.name, "label": label, "masked": mask(other), "until": until}
