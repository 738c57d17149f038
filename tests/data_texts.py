"""The Turkish texts of TOML and CSV files, for Babel (locales/babel.cfg)."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

Message = tuple[int, str, str | tuple[str, str], list[str]]


def with_context(file: BinaryIO, keywords: object, comment_tags: object, options: object) -> Iterator[Message]:
    """Each text in the context of its key, as ``sms.help``; none of a key ``turkish``."""
    for key, text in _texts(tomllib.loads(file.read().decode("utf-8"))):
        if not key.endswith(".turkish"):
            yield 1, "mark_in", (key, text), []


def titles(file: BinaryIO, keywords: object, comment_tags: object, options: object) -> Iterator[Message]:
    """The texts under the keys ``does``, ``note`` and ``title``."""
    for key, text in _texts(tomllib.loads(file.read().decode("utf-8"))):
        if key.rpartition(".")[2] in ("does", "note", "title") and not key.startswith("whole."):  # examples
            yield 1, "gettext", text, []


def column(file: BinaryIO, keywords: object, comment_tags: object, options: object) -> Iterator[Message]:
    """The column ``text``."""
    rows = csv.DictReader(io.StringIO(file.read().decode("utf-8")))
    yield from ((1, "gettext", row["text"], []) for row in rows if row["text"])


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, path)
