"""The corpus of rows and files that providers send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.uploads import BadFile, RowRefusal
from tests import CORPUS
from tests.providers.uploads.conftest import GOOD, HEADER, Load, plain


def cases(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / name).read_text("utf-8").splitlines()]


LATE = {"error": "three_business_days"}  # the ledger's to say: tests/providers/uploads/test_load.py
CODES_OF_ERROR = {  # the corpus's word for a fault: the codes that say it
    "recipient": {"H114", "H120", "H121", "H122"},
    "type_needs_phone": {"H464"},
    "type": {"H111", "H117"},
    "status": {"H110", "H115"},
    "source": {"H113", "H119"},
    "recipientType": {"H116"},
    "consentDate": {"H112"},
    "future": {"H162"},
    "too_old": {"H156"},
    "columns": {"columns"},
    "quote": {"quote"},
}


@pytest.mark.parametrize(
    "case", [case for case in cases("csv_rows.jsonl") if case["expect"] != LATE], ids=lambda case: case["id"]
)
def test_a_row_gets_its_verdict_and_leaves_its_neighbours_alone(case: dict[str, Any], load_rows: Load) -> None:
    loaded = load_rows(GOOD, case["input"], GOOD)
    expected = case["expect"]
    assert loaded.numbers[0] == 1
    assert loaded.numbers[-1] == 3
    if accepted := expected.get("accept"):
        assert plain(loaded.rows[1]) == accepted
        assert set(loaded.warnings) == ({expected["warn"]} if "warn" in expected else set())
    elif error := expected.get("error"):
        assert loaded.numbers == [1, 3]
        assert {code for row, _, code in loaded.faults if row == 2} <= CODES_OF_ERROR[error]
        assert {row for row, _, _ in loaded.faults} == {2}
    else:
        assert (loaded.seen, loaded.refusals) == (2, [])


TURKISH_HEADER = "Alıcı;İzin Tipi;İzin Kaynağı;İzin Durumu;Alıcı Tipi;İzin Tarihi"
DECK = (  # the template of İYS's first presentations, addresses replaced
    "IZINTURU\tALICI**UNIQUE\tDURUMU\tIZINKAYNAGI\tIZINTARIHI\tIZNINALINDIGIBA YIKODU\tFIRMATIPI\n"
    "EPOSTA\tali@example.com\tONAY\tHS_WEB\t01.20.20 04:16 PM\t\tBIREYSEL\n"
    "MESAJ\t+902120000001\tONAY\tHS_ATM\t08.20.16 10:16 AM\t\tTACIR\n"
    "ARAMA\t+905320000001\tRET\tHS_2015\t05.01.15 12:00 AM\t123\tBIREYSEL\n"
)


def test_utf8_with_bom_and_crlf_is_read(load: Load) -> None:  # csv_files-001
    loaded = load(f"\ufeff{HEADER}\r\n{GOOD}\r\n")
    assert (len(loaded.rows), loaded.warnings) == (1, {})


def test_turkish_excels_csv_in_windows_1254_is_read_with_a_warning(load: Load) -> None:  # csv_files-002
    loaded = load(f"{TURKISH_HEADER};Ad Soyad\r\n{GOOD};Işıl Şahin\r\n".encode("cp1254"))
    assert len(loaded.rows) == 1
    assert loaded.warnings == {"encoding": 1, "column:Ad Soyad": 1}


def test_excels_unicode_text_is_read_with_a_warning(load: Load) -> None:  # csv_files-003
    text = f"{TURKISH_HEADER}\n{GOOD}\n".replace(";", "\t")
    loaded = load(text.encode("utf-16"))
    assert (len(loaded.rows), loaded.warnings) == (1, {"encoding": 1})


@pytest.mark.parametrize("header", [HEADER, TURKISH_HEADER])
def test_one_invalid_byte_costs_its_own_row_only(header: str, load: Load) -> None:  # csv_files-004
    spoilt = GOOD.encode().replace(b"HS_WEB", b"HS_\xffWEB")
    loaded = load(b"\n".join([header.encode(), GOOD.encode(), GOOD.encode(), spoilt, GOOD.encode()]))
    assert loaded.numbers == [1, 2, 4]
    assert loaded.faults == [(3, "source", "encoding")]
    assert loaded.warnings == {}
    assert loaded.refusals[0].value == "HS_\ufffdWEB"


@pytest.mark.parametrize("ending", ["", "\n", "\n\n;;;;;\n"])
def test_a_header_without_rows_is_refused(ending: str, load: Load) -> None:  # csv_files-006
    with pytest.raises(BadFile) as refused:
        load(HEADER + ending)
    assert refused.value.reason == "no_rows"


def test_a_missing_header_does_not_eat_a_consent(load: Load) -> None:  # csv_files-007
    with pytest.raises(BadFile) as refused:
        load(f"{GOOD}\n{GOOD}\n")
    assert refused.value.reason == "header"
    assert "IZINTURU, ALICI" in refused.value.sentence.text("tr")


def test_columns_are_found_in_any_order(load: Load) -> None:  # csv_files-008
    loaded = load(
        "status,consentDate,recipientType,recipient,source,type\n"
        "RET,2026-11-23 10:15:00,TACIR,0532 000 00 01,HS_WEB,ARAMA"
    )
    assert plain(loaded.rows[0]) == {
        "recipient": "+905320000001",
        "type": "ARAMA",
        "source": "HS_WEB",
        "status": "RET",
        "recipientType": "TACIR",
        "consentDate": "2026-11-23 10:15:00",
    }


def test_two_columns_of_one_field_are_refused_by_name(load: Load) -> None:  # csv_files-009
    with pytest.raises(BadFile) as refused:
        load(f"{HEADER};İzin Durumu\n{GOOD};RET\n")
    assert refused.value.reason == "header"
    assert "status, İzin Durumu" in refused.value.sentence.text("tr")


def test_turkish_column_names_are_read(load: Load) -> None:  # csv_files-010
    loaded = load(f"{TURKISH_HEADER};Bayi Kodu\n{GOOD};123\n")
    assert (loaded.rows[0][7], loaded.warnings) == (41, {})


def test_a_workbook_renamed_to_csv_is_refused_as_what_it_is(load: Load, workbook: bytes) -> None:  # csv_files-019
    with pytest.raises(BadFile) as refused:
        load(workbook, "izinler.csv")
    assert refused.value.reason == "not_csv"
    assert "Excel" in refused.value.sentence.text("tr")


def test_the_decks_template_is_read_as_a_first_load(load: Load) -> None:
    loaded = load(DECK)
    assert loaded.refusals == []
    assert [plain(row) for row in loaded.rows] == [
        dict(zip(HEADER.split(";"), row, strict=True))
        for row in [
            ("ali@example.com", "EPOSTA", "HS_WEB", "ONAY", "BIREYSEL", "2020-01-20 16:16:00"),
            ("+902120000001", "MESAJ", "HS_ATM", "ONAY", "TACIR", "2016-08-20 10:16:00"),
            ("+905320000001", "ARAMA", "HS_2015", "RET", "BIREYSEL", "2015-05-01 00:00:00"),
        ]
    ]
    assert [row[7] for row in loaded.rows] == [None, None, 41]
    assert loaded.warnings == {"landline": 1}


def test_a_refusal_names_row_field_code_and_how_to_mend_it(load_rows: Load) -> None:
    loaded = load_rows(GOOD, GOOD.replace("MESAJ", "FAKS"))
    assert loaded.refusals == [
        RowRefusal(
            2,
            "type",
            "H117",
            "İzin türü tanınmadı. ARAMA, MESAJ ya da EPOSTA yazın. / "
            "This type is unknown. Write ARAMA, MESAJ or EPOSTA.",
            "FAKS",
            3,
        )
    ]
