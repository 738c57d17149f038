"""A telephone: it dials the site as Twilio would carry it, hears what TwiML says, presses keys and hangs up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx2

from tests.gateways.fake_twilio import SENDER, FakeTwilio
from tests.optout.hooks.conftest import PUBLIC, Post

AYSE, LANDLINE, ABROAD = "+905320000001", "+902120000001", "+4915112345678"
PATH = "/hooks/twilio/voice"
VOICES = {"tr-TR": "tr", "en-US": "en"}

_numbers = count(1)


@dataclass
class Telephone:
    """``lines``: what it hears, as (language, text), since the last key; ``ended``: whether it was hung up on."""

    site: Post
    twilio: FakeTwilio
    number: str = AYSE
    to: str = SENDER
    lines: list[tuple[str, str]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    answers: list[httpx2.Response] = field(default_factory=list)
    gather: ElementTree.Element | None = None
    ended: bool = False

    def dial(self) -> Telephone:
        self.call = f"CA{next(_numbers):032x}"
        self.ended = False
        return self._post(PATH, self.twilio.step(self.call, self.number, to=self.to))

    def press(self, keys: str) -> Telephone:
        """Presses keys one after the other, as far as they are waited for; "" waits until that is over."""
        assert self.gather is not None, "nothing is asked"
        asked = self.gather.attrib
        assert (asked["input"], asked["method"], asked["actionOnEmptyResult"]) == ("dtmf", "POST", "true")
        taken = keys.partition(asked["finishOnKey"])[0] if asked["finishOnKey"] else keys
        taken = taken[: int(asked["numDigits"])]
        action = asked["action"]
        assert action.startswith(PUBLIC + PATH)
        return self._post(action.removeprefix(PUBLIC), self.twilio.step(self.call, self.number, taken, self.to))

    def again(self) -> httpx2.Response:
        """Twilio posts the last step once more; what the telephone hears stays."""
        path, form = self.requests[-1]
        return self.site.twilio(form, url=PUBLIC + path, path=path)

    @property
    def heard(self) -> str:
        """All that was said since the last key."""
        return " ".join(text for _, text in self.lines)

    @property
    def languages(self) -> set[str]:
        return {language for language, _ in self.lines}

    def _post(self, path: str, form: dict[str, str]) -> Telephone:
        self.requests.append((path, form))
        answer = self.site.twilio(form, url=PUBLIC + path, path=path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        assert "set-cookie" not in answer.headers
        self.answers.append(answer)
        self._listen(answer.content)
        return self

    def _listen(self, content: bytes) -> None:
        root = ElementTree.fromstring(content)
        assert root.tag == "Response"
        assert {each.tag for each in root.iter()} <= {"Response", "Gather", "Say", "Hangup"}
        self.lines = [(VOICES[say.attrib["language"]], say.text or "") for say in root.iter("Say")]
        self.gather = root.find("Gather")
        self.ended = root.find("Hangup") is not None
        assert self.ended is (self.gather is None), "a call ends or goes on"
        if self.gather is not None:
            parts = urlsplit(self.gather.attrib["action"])
            assert not re.search(r"5320000|2120000", parts.query), "no number of a person stands in a URL"
