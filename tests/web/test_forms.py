"""The fields of a form arrive whatever the sender says of their charset; what is no form is never our fault."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request

from web import forms

PARTS = (
    b"--b\r\ncontent-disposition: form-data; name=List-Unsubscribe\r\n\r\nOne-Click\r\n"
    b'--b\r\ncontent-disposition: form-data; name="ad"\r\n\r\n\xc5\x9fule\r\n'
    b'--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n'
)
TOLD = [("List-Unsubscribe", "One-Click"), ("ad", "şule")]
ODD = ["utf-8", "undefined", "idna", "punycode", "utf-16", "utf-7", "unicode_escape", "hex", "\x00", "", "a" * 5000]


def read(kind: str, body: bytes = PARTS) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", kind.encode("latin-1"))]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    return asyncio.run(forms.pairs(request))


@pytest.mark.parametrize("charset", [*ODD, '"undefined"', "utf-8; charset=undefined", "undefined ; x=y"])
@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=b; charset={}", "Multipart/form-data;CHARSET={};boundary=b"]
)
def test_a_named_charset_changes_nothing(kind: str, charset: str) -> None:
    assert read(kind.format(charset)) == TOLD


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/mixed; boundary=b", "x"])
def test_what_is_no_form_has_no_fields(kind: str) -> None:
    assert read(kind) == []


@example("multipart/form-data", PARTS)
@example("multipart/form-data; boundary=", PARTS)
@example("multipart/form-data; boundary=b", PARTS[:40])
@example("multipart/form-data; boundary=b", PARTS.replace(b"form-data", b"\xff"))
@given(
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20).map(
        "multipart/form-data; {}".format
    )
    | st.just("multipart/form-data; boundary=b"),
    st.binary(max_size=200)
    | st.binary(max_size=40).map(PARTS.__add__)
    | st.binary(max_size=40).map(lambda b: b + PARTS),
)
def test_a_body_that_cannot_be_read_is_the_senders_fault(kind: str, body: bytes) -> None:
    try:
        told = read(kind, body)
    except HTTPException as refused:
        told = refused.status_code
    assert told == 400 or isinstance(told, list)
