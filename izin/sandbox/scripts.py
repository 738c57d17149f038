"""Scripted answers of the sandbox: what a call gets in place of its own answer, or with it. Each names an event that a
program must survive; docs/sandbox.md has what a right one does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from consents.languages import Sentence

LONGEST = 30  # seconds of a slow answer
MOST_CALLS = 100  # calls of one script
MOST_WAITING = 20  # scripts of one sandbox
LATE = 300  # seconds until the results of a list
BLIND = 3600  # seconds for which status and changes lag
HEADER = "izin-sandbox"


class ScriptKind(Enum):
    ERROR = "error"  # the call does not happen
    SLOW = "slow"
    LOST = "lost"  # the call happens, and its answer is lost
    LATE = "late"
    BLIND = "blind"
    DEAD = "dead"  # the token ends


class Script(NamedTuple):
    """``calls``: a pattern of ``METHOD path`` for which it may be set; ``status``, ``code``, ``wait``: of an ERROR,
    ``wait`` seconds in Retry-After; ``page``: the error is a page, as of a proxy, without a code."""

    name: str
    kind: ScriptKind
    does: Sentence
    calls: re.Pattern[str]
    status: int = 0
    code: str = ""
    wait: int = 0
    page: bool = False


_ANY = re.compile("")
_SIGNED_IN = re.compile(r"\S+ (?!/oauth2/)")
_TOKEN = re.compile("POST /oauth2/token")
_STATUS = re.compile("POST .*/consents/status$")
_HISTORY = re.compile("POST .*/consents/history$")
_LISTS = re.compile("POST .*/consents/request$")

SCRIPTS: Mapping[str, Script] = {
    one.name: one
    for one in (
        Script("H084", ScriptKind.ERROR, Sentence("Bir saat jeton verilmez."), _TOKEN, 429, "H084", 3600),
        Script("H086", ScriptKind.ERROR, Sentence("Bir saat tekil sorgu yapılmaz."), _STATUS, 429, "H086", 3600),
        Script("H089", ScriptKind.ERROR, Sentence("Bir saat geçmiş sorulmaz."), _HISTORY, 429, "H089", 3600),
        Script("H124", ScriptKind.ERROR, Sentence("Saniyede çok fazla çağrı."), _ANY, 429, "H124", 1),
        Script("500", ScriptKind.ERROR, Sentence("Sunucu hatası; çağrı işlenmedi."), _ANY, 500, "H015"),
        Script("503", ScriptKind.ERROR, Sentence("Hizmet kapalı; çağrı işlenmedi."), _ANY, 503, "H123", 2),
        Script("503-html", ScriptKind.ERROR, Sentence("Hizmet kapalı; cevap JSON değil."), _ANY, 503, "", 2, page=True),
        Script("slow", ScriptKind.SLOW, Sentence("Cevap yavaş gelir: slow=10, on saniye."), _ANY),
        Script("lost", ScriptKind.LOST, Sentence("Çağrı işlenir, cevabı gelmez."), _ANY),
        Script("401", ScriptKind.DEAD, Sentence("Erişim jetonu ölür."), _SIGNED_IN),
        Script("late", ScriptKind.LATE, Sentence("Listelerin sonucu 300 saniye sonra gelir."), _LISTS),
        Script(
            "blind",
            ScriptKind.BLIND,
            Sentence("Bir saat boyunca durum, geçmiş ve hareketler eski hâlini gösterir."),
            _SIGNED_IN,
        ),
    )
}


class UnknownScript(ValueError):
    """No script has this name, or not this form."""


class ChosenScript(NamedTuple):
    """A script with its seconds (of a slow answer)."""

    script: Script
    seconds: int = 0

    def fits(self, method: str, path: str) -> bool:
        return self.script.calls.match(f"{method} {path}") is not None


def read(text: str) -> ChosenScript:
    """``H084``, ``slow=10``. Errors: UnknownScript."""
    name, _, seconds = text.strip().partition("=")
    script = SCRIPTS.get(name)
    timed = script is not None and script.kind is ScriptKind.SLOW
    if script is None or (seconds and not timed) or not re.fullmatch("[0-9]{0,2}", seconds):
        raise UnknownScript(text)
    return ChosenScript(script, min(int(seconds or 10), LONGEST) if timed else 0)


class WaitingScripts:
    """The scripts that the next calls of one sandbox get, in their order."""

    def __init__(self) -> None:
        self._sets: list[tuple[ChosenScript, int]] = []

    def add(self, one: ChosenScript, calls: int) -> bool:
        """False where too many wait."""
        if len(self._sets) >= MOST_WAITING:
            return False
        self._sets.append((one, calls))
        return True

    def take(self, method: str, path: str) -> ChosenScript | None:
        """The first that fits the call; it has one call less then."""
        for place, (one, calls) in enumerate(self._sets):
            if one.fits(method, path):
                self._sets[place : place + 1] = [(one, calls - 1)] if calls > 1 else []
                return one
        return None

    def clear(self) -> None:
        self._sets.clear()

    def listed(self) -> list[dict[str, object]]:
        return [{"script": one.script.name, "calls": calls} for one, calls in self._sets]
