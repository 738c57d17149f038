"""Blanks: what a browser unpacks is what it would have got plain, whatever is filled in."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from web.rendering.prepared_pages import Blank, gaps

MARKS = gaps("brand", "code")
WORDS = st.text(st.characters(exclude_categories=["Cs", "Co"]), max_size=300)


@bounded(max_examples=100, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=5), WORDS, WORDS)
def test_packed_and_plain_are_the_same_page(stretches: list[str], brand: str, code: str) -> None:
    drawn = "".join(stretch + mark for stretch, mark in zip(stretches, list(MARKS.values()) * 3, strict=False))
    blank, values = Blank(drawn), {"brand": brand, "code": code}
    assert gzip.decompress(blank.packed(values)) == blank.plain(values)
    assert zlib.decompressobj(wbits=31).decompress(blank.packed(values)) == blank.plain(values)


@pytest.mark.parametrize("length", [0, 65_535, 65_536, 131_070, 200_000])
def test_a_value_may_be_longer_than_a_block(length: int) -> None:
    blank = Blank(f"<p>{MARKS['brand']}</p>{MARKS['code']}")
    values = {"brand": "ş" * (length // 2) + "x" * (length % 2), "code": "'" * (length // 5)}
    assert gzip.decompress(blank.packed(values)) == blank.plain(values)


def test_values_are_escaped_and_come_as_often_as_they_are_asked_for() -> None:
    blank = Blank(f"<p>{MARKS['brand']}</p><a href='{MARKS['code']}'>{MARKS['brand']}</a> 100 %s {{}}")
    filled = blank.plain({"brand": "<&\"'", "code": "x", "more": "never"})
    assert filled == b"<p>&lt;&amp;&#34;&#39;</p><a href='x'>&lt;&amp;&#34;&#39;</a> 100 %s {}"


def test_the_length_of_a_packed_page_tells_only_how_long_its_values_are() -> None:
    blank = Blank(f"<p>Gizli</p>{MARKS['brand']}<p>Gizli</p>")
    alike, unlike = (len(blank.packed({"brand": value})) for value in ("Gizli", "qxzvk"))
    assert alike == unlike
