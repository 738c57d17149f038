"""A row that is filled in is the row its template draws."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from citizen import wording
from citizen.rows import row_model
from citizen.rows.list_rows import IdentityReach, ListedModel
from consents.queries.consent_lines import ConsentLine, CoveredRefusal, PendingWord
from consents.terms import Source
from settings import load
from tests.conftest import NOON, SECRET
from web.rendering.assets import Assets
from web.rendering.drawing import Pages

ROW, LISTED_BRAND = "citizen/consents/_row.html", "citizen/consents/_listed.html"
PAGES = Pages(load({"SECRET_KEY": SECRET}), Assets(), frozenset())
SOURCES = st.sampled_from([source.code for source in Source])
DATES = st.integers(1, NOON)
LINES = st.builds(
    ConsentLine,
    channel=st.sampled_from([0, 1, 2]),
    identity=st.sampled_from([0, 1]),
    status=st.sampled_from([None, 0, 1]),
    own=st.booleans(),
    source=SOURCES,
    at=DATES | st.just(0),
    dealer=st.none() | st.just(7),
    event=st.just(1),
    asked=st.none(),
    twin_open=st.booleans(),
    veiled=st.booleans(),
    covered=st.none() | st.builds(CoveredRefusal, SOURCES | st.none(), DATES | st.just(0), st.none() | st.just(7)),
)
ASKING = st.builds(
    ConsentLine,
    channel=st.sampled_from([0, 1, 2]),
    identity=st.sampled_from([0, 1]),
    status=st.just(2),
    own=st.just(True),
    source=SOURCES,
    at=DATES,
    dealer=st.none(),
    event=st.just(1),
    twin_open=st.just(False),
    veiled=st.just(False),
    asked=st.builds(PendingWord, SOURCES | st.none(), DATES, st.none() | st.just(7), DATES),
    covered=st.none(),
)


STOPPING = st.sampled_from(["", "until", "barred"])
# As companies._clean lets them in: printable, so no control characters.
TITLES = st.text(max_size=30).filter(str.isprintable)


@given(line=LINES | ASKING, title=TITLES, english=st.booleans(), stopping=STOPPING)
def test_a_row_filled_in_is_the_row_that_its_template_draws(
    line: ConsentLine, title: str, english: bool, stopping: str
) -> None:
    language = "en" if english else "tr"
    values = {"code": "600101", "title": escape(title), "company": "x", "n": "c0ffee00", "stop": "27 Kasım"}
    row_model.fill(values, line, language, {7: "Örnek & Bayi"})
    face = row_model.build(line, language, stopping=stopping)
    prepared = PAGES.prepare("key", ROW, language, english, face)
    drawn = PAGES.draw(ROW, language, english, "", {"f": face, "v": values})
    assert "".join(prepared.pieces(values)) == prepared.text(values) == drawn.strip()


REACH = st.builds(
    IdentityReach,
    st.sampled_from(["BIREYSEL", "TACIR"]),
    st.sampled_from(["SMS", "Telefonla arama, SMS"]),
    st.sampled_from(["", "SMS"]),
    st.sampled_from(["", "BIREYSEL", "TACIR"]),
)
LISTED = st.builds(
    ListedModel,
    st.sampled_from(["waiting", "open", "refused", "none"]),
    st.sampled_from(["h2", "h3"]),
    st.booleans(),
    st.lists(REACH, min_size=1, max_size=2).map(tuple),
    STOPPING,
    own=st.booleans(),
    ahead=st.booleans(),
    covered=st.booleans(),
    dated=st.booleans(),
    barred=st.sampled_from(["Bu marka sizi reklam için arayamaz.", "Bu marka size reklam gönderemez."]),
    narrow=st.sampled_from([(), (("channel", "MESAJ"),)]),
    check=st.booleans(),
    limited=st.booleans(),
    fresh=st.sampled_from(["", "done", "undone", "late", "already"]),
    act=st.booleans(),
    problem=st.booleans(),
)


@given(model=LISTED, title=TITLES, english=st.booleans())
def test_a_brand_filled_in_is_the_brand_that_its_template_draws(model: ListedModel, title: str, english: bool) -> None:
    language = "en" if english else "tr"
    values = {
        name: name
        for name in (
            "date",
            "stop",
            "check",
            "until",
            "act",
            "moment",
            "number",
            "spaced",
            "problem",
            "refused",
            "ahead",
        )
    }
    values |= {"code": "600101", "title": escape(title), "n": "c0ffee00"}
    prepared = PAGES.prepare("key", LISTED_BRAND, language, english, model)
    drawn = PAGES.draw(LISTED_BRAND, language, english, "", {"f": model, "v": values})
    assert "".join(prepared.pieces(values)) == prepared.text(values) == drawn.strip()


def test_what_is_prepared_is_kept_by_its_key() -> None:
    made = PAGES.prepare("head", LISTED_BRAND, "tr", False, ListedModel("none", "h3", closed=False))
    assert PAGES.prepared["head"] is made


@pytest.mark.parametrize("language", ["tr", "en"])
def test_no_piece_of_a_date_is_wider_than_the_column_beside_a_button(language: str) -> None:
    """What cannot be broken between words is broken within them, as in "Çarşamb-a" or "20-26"."""
    days = [date(2026, 1, 1) + timedelta(days=30 * number + number % 7) for number in range(12)]
    shown = [wording.weekday(language, day) for day in days]
    shown += [wording.moment(language, NOON + 31 * number * 86_400_000_000) for number in range(12)]
    pieces = [piece for words in shown for piece in words.split(" ")]
    assert max(map(len, pieces)) <= len("20 September 2026,")
    assert not [piece for piece in pieces if piece.isdigit()], "a day's number stands beside its month"
