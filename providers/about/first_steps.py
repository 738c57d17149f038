"""Query: how far a new provider has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text

from consents.queries import loads
from consents.store import Snapshot, Statement

_PROGRAM = Statement(text("SELECT 1 FROM api_user WHERE provider = :provider AND ended_at IS NULL LIMIT 1"))
_TAKEN = Statement(text("SELECT 1 FROM handout WHERE brand = :brand AND taken_at IS NOT NULL LIMIT 1"))


class FirstSteps(NamedTuple):
    """Whether a provider has a brand, a program's user, a whole load, and a movement that a program took."""

    brand: bool
    program: bool
    loaded: bool
    taken: bool

    @property
    def done(self) -> bool:
        return all(self)


def get(snapshot: Snapshot, provider: int, brands: Sequence[int]) -> FirstSteps:
    return FirstSteps(
        bool(brands),
        snapshot.one(_PROGRAM, {"provider": provider}) is not None,
        loads.any_finished(snapshot, brands),
        any(snapshot.one(_TAKEN, {"brand": brand}) is not None for brand in brands),
    )
