"""Where a client keeps its tokens. At most 100 tokens an hour may be taken (H084), so a program that starts often keeps
them in a file."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol


class TokenPair(NamedTuple):
    """``access_until`` and ``refresh_until``: seconds since 1970."""

    access: str
    refresh: str
    access_until: float
    refresh_until: float


class TokenStore(Protocol):
    def load(self) -> TokenPair | None: ...

    def save(self, pair: TokenPair | None) -> None: ...


class MemoryTokens:
    def __init__(self) -> None:
        self._pair: TokenPair | None = None

    def load(self) -> TokenPair | None:
        return self._pair

    def save(self, pair: TokenPair | None) -> None:
        self._pair = pair


class FileTokens:
    """A file that only its owner may read. One file for one user of the API; of two processes that renew at the same
    moment one signs in again."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)

    def load(self) -> TokenPair | None:
        with suppress(OSError, ValueError, TypeError):
            return TokenPair(**json.loads(self._path.read_text("utf-8")))
        return None

    def save(self, pair: TokenPair | None) -> None:
        if pair is None:
            self._path.unlink(missing_ok=True)
            return
        # Written beside and renamed: a crash leaves the old pair or the new one, never half of one.
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(pair._asdict(), file)
            os.replace(name, self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
