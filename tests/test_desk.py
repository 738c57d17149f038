"""What waits for the operator: each thing is seen, named with what clears it, and gone once it is cleared."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from consents.brands.companies import BadCompany
from consents.columns import stored
from consents.instants import DAY
from consents.registry import Registry
from consents.store import Statement, Transaction
from gateways.outbox import outbox, parked
from gateways.received import Received
from izin.operations import status_command
from optout.sms import inbound_messages
from panel.audit import audit_log
from panel.audit.audit_log import AuditSearch
from panel.operations import operator_status, outbox_actions
from settings import Settings, load
from tests import posting
from tests.conftest import NOON, SECRET, Clock
from tests.panel.changes import changed

FAILED = Statement(text("UPDATE outbox SET tries = 2, error = 'x' WHERE id = :id"))
GIVEN_UP = Statement(text("UPDATE outbox SET state = 'given_up', expires_at = :at WHERE id = :id"))
KEPT = Statement(text("SELECT state, error, sealed FROM outbox WHERE id = :id"))
DOWN = Statement(text("INSERT INTO carrier (kind, failing_since, failed_at) VALUES ('sms', :at, :at)"))


@pytest.fixture
def chosen(tmp_path: Path, database_url: str, registry: Registry) -> Settings:
    file = f"file:{tmp_path}/outbox.jsonl"
    witness, backup = str(tmp_path / "witness"), tmp_path / "backup"
    backup.write_text("x")
    os.utime(backup, (NOON // 1_000_000, NOON // 1_000_000))
    return load(
        {"SECRET_KEY": SECRET, "DATABASE_URL": database_url, "SMS_GATEWAY": file, "MAIL_GATEWAY": file,
         "WITNESS_FILE": witness, "BACKUP_PATH": str(backup)}
    )  # fmt: skip


def lines(registry: Registry, chosen: Settings) -> list[str]:
    view = operator_status.load(registry, chosen)._replace(disks={}, clocks=[])  # of whatever machine this runs on
    return list(status_command.task_lines(view, registry.store.now()))


def post(registry: Registry, **other: Any) -> int:
    def work(transaction: Transaction) -> int:
        values = {"kind": "sms", "to": "+905320000001", "text": "Merhaba", "expires_at": NOON + DAY, **other}
        return posting.post(transaction, registry.keyring, **values)

    return registry.store.write_now(work)


def change(registry: Registry, statement: Statement, **values: Any) -> None:
    registry.store.write_now(lambda transaction: transaction.run(statement, values))


def test_where_nothing_waits_nothing_is_told(registry: Registry, chosen: Settings) -> None:
    assert lines(registry, chosen) == []


def test_a_text_waits_until_it_was_read(registry: Registry, chosen: Settings) -> None:
    inbound = Received("file", "m1", "+905320000001", "3838", "merhaba nasilsiniz", NOON)
    registry.store.write_now(lambda t: inbound_messages.keep(t, registry.keyring, inbound, None, unclear=True))
    (line,) = lines(registry, chosen)
    assert ("SMS to read: 1" in line, "izin messages" in line, "merhaba" in line) == (True, True, False)
    (one,) = registry.store.read_now(inbound_messages.unclear, registry.keyring)
    registry.store.write_now(inbound_messages.done, one.id)
    assert lines(registry, chosen) == []


def test_a_message_that_failed_is_retried_or_dropped(registry: Registry, chosen: Settings, clock: Clock) -> None:
    number, sent = post(registry), post(registry)
    assert lines(registry, chosen) == [], "what waits for its first try is nobody's concern"
    change(registry, FAILED, id=number)
    assert "messages that fail: 1" in lines(registry, chosen)[0]
    (one,) = registry.store.read_now(parked.listed, registry.keyring)
    assert (one.id, one.to, one.again, one.error) == (number, "+90 532 ••• •• 01", True, "x")
    change(registry, GIVEN_UP, id=number, at=stored(NOON - 1))
    assert "given up: 1" in lines(registry, chosen)[0]
    clock.forward(minutes=5)
    assert registry.store.write_now(parked.retry, number)
    assert registry.store.read_now(outbox.due, "sms", clock.now)
    assert registry.store.write_now(parked.drop, number)
    assert registry.store.read_now(lambda snapshot: snapshot.one(KEPT, {"id": number})) == (
        "given_up", "dropped:", None
    )  # fmt: skip
    assert registry.store.read_now(parked.listed, registry.keyring) == []
    assert lines(registry, chosen) == [], "nothing is left to do about it"
    assert not registry.store.write_now(parked.retry, number), "its text is forgotten"
    assert not registry.store.write_now(parked.drop, number), "it was dropped before"
    assert not registry.store.write_now(parked.drop, sent), "it has not failed"
    assert not registry.store.write_now(parked.retry, 999)


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_nothing_is_dropped_without_a_reason(registry: Registry, reason: str) -> None:
    number = post(registry)
    change(registry, FAILED, id=number)
    with pytest.raises(BadCompany, match="give the reason"):
        changed(registry, outbox_actions.drop, number, reason)
    assert registry.store.read_now(parked.listed, registry.keyring)


def test_a_code_is_not_tried_again(registry: Registry, chosen: Settings) -> None:
    number = post(registry, secret=True)
    change(registry, FAILED, id=number)
    (one,) = registry.store.read_now(parked.listed, registry.keyring)
    assert not one.again
    assert not registry.store.write_now(parked.retry, number)


def test_a_carrier_that_fails_is_named(registry: Registry, chosen: Settings) -> None:
    change(registry, DOWN, at=stored(NOON))
    (line,) = lines(registry, chosen)
    assert "the carrier fails: sms, 2026-11-24 12:00:00" in line


@pytest.mark.parametrize("folder", [True, False])
def test_an_old_backup_is_named_and_a_new_one_is_not(
    registry: Registry, chosen: Settings, tmp_path: Path, folder: bool
) -> None:
    place = tmp_path / "backup"
    if folder:
        place.unlink()
        place.mkdir()
        (place / "older").write_text("x")
        os.utime(place / "older", (1, 1))
    file = place / "izin.db" if folder else place
    file.write_text("x")
    for age, told in ((1, False), (3, True)):
        at = (NOON - age * DAY) // 1_000_000
        os.utime(file, (at, at))
        assert operator_status.newest(chosen.backup_path) == at * 1_000_000
        assert any("newest backup" in line for line in lines(registry, chosen)) is told
    for one in [place] if not folder else place.iterdir():
        one.unlink()
    assert any("no backup found" in line for line in lines(registry, chosen))
    assert any(
        "BACKUP_PATH is not set" in line for line in lines(registry, chosen.model_copy(update={"backup_path": None}))
    )


def test_the_command_says_so(
    registry: Registry, chosen: Settings, run: Callable[..., Any], database_url: str, tmp_path: Path
) -> None:
    file = f"file:{tmp_path}/outbox.jsonl"
    given = {"DATABASE_URL": database_url, "SECRET_KEY": SECRET, "WITNESS_FILE": str(tmp_path / "witness"),
             "SMS_GATEWAY": file, "MAIL_GATEWAY": file}  # fmt: skip
    number = post(registry)
    registry.store.write_now(lambda transaction: transaction.run(FAILED, {"id": number}))
    done = run("status", **given)
    assert (done.returncode, "messages that fail: 1" in done.stdout) == (1, True), done.stderr
    assert run("outbox", "list", **given).stdout.startswith(f"{number}\tsms\twaiting\t")
    assert run("outbox", "retry", str(number), **given).returncode == 0
    assert "give the reason" in run("outbox", "drop", str(number), "--reason", " ", **given).stderr
    assert run("outbox", "drop", str(number), "--reason", "yanlış", **given).returncode == 0
    assert "no message 99" in run("outbox", "drop", "99", "--reason", "x", **given).stderr
    assert "cannot be tried again" in run("outbox", "retry", str(number), **given).stderr
    acts = registry.store.read_now(audit_log.find, registry.keyring, AuditSearch())
    assert [(act.what, act.person, act.why) for act in acts] == [
        ("message-dropped", None, "yanlış"), ("message-retried", None, "")
    ]  # fmt: skip
