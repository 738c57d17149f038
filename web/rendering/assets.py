"""Static files in memory, with their compressed form. ``/static/NAME?v=HASH`` is cached for a year; without the
right hash it is revalidated (304)."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

STATIC = Path(__file__).parents[2] / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
# Remarks: of a script whole lines, and what they are set in by; of a sheet all.
_REMARKS = {
    ".js": re.compile(rb"^[ \t]*(?://.*\n)?", re.MULTILINE),
    ".css": re.compile(rb"^[ \t]+|/\*[^*]*\*/\n?", re.MULTILINE),
}
# A file asks for nothing by itself, also where somebody opens it as a page; and each header travels with each file.
NOTHING = "default-src 'none'"
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "public, no-cache"


@dataclass(frozen=True)
class Asset:
    """One file: ``plain``, and ``packed`` gzipped where that is shorter."""

    name: str
    kind: str
    plain: bytes
    packed: bytes | None
    version: str


class Assets:
    def __init__(self, folder: Path = STATIC) -> None:
        files = (path for path in sorted(folder.rglob("*")) if path.suffix in _TYPES)
        self._files = {asset.name: asset for asset in (_read(path, folder) for path in files)}

    def __getitem__(self, name: str) -> Asset:
        return self._files[name]

    def url(self, name: str) -> str:
        """The path of a file with its version. Errors: KeyError."""
        return f"/static/{name}?v={self._files[name].version}"

    async def answer(self, request: Request) -> Response:
        """The requested file, 304 when the browser has it, 404 for an unknown one."""
        asset = self._files.get(request.path_params["path"])
        if asset is None:
            raise HTTPException(404)
        return respond(asset, request, {"content-security-policy": NOTHING})


def respond(asset: Asset, request: Request, more: Mapping[str, str] | None = None) -> Response:
    """An asset as an answer: compressed where accepted, empty where cached. ``more``: headers."""
    known = request.query_params.get("v") == asset.version
    headers = {**(more or {}), "cache-control": _FOR_EVER if known else _ASK_AGAIN, "etag": f'"{asset.version}"'}
    if asset.packed is not None:
        headers["vary"] = "Accept-Encoding"
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = asset.plain
    if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"], body = "gzip", asset.packed
    return Response(body, headers=headers, media_type=asset.kind)


def pack(name: str, kind: str, plain: bytes) -> Asset:
    packed = gzip.compress(plain, 9, mtime=0)
    version = hashlib.sha256(plain).hexdigest()[:12]
    return Asset(name, kind, plain, packed if len(packed) < len(plain) * 0.9 else None, version)


def _read(path: Path, folder: Path) -> Asset:
    plain = path.read_bytes()
    if path.suffix in _REMARKS:
        plain = _REMARKS[path.suffix].sub(b"", plain)
    return pack(path.relative_to(folder).as_posix(), _TYPES[path.suffix], plain)
