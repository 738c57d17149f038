"""QR codes and posters: what a phone reads leads to the right page, and the page says where it leads."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from optout.links import link_targets
from tests.citizen.consents.town import AYSE, CINAR, Town, text
from tests.optout.links import door, pictures
from web.rendering import qr


def modules_of(svg: bytes) -> set[tuple[int, int]]:
    """The dark modules that the path of an SVG draws."""
    dark: set[tuple[int, int]] = set()
    for path in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path"):
        if path.get("shape-rendering"):
            for run in path.attrib["d"].split("z")[:-1]:
                start, _, length = run[1:].partition("h")
                x, y = map(int, start.split())
                dark |= {(x + step, y) for step in range(int(length.partition("v")[0]))}
    return dark


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_qr_of_a_link_leads_to_the_link(here: Town, kind: str) -> None:
    code = door.link(here, AYSE).removeprefix("/k/")
    answer = here.client.get(f"/qr/{code.lower()}.{kind}")
    assert answer.status_code == 200
    assert answer.headers["referrer-policy"] == "no-referrer"
    url = f"{door.settings(here).public_url}/q/{code}"
    if kind == "png":
        assert answer.headers["content-type"] == "image/png"
        assert pictures.read(answer.content) == [url]
    else:
        assert answer.headers["content-type"] == "image/svg+xml"
        assert f">{link_targets.spelt(code)}</text>" in answer.text
        assert f">{door.settings(here).host}/k/</text>" in answer.text
        modules = qr.pattern(url[: -len(code)], code)
        wanted = {(x + 4, y + 4) for y, row in enumerate(modules) for x, dark in enumerate(row) if dark}
        assert modules_of(answer.content) == wanted
    assert here.client.get(url).status_code == 200


NOTHING = ["/qr/00000000000000.svg", "/qr/x.svg", "/qr/.svg", f"/m/{CINAR}/qr.gif", "/m/999/qr.svg"]


@pytest.mark.parametrize("path", NOTHING)
def test_there_is_no_qr_of_nothing(here: Town, path: str) -> None:
    assert here.client.get(path).status_code == 404
    assert here.client.get(f"/qr/{door.link(here, AYSE)[3:]}.gif").status_code == 404


def test_a_poster_leads_to_sign_in_and_back_to_the_brand(here: Town) -> None:
    page = here.client.get(f"/m/{CINAR}")
    assert page.status_code == 200
    assert "Çınar Mağazacılık A.Ş." in text(page.text)
    assert f'<a class="btn main" href="/izinler/{CINAR}">' in page.text
    assert 'href="sms:3838?body=RET%20CINAR"' in page.text, "nothing is left to type"
    assert "3838 numarasına yazın: RET CINAR" in text(page.text)
    assert "/afis" not in page.text, "the sheet is the shop's"
    asked = here.client.get(f"/izinler/{CINAR}")
    assert (asked.status_code, asked.headers["location"]) == (303, "/giris")
    assert "set-cookie" in asked.headers, "the way back is kept"
    for path in ("/m/999", "/m/999/afis", "/m/x"):
        assert here.client.get(path).status_code == 404


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_qr_of_a_poster(here: Town, kind: str) -> None:
    answer = here.client.get(f"/m/{CINAR}/qr.{kind}")
    if kind == "png":
        assert pictures.read(answer.content) == [f"{door.settings(here).public_url}/m/{CINAR}"]
    else:
        assert f">{door.settings(here).host}/m/{CINAR}</text>" in answer.text


def test_the_sheet_names_the_address_and_the_sms(here: Town) -> None:
    read = text(here.client.get(f"/m/{CINAR}/afis").text)
    assert f"{door.settings(here).host}/m/{CINAR}" in read
    assert "Giriş yapmadan reddetmek için 3838 numarasına yazın: RET CINAR" in read
    assert "Ücretsizdir" not in read


def test_a_code_in_capitals_takes_less_room() -> None:
    link = "https://izin.belediye-ornek.example/k/"
    assert len(qr.pattern(link, "7GK02MXVT9BR1F")) <= len(qr.pattern(link + "7GK02MXVT9BR1F"))
    assert pictures.read(qr.png(qr.pattern(link, "7GK02MXVT9BR1F"))) == [link + "7GK02MXVT9BR1F"]
