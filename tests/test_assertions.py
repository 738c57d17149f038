"""A test of a refused action asserts which refusal came, not its status alone.

Several checks answer 403, 409 or 422. A test that looks at the status alone stays green where another check refuses
first, and then proves nothing of the check that it is named after. So beside the status stands something that only this
refusal has: its sentence (``tests.web.client.refused_for``), İYS's code, an error's name, a Retry-After.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests import ROOT

# Without 401, 404, 410 and 413: the product gives each for one reason, or on purpose does not name its reason.
REFUSED = {400, 403, 409, 422, 429}
STATUS = {"status", "status_code"}
READING = {"get", "head"}
# Asserts that look at the status alone, by folder. These numbers only go down. The doors of carriers answer a forged
# call with one bare word, whatever is wrong with it.
LEFT = {
    "tests/gateways": 1,
    "tests/national": 1,
    "tests/optout/hooks": 5,
    "tests/optout/voice": 4,
    "tests/panel": 1,
    "tests/web": 1,
}


def _shallow(node: ast.AST) -> Iterator[ast.AST]:
    """All below a node but what functions are called with: the paths and forms of requests."""
    yield node
    for child in [node.func] if isinstance(node, ast.Call) else ast.iter_child_nodes(node):
        yield from _shallow(child)


def _refused(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value in REFUSED


def _about_a_status(test: ast.expr) -> bool:
    """Whether something is asserted to equal a refused status, alone or among others, and not a number of things."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], (ast.Eq, ast.In)):
        return isinstance(test, ast.BoolOp) and any(map(_about_a_status, test.values))
    sums = [node for node in _shallow(test) if isinstance(node, ast.BinOp)]
    lists = {part for node in sums for one in ast.walk(node) if isinstance(one, ast.List) for part in ast.walk(one)}
    counted = {part for node in sums for part in ast.walk(node)} - lists
    measured = isinstance(test.left, ast.Call) and ast.unparse(test.left.func) == "len"
    return not measured and any(_refused(node) and node not in counted for node in _shallow(test))


def _tells_more(test: ast.expr) -> bool:
    """Whether the assert holds anything beside statuses: a text, a code, the rest of an answer."""
    for node in _shallow(test):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return True
        if isinstance(node, ast.Attribute) and node.attr in {"text", "content"}:
            return True
        if isinstance(node, ast.Tuple) and any(map(_refused, node.elts)):
            beside = [one for one in node.elts if not isinstance(one, ast.Constant)]
            if any(ast.unparse(one) not in {"[]", "{}"} for one in beside):
                return True
    return False


def _answers(function: ast.AST, test: ast.expr) -> set[str]:
    """Names of what the status is of: the answer, what several stand in, and what came apart from one answer."""
    sides = [test.left, *test.comparators] if isinstance(test, ast.Compare) else []
    of = [node.value for node in ast.walk(test) if isinstance(node, ast.Attribute) and node.attr in STATUS]
    of += [node.iter for node in ast.walk(test) if isinstance(node, ast.comprehension)]
    found = {node.id for node in (*sides, *of) if isinstance(node, ast.Name)}
    for node in ast.walk(function):
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
            names = {one.id for one in node.elts if isinstance(one, ast.Name)}
            found |= names if names & found else set()
    return found


def _looked_at(function: ast.AST, assertion: ast.Assert) -> bool:
    """Whether the test looks at more of the same answer elsewhere."""
    names, own = _answers(function, assertion.test), set(ast.walk(assertion))
    statuses = {node.value for node in ast.walk(function) if isinstance(node, ast.Attribute) and node.attr in STATUS}
    return any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names
        for node in ast.walk(function)
        if node not in own and node not in statuses
    )


def _reads(test: ast.expr) -> bool:
    """Whether the status is that of a page that was only read: who may see what has tests of its own."""
    asked = {
        node.func.attr for node in ast.walk(test) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    return bool(asked) and asked <= READING


def bare(text: str) -> list[int]:
    """The lines of a module's asserts that look at a refused status alone."""
    return sorted(
        {
            node.lineno
            for function in ast.parse(text).body
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
            for node in ast.walk(function)
            if isinstance(node, ast.Assert) and _about_a_status(node.test)
            if not (_tells_more(node.test) or _reads(node.test) or _looked_at(function, node))
        }
    )


def test_a_refused_action_tells_which_refusal_came() -> None:
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / "tests").rglob("*.py")):
        place = file.relative_to(ROOT)
        lines = [f"{place}:{line}" for line in bare(file.read_text(encoding="utf-8"))]
        found.setdefault(str(place.parent), []).extend(lines)
    assert {folder: len(lines) for folder, lines in found.items() if lines} == LEFT, found


@pytest.mark.parametrize(
    "seen",
    [
        "assert browser.post(PATH, data={'why': 'x'}).status_code == 409",
        "assert [one.status_code for one in answers] == [303, 429]",
        "answer = browser.post(PATH)\n    assert answer.status_code == 422\n    assert answer.status_code != 500",
        "assert decide(browser, 'onayla') == 403",
        "assert (browser.post(PATH).status_code, here.sent) == (403, [])",
    ],
)
def test_a_status_alone_is_found(seen: str) -> None:
    assert bare(f"def test() -> None:\n    {seen}\n")


@pytest.mark.parametrize(
    "seen",
    [
        "assert (answer.status_code, codes(answer)) == (422, ['H178'])",
        "assert (answer.status_code, FULL in answer.text) == (422, True)",
        "answer = browser.post(PATH)\n    assert answer.status_code == 422\n    assert 'why' in answer.text",
        "status, page = check(b'x')\n    assert status == 422\n    assert 'gerçek' in page",
        "assert browser.get(PATH).status_code == 403",
        "assert browser.post(PATH).status_code == 303",
        "assert len(texts) == 400",
        "assert expires_at == now + 400 * 86_400",
    ],
)
def test_what_tells_more_is_left_alone(seen: str) -> None:
    assert not bare(f"def test() -> None:\n    {seen}\n")
