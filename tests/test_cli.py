"""The command as an operator types it: real processes, real files.

Most are forked by a process that has imported everything (typist.py); some are started as a shell starts them.
"""

from __future__ import annotations

import csv
import gc
import json
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from consents.store.engines import sqlite_library
from izin.demo.load import welcome
from izin.operations import site_commands
from tests import ROOT, free_port
from tests.conftest import SECRET, Run, environment
from tests.providers.uploads.conftest import HEADER
from tests.typist import Done

IZIN = Path(sys.executable).with_name("izin")
DECK = """IZINTURU,ALICI**UNIQUE,DURUMU,IZINKAYNAGI,IZINTARIHI,IZNINALINDIGIBA YIKODU,FIRMATIPI
EPOSTA,ali@example.com,ONAY,HS_WEB,01.20.20 04:16 PM,,BIREYSEL
MESAJ,+902120000001,ONAY,HS_ATM,08.20.16 10:16 AM,,TACIR
ARAMA,+905320000001,RET,HS_2015,05.01.15 12:00 AM,123,BIREYSEL
"""


INTERRUPTED = """
import os, signal, sys
from izin import cli
from izin.operations import site_commands
from consents.store.gates.gate import Gate

commit, commits = Gate.commit, []

def counted(self, transaction):
    commits.append(1)
    if len(commits) == 6:
        {}
    commit(self, transaction)

Gate.commit = counted
cli.main()
"""


def interrupted(by: str, *words: str) -> list[str]:
    """The command with these words; ``by`` is what it does before its sixth commit."""
    return [sys.executable, "-c", INTERRUPTED.format(by), *words]


def counts(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    done = subprocess.run([IZIN, "--version"], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, f"izin {project['version']}\n")


def test_a_file_goes_in_and_what_stands_is_proved(run: Run, brand: int, tmp_path: Path) -> None:
    (tmp_path / "deck.csv").write_text(DECK)
    tried = run("import", "deck.csv", "--brand", str(brand), "--initial", "--dry-run")
    done = run("import", "deck.csv", "--brand", str(brand), "--initial")
    three = {"rows": 3, "recorded": 3, "unchanged": 0, "refused": 0, "pending": 0, "unread_sheets": []}
    assert (counts(tried), counts(done)) == ({**three, "batch": None}, {**three, "batch": 1})
    again = run("import", "deck.csv", "--brand", str(brand), "--initial")
    assert (again.returncode, counts(again)["unchanged"]) == (0, 3)
    late = run("import", "deck.csv", "--brand", str(brand))
    assert (late.returncode, counts(late)["unchanged"]) == (0, 3)
    first = run("verify", "--since-checkpoint")
    assert (first.returncode, "nothing was proved before" in first.stderr) == (0, True)
    assert "the registry is whole" in first.stdout
    assert run("import", "deck.csv", "--brand", str(brand)).returncode == 0
    nightly = run("verify", "--since-checkpoint", "--parts", "1")
    assert (nightly.returncode, "what is new is whole" in nightly.stdout) == (0, True)
    assert re.search(r"looked at anew of what is old: [1-9]\d* işlem/acts, [1-9]\d* kişi/people", nightly.stdout)
    assert "the registry is whole" not in nightly.stdout
    assert run("verify", "--since-checkpoint", "--accept-unwitnessed").returncode == 2
    report = run("report", "--brand", str(brand), "--day", "2020-11-24", "--out", "out")
    assert report.returncode == 0
    assert {Path(line).suffix for line in report.stdout.split()} == {".csv", ".json", ".sha384"}
    early = run("report", "--brand", str(brand), "--day", "9999-12-31", "--out", "out")
    assert early.returncode == 2
    assert "the day has not begun yet" in early.stderr


def test_refused_rows_are_written_down_and_the_exit_status_says_so(run: Run, brand: int, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}\n+905320000001;TELGRAF;HS_WEB;ONAY;BIREYSEL;2020-11-23 10:15:00\n")
    done = run("import", "a.csv", "--brand", str(brand), "--initial", "--refusals", "refused.csv")
    assert (done.returncode, counts(done)["refused"]) == (3, 1)
    with (tmp_path / "refused.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["row"], row["field"], row["code"], row["line"]) for row in csv.DictReader(file)] == [
            ("1", "type", "H117", "2")
        ]


@pytest.mark.parametrize("content", ["", "hello\n", f"{HEADER}\n"])
def test_a_file_that_is_none_is_said_to_be_none(run: Run, brand: int, tmp_path: Path, content: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    done = run("import", "a.csv", "--brand", str(brand))
    assert (done.returncode, done.stdout) == (2, "")
    assert "a.csv" in done.stderr


def test_dates_that_can_be_read_in_two_ways_are_asked_about(run: Run, brand: int, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}\n+905320000001;MESAJ;HS_WEB;ONAY;BIREYSEL;05.06.2020 10:15\n")
    done = run("import", "a.csv", "--brand", str(brand), "--initial")
    assert done.returncode == 2
    assert "--dates" in done.stderr
    assert run("import", "a.csv", "--brand", str(brand), "--initial", "--dates", "tr").returncode == 0


def test_what_an_operator_can_mend_is_said_in_a_line(run: Run, brand: int, tmp_path: Path) -> None:
    for arguments, words in (
        (("brand", "add", "--provider", "9", "--code", "7", "--title", "x"), "izin provider add"),
        (("import", "a.csv", "--brand", "7"), "izin brand add"),
    ):
        (tmp_path / "a.csv").write_text(HEADER)
        done = run(*arguments)
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    wrong = run("verify", SECRET_KEY="another-key-that-is-long-enough-to-be-one")
    assert (wrong.returncode, "SECRET_KEY" in wrong.stderr) == (1, True)


def test_a_place_that_cannot_be_used_is_named(run: Run, brand: int, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    report = ("report", "--brand", "600101", "--day", "2026-11-23", "--out")
    for words, told in (
        (("import", ".", "--brand", "600101"), "directory"),
        ((*report, "file"), "File exists"),
        ((*report, "file/x"), "Not a directory"),
        ((*report, "/proc/x"), "No such file"),
    ):
        done = run(*words, COLUMNS="200")
        assert done.returncode == 2
        assert told in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:///file", "file is not a database"),
        ("sqlite:///folder", "folder is a folder"),
        ("sqlite:///file/izin.db", "cannot be made"),
        ("postgresql://izin@127.0.0.1:1/izin", "refused"),
    ],
)
def test_a_database_that_is_none_is_said_to_be_none(run: Run, tmp_path: Path, url: str, told: str) -> None:
    (tmp_path / "file").write_text("no database, but long enough to look at its beginning" * 30)
    (tmp_path / "folder").mkdir()
    done = run("verify", DATABASE_URL=url)
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "folder-lock").exists()


def test_where_a_site_cannot_listen_is_said_before_it_starts(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", PORT=str(port))
    for answer, told in ((done, f"127.0.0.1, port {port}"), (run("serve", "--host", "300.1.1.1"), "300.1.1.1")):
        assert answer.returncode == 1
        assert told in answer.stderr
        assert len(answer.stderr.splitlines()) == 1


def test_a_new_database_is_told_of_and_is_its_owners_alone(run: Run, tmp_path: Path) -> None:
    first, again = (run("migrate", DATABASE_URL="sqlite:///data/izin.db") for _ in range(2))
    assert str(tmp_path / "data" / "izin.db") in first.stdout
    assert (again.returncode, again.stdout) == (0, "")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()} == {0o600}


def test_without_its_witness_history_is_not_called_whole_until_somebody_accepts_that(
    run: Run, brand: int, tmp_path: Path
) -> None:
    (tmp_path / "deck.csv").write_text(DECK)
    run("import", "deck.csv", "--brand", str(brand), "--initial")
    whole = run("verify")
    size, root = re.search(r"newest checkpoint: (\d+) (\S{44}) 20\d\d-", whole.stdout).groups()  # type: ignore[union-attr]
    assert (whole.returncode, size) == (0, "5"), "three commands have set the brand up, and one has loaded"
    witness = tmp_path / "var" / "izin.db-checkpoints"
    assert f" {size} {root} " in witness.read_text()
    witness.rename(tmp_path / "elsewhere")
    for _ in range(2):
        gone = run("verify")
        assert (gone.returncode, gone.stdout, witness.exists()) == (1, "", False)
        assert "--accept-unwitnessed" in gone.stderr
    assert run("verify", WITNESS_FILE="elsewhere").stdout == whole.stdout
    (tmp_path / "empty").touch()
    assert run("verify", WITNESS_FILE="empty").returncode == 1
    accepted = run("verify", "--accept-unwitnessed")
    assert (accepted.returncode, accepted.stdout) == (0, whole.stdout)
    assert "accepted without a witness" in accepted.stderr
    again = run("verify", "--accept-unwitnessed")
    assert (again.returncode, again.stdout, again.stderr) == (0, whole.stdout, "")


@pytest.mark.parametrize("command", ["verify", "serve"])
def test_a_damaged_checkpoint_is_told_in_a_line(run: Run, brand: int, tmp_path: Path, command: str) -> None:
    (tmp_path / "deck.csv").write_text(DECK)
    run("import", "deck.csv", "--brand", str(brand), "--initial")
    with closing(sqlite_library().connect(tmp_path / "var" / "izin.db")) as database:
        database.execute("DROP TRIGGER checkpoint_no_update")
        database.execute("UPDATE checkpoint SET frontier = x'00'")
        database.commit()
    done = run(command, PORT=str(free_port()))
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch("izin: [^\n]+\n", done.stderr)


def test_an_invented_handout_is_told_and_nothing_signed(run: Run, brand: int, tmp_path: Path) -> None:
    (tmp_path / "deck.csv").write_text(DECK)
    run("import", "deck.csv", "--brand", str(brand), "--initial")
    with closing(sqlite_library().connect(tmp_path / "var" / "izin.db")) as database:
        values = "VALUES (1, 'push', 1, 99999, 1700000000, 1700000001)"
        database.execute(f"INSERT INTO handout (brand, way, first_event, last_event, at, taken_at) {values}")
        database.commit()
    done = run("verify")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "izin: handout 1 names an event that is not there\n"


def test_a_site_without_its_witness_starts_says_so_and_signs_nothing(run: Run, brand: int, tmp_path: Path) -> None:
    (tmp_path / "deck.csv").write_text(DECK)
    run("import", "deck.csv", "--brand", str(brand), "--initial")
    witness = tmp_path / "var" / "izin.db-checkpoints"
    witness.unlink()
    port = free_port()
    command, settings = [IZIN, "serve"], environment(tmp_path, PORT=str(port))
    with (
        (tmp_path / "log").open("w") as told,
        subprocess.Popen(command, cwd=tmp_path, env=settings, stdout=told, stderr=told) as site,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            wait_until(lambda: "log_unwitnessed" in (tmp_path / "log").read_text())
        finally:
            site.terminate()
    assert f"izin: the witness file {witness.relative_to(tmp_path)} is missing" in (tmp_path / "log").read_text()
    assert not witness.exists()
    assert run("verify").returncode == 1


def test_make_run_prints_four_lines_and_no_more(tmp_path: Path) -> None:
    """The first time too, and whatever is looked at; a newcomer reads what, where, whom to try and where codes are."""
    recipe = re.search(r"^run:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert recipe
    words = re.findall(r"\$\(BIN\)/izin (.*)", recipe[1])
    assert words == ["migrate --quiet", "demo --if-empty", "serve --quiet"]
    port = free_port()
    settings = environment(tmp_path, PORT=str(port))
    for _ in range(2):
        with (tmp_path / "said").open("w") as said:
            for one in words[:-1]:
                subprocess.run([IZIN, *one.split()], cwd=tmp_path, env=settings, stdout=said, stderr=said, check=True)
            command = [IZIN, *words[-1].split()]
            with subprocess.Popen(command, cwd=tmp_path, env=settings, stdout=said, stderr=said) as site:
                try:
                    wait_for(f"http://127.0.0.1:{port}/deneme")
                finally:
                    site.terminate()
        assert (tmp_path / "said").read_text() == f"{welcome(f'http://127.0.0.1:{port}')}\n"


def test_an_erased_address_is_gone_and_its_refusal_is_not(run: Run, brand: int, tmp_path: Path) -> None:
    row = "+905320000001;MESAJ;HS_WEB;{};BIREYSEL;2020-11-23 10:15:00"
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{row.format('RET')}\n")
    run("import", "a.csv", "--brand", str(brand), "--initial")
    assert run("erase", text="0532 000 00 01\n").returncode == 0
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{row.format('ONAY')}\n")
    assert counts(run("import", "a.csv", "--brand", str(brand), "--initial"))["refused"] == 1
    assert run("erase", text="0532 000 00 77\n").returncode == 1
    assert run("erase", text="nobody\n").returncode == 2
    many = run("erase", "--many", text="\n0532 000 00 01\nnobody\n0532 000 00 77\n")
    assert (many.returncode, many.stdout.split("\n")[0][:2], many.stdout.split("\n")[1][:2]) == (1, "0\t", "2\t")
    assert ": 3\n" in many.stderr, "the line that is no address, and no address"
    assert "nobody" not in many.stderr
    assert run("verify").returncode == 0


def test_an_address_closed_by_wrong_codes_is_opened_again(run: Run, brand: int) -> None:
    assert run("reopen", text="0532 000 00 01\n").returncode == 1  # it was not closed
    assert run("reopen", text="nobody\n").returncode == 2


def test_keys_are_changed_and_the_registry_stays_whole(run: Run, brand: int, tmp_path: Path) -> None:
    (tmp_path / "deck.csv").write_text(DECK)
    run("import", "deck.csv", "--brand", str(brand), "--initial")
    old = (tmp_path / "var" / "secret_key").read_text()
    new = "a-new-key-of-at-least-thirty-two-bytes"
    done = run("rekey", SECRET_KEY=new, SECRET_KEY_PREVIOUS=old)
    assert (done.returncode, done.stdout.split()[0]) == (0, "12"), (
        "three addresses, the salt of the load, and what four commands noted: each its words and its evidence"
    )
    assert run("verify", SECRET_KEY=new).returncode == 0
    assert run("verify", SECRET_KEY=old).returncode == 1
    assert counts(run("import", "deck.csv", "--brand", str(brand), "--initial", SECRET_KEY=new))["unchanged"] == 3


def test_a_killed_import_run_again_ends_in_the_same_state(run: Run, brand: int, tmp_path: Path) -> None:
    rows = [f"+9053200{n:05d};MESAJ;HS_WEB;ONAY;BIREYSEL;2020-11-23 10:15:00" for n in range(40_000)]
    (tmp_path / "big.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    command = interrupted(
        "os.kill(os.getpid(), signal.SIGKILL)", "import", "big.csv", "--brand", str(brand), "--initial"
    )
    loading = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, timeout=120)
    assert loading.returncode == -signal.SIGKILL
    before = recorded(tmp_path)
    assert 0 < before < 40_000, "it was not killed in the middle"
    assert begun(run) == ["batch 1 initial"]
    done = counts(run("import", "big.csv", "--brand", str(brand), "--initial"))
    assert done["recorded"] + done["unchanged"] == 40_000
    assert done["unchanged"] == before
    assert recorded(tmp_path) == 40_000
    assert begun(run) == ["batch 1 initial"], "it goes on under its number"
    assert run("verify").returncode == 0


def test_a_site_keeps_answering_while_a_file_is_loaded(run: Run, brand: int, tmp_path: Path) -> None:
    rows = [f"+9053200{n:05d};MESAJ;HS_WEB;ONAY;BIREYSEL;2020-11-23 10:15:00" for n in range(30_000)]
    (tmp_path / "big.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    port = free_port()
    settings, address = environment(tmp_path, PORT=str(port)), f"http://127.0.0.1:{port}/"
    with subprocess.Popen([IZIN, "serve"], cwd=tmp_path, env=settings, stdout=subprocess.DEVNULL) as site:
        try:
            wait_for(f"{address}readyz")
            pause = "print('loading', flush=True); sys.stdin.readline()"
            command = interrupted(pause, "import", "big.csv", "--brand", str(brand), "--initial")
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            with subprocess.Popen(command, cwd=tmp_path, env=settings, **pipes, text=True) as loading:
                assert loading.stdin is not None
                assert loading.stdout is not None
                assert loading.stdout.readline() == "loading\n"
                assert [get(address) for _ in range(4)] == [200] * 4
                print(file=loading.stdin, flush=True)
                while loading.poll() is None:
                    assert get(address) == 200
            assert loading.returncode == 0
            assert run("rekey").returncode == 0, "a site is not in its way"
            assert get(address) == 200
        finally:
            site.terminate()


def test_what_a_site_has_loaded_is_kept_from_the_collector_of_garbage(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    monkeypatch.setattr("web.server.run", lambda site, *place: kept.append(gc.get_freeze_count()))
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    gc.unfreeze()  # what other tests of this process have kept
    try:
        site_commands.serve()
    finally:
        gc.unfreeze()
    assert kept[0] > 10_000


@pytest.mark.parametrize(("host", "own"), [("127.0.0.1", True), ("0.0.0.0", False)])
def test_a_site_that_others_can_open_pushes_nothing_to_its_own_network(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, host: str, own: bool
) -> None:
    kept: list[bool] = []
    monkeypatch.setattr("web.server.run", lambda site, *_: kept.append(site.app.state.process.own_machine))
    monkeypatch.setattr(site_commands, "_can_listen", lambda *_: None)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    try:
        site_commands.serve(host)
    finally:
        gc.unfreeze()
    assert kept == [own]


def test_none_of_two_hundred_known_addresses_can_be_read_in_what_is_kept(run: Run, brand: int, tmp_path: Path) -> None:
    phones = [f"+9053200{n:05d}" for n in range(100)]
    mails = [f"kisi{n:05d}@example.com" for n in range(100)]
    rows = [f"{phone};MESAJ;HS_WEB;ONAY;BIREYSEL;2020-11-23 10:15:00" for phone in phones]
    rows += [f"{mail};EPOSTA;HS_WEB;ONAY;BIREYSEL;2020-11-23 10:15:00" for mail in mails]
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    done = run("import", "a.csv", "--brand", str(brand), "--initial")
    assert counts(done)["recorded"] == 200
    kept = [path for path in (tmp_path / "var").rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" and path.stat().st_size > 20_000 for path in kept)
    content = b"".join(path.read_bytes() for path in kept) + done.stdout.encode() + done.stderr.encode()
    assert not [text for text in [*(phone[1:] for phone in phones), *mails] if text.encode() in content]


def begun(run: Run) -> list[str]:
    """What the log of acts has of each loading, the newest first."""
    return [line.split("\t")[-2] for line in run("acts", "--what", "import-started").stdout.splitlines()]


def recorded(folder: Path) -> int:
    query = "connect('var/izin.db').execute('SELECT count(*) FROM consent').fetchone()[0]"
    script = f"from consents.store.engines import sqlite_library as s; print(s().{query})"
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True)
    return int(done.stdout or 0)


def get(url: str) -> int:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return int(answer.status)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            get(url)
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the site did not start")


def test_where_the_system_has_no_locks_of_files_and_no_bounds_the_command_starts() -> None:
    """As on Windows."""
    lacking = "import sys; sys.modules.update(fcntl=None, resource=None); import izin.cli"
    assert subprocess.run([sys.executable, "-c", lacking], cwd=ROOT, timeout=60).returncode == 0
