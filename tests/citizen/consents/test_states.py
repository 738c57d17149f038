"""Each state of the consents pages is there, sound and in two languages."""

from __future__ import annotations

import pytest

from tests.citizen.consents.states import STATES
from tests.citizen.consents.town import Town, text
from tests.conftest import Clock


@pytest.mark.parametrize("name", STATES)
def test_each_state_says_what_it_is(here: Town, clock: Clock, name: str) -> None:
    shown = STATES[name](here, clock)
    drawn = shown.visitor.get(shown.path).text
    assert "e-posta" not in drawn.lower(), "it could break at its hyphen"
    page = text(drawn)
    for words in shown.says:
        assert words in page, page
    english = shown.visitor.get(shown.path + ("&" if "?" in shown.path else "?") + "lang=en")
    assert english.headers["content-language"] == "en"
