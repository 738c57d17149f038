"""What JSON says and what a row of a file says means the same: one judge, two readers."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from consents import dates
from consents.dates import Form
from providers.cases.case import Frame
from providers.consents import validation
from providers.uploads import date_forms, row_verdicts
from providers.uploads.files.file_header import FIELDS
from tests import CORPUS

NOW = dates.iys("2026-11-24 12:00:00")
BODIES, ROWS = Frame(NOW, {10000001: 5}), Frame(NOW, {"10000001": 5}, Form.IYS, code_kind=str)
GOOD = {
    "recipient": "+905320000001",
    "type": "MESAJ",
    "source": "HS_WEB",
    "status": "ONAY",
    "recipientType": "BIREYSEL",
    "consentDate": "2026-11-23 10:15:00",
}
# Files have one code for every bad number; İYS's document has one of its own for JSON.
OF_FILES = {"H160": {"H121"}, "H122": {"H121", "H122"}}


def inputs(name: str) -> list[str]:
    lines = (CORPUS / f"{name}.jsonl").read_text("utf-8").splitlines()
    return sorted({date_forms.trimmed(json.loads(line)["input"]) for line in lines} - {""})


def rows_of_the_corpus() -> list[dict[str, str]]:
    rows = [text.split(";") for text in inputs("csv_rows")]
    even = [
        [
            date_forms.closed_word(cell, FIELDS[place])
            if place in (1, 2, 3, 4)
            else date_forms.plain(date_forms.trimmed(cell), Form.IYS)
            if place == 5
            else date_forms.trimmed(cell)
            for place, cell in enumerate(row)
        ]
        for row in rows
    ]
    return [dict(zip(GOOD, row, strict=True)) for row in even if len(row) == len(GOOD)]


def both(said: dict[str, str]) -> tuple[validation.BodyVerdict, row_verdicts.RowVerdict]:
    """The verdicts on the same words, in JSON and in a row; JSON leaves out what a row leaves empty."""
    body: dict[str, Any] = {field: value for field, value in said.items() if value}
    if said.get("retailerCode", "").isdecimal():
        body["retailerCode"] = int(said["retailerCode"])
    return validation.judge(body, BODIES), row_verdicts.judge(
        ROWS, 1, (2, ""), tuple(said.get(field, "") for field in FIELDS)
    )


def agree(said: dict[str, str]) -> bool:
    """Whether both take the same, or refuse the same fields with the same codes; which is what is returned."""
    of_json, of_row = both(said)
    if of_json.item is None or of_row.row is None:
        assert (of_json.item, of_row.row) == (None, None), said
        codes = {fault.location[0]: OF_FILES.get(fault.code, {fault.code}) for fault in of_json.faults}
        assert codes.keys() == {refusal.field for refusal in of_row.refusals}, said
        assert all(refusal.code in codes[refusal.field] for refusal in of_row.refusals), said
    else:
        assert of_row.row == (1, *of_json.item[:7]), said
    return of_row.row is not None


@pytest.mark.parametrize("name", ["phones", "emails"])
def test_every_address_of_the_corpus_means_the_same_in_both(name: str) -> None:
    taken = [
        agree(GOOD | {"recipient": text, "type": channel, "status": status})
        for text, channel, status in product(inputs(name), ("ARAMA", "MESAJ", "EPOSTA", "", "FAX"), ("ONAY", "RET"))
    ]
    assert 10 < sum(taken) < len(taken) - 10


def test_every_date_of_the_corpus_means_the_same_in_both() -> None:
    sources, identities = ("HS_WEB", "HS_2015", "HS_KARAR", "IYS_WEB", ""), ("BIREYSEL", "TACIR", "")
    of_files = [date for date in inputs("dates") if date_forms.plain(date, Form.IYS) != date]
    assert len(of_files) > 3, "files have more forms: the last test here"
    terms = product((*(set(inputs("dates")) - {*of_files}), ""), sources, ("ONAY", "RET", "BEKLIYOR"), identities)
    taken = [
        agree(GOOD | {"consentDate": date, "source": source, "status": status, "recipientType": identity})
        for date, source, status, identity in terms
    ]
    assert 10 < sum(taken) < len(taken) - 10


def test_every_row_of_the_corpus_means_the_same_in_both() -> None:
    taken = [agree(said) for said in rows_of_the_corpus()]
    assert 3 < sum(taken) < len(taken) - 3


@pytest.mark.parametrize(("code", "status"), [*product(("10000001", "10000009", "x"), ("ONAY", "RET"))])
def test_a_dealer_means_the_same_in_both(code: str, status: str) -> None:
    said = GOOD | {"retailerCode": code, "status": status}
    if (code, status) == ("x", "RET"):  # a number that nobody has is clear in a RET; in JSON a text is no code at all
        of_json, of_row = both(said)
        assert ([fault.code for fault in of_json.faults], of_row.warnings) == (["H180"], ["dealer"])
    else:
        assert agree(said) is (status == "RET" or code == "10000001")


@pytest.mark.parametrize("codes", [[10000001], [10000009, "x"]])
def test_a_ret_gives_access_to_no_dealer_and_asks_for_none(codes: list[object]) -> None:
    verdicts = [
        validation.judge(GOOD | {"retailerAccess": codes, "status": status}, BODIES) for status in ("ONAY", "RET")
    ]
    onay, ret = verdicts
    assert [fault.code for fault in onay.faults] == ([] if codes == [10000001] else ["H180", "H180"])
    assert onay.item is None or onay.item.access == (5,)
    assert ret.item is not None
    assert ret.item.access == ()


def test_the_differences_of_files_are_these() -> None:
    """Small letters, blanks around, the dates of spreadsheets; JSON is strict."""
    for change in ({"type": "mesaj"}, {"status": " ONAY "}, {"source": "hs_web"}):
        of_json, of_row = both(GOOD | change)
        assert of_json.item is None
        assert of_row.row is not None
    dated = GOOD | {"consentDate": "23.11.2026 10:15"}
    assert validation.judge(dated, BODIES).faults[0].code == "H158"
    frame = ROWS._replace(form=Form.TR)
    row = row_verdicts.judge(frame, 1, (2, ""), tuple(dated.get(field, "") for field in FIELDS)).row
    assert row is not None
    assert row[6] == dates.iys("2026-11-23 10:15:00")
