"""The site's own pages and files: start page, manifest, robots.txt, security.txt."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from web import pages, process
from web.rendering import assets, texts

# Pages for everybody may be found by search engines, nothing behind a code or a token. /izinler only leads to the
# sign-in page; who searches for "izinlerim" should find it.
_ROBOTS = """User-agent: *
Allow: /$
Allow: /?lang=
Allow: /static/
Allow: /yardim
Allow: /gizlilik
Allow: /erisilebilirlik
Allow: /hakkinda
Allow: /gonderen$
Allow: /giris$
Allow: /giris?lang=
Allow: /izinler$
Disallow: /
"""


async def start(request: Request) -> Response:
    return pages.fixed(request, "pages/start.html")


async def help_page(request: Request) -> Response:
    return pages.fixed(request, "pages/help.html")


async def accessibility(request: Request) -> Response:
    return pages.fixed(request, "pages/accessibility.html")


async def about(request: Request) -> Response:
    return pages.fixed(request, "pages/about.html")


async def favicon(request: Request) -> Response:
    return assets.respond(process.of(request).assets["mark-180.png"], request)


async def manifest(request: Request) -> JSONResponse:
    url = process.of(request).assets.url
    icon = {"type": "image/svg+xml", "sizes": "any"}
    png = {"type": "image/png", "purpose": "any"}  # for browsers that install no vector picture
    drawn = [png | {"sizes": f"{size}x{size}", "src": url(f"mark-{size}.png")} for size in (192, 512)]
    return JSONResponse(
        {
            "name": process.of(request).settings.site_name,
            "lang": "tr",
            "id": "/",
            "scope": "/",
            "start_url": "/",
            "display": "minimal-ui",
            "background_color": "#fbfaf6",
            "theme_color": "#fbfaf6",
            "icons": [
                icon | {"src": url("mark.svg"), "purpose": "any"},
                *drawn,
                icon | {"src": url("mark-maskable.svg"), "purpose": "maskable"},
            ],
            # A message that is shared from another app; posted, so that it stands in no address and no log.
            "share_target": {
                "action": "/gonderen",
                "method": "POST",
                "enctype": "application/x-www-form-urlencoded",
                "params": {"title": "title", "text": "text", "url": "url"},
            },
        },
        media_type="application/manifest+json",
    )


async def offline(request: Request) -> Response:
    return pages.fixed(request, "pages/offline.html")


async def offline_worker(request: Request) -> Response:
    """``static/offline.js`` for the notice in the request's language; it differs when the notice does, so browsers
    renew both. With OFFLINE_NOTICE=0 it ends itself."""
    worker = process.of(request).assets["offline.js"].plain.decode()
    page = kept = ""
    if process.of(request).settings.offline_notice:
        page = f"/baglanti-yok?lang={texts.language(request)[0]}"
        drawn = pages.piece(request, "pages/offline.html", None, {})
        kept = hashlib.sha256(f"{page} {drawn}".encode()).hexdigest()[:12]
    return Response(f'const PAGE = "{page}", KEPT = "{kept}";\n{worker}', media_type="text/javascript")


async def robots(request: Request) -> PlainTextResponse:
    return PlainTextResponse(_ROBOTS)


async def security(request: Request) -> PlainTextResponse:
    """Where to report a weakness (RFC 9116); 404 without a contact."""
    settings = process.of(request).settings
    if not settings.kvkk_contact:
        raise HTTPException(404)
    contact = settings.kvkk_contact
    expires = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=180)
    return PlainTextResponse(
        f"Contact: {contact if contact.startswith('https:') else f'mailto:{contact}'}\n"
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}\n"
        "Preferred-Languages: tr, en\n"
        f"Canonical: {settings.public_url}/.well-known/security.txt\n"
    )
