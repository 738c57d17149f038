"""``izin sandbox``: the sandbox on a developer's own machine, without settings and without a site."""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import typer
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from consents.languages import in_all, mark_in
from izin.sandbox import sandbox_parts
from izin.sandbox.company_sandbox import MirroredCompany
from izin.sandbox.sandbox_gate import SandboxGate
from izin.sandbox.sandbox_parts import SandboxSite
from izin.sandbox.scripts import SCRIPTS
from providers.api import answers
from providers.callers import passwords
from settings import Settings
from web import logs, server
from web.guards import Guards
from web.process import KeptFor
from web.rendering.assets import Assets
from web.rendering.drawing import Pages
from web.room import Room

COMPANY = MirroredCompany(600100, "Deneme A.Ş.", ((600100, "Deneme"), (600101, "Deneme Mağazaları")))
USER = f"test_{COMPANY.code}"


def sandbox(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 8100,
    password: Annotated[str, typer.Option(help="The test key's password; a new one at each start without it.")] = "",
    ready_file: Annotated[
        Path | None, typer.Option(help="Written as JSON once it listens: base, username, password, codes.")
    ] = None,
) -> None:
    """Serves an İYS to test against: no settings, nothing is kept, until SIGTERM or Ctrl-C."""
    logs.configure("warning")
    chosen = password or secrets.token_urlsafe(12)
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    given: dict[str, Any] = {"public_url": base, "port": port, "secret_key": secrets.token_hex(32), "_env_file": None}
    settings, assets = Settings(**given), Assets()
    site = SandboxSite(settings, assets, Pages(settings, assets, frozenset()), KeptFor(*[0] * len(KeptFor._fields)))
    gate = sandbox_parts.of_one(site, COMPANY, USER, passwords.hashed(chosen), private=settings.own_machine(host))
    room = Room()
    served = Guards(_Served(gate, host, port, chosen, base, ready_file), settings, _refuse, exempt=("/",), room=room)
    server.run(served, host, port, room)


class _Served:
    """The gate with a start, an end, and a line once it listens."""

    def __init__(
        self, gate: SandboxGate, host: str, port: int, password: str, base: str, ready_file: Path | None
    ) -> None:
        self._gate, self._place = gate, (host, port)
        self._about = {
            "base": base,
            "username": USER,
            "password": password,
            "iysCode": COMPANY.code,
            "brandCodes": [code for code, _ in COMPANY.brands],
        }
        self._ready_file = ready_file
        self._telling: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["route"] = _ROUTE
            return await self._gate(scope, receive, send)
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self._gate.sandboxes.at(COMPANY.code, lambda _: COMPANY)
                self._telling = asyncio.create_task(self._tell())
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._gate.sandboxes.close()
                if self._ready_file is not None:
                    self._ready_file.unlink(missing_ok=True)
                await send({"type": "lifespan.shutdown.complete"})
                return None

    async def _tell(self) -> None:
        while True:
            try:
                _, writer = await asyncio.open_connection(*self._place)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            break
        if self._ready_file is not None:
            fresh = self._ready_file.with_name(f"{self._ready_file.name}.new")
            fresh.write_text(json.dumps(self._about) + "\n")
            fresh.replace(self._ready_file)
        typer.echo(_welcome(self._about))


_ROUTE = SimpleNamespace(path=logs.SANDBOX)  # for the log


def _welcome(about: dict[str, Any]) -> str:
    lines = [
        in_all(mark_in("command", "Deneme alanı hazır. Durdurmak için Ctrl-C.")),
        f"base       {about['base']}",
        f"username   {about['username']}",
        f"password   {about['password']}",
        f"iysCode    {about['iysCode']}",
        f"brandCode  {', '.join(map(str, about['brandCodes']))}",
        "",
        *(f"{one.name:<10} {one.does.text()}" for one in SCRIPTS.values()),
    ]
    return "\n".join(lines)


async def _refuse(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    language = answers.wished_language(Request(scope))
    await answers.problem(status, path=scope["path"], language=language)(scope, receive, send)
