"""What a newcomer reads first: both READMEs name the same things, and what they and the examples name is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from izin import cli
from settings import Settings
from tests import ROOT, commands_page

READMES = ("README.md", "README.tr.md")
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *(ROOT / name for name in (*READMES, "SECURITY.md", "CONTRIBUTING.md"))])
# Words of the READMEs that are no setting, written as settings are.
NO_SETTINGS = {"IZINTARIHI", "FIRMATIPI", "PATH", "PYTHONDONTWRITEBYTECODE", "NAME"}


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[list[str]]:
    """The lines of each block of commands, without what is remarked about them."""
    found = re.findall(r"^```\w*\n(.*?)^```", text(name), re.DOTALL | re.MULTILINE)
    return [[re.sub(r"\s+# .*", "", line) for line in block.splitlines()] for block in found]


def spans(name: str) -> set[str]:
    """What is written as code within sentences and tables."""
    bare = re.sub(r"^```.*?^```", "", text(name), flags=re.DOTALL | re.MULTILINE)
    return {" ".join(span.split()) for span in re.findall(r"`([^`]+)`", bare)}


def links(name: str) -> set[str]:
    return set(re.findall(r"\]\(([^)]+)\)", text(name))) - set(READMES)


def test_both_languages_name_the_same_commands_settings_and_pages() -> None:
    english, turkish = READMES
    assert blocks(turkish) == blocks(english)
    assert spans(turkish) ^ spans(english) == set()
    # The Turkish one leads to a page's own Turkish where there is one.
    own = {f"docs/tr/{path.name}" for path in (ROOT / "docs" / "tr").glob("*.md")}
    assert links(turkish) == {
        f"docs/tr/{Path(one).name}" if f"docs/tr/{Path(one).name}" in own else one for one in links(english)
    }
    assert text(turkish).count("\n## ") == text(english).count("\n## ")
    for name, other in (READMES, READMES[::-1]):
        assert f"]({other})" in text(name)


@pytest.mark.parametrize("name", READMES)
def test_what_it_links_to_and_shows_is_there_and_small(name: str) -> None:
    pictures = re.findall(r'<img src="([^"]+)"', text(name))
    assert len(pictures) == 2
    for picture in pictures:
        assert 5_000 < (ROOT / picture).stat().st_size < 150_000
    for link in links(name):
        assert (ROOT / link).exists(), link


def test_the_page_of_commands_shows_the_program_as_it_is() -> None:
    assert commands_page.PAGE.read_text(encoding="utf-8") == commands_page.page(), "make openapi"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_page_that_a_page_names_exists(page: Path) -> None:
    written = page.read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"`izin ([a-z][a-z-]*)", written)) - set(cli.PLACES)) == []
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", written) if "://" not in link}
    assert sorted(link for link in linked if not (page.parent / link).exists()) == []


@pytest.mark.parametrize("name", ["docs/Containerfile", "docs/izin.service"])
def test_an_example_names_settings_and_commands_that_there_are(name: str) -> None:
    known = {field.upper() for field in Settings.model_fields} | NO_SETTINGS
    assert set(re.findall(r"\b([A-Z][A-Z_]+)=", text(name))) <= known
    assert set(re.findall(r"\bizin (migrate|serve|worker)\b", text(name))) == {"migrate", "serve"}
    assert "secret" not in re.sub(r"SECRET_KEY=…|needs SECRET_KEY", "", text(name)).lower()


def test_the_image_runs_as_nobody_in_particular_and_can_be_asked_for_its_health() -> None:
    last = text("docs/Containerfile").rpartition("\nFROM ")[2]
    assert text("docs/Containerfile").count("\nFROM ") == 2
    assert re.search(r"^USER izin$", last, re.MULTILINE)
    assert "/readyz" in last.partition("HEALTHCHECK")[2]
    (asked,) = re.findall(r'"(import os[^\n]*)"\]', last)
    compile(asked.replace('\\"', '"'), "health", "exec")


def test_every_make_target_is_explained() -> None:
    targets = re.findall(r"^\.PHONY: (.*)$", text("Makefile"), re.MULTILINE)[0].split()
    said = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in said.splitlines()} == set(targets) - {"help"}
