"""Commands whose witness file is of no use, or another's: they say so in words, and nothing recorded is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from izin import cli
from izin.operations import site_commands
from tests.conftest import SECRET
from tests.providers.uploads.conftest import HEADER
from tests.web.conftest import REAL

ROW = "+90532000000{};MESAJ;HS_WEB;ONAY;BIREYSEL;2020-11-23 10:15:00"


class Izin:
    """The command, in this process; its exit status, and what it said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        self.monkeypatch.setattr("sys.argv", ["izin", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        told = self.capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err


@pytest.fixture
def izin(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Izin:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    return Izin(monkeypatch, capsys)


@pytest.fixture
def witness_file(tmp_path: Path) -> Path:
    return tmp_path / "izin.db-checkpoints"


@pytest.fixture
def loaded(izin: Izin) -> Izin:
    """A registry with a consent, recorded and signed."""
    izin("provider", "add", "--code", "600100", "--title", "Çınar A.Ş.")
    izin("brand", "add", "--provider", "600100", "--code", "600101", "--title", "Çınar")
    assert imported(izin, 1)[0] == 0
    return izin


def imported(izin: Izin, number: int) -> tuple[int, str, str]:
    Path("a.csv").write_text(f"{HEADER}\n{ROW.format(number)}\n")
    return izin("import", "a.csv", "--brand", "600101", "--initial")


def test_an_import_that_cannot_be_signed_says_that_what_it_recorded_stays(loaded: Izin, witness_file: Path) -> None:
    aside = witness_file.rename(witness_file.with_name("aside"))
    witness_file.mkdir()
    status, said, told = imported(loaded, 2)
    assert (status, '"recorded": 1' in said) == (0, True)
    assert f"\nizin: the witness file {witness_file} cannot be read: Is a directory\n" in told
    assert "what was recorded stays" in told
    assert loaded("verify")[0] == 1
    witness_file.rmdir()
    aside.rename(witness_file)
    assert "newest checkpoint: 6 " in loaded("verify")[1], "four commands and two files"
    assert '"unchanged": 1' in imported(loaded, 2)[1]


def test_a_site_whose_witness_cannot_be_read_says_so_and_starts(
    loaded: Izin, witness_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[object] = []
    monkeypatch.setattr("web.server.run", lambda site, *place: started.append(site))
    monkeypatch.setattr("gc.freeze", lambda: None)
    witness_file.unlink()
    witness_file.mkdir()
    site_commands.serve()
    assert len(started) == 1
    assert f"izin: the witness file {witness_file} cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("trusted", "https", "warned"), [("", True, True), ("10.0.0.0/8", True, False), ("", False, False)]
)
def test_a_site_on_https_that_trusts_no_proxy_says_so_and_starts(
    loaded: Izin,
    trusted: str,
    https: bool,
    warned: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    started: list[object] = []
    monkeypatch.setattr("web.server.run", lambda site, *place: started.append(site))
    monkeypatch.setattr("gc.freeze", lambda: None)
    for name, value in (REAL if https else {}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("TRUSTED_PROXY", trusted)
    site_commands.serve()
    assert len(started) == 1
    assert ("TRUSTED_PROXY=10.0.0.0/8" in capsys.readouterr().err) is warned


def test_migrate_tells_of_a_registry_that_was_never_witnessed(loaded: Izin, witness_file: Path) -> None:
    assert loaded("migrate") == (0, "", "")
    witness_file.unlink()
    status, _, told = loaded("migrate")
    assert status == 0
    assert "never served it" in told
    assert "izin verify --accept-unwitnessed" in told
    assert loaded("verify", "--accept-unwitnessed")[0] == 0
    assert loaded("migrate") == (0, "", "")


def test_the_demo_is_not_loaded_beside_the_witness_file_of_another_database(izin: Izin, witness_file: Path) -> None:
    left_over = "izin.example/log 3 cm9vdA== 0 1795510800000000 c2lnbmF0dXJl\n"
    witness_file.write_text(left_over)
    for words in (("demo", "--if-empty"), ("demo",)):  # still empty the second time
        status, said, told = izin(*words)
        assert (status, said) == (1, "")
        assert told.startswith(f"izin: nothing was loaded: {witness_file} was left by another database")
    witness_file.unlink()
    assert izin("demo", "--if-empty")[0] == 0
    assert "the registry is whole" in izin("verify")[1]
