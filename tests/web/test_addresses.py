"""The language link of every answer to a button leads to an address that can be read; every path has one spelling."""

from __future__ import annotations

import re

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from izin import app
from providers import routes as api
from tests import case
from tests.web.client import PageClient, Sheet
from tests.web.conftest import REAL, Build
from web.rendering.assets import Assets

PAGES = [route for route in app.routes(Assets()) if isinstance(route, Route)]
TABLE = [*PAGES, *[route for route in api.routes() if isinstance(route, Route)]]
POSTS = sorted({route.path for route in PAGES if "POST" in (route.methods or ())})
FILLED = {"brand:number": "600001", "act:number": "7", "channel": "MESAJ", "identity": "BIREYSEL", "kind": "svg"}


def filled(template: str) -> str:
    return re.sub(r"{([a-z:A-Z]+)}", lambda found: FILLED.get(found[1], "a"), template)


def languages(markup: str) -> list[str]:
    return [link["href"] for link in Sheet(markup).all("a") if "hreflang" in link]


@pytest.mark.parametrize("asked", ["elsewhere", "too large", "fault"])
def test_the_other_language_of_every_posted_page_can_be_read(site: Build, asked: str) -> None:
    client = site(raise_errors=False)
    for path in POSTS:
        with case(path):
            client.cookies.clear()
            headers = {"sec-fetch-site": "cross-site" if asked == "elsewhere" else "same-origin"}
            body = b"x" * 70_000 if asked == "too large" else b"code=1"
            address = filled(path)
            answer = client.post(f"{address}?q=1", content=body, headers=headers)
            for link in languages(answer.text):
                led = client.get(str(answer.request.url.join(link)))
                assert led.status_code != 405
                assert "lang=" in link
            if answer.status_code == 403 and not path.startswith(("/hooks", "/u/", "/k/")):
                assert languages(answer.text)


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("/giris/kod/yeniden", "/giris/kod?lang=en"),
        ("/izinler/600001/MESAJ/BIREYSEL", "/izinler/600001?lang=en"),
        ("/izinler/geri-al/7", "/izinler?lang=en"),
        ("/cikis/hepsi", "/cikis?lang=en"),
        ("/giris/numara", "/giris?lang=en"),
        ("/hooks/twilio/sms", "/?lang=en"),
        ("/only-post", "/?lang=en"),
    ],
)
def test_what_only_a_button_leads_to_names_the_page_above_it(client: PageClient, path: str, link: str) -> None:
    links = [link.replace("lang=en", f"lang={one}") for one in ("en", "ar", "de", "ku", "ru")]
    assert languages(client.get(path).text) == links


def test_a_page_that_can_be_read_links_to_itself(client: PageClient) -> None:
    links = [f"lang={one}" for one in ("en", "ar", "de", "ku", "ru")]
    posted = client.post("/giris/kod", headers={"sec-fetch-site": "cross-site"}).text
    assert languages(posted) == [f"?{one}" for one in links]
    assert languages(client.get("/none?q=1").text) == [f"?q=1&{one}" for one in links]


@pytest.mark.parametrize(
    "odd", ["{}/", "//{}///", *(pytest.param(odd, marks=pytest.mark.long) for odd in ("/{}", "{}//"))]
)
def test_a_slash_too_many_changes_no_answer(site: Build, odd: str) -> None:
    client = TestClient(site(**REAL).app, "http://izin.example", raise_server_exceptions=False, follow_redirects=False)
    assert TABLE
    for route in TABLE:
        method, path = sorted(route.methods or ())[0], filled(route.path)
        with case(method, path):
            address = odd.format(path.lstrip("/") if odd.startswith("/") else path)
            plain, other = client.request(method, path), client.request(method, f"http://izin.example{address}")
            assert (other.status_code, other.headers.get("location")) == (
                plain.status_code,
                plain.headers.get("location"),
            )
            assert "://" not in other.headers.get("location", "")


def test_slashes_within_a_path_are_one(client: PageClient) -> None:
    assert (
        client.get("http://127.0.0.1:8000/static//site.css").status_code == client.get("/static/site.css").status_code
    )
    assert client.get("http://127.0.0.1:8000//echo//").text.startswith("GET")
    assert client.get("http://127.0.0.1:8000//evil.example/%2f..").status_code == 404


@pytest.mark.parametrize("prefix", ["sps", "v1", "v2", "oauth", "oauth2", "info", "integrator"])
def test_a_program_hears_in_json_that_there_is_no_such_path(client: PageClient, prefix: str) -> None:
    for path in (f"/{prefix}", f"/{prefix}/", f"/{prefix}/none", f"//{prefix}//none/"):
        answer = client.get(f"http://127.0.0.1:8000{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.json()["errors"][0]["code"] == "Z404"


@pytest.mark.parametrize(
    ("accept", "json"),
    [
        ("application/json", True),
        ("Application/JSON, */*;q=0.1", True),
        ("text/html,application/json", False),
        ("text/html", False),
        ("*/*", False),
    ],
)
def test_who_accepts_only_json_gets_json(client: PageClient, accept: str, json: bool) -> None:
    headers = {"accept": accept, "sec-fetch-site": "cross-site"}
    for answer in (
        client.get("/none", headers=headers),
        client.post("/echo", headers=headers),
        client.get("/only-post", headers=headers),
        client.get(f"/?{'a' * 5000}", headers=headers),
    ):
        assert answer.headers["content-type"].startswith("application/json") is json
