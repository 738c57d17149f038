"""Every row of the corpus of links (tests/corpus/links.jsonl): what is answered and what it changes."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from tests import CORPUS
from tests.citizen.consents.town import AYSE, CINAR, MAIL, Town
from tests.conftest import Clock
from tests.optout.links import door

FILE = CORPUS / "links.jsonl"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
CODE, SWAPPED = "7GkQ2mXvT9bR", "7gkq2mxvt9br"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_row_of_the_corpus(here: Town, clock: Clock, row: dict[str, Any]) -> None:
    here.told(AYSE, CINAR)
    here.told(MAIL, CINAR, "EPOSTA")
    context, path = row.get("ctx", {}), _path(here, row["input"])
    clock.forward(days=context.get("age_days", 0))
    for _ in range(context.get("repeat", 1) - 1):
        _ask(here, path, context)
    before = door.events(here)
    answer = _ask(here, path, context)
    expected = row["expect"]
    assert answer.status_code == expected["status"]
    assert door.events(here) - before == 2 * expected["changes"], "a refusal has an event for each identity"
    assert "location" not in answer.headers
    if "state" in expected:
        assert door.stands(here, MAIL, "EPOSTA") == expected["state"]
    if answer.status_code == 404 and not path.startswith("//"):
        assert "3838" in answer.text


def _path(here: Town, given: str) -> str:
    """The row's path with a code or token of ours in the place of its own."""
    prefix = "/u/" if given.startswith("/u/") else "/k/"
    ours = (door.mail(here) if prefix == "/u/" else door.link(here, AYSE)).removeprefix(prefix)
    return given.replace("/r/", "/k/").replace(CODE, ours).replace(SWAPPED, ours.swapcase())


def _ask(here: Town, path: str, context: dict[str, Any]) -> httpx2.Response:
    method = context.get("method", "POST" if path.startswith("/u/") else "GET")
    more: dict[str, Any] = {}
    if context.get("type") == "multipart/form-data":
        more["files"] = {"List-Unsubscribe": (None, "One-Click")}
    elif "body" in context:
        more["content"] = context["body"]
    headers = context.get("headers", {}) | ({"content-type": _TYPE} if "content" in more else {})
    url = httpx2.URL(here.client.base_url, raw_path=path.encode()) if path.startswith("//") else path
    return here.client.request(method, url, headers=headers, **more)


_TYPE = "application/x-www-form-urlencoded"
