"""Plants bugs one at a time and looks whether a test fails: does the suite catch what it is there for?

    .venv/bin/python -m tests.planted                    # every bug of tests/planted.toml
    .venv/bin/python -m tests.planted --since main~10    # those in files that changed since
    .venv/bin/python -m tests.planted mailbox            # those whose name has this word

A bug is a place of the product (``file``, ``old``: a text that stands in it once), what it becomes (``new``) and the
``tests`` that are to fail. They run in a copy of the tracked files, so that the tree is not touched. Exits with 1 where
fewer than 95 of 100 are caught, where the text is not found, or where the tests fail without the bug.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests import ROOT

TABLE = Path(__file__).with_suffix(".toml")
LEAST_CAUGHT = 0.95
SECONDS = 600  # for the tests of one bug
_NO_TEST_RAN = 5  # pytest's exit status


class Bug(NamedTuple):
    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def load() -> list[Bug]:
    """The table. ValueError where a bug is incomplete, changes nothing or bears the name of another."""
    bugs = [
        Bug(one["name"], one["file"], one["old"], one["new"], tuple(one["tests"]))
        for one in tomllib.loads(TABLE.read_text(encoding="utf-8"))["bug"]
    ]
    for bug in bugs:
        if bug.old == bug.new or not bug.tests:
            raise ValueError(f"{bug.name}: changes nothing, or names no test")
    if len({bug.name for bug in bugs}) != len(bugs):
        raise ValueError("two bugs have one name")
    return bugs


def fault(bug: Bug) -> str:
    """What makes a bug unfit to be planted, “” for none."""
    file = ROOT / bug.file
    found = file.read_text(encoding="utf-8").count(bug.old) if file.exists() else 0
    if found != 1:
        return f"{bug.file} has its text {found} times"
    gone = [test for test in bug.tests if not _there(test)]
    return f"there is no {gone[0]}" if gone else ""


def _there(test: str) -> bool:
    path, _, name = test.partition("::")
    return (ROOT / path).exists() and (not name or f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"))


def catches(bug: Bug, copy: Path, python: Path) -> bool:
    """Whether a test fails in the copy once the bug is in it. RuntimeError where pytest ran none."""
    file = copy / bug.file
    sound = file.read_text(encoding="utf-8")
    file.write_text(sound.replace(bug.old, bug.new), encoding="utf-8")
    try:
        return _fail(bug.tests, copy, python)
    finally:
        file.write_text(sound, encoding="utf-8")


def _fail(tests: Iterable[str], copy: Path, python: Path) -> bool:
    command = [python, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:  # a loop that never ends is noticed too
        return True
    if done.returncode == _NO_TEST_RAN or "error: not found" in done.stdout + done.stderr:
        raise RuntimeError(f"pytest ran none of {' '.join(tests)}\n{done.stdout[-2000:]}")
    return done.returncode != 0


@contextmanager
def copied() -> Iterator[tuple[Path, Path]]:
    """A copy of the tracked files and the Python of an environment of its own, which imports from the copy."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = Path(folder)
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).exists():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        for words in (("init", "-q"), ("add", "-A")):  # tests ask git for the tracked files
            subprocess.run(["git", *words], cwd=copy, check=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", copy / ".venv"], check=True)
        python = copy / ".venv" / "bin" / "python"
        here, there = (
            subprocess.run(
                [each, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                check=True,
                capture_output=True,
                text=True,
            ).stdout.strip()
            for each in (sys.executable, python)
        )
        # Behind the copy's own folder, so that the installed packages are seen and the installed product is not.
        (Path(there) / "packages.pth").write_text(f"{copy}\n{here}\n", encoding="utf-8")
        yield copy, python


def changed_since(revision: str) -> frozenset[str]:
    """The tracked files that differ from a revision."""
    command = ["git", "diff", "--name-only", revision]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return frozenset(done.stdout.splitlines())


def run(bugs: Sequence[Bug]) -> int:
    """Plants each; prints a line each and a sum; the exit status."""
    unfit = {bug.name: said for bug in bugs if (said := fault(bug))}
    for name, said in unfit.items():
        print(f"UNFIT     {name}: {said}")
    sound = [bug for bug in bugs if bug.name not in unfit]
    survived = []
    with copied() as (copy, python):
        if sound and _fail(sorted({test for bug in sound for test in bug.tests}), copy, python):
            print("The tests fail without any bug: nothing can be learnt from them.")
            return 1
        for bug in sound:
            caught = catches(bug, copy, python)
            print(f"{'caught' if caught else 'SURVIVED':9} {bug.name}", flush=True)
            if not caught:
                survived.append(bug.name)
    part = 1 - len(survived) / len(sound) if sound else 1.0
    print(f"{len(sound) - len(survived)} of {len(sound)} caught ({part:.0%})")
    return int(bool(unfit) or part < LEAST_CAUGHT)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*", help="only bugs whose name has one of these words")
    parser.add_argument("--since", help="only bugs in files that differ from this revision")
    given = parser.parse_args()
    bugs = load()
    if given.since:
        changed = changed_since(given.since)
        bugs = [bug for bug in bugs if changed & {bug.file, *(test.partition("::")[0] for test in bug.tests)}]
    if given.words:
        bugs = [bug for bug in bugs if any(word in bug.name for word in given.words)]
    return run(bugs)


if __name__ == "__main__":
    sys.exit(main())
