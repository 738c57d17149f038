"""``izin doctor`` as an operator types it, over calls that a program made."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

from consents.store.engines import sqlite_library
from tests.conftest import Run

PATH = "/sps/600100/brands/600101/consents"


def test_it_prints_what_is_wrong_and_exits_with_one(run: Run, brand: int, tmp_path: Path) -> None:
    assert run("api-user", "add", "--provider", "600100", "--username", "crm").returncode == 0
    quiet = run("doctor")
    assert (quiet.returncode, quiet.stdout) == (0, "")
    assert run("doctor", "600100").stdout.splitlines()[:2] == ["600100\tÇınar A.Ş.", "crm\t0\t-"]
    unknown = run("doctor", "nobody")
    assert unknown.returncode != 0
    assert "neither a key nor a company nobody" in unknown.stderr
    calls = [(1, number, time.time() - 60, "POST", PATH, 422, "H117", 1, b"same") for number in (1, 2)]
    with closing(sqlite_library().connect(tmp_path / "var" / "izin.db")) as database, database:
        database.executemany(
            "INSERT INTO api_call (api_user, number, at, method, path, status, code, items, digest) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            calls,
        )
        database.execute("INSERT INTO stray_call VALUES (1, 'basic', ?, 3)", (time.time(),))
    found = run("doctor", "crm")
    lines = found.stdout.splitlines()
    assert (found.returncode, lines[1]) == (1, "  same-refused\t2\t/gelistirici/rehber#consent")
    assert "Geri çevrilen kayıt hiç değişmeden 2 kez gönderildi (H117)." in lines[2]
    assert "A refused record was sent 2 times unchanged (H117)." in lines[3]
    assert [line.split("\t")[1:] for line in lines[4:]] == [[f"POST {PATH}", "422", "H117"]] * 2
    everything = run("doctor", "--json")
    (company,) = json.loads(everything.stdout)
    assert everything.returncode == 1
    assert [one["finding"] for key in company["keys"] for one in key["findings"]] == ["same-refused"]
    assert [(one["finding"], one["count"]) for one in company["unproved"]] == [("basic", 3)]
    (key,) = json.loads(run("doctor", "crm", "--json").stdout)
    assert (key["key"], key["calls"]) == ("crm", 2)
