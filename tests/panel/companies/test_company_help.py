"""The help for companies is open to everybody, in both languages, with its sources; pages need no words of a server."""

from __future__ import annotations

import re

import pytest

from tests import ROOT
from tests.panel.conftest import OpenOffice


@pytest.mark.parametrize(
    ("language", "words"), [("tr", ("üç iş günü", "Kaynak")), ("en", ("three business days", "Source"))]
)
def test_help_is_open_and_names_its_sources(office: OpenOffice, language: str, words: tuple[str, str]) -> None:
    page = office().browser().get(f"/panel/yardim?lang={language}", headers={"accept-language": language})
    assert page.status_code == 200
    assert words[0] in page.text
    assert page.text.count(f"{words[1]}:") >= 5


def test_no_page_of_the_panel_names_a_setting_or_a_command() -> None:
    """Companies cannot run them; operators have docs/desk.md for each."""
    known = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert len(known) > 50
    named = {
        (file.name, word)
        for file in (ROOT / "templates" / "panel").rglob("*.html")
        for word in re.findall(r"\b[A-Z][A-Z_]+\b|<code[^>]*>izin [a-z]+", re.sub(r"\{#.*?#\}", "", file.read_text()))
        if word in known or word.startswith("<code")
    }
    assert named == set()
