"""The one place that draws HTML: templates, languages, links that keep the language, compression.

Handlers call ``pages.render(request, "room/name.html", **context)``; the whole of a page's manners is here.
"""

from __future__ import annotations

import re
import secrets
import zlib
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

import jinja2
from jinja2.bccache import Bucket
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from settings import Settings
from web import texts
from web.assets import Assets
from web.blanks import Blank, gaps

TEMPLATES = Path(__file__).parent.parent / "templates"
# Shown in every footer, in this order, as soon as the route table has the path.
FOOTER = (
    ("/yardim", texts.mark("Yardım")),
    ("/gizlilik", texts.mark("Gizlilik")),
    ("/erisilebilirlik", texts.mark("Erişilebilirlik")),
    ("/hakkinda", texts.mark("Hakkında")),
)
VARY = "Accept-Language, Accept-Encoding, HX-Request"
# Where a piece goes: a word that nobody can type into a page.
PLACE = f"\ue002{secrets.token_hex(8)}\ue002"
_PACKET = 1400  # bytes; what fits one network packet gains nothing by compression


class _Compiled(jinja2.BytecodeCache):
    """Compiled templates, shared by the languages and by every site built in this process."""

    def __init__(self) -> None:
        self.code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


def phone(number: str) -> str:
    """A Turkish number in the groups it is read in, held on one line; any other as it is."""
    return re.sub(r"^\+90(\d{3})(\d{3})(\d\d)(\d\d)$", "+90\u00a0\\1\u00a0\\2\u00a0\\3\u00a0\\4", number)


@lru_cache
def environment(language: str, folders: tuple[Path, ...]) -> jinja2.Environment:
    """All templates of ``folders`` in one language, compiled; a missing value or a broken template raises."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_compiled,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(texts.catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    made.filters["phone"] = phone
    for name in made.list_templates(extensions=["html"]):
        made.get_template(name)
    return made


class Pages:
    """The pages of one site. ``paths`` are its routes: what is not among them is linked from nowhere."""

    def __init__(
        self, settings: Settings, assets: Assets, paths: frozenset[str], folders: tuple[Path, ...] = (TEMPLATES,)
    ) -> None:
        self.settings, self.assets, self.paths, self.folders = settings, assets, paths, folders
        self.icons = Markup(assets["icons.svg"].plain.decode())  # noqa: S704 our own file
        for language in texts.LANGUAGES:
            environment(language, folders)
        self.drawn: dict[tuple[str, str, bool], tuple[bytes, bytes]] = {}
        self.blanks: dict[Hashable, Blank] = {}

    def draw(self, template: str, language: str, explicit: bool, query: str, context: Mapping[str, Any]) -> bytes:
        """The template filled in. ``explicit``: the language was asked for by link, so every link keeps it."""
        translate = texts.catalogue(language).gettext

        def href(path: str) -> str:
            return texts.link(path, language if explicit else None)

        drawn = (
            environment(language, self.folders)
            .get_template(template)
            .render(
                lang=language,
                site=self.settings,
                has=self.paths.__contains__,
                asset=self.assets.url,
                icons=self.icons,
                href=href,
                others=texts.others(language, query),
                footer=[(href(path), translate(label)) for path, label in FOOTER if path in self.paths],
                **context,
            )
        )
        return drawn.encode()


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    pieces: Sequence[bytes] = (),
    **context: Any,
) -> HTMLResponse:
    """The template as an answer, in the language of the request, compressed where that is safe.

    ``pieces`` are long runs of HTML that were drawn before: each takes the place of one ``PLACE`` in the template, in
    order. They cost a fifth of what the same text costs as a value.
    """
    pages: Pages = request.app.state.pages
    language, explicit = texts.language(request)
    body = pages.draw(template, language, explicit, request.scope["query_string"].decode("latin-1"), context)
    return sent(request, _laid(body, pieces) if pieces else body, status=status, headers=headers)


def sent(request: Request, body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """HTML that is drawn already, as an answer in the language of the request, compressed where that is safe."""
    packed = _gzip(body, 4) if len(body) > _PACKET and _takes_gzip(request) and not _spied(request) else None
    return _answer(body, packed, texts.language(request)[0], status, headers)


def fixed(request: Request, template: str) -> HTMLResponse:
    """A page that is the same for everybody: drawn and compressed once for each language."""
    pages: Pages = request.app.state.pages
    key = template, *texts.language(request)
    if key not in pages.drawn:
        body = pages.draw(*key, "", {})
        pages.drawn[key] = body, _gzip(body, 9)
    body, packed = pages.drawn[key]
    return _answer(body, packed if _takes_gzip(request) else None, key[1], 200, None)


def fill(
    request: Request,
    template: str,
    shape: Hashable,
    values: Mapping[str, str],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A page that is drawn once for each shape and only filled in for a visitor.

    The template sees ``f``, the shape, made of words of closed lists, and ``v``, the names of ``values``.
    """
    pages: Pages = request.app.state.pages
    language, explicit = texts.language(request)
    key = template, language, explicit, shape
    if (blank := pages.blanks.get(key)) is None:
        drawn = pages.draw(template, language, explicit, "", {"f": shape, "v": gaps(*values)})
        blank = pages.blanks[key] = Blank(drawn.decode())
    packed = blank.packed(values) if _takes_gzip(request) else None
    return _answer(b"" if packed else blank.plain(values), packed, language, status, headers)


def redirect(request: Request, path: str) -> RedirectResponse:
    """303 to a path of this site, in the language the request asked for."""
    language, explicit = texts.language(request)
    return RedirectResponse(texts.link(path, language if explicit else None), status_code=303)


def text(request: Request, message: str) -> str:
    """A marked Turkish sentence in the language of the request."""
    return texts.catalogue(texts.language(request)[0]).gettext(message)


def _laid(body: bytes, pieces: Sequence[bytes]) -> bytes:
    """The page with each piece in its place."""
    shell = body.split(PLACE.encode())
    return b"".join(part for pair in zip(shell, [*pieces, b""], strict=True) for part in pair)


def _answer(
    body: bytes, packed: bytes | None, language: str, status: int, headers: Mapping[str, str] | None
) -> HTMLResponse:
    own = {"vary": VARY, "content-language": language} | dict(headers or {})
    if packed is not None:
        own["content-encoding"] = "gzip"
    return HTMLResponse(packed or body, status, own)


def _takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def _spied(request: Request) -> bool:
    """True where a foreign page fetches a citizen's page, perhaps to guess it by its size (BREACH, CVE-2013-3587)."""
    site = request.headers.get("sec-fetch-site", "none")
    return "cookie" in request.headers and site not in {"same-origin", "none"}


def _gzip(body: bytes, level: int) -> bytes:
    return zlib.compress(body, level, wbits=31)
