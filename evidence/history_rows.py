"""History in flat memory, from its first to its last act, as the leaves of the log. Numbers have no gaps, so missing,
added or misplaced rows show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from consents.queries import log_rows
from consents.queries.log_rows import ActRow, EventRow
from consents.store import Snapshot
from evidence.leaves import ACT, EVENT, LeafCodes, LogFault, act_data, blanket_data, event_data, event_hashes, names
from evidence.merkle import leaf, root

PAGE = 2048  # acts read at once
WINDOW = 8192  # events read at once: a power of two, so that the root of a longer act is that of its windows' roots


def last_act(snapshot: Snapshot) -> int:
    """The last act; 0 where there is none. Errors: LogFault when the first is not number 1."""
    return _last(snapshot, "act")


def last_event(snapshot: Snapshot) -> int:
    """The last event; 0 where there is none. Errors: LogFault when the first is not number 1."""
    return _last(snapshot, "consent_event")


def act(snapshot: Snapshot, number: int) -> ActRow:
    """Errors: LogFault."""
    found = log_rows.acts(snapshot, number, number)
    if not found:
        raise LogFault(f"act {number} is missing")
    return found[0]


def leaves(snapshot: Snapshot, first: int, last: int) -> Iterator[bytes]:
    """The hashed leaves of acts ``first`` to ``last``. Errors: LogFault where the rows do not fit together."""
    return (leaf(data) for data in data_of(snapshot, first, last))


def data_of(snapshot: Snapshot, first: int, last: int) -> Iterator[bytes]:
    known = names(snapshot)
    before = act(snapshot, first - 1) if first > 1 else None
    for start in range(first, last + 1, PAGE):
        end = min(last, start + PAGE - 1)
        page = log_rows.acts(snapshot, start, end)
        _check_order(page, start, end, before)
        for group in _groups(page):
            yield from map(act_data, group, _roots(snapshot, known, group))
        before = page[-1]


def event_leaves(snapshot: Snapshot, past: ActRow) -> list[bytes]:
    size, known = past.last_event - past.first_event + 1, names(snapshot)
    rows = events(snapshot, past.first_event, past.last_event, [past.id] * size) if size else []
    return [event_data(known, row) for row in rows]


def blanket_leaves(snapshot: Snapshot, past: ActRow) -> list[bytes]:
    """The leaves of an act's standing refusals, or of their ends, which follow those of its events. Errors:
    LogFault."""
    if past.blankets is None:
        return []
    rows = log_rows.blankets(snapshot, past.id, past.id)
    for row in rows:
        if row.recipient != past.recipient:
            raise LogFault(f"standing refusal {row.id} is not of the recipient of act {past.id}")
    if len(rows) != past.blankets:
        raise LogFault(f"a standing refusal of act {past.id} is missing, or one too many")
    return [blanket_data(row) for row in rows]


def events(snapshot: Snapshot, first: int, last: int, acts: Sequence[int]) -> list[EventRow]:
    """Errors: LogFault unless all are there and each belongs to its act."""
    rows = log_rows.events(snapshot, first, last)
    if [row[ACT] for row in rows] == acts:
        return rows
    for number, row, belongs in zip(range(first, last + 1), rows, acts, strict=False):
        if row[EVENT] != number:
            break
        if row[ACT] != belongs:
            raise LogFault(f"event {number} stands under act {row[ACT]}, not under act {belongs}")
    else:
        number = first + len(rows)
    raise LogFault(f"event {number} is missing")


def _last(snapshot: Snapshot, table: str) -> int:
    first, last = log_rows.ends(snapshot, table)
    if first not in (None, 1):
        raise LogFault(f"{table} begins with number {first}")
    return last or 0


def _roots(snapshot: Snapshot, known: LeafCodes, group: list[ActRow]) -> list[bytes]:
    first, last = group[0].first_event, group[-1].last_event
    if last - first >= WINDOW:
        return [_long_root(snapshot, known, group[0])]
    acts = [act.id for act in group for _ in range(act.last_event - act.first_event + 1)]
    hashes = event_hashes(known, events(snapshot, first, last, acts)) if acts else []
    ahead = {
        act.id: [leaf(data) for data in blanket_leaves(snapshot, act)] for act in group if act.blankets is not None
    }
    return [root(hashes[act.first_event - first : act.last_event - first + 1] + ahead.get(act.id, [])) for act in group]


def _long_root(snapshot: Snapshot, known: LeafCodes, act: ActRow) -> bytes:
    roots: list[bytes] = []
    rest: list[bytes] = []
    for start in range(act.first_event, act.last_event + 1, WINDOW):
        end = min(act.last_event, start + WINDOW - 1)
        roots += [root(rest)] if rest else []
        rest = event_hashes(known, events(snapshot, start, end, [act.id] * (end - start + 1)))
    rest += [leaf(data) for data in blanket_leaves(snapshot, act)]
    roots += [root(rest[at : at + WINDOW]) for at in range(0, len(rest), WINDOW)]
    return root(roots)


def _groups(page: list[ActRow]) -> Iterator[list[ActRow]]:
    group: list[ActRow] = []
    for act in page:
        if group and act.last_event - group[0].first_event >= WINDOW:
            yield group
            group = []
        group.append(act)
    if group:
        yield group


def _check_order(page: list[ActRow], first: int, last: int, before: ActRow | None) -> None:
    """Errors: LogFault where numbers have gaps or times go back."""
    event, recorded_at = (before.last_event + 1, before.recorded_at) if before else (1, 0.0)
    for number, act in enumerate(page, first):
        if act.id != number:
            raise LogFault(f"act {number} is missing")
        try:
            if act.first_event != event or act.last_event < event - 1:
                raise LogFault(f"act {number} has events {act.first_event} to {act.last_event}; {event} should be next")
            if act.recorded_at < recorded_at:
                raise LogFault(f"act {number} was recorded before act {number - 1}")
        except TypeError:
            raise LogFault(f"act {number} holds what no act can hold") from None
        event, recorded_at = act.last_event + 1, act.recorded_at
    if len(page) != last - first + 1:
        raise LogFault(f"act {first + len(page)} is missing")
