"""What pip may build of the source tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.conftest import SLOW


@SLOW
@pytest.mark.parametrize(("editable", "built"), [(False, False), (True, True)], ids=["wheel", "editable"])
def test_a_wheel_is_refused_in_words_and_an_editable_install_works(tmp_path: Path, editable: bool, built: bool) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "settings", tree / "settings", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, tree)
    hook = "build_editable" if editable else "build_wheel"
    program = f"from setuptools import build_meta; build_meta.{hook}({str(tmp_path)!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=tree, capture_output=True, text=True)
    assert (done.returncode == 0) is built, done.stderr
    assert ("Clone the repository" in done.stderr) is not built
    assert bool(list(tmp_path.glob("*.whl"))) is built
