"""A browser's strictness for tests: every answer is checked for what all answers owe."""

from __future__ import annotations

import html
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import httpx2
from starlette.testclient import TestClient

from optout import verifier_file
from tests.web.posts import check_post
from web.guards import CSP
from web.rendering.assets import NOTHING

_NO_LABEL = {"hidden", "submit", "button"}
_ASKING = {"input", "select", "textarea"}


class Sheet(HTMLParser):
    """The elements of one answer, as ``(tag, attributes)``, with what must be known about their surroundings."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.labelled: set[int] = set()  # elements inside a label
        self.formed: dict[int, int] = {}  # element -> the form around it
        self.title = self._text_of = ""
        self.spoken: dict[int, str] = {}  # button -> what stands on it
        self._button: int | None = None
        self._labels = 0
        self._form: int | None = None
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        place = len(self.elements)
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._text_of = tag
        if tag == "label":
            self._labels += 1
        elif tag == "form":
            self._form = place
        elif tag == "button":
            self._button, self.spoken[place] = place, ""
        if self._labels:
            self.labelled.add(place)
        if self._form is not None:
            self.formed[place] = self._form

    def handle_endtag(self, tag: str) -> None:
        self._text_of = ""
        if tag == "label":
            self._labels -= 1
        elif tag == "form":
            self._form = None
        elif tag == "button":
            self._button = None

    def handle_data(self, data: str) -> None:
        if self._text_of == "title":
            self.title += data
        if self._button is not None:
            self.spoken[self._button] += data

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag in tags]

    def deeds(self) -> dict[str, set[tuple[str, ...]]]:
        """What is heard of each button -> what pressing it does: the form's action, hidden fields, its own value."""
        hidden: dict[int, list[str]] = {}
        for place, (tag, given) in enumerate(self.elements):
            if tag == "input" and given.get("type") == "hidden" and place in self.formed:
                hidden.setdefault(self.formed[place], []).append(f"{given['name']}={given['value']}")
        found: dict[str, set[tuple[str, ...]]] = {}
        for place, said in self.spoken.items():
            given, form = self.elements[place][1], self.formed.get(place)
            if form is not None:
                deed = (self.elements[form][1].get("action", ""), *hidden.get(form, ()), given.get("value", ""))
                found.setdefault(" ".join(given.get("aria-label", said).split()), set()).add(deed)
        return found

    @property
    def headings(self) -> list[int]:
        """The levels of the headings, in order."""
        return [int(tag[1]) for tag, _ in self.elements if len(tag) == 2 and tag[0] == "h" and tag[1].isdecimal()]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


def check_headers(response: httpx2.Response) -> None:
    """What every answer carries, of whatever kind and status."""
    headers = response.headers
    path, found = response.request.url.path, response.status_code < 400
    policy = verifier_file.policy() if path == verifier_file.PATH else NOTHING if path.startswith("/static/") else CSP
    assert headers["content-security-policy"] == (policy if found else CSP)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in {"same-origin", "no-referrer"}
    assert "permissions-policy" in headers
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["x-request-id"]
    assert len(headers.get_list("cache-control")) == 1
    if (
        not path.startswith(("/static/", "/favicon.ico", "/openapi.json", "/log/", "/rakamlar", verifier_file.PATH))
        or response.status_code >= 400
    ):
        assert headers["cache-control"] == "no-store"


def check_piece(sheet: Sheet, known: set[str]) -> None:
    """What holds for a page and for a piece of one. ``known``: ids that the elements may name."""
    twice = [name for name, times in Counter(sheet.ids).items() if times > 1]
    assert not twice, f"ids used twice: {twice}"
    alike = {said: deeds for said, deeds in sheet.deeds().items() if len(deeds) > 1}
    assert not alike, f"buttons that sound alike and do different things: {alike}"
    levels = sheet.headings
    skipped = [(above, below) for above, below in pairwise(levels) if below > above + 1]
    assert not skipped, f"headings skip a level: {levels}"
    labels = {label["for"] for label in sheet.all("label") if "for" in label}
    assert labels <= known, f"labels for nothing: {labels - known}"
    for place, (tag, given) in enumerate(sheet.elements):
        said = f"<{tag} {given}>"
        assert not [name for name in given if name.startswith("on") or name == "style"], f"inline code in {said}"
        assert tag != "style", "inline style"
        if tag == "script":
            assert given.get("src"), "inline script"
        if tag in _ASKING and given.get("type") not in _NO_LABEL:
            named = place in sheet.labelled or given.get("id") in labels or given.get("aria-label")
            assert named, f"no label for {said}"
        if tag == "form":
            assert given.get("action"), f"no action in {said}"
            assert given.get("method") in {"get", "post"}, f"no method in {said}"
        if "hx-post" in given:
            form = sheet.elements[sheet.formed[place]][1]
            assert given["hx-post"] == form["action"], f"{said} posts elsewhere than its form"
        if tag == "button":
            assert given.get("type"), f"no type in {said}"
            shown = " ".join(sheet.spoken[place].split())
            assert shown in given.get("aria-label", shown), f"who says {shown!r} does not reach {said}"
        if tag == "img":
            assert "alt" in given, f"no alt in {said}"
        if tag == "use" and known - set(sheet.ids) == set():
            assert given["href"].removeprefix("#") in known, f"no such icon: {said}"
        for name in ("aria-describedby", "aria-labelledby"):
            assert set(given.get(name, "").split()) <= known, f"{name} names nothing in {said}"
        for name in ("src", "href", "action"):
            link = given.get(name, "")
            outside = tag == "a" and given.get("rel") == "external"  # the office that takes complaints
            assert outside or not link.startswith(("http", "//", "javascript", "data:")), f"leads off the site: {said}"


def check_page(response: httpx2.Response) -> None:
    """A whole page: language, title, one heading, parts that can be told apart by ear."""
    sheet = Sheet(response.text)
    known = set(sheet.ids)
    assert response.text.startswith("<!doctype html>")
    assert [page["lang"] for page in sheet.all("html")] == [response.headers["content-language"]]
    assert {"Accept-Language", "Accept-Encoding", "HX-Request"} <= set(response.headers["vary"].split(", "))
    assert sheet.title.strip(" –\n"), "no title"
    assert len(sheet.all("h1")) == 1, "not exactly one h1"
    assert sheet.headings[0] == 1, f"the first heading is no h1: {sheet.headings}"
    assert len(sheet.all("main")) == 1
    check_piece(sheet, known)
    anchors = {link["href"][1:] for link in sheet.all("a") if link.get("href", "").startswith("#")}
    assert anchors <= known, f"links to nothing: {anchors - known}"


class PageClient(TestClient):
    """A test client that checks every answer it gets, pages and pieces of pages alike."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **{"follow_redirects": False, **options})

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        response: httpx2.Response = super().send(request, **options)
        check_headers(response)
        check_post(response)
        if response.headers.get("content-type", "").startswith("text/html") and request.method != "HEAD":
            if request.headers.get("hx-request-type") == "partial":
                sheet = Sheet(response.text)
                named = [value for _, given in sheet.elements for value in given.get("aria-describedby", "").split()]
                check_piece(sheet, set(sheet.ids) | set(named) | {"live"})  # its page has the icons
            elif request.url.path != verifier_file.PATH:  # a file, whose own tests look at it in a browser
                check_page(response)
        return response


def refused_for(answer: httpx2.Response, status: int, sentence: str) -> None:
    """That this very refusal came: the same status for another reason is another answer."""
    shown = " ".join(
        html.unescape(re.sub(r"<[^>]+>", "", answer.text)).replace("\u2011", "-").replace("\xa0", " ").split()
    )
    assert (answer.status_code, sentence in shown) == (status, True), shown
