"""Compiled templates that lie ready for the next process: no more than a gain, whatever has become of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import jinja2
import pytest

from consents.languages import LANGUAGES, SOURCE
from web.rendering.drawing import _Compiled, environment

PAGE = "<p>{{ word }}</p>"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has been compiled, in order."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    sources: list[str] = []
    compile_ = jinja2.Environment.compile

    def counted(environment: jinja2.Environment, source: str, *more: str | None) -> object:
        sources.append(source)
        return compile_(environment, source, *more)

    monkeypatch.setattr(jinja2.Environment, "compile", counted)
    return sources


def drawn(folder: Path) -> str:
    """The page as a process draws it that has just begun."""
    loader = jinja2.FileSystemLoader(folder)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, bytecode_cache=_Compiled(folder / "__pycache__", "en")
    )
    return environment.get_template("page.html").render(word="<söz>")


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "__pycache__").iterdir())


def test_the_next_process_compiles_nothing(tmp_path: Path, compiled: list[str]) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    assert {drawn(tmp_path), drawn(tmp_path)} == {"<p>&lt;söz&gt;</p>"}
    assert compiled == [PAGE]


def test_a_template_that_was_changed_is_compiled_anew_and_kept_in_its_place(
    tmp_path: Path, compiled: list[str]
) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    drawn(tmp_path)
    before, times = kept(tmp_path), page.stat()
    changed = PAGE.replace("p>", "b>")
    page.write_text(changed)
    os.utime(page, (times.st_atime, times.st_mtime))
    assert drawn(tmp_path) == drawn(tmp_path) == "<b>&lt;söz&gt;</b>"
    assert compiled == [PAGE, changed]
    assert kept(tmp_path) == before


def test_what_another_jinja_compiled_is_not_used(
    tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    drawn(tmp_path)
    monkeypatch.setattr("web.rendering.drawing._COMPILER", "another")
    drawn(tmp_path)
    assert compiled == [PAGE, PAGE]


def test_what_was_compiled_with_other_sentences_is_not_used(
    tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    drawn(tmp_path)
    monkeypatch.setattr("consents.languages.entries", lambda language: {"Reddet": ("Sag nein",)})
    drawn(tmp_path)
    assert compiled == [PAGE, PAGE]


@pytest.mark.parametrize("left", [0, 1, 10, 40, -20, -1])
def test_a_torn_file_is_written_anew(tmp_path: Path, compiled: list[str], left: int) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    drawn(tmp_path)
    (file,) = kept(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[:left])
    assert drawn(tmp_path) == drawn(tmp_path) == "<p>&lt;söz&gt;</p>"
    assert compiled == [PAGE, PAGE]
    assert file.read_bytes() == whole


def test_nothing_is_written_where_python_may_write_nothing(
    tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    drawn(tmp_path)
    assert not (tmp_path / "__pycache__").exists()
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "__pycache__").write_text("a file in the folder's place")
    assert drawn(tmp_path) == drawn(tmp_path) == "<p>&lt;söz&gt;</p>"
    assert compiled == [PAGE, PAGE, PAGE]


def test_at_the_start_turkish_alone_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.rendering.drawing._compiled", lambda language: None)
    (tmp_path / "page.html").write_text(PAGE)
    loaded = {language: environment(language, (tmp_path,)).cache for language in LANGUAGES}
    assert {language for language, cache in loaded.items() if cache} == {SOURCE}
