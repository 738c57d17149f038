"""The public log (C2SP tlog-tiles): the newest checkpoint and the tree's tiles, for everybody. A path that no tile can
have, or none of the published tree, costs no query."""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from consents.store import Store
from evidence.checkpoints import LogKey
from evidence.merkle import SIZE
from evidence.tlog import heads, tiles
from evidence.tlog.heads import PublishedHead
from web import process

PATH = "/log"
FRESH = 2.0  # seconds: how old the known checkpoint may be
FOR_EVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=5"
WITHHELD = (
    "Entries are not published: the leaves of one person have one commitment in common. A receipt holds its own.\n"
)


@dataclass
class _Known:
    head: PublishedHead | None = None
    at: float = float("-inf")


async def checkpoint(request: Request) -> Response:
    head = await _newest(process.of(request).registry.store)
    if head is None:
        return _missing()
    return PlainTextResponse(head.text, headers={"cache-control": BRIEFLY})


async def keys(request: Request) -> Response:
    """The changes of the log's key; 404 while it has its first one."""
    changes = LogKey.of(process.of(request).registry.keyring).changes
    if not changes:
        return _missing()
    return PlainTextResponse("\n".join(changes), headers={"cache-control": BRIEFLY})


async def tile(request: Request) -> Response:
    path = tiles.read_path(request.path_params["path"])
    if path is None:
        return _missing()
    if path.level is None:
        return PlainTextResponse(WITHHELD, 404)
    store = process.of(request).registry.store
    head = await _newest(store)
    if head is None or not path.within(head.size):
        return _missing()
    found = await store.read(tiles.load, path.level, path.place)
    hashes = found[: path.width * SIZE]
    return Response(hashes, media_type="application/octet-stream", headers={"cache-control": FOR_EVER})


async def _newest(store: Store) -> PublishedHead | None:
    known, now = store.own(_Known, _Known), time.monotonic()
    if now - known.at > FRESH:
        known.head, known.at = await store.read(heads.newest), now
    return known.head


def _missing() -> Response:
    return PlainTextResponse("Not found\n", 404)
