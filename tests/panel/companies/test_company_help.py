"""The help for companies is open to everybody, in both languages, with its sources."""

from __future__ import annotations

import pytest

from tests.panel.conftest import OpenOffice


@pytest.mark.parametrize(
    ("language", "words"), [("tr", ("üç iş günü", "Kaynak")), ("en", ("three business days", "Source"))]
)
def test_help_is_open_and_names_its_sources(office: OpenOffice, language: str, words: tuple[str, str]) -> None:
    page = office().browser().get(f"/panel/yardim?lang={language}", headers={"accept-language": language})
    assert page.status_code == 200
    assert words[0] in page.text
    assert page.text.count(f"{words[1]}:") >= 5
