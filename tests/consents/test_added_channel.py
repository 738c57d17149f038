"""A channel that is added to the closed list has keys of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

ADDED = ("WHATSAPP", "RCS", "FAKS", "KEP", "TELEKS")
LAST = '    EPOSTA = "EPOSTA", 2\n'
PROGRAM = """
import itertools, json, sqlite3
from consents import state
from consents.terms import Channel, Identity

keys = [*itertools.product((1, 2, 3, 2**40), [c.code for c in Channel], [i.code for i in Identity])]
database = sqlite3.connect(":memory:")
database.execute(f"CREATE TABLE consent ({state.COLUMNS})")
database.executemany("INSERT INTO consent (recipient, brand, channel, identity) VALUES (?, 7, ?, ?)", keys)
query = state._OF_KEY.replace("FROM consent", "FROM json_each(:keys) CROSS JOIN consent")
found = []
for key in keys:
    rows = database.execute(query, {"keys": json.dumps([state.packed(*key)]), "brand": 7}).fetchall()
    found.append([list(key), [[row[0], *row[2:4]] for row in rows]])
print(json.dumps(found))
"""


@pytest.mark.parametrize("count", range(len(ADDED) + 1))
def test_each_key_names_itself_alone(tmp_path: Path, count: int) -> None:
    shutil.copytree(ROOT / "consents", tmp_path / "consents", ignore=shutil.ignore_patterns("__pycache__"))
    terms = tmp_path / "consents" / "terms.py"
    text = terms.read_text(encoding="utf-8")
    assert text.count(LAST) == 1
    more = "".join(f'    {name} = "{name}", {number}\n' for number, name in enumerate(ADDED[:count], 3))
    terms.write_text(text.replace(LAST, LAST + more), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) == 4 * (3 + count) * 2
    assert [key for key, rows in found if rows != [key]] == []
