"""Every code of the document has exactly one class, and the client reads what the document shows."""

from __future__ import annotations

import csv
import json
import re

from national.upstream import answer_classes, iys_messages
from national.upstream.answer_classes import AnswerClass
from tests import CORPUS, ROOT
from tests.providers.conformance import document

TEXT = (CORPUS / "iys-openapi.json").read_text(encoding="utf-8")
# Codes that the document names in its prose alone, which the copy among the tests leaves out.
PROSE = {"H1008", "H1009"}


def test_every_code_of_the_document_has_exactly_one_class() -> None:
    named = set(re.findall(r"\bH\d{3,4}\b", TEXT))
    assert len(named) > 60
    assert named <= answer_classes.CLASSES.keys()
    rows = csv.reader((ROOT / "web" / "codes.csv").read_text("utf-8").splitlines()[1:])
    listed = [code for code, *_ in rows if code.startswith("H")]
    assert len(listed) == len(set(listed)), "one class each"
    assert all(answer_classes.CODE.fullmatch(code) for code in listed)
    assert set(listed) >= PROSE


def test_the_classes_are_what_the_rules_say() -> None:
    of = answer_classes.of_item
    assert [of(code, refuses=True) for code in ("H174", "H175")] == [AnswerClass.DONE] * 2
    assert of("H175", refuses=False) is AnswerClass.ESCALATE
    assert of("H178", refuses=True) is AnswerClass.RECONCILE
    assert {of(code, refuses=True) for code in ("H467", "H162", "H525", "H9999", "")} == {AnswerClass.ESCALATE}
    # What integrators find worth retrying.
    worth = ("H015", "H101", "H102", "H103", "H123", "H179", "H192", "H412", "H470")
    assert {of(code, refuses=True) for code in worth} == {AnswerClass.RETRY}
    assert answer_classes.of_fault(502, None) is AnswerClass.RETRY
    assert answer_classes.of_fault(403, None) is AnswerClass.BLOCKED
    assert answer_classes.of_fault(429, None) is AnswerClass.SLOWER


def test_a_fault_is_read_in_each_shape_of_an_error() -> None:
    """Its own schema has five for the same fault; a limit comes at the top level and in a list."""
    one = {"code": "H084", "message": "…"}
    for told in (
        one,
        {"errors": one},
        {"errors": [one]},
        [one],
        one | {"errors": [one]},
        {"errors": [{"code:": "H084"}]},
    ):
        body = json.dumps(told).encode()
        assert {fault.code for fault in iys_messages.problems(body)} == {"H084"}, told
    for told in ({}, [], {"errors": {}}, {"errors": None}, {"errors": [None, 7, []]}, {"code": {}}, 7, "H084", None):
        assert iys_messages.problems(json.dumps(told).encode()) == [], told


def test_the_documents_examples_are_read() -> None:
    wanted = {
        "searchRequestDetailsV2": lambda body: iys_messages.results(body, 1000),
        "PullPerBrandCode": iys_messages.page,
        "batchConsentStatus": iys_messages.allowed,
        "getBrandsDetails": iys_messages.brands,
        "agreementsDate": iys_messages.day_hash,
        "addBatchConsentV2": iys_messages.request_id,
        "createToken2": iys_messages.token,
        "consentDetail": lambda body: iys_messages.movement(json.loads(body)),
    }
    seen = set()
    for operation in document.operations():
        for example in operation.answers():
            if operation.id in wanted and example.status in (200, 202) and example.value is not None:
                assert wanted[operation.id](json.dumps(example.value).encode()) is not None, operation.id
                seen.add(operation.id)
            elif operation.id in wanted and example.status >= 400:
                found = [one.code for one in iys_messages.problems(json.dumps(example.value).encode())]
                assert found == [fault["code"] for fault in example.faults if fault["code"]]
    assert seen == wanted.keys()
