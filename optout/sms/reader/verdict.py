"""Whether a message refuses: refusing words, denials, and denied wishes. A denial reaches back to the word right before
it, within its part of the sentence: "iptal istemiyorum" keeps, "RET, mesaj istemiyorum" refuses. A message that does
both refuses, which can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from consents.brands.sms_words import ERASE, Sense
from optout.sms.reader.words import SmsWord


class RefusingWords(NamedTuple):
    """``places``: of the refusing words; ``noun``: a plain command such as RET, no sentence; ``no``: only by HAYIR;
    ``erase``: the number is to be deleted."""

    places: tuple[int, ...]
    noun: bool
    no: bool
    erase: bool


_REFUSING = (Sense.COMMAND, Sense.WEAK, Sense.NO)
_IDLE = (
    *(None, Sense.FILLER, Sense.ALL, Sense.ALL_OF, Sense.BRANDS, Sense.NEW, Sense.NEW_OF, Sense.YES, Sense.MENTION),
    *(Sense.STATUS, Sense.WAITING, Sense.HISTORY, Sense.HELP),
)


class _Sense:
    """Reads items in order. ``near``: the place of the refusing word that can still be denied."""

    def __init__(self, items: Sequence[SmsWord]) -> None:
        self.items = items
        self.refusing: dict[int, Sense] = {}  # place -> how firmly
        self.kept = self.wanted = False
        self.near: int | None = None
        self._part()
        for place, item in enumerate(items):
            if item.begins:
                self._part()
            if item.brands or item.kind in _IDLE:
                self.near = None
            else:
                self._take(place, item, item.kind)

    def _part(self) -> None:
        """Begins a part of the sentence, which denies nothing before it."""
        self.near = None
        self.dont = self.consent = self.pest = self.business = self.me = False

    def _take(self, place: int, item: SmsWord, kind: Sense) -> None:
        near, self.near = self.near, None
        if kind in _REFUSING:
            self._refusing_word(place, item, kind)
        elif kind is Sense.AUX:
            self.near = near
            if near is not None and self.refusing.get(near) is Sense.WEAK and self.items[near].word == "RED":
                self.refusing[near] = Sense.COMMAND  # "red ediyorum"
        elif kind in (Sense.UNSENT, Sense.UNCALLED) or (kind is Sense.CALL and self.me and self._last(place)):
            self.refusing[place] = Sense.UNSENT  # "beni arama"
        elif kind in (Sense.UNWANTED, Sense.AUX_NOT, Sense.DENIED, Sense.NOT):
            self._denial(place, item, kind, near)
        elif kind is Sense.WITHDRAWN:
            self._withdrawal(place, item, near)
        elif kind is Sense.SEND and self.dont:
            self.refusing[place] = Sense.UNSENT
        elif kind is Sense.WANTED and near is not None:
            pass  # "çıkmak istiyorum"
        else:
            self._note(kind)

    def _refusing_word(self, place: int, item: SmsWord, kind: Sense) -> None:
        if self.dont:
            self.kept = True  # "do not stop"
        elif self.business and item.word not in ("RET", "STOP"):
            self.kept = True  # "randevumu iptal edin"
        else:
            self.refusing[place] = Sense.COMMAND if kind is Sense.WEAK and self.consent else kind
            self.near = place

    def _denial(self, place: int, item: SmsWord, kind: Sense, near: int | None) -> None:
        firm = near is not None and (self.refusing[near] is not Sense.NO or kind is Sense.NOT)
        if firm and near is not None:
            del self.refusing[near]
            self.kept = True
        elif (
            kind is Sense.UNWANTED
            or (kind in (Sense.AUX_NOT, Sense.DENIED) and self.consent)
            or (kind is Sense.AUX_NOT and self.pest)
        ):
            self.refusing[place] = Sense.UNSENT
        elif item.word == "KALSIN":
            self.kept = True

    def _withdrawal(self, place: int, item: SmsWord, near: int | None) -> None:
        if self.consent:
            self.refusing[place] = Sense.UNSENT  # "onayımı geri alıyorum"
        elif near is not None and item.word == "GERI":
            del self.refusing[near]
            self.kept = True  # "ret geri al"

    def _note(self, kind: Sense) -> None:
        if kind is Sense.DONT:
            self.dont = True
        elif kind is Sense.CONSENT:
            self.consent = True
        elif kind in (Sense.PEST, Sense.CALL, Sense.TEXT):
            self.pest = True  # "rahatsız etmeyin", "arama yapmayın"
        elif kind is Sense.BUSINESS:
            self.business = True
        elif kind is Sense.ME:
            self.me = True
        elif kind is Sense.WANTED:
            self.wanted = True
        elif kind is Sense.KEEP:
            self.kept = True

    def _last(self, place: int) -> bool:
        return all(item.brands or item.kind is Sense.FILLER for item in self.items[place + 1 :])


def judge(items: Sequence[SmsWord]) -> RefusingWords | None:
    sense = _Sense(items)
    firm = {place for place, kind in sense.refusing.items() if kind in (Sense.COMMAND, Sense.UNSENT)}
    unknown = any(item.kind in (None, Sense.BUSINESS, Sense.YES) and not item.brands for item in items)
    if not firm and (unknown or sense.kept or sense.wanted):
        return None
    if not sense.refusing:
        return None
    kinds = set(sense.refusing.values())
    noun = any(items[place].kind in _REFUSING for place in sense.refusing)
    erase = any(items[place].word.startswith(ERASE) for place in sense.refusing)
    return RefusingWords(tuple(sense.refusing), noun, kinds == {Sense.NO}, erase)
