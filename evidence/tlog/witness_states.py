"""What each witness of the public log answered last, and what the operator must know of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select

from consents.columns import micros, stored
from consents.instants import HOUR, moment
from consents.store import Snapshot, Statement, Transaction, table
from evidence.tables import LogWitness
from evidence.tlog import heads

_table = table(LogWitness)
_ALL = Statement(select(*(_table.c[name] for name in ("name", "size", "state", "detail", "at", "since"))))
PATIENCE = HOUR  # µs for which a witness may be silent before the operator hears of it


class WitnessState(StrEnum):
    """``FORK``: it saw another history; ``AHEAD``: a longer one; ``REFUSED``: it does not know this log."""

    OK = "ok"
    SILENT = "silent"
    REFUSED = "refused"
    FORK = "fork"
    AHEAD = "ahead"


class SeenWitness(NamedTuple):
    """``size``: acts that it cosigned, 0: none; ``at``, ``since``: µs."""

    name: str
    size: int
    state: WitnessState
    detail: str
    at: int
    since: int


def list_all(snapshot: Snapshot) -> dict[str, SeenWitness]:
    rows = (
        SeenWitness(name, size, WitnessState(state), detail, micros(at), micros(since))
        for name, size, state, detail, at, since in snapshot.all(_ALL)
    )
    return {one.name: one for one in rows}


def note(transaction: Transaction, seen: SeenWitness) -> None:
    row = (seen.name, seen.size, str(seen.state), seen.detail, stored(seen.at), stored(seen.since))
    transaction.upsert("log_witness", "name", "name,size,state,detail,at,since", [row])


def contradictions(snapshot: Snapshot, names: Collection[str]) -> list[str]:
    """A sentence for each of these witnesses that saw another history than this database holds."""
    return [sentence for state, sentence in _sentences(snapshot, names, 0) if state in _CONTRADICTS]


def faults(snapshot: Snapshot, names: Collection[str], now: int) -> list[str]:
    """``contradictions``, and witnesses that do not cosign."""
    return [sentence for _, sentence in _sentences(snapshot, names, now)]


_CONTRADICTS = {WitnessState.FORK, WitnessState.AHEAD}


def _sentences(snapshot: Snapshot, names: Collection[str], now: int) -> Iterator[tuple[WitnessState, str]]:
    known, head = list_all(snapshot), heads.newest(snapshot)
    for name in names:
        if (seen := known.get(name)) is None or seen.state is WitnessState.OK:
            continue
        since = moment(seen.since).isoformat(timespec="seconds")
        if seen.state is WitnessState.FORK:
            yield (
                seen.state,
                f"witness {name} refuses this log since {since}: it cosigned another history of {seen.size} acts than "
                "this database holds. An older backup was brought back, or history was written anew. Run izin verify, "
                "keep the database as it is, and ask the witness for the checkpoint that it cosigned",
            )
        elif seen.state is WitnessState.AHEAD:
            here = head.size if head else 0
            yield (
                seen.state,
                f"witness {name} cosigned {seen.size} acts, and this database holds {here} (seen {since}): an older "
                "backup was brought back, or a standby that lacked the newest was promoted. Bring back a newer one",
            )
        elif seen.state is WitnessState.REFUSED:
            yield (
                seen.state,
                f"witness {name} does not cosign since {since} ({seen.detail}): give its operator the keys that izin "
                "log key prints, or correct LOG_WITNESSES",
            )
        elif seen.since + PATIENCE < now:
            yield seen.state, f"witness {name} has not answered since {since} ({seen.detail})"
