"""What is appended on PostgreSQL becomes few statements, in its order and with nothing lost."""

from __future__ import annotations

from collections.abc import Callable

from consents.store.appending import Append, Sending, joined
from consents.store.cursors import Only, on_conflict


def _nothing() -> None:
    pass


def _append(table: str, rows: int, width: int = 2, conflict: str = "") -> Append:
    columns = ",".join(f"c{number}" for number in range(width))
    return Append(table, columns, [tuple(range(row, row + width)) for row in range(rows)], conflict)


def _tables(sent: Sending | Callable[[], None]) -> list[str]:
    assert isinstance(sent, Sending)
    return [word.split()[0] for word in sent.text.split("INSERT INTO ")[1:]]


def test_neighbours_become_one_statement() -> None:
    conflict = on_conflict("state", "c0", "c0,c1", adding=False)
    (sent,) = joined([_append("act", 1), _append("event", 2), _append("state", 1, conflict=conflict)])
    assert isinstance(sent, Sending)
    assert sent.text == (
        "WITH w0 AS (INSERT INTO act (c0,c1) VALUES (%s,%s)), "
        "w1 AS (INSERT INTO event (c0,c1) VALUES (%s,%s),(%s,%s)) "
        "INSERT INTO state (c0,c1) VALUES (%s,%s) ON CONFLICT (c0) DO UPDATE SET c1=excluded.c1"
    )
    assert sent.rows == [[0, 1, 0, 1, 1, 2, 0, 1]]


def test_a_row_may_hang_on_a_condition() -> None:
    room = Only("(SELECT count(*) FROM told WHERE k = %s) < 3", (7,), "told")
    conflict = on_conflict("told", "c0", "c0,c1", adding=True)
    told = _append("told", 1, conflict=conflict)._replace(only=room)
    (sent,) = joined([_append("act", 1), _append("outbox", 1)._replace(only=room), told])
    assert isinstance(sent, Sending)
    assert sent.text == (
        "WITH w0 AS (INSERT INTO act (c0,c1) VALUES (%s,%s)), "
        "w1 AS (INSERT INTO outbox (c0,c1) SELECT %s,%s WHERE (SELECT count(*) FROM told WHERE k = %s) < 3) "
        "INSERT INTO told (c0,c1) SELECT %s,%s WHERE (SELECT count(*) FROM told WHERE k = %s) < 3 "
        "ON CONFLICT (c0) DO UPDATE SET c1=told.c1 + excluded.c1"
    )
    assert sent.rows == [[0, 1, 0, 1, 7, 0, 1, 7]]
    apart = list(joined([_append("told", 1), _append("outbox", 1)._replace(only=room)]))
    assert [_tables(one) for one in apart] == [["told"], ["outbox"]], "it would not see what is told with it"
    (wide,) = joined([_append("outbox", 1, 60)._replace(only=room)])
    assert isinstance(wide, Sending)
    assert wide.text.count("%s") == len(wide.rows[0]) == 61


def test_no_statement_writes_a_table_twice_or_passes_another_work() -> None:
    sent = list(joined([_append("act", 1), _append("event", 1), _append("act", 1), _nothing, _append("event", 1)]))
    assert [one if callable(one) else _tables(one) for one in sent] == [["act", "event"], ["act"], _nothing, ["event"]]


def test_many_rows_are_sent_by_themselves_and_few_only_as_far_as_they_fit() -> None:
    sent = list(joined([_append("act", 20), _append("event", 26), _append("state", 3), _append("limit", 23)]))
    assert [_tables(one) for one in sent] == [["act"], ["event"], ["state"], ["limit"]]
    assert [len(one.rows) for one in sent if isinstance(one, Sending)][1] == 26


def test_what_stands_is_replaced_or_added_to() -> None:
    assert on_conflict("t", "a,b", "a,b,c", adding=True) == "ON CONFLICT (a,b) DO UPDATE SET c=t.c + excluded.c"
