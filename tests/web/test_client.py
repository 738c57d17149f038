"""The client that every page test uses sees what it has to see: one fault planted, one fault found."""

from __future__ import annotations

import pytest

from tests.web.client import Sheet, check_piece

_FORM = '<form action="/{0}" method="post"><input type="hidden" name="status" value="RET">{1}</form>'
_ROW = _FORM.format("{0}", '<button type="submit">{1}</button>')
_NAMED = _FORM.format("a", '<button type="submit" aria-label="Geri al: Çınar">{0}</button>')

FAULTS = {
    "headings skip a level": "<h1>A</h1><h3>B</h3>",
    "headings skip": "<h2>A</h2><h3>B</h3><h2>C</h2><h4>D</h4>",
    "sound alike": _ROW.format("a", "Reddet") + _ROW.format("b", "<svg></svg> Reddet"),
    "does not reach": _NAMED.format("Hepsini geri al"),
}
SOUND = (
    "<h1>A</h1><h2>B</h2><h3>C</h3><h2>D</h2>",
    _ROW.format("a", "Reddet") + _ROW.format("b", "Onay ver"),
    _ROW.format("a", "Reddet") * 2,
    _NAMED.format("Geri  al"),
)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        check_piece(Sheet(FAULTS[fault]), set())


@pytest.mark.parametrize("markup", SOUND)
def test_what_is_sound_passes(markup: str) -> None:
    check_piece(Sheet(markup), set())
