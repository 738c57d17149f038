"""The rules of the house (docs/architecture.md), kept as tests."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlmodel import SQLModel

from consents.store import Store
from consents.tables import metadata
from settings import Settings
from tests import ROOT

ROOMS = {"asking", "citizen", "national", "optout", "panel", "providers"}
SHARED = {"web", "trust", "gateways", "evidence"}
# Who may be imported by whom: the arrow points inward.
MAY_IMPORT = {
    "consents": set(),
    "evidence": {"consents"},
    "gateways": {"consents"},
    "trust": {"consents", "settings", "gateways"},
    "web": {"consents", "settings", "trust"},
    **{room: {"consents", "settings"} | SHARED for room in ROOMS},
    # The panel is another face of the same companies (docs/decisions/0011).
    "panel": {"consents", "settings", "providers"} | SHARED,
    "settings": {"gateways"},
    # The program: what ties the rooms together.
    "izin/demo": {"consents", "settings", "providers"},
    "izin/migrations": {"consents"},
    "izin/operations": {"consents", "settings", "izin", "izin/demo", "izin/figures"} | SHARED | ROOMS,
    "izin/tlog": {"consents", "settings"} | SHARED,
    "izin/figures": {"consents", "settings", "citizen", "providers"} | SHARED,
    "izin/sandbox": {"consents", "settings", "optout", "providers"} | SHARED,
    "izin": {"consents", "settings", "izin/figures", "izin/operations", "izin/sandbox", "izin/tlog"} | SHARED | ROOMS,
}
# Whose public.py a room may import, beside that (docs/decisions/0010).
MAY_CALL = {
    "citizen": {"asking", "national", "optout", "providers"},
    "optout": {"asking"},
    "panel": {"asking", "citizen", "national", "optout"},
    "providers": {"asking"},
}
HTTP = {"aiohttp", "starlette", "uvicorn", "httptools", "twilio", "aiosmtplib", "jinja2"}
PROOF = {"tests", "bench", "clients", "connectors", "setup.py"}  # no part of the program
CLIENTS = {"izin_client", "izin_api_client", "izin_sheet"}  # of clients/, of a generator, of connectors/
SQL = {"sqlalchemy", "sqlmodel", "alembic", "psycopg"}
WRITERS = {"consents/history.py", "consents/state.py"}  # what consents/ledger writes with
# The modules that write İYS's JSON names; all others use theirs.
WIRE = {
    "web/iys_fields.py",  # what both directions share: the fields of a consent
    "national/upstream/iys_messages.py",  # what is sent to İYS, and what it answers
    "providers/api/wire.py",  # movements, receipts, what stands
    "providers/consents/sub_requests.py",  # the items of a list, written by hand for speed
    # The document describes every field of every call.
    *(f"providers/openapi/{name}.py" for name in ("answered", "document", "taken")),
    # Each is the one module of its calls, whose fields no other call has: a table beside it would say them twice.
    *(f"providers/about/{name}.py" for name in ("integrators", "places", "subscriptions")),
    "providers/api/envelopes.py",  # errors of ViA and ViA Pass
    "providers/feedback/event_forms.py",  # Mailgun has a field of the same name
    "providers/days/days.py",
    "providers/dealers/dealers.py",
    "providers/push/push_calls.py",
    *(f"providers/via/{name}.py" for name in ("pass_calls", "questions", "via_calls", "via_wire")),
}
ADMITS_ANYTHING = {"views", "utils", "services", "helpers", "common"}
KINDS = {
    "__init__",
    "tables",
    "public",
    "hook",
    "inbox",
    "sending",
}  # what stands in several folders and means the same


def sources() -> list[Path]:
    """The project's own modules; tests and benchmarks aside."""
    return [path for path in modules() if path.parts[0] not in PROOF]


def modules() -> list[Path]:
    """All Python files."""
    paths = [Path(line) for line in tracked("--cached", "--others", "--exclude-standard", "*.py")]
    return [path for path in paths if (ROOT / path).exists()]


def tracked(*arguments: str) -> list[str]:
    """What git lists."""
    command = ["git", "ls-files", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


def house(path: Path) -> str:
    """The room a module stands in; in the program, also its folder."""
    inner = path.parts[0] == "izin" and len(path.parts) > 2
    return "/".join(path.parts[: 1 + inner])


def imports(path: Path) -> Iterator[str]:
    """What a module imports, in full; inside functions too."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@functools.cache
def outermost(path: Path) -> frozenset[str]:
    """The rooms and the packages that a module imports from."""
    return frozenset(_outermost(name) for name in imports(path))


def _outermost(name: str) -> str:
    first, _, rest = name.partition(".")
    inner = f"{first}/{rest.partition('.')[0]}"
    return inner if inner in MAY_IMPORT else first


SOURCES = sources()
MODULES = {str(path.with_suffix("")).replace("/", ".").removesuffix(".__init__"): path for path in SOURCES}


def test_arrows_point_inward() -> None:
    found = {path: (outermost(path) & MAY_IMPORT.keys()) - _allowed(house(path)) for path in SOURCES}
    assert {str(path): others for path, others in found.items() if others - {house(path)}} == {}


def _allowed(room: str) -> set[str]:
    return MAY_IMPORT[room] | MAY_CALL.get(room, set())


def test_a_room_calls_another_through_its_public_module() -> None:
    found = {
        name: sorted(other for other in others if house(MODULES[other]) in MAY_CALL[home] and not is_public(other))
        for name, others in arrows().items()
        if (home := house(MODULES[name])) in MAY_CALL
    }
    assert {name: others for name, others in found.items() if others} == {}


def is_public(module: str) -> bool:
    return module.endswith(".public")


def test_rooms_do_not_call_each_other_in_a_circle() -> None:
    """The parts of the program aside: a command of ``izin/operations`` starts ``izin/app.py``, which shows figures."""
    assert circles({room: _allowed(room) for room in MAY_IMPORT if not room.startswith("izin")}) == []


def test_a_module_speaks_http_or_sql_never_both() -> None:
    assert [str(path) for path in SOURCES if outermost(path) & HTTP and outermost(path) & SQL] == []


def test_what_a_process_holds_hangs_on_one_object() -> None:
    """``web/process.py`` for handlers, ``Store.own`` for what is kept of a store; no other shelf of a process."""
    found = {
        path: re.findall(r"\.state\.(?!process\b)\w+|WeakKeyDictionary", (ROOT / path).read_text("utf-8"))
        for path in SOURCES
    }
    assert {str(path): names for path, names in found.items() if names} == {}


def test_the_registry_knows_no_web_no_carrier_and_no_template() -> None:
    assert [str(path) for path in SOURCES if house(path) == "consents" and outermost(path) & HTTP] == []


def test_no_folder_holds_more_than_sixteen_modules() -> None:
    """But that of the migrations: a row in time, which Alembic reads from one folder, and which only grows."""
    held = Counter(path.parent for path in SOURCES if path.stem != "__init__" and path.parent.name != "versions")
    assert {str(folder): count for folder, count in held.items() if count > 16} == {}


def test_a_modules_name_is_found_once() -> None:
    """In its room. Names of a kind mean the same in each folder; every other name leads to one file."""
    held = Counter((house(path), path.stem) for path in SOURCES if path.stem not in KINDS)
    assert sorted(name for name, count in held.items() if count > 1) == []


def test_a_class_name_is_found_once() -> None:
    """Private names aside."""
    homes: dict[str, list[Path]] = defaultdict(list)
    for path in SOURCES:
        for node in ast.walk(ast.parse(_text(path))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(path)
    assert {name: list(map(str, paths)) for name, paths in homes.items() if len(paths) > 1} == {}


def test_a_module_defines_a_name_once() -> None:
    """Else the second silently takes the place of the first, as when two changes add the same one."""
    twice = []
    for path in SOURCES:
        names = Counter(
            target.id
            for node in ast.parse(_text(path)).body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        )
        twice += [f"{path}: {name}" for name, count in names.items() if count > 1]
    assert twice == []


# What may only fall: lowered whenever a change allows it. Only a new page or command for people raises a limit.
RATCHETS = {
    "modules": 768,
    "lines": 103_603,
    "lines before a module's first definition": 24_451,
    "lines of docstrings": 7_006,
    "type: ignore": 14,
    "row[n]": 93,
    "told, tell, said, say": 26,
    "rooms that import each other's modules, public.py aside": 93,
    "modules under 40 lines": 15,
    "folders of fewer than four modules": 11,
}


def test_what_may_only_fall_has_not_risen() -> None:
    texts = {path: _text(path) for path in SOURCES}
    trees = {path: ast.parse(text) for path, text in texts.items()}
    held = Counter(path.parent for path in SOURCES if path.stem != "__init__")
    between = {
        (house(MODULES[name]), house(MODULES[other]))
        for name, found in arrows().items()
        for other in found
        if not is_public(other)
    }
    figures = {
        "modules": len(SOURCES),
        "lines": sum(text.count("\n") for text in texts.values()),
        "lines before a module's first definition": sum(
            _before_first_definition(trees[path], text) for path, text in texts.items()
        ),
        "lines of docstrings": sum(map(_docstring_lines, trees.values())),
        "type: ignore": sum(text.count("type: ignore") for text in texts.values()),
        "row[n]": sum(text.count("row[") for text in texts.values()),
        "told, tell, said, say": sum(
            len(re.findall(r"\b(?:told|tell|tells|telling|said|say|says)\b", text, re.IGNORECASE))
            for text in texts.values()
        ),
        "rooms that import each other's modules, public.py aside": sum(home != other for home, other in between),
        "modules under 40 lines": sum(text.count("\n") < 40 for path, text in texts.items() if path.stem not in KINDS),
        "folders of fewer than four modules": sum(count < 4 for count in held.values()),
    }
    assert {name: count for name, count in figures.items() if count > RATCHETS[name]} == {}
    slack = {name: count for name, count in figures.items() if count < RATCHETS[name] * 0.97}
    assert slack == {}, "lower these limits"


def _before_first_definition(tree: ast.Module, text: str) -> int:
    """Lines: imports, constants and prose."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    starts = (
        min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        for node in tree.body
        if isinstance(node, definitions)
    )
    return next(starts, text.count("\n") + 1) - 1


def _docstring_lines(tree: ast.Module) -> int:
    count = 0
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                count += int(isinstance(first.value.value, str)) * ((first.end_lineno or 0) - first.lineno + 1)
    return count


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(arrows()) == []


def test_no_folders_of_a_room_import_each_other_in_a_circle() -> None:
    """The modules that stand at the top of a room are its own words, or tie its folders together."""
    between: dict[str, set[str]] = defaultdict(set)
    for name, found in arrows().items():
        home = folder(name)
        between[home] |= {other for other in map(folder, found) if other != home and other.count("/") >= 1}
    inner = {home: {other for other in found if nested(home, other)} for home, found in between.items() if "/" in home}
    assert circles(inner) == []


def nested(home: str, other: str) -> bool:
    """Whether two folders stand beside each other in one room."""
    return home.split("/")[0] == other.split("/")[0] and home not in other and other not in home


def folder(module: str) -> str:
    return str(Path(MODULES[module]).parent)


def arrows() -> dict[str, set[str]]:
    """Each module's name -> those that it imports."""
    return {name: imported(path) & MODULES.keys() - {name} for name, path in MODULES.items()}


def imported(path: Path) -> set[str]:
    """The modules a module imports, whether it names them or what is in them."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in inside}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """What is left when, again and again, whatever imports nothing that is left is taken away."""
    left = {name: set(found) & graph.keys() for name, found in graph.items()}
    while ends := {name for name, found in left.items() if not found & left.keys()}:
        left = {name: found for name, found in left.items() if name not in ends}
    return [sorted(left)] if left else []


@functools.cache
def table_homes() -> dict[str, Path]:
    """Each table's name -> the module that defines it."""
    for name, path in MODULES.items():
        if path.stem.endswith("tables"):
            import_module(name)
    classes = [mapper.class_ for mapper in SQLModel._sa_registry.mappers]
    return {one.__tablename__: MODULES[one.__module__] for one in classes if one.__module__ in MODULES}


@functools.cache
def foreign(room: str) -> tuple[set[str], set[str], re.Pattern[str]]:
    """For a room: the modules that define tables of others, these tables, and how SQL names one of them."""
    homes = table_homes()
    defining = set(homes.values())
    modules = {name for name, home in MODULES.items() if home in defining and house(home) != room}
    others = {name for name, home in homes.items() if house(home) != room}
    one_of = "|".join(sorted(others))
    named = rf"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+(?:\w+(?:\s+\w+)?\s*,\s*)*({one_of})\b"
    return modules, others, re.compile(named)


def foreign_tables(path: Path) -> set[str]:
    """The tables of other rooms that a module names in SQL, or whose classes it imports."""
    modules, others, in_sql = foreign(house(path))
    found: set[str] = set()
    for node in ast.walk(ast.parse(_text(path))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(in_sql.findall(node.value))
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            found |= {alias.name for alias in node.names if alias.name[0].isupper() and not alias.name.isupper()}
        elif isinstance(node, ast.ImportFrom):
            named = {f"{node.module}.{alias.name}" for alias in node.names} & modules
            found |= {name for name in named if name.startswith("consents.")}
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in {"insert", "upsert", "some", "table", "numbers"} and node.args[0].value in others:
                found.add(node.args[0].value)
    return found


def test_a_table_is_named_in_the_room_that_defines_it() -> None:
    """In raw SQL, by its class, or where rows are written."""
    paths = [path for path in SOURCES if house(path) != "izin/migrations"]
    found = {path: names for path in paths if (names := foreign_tables(path))}
    assert [f"{path}: {sorted(names)}" for path, names in found.items()] == []


@pytest.mark.parametrize("words", ["Door", "Actor"])
def test_every_door_and_actor_is_written_by_the_product(words: str) -> None:
    from consents import terms

    # They say what holds of a door, or its name, and write nothing.
    inert = {"consents/terms.py", "consents/rules.py", "panel/lookups/lookup_texts.py"}
    texts = [
        _text(path)
        for path in SOURCES
        if house(path) not in {"izin/demo", "izin/migrations"} and str(path) not in inert
    ]
    unwritten = {
        str(word) for word in getattr(terms, words) if not any(f"{words}.{word.name}" in text for text in texts)
    }
    assert unwritten == set()


def names_of_iys() -> set[str]:
    """The names of fields and parameters that are İYS's alone: written in its own manner, or about recipients."""
    names = {"recipient", "recipients"}
    left: list[Any] = [json.loads(_text(Path("tests/corpus/iys-openapi.json")))]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            names |= {name for name in part.get("properties", {}) if re.search("[a-z][A-Z]", name)}
            names |= {part["name"]} if "in" in part and re.search("[a-z][A-Z]", str(part.get("name"))) else set()
        left += part.values() if isinstance(part, dict) else part if isinstance(part, list) else []
    return names


def test_the_json_names_of_iys_are_written_in_these_modules_only() -> None:
    """As a literal of its own, or quoted within one; what a sentence says of a field is for people."""
    names = names_of_iys()
    assert {"consentDate", "recipientType", "retailerCode", "transactionId", "requestId"} <= names

    def names_in(path: Path) -> set[str]:
        """Recipients are this registry's own word too: the columns of the sync name them."""
        return names - {"recipient", "recipients"} if house(path) == "national" else names

    written = {
        str(path)
        for path in SOURCES
        if house(path) in {"national", "providers"} or str(path) == "web/iys_fields.py"
        for node in ast.walk(ast.parse(_text(path)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value in names_in(path) or names_in(path) & set(re.findall(r'"(\w+)"', node.value))
    }
    assert written == WIRE


def test_no_module_has_a_name_that_admits_anything() -> None:
    assert not [path for path in SOURCES if path.stem in ADMITS_ANYTHING]


def test_only_the_ledger_writes_consents() -> None:
    """History and standing are written by the functions of two modules, and those are called from the ledger alone."""
    writing = re.compile(
        r"""(INSERT INTO|UPDATE|DELETE FROM) (consent|act|consent_event)\b|insert\("(act|consent_event)"""
    )
    direct = {str(path) for path in SOURCES if house(path) != "izin/migrations" and writing.search(_text(path))}
    assert direct <= WRITERS | {"consents/care/scratch.py"}  # the scratch is a registry of its own
    calls = re.compile(r"\b(history\.append|state\.write\w*)\(")
    assert {str(path.parent) for path in SOURCES if calls.search(_text(path))} == {"consents/ledger"}


@pytest.mark.parametrize("database", ["sqlite_url", "postgresql_url"])
def test_models_and_migrations_are_the_same(database: str, request: pytest.FixtureRequest) -> None:
    store = Store.open(request.getfixturevalue(database))
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False, "include_object": _compared})
        assert compare_metadata(context, metadata) == []
    store.close()


@pytest.mark.parametrize("database", ["sqlite_url", "postgresql_url"])
def test_models_and_migrations_have_the_same_indexes(database: str, request: pytest.FixtureRequest) -> None:
    store = Store.open(request.getfixturevalue(database))
    inspector = inspect(store.engine)
    for table in metadata.sorted_tables:
        declared = {(index.name, bool(index.unique)) for index in table.indexes}
        found = {(index["name"], bool(index["unique"])) for index in inspector.get_indexes(table.name)}
        keys = {(constraint["name"], True) for constraint in inspector.get_unique_constraints(table.name)}
        assert found - keys == declared, table.name
    store.close()


def test_every_setting_is_in_its_page_and_the_example() -> None:
    page, example = _text(Path("docs/settings.md")), _text(Path(".env.example"))
    for name in Settings.model_fields:
        assert f"`{name.upper()}`" in page
        assert re.search(rf"^{name.upper()}=", example, re.MULTILINE), name


def test_where_a_worker_runs_by_itself_the_site_does_no_chores() -> None:
    processes = dict(line.split(": ", 1) for line in _text(Path("Procfile")).splitlines())
    assert processes["worker"].split() == ["izin", "worker"]
    assert {"WORKER=separate", "izin", "serve"} <= set(processes["web"].split())


def test_every_dependency_has_its_reason() -> None:
    project = _text(Path("pyproject.toml"))
    listed = re.findall(r'^  "([a-z0-9-]+)', project, re.MULTILINE)
    reasons = _text(Path("docs/dependencies.md"))
    missing = [name for name in listed if f"`{name}`" not in reasons and name not in MAY_IMPORT]
    assert "starlette" in listed
    assert not [name for name in missing if "." not in name]


def test_every_library_that_is_imported_is_declared() -> None:
    """What only another library brings along goes when that one goes."""
    project = tomllib.loads(_text(Path("pyproject.toml")))
    running = {_name(line) for line in project["project"]["dependencies"]}
    proving = running | {_name(line) for line in project["dependency-groups"]["dev"]}
    proving |= {_name(line) for line in _text(Path("requirements-verifier.lock")).splitlines() if "==" in line}
    brought_by, ours = packages_distributions(), {*MAY_IMPORT, *PROOF, *sys.stdlib_module_names, *CLIENTS}
    missing = [
        f"{path}: {name}"
        for path in modules()
        if path.parts[0] != "connectors"  # theirs are those of the programs they connect: tests/connectors/
        for name in {name.split(".")[0] for name in imports(path)} - ours
        if not {_name(one) for one in brought_by.get(name, [name])} & (proving if path.parts[0] in PROOF else running)
    ]
    assert not missing


def test_every_htmx_post_is_a_form_that_works_without_it() -> None:
    for template in (ROOT / "templates").rglob("*.html"):
        for tag in re.findall(r"<[^>]*\bhx-post=[^>]*>", template.read_text(encoding="utf-8"), re.DOTALL):
            target = re.search(r'hx-post="([^"]*)"', tag)
            assert target
            assert tag.startswith("<form"), tag
            assert f'action="{target[1]}"' in tag, tag


def test_vendored_files_are_what_they_say() -> None:
    rows = re.findall(r"^\| `([\w./-]+\.js)` \|.*?([0-9a-f]{64})", _text(Path("static/VENDORED.md")), re.MULTILINE)
    assert rows
    for name, digest in rows:
        assert hashlib.sha256((ROOT / "static" / name).read_bytes()).hexdigest() == digest


def test_no_machine_and_no_index_is_named() -> None:
    listed = tracked()
    named = re.compile("py" r"pi\.org|python" r"hosted|npm" r"js\.org|deb\." r"debian|/ro" r"ot/")
    assert "uv.lock" not in listed
    for name in listed:
        path = ROOT / name
        if path.suffix not in (".png", ".woff2") and path.exists():
            assert not named.search(path.read_text(encoding="utf-8", errors="ignore")), name


def test_every_rule_of_the_ledger_is_kept_by_a_test() -> None:
    rows = re.findall(r"^\| (L\d+) \| (.*) \|$", _text(Path("docs/architecture.md")), re.MULTILINE)
    proofs = [path for path in modules() if path.parts[0] == "tests"]
    numbers = {found for path in proofs for found in re.findall(r"^def test_(l\d+)_", _text(path), re.MULTILINE)}
    kept = {rule for rule, row in rows if rule.lower() in numbers or re.search(r"`tests/[\w/]+\.py`", row)}
    assert len(rows) >= 14
    assert sorted({rule for rule, _ in rows} - kept) == []


@pytest.mark.parametrize("document", tracked("*.md"))
def test_what_a_document_names_is_there(document: str) -> None:
    """Files of ours, and tests within them; CHANGELOG and decisions tell of what was."""
    named = set(re.findall(r"`((?:[\w-]+/)+[\w.-]+\.\w+)(?:::(\w+))?`", _text(Path(document))))
    ours = {(path, name) for path, name in named if path.split("/")[0] in {*MAY_IMPORT, "tests", "docs"}}
    if not document.startswith(("CHANGELOG", "docs/decisions/")):
        assert [path for path, _ in ours if not (ROOT / path).exists()] == []
        assert [name for path, name in ours if name and f"def {name}(" not in _text(Path(path))] == []


def test_the_glossary_has_every_word_of_the_closed_lists() -> None:
    from consents import terms

    glossary = _text(Path("docs/glossary.md"))
    lists = (terms.Status, terms.Channel, terms.Identity, terms.Source)
    assert not [str(word) for words in lists for word in words if f"`{word}`" not in glossary]


def _name(requirement: str) -> str:
    """The library that a requirement names, in the one spelling that all of its spellings stand for."""
    (name,) = re.findall(r"^[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", str(name)).lower()


# Tests of refusals that say which refusal came (``refused`` of tests/panel/office.py), not its status alone.
NAMED_REFUSALS = [f"tests/panel/signin/test_{name}.py" for name in ("openid_forged", "passkeys", "step_limits")]


@pytest.mark.parametrize("path", NAMED_REFUSALS)
def test_a_refusal_is_named_where_it_is_tested(path: str) -> None:
    """The same status for another reason would pass: a limit in the place of a wrong code."""
    nodes = [node for node in ast.walk(ast.parse(_text(Path(path)))) if isinstance(node, ast.Compare)]
    bare = [node.lineno for node in nodes if _compares_a_refusal(node)]
    assert bare == []


def _compares_a_refusal(node: ast.Compare) -> bool:
    """Whether it is ``….status_code == 4xx``."""
    (found, *_) = node.comparators
    status = found.value if isinstance(found, ast.Constant) and isinstance(found.value, int) else 0
    return isinstance(node.left, ast.Attribute) and node.left.attr == "status_code" and 400 <= status < 500


def _text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _compared(item: object, name: str | None, kind: str, reflected: bool, counterpart: object) -> bool:
    # What differs by database is declared for one of them (ddl_if); Alembic would compare it with either.
    return kind != "index" and getattr(item, "_ddl_if", None) is None
