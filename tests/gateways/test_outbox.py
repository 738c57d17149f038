"""The outbox: what is posted is sealed, belongs to its change, and cannot smuggle a header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction
from gateways.outbox import claims, outbox, parked
from tests import case, posting
from tests.conftest import NOON, Clock, swept
from tests.gateways.conftest import CANARIES, MAIL, SECOND, SMS, Pigeon, Post, Row, deliver

CONTROLS = [chr(code) for code in (*range(32), 127, 0x85, 0x9B, 0x2028, 0x2029)]


def test_nobody_can_be_found_in_the_database_file_or_its_log(
    sqlite_url: str, open_registry: Any, clock: Clock, tmp_path: Path
) -> None:
    registry = open_registry(sqlite_url)
    for words in (SMS, MAIL):
        registry.store.write_now(_post, registry, words)
    for turn in range(2):
        files = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
        assert len(files["izin.db-wal"]) > 10_000
        for name, content in files.items():
            assert not [word for word in CANARIES if word.encode() in content], name
        if not turn:  # the same after both have been sent
            deliver(registry, Pigeon(), "sms")
            deliver(registry, Pigeon(), "mail")


def test_a_row_shows_no_address_and_no_text(registry: Registry, post: Post) -> None:
    post(SMS), post(MAIL)
    rows = registry.store.read_now(Snapshot.all, Statement(text("SELECT * FROM outbox")))
    shown = repr([[bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in rows])
    assert len(rows) == 2
    assert not [word for word in CANARIES if word in shown]


def test_two_alike_messages_look_different(registry: Registry, post: Post, row: Row) -> None:
    assert bytes(row(post())["sealed"]) != bytes(row(post())["sealed"])


def test_nobody_has_a_sign_in_code_sent_again(registry: Registry, clock: Clock, post: Post, row: Row) -> None:
    """Its owner asks for a new one; another message is sent again."""
    for secret in (True, False):
        number = post(SMS, secret=secret)
        (claimed,), _ = registry.store.write_now(claims.claim, "sms", 16)
        registry.store.write_now(claims.postpone, claimed, "TimeoutError", False)
        before = row(number)["next_try_at"]
        shown = registry.store.read_now(parked.by_number, registry.keyring, number)
        assert shown is not None
        assert shown.again is not secret
        assert registry.store.write_now(parked.retry, number) is not secret
        assert (row(number)["next_try_at"] == before) is secret
        clock.forward(seconds=1)


def test_a_message_is_undone_with_its_change(registry: Registry, clock: Clock) -> None:
    def change(transaction: Transaction) -> None:
        _post(transaction, registry, SMS)
        raise LookupError

    with pytest.raises(LookupError):
        registry.store.write_now(change)
    assert not registry.store.read_now(outbox.due, "sms", clock.now)


@pytest.mark.parametrize("field", ["to", "subject", "text"])
def test_no_control_character_is_posted(sqlite_url: str, open_registry: Any, field: str) -> None:
    registry = open_registry(sqlite_url)
    for control in CONTROLS:
        with case(control):
            words = {**MAIL, field: MAIL[field][:5] + control + "Bcc: yabanci@example.com" + MAIL[field][5:]}
            if (field, control) == ("text", "\n"):
                assert registry.store.write_now(_post, registry, words)  # a text has lines
                continue
            with pytest.raises(ValueError, match=r"^(no address to send mail to|a message with a control character)$"):
                registry.store.write_now(_post, registry, words)


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        ("sms", "kanarya@example.com"), ("sms", "05320000017"), ("sms", "+90532"), ("sms", "+905320000017 "),
        ("sms", "+0532000001700"), ("sms", "+9053200000170000"), ("sms", ""), ("mail", "+905320000017"),
        ("mail", "a@b@example.com"), ("mail", "a b@example.com"), ("mail", "a@example.com,b@example.com"),
        ("mail", "<a@example.com>"), ("mail", "@example.com"), ("mail", "a@"), ("mail", "a@ex\u0430mple.com"),
    ],
)  # fmt: skip
def test_only_an_address_of_its_kind_is_posted_to(sqlite_url: str, open_registry: Any, kind: str, to: str) -> None:
    registry = open_registry(sqlite_url)
    with pytest.raises(ValueError, match=f"^no address to send {kind} to$"):
        registry.store.write_now(_post, registry, {**SMS, "kind": kind, "to": to})


def test_what_waits_and_what_was_given_up_is_counted(registry: Registry, clock: Clock, post: Post) -> None:
    assert registry.store.read_now(outbox.tally) == {}
    post(SMS, minutes=1), post(SMS, minutes=1), post(MAIL)
    assert registry.store.read_now(outbox.tally) == {("sms", "waiting"): 2, ("mail", "waiting"): 1}
    clock.forward(minutes=1)
    deliver(registry, Pigeon())
    assert registry.store.read_now(outbox.tally) == {("sms", "given_up"): 2, ("mail", "waiting"): 1}


def test_nothing_is_due_before_its_time(registry: Registry, clock: Clock, post: Post) -> None:
    post(SMS)
    assert registry.store.read_now(outbox.due, "sms", clock.now)
    assert not registry.store.read_now(outbox.due, "mail", clock.now)
    assert not registry.store.read_now(outbox.due, "sms", clock.now - 1)


def test_what_is_done_with_is_forgotten_after_thirty_days(registry: Registry, clock: Clock, post: Post) -> None:
    post(SMS), post(MAIL, secret=False, minutes=60 * 24 * 90)
    deliver(registry, Pigeon())
    clock.forward(days=30)
    assert swept(registry.store, "outbox") == 0
    clock.forward(seconds=1)
    assert swept(registry.store, "outbox") == 1
    assert swept(registry.store, "outbox") == 0
    assert registry.store.read_now(outbox.tally) == {("mail", "waiting"): 1}


def test_looking_for_what_is_due_reads_an_index(sqlite_url: str, open_registry: Any) -> None:
    registry = open_registry(sqlite_url)
    wanted = {"kind": "sms", "now": 1, "secret": True, "until": 2, "most": 3, "again": False}
    with registry.store.snapshot() as snapshot:
        for statement in (outbox._DUE, claims._CLAIM, claims._EXPIRE):
            query, values = statement.bound("sqlite", wanted)
            plan = snapshot.connection.execute("EXPLAIN QUERY PLAN " + query, values).fetchall()
            steps = [step[-1] for step in plan]
            assert any("outbox_due (kind=? AND secret=? AND next_try_at<?" in step for step in steps), steps
            assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step], steps


def _post(transaction: Transaction, registry: Registry, words: dict[str, str]) -> int:
    return posting.post(transaction, registry.keyring, **words, secret=True, expires_at=NOON + 600 * SECOND)
