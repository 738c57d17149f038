"""A code is one row of web/codes.csv, and everything that is known of it stands there."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

from national.upstream.answer_classes import AnswerClass
from providers.openapi import table
from providers.openapi.descriptions import THEN
from tests import ROOT
from web.codes import CODES, EVERY, SENTENCES
from web.iys_fields import Field

FILE = ROOT / "web" / "codes.csv"
PARTS = ("row", "phone", "email", "warning", "evidence")  # of a file: keys begin so, and the kind is the same
CHECKS = {"ITEM", "KEY", "MANY", "PAGE", "VIA", "ASK", "CODE", "NOTICES", "PASS", "PASS_START", "PASS_CODE", "SIGNED"}
FIELDS = {value for name, value in vars(Field).items() if name.isupper()}
RAISED = re.compile(r'"([HZ]\d{3,4})"')


def sources(room: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / room).rglob("*.py"))


def test_each_code_has_one_row() -> None:
    rows = list(csv.reader(FILE.read_text(encoding="utf-8").splitlines()))
    assert len(rows) - 1 == len(CODES) > 300
    assert len(rows[0]) == 7
    for code, kind, _, calls, *_ in rows[1:]:
        # What comes over HTTP has statuses, and what a program does about it.
        cells = len(next(row for row in rows if row[0] == code))
        assert cells == (7 if calls and kind not in PARTS else 5), code


def test_each_cell_is_a_word_that_is_known() -> None:
    kinds = {one.value for one in AnswerClass} | {"own", *PARTS}
    names = {call.name for call in table.CALLS} | CHECKS
    for one in CODES.values():
        assert one.kind in kinds, one
        assert one.about in FIELDS | {""}, one
        assert one.calls in ({EVERY}, {"uploads"}, set()) or one.calls - {EVERY} <= names, one
        assert bool(one.statuses) is bool(one.then) is (one.then in THEN), one
        assert all(200 <= status < 600 for status in one.statuses), one
        assert (one.kind in PARTS) is ("." in one.code) is (one.calls == {"uploads"}), one
        assert one.code.partition(".")[0] == one.kind or "." not in one.code, one
        assert (one.kind == "own") is one.code.startswith("Z"), one


def test_what_a_call_checks_has_codes() -> None:
    words = {word for one in CODES.values() for word in one.calls}
    assert words >= CHECKS
    text = (ROOT / "providers" / "openapi" / "calls.toml").read_text(encoding="utf-8")
    assert {word for line in re.findall(r'^checks = "(.*)"$', text, re.MULTILINE) for word in line.split()} == CHECKS


def test_each_code_that_the_api_answers_names_its_calls_and_no_other_does() -> None:
    raised = set(RAISED.findall(sources("providers") + sources("consents") + sources("asking")))
    answered = {one.code for one in CODES.values() if one.calls and "." not in one.code}
    assert len(raised) > 80
    assert raised - answered == set()
    assert answered - raised == set()
    assert all(CODES[code].sentence for code in answered)


def test_each_table_of_codes_of_other_rooms_is_about_known_ones() -> None:
    named = set(re.findall(r'"(H\d{3,4})"', sources("web") + sources("national") + sources("panel")))
    assert named <= CODES.keys()


def test_a_new_one_is_its_row_and_its_translation(tmp_path: Path) -> None:
    for room in ("consents", "locales", "providers", "settings", "trust", "gateways", "evidence", "web", "national"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "web" / "codes.csv").open("a", encoding="utf-8") as rows:
        rows.write(
            "H999,blocked,consentDate,addConsent,Uydurma kod.,422,ask\nrow.invented,row,,uploads,Uydurma satır.\n"
        )
    with (tmp_path / "locales" / "en" / "LC_MESSAGES" / "messages.po").open("a", encoding="utf-8") as texts:
        texts.write('\nmsgid "Uydurma kod."\nmsgstr "An invented code."\n')
        texts.write('\nmsgid "Uydurma satır."\nmsgstr "An invented row."\n')
    program = """
from national.upstream import answer_classes
from providers.api.answers import Fault
from providers.cases import meanings
from providers.openapi import document, table
from providers.uploads.row_verdicts import ROW

assert answer_classes.classify("H999") is answer_classes.AnswerClass.BLOCKED
assert meanings.about("H999", 1, 0)[0] == "consentDate"
assert Fault("H999").fields() == {"code": "H999", "message": "Uydurma kod. / An invented code."}
assert ROW["invented"].forms() == ("Uydurma satır.", "An invented row.")
assert [call.name for call in table.CALLS if "H999" in call.codes] == ["addConsent"]
assert document.text("tr").count("- H999: Uydurma kod. Yinelemeyin.") == 1
assert document.text("en").count("- H999: An invented code. Do not repeat it.") == 1
assert document.document()["x-codes"]["H999"]["statuses"] == [422]
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_no_sentence_stands_twice_for_the_same_code() -> None:
    assert SENTENCES.keys() == {one.code for one in CODES.values() if one.sentence and "." not in one.code}
    assert all(one.sentence for one in CODES.values() if one.kind in (*PARTS, "own"))
