"""``izin iys``, as an operator types it, against a local İYS behind a real port."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from consents.store.engines import sqlite_library
from izin.operations import iys_account_commands
from national.upstream import accounts
from panel.audit import audit_log
from panel.audit.audit_log import AuditSearch
from tests import free_port
from tests.conftest import Run, environment
from tests.national.conftest import RET, Company
from tests.national.local_iys import LocalIys
from tests.national.wired import Listening
from tests.typist import LOGIN, Typist

PASSWORD = "gizli-parola-7391"
IZIN = Path(sys.executable).with_name("izin")


@pytest.fixture
def served() -> Iterator[Listening]:
    iys = LocalIys(time.time, company=600100, brands={600101: "Çınar", 600999: "Başka"}, users={"sirket": PASSWORD})
    listening = Listening(iys)
    listening.iys = iys  # type: ignore[attr-defined]
    yield listening
    listening.close()


def test_with_iys_url_a_newer_consent_stands_as_at_iys(brand: int, run: Run, served: Listening) -> None:
    where = {"IYS_URL": served.url}
    told = run("iys", "status", **where)
    assert (told.returncode, "run izin migrate" in told.stderr) == (1, True), "the registry was made without the sync"
    assert run("migrate", "--quiet", **where).returncode == 0
    told = run("iys", "status", **where)
    assert (told.returncode, "izin iys add" in told.stdout) == (0, True)


def test_each_command_says_what_it_found(
    brand: int, run: Run, served: Listening, tmp_path: Path, typist: Typist
) -> None:
    where = {"IYS_URL": served.url}
    assert run("migrate", "--quiet", **where).returncode == 0
    added = run(
        "iys",
        "add",
        "--provider",
        "600100",
        "--iys-code",
        "600100",
        "--username",
        "sirket",
        text=f"{PASSWORD}\n",
        **where,
    )
    assert (added.returncode, added.stderr) == (0, ""), added.stderr
    tested = run("iys", "test", **where)
    assert tested.returncode == 0, tested.stderr
    assert "600101\tiki yanda / both" in tested.stdout
    assert "600999\tyalnız İYS / İYS only" in tested.stdout
    dry = run("iys", "sync", "--dry-run", **where)
    assert (dry.returncode, "farklı / different: 0" in dry.stdout) == (0, True), dry.stderr
    before = run("iys", "status", **where)
    assert (before.returncode, "not started" in before.stdout) == (1, True), "a dry run starts nothing"
    assert "bekliyor / held up" in before.stdout
    synced = run("iys", "sync", **where)
    assert synced.returncode == 0, synced.stdout + synced.stderr
    status = run("iys", "status", **where)
    assert (status.returncode, "yolunda / ok" in status.stdout) == (0, True), status.stdout
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("izin.db*"))
    assert PASSWORD.encode() not in kept
    assert b"erisim-" not in kept, "nor a token"
    for done in (added, tested, dry, synced, status):
        assert PASSWORD not in done.stdout + done.stderr
    assert environment(tmp_path)


def test_what_is_wrong_is_said_in_a_line(brand: int, run: Run, served: Listening) -> None:
    where = {"IYS_URL": served.url}
    run("migrate", "--quiet", **where)
    words = ("iys", "add", "--provider", "600100", "--iys-code", "600100", "--username", "sirket")
    assert run(*words, text="\n", **where).returncode == 1
    assert run(*words, text="falsch\n", **where).returncode == 0
    tested = run("iys", "test", **where)
    assert (tested.returncode, "failed (H251): İYS bu kullanıcı adını" in tested.stderr) == (1, True)
    assert "İYS does not accept this user name or password. Give the right one: izin iys add …" in tested.stderr
    assert run("iys", "sync", **where).returncode == 1
    again = run(*words, text=f"{PASSWORD}\n", **where)
    assert "Değiştirildi / changed" in again.stdout
    assert run("iys", "test", **where).returncode == 0
    unknown = run("iys", "add", "--provider", "5", "--iys-code", "5", "--username", "x", text="y\n", **where)
    assert (unknown.returncode, "there is no provider 5" in unknown.stderr) == (1, True)


def test_what_changes_an_account_stands_in_the_log_of_acts(brand: int, run: Run, served: Listening) -> None:
    izin = partial(run, IYS_URL=served.url)
    izin("migrate", "--quiet")
    account = ("--provider", "600100", "--iys-code", "600100", "--username", "sirket")
    dealer = izin("dealer", "list", "--brand", str(brand)).stdout.split("\t")[0]
    before = len(izin("acts").stdout.splitlines())
    for words, text, status in (
        (("iys", "add", *account), f"{PASSWORD}\n", 0),
        (("iys", "add", *account[:-1], " sirket "), f"{PASSWORD}\n", 0),
        (("iys", "add", "--provider", "5", *account[2:]), "x\n", 1),
        (("iys", "add", *account[:-1], "sir\u202eket"), "x\n", 1),
        (("iys", "add", *account[:-1], "x" * 256), "x\n", 1),
        (("iys", "test"), "", 0),
        (("iys", "sync", "--dry-run"), "", 0),
        (("iys", "sync"), "", 0),
        (("iys", "dealer", "--provider", "600100", "--dealer", "123", "--retailer", "7"), "", 1),
        (("iys", "dealer", "--provider", "600100", "--dealer", "123", "--retailer", "71234567"), "", 0),
        (("iys", "dealer", "--provider", "600100", "--dealer", "123", "--retailer", "71234567"), "", 0),
        (("iys", "dealer", "--provider", "600100", "--dealer", dealer), "", 0),
        (("iys", "push"), "", 0),
        (("iys", "sync"), "", None),  # nothing that İYS has refused is tried again
    ):
        done = izin(*words, text=text)
        assert status in (done.returncode, None), done.stdout + done.stderr
    lines = [line.split("\t")[2:] for line in reversed(izin("acts").stdout.splitlines())]
    cinar = [LOGIN, "Çınar A.Ş."]
    assert [[line[0], line[2], line[1], *line[3:]] for line in lines[before:]] == [
        [*cinar, "iys-set-up", "iys 600100", "-", "sirket", "-"],
        [*cinar, "iys-started", "-", "-", "-", "-"],
        [*cinar, "iys-dealer-numbered", f"dealer {dealer}", "-", "71234567", "-"],
        [*cinar, "iys-dealer-numbered", f"dealer {dealer}", "71234567", "-", "-"],
        [*cinar, "iys-push-asked", "brand 600101", "-", "http://127.0.0.1:8000/iys/push", "-"],
    ]
    assert izin("verify").returncode == 0


def test_where_the_process_that_speaks_with_iys_is_dead_the_command_does_the_round_itself(
    brand: int, run: Run, served: Listening, tmp_path: Path
) -> None:
    izin = partial(run, IYS_URL=served.url)
    izin("migrate", "--quiet")
    account = ("--provider", "600100", "--iys-code", "600100", "--username", "sirket")
    assert izin("iys", "add", *account, text=f"{PASSWORD}\n").returncode == 0
    with closing(sqlite_library().connect(next(tmp_path.rglob("izin.db")))) as database:
        lease = (1, b"another" * 2, time.time() + 8)
        database.execute("INSERT INTO national_lease (id, holder, until) VALUES (?, ?, ?)", lease)
        database.commit()
    done = izin("iys", "sync")
    assert (done.returncode, "the running site does the sync" in done.stderr) == (0, True), done.stdout + done.stderr
    assert izin("acts").stdout.splitlines()[0].split("\t")[3] == "iys-started"
    assert "yolunda / ok" in izin("iys", "status").stdout


def test_beside_a_running_site_the_command_has_the_site_do_the_round(
    brand: int, run: Run, served: Listening, tmp_path: Path
) -> None:
    izin = partial(run, IYS_URL=served.url)
    izin("migrate", "--quiet")
    account = ("iys", "add", "--provider", "600100", "--iys-code", "600100", "--username", "sirket")
    assert izin(*account, text=f"{PASSWORD}\n").returncode == 0
    settings = environment(tmp_path, PORT=str(free_port()), IYS_URL=served.url)
    with subprocess.Popen([IZIN, "serve"], cwd=tmp_path, env=settings, stdout=subprocess.DEVNULL) as site:
        try:
            with closing(sqlite_library().connect(next(tmp_path.rglob("izin.db")))) as database:
                while not database.execute("SELECT count(*) FROM national_lease").fetchone()[0]:
                    assert site.poll() is None
                    time.sleep(0.05)
            dry = izin("iys", "sync", "--dry-run")
            assert (dry.returncode, "farklı / different: 0" in dry.stdout) == (0, True), dry.stderr
            synced = izin("iys", "sync")
            assert synced.returncode == 0, synced.stdout + synced.stderr
            assert "the running site does the sync" in synced.stderr
            assert "yolunda / ok" in synced.stdout
            assert izin("acts").stdout.splitlines()[0].split("\t")[3] == "iys-started"
            assert any("/consents/changes" in path for _, path, _ in served.iys.calls)  # type: ignore[attr-defined]
            assert izin(*account, text="falsch\n").returncode == 0
            held_up = izin("iys", "sync")
            assert held_up.returncode == 1
            assert "bekliyor / held up" in held_up.stdout
            assert (
                "İYS bu kullanıcı adını ya da parolayı kabul etmiyor. Doğrusunu verin: izin iys add …" in held_up.stdout
            )
            assert "nothing is sent: İYS does not accept this user name or password." in held_up.stdout
        finally:
            site.terminate()
    assert izin("verify").returncode == 0


def test_an_account_is_vouched_for_and_removed_with_a_reason(brand: int, run: Run, served: Listening) -> None:
    izin = partial(run, IYS_URL=served.url)
    izin("migrate", "--quiet")
    izin("provider", "add", "--code", "600200", "--title", "Işık A.Ş.")
    for provider in ("600100", "600200"):
        account = ("--provider", provider, "--iys-code", "600100", "--username", f"sirket-{provider}")
        assert izin("iys", "add", *account, text=f"{PASSWORD}\n").returncode == 0
    assert izin("claims", "list").stdout.count("iys\t600100") == 2
    assert "reason" in izin("iys", "vouch", "--provider", "600100", "--reason", " ").stderr
    assert izin("iys", "vouch", "--provider", "600100", "--reason", "belge").stdout == "600100\n"
    assert "verified already" in izin("iys", "vouch", "--provider", "600200", "--reason", "belge").stderr
    assert izin("iys", "remove", "--provider", "600200", "--reason", "yanlış").stdout == "600100\n"
    assert "no account" in izin("iys", "remove", "--provider", "600200", "--reason", "yine").stderr
    assert izin("claims", "list").stdout == ""
    words = [line.split("\t")[3] for line in izin("acts").stdout.splitlines()]
    assert words[:2] == ["iys-removed", "iys-vouched"]


def test_what_iys_was_asked_to_push_is_noted_before_it_is_asked(brand: int, run: Run, served: Listening) -> None:
    """It may have taken what it has not answered."""
    izin = partial(run, IYS_URL=served.url)
    izin("migrate", "--quiet")
    account = ("--provider", "600100", "--iys-code", "600100", "--username", "sirket")
    izin("iys", "add", *account, text=f"{PASSWORD}\n")
    assert izin("iys", "sync").returncode == 0
    served.iys.mood = lambda method, path: "500" if "push" in path else None  # type: ignore[attr-defined]
    assert izin("iys", "push").returncode == 1
    assert izin("acts").stdout.splitlines()[0].split("\t")[3] == "iys-push-asked"


def test_a_round_is_noted_where_what_iys_refused_is_tried_again(company: Company) -> None:
    registry = company.registry
    company.meet()
    company.iys.refuse_item = lambda item: "H999"
    company.decides(RET)
    company.rounds(10)
    assert company.state().counts["escalated"] == 1
    (account,) = registry.store.read_now(accounts.list_all, registry.keyring)
    for _ in range(2):
        registry.store.write_now(iys_account_commands._start, registry.keyring, account)
        assert company.state().counts["escalated"] == 0
        noted = registry.store.read_now(audit_log.find, registry.keyring, AuditSearch())
        assert [one.what for one in noted] == ["iys-round-asked"]
