"""The document's error examples: the same mistake is told with the same status and code here."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator

import pytest

from providers.push import pusher
from tests.conftest import Clock, Opener
from tests.providers.api.desk import codes
from tests.providers.conformance.deviations import FAULTS, LIST, NOT_TOLD, SHAPES, VALUE, asks_people, served
from tests.providers.conformance.document import Example, Operation, operations
from tests.providers.conformance.faults import Request, spoil
from tests.providers.conformance.world import World, world

LEFT_OUT = ("createToken2",)  # OAuth's shape: tests/providers/api/test_tokens.py
SERVED = [
    operation
    for operation in operations()
    if served(operation) and operation.id not in LEFT_OUT and not asks_people(operation)  # tests/providers/via
]


@pytest.fixture
def here(sqlite_url: str, open_registry: Opener, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(pusher, "SECONDS", 60)
    with world(open_registry(sqlite_url), clock) as made:
        yield made


def mistakes(operation: Operation) -> list[Example]:
    """The error examples of a call that can be made here."""
    return [
        example
        for example in operation.answers()
        if 400 <= example.status < 500 and not {fault["code"] for fault in example.faults} & NOT_TOLD.keys()
    ]


def said(here: World, operation: Operation, example: Example) -> tuple[int, list[str], str]:
    """What the mistake of an example is told with: status, codes, and what the schema finds wrong with the answer."""
    body = next(iter(operation.bodies().values()), None)
    request = Request(here.fitted(operation, copy.deepcopy(body)))
    spoil(here, operation, request, example)
    with pytest.MonkeyPatch.context() as impatient:
        if here.target.mood == "sleep":
            impatient.setattr(pusher, "SECONDS", 0.2)
        answer = here.send(operation, request.body, request.path, request.query, request.program)
    here.target.mood = 200
    if answer.status_code < 400:
        return answer.status_code, [], ""
    return answer.status_code, sorted(set(codes(answer))), operation.wrong(answer.status_code, answer.json())


@pytest.mark.parametrize("operation", SERVED, ids=lambda operation: operation.id)
def test_a_mistake_of_the_document_is_told_with_its_status_and_code(here: World, operation: Operation) -> None:
    otherwise, shapes = {}, set[tuple[int, str]]()
    for example in mistakes(operation):
        status, found, wrong = said(here, operation, example)
        if wrong and str(status) in operation.raw["responses"]:
            shapes.add((status, _shape(wrong)))
        same = (status, found) == (example.status, sorted({fault["code"] for fault in example.faults}))
        if not same or (wrong and not operation.wrong(example.status, example.value)):
            otherwise[example.key] = (status, found, wrong)
    known = {name for of, name in FAULTS if of == operation.id}
    assert {name: told for name, told in otherwise.items() if name not in known} == {}
    assert known <= otherwise.keys(), "told as the document tells it by now"
    assert shapes == {(status, why) for (of, status), why in SHAPES.items() if of == operation.id}


def _shape(wrong: str) -> str:
    """Which of the known ways an error is not by the schema; AssertionError for another."""
    if wrong.startswith("errors: [") and wrong.endswith('is not of type "object"'):
        return LIST
    assert re.fullmatch(r'errors/\d+/value: .+ is not of type "string"', wrong), wrong
    return VALUE
