"""Our own OpenAPI file: it is what the table makes, names the calls of the route table, and the site keeps to it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import hypothesis
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode as Mode
from schemathesis import checks
from starlette.routing import Route

from providers import routes
from providers.cases.case import Frame
from providers.consents import validation
from providers.openapi import document, table
from tests import repeats
from tests.conftest import Clock, Opener
from tests.providers.api.desk import CINAR, ISIK, PARTNER, Desk, consent
from tests.providers.conformance import deviations
from tests.providers.conformance.deviations import STATUSES, served
from tests.providers.conformance.document import operations, raw
from tests.variants import variants
from web.codes import CODES, SENTENCES

FILE = document.document()
LANGUAGES = sorted(document.FILES)
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_kept_file_is_what_the_table_makes(language: str) -> None:
    kept = document.FILES[language].read_text(encoding="utf-8")
    assert kept == document.text(language), "python -m providers.openapi.document"


def test_both_languages_have_the_same_calls_fields_and_codes() -> None:
    texts = {"description", "summary", "message", "action"}
    turkish, english = document.document("tr"), document.document("en")
    assert without(turkish, texts) == without(english, texts)
    assert turkish["x-codes"]["H114"]["message"] != english["x-codes"]["H114"]["message"]


def without(part: Any, names: set[str]) -> Any:
    """``part`` without the fields of these names that hold a text."""
    if isinstance(part, list):
        return [without(inner, names) for inner in part]
    if not isinstance(part, dict):
        return part
    return {
        name: without(inner, names) for name, inner in part.items() if not (name in names and isinstance(inner, str))
    }


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_property_or_parameter_is_without_description_and_example(language: str) -> None:
    file = document.document(language)
    found = list(properties(file["components"]["schemas"]))
    assert len(found) > 380
    assert [where for where, one in found if not one.get("description") or len(one.get("examples", ())) != 1] == []
    for line, operation in calls(file):
        given = operation.get("parameters", ())
        assert [one["name"] for one in given if not one["description"] or "example" not in one] == [], line
        assert operation["summary"], line
        assert operation["description"], line


def properties(schemas: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, property), those of inner objects too."""
    for name, schema in schemas.items():
        for field, part in schema.get("properties", {}).items():
            yield f"{where}{name}.{field}", part
            yield from properties({field: part}, f"{where}{name}.")
        inner = [schema["items"]] if "items" in schema else schema.get("anyOf", [])
        yield from properties({f"{name}[]": part for part in inner}, where)


def calls(file: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in file["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_each_body_and_answer_has_an_example_of_its_schema() -> None:
    for line, operation in calls(FILE):
        if "requestBody" in operation:
            check_examples(operation["requestBody"]["content"], line)
        for status, answer in operation["responses"].items():
            assert answer["description"], line
            assert ("content" in answer) is (status != "204"), line
            check_examples(answer.get("content", {}), f"{line} {status}")
        for one in operation.get("parameters", ()):
            assert not faults(one["schema"], one["example"]), f"{line} {one['name']}"
    for where, one in properties(FILE["components"]["schemas"]):
        assert not faults(one, one["examples"][0]), where


def check_examples(content: Mapping[str, Any], where: str) -> None:
    for media, one in content.items():
        assert "example" in one, where
        assert not (media.endswith("json") and faults(one["schema"], one["example"])), where


def faults(schema: Mapping[str, Any], example: Any) -> list[str]:
    checker = jsonschema_rs.Draft202012Validator({"allOf": [schema], "components": FILE["components"]})
    return [fault.message for fault in checker.iter_errors(example)]


def test_what_a_consent_needs_is_in_the_schema_as_the_judge_has_it() -> None:
    whole = consent()
    frame = Frame(int(datetime(2026, 11, 24, tzinfo=UTC).timestamp()) * 1_000_000, {})
    for kind, missing in itertools.product(("BIREYSEL", "TACIR", None), [(), *((name,) for name in whole)]):
        body = {name: value for name, value in (whole | {"recipientType": kind}).items() if name not in missing}
        body = {name: value for name, value in body.items() if value is not None}
        item, _ = validation.judge(body, frame)
        assert (item is not None) is not faults(document.ref("Consent"), body), body


def test_each_code_stands_with_statuses_text_and_what_to_do() -> None:
    answered = {one.code for one in CODES.values() if one.calls and "." not in one.code}
    assert FILE["x-codes"].keys() == answered
    named: dict[str, set[int]] = {}
    for _, operation in calls(FILE):
        for status, answer in operation["responses"].items():
            for code in answer.get("x-codes", ()):
                named.setdefault(code, set()).add(int(status))
    for code, one in FILE["x-codes"].items():
        assert one["message"], code
        assert one["action"], code
        assert one["retry"] in ("never", "once", "later", "retry-after"), code
        assert named.get(code, set()) <= {*one["statuses"], 400}, code  # ViA Pass wraps 422 and 429 in a 400
    # The others are in the results of a list, of wrong methods, of calls that are not offered, or of our own faults.
    assert answered - named.keys() == {"H568", "H015", "H1019", "H1044", "Z405", "Z501"}


def test_operations_have_names_that_tell_what_they_do() -> None:
    names = [operation["operationId"] for _, operation in calls(FILE)]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch("[a-z]+([A-Z][a-z]+|[A-Z]{2,3}|V2)+", name)] == []
    assert not {name for name in names if re.search("[0-9]$", name) and not name.endswith("V2")}


def test_what_is_not_offered_is_left_out() -> None:
    listed = {line for line, _ in calls(FILE)}
    assert {call.line for call in table.CALLS if call.faults != (501,)} == listed


def test_every_schema_is_one_and_every_code_has_its_sentence() -> None:
    for name, schema in FILE["components"]["schemas"].items():
        jsonschema_rs.Draft202012Validator(schema | {"components": FILE["components"]})
        assert f'"#/components/schemas/{name}"' in json.dumps(FILE), f"nothing uses {name}"
    assert {code for call in table.CALLS for code in call.codes} <= SENTENCES.keys()


def fuzz(
    here: Desk, caller: str, way: Mode, document_: dict[str, Any], judge: Callable[[schemathesis.Case, Any], None]
) -> None:
    """Generated requests of each call; the codes in a path are those that the caller has."""
    client = here.client()
    headers = {}
    if caller != "nobody":
        headers["Authorization"] = f"Bearer {here.program(caller).tokens['access_token']}"
    told: set[int] = set()
    for found in schemathesis.openapi.from_dict(document_).get_all_operations():
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
            judge(case, answer)

        with suppress(Unsatisfiable):  # nothing of this call can be wrong
            run()
    assert told & {401} if caller == "nobody" else told & {200}


@pytest.mark.parametrize(
    ("caller", "way"), variants(["cinar", "nobody", "partner"], [Mode.POSITIVE, Mode.NEGATIVE], slow=True)
)
def test_no_request_breaks_the_site_or_gets_an_answer_outside_the_schema(here: Desk, caller: str, way: Mode) -> None:
    def judge(case: schemathesis.Case, answer: Any) -> None:
        case.validate_response(answer, checks=SHAPES)
        assert answer.status_code < 500

    fuzz(here, caller, way, FILE, judge)


@pytest.mark.parametrize(
    ("caller", "way"), variants(["cinar", "nobody", "partner"], [Mode.POSITIVE, Mode.NEGATIVE], slow=True)
)
def test_requests_by_iyss_document_get_its_answers_or_those_that_are_known_to_differ(
    here: Desk, caller: str, way: Mode
) -> None:
    """Statuses and bodies by the document that programs for İYS are written to; docs/iys-paths.md names the others."""
    known = {(call, status) for status, calls in deviations.unnamed().items() for call in calls} | STATUSES.keys()

    def judge(case: schemathesis.Case, answer: Any) -> None:
        operation = by_line[f"{case.method} {case.operation.path}"]
        status, line = answer.status_code, f"{operation.line}: {answer.status_code} {answer.text[:300]}"
        if not served(operation):
            faults.update({line} if status not in (401, 501) else set())
        elif str(status) not in operation.raw["responses"] or status >= 500:
            faults.update({line} if (operation.id, status) not in known else set())
        elif answer.content and not (status < 400 and operation.id in deviations.SCHEMAS):
            wrong = operation.wrong(status, answer.json()) if "json" in answer.headers["content-type"] else ""
            faults.update(
                {f"{line}: {wrong}"} if wrong and not (status >= 400 and KNOWN_SHAPE.search(wrong)) else set()
            )

    faults: set[str] = set()
    by_line = {operation.line: operation for operation in reversed(operations())}
    paths: dict[str, Any] = {}
    for operation in operations():
        paths.setdefault(operation.path, {}).setdefault(operation.method.lower(), operation.raw)
    fuzz(here, caller, way, raw() | {"paths": paths}, judge)
    assert not faults, "\n".join(sorted(faults))


# How the document's schema of an error differs from its own examples (deviations.LIST and VALUE); two schemas of a
# oneOf of ViA Pass fit the same answer.
KNOWN_SHAPE = re.compile(
    r'errors: \[.*is not of type "object"|errors/\d+/value: .+ is not of type "string"'
    r"|is valid under more than one of the schemas",
    re.DOTALL,
)
