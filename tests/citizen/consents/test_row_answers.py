"""A row is answered by one question, with what its choice knows already: the same as history would have told."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from citizen.consents import row_answers
from citizen.consents.acts import Chosen, CitizenChoice
from citizen.consents.row_answers import RowState
from consents.people import new_holder
from consents.registry import Registry
from consents.rules import BEKLIYOR
from consents.store import Snapshot
from tests.citizen.consents.states import many
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, ISIK, MEHMET, Town

_PRESSES = (
    (CINAR, "BIREYSEL", "RET"), (CINAR, "BIREYSEL", "ONAY"), (CINAR, "TACIR", "RET"), (CINAR, "BIREYSEL", "RET"),
    (CINAR, "BIREYSEL", "RET"), (CINAR, "TACIR", "ONAY"), (ISIK, "BIREYSEL", "ONAY"), (ISIK, "BIREYSEL", "RET"),
    (CINAR_MINI, "TACIR", "RET"), (CINAR_MINI, "BIREYSEL", "ONAY"), (CINAR_MINI, "BIREYSEL", "RET"),
)  # fmt: skip
_REPEATED = 4  # of them by its place


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[RowState | None, RowState]]:
    """What each answer was made of, None where one question was not enough; beside it what the long way finds."""
    found: list[tuple[RowState | None, RowState]] = []
    look = row_answers._read_chosen

    def both(snapshot: Snapshot, registry: Registry, choice: CitizenChoice, done: Chosen) -> RowState | None:
        short = look(snapshot, registry, choice, done)
        with registry.store.snapshot() as other:
            found.append((short, row_answers._read_row(other, registry, done.recipient, choice[:3], done.act)))
        return short

    monkeypatch.setattr(row_answers, "_read_chosen", both)
    return found


@pytest.mark.parametrize("hidden", [False, True])
def test_what_a_choice_knows_is_what_history_tells(here: Town, answers: list[Any], hidden: bool) -> None:
    many(here, AYSE, 3)
    here.told(AYSE, CINAR, identity="TACIR")
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    visitor.refuse(ISIK)
    clock: Any = here.registry.store.now
    clock.forward(days=8)
    assert here.told(AYSE, ISIK, ago=1) == "pending"
    visitor = here.sign_in(AYSE)
    if hidden:
        here.registry.store.write_now(partial(new_holder.answer, recipient=here.person(AYSE), new=True))
    answers.clear()
    for brand, identity, status in _PRESSES:
        clock.forward(minutes=1)
        assert visitor.press(f"/izinler/{brand}/MESAJ/{identity}", status=status).status_code == 200
    for place, (short, long) in enumerate(answers):
        if place == _REPEATED:
            assert short is None
        else:
            assert short is not None, _PRESSES[place]
            assert short._replace(dealers={}) == long._replace(dealers={}), _PRESSES[place]
    assert {short.line.ended for short, _ in answers if short} == {True, False}


def test_what_somebody_else_has_said_since_is_not_answered_as_his(here: Town) -> None:
    here.told(MEHMET, CINAR)
    visitor = here.sign_in(MEHMET)
    visitor.refuse(CINAR)
    brand = here.registry.brands.recent_by_code(CINAR, here.now)
    assert brand is not None
    choice = CitizenChoice(brand, 1, 0, BEKLIYOR)
    last = Chosen(here.person(MEHMET), 1, 0, ended=True)
    with here.registry.store.snapshot() as snapshot:
        assert row_answers._read_chosen(snapshot, here.registry, choice, last) is None
