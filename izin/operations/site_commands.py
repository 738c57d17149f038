"""``izin serve`` and ``izin worker``: the long-running processes."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

import settings
from asking.public import tills
from evidence import witness, witness_file
from izin import app, jobs, scheduler
from izin.demo import load as example
from izin.operations import demo_command
from izin.operations.registry import open_registry, repeat_erasures, witness_of
from optout.sms import sms_brands
from web import logs, server
from web.rendering.drawing import Trial, trial_allowed

# A warning, not an error: a site that does not start takes no refusals, and behind a TCP relay it may be right.
UNTRUSTING = (
    "izin: warning: PUBLIC_URL is https and TRUSTED_PROXY is empty. Whoever ends TLS before this site then counts as "
    "one client for everybody behind it: one visitor who tries too often locks out all others. Set TRUSTED_PROXY to "
    "the networks of your proxy, for example TRUSTED_PROXY=10.0.0.0/8"
)


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Log warnings and errors alone, unless LOG_LEVEL is set.")
    ] = False,
) -> None:
    """Serves the site on PORT, with the worker inside unless WORKER=separate."""

    chosen = settings.load()
    if quiet and "log_level" not in chosen.model_fields_set:
        chosen = chosen.model_copy(update={"log_level": "warning"})
    _can_listen(host, chosen.port)
    with _ending_well(), open_registry(chosen) as current:
        has_demo = example.is_demo(current, chosen)
        chosen = chosen.of_demo() if has_demo else chosen
        # An old backup brought back would silently forget refusals: the witness outside remembers how far it was.
        # Without a witness the site starts, for refusals must be taken; but nobody signs on until an operator speaks.
        repeat_erasures(current, chosen)
        now, file = current.store.now(), witness_of(chosen)
        try:
            lacking = current.store.read_now(witness.lack, current.keyring, file, now)
        except witness_file.Unwitnessed as fault:  # a file that cannot be read
            lacking = str(fault)
        if lacking is not None:
            typer.echo(f"izin: {lacking}", err=True)
        if chosen.https and not chosen.trusted_proxy:
            typer.echo(UNTRUSTING, err=True)
        for ignored in current.store.read_now(sms_brands.ineffective, chosen.shared_numbers):
            typer.echo(f"izin: warning: {ignored}", err=True)
        todo = jobs.list_jobs(chosen) if chosen.worker == "inside" else []
        till = demo_command.TILL if current.store.read_now(tills.by_key, demo_command.TILL) else ""
        trial = Trial(*example.PERSON, example.RELATIVE, till) if has_demo else None
        shown = trial is not None and trial_allowed(chosen)
        if shown and todo:
            todo.append(jobs.invented(example.programs().take))
        site = app.build(chosen, current, lambda state: scheduler.working(state, todo), trial=trial, listens=host)
        typer.echo(example.welcome(chosen.public_url) if shown else f"İzin: {chosen.public_url}", err=True)
        # What was loaded stays: looking through it for garbage took a seventh of the time of lists of consents.
        gc.freeze()
        server.run(site, host, chosen.port, site.room)


@contextmanager
def _ending_well() -> Iterator[None]:
    """SIGTERM exits through all that has to close; some servers raise it again at their end."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _can_listen(host: str, port: int) -> None:
    """Rejects an unusable address before anything is opened; the server would check last."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                probe = socket.socket(family, kind, protocol)
            except OSError:  # a family that this machine does not speak: the server passes over it too
                continue
            with probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
    except OSError as fault:
        raise settings.Refused(
            [f"cannot listen on {host}, port {port} ({fault.strerror}): choose another --host or PORT"]
        ) from None


def worker() -> None:
    """Does the chores that a site with WORKER=separate leaves to it, until it gets a signal to stop."""

    chosen = settings.load()
    logs.configure(chosen.log_level)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        with open_registry(chosen) as current:
            here = chosen.of_demo() if example.is_demo(current, chosen) else chosen
            repeat_erasures(current, chosen)
            async with scheduler.work(current, here, jobs.list_jobs(here)):
                await stop.wait()

    gc.freeze()  # as a site does
    asyncio.run(until_stopped())
