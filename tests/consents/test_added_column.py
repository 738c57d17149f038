"""A column that only some events have needs the table's class and a migration; nothing that writes, folds, undoes,
copies, verifies or signs history names all columns."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests import ROOT

CLASS = (
    "    dealer: int | None = Field(default=None, sa_column=Column(Id))\n    act: int = Field(sa_column=required(Id))\n"
)
STEP = '        must("act", ID, to="act"),\n        check("consent_event_word_check"'
PROGRAM = """
import json, sys
from consents.brands import companies
from consents.care import audit
from consents.care.scratch import Scratch
from consents.people import register
from consents.registry import Registry, prepare
from consents.rules import ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Snapshot, Statement
from evidence import log
from sqlalchemy import text
from tests.consents.deeds import Deeds, onay

url, secret = sys.argv[1], "a-secret-for-tests-that-is-long-enough"
prepare(url, secret)
registry = Registry.open(url, secret, reconsent=Reconsent.CONFIRM, now=lambda: 1_750_000_000_000_000)
store, keyring = registry.store, registry.keyring
store.write_now(companies.add_provider, 1, "Firma")
store.write_now(companies.add_brand, 1, 11, "Marka")
brand = store.read_now(companies.known_brand, 11).id
person = register.person(keyring, "+905321112233")
key = Key(store.write_now(register.enrol, keyring, person), brand, 1, 0)
deeds = Deeds(registry)
answers = deeds.declares(onay(key, 1_700_000_000_000_000))
refused = deeds.decides(key, status=RET)
undone = deeds.undoes(refused.act)
with Scratch(registry, brand) as scratch:
    scratch.fetch([person])
    copied = scratch.registry.store.read_now(Snapshot.column, Statement(text("SELECT via FROM consent_event")))
log.extend(registry)
fault = store.read_now(audit.verify, Reconsent.CONFIRM) or store.read_now(log.verify, keyring)
print(json.dumps([answers, deeds.stands(key), len(deeds.events()), copied, fault]))
"""


def test_it_needs_the_table_and_a_migration(tmp_path: Path) -> None:
    for name in ("consents", "evidence", "izin/migrations", "locales"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    _add(tmp_path / "consents/tables/history_tables.py", CLASS, f"{CLASS}    via: int | None = None\n")
    _add(
        tmp_path / "izin/migrations/versions/0043_first.py",
        STEP,
        STEP.replace("check(", 'may("via", ID),\n        check('),
    )
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, f"sqlite:///{tmp_path / 'izin.db'}"],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [["recorded"], 1, 3, [None, None, None, None], None]


def _add(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
