"""``izin witness``: a small process that cosigns the checkpoints of other logs. It holds nothing of a registry."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import structlog
import typer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from evidence.tlog import notes
from evidence.tlog.notes import BadNote, NoteKey
from izin.tlog.witness_store import SIZE_TYPE, NotCosigned, WitnessKeys, WitnessStore
from web import logs as site_logs
from web import server

LARGEST = 2 * notes.LONGEST  # bytes of a submission: 63 hashes and a note
WAITING = 64  # submissions at once; more are sent away
SECONDS = 10.0  # for the body of a submission

log = structlog.get_logger()
witness_app = typer.Typer(no_args_is_help=True, help="A witness of other logs.", pretty_exceptions_enable=False)

Data = Annotated[Path, typer.Option("--data", help="A folder of the witness alone: its key and its database.")]
Name = Annotated[
    str | None, typer.Option("--name", help="At the first start: the witness's name, a URL without scheme.")
]


@witness_app.command("key")
def key(data: Data, name: Name = None) -> None:
    """Prints the public keys of the witness, one a line: Ed25519, ML-DSA-44. Makes them at the first start."""
    for one in _keys(data, name).verifiers:
        typer.echo(one)


@witness_app.command("serve")
def serve(
    data: Data,
    log_keys: Annotated[
        list[str], typer.Option("--log", help="A log's public key, as izin log key prints it; repeat it.")
    ],
    listen: Annotated[str, typer.Option(help="HOST:PORT. Put a proxy with TLS before it.")] = "127.0.0.1:8010",
    name: Name = None,
) -> None:
    """Cosigns each checkpoint of these logs that continues the last one."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise typer.BadParameter("must be HOST:PORT", param_hint="--listen")
    try:
        known = [NoteKey.read(one) for one in log_keys]
    except BadNote as fault:
        raise typer.BadParameter(str(fault), param_hint="--log") from None
    store = WitnessStore(data, _keys(data, name), known)
    site_logs.configure("info")
    typer.echo("\n".join(store.keys.verifiers), err=True)
    try:
        server.run(build(store), host.strip("[]"), int(port))
    finally:
        store.close()


def build(store: WitnessStore) -> Starlette:
    busy = 0

    async def add(request: Request) -> Response:
        nonlocal busy
        try:  # before it takes a place, or slow senders would keep all of them
            async with asyncio.timeout(SECONDS):
                body = await request.body()
        except TimeoutError:
            return PlainTextResponse("too slow\n", 408, headers={"connection": "close"})
        if busy >= WAITING:
            return PlainTextResponse("busy\n", 503, headers={"retry-after": "5"})
        busy += 1
        try:
            lines = await asyncio.to_thread(store.add, body)
        except NotCosigned as fault:
            log.warning("not_cosigned", status=fault.status, why=str(fault))
            if fault.size is not None:
                return Response(f"{fault.size}\n", fault.status, headers={"content-type": SIZE_TYPE})
            return PlainTextResponse(f"{fault}\n", fault.status)
        finally:
            busy -= 1
        return PlainTextResponse(lines)

    async def show(request: Request) -> Response:
        return PlainTextResponse("".join(f"{one}\n" for one in store.keys.verifiers))

    return Starlette(routes=[Route("/", show), Route("/add-checkpoint", add, methods=["POST"], max_body_size=LARGEST)])


def _keys(folder: Path, name: str | None) -> WitnessKeys:
    try:
        return WitnessKeys.open(folder, name)
    except BadNote as fault:
        raise typer.BadParameter(str(fault), param_hint="--name") from None
    except OSError as fault:
        raise typer.BadParameter(f"{folder}: {fault.strerror}", param_hint="--data") from None
    except ValueError:
        raise typer.BadParameter(f"{folder / 'key'} is damaged: bring back its copy", param_hint="--data") from None
