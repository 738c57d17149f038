"""A town on a real socket and a real browser at its door."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Browser, Page

from tests.citizen.town import Town, Visitor

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21aa", "wcag22aa", "best-practice"]}


@contextmanager
def served(town: Town) -> Iterator[str]:
    """The town's address while the block runs."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(town.client.app, log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def opened(
    browser: Browser, address: str, visitor: Visitor, *, script: bool = True, scheme: str = "light"
) -> Iterator[Page]:
    """A phone of 360 pixels with the visitor's cookie; whatever the browser complains of is an error."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": 360, "height": 740},
        locale="tr-TR",
        java_script_enabled=script,
        color_scheme="dark" if scheme == "dark" else "light",
    )
    name, _, value = visitor.cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": address}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    told = [text for text in complaints if "404" not in text and "503" not in text]
    assert not told, told
