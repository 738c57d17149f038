"""A receipt convinces an outsider who has the verifier key and docs/log.md, and nothing of this program."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from consents.terms import Actor, Channel, Door, Identity, Status, Term
from evidence import checkpoints, log
from evidence.checkpoints import LogKey
from tests import ROOT
from tests.evidence.conftest import run
from tests.providers.api.desk import CINAR, Desk, Program
from tests.providers.api.test_consents import RET, decides
from tests.providers.api.test_proofs import izin, refused

DOC = (ROOT / "docs" / "log.md").read_text(encoding="utf-8")
(CHECK,) = re.findall(r"```python\n(.*?)```", DOC, re.DOTALL)
MOVEMENT = {
    "event": 8,
    "act": 8,
    "recorded": "2026-11-24 12:00:00",
    "decided": "2026-11-24 12:00:00",
    "brand": CINAR,
    "retailer": None,
    "channel": "MESAJ",
    "identity": "BIREYSEL",
    "status": "RET",
    "meaning": "reddedildi / refused",
    "actor": "citizen",
    "undoesAct": None,
}


@pytest.fixture
def receipt(here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    for number in range(2, 9):
        decides(here, number, RET)
    name, file = refused(here, cinar), tmp_path / "receipt.json"
    decides(here, 9, RET)
    log.extend(here.registry)
    assert izin(here, monkeypatch, name, "--log", str(file)).exit_code == 0
    told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert told["movement"].pop("transactionId") == name
    return told


def checked(receipt: dict[str, Any], verifier: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the lines of the document say, in an empty folder."""
    (folder / "check.py").write_text(CHECK, encoding="utf-8")
    (folder / "receipt.json").write_text(json.dumps(receipt), encoding="utf-8")
    command = [sys.executable, "-I", "check.py", "receipt.json", verifier]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def key(here: Desk) -> LogKey:
    return LogKey.of(here.registry.keyring)


def test_the_documented_lines_accept_a_receipt(here: Desk, receipt: dict[str, Any], tmp_path: Path) -> None:
    done = checked(receipt, key(here).verifier(), tmp_path)
    newest = here.registry.store.read_now(checkpoints.latest)
    assert newest is not None
    root = b64encode(newest[0].root).decode()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"8 8 {CINAR} MESAJ BIREYSEL RET 1795510800 9 {root}\n"


def test_a_receipt_says_in_words_what_its_leaves_say(receipt: dict[str, Any]) -> None:
    assert {name: receipt["movement"][name] for name in MOVEMENT} == MOVEMENT
    assert set(receipt["movement"]) == {*MOVEMENT, "source", "door"}


def test_the_documented_lines_accept_a_receipt_from_before_the_public_log(
    here: Desk, receipt: dict[str, Any], tmp_path: Path
) -> None:
    newest = here.registry.store.read_now(checkpoints.latest)
    assert newest is not None
    receipt["checkpoint"] = key(here).note(newest[0])
    assert checked(receipt, key(here).verifier(), tmp_path).returncode == 0
    receipt["checkpoint"] = receipt["checkpoint"].replace("\nmade 2026", "\nmade 2025")
    assert checked(receipt, key(here).verifier(), tmp_path).returncode == 1


@pytest.mark.parametrize("what", ["event", "act", "path", "root", "signature", "key", "place"])
def test_the_documented_lines_refuse_what_is_not_so(
    here: Desk, receipt: dict[str, Any], tmp_path: Path, what: str
) -> None:
    verifier = key(here).verifier()
    if what in ("event", "act"):
        data = receipt[what]["data"]
        receipt[what]["data"] = f"{data[:-1]}{int(data[-1], 16) ^ 1:x}"
    elif what == "path":
        receipt["act"]["path"].pop()
    elif what == "root":
        receipt["checkpoint"] = re.sub(r"\n(\d+)\n....", r"\n\1\nAAAA", receipt["checkpoint"])
    elif what == "signature":
        before, line, signatures = receipt["checkpoint"].partition(f"— {verifier.partition('+')[0]} ")
        changed = "A" if signatures[40] != "A" else "B"  # within the one of Ed25519
        receipt["checkpoint"] = f"{before}{line}{signatures[:40]}{changed}{signatures[41:]}"
    elif what == "place":
        receipt["act"]["place"] += 2
    else:
        verifier = LogKey(bytes(32)).verifier()
    assert checked(receipt, verifier, tmp_path).returncode == 1


def test_the_documented_codes_are_those_of_the_lists() -> None:
    lists: dict[str, type[Term]] = {"channel": Channel, "identity": Identity, "actor": Actor, "door": Door}
    for name, words in lists.items():
        (row,) = re.findall(rf"^\| {name} \| (.*) \|$", DOC, re.MULTILINE)
        assert row.replace(" (the national one)", "").split(", ") == [f"{word.code} {word}" for word in words]
    assert f"| status | {Status.RET.code} RET, {Status.ONAY.code} ONAY |" in DOC


def test_what_was_changed_has_no_receipt(here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    name = refused(here, cinar)
    log.extend(here.registry)
    for deed in ("update", "delete"):
        of = "" if here.registry.store.dialect == "sqlite" else " ON consent_event"
        run(here.registry, f"DROP TRIGGER consent_event_no_{deed}{of}")
    run(here.registry, "UPDATE consent_event SET decided_at = decided_at - 60")
    done = izin(here, monkeypatch, name, "--log", "nowhere.json")
    assert (done.exit_code, "not what was signed" in done.output) == (1, True)
