"""Takes one load back, within a day (rule L11): its words leave the fold, and what somebody said since stays."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, select

from consents import ledger
from consents.columns import micros
from consents.history import Deed
from consents.instants import DAY
from consents.models import Act, Upload
from consents.registry import Registry
from consents.store import Snapshot, Statement
from consents.terms import Actor, Door

_upload = Upload.__table__.c  # type: ignore[attr-defined]
_act = Act.__table__.c  # type: ignore[attr-defined]
_FIND = Statement(select(_upload.id).where(_upload.id == bindparam("upload")))
_ACTS = Statement(
    select(_act.id, _act.first_event, _act.last_event, _act.recorded_at, _act.undoes)
    .where(_act.upload == bindparam("upload"))
    .order_by(_act.id.desc())
)


class NotTakenBack(Exception):
    """Why a load cannot be taken back; ``tr`` and ``en`` are for people. Nothing was changed."""

    def __init__(self, tr: str, en: str) -> None:
        super().__init__(f"{tr} / {en}")
        self.tr, self.en = tr, en


class TakenBack(NamedTuple):
    """``movements``: how many consents and refusals the load had recorded; ``again``: it was taken back before."""

    movements: int
    again: bool


def take_back(registry: Registry, upload: int, door: Door = Door.FILE) -> TakenBack:
    """Undoes a whole load, the latest part first; done again it changes nothing and answers alike.

    A transaction for each of its parts: opt-outs pass between, and what was cut off is ended by doing it again.
    Errors: NotTakenBack, StoreUnavailable.
    """
    rows = registry.store.read_now(_acts, upload)
    undone = {row[4] for row in rows if row[4] is not None}
    acts = [row for row in rows if row[4] is None]
    open_acts = [row[0] for row in acts if row[0] not in undone]
    if open_acts:
        _refuse_late(max(micros(row[3]) for row in acts), registry.store.now())
    deed = Deed(Actor.PROVIDER, door)
    for act in open_acts:
        registry.store.write_now(ledger.undo, registry.policy, act, deed)
    return TakenBack(sum(last - first + 1 for _, first, last, _, _ in acts), again=not open_acts)


def _acts(snapshot: Snapshot, upload: int) -> list[tuple[int, int, int, float, int | None]]:
    """A load's acts and their undoing acts, the latest first."""
    if upload >= 2**63 or snapshot.one(_FIND, {"upload": upload}) is None:
        raise NotTakenBack(
            f"{upload} numaralı yükleme yok. Numarası, yüklemenin son satırında «batch» olarak yazar.",
            f"There is no load number {upload}. Its number stands in the last line of the import, as “batch”.",
        )
    found = [tuple(row) for row in snapshot.all(_ACTS, {"upload": upload})]
    if not found:
        raise NotTakenBack(
            f"{upload} numaralı yükleme bir şey kaydetmemiş; geri alınacak bir şey yok.",
            f"Load number {upload} recorded nothing; there is nothing to take back.",
        )
    return found


def _refuse_late(recorded_at: int, now: int) -> None:
    if now > recorded_at + DAY:
        raise NotTakenBack(
            "Yüklemenin üzerinden 24 saat geçti; geri alınamaz. Yanlış olanları bir dosyayla düzeltin.",
            "More than 24 hours have passed since the load; it cannot be taken back. Correct what is wrong by a file.",
        )
