"""Citizens who press buttons on the pages of a site that will be killed, and what each was told.

Each is alone with his own consents and presses one button after the other; so history must hold, consent by consent,
exactly the words that were answered, in that order, and at most one more: the one that was never answered.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import NamedTuple

from consents.terms import Channel, Identity
from tests.crash.journal import Promises
from tests.crash.oracle import ACTS, EVENTS, ONAY, RET, Ask, Findings, Row, faults

HOST = "127.0.0.1"
PATIENCE = 60.0  # seconds
REPEATS = 0.1  # share of the buttons pressed twice
WORDS = {RET: "RET", ONAY: "ONAY"}
CHANNELS = (Channel.ARAMA, Channel.MESAJ)  # of a number

_told = re.compile(
    rb"HTTP/1\.1 303 .*?\r\nlocation: /izinler(?:/[0-9]+|/sonuc)?\?act=([0-9]+)\r\n", re.DOTALL | re.IGNORECASE
)

Key = tuple[int, int, int, int]  # recipient, brand, channel, identity; by their numbers in the registry


class Button(NamedTuple):
    """One consent on the page, and its key in the registry."""

    key: Key
    path: str


class Visitor:
    """A signed-in citizen. ``words``: what history must hold of each consent; ``asked``: what was not answered."""

    def __init__(self, recipient: int, cookie: str, brands: Iterable[tuple[int, int]]) -> None:
        self.cookie = cookie
        self.buttons = list(_buttons(recipient, brands))
        self.words: dict[Key, list[int]] = {button.key: [] for button in self.buttons}
        self.acts: dict[int, tuple[Key, int]] = {}
        self.asked: tuple[str, Key, int] | None = None
        self._numbers = itertools.count(1)

    async def press(self, port: int, dice: random.Random, spoken: Promises) -> None:
        """Presses buttons by chance until the site is gone; what it answered stands in ``spoken`` too."""
        await until_gone(port, lambda reader, writer: self._press(reader, writer, dice, spoken))

    async def _press(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, dice: random.Random, spoken: Promises
    ) -> None:
        key, path = dice.choice(self.buttons)
        said = self.words[key]
        repeated = bool(said) and dice.random() < REPEATS
        last = said[-1] if said else dice.choice((RET, ONAY))
        wish = last if repeated else RET + ONAY - last
        number = f"{key[0]}/{next(self._numbers)}"
        spoken.begun.add(number)
        self.asked = (number, key, wish)
        writer.write(request(path, self.cookie, f"status={WORDS[wish]}"))
        heard = await answer(reader)
        told = _told.match(heard)
        assert told, f"{path}: {heard.decode(errors='replace')}"
        self.asked = None
        if repeated:
            spoken.stood[number] = (0, (*key, wish))
        else:
            said.append(wish)
            self.acts[int(told[1])] = (key, wish)
            spoken.recorded[number] = (int(told[1]), [(*key, wish)])


def examine(ask: Ask, visitors: Iterable[Visitor]) -> Findings:
    """Compares the database that ``ask`` queries with what the visitors were told, and settles what they were not."""
    acts, events = ask(ACTS), ask(EVENTS)
    findings = Findings(broken=faults(ask, acts, events))
    kept: dict[Key, list[Row]] = {}
    for event in events:
        kept.setdefault(event[1:5], []).append(event)
    firsts = {act[0]: act[2] for act in acts}
    for visitor in visitors:
        for key, told in visitor.words.items():
            _compare_words(findings, visitor, key, told, kept.pop(key, []))
        _compare_acts(findings, visitor, firsts, events)
        visitor.asked = None
    findings.broken += [f"nobody pressed {key}: {found}" for key, found in kept.items()]
    return findings


def _compare_words(findings: Findings, visitor: Visitor, key: Key, told: list[int], kept: list[Row]) -> None:
    found = [event[5] for event in kept]
    if found == told[: len(found)]:
        return  # whether some are lost, their acts tell
    number, asked, wish = visitor.asked or ("", None, None)
    if key == asked and found == [*told, wish]:
        findings.kept_untold.add(number)
        told.append(found[-1])
        visitor.acts[kept[-1][9]] = (key, found[-1])
    else:
        findings.doubled.append(f"{key}: told {told}, kept {found}")


def _compare_acts(findings: Findings, visitor: Visitor, firsts: dict[int, int], events: list[Row]) -> None:
    for act, (key, wish) in visitor.acts.items():
        first = firsts.get(act)
        event = events[first - 1] if first is not None and first <= len(events) else None
        if event is None or event[1:6] != (*key, wish):
            findings.lost.append(f"act {act} was told to be {key} {wish}; it is {event}")


async def until_gone(port: int, ask: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
    """Asks again and again over one connection until the site is killed; nothing where it is gone already."""
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return
    try:
        while True:
            await ask(reader, writer)
    except (OSError, asyncio.IncompleteReadError):
        pass  # in the middle of a request or between two
    finally:
        writer.close()


def request(path: str, cookie: str = "", form: str | None = None) -> bytes:
    """What a browser sends; a POST where there is a form."""
    lines = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1", f"host: {HOST}"]
    if cookie:
        lines.append(f"cookie: {cookie}")
    if form is not None:
        lines += ["content-type: application/x-www-form-urlencoded", f"content-length: {len(form)}"]
    return ("\r\n".join(lines) + f"\r\n\r\n{form or ''}").encode()


async def ready(port: int) -> None:
    """Waits until the site takes connections."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
            writer.close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"the site does not answer in {PATIENCE} s"
            await asyncio.sleep(0.005)


async def answer(reader: asyncio.StreamReader) -> bytes:
    """One whole answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: ([0-9]+)\r\n", head, re.IGNORECASE)
    return head + await reader.readexactly(int(length[1]) if length else 0)


def _buttons(recipient: int, brands: Iterable[tuple[int, int]]) -> Iterator[Button]:
    for (number, code), channel, identity in itertools.product(brands, CHANNELS, Identity):
        key = (recipient, number, channel.code, identity.code)
        yield Button(key, f"/izinler/{code}/{channel}/{identity}")
