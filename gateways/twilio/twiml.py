"""TwiML of a call: what Twilio says, and for which keys it then waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

WAIT = "8"  # seconds for the next key: many look for their glasses first
_VOICES = {"tr": "tr-TR", "en": "en-US"}


class Line(NamedTuple):
    """Words and the language they are spoken in: ``tr`` or ``en``."""

    language: str
    text: str


def saying(lines: Iterable[Line]) -> str:
    """Says it and hangs up."""
    root = Element("Response")
    _say(root, lines)
    SubElement(root, "Hangup")
    return _written(root)


def asking(lines: Iterable[Line], action: str, most: int) -> str:
    """Says it, waits for at most ``most`` keys and posts them to the URL ``action``, also where none was pressed.

    Where several can come # ends them; a single key may be # itself. Who knows what to press need not hear it out.
    """
    root = Element("Response")
    given = {"input": "dtmf", "method": "POST", "action": action, "numDigits": str(most), "timeout": WAIT}
    ends = "#" if most > 1 else ""
    _say(SubElement(root, "Gather", given, finishOnKey=ends, actionOnEmptyResult="true"), lines)
    return _written(root)


def called(lines: Iterable[Line]) -> str:
    """What somebody hears who was called: after a second in which he brings the phone to his ear."""
    root = Element("Response")
    SubElement(root, "Pause", length="1")
    _say(root, lines)
    return _written(root)


def _say(parent: Element, lines: Iterable[Line]) -> None:
    for line in lines:
        SubElement(parent, "Say", language=_VOICES[line.language]).text = line.text


def _written(root: Element) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>{tostring(root, encoding="unicode")}'
