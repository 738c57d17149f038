"""How many modules of the product one request passes, so that a way through the code grows only on purpose.

A way is walked once before it is counted: what a first request loads and prepares is not part of it.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from optout.sms import sms_door
from tests import ROOT
from tests.citizen.consents.town import AYSE, CINAR, town
from tests.conftest import Clock, Opener
from tests.optout.sms.conftest import Phone, furnish, settings_of
from tests.providers.api.desk import Desk, brand, consent

# Lowered whenever a way gets shorter.
MOST = {"toggle": 62, "refusal by SMS": 50, "consent by the API": 49}


class Walk:
    """The files of the product whose functions were called while ``on``, in every thread begun since."""

    def __init__(self) -> None:
        self.on = False
        self.files: set[str] = set()

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if self.on and event == "call":
            self.files.add(frame.f_code.co_filename)

    def modules(self) -> list[str]:
        inside = [Path(file) for file in self.files if file.startswith(f"{ROOT}/")]
        places = [path.relative_to(ROOT) for path in inside if ".venv" not in path.parts]
        return sorted(str(path) for path in places if path.parts[0] != "tests")


@pytest.fixture
def walk() -> Iterator[Walk]:
    made, before = Walk(), (threading.getprofile(), sys.getprofile())
    threading.setprofile(made)
    sys.setprofile(made)
    yield made
    threading.setprofile(before[0])  # type: ignore[arg-type]
    sys.setprofile(before[1])


@contextmanager
def counted(walk: Walk) -> Iterator[None]:
    walk.on = True
    yield
    walk.on = False


def check(walk: Walk, way: str, go: Callable[[int], object]) -> None:
    go(1)
    with counted(walk):
        go(2)
    assert len(walk.modules()) <= MOST[way], walk.modules()
    assert len(walk.modules()) > MOST[way] - 6, f"{len(walk.modules())}: lower the limit of a {way}"


def test_a_citizens_toggle(walk: Walk, sqlite_url: str, open_registry: Opener) -> None:
    with town(open_registry(sqlite_url)) as here:
        here.told(AYSE, CINAR)
        visitor = here.sign_in(AYSE)

        def toggle(turn: int) -> None:
            path = f"/izinler/{CINAR}/MESAJ/BIREYSEL"
            assert visitor.press(path, status=("RET", "ONAY")[turn - 1]).status_code == 200

        check(walk, "toggle", toggle)


def test_a_refusal_by_sms(walk: Walk, sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    registry = open_registry(sqlite_url)
    registry.store.write_now(furnish)
    phone = Phone(registry, clock, settings_of())
    for code in (600101, 600202):
        phone.told(code)

    def refuse(turn: int) -> None:
        message = phone.message(("RET ISIK", "RET CINAR")[turn - 1])
        assert "RET" in str(asyncio.run(sms_door.take(registry, phone.settings, message, post=True)))

    check(walk, "refusal by SMS", refuse)


def test_a_consent_by_the_api(walk: Walk, sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    desk = Desk(open_registry(sqlite_url), clock, {})
    program = desk.program("cinar")

    def add(turn: int) -> None:
        assert program.post(f"{brand(CINAR)}/consents", consent(turn)).status_code == 200

    check(walk, "consent by the API", add)
    desk.close()
