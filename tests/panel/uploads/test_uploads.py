"""Files that people load at the panel: tried first, then loaded, refused rows, taken back."""

from __future__ import annotations

import asyncio
import csv
import importlib
import io
import json
import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text

from consents.brands import companies, transitions
from consents.brands.companies import KnownBrand
from consents.brands.transitions import ProviderSize
from consents.care import audit
from consents.languages import COMPLETE, form_of
from consents.queries import loads
from consents.registry import Registry
from consents.rules import ONAY, RET, Reconsent
from consents.store import Snapshot, Statement, Transaction
from consents.tables import metadata
from consents.terms import Channel, Identity
from izin import jobs
from panel.rights import Membership, Permission, Role
from panel.uploads import upload_pieces, upload_store
from panel.uploads.reasons import RowReasons
from panel.uploads.upload_pieces import PieceKind
from panel.uploads.upload_store import UploadState
from providers.uploads import BadFile, row_verdicts
from providers.uploads.loading import Order, load
from providers.uploads.taking_back import take_back
from tests import ROOT
from tests.conftest import Clock, Opener
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, Colleague, Office, _companies
from tests.panel.uploads.uploads import (
    AYSE,
    GOOD,
    HEADER,
    MEHMET,
    applied,
    file,
    number_of,
    press,
    rows,
    send,
    tried,
    work,
)
from tests.providers.uploads.conftest import make_workbook, workbook  # noqa: F401 - a fixture
from tests.providers.uploads.test_load import refuse, stands
from tests.web.client import refused_for

LOADER = Membership(Role.USER, Permission.LOAD)
BAD = GOOD.replace("MESAJ", "FAKS")
TURKISH = "Alıcı;İzin Tipi;İzin Kaynağı;İzin Durumu;Alıcı Tipi;İzin Tarihi"
_COUNTS = Statement(text("SELECT (SELECT count(*) FROM recipient), (SELECT count(*) FROM consent_event)"))
_PIECES = Statement(text("SELECT kind, count(*) FROM panel_upload_piece GROUP BY kind ORDER BY kind"))
NOT_NOW = "Bu artık yapılamıyor."


def brand_of(registry: Registry) -> KnownBrand:
    known = registry.store.read_now(companies.known_brand, BRANDS[CINAR][0])
    assert known is not None
    return known


def sms(office: Office, address: str) -> int | None:
    return stands(office.registry, brand_of(office.registry), address, Channel.MESAJ, Identity.BIREYSEL)


def held(office: Office) -> tuple[object, ...]:
    found = office.registry.store.read_now(Snapshot.one, _COUNTS)
    assert found is not None
    return tuple(found)


def pieces(office: Office) -> dict[int, int]:
    return dict(office.registry.store.read_now(Snapshot.all, _PIECES))  # type: ignore[arg-type]


pytestmark = pytest.mark.usefixtures("read_here")


@pytest.fixture
def here(office: OpenOffice) -> Office:
    return office()


@pytest.fixture
def loader(here: Office) -> Colleague:
    return here.somebody(LOADER)


def test_a_file_is_tried_first_and_nothing_is_recorded(here: Office, loader: Colleague) -> None:
    refuse(here.registry, brand_of(here.registry), MEHMET)
    here.clock.forward(minutes=20)
    before = held(here)
    later = GOOD.replace("0000001", "0000002").replace("2026-11-23 10:15", "2026-11-24 12:10")
    content = "\n".join(
        [
            rows(1),
            later,
            GOOD.replace("0000001", "0000003"),
            GOOD,
            BAD,
            GOOD.replace("0000001", "0000004").replace("ONAY", "RET"),
        ]
    )
    found = tried(here, loader, content)
    assert held(here) == before
    assert found.state is UploadState.CHECKED
    assert found.tried is not None
    told = {name: found.tried[name] for name in ("rows", "recorded", "unchanged", "refused", "pending")}
    assert told == {"rows": 6, "recorded": 4, "unchanged": 1, "refused": 1, "pending": 1}
    assert (found.tried["fresh"], found.tried["repeated"]) == (3, 1)
    page = loader.get(f"/panel/{CINAR}/yuklemeler/{found.id}").text
    assert "henüz hiçbir şey kaydedilmedi" in page
    assert "İzin türü tanınmadı" in page
    assert here.acts()[-1] == "file-uploaded"


def test_a_change_is_told_from_what_is_new(here: Office, loader: Colleague) -> None:
    applied(here, loader, rows(1))
    found = tried(here, loader, rows(2).replace("10:15", "11:15"))
    assert found.tried is not None
    assert (found.tried["recorded"], found.tried["fresh"]) == (2, 1)


def test_it_is_applied_once_with_a_number_and_taken_back(here: Office, loader: Colleague) -> None:
    found = applied(here, loader, f"{rows(2)}\n{BAD}")
    assert (found.state, found.upload) == (UploadState.LOADED, 1)
    assert found.loaded is not None
    assert (found.loaded["recorded"], found.loaded["refused"]) == (2, 1)
    assert (sms(here, AYSE), sms(here, MEHMET)) == (ONAY, ONAY)
    kept = {PieceKind.TRIED: 1, PieceKind.LOADED: 1}
    assert pieces(here) == {PieceKind.FILE: 1, **kept}, "its refused row is corrected in it"
    assert "--take-back" not in loader.get(f"/panel/{CINAR}/yuklemeler/{found.id}").text
    assert press(loader, found.id, "uygula").status_code == 303, "as a second click, it changes nothing"
    refuse(here.registry, brand_of(here.registry), AYSE)
    assert [press(loader, found.id, "geri-al").status_code for _ in range(2)] == [303, 303]
    work(here)
    refused_for(press(loader, found.id, "uygula"), 409, NOT_NOW)
    assert "--take-back" not in loader.get(f"/panel/{CINAR}/yuklemeler/{found.id}").text
    assert file(here, found.id).state is UploadState.UNDONE
    assert pieces(here) == kept, "the file itself is gone"
    assert (sms(here, AYSE), sms(here, MEHMET)) == (RET, None)
    assert here.acts()[-5:] == ["file-uploaded", "file-applied", "file-loaded", "file-taken-back", "file-undone"]
    assert here.registry.store.read_now(audit.verify, Reconsent.CONFIRM) is None
    assert take_back(here.registry, 1).again


def test_for_a_day_and_no_longer(here: Office, loader: Colleague, clock: Clock) -> None:
    found = applied(here, loader, rows(1))
    here.clock.forward(hours=24, seconds=1)
    other = here.somebody(LOADER)
    assert "geri-al" not in other.get(f"/panel/{CINAR}/yuklemeler/{found.id}").text
    refused_for(press(other, found.id, "geri-al"), 409, NOT_NOW)
    assert file(here, found.id).state is UploadState.LOADED
    assert sms(here, AYSE) == ONAY


def test_a_file_that_nobody_applies_is_forgotten(here: Office, loader: Colleague) -> None:
    found = tried(here, loader, rows(1))
    assert press(loader, found.id, "sil").status_code == 303
    assert file(here, found.id).state is UploadState.DROPPED
    assert pieces(here) == {}
    refused_for(press(loader, found.id, "uygula"), 409, NOT_NOW)
    tried(here, loader, f"{rows(1)}\n{BAD}")
    here.clock.forward(hours=73)
    asyncio.run(jobs._sweep(here.registry, here.settings))
    assert pieces(here) == {}
    late = here.somebody(LOADER)
    refused_for(press(late, found.id + 1, "uygula"), 409, NOT_NOW)


def test_refused_rows_are_for_people_and_for_programs(here: Office, loader: Colleague) -> None:
    formula = GOOD.replace("+905320000001", '"=HYPERLINK(""http://x.example"";1)"')
    first = "\n".join(BAD.replace("0000001", f"00{number:05}") for number in range(1, 1500))
    found = applied(here, loader, f"{HEADER}\n{first}\n{formula}\n{GOOD}\n")
    people = press(loader, found.id, "reddedilenler", **{"for": "people"})
    assert people.content.startswith("\ufeffSatır;Alan;Kod".encode())
    table = list(csv.reader(io.StringIO(people.content.decode("utf-8-sig")), delimiter=";"))
    assert [int(row[0]) for row in table[1:]] == list(range(2, 1502)), "as a spreadsheet numbers them"
    assert table[-1][4].startswith("'=HYPERLINK")
    assert " / " not in table[1][3]
    raw = press(loader, found.id, "reddedilenler", **{"for": "programs"}).content
    exact = list(csv.reader(io.StringIO(raw.decode())))
    assert exact[0] == ["row", "field", "code", "message", "value", "line", "sheet"]
    assert [(int(row[0]), int(row[5])) for row in exact[1:]] == [(number, number + 1) for number in range(1, 1501)]
    assert exact[-1][4] == '=HYPERLINK("http://x.example";1)'
    assert here.acts()[-2:] == ["refusals-downloaded"] * 2
    english = loader.post(
        f"/panel/{CINAR}/yuklemeler/{found.id}/reddedilenler", params={"lang": "en"}, data={"for": "people"}
    )
    assert english.content.startswith("\ufeffRow;Field".encode())


def test_each_sentence_of_a_row_comes_apart_into_its_languages() -> None:
    for table in (row_verdicts.ROW, row_verdicts.PHONE, row_verdicts.EMAIL):
        for sentence in table.values():
            assert tuple(form_of(sentence.text(), language) for language in COMPLETE) == sentence.forms()


def workbook_as_csv(request: pytest.FixtureRequest) -> bytes:
    found: bytes = request.getfixturevalue("workbook")
    return found


# The corpus's files (csv_files.jsonl) by their numbers.
CORPUS_FILES: dict[str, Callable[[pytest.FixtureRequest], bytes]] = {
    "001": lambda _: f"\ufeff{HEADER}\r\n{GOOD}\r\n".encode(),
    "002": lambda _: f"{TURKISH};Ad Soyad\r\n{GOOD};Işıl Şahin\r\n".encode("cp1254"),
    "003": lambda _: f"{TURKISH}\n{GOOD}\n".replace(";", "\t").encode("utf-16"),
    "004": lambda _: f"{HEADER}\n{GOOD}\n{GOOD}\n".encode() + GOOD.encode().replace(b"HS_WEB", b"HS_\xffWEB"),
    "006": lambda _: HEADER.encode(),
    "007": lambda _: f"{GOOD}\n{GOOD}\n".encode(),
    "008": lambda _: (
        b"status,consentDate,recipientType,recipient,source,type\n"
        b"RET,2026-11-23 10:15:00,TACIR,0532 000 00 01,HS_WEB,ARAMA"
    ),
    "009": lambda _: f"{HEADER};İzin Durumu\n{GOOD};RET\n".encode(),
    "010": lambda _: f"{TURKISH};Bayi Kodu\n{GOOD};123\n".encode(),
    "019": workbook_as_csv,
}


@pytest.mark.parametrize("number", CORPUS_FILES)
def test_the_corpus_ends_as_with_the_command(
    number: str,
    office: OpenOffice,
    open_registry: Opener,
    sqlite_template: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    content = CORPUS_FILES[number](request)
    here = office()
    found = applied_or_not(here, here.somebody(LOADER), content)
    path = tmp_path / "izinler.csv"
    path.write_bytes(content)
    shutil.copy(sqlite_template, tmp_path / "command.db")
    registry = open_registry(f"sqlite:///{tmp_path / 'command.db'}")
    registry.store.write_now(_companies)
    if found.state in (UploadState.UNREADABLE, UploadState.ASKING):
        with pytest.raises(BadFile) as told:
            load(registry, Order(path, brand_of(registry)))
        assert found.fault == told.value.sentence.forms()
        return
    tally = load(registry, Order(path, brand_of(registry)))
    assert found.loaded is not None
    counts = ("rows", "recorded", "unchanged", "refused", "pending")
    assert [found.loaded[name] for name in counts] == [getattr(tally, name) for name in counts]
    assert found.loaded["warnings"] == dict(tally.warnings)
    for address in (AYSE, MEHMET):
        assert sms(here, address) == stands(registry, brand_of(registry), address, Channel.MESAJ, Identity.BIREYSEL)


def test_a_form_that_is_sent_twice_brings_one_file(here: Office, loader: Colleague) -> None:  # csv_files-013
    page = loader.get(f"/panel/{CINAR}/yukle").text
    mark = re.findall('name="once" value="([^"]+)"', page)[0]
    first = number_of(send(loader, rows(1), once=mark))
    assert number_of(send(loader, rows(1), once=mark)) == first
    other = send(loader, rows(2), once=mark)
    assert other.status_code == 422
    assert "başka bir dosyayla" in other.text
    assert f'value="{mark}"' not in other.text, "the page has a new mark, so that the next try goes through"
    assert number_of(send(here.somebody(LOADER), rows(2), once=mark)) != first, "a mark is one person's"
    assert here.acts() == ["file-uploaded"] * 2
    assert here.registry.store.read_now(upload_store.open_files, here.id_of(CINAR), here.clock.now) == 2


def test_an_onay_older_than_what_stands_is_a_refused_row(here: Office, loader: Colleague) -> None:  # csv_files-016
    applied(here, loader, rows(2).replace("ONAY", "RET"))
    older = rows(1).replace("10:15:00", "10:14:59")
    found = applied(here, loader, f"{older}\n{GOOD.replace('0000001', '0000003')}\n")
    assert found.loaded is not None
    assert (found.loaded["recorded"], found.loaded["refused"]) == (1, 1)
    raw = press(loader, found.id, "reddedilenler", **{"for": "programs"}).text
    assert [row[:3] for row in csv.reader(io.StringIO(raw))][1:] == [["1", "consentDate", "H178"]]
    assert sms(here, AYSE) == RET


def test_an_upload_that_breaks_off_leaves_nothing(here: Office, loader: Colleague) -> None:  # csv_files-017
    whole = b'--b\r\ncontent-disposition: form-data; name="brand"\r\n\r\n%d\r\n' % BRANDS[CINAR][0]
    whole += b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    whole += rows(50).encode() + b"\r\n--b--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=b"}
    cut = loader.post(f"/panel/{CINAR}/yukle", content=whole[: len(whole) * 6 // 10], headers=headers)
    refused_for(cut, 400, "Bu isteği anlayamadık")
    assert (pieces(here), here.acts()) == ({}, [])
    work(here)
    assert held(here) == (0, 0)
    assert loader.post(f"/panel/{CINAR}/yukle", content=whole, headers=headers).status_code == 303


def test_every_file_of_the_corpus_is_uploaded() -> None:
    """Each has a case above, by its number."""
    numbers = {
        json.loads(line)["id"] for line in (ROOT / "tests/corpus/csv_files.jsonl").read_text("utf-8").splitlines()
    }
    tried = {f"csv_files-{number}" for number in CORPUS_FILES}
    assert numbers == tried | set(re.findall("# (csv_files-[0-9]+)", Path(__file__).read_text("utf-8")))


def applied_or_not(here: Office, loader: Colleague, content: bytes) -> upload_store.PanelFile:
    found = tried(here, loader, content)
    if found.state is not UploadState.CHECKED:
        return found
    assert press(loader, found.id, "uygula").status_code == 303
    work(here)
    return file(here, found.id)


def test_a_workbook_is_loaded(here: Office, loader: Colleague, workbook: bytes) -> None:  # noqa: F811
    found = applied(here, loader, workbook, name="İzinler.xlsx")
    assert found.loaded is not None
    assert (found.name, found.loaded["recorded"]) == ("İzinler.xlsx", 1)


def test_dates_that_can_be_read_in_two_ways_are_asked_about(here: Office, loader: Colleague) -> None:
    content = f"{HEADER}\n{GOOD.replace('2026-11-23 10:15:00', '01.11.2026 10:15')}\n"
    found = tried(here, loader, content)
    assert found.state is UploadState.ASKING
    assert "iki türlü okunabiliyor" in loader.get(f"/panel/{CINAR}/yuklemeler/{found.id}").text
    again = tried(here, loader, content.replace("ONAY", "RET"), dates="tr")
    assert again.tried is not None
    assert again.tried["recorded"] == 1


def test_what_is_too_large_or_no_file_is_told(office: OpenOffice) -> None:
    here = office(UPLOAD_MB="1")
    loader = here.somebody(LOADER)
    large = send(loader, rows(1) + "\n" + " " * (1 << 20))
    assert large.status_code == 413
    assert "en çok 1 MB" in large.text
    refused_for(send(loader, ""), 422, "?")
    refused_for(loader.post(f"/panel/{CINAR}/yukle", data={"brand": "600100"}), 422, "Bir dosya seçin.")
    refused_for(send(loader, rows(1), brand=600200), 422, "Markayı seçin.")  # another company's brand
    assert pieces(here) == {}
    assert "file-uploaded" not in here.acts()


def test_nothing_of_a_file_is_kept_in_plain(here: Office, loader: Colleague, sqlite_url: str) -> None:
    tried(here, loader, f"{rows(3)}\n{BAD}", name="gizli-ad.csv")
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    held_bytes = b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    for plain in (b"5320000001", b"HS_WEB;ONAY", b"gizli-ad"):
        assert plain not in held_bytes


def test_old_records_come_in_while_a_window_is_open_and_not_otherwise(here: Office, loader: Colleague) -> None:
    old = f"{HEADER}\n{GOOD.replace('2026-11-23', '2020-11-23')}\n"
    assert 'name="initial"' not in loader.get(f"/panel/{CINAR}/yukle").text
    shut = tried(here, loader, old, initial="1")
    assert shut.tried is not None
    assert (shut.initial, shut.tried["refused"]) == (False, 1)
    here.registry.store.write_now(transitions.open_window, ProviderSize.SMALL, date(2026, 11, 25), date(2026, 12, 31))
    assert 'name="initial"' in loader.get(f"/panel/{CINAR}/yukle").text
    found = applied(here, loader, old, initial="1")
    assert found.loaded is not None
    assert (found.initial, found.loaded["recorded"]) == (True, 1)
    late = tried(here, loader, old.replace("0000001", "0000002"), initial="1")
    here.clock.forward(hours=48)
    other = here.somebody(LOADER)
    assert press(other, late.id, "uygula").status_code == 303
    work(here)
    assert file(here, late.id).state is UploadState.FAILED
    assert "Geçiş dönemi bitti" in other.get(f"/panel/{CINAR}/yuklemeler/{late.id}").text


def test_who_does_not_see_the_brand_does_not_see_its_files(here: Office, loader: Colleague) -> None:
    found = tried(here, loader, rows(1))
    second = here.registry.store.read_now(companies.known_brand, BRANDS[CINAR][1])
    assert second is not None
    other = here.somebody(LOADER._replace(brands=frozenset({second.id})))
    assert other.get(f"/panel/{CINAR}/yuklemeler/{found.id}").status_code == 404
    for deed in ("uygula", "sil", "geri-al", "reddedilenler"):
        assert press(other, found.id, deed).status_code == 404
    assert "izinler.csv" not in other.get(f"/panel/{CINAR}/yuklemeler").text
    assert "izinler.csv" in loader.get(f"/panel/{CINAR}/yuklemeler").text
    refused_for(send(other, rows(1)), 422, "Markayı seçin.")


def test_two_people_apply_one_file_once(here: Office, loader: Colleague) -> None:
    found = tried(here, loader, rows(1))
    other = here.somebody(LOADER)
    assert press(loader, found.id, "uygula").status_code == 303
    assert press(other, found.id, "uygula").status_code == 303, "it leads to what the other did"
    refused_for(press(other, found.id, "sil"), 409, NOT_NOW)
    work(here)
    assert [here.acts().count(what) for what in ("file-applied", "file-loaded")] == [1, 1]


def test_two_workers_do_not_work_at_one_file(here: Office, loader: Colleague) -> None:
    number = number_of(send(loader, rows(1)))
    store = here.registry.store
    assert store.write_now(upload_store.hold, number, b"first")
    assert not store.write_now(upload_store.hold, number, b"second")
    work(here)
    assert file(here, number).state is UploadState.CHECKING
    here.clock.forward(seconds=31)
    assert store.write_now(upload_store.hold, number, b"second"), "the first is not heard of any more"
    assert not store.write_now(upload_store.beat, number, b"first", 1)
    late = upload_store.Ending(UploadState.CHECKED, tried={"rows": 9})
    assert not store.write_now(upload_store.end, here.registry.keyring, number, b"first", late)
    with pytest.raises(upload_store.LostLease):
        upload_pieces.KeptRefusals(here.registry, number, b"first", PieceKind.TRIED, RowReasons(0, None))


def test_on_either_database(registry: Registry, clock: Clock) -> None:
    here = Office(registry, clock)
    loader = here.somebody(LOADER)
    found = applied(here, loader, f"{rows(3)}\n{BAD}")
    assert found.loaded is not None
    assert (found.loaded["recorded"], found.loaded["refused"]) == (3, 1)
    assert press(loader, found.id, "reddedilenler").content.count(b"\r\n") == 2
    assert press(loader, found.id, "geri-al").status_code == 303
    work(here)
    assert file(here, found.id).state is UploadState.UNDONE
    assert sms(here, AYSE) is None
    other = tried(here, loader, rows(1))
    assert loader.get(f"/panel/{CINAR}/yuklemeler").text.count("izinler.csv") == 2
    press(loader, other.id, "sil")
    here.clock.forward(hours=80)
    asyncio.run(jobs._sweep(registry, here.settings))
    assert pieces(here) == {}
    here.close()


def test_a_load_begun_more_than_once_is_counted_whole(registry: Registry, clock: Clock) -> None:
    """What ``loads.outcome`` tells of a load, also of those that wait for their people."""
    here = Office(registry, clock)
    refuse(registry, brand_of(registry), AYSE)
    here.clock.forward(minutes=20)
    found = applied(here, here.somebody(LOADER), rows(2).replace("2026-11-23 10:15", "2026-11-24 12:10"))
    assert found.upload is not None
    told = registry.store.read_now(loads.outcome, found.upload, 5)
    assert told == {"recorded": 2, "unchanged": 3, "pending": 1}
    here.close()


def test_a_sheet_that_was_not_read_is_named_before_anything_is_applied(here: Office, loader: Colleague) -> None:
    retler = [HEADER.split(";"), *([*BAD.split(";")] for _ in range(2))]
    content = make_workbook([HEADER.split(";"), GOOD.split(";")], Retler=retler, Veri2=[["x"], ["y"], ["z"]])
    found = tried(here, loader, content, "iki.xlsx")
    assert found.tried is not None
    assert (found.tried["rows"], found.tried["recorded"], found.tried["refused"]) == (3, 1, 2)
    page = loader.get(f"/panel/{CINAR}/yuklemeler/{found.id}").text
    assert "Veri2: Bu sayfa okunmadı" in page
    assert re.search(r"Veri2: .*3 satır\.", page)
    assert "<small>Retler</small>" in page, "where a refused row stands"
    rows = press(loader, found.id, "reddedilenler", **{"for": "people"}).content.decode("utf-8-sig")
    assert [line.split(";")[-1] for line in rows.splitlines()] == ["Sayfa", "Retler", "Retler"]


def test_of_two_clicks_at_once_one_file_is_left(
    here: Office, loader: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second looks before the first has written; the look inside the transaction is what counts."""
    from panel.uploads import receiving

    page = loader.get(f"/panel/{CINAR}/yukle").text
    mark = re.findall('name="once" value="([^"]+)"', page)[0]
    looked, number = receiving.upload_of_form, iter(range(100))

    def blind(*arguments: Any) -> int | None:
        return None if next(number) == 0 else looked(*arguments)

    first = number_of(send(loader, rows(1), once=mark))
    monkeypatch.setattr(receiving, "upload_of_form", blind)
    assert number_of(send(loader, rows(1), once=mark)) == first
    assert here.acts() == ["file-uploaded"]
    assert here.registry.store.read_now(upload_store.open_files, here.id_of(CINAR), here.clock.now) == 1
    left = here.registry.store.read_now(Snapshot.all, Statement(text("SELECT id, state FROM panel_upload")))
    assert [tuple(row) for row in left] == [(first, "checking")]
    assert pieces(here) == {PieceKind.FILE: 1}


def test_a_file_that_was_never_whole_counts_for_ten_minutes(here: Office, loader: Colleague) -> None:
    brand = brand_of(here.registry)
    new = upload_store.NewUpload(brand.id, loader.number, "a.csv", None, False, 10, 1, b"d" * 32)
    here.registry.store.write_now(upload_store.begin, here.registry.keyring, new)

    def count() -> int:
        return here.registry.store.read_now(upload_store.open_files, here.id_of(CINAR), here.clock.now)

    assert count() == 1
    here.clock.forward(minutes=10.1)
    assert count() == 0
    asyncio.run(jobs._sweep(here.registry, here.settings))
    assert not here.registry.store.read_now(Snapshot.all, Statement(text("SELECT id FROM panel_upload")))


def test_the_button_stays_as_long_as_the_rule(here: Office, loader: Colleague) -> None:
    found = applied(here, loader, rows(1))
    assert found.loaded_at is not None
    later = found._replace(changed_at=found.loaded_at + 3_600_000_000)  # another step failed an hour after it
    for one in (found, later):
        assert one.back_until(here.clock.now) == found.loaded_at + upload_store.BACK


def test_what_is_no_file_of_consents_is_given_up(
    here: Office, loader: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    from providers.uploads import file_rows

    monkeypatch.setattr(file_rows, "HOPELESS", 5_000)
    good = rows(1).splitlines()[1]
    found = tried(here, loader, "\n".join([HEADER, *["a"] * 3_999, good, *["a"] * 3_999, good]))
    assert found.state is UploadState.CHECKED, "a row that is taken begins the count anew"
    found = tried(here, loader, "\n".join([HEADER, *["a"] * 9_999, good]))
    assert (found.state, found.upload) == (UploadState.UNREADABLE, None)
    page = loader.get(f"/panel/{CINAR}/yuklemeler/{found.id}").text
    assert "izin dosyasına benzemiyor" in page
    assert "Satırdaki sütun sayısı" in page, "the reasons until there"


def test_a_file_and_its_load_have_one_number_also_beside_loads_by_command(office: OpenOffice, tmp_path: Path) -> None:
    here = office()
    owner = here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    first, second = (number_of(send(owner, rows(1, start))) for start in (1, 2))
    brand = brand_of(here.registry)
    path = tmp_path / "komut.csv"
    path.write_text(rows(1, 3))
    begun: list[int] = []
    load(here.registry, Order(path, brand, begun=begun.append))
    (by_command,) = begun
    third = number_of(send(owner, rows(1, 4)))
    assert len({first, second, third, by_command}) == 4
    work(here)
    for number in (third, first):  # in another order than they came
        press(owner, number, "uygula", seen=file(here, number).seen)
        work(here)
        assert file(here, number).upload == number
        page = owner.get(f"/panel/{CINAR}/yuklemeler/{number}")
        assert page.status_code == 200
        assert f"<dt>Yükleme numarası</dt><dd>{number}</dd>" in page.text
    listed = owner.get(f"/panel/{CINAR}/yuklemeler").text
    for number in (first, second, third):
        assert f'/yuklemeler/{number}"' in listed
        assert f'data-label="Yükleme numarası">{number}</td>' in listed
    found = owner.post(f"/panel/{CINAR}/adres", data={"address": str(first)}).text
    assert f"Yükleme {first}</h2>" in found
    assert f"/yuklemeler/{first}" in found
    waits = owner.post(f"/panel/{CINAR}/adres", data={"address": str(second)})
    assert (waits.status_code, waits.headers["location"]) == (303, f"/panel/{CINAR}/yuklemeler/{second}")
    seer = here.somebody(Membership(Role.USER, Permission.SEE))
    refused_for(seer.post(f"/panel/{CINAR}/adres", data={"address": str(second)}), 422, "bu numarayla bir yükleme yok")
    log = owner.get(f"/panel/{CINAR}/kutuk").text
    assert f"Dosya {first}<" in log


def test_an_address_of_an_earlier_version_leads_to_the_own_load_alone(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(Membership(Role.OWNER, Permission.MEMBER))
    found = applied(here, owner, rows(1))
    assert found.upload is not None
    here.registry.store.write_now(_unnumber, found.id)
    for path, leads in ((found.id, f"/panel/{CINAR}/yuklemeler/40"), (40, "")):
        answer = owner.get(f"/panel/{CINAR}/yuklemeler/{path}")
        assert (answer.status_code, answer.headers.get("location", "")) == (303 if leads else 200, leads)
    other = here.somebody(Membership(Role.OWNER, Permission.MEMBER), 600200)
    some = here.somebody(Membership(Role.USER, Permission.LOAD, frozenset({brand_of(here.registry).id + 1})))
    for number in (found.id, 40):
        assert other.get(f"/panel/600200/yuklemeler/{number}").status_code == 404
        assert some.get(f"/panel/{CINAR}/yuklemeler/{number}").status_code == 404
    assert '/yuklemeler/40"' in owner.get(f"/panel/{CINAR}/yuklemeler").text
    assert press(owner, 40, "geri-al").headers["location"] == f"/panel/{CINAR}/yuklemeler/40"


def _unnumber(transaction: Transaction, number: int) -> None:
    """As of a file that got another number with its loading."""
    columns = "brand, digest, started_at, finished_at, rows, refused"
    copied = f"INSERT INTO upload (id, {columns}) SELECT 40, {columns} FROM upload WHERE id = :number"
    for statement in (copied, "UPDATE panel_upload SET upload = 40 WHERE id = :number"):
        transaction.run(Statement(text(statement)), {"number": number})


def test_an_older_file_whose_number_a_load_has_gets_one_of_its_own(here: Office, loader: Colleague) -> None:
    """Before revision 0062 loads and files were numbered apart."""
    columns = ", ".join(one.name for one in metadata.tables["panel_upload"].c if one.name != "id")

    def renumber(transaction: Transaction, was: int, number: int) -> None:
        for statement in (
            f"INSERT INTO panel_upload (id, {columns}) SELECT :number, {columns} FROM panel_upload WHERE id = :was",
            "UPDATE panel_upload_piece SET upload = :number WHERE upload = :was",
            "DELETE FROM panel_upload WHERE id = :was",
        ):
            values = {"was": was, "number": number}
            transaction.run(Statement(text(statement)), {one: values[one] for one in values if f":{one}" in statement})

    loaded, waits = applied(here, loader, rows(1)), tried(here, loader, rows(2, first=5), "bekleyen.csv")
    load = loaded.upload
    assert load is not None
    here.registry.store.write_now(renumber, loaded.id, loaded.id + 10_000)
    here.registry.store.write_now(renumber, waits.id, load)
    home = f"/panel/{CINAR}/yuklemeler"
    assert "izinler.csv" in loader.get(f"{home}/{load}").text
    (path,) = (ROOT / "izin/migrations/versions").glob("*_asked_again.py")
    migration = importlib.import_module(f"izin.migrations.versions.{path.stem}")
    connected = here.registry.store.engine.begin()
    with connected as connection, Operations.context(MigrationContext.configure(connection)):
        migration.renumber_files()
        migration.renumber_files()  # a second time there is nothing to do
    assert "izinler.csv" in loader.get(f"{home}/{load}").text
    moved = here.registry.store.read_now(Snapshot.value, Statement(text("SELECT last FROM load_number")))
    assert "bekleyen.csv" in loader.get(f"{home}/{moved}").text
    assert f"{home}/{moved}" in loader.get(home).text
    assert pieces(here)
