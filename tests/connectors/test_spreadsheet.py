"""The template, filled; LibreOffice saves it as CSV; the script sends it and LibreOffice reads the results."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests import ROOT
from tests.connectors.registry import BRAND, IYS, Served

pytestmark = pytest.mark.long

HERE = ROOT / "connectors/spreadsheet"
TODAY = datetime.fromtimestamp(time.time() - 300, timezone(timedelta(hours=3))).replace(
    second=0, microsecond=0, tzinfo=None
)


@pytest.fixture(scope="module")
def office() -> Iterator[Path]:
    """A folder with LibreOffice's settings, so that nobody's own are touched."""
    with tempfile.TemporaryDirectory(prefix="izin-sheet-") as made:
        yield Path(made)


def convert(folder: Path, file: Path, kind: str) -> Path:
    """What LibreOffice makes of a file."""
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", kind]
    if file.suffix == ".csv":  # as somebody opens it who chooses the semicolon
        command += ["--infilter=Text - txt - csv (StarCalc):59,34,76"]
    done = subprocess.run(
        [*command, "--outdir", folder, file],
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, "HOME": str(folder)},
    )
    made = folder / f"{file.stem}.{kind.partition(':')[0]}"
    assert made.exists(), done.stderr
    return made


def filled(folder: Path, name: str, rows: list[tuple[Any, ...]]) -> Path:
    """The template with rows, as a clerk saves it."""
    book = load_workbook(HERE / "izin-sablon.xlsx")
    for number, row in enumerate(rows, 2):
        for column, value in enumerate(row, 1):
            book.active.cell(number, column, value)  # type: ignore[union-attr]
    book.save(folder / name)
    return folder / name


def script(izin: Served, folder: Path, *words: str | Path, password: str = "") -> subprocess.CompletedProcess[str]:
    values = {"url": izin.address, "user": izin.user, "password": password or izin.password, "iys": IYS, "brand": BRAND}
    (folder / "izin.ini").write_text(
        "[izin]\n" + "".join(f"{name} = {value}\n" for name, value in values.items()), "utf-8"
    )
    env = {**os.environ, "IZIN_INI": str(folder / "izin.ini")}
    return subprocess.run([sys.executable, HERE / "izin_sheet.py", *words], capture_output=True, text=True, env=env)


def sheet(file: Path) -> list[dict[str, Any]]:
    rows = list(load_workbook(file).active.values)  # type: ignore[union-attr]
    return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:] if any(row)]


# The semicolon and UTF-8; cells as they are shown.
CSV = "csv:Text - txt - csv (StarCalc):59,34,76"


def test_a_sheet_is_sent_and_has_its_results_beside_the_rows(izin: Served, office: Path) -> None:
    rows = [
        ("+905320000081", "MESAJ", "HS_FIZIKSEL_ORTAM", "ONAY", "BIREYSEL", TODAY),
        ("tablo@example.com", "EPOSTA", "HS_WEB", "ONAY", "BIREYSEL", TODAY),
        ("tablo-ret@example.com", "EPOSTA", "HS_WEB", "RET", "BIREYSEL", TODAY),
        ("bozuk@", "EPOSTA", "HS_WEB", "ONAY", "BIREYSEL", TODAY),
        ("eski@example.com", "EPOSTA", "HS_WEB", "ONAY", "BIREYSEL", TODAY - timedelta(days=60)),
    ]
    saved = convert(office, filled(office, "izinler.xlsx", rows), CSV)
    assert "+905320000081;MESAJ" in saved.read_text("utf-8-sig")

    results = office / "sonuc.csv"
    done = script(izin, office, "send", saved, results)
    assert done.returncode == 0, done.stderr
    assert "5 satır / rows: 3 kaydedildi / stored, 2" in done.stdout
    assert izin.status("+905320000081", "MESAJ")["status"] == "ONAY"
    assert izin.status("tablo-ret@example.com")["status"] == "RET"

    # LibreOffice opens the results; the clerk corrects and sends the same sheet again: nothing is stored twice.
    opened = sheet(convert(office, results, "xlsx"))
    assert [row["SONUC"] for row in opened] == ["KAYDEDILDI"] * 3 + ["HATALI"] * 2
    assert "H467" in opened[4]["ACIKLAMA"]
    assert all(len(row["KAYITNO"]) == 64 for row in opened[:3])
    again = script(izin, office, "send", results, office / "sonuc2.csv")
    assert "3 kaydedildi" in again.stdout
    with (office / "sonuc2.csv").open(encoding="utf-8-sig") as file:
        second = list(csv.DictReader(file, delimiter=";"))
    assert [row["KAYITNO"] for row in second[:3]] == [row["KAYITNO"] for row in opened[:3]]
    key = {"recipient": "tablo@example.com", "recipientType": "BIREYSEL", "type": "EPOSTA"}
    assert len(izin.ask("POST", "/consents/history", key).json()["list"]) == 1


def test_before_a_sending_a_sheet_shows_to_whom_one_may_write(izin: Served, office: Path) -> None:
    izin.declare("evet@example.com", "ONAY")
    izin.declare("hayir@example.com", "RET")
    people = ["evet@example.com", "bozuk@", "hayir@example.com", "kimse@example.com"]
    saved = convert(office, filled(office, "liste.xlsx", [(one, "EPOSTA") for one in people]), CSV)
    done = script(izin, office, "look", saved, office / "bak.csv")
    assert done.returncode == 0, done.stderr
    opened = sheet(convert(office, office / "bak.csv", "xlsx"))
    assert [row["YAZILABILIR"] for row in opened] == ["EVET", "HAYIR", "HAYIR", "HAYIR"]
    assert [bool(row["ACIKLAMA"]) for row in opened] == [False, True, False, False]  # one wrong row stops no other

    (office / "satir.csv").write_text('ALICI;IZINTURU;NOT\nevet@example.com;EPOSTA;"iki\nsatır"\n', "utf-8")
    assert script(izin, office, "look", office / "satir.csv", office / "satir-2.csv").returncode == 0
    with (office / "satir-2.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file, delimiter=";")
    assert (row["NOT"], row["YAZILABILIR"]) == ("iki\nsatır", "EVET")


def test_refusals_since_the_last_time_are_a_sheet(izin: Served, office: Path) -> None:
    script(izin, office, "refused", office / "ret0.csv")
    izin.declare("tabloda@example.com", "ONAY")
    izin.refuse("tabloda@example.com")
    done = script(izin, office, "refused", office / "ret1.csv")
    assert done.returncode == 0, done.stderr
    opened = sheet(convert(office, office / "ret1.csv", "xlsx"))
    assert ("tabloda@example.com", "EPOSTA", "RET") in {
        (row["ALICI"], row["IZINTURU"], row["DURUMU"]) for row in opened
    }
    assert script(izin, office, "refused", office / "ret2.csv").stdout.startswith("0 ret")


def test_a_sheet_of_refusals_is_never_overwritten(izin: Served, office: Path) -> None:
    script(izin, office, "refused", office / "once.csv")
    izin.declare("ezilmez@example.com", "ONAY")
    izin.refuse("ezilmez@example.com")
    kept = (office / "once.csv").read_bytes()
    done = script(izin, office, "refused", office / "once.csv")
    assert (done.returncode, "is there already" in done.stderr) == (1, True)
    assert (office / "once.csv").read_bytes() == kept
    script(izin, office, "refused", office / "sonra.csv")
    assert "ezilmez@example.com" in (office / "sonra.csv").read_text("utf-8-sig")


def test_whom_izin_erased_the_sheet_names_by_ids(izin: Served, office: Path) -> None:
    izin.declare("silinmis@example.com", "ONAY")
    known = izin.status("silinmis@example.com")["transactionId"]
    script(izin, office, "refused", office / "sil0.csv")
    izin.erase("silinmis@example.com")
    assert script(izin, office, "refused", office / "sil1.csv").stdout.startswith("1 ret")
    with (office / "sil1.csv").open(encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file, delimiter=";")
    assert (row["ALICI"], row["DURUMU"], known in row["KAYITNO"].split()) == ("", "RET", True)


def test_refusals_of_a_page_are_kept_before_the_next_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)
    import izin_sheet

    class Site:
        cursor = tmp_path / "izin-cursor.txt"

        def call(self, method: str, path: str) -> tuple[int, Any]:
            if path.endswith("after=1"):  # asking on proves to İzin that the page is here
                assert "sayfa@example.com" in (tmp_path / "ret.csv").read_text("utf-8-sig")
                assert self.cursor.read_text("utf-8") == "1"
                raise izin_sheet.Stop("away")
            movement = {"recipient": "sayfa@example.com", "status": "RET", "transactionId": "a"}
            return 200, {"after": "1", "list": [movement]}

    with pytest.raises(izin_sheet.Stop, match="away"):
        izin_sheet.refused(Site(), str(tmp_path / "ret.csv"))
    assert "sayfa@example.com" in (tmp_path / "ret.csv").read_text("utf-8-sig")


def test_the_panel_reads_what_libreoffice_saved(izin: Served, office: Path) -> None:
    """The way without any program: the same file on the panel's upload page, here by its command."""
    file = filled(office, "panel.xlsx", [("panelden@example.com", "EPOSTA", "HS_WEB", "ONAY", "BIREYSEL", TODAY)])
    for kind in ("xlsx:Calc MS Excel 2007 XML", CSV):
        saved = convert(office, convert(office, file, "ods"), kind)
        out = izin.izin("import", "--brand", str(BRAND), "--dates", "tr", str(saved))
        assert out
    assert izin.status("panelden@example.com")["status"] == "ONAY"


def test_mistakes_are_in_words_and_nothing_is_written(izin: Served, office: Path) -> None:
    other = office / "baska.csv"
    other.write_text("AD;SOYAD\nDerya;Su\n", "utf-8")
    done = script(izin, office, "send", other, office / "yok.csv")
    assert (done.returncode, "ALICI, IZINTURU" in done.stderr) == (1, True)
    done = script(izin, office, "send", other, office / "yok.csv", password="yanlış")
    assert (done.returncode, "did not accept the user" in done.stderr) == (1, True)
    assert not (office / "yok.csv").exists()
    (office / "formul.csv").write_text('ALICI;IZINTURU;NOT\nx@example.com;EPOSTA;"=HYPERLINK(1)"\n', "utf-8")
    assert script(izin, office, "look", office / "formul.csv", office / "formul-2.csv").returncode == 0
    written = (office / "formul-2.csv").read_text("utf-8-sig")
    assert "'=HYPERLINK" in written
    assert written.splitlines()[1].endswith(";HAYIR;")  # an empty cell stays one
