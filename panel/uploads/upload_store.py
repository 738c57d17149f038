"""Table ``panel_upload``: files, their results, and leases. One process at a time works on a file and renews its
lease; after a kill another starts again, and repeated rows are recognised (L6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from sqlalchemy import select, text

from consents.brands import provider_list
from consents.columns import micros, stored
from consents.instants import DAY, MINUTE, SECOND
from consents.keys import Keyring
from consents.languages import Sentence
from consents.queries import loads
from consents.store import Snapshot, Statement, Transaction, among, table
from panel.uploads.tables import PanelUpload
from providers.uploads.files.file_header import AS_NAMED, Layout

KEPT = 3 * DAY  # µs: a file that nobody applies, and the refused rows
RECEIVED = 10 * MINUTE  # µs: until when a file has to be whole
BACK = DAY  # µs: for so long a load can be taken back (rule L11)
LEASE = 30 * SECOND
MOST_OPEN = 20  # files of a company that wait to be applied
MOST_TRIES = 10  # at one work, before it counts as impossible
_DAMAGED: Mapping[str, Any] = {}  # in place of what cannot be unsealed


class UploadState(StrEnum):
    """A file's state; the worker handles the first three of WORK."""

    RECEIVING = "receiving"
    CHECKING = "checking"  # the dry run waits or goes on
    ASKING = "asking"  # how its columns or dates are read
    CHECKED = "checked"
    LOADING = "loading"
    LOADED = "loaded"
    UNDOING = "undoing"
    UNDONE = "undone"
    UNREADABLE = "unreadable"  # the file as a whole; nothing was loaded
    FAILED = "failed"  # the loading could not be ended; what was loaded stands
    DROPPED = "dropped"


_table = table(PanelUpload).c
WORK = (UploadState.CHECKING, UploadState.LOADING, UploadState.UNDOING)
_FIRST_COLUMNS = (
    "id,brand,person,name,form,initial,size,lines,digest,state,received_at,changed_at,kept_until,asked_by,done,tries"
)
_COLUMNS = f"{_FIRST_COLUMNS},upload,loaded_at,tried,loaded,fault,layout"
_WORKS = ",".join(f"'{state}'" for state in WORK)
_FREE = f"state IN ({_WORKS}) AND (held_until IS NULL OR held_until < :now)"
_FIND = Statement(text(f"SELECT {_COLUMNS} FROM panel_upload WHERE id = :id AND state <> 'receiving'"))
_OF_BRAND = Statement(
    text(
        f"SELECT {_COLUMNS} FROM panel_upload "
        "WHERE brand = :brand AND state <> 'receiving' AND id < :before ORDER BY id DESC LIMIT :most"
    )
)
_FAILED = Statement(
    text(
        f"SELECT {_COLUMNS} FROM panel_upload WHERE state IN ('failed', 'unreadable') AND changed_at >= :since "
        "ORDER BY id LIMIT 200"
    )
)
_KEPT = Statement(
    text(f"SELECT {_COLUMNS} FROM panel_upload WHERE kept_until > :now AND state <> 'receiving' ORDER BY id")
)
_EXPIRE = Statement(
    text(
        "UPDATE panel_upload SET kept_until = :now, state = :to, fault = coalesce(:fault, fault), "
        "changed_at = CASE WHEN state = :to THEN changed_at ELSE :now END WHERE id = :id AND state = :was"
    )
)
_OPEN = Statement(
    text(
        "SELECT count(*) FROM panel_upload WHERE brand = :brand AND kept_until > :now "
        "AND state IN ('receiving', 'checking', 'asking', 'checked', 'loading')"
    )
)
_OF_LOADS = Statement(
    select(_table.upload, _table.id).where(
        among(_table.brand, "brands"), among(_table.upload, "loads"), _table.state != UploadState.RECEIVING.value
    )
)
_WAITING = Statement(
    text(f"SELECT id, brand, size, lines FROM panel_upload WHERE {_FREE} ORDER BY size, changed_at, id LIMIT 1000")
)
_HOLD = Statement(
    text(
        "UPDATE panel_upload SET holder = :holder, held_until = :until, tries = tries + 1, done = 0 "
        f"WHERE id = :id AND {_FREE}"
    )
)
_BEAT = Statement(text("UPDATE panel_upload SET held_until = :until, done = :done WHERE id = :id AND holder = :holder"))
_HELD = Statement(text("SELECT 1 FROM panel_upload WHERE id = :id AND holder = :holder"))
_LET_GO = Statement(
    text(
        "UPDATE panel_upload SET holder = NULL, held_until = NULL, tries = tries - 1 "
        "WHERE id = :id AND holder = :holder"
    )
)
_BATCH = Statement(text("UPDATE panel_upload SET upload = :upload WHERE id = :id AND holder = :holder"))
_MOVE = Statement(
    text(
        "UPDATE panel_upload SET state = :to, changed_at = :now, asked_by = :by, done = 0, tries = 0, fault = NULL, "
        "kept_until = CASE WHEN state = 'receiving' THEN :kept ELSE kept_until END, "
        "holder = NULL, held_until = NULL WHERE id = :id AND state = :was"
    )
)
_REREAD = Statement(
    text(
        "UPDATE panel_upload SET state = 'checking', changed_at = :now, asked_by = :by, done = 0, tries = 0, "
        "fault = NULL, form = :form, layout = :layout, holder = NULL, held_until = NULL "
        "WHERE id = :id AND state = :was AND kept_until > :now"
    )
)
_LAYOUT = Statement(
    text(
        "SELECT id, layout FROM panel_upload "
        "WHERE brand = :brand AND layout IS NOT NULL AND state <> 'receiving' ORDER BY id DESC LIMIT 1"
    )
)
_UNWANTED = Statement(text("DELETE FROM panel_upload WHERE id = :id AND state = 'receiving'"))
_END = Statement(
    text(
        "UPDATE panel_upload SET state = :to, changed_at = :now, kept_until = :kept, holder = NULL, held_until = NULL, "
        "tried = coalesce(:tried, tried), loaded = coalesce(:loaded, loaded), loaded_at = coalesce(loaded_at, :at), "
        "fault = :fault WHERE id = :id AND holder = :holder"
    )
)


class LostLease(Exception):
    """Another process has this file's lease."""


class NewUpload(NamedTuple):
    """A received file: its brand and person (internal ids), name, date format and matching of columns."""

    brand: int
    person: int
    name: str
    form: str | None
    initial: bool
    size: int
    lines: int
    digest: bytes
    layout: Layout = AS_NAMED


class PanelFile(NamedTuple):
    """Times in µs; ``tried``, ``loaded``: counts by name, ``fault``: in each language."""

    id: int
    brand: int
    person: int
    name: str
    form: str | None
    initial: bool
    size: int
    lines: int
    digest: bytes
    state: UploadState
    received_at: int
    changed_at: int
    kept_until: int
    asked_by: int | None
    done: int
    tries: int
    upload: int | None
    loaded_at: int | None
    tried: Mapping[str, Any] | None
    loaded: Mapping[str, Any] | None
    fault: tuple[str, ...] | None
    layout: Layout
    damaged: bool = False  # what was sealed with it can no longer be read

    @property
    def number(self) -> int:
        """The number that people see: the load's. Files of earlier versions got theirs with the loading."""
        return self.upload or self.id

    @property
    def seen(self) -> str:
        """The mark of the trial that the file's page shows."""
        return sha256(repr((self.changed_at, self.form, self.layout, self.tried)).encode()).hexdigest()[:20]

    def back_until(self, now: int) -> int | None:
        """Until when it can be undone (µs); None where it cannot."""
        if self.state not in (UploadState.LOADED, UploadState.FAILED) or self.upload is None:
            return None
        until = (self.loaded_at or self.changed_at) + BACK
        recorded = self.loaded is None or self.loaded["recorded"] > 0 or "attached" in self.loaded
        return until if recorded and now <= until else None


def begin(transaction: Transaction, keyring: Keyring, new: NewUpload) -> int:
    """A new file without pieces, invisible until ``received``; returns its number."""
    number, now = loads.number(transaction), stored(transaction.now)
    name = _sealed(keyring, {"name": new.name})
    values = (number, new.brand, new.person, name, *new[3:8], UploadState.RECEIVING)
    layout = _sealed_layout(keyring, new.layout)
    row = (*values, now, now, stored(transaction.now + RECEIVED), new.person, 0, 0, layout)
    transaction.insert("panel_upload", f"{_FIRST_COLUMNS},layout", [row])
    return number


def move(transaction: Transaction, number: int, was: UploadState, to: UploadState, by: int) -> bool:
    """Requests a file's next step; False where its state is not the one shown."""
    kept = stored(transaction.now + KEPT)
    values = {"id": number, "was": was, "to": to, "by": by, "now": stored(transaction.now), "kept": kept}
    return transaction.run(_MOVE, values) == 1


def reread(
    transaction: Transaction, keyring: Keyring, file: PanelFile, by: int, form: str | None, layout: Layout
) -> bool:
    """Requests another dry run, with these answers; False where its state changed, or it is kept no longer."""
    values = {"id": file.id, "was": file.state, "by": by, "now": stored(transaction.now), "form": form}
    return transaction.run(_REREAD, {**values, "layout": _sealed_layout(keyring, layout)}) == 1


def remembered(snapshot: Snapshot, keyring: Keyring, brands: Iterable[int]) -> Layout:
    """The newest matching of these brands (internal ids)."""
    found = [row for brand in brands if (row := snapshot.one(_LAYOUT, {"brand": brand}))]
    return _layout(_or_damaged(keyring, max(found, key=_number)[1])) if found else AS_NAMED


def unwanted(transaction: Transaction, number: int) -> None:
    """Deletes a file whose form has sent another first; its pieces are gone."""
    transaction.run(_UNWANTED, {"id": number})


def find(snapshot: Snapshot, keyring: Keyring, number: int) -> PanelFile | None:
    row = snapshot.one(_FIND, {"id": number})
    return None if row is None else _file(keyring, row)


def of_number(snapshot: Snapshot, keyring: Keyring, number: int, brands: Iterable[int]) -> PanelFile | None:
    """The file with this number among those of these brands (internal ids), else the one with this id."""
    brands = list(brands)
    found = find(snapshot, keyring, of_loads(snapshot, brands, [number]).get(number, number))
    return found if found is not None and found.brand in brands else None


def newest(
    snapshot: Snapshot, keyring: Keyring, brands: Iterable[int], before: int = 2**62, most: int = 50
) -> list[PanelFile]:
    """The newest files of these brands (internal ids), before one of them, at most ``most``."""
    values = {"before": before, "most": most}
    rows = [row for brand in brands for row in snapshot.all(_OF_BRAND, {**values, "brand": brand})]
    return [_file(keyring, row) for row in sorted(rows, reverse=True, key=_number)[:most]]


def of_loads(snapshot: Snapshot, brands: Iterable[int], loads: Iterable[int]) -> dict[int, int]:
    """Files of these brands (internal ids) by the number of their load."""
    values = {"brands": snapshot.array(brands), "loads": snapshot.array(loads)}
    return {int(load): int(number) for load, number in snapshot.all(_OF_LOADS, values)}


def open_files(snapshot: Snapshot, provider: int, now: int) -> int:
    """A provider's (internal id) files kept at ``now`` (µs)."""
    brands = [brand.id for brand in provider_list.brands_of(snapshot, provider)]
    found = [snapshot.one(_OPEN, {"brand": brand, "now": stored(now)}) for brand in brands]
    return sum(int(count) for (count,) in filter(None, found))


def failed(snapshot: Snapshot, keyring: Keyring, since: int) -> list[PanelFile]:
    """Files that could not be read or loaded since then (µs), at most 200."""
    return [_file(keyring, row) for row in snapshot.all(_FAILED, {"since": stored(since)})]


def kept(snapshot: Snapshot, keyring: Keyring, now: int) -> list[PanelFile]:
    """Received files of all companies that are kept at ``now`` (µs)."""
    return [_file(keyring, row) for row in snapshot.all(_KEPT, {"now": stored(now)})]


def expire(transaction: Transaction, keyring: Keyring, file: PanelFile, why: Sentence) -> bool:
    """Ends the keeping of a file that nobody works on, and drops it where it was not applied; the next sweep deletes
    its pieces. ``why``: for the company, unless the file was loaded or refused. False where its state changed."""
    over = file.state in (UploadState.LOADED, UploadState.UNDONE, UploadState.UNREADABLE, UploadState.DROPPED)
    values = {
        "id": file.id,
        "was": file.state,
        "to": UploadState.DROPPED if file.state in (UploadState.CHECKED, UploadState.ASKING) else file.state,
        "fault": None if over else _sealed(keyring, {"fault": why.forms()}),
        "now": stored(transaction.now),
    }
    return transaction.run(_EXPIRE, values) == 1


class WaitingFile(NamedTuple):
    """``provider``: internal id; ``lines``: about how many rows, 0 unknown."""

    id: int
    provider: int
    size: int
    lines: int


def waiting(snapshot: Snapshot, now: int) -> list[WaitingFile]:
    """Waiting files, the smallest first, then the oldest."""
    rows = snapshot.all(_WAITING, {"now": stored(now)})
    owners = {brand: provider_list.brand(snapshot, brand).provider for _, brand, *_ in rows}
    return [WaitingFile(int(number), owners[brand], int(size), int(lines)) for number, brand, size, lines in rows]


def hold(transaction: Transaction, number: int, holder: bytes) -> bool:
    """Takes a file's lease; False where another process has it."""
    until = stored(transaction.now + LEASE)
    values = {"id": number, "holder": holder, "until": until, "now": stored(transaction.now)}
    return transaction.run(_HOLD, values) == 1


def beat(transaction: Transaction, number: int, holder: bytes, done: int) -> bool:
    """Renews the lease and records progress; False where another process has it."""
    values = {"id": number, "holder": holder, "done": done, "until": stored(transaction.now + LEASE)}
    return transaction.run(_BEAT, values) == 1


def check_held(transaction: Transaction, number: int, holder: bytes) -> None:
    """Errors: LostLease."""
    if transaction.one(_HELD, {"id": number, "holder": holder}) is None:
        raise LostLease


def let_go(transaction: Transaction, number: int, holder: bytes) -> None:
    """Releases the lease for any process; that try does not count."""
    transaction.run(_LET_GO, {"id": number, "holder": holder})


def begin_load(transaction: Transaction, number: int, holder: bytes, file: PanelFile, window: int | None) -> int:
    """The number of the file's load, the same at each start. Errors: LostLease."""
    check_held(transaction, number, holder)
    upload = loads.begin(transaction, file.brand, file.digest, window, reserved=file.id)
    transaction.run(_BATCH, {"id": number, "holder": holder, "upload": upload})
    return upload


class Ending(NamedTuple):
    """The result: the new state, counts, errors."""

    to: UploadState
    tried: Mapping[str, Any] | None = None
    loaded: Mapping[str, Any] | None = None
    fault: Sentence | None = None


def end(transaction: Transaction, keyring: Keyring, number: int, holder: bytes, ending: Ending) -> bool:
    """Records the result; False where another process has the lease."""
    now = transaction.now
    values = {
        "id": number,
        "holder": holder,
        "to": ending.to,
        "now": stored(now),
        "kept": stored(now + KEPT),
        "at": stored(now) if ending.to in (UploadState.LOADED, UploadState.FAILED) else None,
        "tried": ending.tried and _sealed(keyring, ending.tried),
        "loaded": ending.loaded and _sealed(keyring, ending.loaded),
        "fault": ending.fault and _sealed(keyring, {"fault": ending.fault.forms()}),
    }
    return transaction.run(_END, values) == 1


def _number(row: tuple[Any, ...]) -> int:
    number, *_ = row
    return int(number)


def _sealed(keyring: Keyring, what: Mapping[str, Any]) -> bytes:
    return keyring.seal_evidence(what)[0]


def _opened(keyring: Keyring, sealed: Any) -> Mapping[str, Any] | None:
    return None if sealed is None else keyring.unseal_evidence(bytes(sealed))


def _or_damaged(keyring: Keyring, sealed: Any) -> Mapping[str, Any] | None:
    """``_opened``, ``_DAMAGED`` where it fails: one damaged row must not end the page or the job of the others."""
    try:
        return _opened(keyring, sealed)
    except (ValueError, InvalidTag):
        return _DAMAGED


def _sealed_layout(keyring: Keyring, layout: Layout) -> bytes | None:
    return None if layout == AS_NAMED else _sealed(keyring, layout._asdict())


def _layout(found: Mapping[str, Any] | None) -> Layout:
    """An earlier version's has fewer fields."""
    return Layout(**{name: found[name] for name in Layout._fields if name in found}) if found else AS_NAMED


def _file(keyring: Keyring, row: tuple[Any, ...]) -> PanelFile:
    file = PanelFile(*row)
    sealed = file.name, file.fault, file.tried, file.loaded, file.layout
    opened = [_or_damaged(keyring, one) for one in sealed]
    name, fault, tried, loaded, layout = (None if one is _DAMAGED else one for one in opened)
    return file._replace(
        name=name["name"] if name else "",
        initial=bool(file.initial),
        digest=bytes(file.digest),
        state=UploadState(file.state),
        received_at=micros(file.received_at),
        changed_at=micros(file.changed_at),
        kept_until=micros(file.kept_until),
        loaded_at=None if file.loaded_at is None else micros(file.loaded_at),
        tried=tried,
        loaded=loaded,
        fault=None if fault is None else tuple(fault["fault"]),
        layout=_layout(layout),
        damaged=any(one is _DAMAGED for one in opened),
    )
