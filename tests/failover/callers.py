"""People and programs who refuse at a site whose database goes away and comes back: by web, by SMS, by the API.

Each asks again for what was answered 503, until it is acknowledged. Each refusal is of a consent of its own, so history
must hold it once, however often it was asked for; and once it was acknowledged it must be there (rules L6, L8).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Self

from consents.terms import Channel, Identity
from tests.crash import senders
from tests.crash.visitors import HOST, answer, request

PAUSE = 0.04  # seconds between an answer and the next question, so that the machine has time for the database
# Five seconds are promised for 503. An assertion has to be here, because what hangs is worse than what dies; it is
# generous because the machine of a test may be busy, and still below what somebody waits who is never answered.
LONGEST = 8.0
PATIENCE = 60.0  # seconds
REFUSING = ("web", "sms", "api")
DOORS = (*REFUSING, "reading")

Key = tuple[int, int, int, int]  # recipient, brand, channel, identity; by their numbers in the registry


class Question(NamedTuple):
    """A request, what is refused by it, and a name where the registry keeps one."""

    sent: bytes
    keys: tuple[Key | str, ...]
    name: str = ""


class Told(NamedTuple):
    """One answer: when it was asked for and came (monotonic seconds), its status; 0 where the site hung up."""

    asked: float
    at: float
    status: int


@dataclass
class Caller:
    """Asks one question after the other. ``good``: the statuses that acknowledge."""

    door: str
    questions: Iterator[Question]
    good: frozenset[int]
    told: list[Told] = field(default_factory=list)
    kept: list[Question] = field(default_factory=list)  # acknowledged
    asked: list[Question] = field(default_factory=list)  # all, also what never was
    ended: bool = False

    async def call(self, port: int, end: threading.Event, pause: float) -> None:
        for question in self.questions:
            self.asked.append(question)
            while not end.is_set():
                status = await self._ask(port, question)
                await asyncio.sleep(pause)
                if status in self.good:
                    self.kept.append(question)
                    break
            if end.is_set():
                return
        self.ended = True  # there is nothing left to refuse

    async def _ask(self, port: int, question: Question) -> int:
        begun, status = time.monotonic(), 0
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection(HOST, port)
                writer.write(question.sent)
                status = int((await answer(reader))[9:12])
                writer.close()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        self.told.append(Told(begun, time.monotonic(), status))
        return status


class Callers:
    """All of them at work, in a thread, while the block runs."""

    def __init__(self, port: int, callers: Iterable[Caller], pause: float = PAUSE) -> None:
        self.port, self.each, self._pause = port, list(callers), pause
        self._end = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._call()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends their work; each has its answer by then."""
        self._end.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "somebody is not answered"

    async def _call(self) -> None:
        await asyncio.gather(*(caller.call(self.port, self._end, self._pause) for caller in self.each))

    def acknowledged_after(self, moment: float, doors: Iterable[str]) -> dict[str, float]:
        """Waits until each door has acknowledged something that was asked for after ``moment``; the seconds it took."""
        took: dict[str, float] = {}

        def answered(door: str) -> bool:
            first = self._first(door, moment)
            assert first or not all(one.ended for one in self.each if one.door == door), f"{door} has no more to ask"
            return first is not None

        for door in doors:
            until(partial(answered, door), f"{door} is not answered")
            took[door] = round((self._first(door, moment) or 0) - moment, 1)
        return took

    def refused_after(self, moment: float, doors: Iterable[str]) -> None:
        """Waits until each door was answered 503 after ``moment``: so it noticed."""
        for door in doors:
            until(
                lambda door=door: any(told.at > moment and told.status == 503 for told in self._of(door)),  # type: ignore[misc]
                f"{door} is not answered 503",
            )

    def statuses(self, door: str, since: float = 0) -> Counter[int]:
        return Counter(told.status for told in self._of(door) if told.asked > since)

    def slowest(self, since: float = 0, doors: Iterable[str] = DOORS) -> float:
        """The longest that anybody waited for an answer."""
        return max((told.at - told.asked for door in doors for told in self._of(door) if told.asked > since), default=0)

    def _first(self, door: str, moment: float) -> float | None:
        good = {status for caller in self.each if caller.door == door for status in caller.good}
        return min((told.at for told in self._of(door) if told.asked > moment and told.status in good), default=None)

    def _of(self, door: str) -> list[Told]:
        return [told for caller in self.each if caller.door == door for told in list(caller.told)]


def until(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"{otherwise} in {PATIENCE} s"
        time.sleep(0.02)


def by_web(cookies: dict[int, str], brands: dict[int, int]) -> Iterator[Question]:
    """Signed-in citizens press "refuse". ``cookies``: by recipient; ``brands``: code -> internal id."""
    for (code, brand), channel, identity in itertools.product(brands.items(), (Channel.ARAMA, Channel.MESAJ), Identity):
        for recipient, cookie in cookies.items():
            path = f"/izinler/{code}/{channel}/{identity}"
            yield Question(request(path, cookie, "status=RET"), ((recipient, brand, channel.code, identity.code),))


def by_sms(place: int, numbers: dict[str, int], brands: dict[str, int]) -> Iterator[Question]:
    """A carrier posts messages. ``numbers``: recipients by number; ``brands``: name -> internal id."""
    names = itertools.count(1_000_000 * (place + 1))
    for (name, brand), (channel, words), (number, recipient) in itertools.product(
        brands.items(), senders.WORDS.items(), numbers.items()
    ):
        message = senders.Message(str(next(names)), number, f"RET {name}{words}", brand, channel.code)
        keys = tuple((recipient, brand, channel.code, identity.code) for identity in Identity)
        yield Question(senders.request([message]), keys, message.name)


def by_api(place: int, company: int, brand: int, token: str) -> Iterator[Question]:
    """A provider's program declares refusals of people nobody knows yet; their addresses stand for the keys."""
    for number in itertools.count():
        address = f"yurttas{place}-{number}@example.com"
        body = json.dumps(
            {
                "recipient": address,
                "type": "EPOSTA",
                "source": "HS_WEB",
                "status": "RET",
                "consentDate": "2026-01-05 10:15:00",
                "recipientType": "BIREYSEL",
            }
        )
        lines = [
            f"POST /v2/sps/{company}/brands/{brand}/consents HTTP/1.1", f"host: {HOST}",
            f"authorization: Bearer {token}", "content-type: application/json", f"content-length: {len(body)}",
        ]  # fmt: skip
        yield Question(("\r\n".join(lines) + f"\r\n\r\n{body}").encode(), (address,))


def by_reading(cookies: dict[int, str]) -> Iterator[Question]:
    """Signed-in citizens look at their consents, and refuse nothing."""
    for cookie in itertools.cycle(cookies.values()):
        yield Question(request("/izinler", cookie), ())


def readyz(port: int) -> tuple[int, dict[str, Any]]:
    """Status and body of /readyz."""

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(request("/readyz"))
        heard = await asyncio.wait_for(answer(reader), PATIENCE)
        writer.close()
        return heard

    heard = asyncio.run(ask())
    return int(heard[9:12]), json.loads(heard.partition(b"\r\n\r\n")[2])
