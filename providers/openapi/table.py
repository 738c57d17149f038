"""The calls, one entry each (``calls.toml``); a test compares them with the route table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from providers.api.iys_codes import Sentence
from providers.routes import NOT_OFFERED, B, S


class Described(NamedTuple):
    """``name``: İYS's operationId, or ours; ``answers``: status -> schema (a media type, or “” for none); ``faults``:
    statuses of refusals beside those of every call."""

    method: str
    path: str
    name: str
    does: Sentence
    answers: dict[int, str]
    body: str = ""
    query: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    faults: tuple[int, ...] = ()

    @property
    def line(self) -> str:
        """“POST /path”."""
        return f"{self.method} {self.path}"


class CallGroup(NamedTuple):
    name: str
    title: Sentence
    calls: tuple[Described, ...]


def read(table: Mapping[str, Any]) -> tuple[CallGroup, ...]:
    return tuple(
        CallGroup(
            group["name"],
            Sentence(group["tr"], group["en"]),
            tuple(_call(call, table["codes"]) for call in group["call"]),
        )
        for group in table["group"]
    )


def _call(entry: Mapping[str, Any], shared: Mapping[str, str]) -> Described:
    method, path = entry["line"].split(" ")
    codes = " ".join(shared.get(code, code) for code in entry.get("codes", "").split())
    return Described(
        method,
        _full(path),
        entry["name"],
        Sentence(entry["tr"], entry["en"]),
        {int(status): schema for status, schema in entry["answers"].items()},
        entry.get("body", ""),
        tuple(entry.get("query", ())),
        tuple(sorted(set(codes.split()))),
        tuple(entry.get("faults", ())),
    )


def _full(path: str) -> str:
    """B and S written out."""
    for short, full in (("B", B), ("S", S)):
        for start in ("", "/v2"):
            if path.startswith(f"{start}{short}/"):
                return start + full + path.removeprefix(start + short)
    return path


def _absent() -> CallGroup:
    """What İYS offers and this registry does not; the answer is 501."""
    does = Sentence("Burada sunulmuyor.", "Not offered here.")
    lines = [(method, path) for method, paths in NOT_OFFERED.items() for path in paths]
    calls = [
        Described(method, path, f"notOffered{number}", does, {}, codes=("Z501",), faults=(501,))
        for number, (method, path) in enumerate(lines, 1)
    ]
    return CallGroup("absent", Sentence("Sunulmayanlar", "Not offered"), tuple(calls))


GROUPS = (*read(tomllib.loads(Path(__file__).with_name("calls.toml").read_text("utf-8"))), _absent())
CALLS = tuple(call for group in GROUPS for call in group.calls)
