"""The codes of İYS (API document 3.2.0) and our own, a row of codes.csv each: Z codes, faults and warnings of files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from consents.languages import Sentence

EVERY = "every"  # any call may answer it


class Code(NamedTuple):
    """``kind``: what follows where İYS answers it (national.upstream.AnswerClass), “own”, or the part of a file;
    ``about``: the field of a consent that it refuses; ``calls``: operations of the API that answer it, or what these
    check (providers/openapi/calls.toml); ``sentence``: fault and correction, None where only İYS uses the code;
    ``statuses``: HTTP statuses that it comes with here, none where no call answers it; ``then``: what a program
    does about it, a word of providers.openapi.descriptions.THEN."""

    code: str
    kind: str
    about: str
    calls: frozenset[str]
    sentence: Sentence | None
    statuses: tuple[int, ...] = ()
    then: str = ""


def _read(path: Path) -> dict[str, Code]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return {
        code: Code(code, kind, about, frozenset(calls.split()), Sentence(text) if text else None, *_answered(*more))
        for code, kind, about, calls, text, *more in rows
    }


def _answered(statuses: str = "", then: str = "") -> tuple[tuple[int, ...], str]:
    """The two cells that only codes have which a call answers."""
    return tuple(map(int, statuses.split())), then


def of_file(kind: str) -> dict[str, Sentence]:
    # By key: of “phone.empty” it is “empty”.
    return {one.code.partition(".")[2]: one.sentence for one in CODES.values() if one.sentence and one.kind == kind}


CODES = _read(Path(__file__).with_suffix(".csv"))
SENTENCES = {one.code: one.sentence for one in CODES.values() if one.sentence and "." not in one.code}
