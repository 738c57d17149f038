"""The rules of a row: İYS's codes, and a RET is taken wherever its meaning is clear."""

from __future__ import annotations

import pytest

from consents import dates
from consents.dates import Form
from tests.providers.uploads.conftest import GOOD, HEADER, Load, plain

LONG_HEADER = HEADER + ";retailerCode"
RET = GOOD.replace("ONAY", "RET")


def changed(row: str = GOOD, **cells: str) -> str:
    """The row with the named cells replaced."""
    named = dict(zip(LONG_HEADER.split(";"), row.split(";"), strict=False)) | cells
    return ";".join(named.values())


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        ({"recipient": ""}, "recipient", "H114"),
        ({"recipient": "0532 000 00 0"}, "recipient", "H121"),
        ({"recipient": "5320000001.0"}, "recipient", "H121"),
        ({"recipient": "ali@example.com"}, "recipient", "H464"),
        ({"recipient": "ali@example.com", "type": "ARAMA"}, "recipient", "H121"),
        ({"type": "EPOSTA"}, "recipient", "H120"),
        ({"recipient": "ali@", "type": "EPOSTA"}, "recipient", "H120"),
        ({"type": ""}, "type", "H111"),
        ({"type": "FAKS"}, "type", "H117"),
        ({"source": ""}, "source", "H113"),
        ({"source": "HS_TACIR"}, "source", "H119"),
        ({"source": "IYS_MOBIL"}, "source", "H119"),
        ({"source": "HS_KARAR"}, "status", "H408"),
        ({"status": ""}, "status", "H110"),
        ({"status": "BEKLIYOR"}, "status", "H115"),
        ({"status": "RED"}, "status", "H115"),
        ({"recipientType": "KURUMSAL"}, "recipientType", "H116"),
        ({"recipientType": "BİREYSËL"}, "recipientType", "H116"),
        ({"consentDate": ""}, "consentDate", "H112"),
        ({"consentDate": "2026-11-23T10:15:00"}, "consentDate", "H158"),
        ({"consentDate": "99999.4270833333"}, "consentDate", "H158"),
        ({"consentDate": "2026-02-29 10:00:00"}, "consentDate", "H157"),
        ({"consentDate": "2015-04-30 23:59:59"}, "consentDate", "H156"),
        ({"consentDate": "2026-11-24 12:00:01"}, "consentDate", "H162"),
        ({"source": "HS_2015"}, "consentDate", "H155"),
        ({"source": "HS_2015", "consentDate": "2014-01-01 00:00:00"}, "consentDate", "H155"),
        ({"retailerCode": "999"}, "retailerCode", "H180"),
        ({"recipient": "+905992000000"}, "recipient", "H121"),
        ({"recipient": "1" * 4097}, "recipient", "long"),
        ({"consentDate": "2026-11-23\ufffd10:15:00"}, "consentDate", "encoding"),
    ],
)
def test_a_faulty_field_is_refused_with_its_code(cells: dict[str, str], field: str, code: str, load_rows: Load) -> None:
    loaded = load_rows(changed(**{"retailerCode": "", **cells}), header=LONG_HEADER)
    assert loaded.rows == []
    assert loaded.faults == [(1, field, code)]
    assert " / " in loaded.refusals[0].message


def test_every_faulty_field_has_its_line_in_the_order_of_the_fields(load_rows: Load) -> None:
    loaded = load_rows("x;FAKS;;RED;SAHIS;never", GOOD)
    assert loaded.faults == [
        (1, "recipient", "H122"),
        (1, "type", "H117"),
        (1, "source", "H113"),
        (1, "status", "H115"),
        (1, "recipientType", "H116"),
        (1, "consentDate", "H158"),
    ]
    assert (loaded.seen, len(loaded.rows)) == (2, 1)


@pytest.mark.parametrize(
    ("cells", "warning"),
    [
        ({"recipient": "+905992000000"}, "unassigned"),
        ({"retailerCode": "999"}, "dealer"),
        ({"recipient": "08500000001"}, "landline"),
        ({"recipient": "09000000001"}, "landline"),
    ],
)
def test_a_ret_is_taken_with_a_warning(cells: dict[str, str], warning: str, load_rows: Load) -> None:
    loaded = load_rows(changed(RET, **{"retailerCode": "", **cells}), header=LONG_HEADER)
    assert loaded.warnings == {warning: 1}
    assert len(loaded.rows) == 1
    assert loaded.rows[0][7] is None


def test_hs_karar_is_a_source_of_refusals(load_rows: Load) -> None:
    assert plain(load_rows(changed(RET, source="HS_KARAR")).rows[0])["source"] == "HS_KARAR"


@pytest.mark.parametrize(("date", "accepted"), [("2015-05-01 00:00:00", True), ("2015-04-30 23:59:59", False)])
def test_no_date_lies_before_the_first_of_may_2015(date: str, accepted: bool, load_rows: Load) -> None:
    assert bool(load_rows(changed(consentDate=date)).rows) is accepted


def test_a_tacir_record_may_lack_source_and_date(load_rows: Load) -> None:
    loaded = load_rows(changed(recipientType="TACIR", source="", consentDate=""))
    assert loaded.rows == [(1, "+905320000001", 1, 1, 1, None, 0, None)]
    assert loaded.warnings == {}


def test_without_recipient_type_everybody_is_bireysel(load: Load) -> None:
    loaded = load("Alıcı;İzin Türü;İzin Kaynağı;Durumu;İzin Tarihi\n+905320000001;ARAMA;HS_WEB;RET;2026-11-23 10:15:00")
    assert plain(loaded.rows[0])["recipientType"] == "BIREYSEL"


def test_an_empty_recipient_type_is_bireysel(load_rows: Load) -> None:
    assert plain(load_rows(changed(recipientType="")).rows[0])["recipientType"] == "BIREYSEL"


@pytest.mark.parametrize("dressed", [" {} ", "\xa0{}\xa0", "\ufeff{}", "\u200b{}\u200b", "'{}", "\t{}", "  '{} "])
def test_what_spreadsheets_put_around_a_cell_is_taken_off(dressed: str, load_rows: Load) -> None:
    row = ";".join(dressed.format(cell) for cell in GOOD.split(";")) + ";" + dressed.format("123")
    loaded = load_rows(row, header=LONG_HEADER)
    assert loaded.refusals == []
    assert plain(loaded.rows[0]) == plain(load_rows(GOOD).rows[0])
    assert loaded.rows[0][7] == 41


def test_a_dealer_is_found_by_every_code_of_the_file(load_rows: Load) -> None:
    loaded = load_rows(GOOD + ";123", GOOD + ";55550127", GOOD + ";", header=LONG_HEADER)
    assert [row[7] for row in loaded.rows] == [41, 42, None]


def test_of_an_hour_that_came_twice_an_onay_takes_the_first_and_a_ret_the_second(load_rows: Load) -> None:
    date = "2015-11-08 03:30:00"
    onay, ret = load_rows(changed(consentDate=date), changed(RET, consentDate=date)).rows
    assert ret[6] - onay[6] == 3_600_000_000


def test_blank_rows_are_numbered_and_not_seen(load_rows: Load) -> None:
    loaded = load_rows("", GOOD, ";;;;;", " ; ;;;;\xa0", GOOD)
    assert (loaded.numbers, loaded.seen, loaded.refusals) == ([2, 5], 2, [])


def test_a_row_with_a_cell_too_many_is_refused(load_rows: Load) -> None:
    assert load_rows(GOOD + ";x", GOOD).faults == [(1, "", "columns")]


def test_unknown_columns_are_ignored_and_named_once(load_rows: Load) -> None:
    header = "Ad Soyad;" + HEADER + ";Not"
    loaded = load_rows(f"Ali;{GOOD};x", f"Ayşe;{GOOD};y", header=header)
    assert len(loaded.rows) == 2
    assert loaded.warnings == {"column:Ad Soyad": 1, "column:Not": 1}


def test_a_form_that_is_given_is_used_as_it_is(load_rows: Load) -> None:
    row = changed(RET, consentDate="05.06.2026 10:15")
    assert [plain(load_rows(row, dates=form).rows[0])["consentDate"] for form in (Form.TR, Form.US)] == [
        "2026-06-05 10:15:00",
        "2026-05-06 10:15:00",
    ]


def test_the_row_numbers_go_on_from_chunk_to_chunk(load_rows: Load) -> None:
    loaded = load_rows(*[GOOD] * 4_999, changed(status=""), GOOD)
    assert loaded.numbers == [*range(1, 5_000), 5_001]
    assert loaded.faults == [(5_000, "status", "H110")]


def test_the_last_moment_is_now(load_rows: Load) -> None:
    loaded = load_rows(changed(consentDate="2026-11-24 12:00:00"))
    assert loaded.rows[0][6] == dates.iys("2026-11-24 12:00:00")


@pytest.mark.parametrize("field", range(6))
def test_a_cell_of_more_than_four_kib_is_refused_and_one_of_four_is_looked_at(field: int, load_rows: Load) -> None:
    cells = GOOD.split(";")
    name = HEADER.split(";")[field]
    longer, longest = ([*cells[:field], "x" * length, *cells[field + 1 :]] for length in (4_097, 4_096))
    loaded = load_rows(";".join(longer), ";".join(longest), GOOD)
    assert loaded.faults[0] == (1, name, "long")
    assert loaded.faults[1][:2] == (2, name)
    assert loaded.faults[1][2] != "long"
    assert loaded.numbers == [3]
    assert len(loaded.refusals[0].value) == 201


@pytest.mark.parametrize(
    "cells",
    [
        {"recipientType": "BİREYSEL"},
        {"recipientType": "bıreysel"},
        {"recipientType": "bi\u0307reysel"},
        {"recipientType": "TACİR"},
        {"recipientType": "tacır", "type": "ARAMA"},
        {"source": "HS_CAGRI_MERKEZİ"},
        {"source": "hs_fiziksel_ortam".upper().replace("I", "İ")},
        {"type": "E-Posta", "recipient": "ayse@example.com"},
        {"type": "e-posta", "recipient": "ayse@example.com"},
    ],
    ids=str,
)
def test_a_word_means_the_same_whichever_i_it_was_written_with(cells: dict[str, str], load_rows: Load) -> None:
    plain_i = str.maketrans({"İ": "I", "ı": "I", "\u0307": None})
    folded = {name: text if "@" in text else text.translate(plain_i).upper() for name, text in cells.items()}
    folded |= {"type": "EPOSTA"} if "recipient" in cells else {}
    asked, meant = load_rows(changed(**cells)), load_rows(changed(**folded))
    assert asked.rows == meant.rows
    assert len(asked.rows) == 1


@pytest.mark.parametrize("word", ["ARAMAK", "E POSTA", "E-POSTALAR", "EPOSTÁ", "FAKS", "ÁRAMA"])
def test_a_word_that_is_none_of_the_list_is_not_guessed_at(word: str, load_rows: Load) -> None:
    assert load_rows(changed(type=word)).faults == [(1, "type", "H117")]


@pytest.mark.parametrize(
    ("field", "word", "meant"),
    [
        ("type", "SMS", "MESAJ"),
        ("type", "Telefon", "ARAMA"),
        ("source", "Çağrı merkezi", "HS_CAGRI_MERKEZI"),
        ("source", "ÇAĞRI MERKEZİ", "HS_CAGRI_MERKEZI"),
        ("source", "Web sitesi", "HS_WEB"),
        ("source", "Mağazada veya yüz yüze", "HS_FIZIKSEL_ORTAM"),
        ("recipientType", "Tacir veya esnaf", "TACIR"),
        ("status", "İstemiyorum", "RET"),
    ],
)
def test_the_panels_own_words_mean_the_codes(field: str, word: str, meant: str, load_rows: Load) -> None:
    asked, expected = load_rows(changed(**{field: word})), load_rows(changed(**{field: meant}))
    assert asked.rows == expected.rows
    assert len(asked.rows) == 1


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("20.11.2026", "2026-11-20 00:00:00"),
        ("2026-11-20", "2026-11-20 00:00:00"),
        ("46349.4270833333", "2026-11-23 10:15:00"),
        ("46349,4270833333", "2026-11-23 10:15:00"),
        ("46349", "2026-11-23 00:00:00"),
        ("11.20.26 10:15 AM", "2026-11-20 10:15:00"),
    ],
)
def test_a_date_of_one_reading_is_read_beside_any_other(written: str, read: str, load_rows: Load) -> None:
    loaded = load_rows(changed(consentDate=written), changed(consentDate="21.11.2026 09:00"))
    plain = load_rows(changed(consentDate=read), changed(consentDate="2026-11-21 09:00:00"))
    assert loaded.rows == plain.rows
    assert len(loaded.rows) == 2
