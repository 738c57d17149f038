"""Each connector is described in both languages, alike, and what its pages link to is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

HERE = ROOT / "connectors"
CONNECTORS = sorted(path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__")


def shape(text: str) -> tuple[list[int], int, set[str]]:
    """Levels of headings, rows of tables, code in sentences."""
    bare = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    headings = [len(found) for found in re.findall(r"^(#+) ", bare, re.MULTILINE)]
    return headings, len(re.findall(r"^\|", bare, re.MULTILINE)), set(re.findall(r"`([^`]+)`", bare))


@pytest.mark.parametrize("folder", ["", *CONNECTORS])
def test_a_connector_is_described_in_both_languages(folder: str) -> None:
    english, turkish = (HERE / folder / name for name in ("README.md", "README.tr.md"))
    assert shape(turkish.read_text("utf-8")) == shape(english.read_text("utf-8"))
    for page in (english, turkish):
        links = re.findall(r"\]\(([^)#\s]+)\)", page.read_text("utf-8"))
        assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_each_connector_has_a_test_and_is_named_by_make() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = re.findall(r"^CONNECTORS \?= (.*)$", makefile, re.MULTILINE)[0].split()
    assert sorted(named) == CONNECTORS
    assert all((Path(__file__).parent / f"test_{name}.py").exists() for name in CONNECTORS)
    assert set(re.findall(r"^(\w+)\(\) \{", (HERE / "needs.sh").read_text("utf-8"), re.MULTILINE)) >= set(named)


SCRIPTS = sorted(path.relative_to(HERE) for path in HERE.rglob("*.py") if "node_modules" not in path.parts)


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_a_connector_s_python_compiles_without_the_site_s_packages(script: Path) -> None:
    names = "\n".join(re.findall(r"^(?:import|from) (\w+)", (HERE / script).read_text("utf-8"), re.MULTILINE))
    own = {"mailman", "zope", "izin_mailman"}  # Mailman's, and the plugin itself
    assert set(names.split()) - own - sys.stdlib_module_names == set()
    subprocess.run([sys.executable, "-c", f"compile(open({str(HERE / script)!r}).read(), 'x', 'exec')"], check=True)
