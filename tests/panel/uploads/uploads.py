"""Files as people load them at the panel, and the worker that works at them."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2

from panel.uploads import upload_job, upload_store
from panel.uploads.upload_store import PanelFile
from tests.panel.office import BRANDS, CINAR, Colleague, Office

HEADER = "recipient;type;source;status;recipientType;consentDate"
GOOD = "+905320000001;MESAJ;HS_WEB;ONAY;BIREYSEL;2026-11-23 10:15:00"
AYSE, MEHMET = "+905320000001", "+905320000002"


def rows(count: int, first: int = 1) -> str:
    """A file of so many good rows, a person each."""
    return "\n".join([HEADER, *(GOOD.replace("0000001", f"00{number:05}") for number in range(first, first + count))])


def send(
    browser: Colleague, content: str | bytes, name: str = "izinler.csv", *, brand: int = BRANDS[CINAR][0], **more: str
) -> httpx2.Response:
    """Sends a file as a browser does."""
    data = content.encode() if isinstance(content, str) else content
    return browser.post(
        f"/panel/{CINAR}/yukle", data={"brand": str(brand), "dates": "", **more}, files={"file": (name, data)}
    )


def number_of(answer: httpx2.Response) -> int:
    """The number of the file that was received."""
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rsplit("/", 1)[1])


def work(office: Office) -> None:
    """Lets the worker do all that waits."""
    asyncio.run(upload_job.do_waiting(office.registry))


def file(office: Office, number: int) -> PanelFile:
    """What stands of a file."""
    found = office.registry.store.read_now(upload_store.find, office.registry.keyring, number)
    assert found is not None
    return found


def tried(
    office: Office, browser: Colleague, content: str | bytes, name: str = "izinler.csv", **more: Any
) -> PanelFile:
    """Sends a file and has it tried."""
    number = number_of(send(browser, content, name, **more))
    work(office)
    return file(office, number)


def press(browser: Colleague, number: int, deed: str, **data: str) -> httpx2.Response:
    """Presses a button of a file's page."""
    return browser.post(f"/panel/{CINAR}/yuklemeler/{number}/{deed}", data=data)


def applied(office: Office, browser: Colleague, content: str | bytes, **more: Any) -> PanelFile:
    """Sends a file, has it tried and loaded."""
    number = tried(office, browser, content, **more).id
    assert press(browser, number, "uygula").status_code == 303
    work(office)
    return file(office, number)
