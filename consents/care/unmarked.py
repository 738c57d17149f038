"""Marks for the evidence that erasures of earlier versions took: those left it empty, as anybody could.

Set once, by the ``izin migrate`` that brings the database to this version. Evidence found empty later is a fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, literal_column, select, update

from consents.keys import Keyring
from consents.models import Act
from consents.models import Registry as Row
from consents.store import Snapshot, Statement, Transaction

PART = 2000  # acts in a transaction

_act = Act.__table__  # type: ignore[attr-defined]
_row = Row.__table__  # type: ignore[attr-defined]

_UNMARKED = Statement(select(_row.c.unmarked))
_DONE = Statement(update(_row).values(unmarked=bindparam("left")))
_MARK = Statement(
    update(_act).where(_act.c.id == bindparam("of_act"), _act.c.evidence.is_(None)).values(evidence=bindparam("erased"))
)


def emptied(part: int) -> Statement:
    """The next acts whose evidence is gone without a mark."""
    return Statement(
        select(_act.c.id, _act.c.recipient)
        .where(
            _act.c.id > bindparam("after"),
            _act.c.evidence.is_(None),
            _act.c.evidence_digest.is_not(None),
            _act.c.recipient.is_not(None),
        )
        .order_by(_act.c.id)
        .limit(literal_column(str(part)))
    )


_EMPTY = emptied(PART)


def left(snapshot: Snapshot) -> bool:
    """Whether the marks of earlier erasures are still to be set."""
    row = snapshot.one(_UNMARKED)
    return row is not None and bool(row[0])


def empty(snapshot: Snapshot, after: int) -> list[tuple[Any, ...]]:
    """The next acts, and whose they are, whose evidence is gone without a mark."""
    return snapshot.all(_EMPTY, {"after": after})


def mark(transaction: Transaction, keyring: Keyring, acts: Sequence[tuple[Any, ...]]) -> None:
    """Says of these that an erasure took their evidence, also of people who came back since."""
    if not left(transaction):  # another process was faster, and what was emptied since is no erasure
        return
    for act, recipient in acts:
        transaction.run(_MARK, {"of_act": act, "erased": keyring.erased_evidence(recipient)})


def done(transaction: Transaction) -> None:
    """From now on evidence without a mark is a fault."""
    transaction.run(_DONE, {"left": False})
