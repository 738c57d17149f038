"""Follows every link of a signed-in person's pages and reads what each page claims."""

from __future__ import annotations

import functools
import re
from collections import deque
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx2

from tests.citizen.consents.town import Visitor
from tests.web.client import Sheet

MOST = 400  # pages of one crawl; more mean that links multiply
STARTS = ("/izinler", "/markalar", "/izinler/reddet", "/izinler/kayit")
PUBLIC = re.compile(
    r"/(?:\?|$|yardim|gizlilik|erisilebilirlik|hakkinda|api|gelistirici|giris|dogrula|sirketler|gonderen|panel)"
).match
ERRORS = (
    "Bu sayfayı bulamadık",
    "We could not find this page",
    "Bir şeyler ters gitti",
    "Something went wrong",
)
# A value that is missing, or a placeholder that is left: of Python, of gettext, of Jinja, of a str.format.
BROKEN = re.compile(r"\bNone\b|\bUndefined\b|%\(|%[sd]\b|\{\{|\}\}|\{%|\{\}|\bnan\b|<built-in")
GLUED = re.compile(r"[a-zçğıöşü]{2}[.!?][A-ZÇĞİÖŞÜ][a-zçğıöşü]")  # two sentences without a blank between them
_BLOCKS = re.compile(
    r"</?(?:p|li|ul|ol|h[1-6]|div|section|form|label|option|select|summary|details|dt|dd|dl|legend|fieldset|button|br"
    r"|title|td|th|tr|table|nav|header|footer|main|head|body|pre|textarea)\b[^>]*>"
)


class Page(NamedTuple):
    path: str
    markup: str

    @property
    def text(self) -> str:
        return plain(self.markup)


@functools.lru_cache(1000)
def plain(markup: str) -> str:
    """As it is read: a blank where a block begins, none where a word is only marked."""
    import html

    bare = re.sub(r"<(script|symbol|svg|style)\b.*?</\1>", "", markup, flags=re.DOTALL)
    bare = re.sub(r'<(?:strong|span) data-state="[^"]*">', " ", bare)  # static/sending.js shows one of them
    bare = re.sub(r"<[^>]+>", "", _BLOCKS.sub(" ", bare))
    return " ".join(html.unescape(bare).replace("\u2011", "-").replace("\xa0", " ").split())


def crawl(visitor: Visitor, language: str = "tr", *, public: bool = False) -> dict[str, Page]:
    """Every page that the person's links lead to, by path; checked one by one. Forms are not sent. ``public``: also
    those that are the same for everybody."""
    queue, found = deque(_in(start, language) for start in STARTS), dict[str, Page]()
    seen = set(queue)
    while queue:
        path = queue.popleft()
        answer = visitor.get(path)
        assert answer.status_code in (200, 303), f"{answer.status_code} at {path}"
        if answer.status_code == 303:
            onward = [answer.headers["location"]]
        elif answer.headers["content-type"].startswith("text/html"):
            found[path] = _checked(path, answer, language)
            onward = [link["href"] for link in Sheet(answer.text).all("a") if "href" in link]
        else:
            assert answer.content, f"nothing at {path}"
            onward = []
        for link in onward:
            target = _target(path, link, language)
            # The verifier is a file, the same in every language.
            wanted = target and target not in seen and not target.partition("?")[0].endswith(".html")
            if target and wanted and (public or not PUBLIC(target)):
                seen.add(target)
                queue.append(target)
        # The pages for developers are as many as the API has calls, and each in five languages of programs; each
        # brand has one file of evidence.
        files = [about[1] for one in seen if (about := re.match("/izinler/([0-9]+)/kanit[.]pdf", one))]
        assert len(files) == len(set(files)), "one file of evidence by several links"
        own = [one for one in seen if not re.match("/gelistirici|/panel/rehber", one)]
        assert len(own) - len(files) <= MOST, sorted(own)
    return found


def _checked(path: str, answer: httpx2.Response, language: str) -> Page:
    """The page; titles and headings are the client's checks."""
    page = Page(path, answer.text)
    assert answer.headers["content-language"] == language, path
    shown = page.text
    for words in ERRORS:
        assert words not in shown, f"{words} at {path}"
    said = plain(re.sub(r"<pre\b.*?</pre>", " ", page.markup, flags=re.DOTALL))  # without programs to copy
    for broken in (BROKEN, GLUED):
        hit = broken.search(said)
        assert hit is None, f"{path}: {said[max(0, hit.start() - 60) : hit.end() + 60]}" if hit else ""
    return page


def _in(path: str, language: str) -> str:
    return path if language == "tr" else f"{path}{'&' if '?' in path else '?'}lang={language}"


def _target(path: str, link: str, language: str) -> str | None:
    """The path and query of a link to this site, in the crawl's language; None for others."""
    parts = urlsplit(urljoin(f"http://site{path}", link))
    if parts.scheme != "http" or parts.netloc != "site":
        return None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if query.get("lang", "tr") != language:
        return None
    return parts.path + (f"?{urlencode(sorted(query.items()))}" if query else "")


def unspoken(path: str) -> str:
    """The path without its language."""
    bare, _, query = path.partition("?")
    kept = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "lang"]
    return f"{bare}?{urlencode(sorted(kept))}" if kept else bare
