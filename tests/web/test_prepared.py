"""Prepared templates: what is filled in is what would have been drawn, and packed it is the same."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from markupsafe import escape

from web.rendering.prepared import GAPS, Prepared

BRAND, CODE = GAPS.brand, GAPS.code
WORDS = st.text(st.characters(exclude_categories=["Cs", "Co"]), max_size=300)


@bounded(max_examples=100, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=5), WORDS, WORDS)
def test_packed_and_plain_are_the_same_page(stretches: list[str], brand: str, code: str) -> None:
    drawn = "".join(stretch + mark for stretch, mark in zip(stretches, [BRAND, CODE] * 3, strict=False))
    prepared, values = Prepared(drawn), {"brand": brand, "code": code}
    assert gzip.decompress(prepared.packed(values)) == prepared.text(values).encode()
    assert zlib.decompressobj(wbits=31).decompress(prepared.packed(values)) == prepared.text(values).encode()


@pytest.mark.parametrize("length", [0, 65_535, 65_536, 131_070, 200_000])
def test_a_value_may_be_longer_than_a_block(length: int) -> None:
    prepared = Prepared(f"<p>{BRAND}</p>{CODE}")
    values = {"brand": "ş" * (length // 2) + "x" * (length % 2), "code": "'" * (length // 5)}
    assert gzip.decompress(prepared.packed(values)) == prepared.text(values).encode()


def test_values_are_escaped_and_come_as_often_as_they_are_asked_for() -> None:
    prepared = Prepared(f"<p>{BRAND}</p><a href='{CODE}'>{BRAND}</a> 100 %s {{}}")
    filled = prepared.text({"brand": "<&\"'", "code": "x", "more": "never"})
    assert filled == "<p>&lt;&amp;&#34;&#39;</p><a href='x'>&lt;&amp;&#34;&#39;</a> 100 %s {}"


def test_the_length_of_a_packed_page_tells_only_how_long_its_values_are() -> None:
    prepared = Prepared(f"<p>Gizli</p>{BRAND}<p>Gizli</p>")
    alike, unlike = (len(prepared.packed({"brand": value})) for value in ("Gizli", "qxzvk"))
    assert alike == unlike


def test_markup_is_not_escaped_again() -> None:
    prepared = Prepared(f"<p>{BRAND}</p>")
    assert prepared.text({"brand": escape("A & B")}) == "<p>A &amp; B</p>"
    assert gzip.decompress(prepared.packed({"brand": escape("A & B")})) == b"<p>A &amp; B</p>"


def test_pieces_take_values_in_order_as_they_are() -> None:
    prepared = Prepared(f"100 % {BRAND} {CODE} {BRAND};")
    assert "".join(prepared.pieces({"brand": "%s&", "code": "1", "more": "never"})) == "100 % %s& 1 %s&;"
    assert "".join(Prepared(f"{CODE};").pieces({"code": "2"})) == "2;"
    assert "".join(Prepared("%d;").pieces({})) == "%d;"


def test_a_value_that_is_missing_is_an_error() -> None:
    for drawn in (f"{BRAND}", f"{BRAND}{CODE}"):
        with pytest.raises(KeyError):
            Prepared(drawn).text({"code": "1"})


def test_what_somebody_types_is_no_gap() -> None:
    prepared = Prepared(f"\ue000brand\ue001{BRAND}")
    assert prepared.text({"brand": "\ue000code\ue001"}) == "\ue000brand\ue001\ue000code\ue001"


def test_a_page_without_gaps_is_packed_too() -> None:
    assert gzip.decompress(Prepared("<p>Herkese</p>").packed({"brand": "never"})) == b"<p>Herkese</p>"
