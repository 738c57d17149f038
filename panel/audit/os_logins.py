"""The operating system login of a command, sealed into its audit evidence."""

from __future__ import annotations

import os
import shlex
import socket
from collections.abc import Mapping
from contextlib import suppress
from functools import cache

NAMES = LOGIN, SUDO, HOST = "login", "sudo", "host"  # keys of an act's evidence
LONGEST = 100  # characters of a name


@cache
def here() -> dict[str, str]:
    """Names of this process, at most LONGEST printable characters each: ``login``, the effective user; ``sudo``, the
    user before sudo; ``host``. Unknown ones are omitted. May take seconds, so call it before the write lock."""
    host = ""
    with suppress(OSError):
        host = socket.gethostname()
    # LOGNAME and USER are not read: whoever types can set them. SUDO_USER too, so it stands beside and never instead.
    found = {LOGIN: _effective(), SUDO: os.environ.get("SUDO_USER", ""), HOST: host}
    return {name: _shown(value) for name, value in found.items() if value}


def words(typed: Mapping[str, str]) -> str:
    """These names in one line, as "login=izin sudo=derya host=db1"; "" of none."""
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in typed.items())


def _effective() -> str:
    """The effective user's name; the number without one, as in a container."""
    if not hasattr(os, "geteuid"):  # Windows
        with suppress(OSError):
            return os.getlogin()
        return ""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _shown(name: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in name[:LONGEST])
