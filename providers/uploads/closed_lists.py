"""The four closed-list cells of a row, worked out once for each way a file writes them.

A file of ten million rows holds a dozen combinations of type, source, status and recipientType; what follows from
one is kept, so that a row costs one look-up.
"""

from __future__ import annotations

from typing import NamedTuple

from consents.terms import Channel, Identity, Source, Status
from providers.uploads.cells import word

CHANNELS = {member.value: member for member in Channel}
IDENTITIES = {member.value: member for member in Identity} | {"": Identity.BIREYSEL}  # İYS's default
SOURCES = {member.value: member for member in Source if member.providers}  # IYS_* are the registry's own: H119
STATUSES = {member.value: member for member in (Status.ONAY, Status.RET)}  # BEKLIYOR is no word anybody can give
NO_SOURCE = 0  # code of a TACIR record's missing source
_MOST_KEPT = 4096
_LONGEST_KEPT = 256  # characters of the four cells together

Words = tuple[str, ...]  # the raw cells: type, source, status, recipientType


class Window(NamedTuple):
    """The moments, µs, that bound a row's date."""

    dawn: int  # 2015-05-01 00:00 in Türkiye, the oldest date İYS knows (H156)
    now: int  # H162


class Rule(NamedTuple):
    """What the words mean: codes for the store, and how to read the other cells of the row."""

    channel: int
    identity: int
    status: int
    source: int
    mail: bool  # the recipient must be an e-mail address, else a phone
    any_line: bool  # the phone need not take SMS
    later: bool  # of an hour that came twice the second: a RET's
    first: int  # µs: between these, both included, the date needs no second look
    last: int


class Rules(dict[Words, Rule]):
    """Rules by raw cells, filled as they are asked for. LookupError where a word is missing, unknown or impossible."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._window = window

    def __missing__(self, words: Words) -> Rule:
        rule = self._rule(*map(word, words))
        if len(self) < _MOST_KEPT and sum(map(len, words)) <= _LONGEST_KEPT:  # memory stays flat whatever comes
            self[words] = rule
        return rule

    def _rule(self, type_: str, source: str, status: str, identity: str) -> Rule:
        channel, decision, role = CHANNELS[type_], STATUSES[status], IDENTITIES[identity]
        origin = SOURCES[source] if source or role is not Identity.TACIR else None
        if origin is Source.HS_KARAR and decision is not Status.RET:
            raise LookupError("H408")
        return Rule(
            channel.code,
            role.code,
            decision.code,
            origin.code if origin else NO_SOURCE,
            mail=channel is Channel.EPOSTA,
            any_line=channel is not Channel.MESAJ,
            later=decision is Status.RET,
            first=self._window.dawn,
            last=self._window.dawn if origin is Source.HS_2015 else self._window.now,  # H155: that day exactly
        )
