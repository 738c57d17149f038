"""``izin`` as an operator types it, without the second and a half that a program takes to import what it needs.

A process that has imported everything forks one for each command. It has the folder, the environment, the standard
input and the exit status of a command of its own.
"""

from __future__ import annotations

import json
import os
import pwd
import shlex
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

import typer

from izin import cli
from tests import ROOT

Done = subprocess.CompletedProcess[str]
_USER = next((entry.pw_name for entry in pwd.getpwall() if entry.pw_uid == os.geteuid()), str(os.geteuid()))
LOGIN = f"login={shlex.quote(_USER)} host={shlex.quote(socket.gethostname())}"  # his
WARM = ("izin.app", "izin.jobs", "izin.demo.load", "web.server")  # what commands import late


class Typist:
    """Types commands. ``folder``: for what goes in and comes out of them."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        command, pipe = [sys.executable, "-m", "tests.typist"], subprocess.PIPE
        self._process = subprocess.Popen(
            command, cwd=ROOT, env={**environment, "PYTHONPATH": str(ROOT)}, stdin=pipe, stdout=pipe, text=True
        )

    def type(self, words: tuple[str, ...], folder: Path, environment: Mapping[str, str], text: str = "") -> Done:
        """``izin`` with these words, typed in ``folder``; ``text`` is what it reads from its standard input."""
        assert self._process.stdin
        assert self._process.stdout
        files = [self._folder / name for name in ("in", "out", "err")]
        files[0].write_text(text, encoding="utf-8")
        order = [words, str(folder), dict(environment), list(map(str, files))]
        print(json.dumps(order), file=self._process.stdin, flush=True)
        status = int(self._process.stdout.readline())
        return Done(["izin", *words], status, *(file.read_text(encoding="utf-8") for file in files[1:]))

    def close(self) -> None:
        self._process.communicate()


def main() -> None:
    """Obeys orders from stdin, one JSON array a line, until it ends; answers each with the exit status."""
    for name in WARM:
        __import__(name)
    list(typer.main.get_command(cli.app).commands.values())  # type: ignore[attr-defined] - each is imported
    orders = os.fdopen(os.dup(0), encoding="utf-8")
    for line in iter(orders.readline, ""):
        child = os.fork()
        if not child:
            _obey(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _obey(words: list[str], folder: str, environment: dict[str, str], files: list[str]) -> None:
    """Becomes the command; never returns."""
    status: object = 1
    for number, (file, way) in enumerate(zip(files, (os.O_RDONLY, _NEW, _NEW), strict=True)):
        os.dup2(os.open(file, way, 0o600), number)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.argv = ["izin", *words]
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    try:
        cli.main()
        status = 0
    except SystemExit as ended:
        status = ended.code
    except BaseException:
        traceback.print_exc()
    if isinstance(status, str):
        print(status, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 1 if status else 0)


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC

if __name__ == "__main__":
    main()
