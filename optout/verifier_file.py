"""``izin-verify.html``: one page that verifies receipts in a browser, also from disk and without a network. It is the
same file at every site, so its digest can be published with a release."""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from web.rendering import assets
from web.rendering.assets import Asset

FILE = Path(__file__).with_name("izin-verify.html")
PATH = f"/dogrula/{FILE.name}"
_POLICY = re.compile(rb'http-equiv="Content-Security-Policy" content="([^"]+)"')


@cache
def _asset() -> Asset:
    return assets.pack(FILE.name, "text/html", FILE.read_bytes())


@cache
def digest() -> str:
    """SHA-256, hex."""
    return sha256(content()).hexdigest()


@cache
def policy() -> str:
    """The page's own policy, by hashes of its script and style, and what a meta element cannot set."""
    return f"{_POLICY.findall(content())[0].decode()}; frame-ancestors 'none'"


def content() -> bytes:
    return _asset().plain


async def answer(request: Request) -> Response:
    response = assets.respond(_asset(), request)
    response.headers["content-security-policy"] = policy()
    return response
