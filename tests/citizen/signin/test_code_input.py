"""What is typed or pasted for a code: every row of the corpus, and what hypothesis thinks of."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citizen.signin import code_messages
from settings import load
from tests import CORPUS
from tests.conftest import SECRET
from trust.codes.codes import read_code

FILE = CORPUS / "otp_inputs.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
WRITTEN = [row for row in ROWS if "ctx" not in row]  # the others depend on what happened before: test_codes.py


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: row["id"])
def test_the_corpus_is_read_as_it_says(row: dict[str, object]) -> None:
    expected = row["expect"]
    assert isinstance(expected, dict)
    code = read_code(row["input"])
    if expected["ok"]:
        assert code == "048213"
    elif expected["reason"] == "format":
        assert code is None
    else:
        assert code == row["input"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (" 048 213 ", "048213"),
        ("0 4 8 2 1 3", "048213"),
        ("048–213", "048213"),
        ("\u200e048213\u200f", "048213"),
        ("Kodunuz: 048 213.", "048213"),
        ("048213 - Izin", "048213"),
        ("048213 048213", "048213"),
        ("048213 111111", None),
        ("kod 1234567", None),
        ("+048213", None),
        ("-048213", None),
        ("048213.0", None),
        ("0x048213", None),
        ("24.11.2026 048213 saat 10", None),
        ("<b>048213</b>", None),
        ("048213; DROP TABLE act", None),
        ("048213 -- x", None),
        ("048213\x00", None),
        ("", None),
        ("048213" * 400, None),
    ],
)
def test_a_code_is_read_in_one_way_or_not_at_all(typed: str, code: str | None) -> None:
    assert read_code(typed) == code


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_message_of_ours_can_be_pasted_whole(language: str) -> None:
    settings = load({"SECRET_KEY": SECRET, "PUBLIC_URL": "http://izin.example"})
    for write in (code_messages.sms, code_messages.mail):
        message = write(settings, language, "048213")
        assert read_code(message.text) == "048213"
        assert read_code(f"{message.subject}\n{message.text}") == "048213"


@given(st.text(max_size=60))
def test_nothing_typed_breaks_it_and_only_six_ascii_digits_come_out(typed: str) -> None:
    code = read_code(typed)
    assert code is None or (len(code) == 6 and code.isascii() and code.isdigit() and code[0] in typed)


@given(st.integers(0, 999_999), st.sampled_from(["{}", " {}\n", "Kod: {}", "{} ", "{}."]))
def test_every_code_is_read_with_its_zeros(number: int, around: str) -> None:
    assert read_code(around.format(f"{number:06}")) == f"{number:06}"
