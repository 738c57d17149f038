"""Every call that is served takes the document's own examples, and answers by the document's schema."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Clock, Opener
from tests.providers.conformance.deviations import SCHEMAS, STATUSES, asks_people, served
from tests.providers.conformance.document import Operation, operations
from tests.providers.conformance.world import World, world

SERVED = [operation for operation in operations() if served(operation) and not asks_people(operation)]
DRIVEN = [(operation, name) for operation in SERVED for name in (operation.bodies() or [""])]


@pytest.fixture
def here(sqlite_url: str, open_registry: Opener, clock: Clock) -> Iterator[World]:
    with world(open_registry(sqlite_url), clock) as made:
        yield made


@pytest.mark.parametrize(("operation", "name"), DRIVEN, ids=[f"{operation.id}-{name}" for operation, name in DRIVEN])
def test_an_example_of_the_document_is_done_and_answered_by_its_schema(
    here: World, operation: Operation, name: str
) -> None:
    body = here.fitted(operation, operation.bodies()[name]) if name else None
    path = {"type": "EPOSTA"} if operation.id == "batchConsentStatus" and name == "email" else {}
    answer = here.send(operation, body, path)
    known = str(answer.status_code) in operation.raw["responses"]
    assert known is not ((operation.id, answer.status_code) in STATUSES), answer.text
    assert answer.status_code < 300, answer.text
    kind = answer.headers.get("content-type", "")
    if kind != "application/json":
        return
    wrong = operation.wrong(answer.status_code, answer.json())
    if operation.id in SCHEMAS:
        assert wrong, f"{operation.id} keeps to the schema by now"
    else:
        assert not wrong


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_where_the_schema_is_not_kept_the_documents_own_example_does_not_keep_it_either(name: str) -> None:
    operation = next(operation for operation in SERVED if operation.id == name)
    good = [example for example in operation.answers() if example.status < 300]
    assert all(operation.wrong(example.status, example.value) for example in good)
