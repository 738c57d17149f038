"""Our own OpenAPI file: it is what the table makes, names the calls of the route table, and the site keeps to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import hypothesis
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode as Mode
from schemathesis import checks
from starlette.routing import Route

from providers import routes
from providers.openapi import document, table
from tests import repeats
from tests.conftest import Clock, Opener
from tests.providers.api.desk import CINAR, ISIK, PARTNER, Desk
from tests.providers.conformance.document import operations
from tests.variants import variants
from web.codes import SENTENCES

FILE = document.document()
KNOWN = {"iysCode": CINAR, "brandCode": CINAR, "integratorCode": PARTNER}
SHAPES = [checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance]
TRIES = repeats(3, 8)  # for each call, each way of generating and each caller


@pytest.fixture
def here(sqlite_url: str, open_registry: Opener, clock: Clock) -> Iterator[Desk]:
    free = {"API_PER_SECOND": "1000000", "API_TOKENS_PER_HOUR": "1000000", "LOG_LEVEL": "error"}
    made = Desk(open_registry(sqlite_url), clock, free)
    made.grant(CINAR, (2, 2, 1), agreements=True)
    yield made
    made.close()


def test_the_kept_file_is_what_the_table_makes() -> None:
    assert document.FILE.read_text(encoding="utf-8") == document.text(), "python -m providers.openapi.document"


def test_the_file_names_the_calls_of_the_route_table_and_no_others() -> None:
    served = {
        f"{method} {route.path}"
        for route in routes.routes()
        if isinstance(route, Route)
        for method in route.methods - {"HEAD"}
    }
    assert {call.line for call in table.CALLS} == served
    assert len(table.CALLS) == len(served)
    assert len({call.name for call in table.CALLS}) == len(served)


def test_the_calls_have_the_names_of_the_regulators_document() -> None:
    theirs = {operation.line: operation.id for operation in operations()}
    own = {call.line: call.name for call in table.CALLS if call.faults != (501,)}
    other = {line: name for line, name in own.items() if line in theirs and name != theirs[line]}
    assert other == {"POST /via/sps/{iysCode}/confirmation": "completeViaRequest"}, "its own has spaces"


def test_a_generator_can_name_a_package_after_it() -> None:
    title = FILE["info"]["title"]
    assert re.fullmatch("[A-Za-z0-9 ]+", title)


def test_every_schema_is_one_and_every_code_has_its_sentence() -> None:
    for name, schema in FILE["components"]["schemas"].items():
        jsonschema_rs.Draft202012Validator(schema | {"components": FILE["components"]})
        assert f'"#/components/schemas/{name}"' in json.dumps(FILE), f"nothing uses {name}"
    assert {code for call in table.CALLS for code in call.codes} <= SENTENCES.keys()


@pytest.mark.parametrize(
    ("caller", "way"), variants(["cinar", "nobody", "partner"], [Mode.POSITIVE, Mode.NEGATIVE], slow=True)
)
def test_no_request_breaks_the_site_or_gets_an_answer_outside_the_schema(here: Desk, caller: str, way: Mode) -> None:
    client = here.client()
    headers = {}
    if caller != "nobody":
        headers["Authorization"] = f"Bearer {here.program(caller).tokens['access_token']}"
    told: set[int] = set()
    absent = {call.line for call in table.CALLS if call.faults == (501,)}
    for found in schemathesis.openapi.from_dict(FILE).get_all_operations():
        operation = found.ok()

        @hypothesis.seed(1)
        @hypothesis.settings(
            max_examples=TRIES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=way))
        def run(case: schemathesis.Case) -> None:
            for name in KNOWN.keys() & case.path_parameters.keys():
                if case.path_parameters[name] != ISIK:
                    case.path_parameters[name] = KNOWN[name]
            sent = case.as_transport_kwargs(base_url=here.settings.public_url, headers=headers)
            if not isinstance(sent.get("data"), dict):
                sent["content"] = sent.pop("data", None)
            sent.pop("cookies", None)
            sent["headers"] = {name: value.encode("latin-1", "replace") for name, value in sent["headers"].items()}
            answer = client.request(**sent)
            told.add(answer.status_code)
            case.validate_response(answer, checks=SHAPES)
            assert answer.status_code < 500 or case.operation.label in absent

        run()
    assert told & {401} if caller == "nobody" else told & {200}
