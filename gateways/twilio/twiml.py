"""TwiML of a call: spoken lines, and the keys it waits for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from consents import languages
from consents.languages import LANGUAGES

WAIT = "8"  # seconds for the next key: many look for their glasses first
VOICES = {one: str(languages.keywords(one)["voice"]) for one in LANGUAGES if languages.voiced(one) == one}


class Line(NamedTuple):
    language: str
    text: str


def saying(lines: Iterable[Line]) -> str:
    root = Element("Response")
    _say(root, lines)
    SubElement(root, "Hangup")
    return _written(root)


def asking(lines: Iterable[Line], action: str, most: int) -> str:
    """Speaks, waits for at most ``most`` keys and posts them to ``action``, also without any. # ends several keys; a
    single one may be #. Keys interrupt the speech."""
    root = Element("Response")
    given = {"input": "dtmf", "method": "POST", "action": action, "numDigits": str(most), "timeout": WAIT}
    ends = "#" if most > 1 else ""
    _say(SubElement(root, "Gather", given, finishOnKey=ends, actionOnEmptyResult="true"), lines)
    return _written(root)


def called(lines: Iterable[Line]) -> str:
    """The speech of an outgoing call, after a second to lift the phone."""
    root = Element("Response")
    SubElement(root, "Pause", length="1")
    _say(root, lines)
    return _written(root)


def _say(parent: Element, lines: Iterable[Line]) -> None:
    for line in lines:
        SubElement(parent, "Say", language=VOICES[line.language]).text = line.text


def _written(root: Element) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>{tostring(root, encoding="unicode")}'
