"""A real browser, and the sites it looks at on real sockets."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from web import server

HOST = "127.0.0.1"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ARGS += ["--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS, timeout=120_000)
        yield started
        started.close()


@contextmanager
def served(asgi: Any) -> Iterator[str]:
    """The address of a site while the block runs."""
    port, loop, stops = _free_port(), asyncio.new_event_loop(), list[Callable[[], None]]()
    thread = threading.Thread(target=loop.run_until_complete, args=[server.serve(asgi, HOST, port, stops.append)])
    thread.start()
    try:
        while not _listening(port):
            assert thread.is_alive(), "the site did not start"
            time.sleep(0.01)
        yield f"http://{HOST}:{port}"
    finally:
        loop.call_soon_threadsafe(*stops)
        thread.join()
        loop.close()


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def _listening(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex((HOST, port)) == 0


def complaints(page: Page) -> list[str]:
    """What the browser complains of from now on."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    return told
