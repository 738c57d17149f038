"""Each connector is described in both languages, alike, and what its pages link to is there."""

from __future__ import annotations

import re
import shutil
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


def test_what_wordpress_needs_is_installed_beside_a_php_that_lacks_it(tmp_path: Path) -> None:
    """`make long` has installed php-cli for the clients before."""
    (tmp_path / "connectors").mkdir()
    shutil.copy(HERE / "needs.sh", tmp_path / "connectors")
    (tmp_path / "var/connectors/wordpress/usr/share/wordpress").mkdir(parents=True)
    (tmp_path / "var/connectors/wordpress/usr/share/wordpress/wp-load.php").touch()
    programs, whole = tmp_path / "bin", tmp_path / "whole"
    programs.mkdir()
    scripts = {
        "php": f"echo Core; [ ! -e {whole} ] || printf 'curl\\nmbstring\\nxml\\nmysqli\\ngd\\n'",
        "apt-get": f'echo "$@" >>{tmp_path}/asked; touch {whole}',
        "id": "echo 0",
        "mariadbd": "",
        "mariadb": "",
        "xgettext": "",
    }
    for name, lines in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{lines}\n", "utf-8")
        (programs / name).chmod(0o755)
    env = {"PATH": f"{programs}:/usr/bin:/bin"}
    for _ in range(2):  # the second time everything is there
        subprocess.run(["bash", tmp_path / "connectors/needs.sh", "wordpress"], env=env, check=True)
    update, install = (tmp_path / "asked").read_text("utf-8").splitlines()
    assert update.split()[-1] == "update"
    assert {"php-mysql", "php-gd", "php-xml", "php-curl", "php-mbstring"} <= set(install.split())


def test_a_machine_without_mailman_gets_it(tmp_path: Path) -> None:
    (tmp_path / "connectors").mkdir()
    here = tmp_path / "connectors/needs.sh"
    here.write_text((HERE / "needs.sh").read_text("utf-8").replace("/usr/lib/mailman3/bin", str(tmp_path)), "utf-8")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname", "mkdir", "cat"):
        (programs / name).symlink_to(shutil.which(name) or name)
    for name, line in {"apt-get": f'echo "$@" >>{tmp_path}/asked', "id": "echo 0"}.items():
        (programs / name).write_text(f"#!{shutil.which('sh')}\n{line}\n", "utf-8")
        (programs / name).chmod(0o755)
    subprocess.run(["bash", here, "mailman"], env={"PATH": str(programs)}, check=True)
    assert "mailman3" in (tmp_path / "asked").read_text("utf-8")
