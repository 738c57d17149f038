"""Provinces and districts by İYS's codes; and that no path of İYS's document is missing."""

from __future__ import annotations

from collections import Counter

import pytest

from tests import CORPUS
from tests.providers.api.desk import CINAR, Desk, Program, codes

PATHS = (CORPUS / "iys_paths.txt").read_text("utf-8").splitlines()
IN_PATH = {"{recipientType}": "BIREYSEL", "{type}": "MESAJ", "{reportDate}": "2026-11-23"}


def filled(path: str) -> str:
    """A path whose brand is the first provider's."""
    for name, value in IN_PATH.items():
        path = path.replace(name, value)
    parts = [str(CINAR) if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def test_the_provinces_have_the_codes_of_their_number_plates(cinar: Program) -> None:
    told = cinar.get("/info/city").json()
    assert [one["code"] for one in told] == list(range(1, 82))
    names = {one["code"]: one["name"] for one in told}
    assert (names[1], names[6], names[34], names[35], names[81]) == ("Adana", "Ankara", "İstanbul", "İzmir", "Düzce")
    assert cinar.get("/info/city/34").json() == {"code": 34, "name": "İstanbul"}
    assert cinar.get("/info/cities").json() == told
    assert cinar.get("/info/cities/34").json() == cinar.get("/info/city/34").json()


def test_each_district_belongs_to_a_province(cinar: Program) -> None:
    told = cinar.get("/info/town").json()
    assert [one["code"] for one in told] == list(range(1, 971))
    assert all(one["cityCode"] == one["city_code"] for one in told)
    counted = Counter(one["cityCode"] for one in told)
    assert sorted(counted) == list(range(1, 82))
    assert (counted[34], counted[35], counted[6], counted[69]) == (39, 30, 25, 3)
    assert len({(one["cityCode"], one["name"]) for one in told}) == 970
    assert cinar.get("/info/town/1").json() == {"code": 1, "name": "Seyhan", "cityCode": 1, "city_code": 1}


@pytest.mark.parametrize("path", ["city/0", "city/82", "town/0", "town/971", "town/999999999"])
def test_a_code_of_no_place_is_answered_with_nothing(cinar: Program, path: str) -> None:
    answer = cinar.get(f"/info/{path}")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("path", ["city/x", "town/-1", "town/1234567890", "city/３４"])
def test_a_code_that_is_no_number_is_told_so(cinar: Program, path: str) -> None:
    answer = cinar.get(f"/info/{path}")
    assert (answer.status_code, codes(answer)) == (400, ["H241"])


def test_places_ask_for_a_token_and_no_more(here: Desk) -> None:
    assert codes(here.client().get("/info/city")) == ["H351"]
    assert here.program("partner").get("/info/city").status_code == 200


def test_no_path_of_the_document_is_missing(here: Desk) -> None:
    client = here.client()
    for line in PATHS:
        method, path = line.split(" ")
        status = client.request(method, filled(path), json={}).status_code
        assert status == (400 if path == "/oauth2/token" else 401), line


def test_what_is_not_offered_is_told_so(cinar: Program) -> None:
    here_not = [line.split(" ") for line in PATHS if line.split("/")[1] == "widget"]
    assert len(here_not) == 5
    for method, path in here_not:
        answer = cinar.call(method, filled(path), {} if method == "POST" else None)
        assert (answer.status_code, codes(answer)) == (501, ["Z501"]), path
