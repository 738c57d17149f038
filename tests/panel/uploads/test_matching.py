"""A file whose columns or dates are not plain is asked about, and read as answered."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest

from panel.uploads import upload_pieces
from panel.uploads.upload_pieces import PieceKind
from panel.uploads.upload_store import UploadState
from tests.panel.office import CINAR, Colleague, Office
from tests.panel.uploads.test_uploads import LOADER, OpenOffice, pieces, sms
from tests.panel.uploads.uploads import AYSE, GOOD, HEADER, file, press, tried, work
from tests.providers.uploads.conftest import make_workbook

# A customer list: a title, a blank line, and columns of the company's own names.
OWN = ["Müşteri listesi;;;", "", "Ad;Cep Tel;Ne zaman;Not"]
ROWS = ["Ayşe;0532 000 00 01;23.11.2026;x", "Mehmet;0532 000 00 02;23.11.2026;y"]
ANSWER = {
    **{"column-0": "", "column-1": "recipient", "column-2": "consentDate", "column-3": ""},
    **{"all-type": "MESAJ", "all-source": "HS_WEB", "all-status": "ONAY", "all-recipientType": ""},
}

pytestmark = pytest.mark.usefixtures("read_here")


@pytest.fixture
def here(office: OpenOffice) -> Office:
    return office()


@pytest.fixture
def loader(here: Office) -> Colleague:
    return here.somebody(LOADER)


def own(rows: list[str], header: list[str] = OWN) -> str:
    return "\n".join([*header, *rows]) + "\n"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_own_columns_are_matched_once_and_known_in_the_next_file(here: Office, loader: Colleague, kind: str) -> None:
    def content(rows: list[str]) -> str | bytes:
        if kind == "csv":
            return own(rows)
        return make_workbook([line.split(";") for line in own(rows).splitlines()])

    asked = tried(here, loader, content(ROWS), f"liste.{kind}")
    assert asked.state is UploadState.ASKING
    at = f"/panel/{CINAR}/yuklemeler/{asked.id}"
    assert f'{at}/sutunlar"' in loader.get(at).text
    page = loader.get(f"{at}/sutunlar").text
    assert "Sizdeki «Cep Tel»" in page
    assert "0532 000 00 01 · 0532 000 00 02" in page, "values of the column show what it is"
    assert press(loader, asked.id, "sutunlar", **ANSWER).status_code == 303
    work(here)
    read = file(here, asked.id)
    assert read.tried is not None
    assert (read.state, read.tried["rows"], read.tried["recorded"]) == (UploadState.CHECKED, 2, 2)
    assert "Cep Tel = Alıcı" in loader.get(at).text
    assert press(loader, asked.id, "uygula").status_code == 303
    work(here)
    assert sms(here, AYSE) == 1

    following = tried(here, loader, content([ROWS[0].replace("01;", "03;")]), f"liste2.{kind}")
    assert following.state is UploadState.ASKING, "what all rows are is declared for each file"
    page = loader.get(f"/panel/{CINAR}/yuklemeler/{following.id}/sutunlar").text
    for place, field in (("column-1", "recipient"), ("all-source", "HS_WEB")):
        chosen = re.search(rf'name="{place}".*?</select>', page, re.DOTALL)
        assert chosen is not None
        assert f'value="{field}" selected' in chosen[0]


def test_matched_columns_are_read_without_a_question_where_nothing_is_missing(here: Office, loader: Colleague) -> None:
    header = ["Cep Tel;type;source;status;Ne zaman"]
    row = "0532 000 00 01;SMS;Web sitesi;Onay;23.11.2026 10:15"
    first = tried(here, loader, own([row], header))
    assert first.state is UploadState.ASKING
    columns = {f"column-{place}": field for place, field in enumerate(("recipient", "type", "source", "status"))}
    press(loader, first.id, "sutunlar", **columns, **{"column-4": "consentDate"})
    work(here)
    assert file(here, first.id).state is UploadState.CHECKED
    second = tried(here, loader, own([row.replace("01;", "02;")], header), "ikinci.csv")
    assert second.tried is not None
    assert (second.state, second.tried["recorded"]) == (UploadState.CHECKED, 1)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"column-3": "recipient"}, "column-3"),
        ({"column-1": ""}, "column-0"),
        ({"column-2": ""}, "column-0"),
        ({"all-status": ""}, "all-status"),
        ({"all-type": "FAKS"}, "all-type"),
    ],
)
def test_an_answer_that_leaves_a_question_is_refused(
    here: Office, loader: Colleague, change: dict[str, str], place: str
) -> None:
    asked = tried(here, loader, own(ROWS))
    answer = press(loader, asked.id, "sutunlar", **ANSWER | change)
    assert answer.status_code == 422
    assert f'href="#{place}"' in answer.text
    assert file(here, asked.id).state is UploadState.ASKING


@pytest.mark.parametrize(("answer", "recorded"), [("tr", 0), ("us", 1)])
def test_dates_with_two_readings_are_answered_on_the_page(
    here: Office, loader: Colleague, answer: str, recorded: int
) -> None:
    """5 December is still to come, 12 May is over."""
    content = f"{HEADER}\n{GOOD.replace('2026-11-23 10:15:00', '05.12.2026 10:15').replace('ONAY', 'RET')}\n"
    asked = tried(here, loader, content)
    assert asked.state is UploadState.ASKING
    at = f"/panel/{CINAR}/yuklemeler/{asked.id}"
    page = loader.get(at).text
    assert 'name="dates" value="tr"' in page
    assert 'name="dates" value="us"' in page
    assert "--dates" not in page
    assert press(loader, asked.id, "tarihler", dates=answer).status_code == 303
    work(here)
    found = file(here, asked.id)
    assert found.tried is not None
    assert (found.form, found.tried["recorded"], found.tried["refused"]) == (answer, recorded, 1 - recorded)


def test_what_is_asked_about_is_sealed_and_goes_with_the_file(here: Office, loader: Colleague) -> None:
    asked = tried(here, loader, own(ROWS))
    store, keyring = here.registry.store, here.registry.keyring
    assert pieces(here) == {PieceKind.FILE: 1, PieceKind.HEAD: 1}
    head = store.read_now(upload_pieces.head, keyring, asked.id)
    assert head is not None
    assert head.cells == OWN[2].split(";")
    assert press(loader, asked.id, "sil").status_code == 303
    assert (file(here, asked.id).state, pieces(here)) == (UploadState.DROPPED, {})
    assert press(loader, asked.id, "sutunlar", **ANSWER).status_code == 303
    work(here)
    assert file(here, asked.id).state is UploadState.DROPPED, "a deleted file is not read again"


def test_a_file_that_waits_for_an_answer_is_forgotten_like_others(here: Office, loader: Colleague) -> None:
    asked = tried(here, loader, own(ROWS))
    here.clock.forward(hours=80)
    press(here.somebody(LOADER), asked.id, "sutunlar", **ANSWER)
    work(here)
    assert file(here, asked.id).state is UploadState.ASKING


@pytest.mark.parametrize("above", [0, 1, 9])
def test_a_header_is_found_below_titles(here: Office, loader: Colleague, above: int) -> None:
    titles = [f"Başlık {number}" for number in range(above)]
    found = tried(here, loader, "\n".join([*titles, HEADER, GOOD, GOOD.replace("ONAY", "X")]))
    assert found.tried is not None
    assert (found.tried["rows"], found.tried["recorded"]) == (2, 1)
    page = loader.get(f"/panel/{CINAR}/yuklemeler/{found.id}").text
    assert f'<td class="num" data-label="Satır">{above + 3}</td>' in page
    assert "1 satır alınır · 1 satır hatalı" in page


def test_rows_above_a_later_header_are_not_skipped(here: Office, loader: Colleague) -> None:
    found = tried(here, loader, "\n".join([GOOD, HEADER, GOOD]))
    assert found.state is UploadState.ASKING


def test_the_template_is_loaded_as_it_is(here: Office, loader: Colleague) -> None:
    for name in ("sablon.xlsx", "sablon.csv"):
        answer = loader.get(f"/panel/{CINAR}/yukle/{name}")
        assert answer.status_code == 200
        found = tried(here, loader, answer.content, name)
        assert found.tried is not None
        assert (found.tried["rows"], found.tried["refused"]) == (1, 0)
    book = openpyxl.load_workbook(io.BytesIO(loader.get(f"/panel/{CINAR}/yukle/sablon.xlsx").content))
    assert book.sheetnames == ["İzinler", "Kodlar"]
    codes = {row[1].value for row in book["Kodlar"].iter_rows()}
    assert {"MESAJ", "HS_WEB", "HS_KARAR", "TACIR"} <= codes
