"""The calls, one entry each (``calls.toml``); a test compares them with the route table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from consents.languages import Sentence
from providers.routes import NOT_OFFERED, OTP, VIA, B, S
from web.codes import CODES


class Described(NamedTuple):
    """``name``: İYS's operationId, or ours; ``answers``: status -> schema (a media type, or “” for none); ``faults``:
    statuses of refusals beside those of every call; ``operation``: the operationId of our document; ``note``: None
    where ``does`` is enough."""

    method: str
    path: str
    name: str
    does: Sentence
    answers: dict[int, str]
    body: str = ""
    query: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    faults: tuple[int, ...] = ()
    operation: str = ""
    note: Sentence | None = None
    deprecated: bool = False

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
            _sentence(group, "title"),
            tuple(map(_call, group["call"])),
        )
        for group in table["group"]
    )


def _sentence(entry: Mapping[str, Any], name: str) -> Sentence:
    return Sentence(entry[name])


def _call(entry: Mapping[str, Any]) -> Described:
    method, path = entry["line"].split(" ")
    ways = {entry["name"], *entry.get("checks", "").split()}
    return Described(
        method,
        _full(path),
        entry["name"],
        _sentence(entry, "does"),
        {int(status): schema for status, schema in entry["answers"].items()},
        entry.get("body", ""),
        tuple(entry.get("query", ())),
        tuple(sorted(one.code for one in CODES.values() if one.calls & ways)),
        tuple(entry.get("faults", ())),
        entry.get("id", entry["name"]),
        _sentence(entry, "note") if "note" in entry else None,
        entry.get("deprecated", False),
    )


def _full(path: str) -> str:
    """B, S, V and P written out."""
    for short, full in (("B", B), ("S", S), ("V", VIA), ("P", OTP)):
        for start in ("", "/v2"):
            if path.startswith(f"{start}{short}/"):
                return start + full + path.removeprefix(start + short)
    return path


def _absent() -> CallGroup:
    """What İYS offers and this registry does not; the answer is 501."""
    does = Sentence("Burada sunulmuyor.")
    lines = [(method, path) for method, paths in NOT_OFFERED.items() for path in paths]
    calls = [
        Described(method, path, f"notOffered{number}", does, {}, codes=("Z501",), faults=(501,))
        for number, (method, path) in enumerate(lines, 1)
    ]
    return CallGroup("absent", Sentence("Sunulmayanlar"), tuple(calls))


GROUPS = (*read(tomllib.loads(Path(__file__).with_name("calls.toml").read_text("utf-8"))), _absent())
CALLS = tuple(call for group in GROUPS for call in group.calls)
