"""A row filled into a stencil is the row the template draws."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from citizen.look import row_view
from citizen.look.prepared_rows import Sheet, Stencil, Stencils, draw
from consents.reading.consent_lines import Asked, Line
from consents.terms import Source
from tests.conftest import NOON
from web.rendering.drawing import TEMPLATES

ROW = "citizen/consents/_row.html"
SOURCES = st.sampled_from([source.code for source in Source])
DATES = st.integers(1, NOON)
LINES = st.builds(
    Line,
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
)
ASKING = st.builds(
    Line,
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
    asked=st.builds(Asked, SOURCES | st.none(), DATES, st.none() | st.just(7), DATES),
)


STOPPING = st.sampled_from(["", "until", "barred"])
# As companies._clean lets them in: printable, so no control characters.
TITLES = st.text(max_size=30).filter(str.isprintable)


@given(
    line=LINES | ASKING, title=TITLES, named=st.booleans(), back=st.booleans(), english=st.booleans(), stopping=STOPPING
)
def test_a_stencil_and_its_template_draw_the_same(
    line: Line, title: str, named: bool, back: bool, english: bool, stopping: str
) -> None:
    language = "en" if english else "tr"
    values = {"code": "600101", "title": escape(title), "company": "x", "n": "c0ffee00", "stop": "27 Kasım"}
    row_view.fill(values, line, language, {7: "Örnek & Bayi"})
    face = row_view.face(line, language, named=named, back=back, stopping=stopping)
    stencils = Stencils(language, english, (TEMPLATES,), row_view.SLOTS)
    sheet = Sheet()
    sheet.add(stencils.make("key", ROW, face), values)
    assert sheet.body().decode() == draw(ROW, language, english, (TEMPLATES,), face, values)


def test_a_stencil_keeps_percent_signs_and_takes_values_in_order() -> None:
    sheet = Sheet()
    sheet.add(Stencil("100 % \ue000title\ue001 \ue000code\ue001 \ue000title\ue001;"), {"title": "%s", "code": "1"})
    sheet.add(Stencil("\ue000code\ue001;"), {"code": "2"})
    sheet.add(Stencil("%d;"), {})
    assert sheet.body() == b"100 % %s 1 %s;2;%d;"


def test_stencils_are_kept_by_their_key() -> None:
    stencils = Stencils("tr", False, (TEMPLATES,), row_view.SLOTS)
    assert stencils.get("head") is None
    made = stencils.make("head", "citizen/consents/_brand.html", "h3")
    assert stencils.get("head") is made
