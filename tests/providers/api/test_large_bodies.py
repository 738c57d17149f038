"""Bodies as large as they may be: how large that is, and that reading one does not keep the event loop from others."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request

from providers.api import bodies
from providers.api.answers import MOST_FAULTS, Refusal
from providers.cases.case import Frame
from providers.consents import validation
from providers.routes import ADDRESSES, BODY, LIST
from tests.providers.api.desk import CINAR, Program, brand, codes, consent
from tests.providers.api.test_paced import FRAME

B = brand(CINAR)


def sent(body: bytes) -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/consents", BODY),
        ("/consents/status", BODY),
        ("/consents/retailers/access", BODY),
        ("/retailers", BODY),
        ("/via-hash-links", BODY),
        ("/consents/BIREYSEL/status/EPOSTA", ADDRESSES),
        ("/consents/request", LIST),
        ("/short-links", LIST),
    ],
)
def test_a_body_may_be_as_large_as_its_call_needs(cinar: Program, path: str, most: int) -> None:
    headers = {"authorization": f"Bearer {cinar.tokens['access_token']}"}
    answers = [cinar.client.post(B + path, content=b" " * size, headers=headers) for size in (most, most + 1)]
    assert [(answer.status_code, codes(answer)) for answer in answers] == [(400, ["H014"]), (413, ["Z413"])]


def test_the_largest_that_iys_takes_fits(cinar: Program) -> None:
    longest = ["a" * 50 + str(number) + "@" + ".".join(["b" * 50] * 4) + ".com" for number in range(10_000, 11_000)]
    many = cinar.post(f"{B}/consents/BIREYSEL/status/EPOSTA", {"recipients": longest})
    assert (many.status_code, many.json()["list"]) == (200, [])
    access = {"type": "EPOSTA", "recipientType": "BIREYSEL", "recipients": longest[:100]}
    unknown = cinar.post(f"{B}/consents/retailers/access/remove", access | {"retailerAccess": [10_000_000] * 100})
    assert (unknown.status_code, set(codes(unknown))) == (404, {"H058"})
    items = [consent(1, recipient=one, type="EPOSTA", retailerAccess=[10_000_000] * 100) for one in longest]
    listed = cinar.post(f"{B}/consents/request", items)
    assert (listed.status_code, codes(listed)) == (403, ["H180"] * MOST_FAULTS)


@pytest.mark.parametrize("value", [b"{}", b"[]", b"1.5", b"1", b'""'])
@pytest.mark.parametrize("most", [bodies.FEW, bodies.LIST])
def test_more_values_than_a_call_needs_are_not_read(monkeypatch: pytest.MonkeyPatch, value: bytes, most: int) -> None:
    monkeypatch.setattr(bodies, "_decoded", pytest.fail)
    with pytest.raises(Refusal) as refusal:
        asyncio.run(bodies.read(sent(b"[" + b",".join([value] * (most + 1)) + b"]"), most))
    assert (refusal.value.status, refusal.value.faults[0].code) == (413, "Z413")


def test_a_large_body_is_read_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[threading.Thread] = []
    monkeypatch.setattr(bodies, "_decoded", lambda _: read.append(threading.current_thread()))
    for body in (b" " * BODY, b" " * (BODY + 1)):
        asyncio.run(bodies.read(sent(body)))
    assert [thread is threading.current_thread() for thread in read] == [True, False]


class Endless(list[Any]):
    """A list of which only the beginning may be looked at."""

    def __iter__(self) -> Iterator[Any]:
        for number in range(1000):
            assert number < 200
            yield self[0]


def test_of_a_nested_value_only_what_is_repeated_is_written() -> None:
    assert bodies.shown(Endless([[0, "x"]])) == json.dumps([[0, "x"]] * 100)[:200]
    value = {"a": [1, "ü", None, True, 1.5, {}, []], "b": {"c": "d"}}
    assert bodies.shown(value) == json.dumps(value, ensure_ascii=False)


def test_of_more_faults_than_are_told_few_are_kept() -> None:
    unknown = [consent(1, recipient=f"+90532{k:07}", retailerAccess=[10_000_000] * 100) for k in range(50)]
    _, faults = asyncio.run(validation.judge_all(unknown, FRAME))
    assert len(faults) == MOST_FAULTS
    refusal = validation.refusal(faults)
    assert (refusal.status, {fault.code for fault in refusal.faults}) == (403, {"H180"})
    _, faults = asyncio.run(validation.judge_all([*unknown, consent(1, type="SMS")], Frame(FRAME.now, {})))
    assert len(faults) == MOST_FAULTS + 1
    refusal = validation.refusal(faults)
    assert (refusal.status, refusal.faults[-1].code) == (422, "H117")
