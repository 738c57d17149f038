"""Judges declared consents: every flaw of a case, or what may be recorded. A RET is taken wherever its meaning is clear
(rule L3)."""

from __future__ import annotations

from typing import Any

from consents import dates
from consents.channels import SPECS
from consents.dates import BadDate
from consents.instants import UNDATED
from consents.people.recipients import BadAddress, Recipient
from consents.terms import Channel, Identity, Source, Status
from providers.cases.case import DAWN, MOST_DEALERS, Case, Declared, Flaw, Frame, Judgement, Unreadable
from providers.cases.meanings import LISTS, READERS
from web.iys_fields import Field

_NOTHING: Any = object()
_MOST_DIGITS = 15  # of a phone number: H160 (ITU-T E.164)
_DATE_CODES = {"format": "H158", "calendar": "H157", "too_old": "H156", "future": "H162"}


def judge(case: Case, frame: Frame, known: BadAddress | None = None) -> Judgement:
    """``known``: the parsed address, if read already."""
    asked = Questions(case, known)
    channel, status = asked.term(Field.TYPE), asked.term(Field.STATUS)
    identity = asked.term(Field.IDENTITY, needed=False) or Identity.BIREYSEL
    demanding = identity is not Identity.TACIR  # a first TACIR record needs neither source nor date (H462, H463)
    source = asked.source(status, needed=demanding)
    recipient = asked.recipient(channel, status)
    at = asked.decided_at(frame, source, status, needed=demanding)
    dealer = asked.dealer(frame, status) if Field.DEALER in case else None
    access = asked.access(frame, status) if Field.ACCESS in case else ()
    if asked.flaws or not (channel and status and recipient) or at is None:
        return Judgement(None, asked.flaws, [])
    terms = channel.code, identity.code, status.code, source.code if source else None
    return Judgement(Declared(recipient.address, *terms, at, dealer, access), [], asked.notes)


def address_code(channel: Channel | None, text: Any, bad: BadAddress) -> str:
    """İYS's code for an address that does not fit its channel, or is none."""
    mail = isinstance(text, str) and "@" in text[1:]  # with @ in front it is a formula
    if channel is None:
        return "H120" if mail else "H122"
    spec = SPECS[channel]
    if spec.mail or (mail and spec.mail_code):
        return spec.mail_code
    return "H160" if bad.reason == "length" and sum(map(str.isdecimal, bad.value)) > _MOST_DIGITS else "H121"


class Questions:
    """The questions to one case: each returns None where it found a flaw, or nothing was given or needed."""

    def __init__(self, case: Case, known: BadAddress | None = None) -> None:
        self._case, self._known = case, known
        self.flaws: list[Flaw] = []
        self.notes: list[str] = []

    def term(self, field: str, *, needed: bool = True) -> Any:
        words, missing, unknown = LISTS[field]
        value = self._case.get(field)
        if type(value) is str and value in words:
            return words[value]
        if self._value(field, missing if needed else "") is not _NOTHING:
            self._flaw(unknown, field)
        return None

    def address(self, channel: Channel | None) -> Recipient | None:
        text = self._value(Field.RECIPIENT, "H114")
        if text is _NOTHING:
            return None
        try:
            if self._known is not None:
                raise self._known
            if not isinstance(text, str):
                raise BadAddress("form")
            return READERS[channel](text)
        except BadAddress as bad:
            self._flaw(address_code(channel, text, bad), Field.RECIPIENT, reason=bad.reason)
            return None

    def recipient(self, channel: Channel | None, status: Status | None) -> Recipient | None:
        """An address for a consent: a number in no assigned range may refuse but not consent (H121)."""
        found = self.address(channel)
        if found is None:
            return None
        if not found.assigned and status is Status.ONAY:
            self._flaw("H121", Field.RECIPIENT, reason="unassigned")
        elif not found.assigned:
            self.notes.append("unassigned")
        if channel and SPECS[channel].sms and not found.sms:
            self.notes.append("landline")
        return found

    def source(self, status: Status | None, *, needed: bool) -> Source | None:
        if not needed and self._empty(Field.SOURCE):
            return None
        source: Source | None = self.term(Field.SOURCE)
        if source is Source.HS_KARAR and status is Status.ONAY:
            self._flaw("H408", Field.STATUS)
        return source

    def decided_at(self, frame: Frame, source: Source | None, status: Status | None, *, needed: bool) -> int | None:
        """µs; UNDATED where no date is needed and none was given."""
        if not needed and self._empty(Field.DATE):
            return UNDATED
        text = self._value(Field.DATE, "H112")
        if text is _NOTHING:
            return None
        try:
            if not isinstance(text, str):
                raise BadDate("format")
            at = dates.parse(text, frame.form, later=status is Status.RET)
            if source is not Source.HS_2015:
                dates.check(at, frame.now)
        except BadDate as bad:
            self._flaw(_DATE_CODES[bad.reason], Field.DATE)
            return None
        if source is Source.HS_2015 and at != DAWN:
            self._flaw("H155", Field.DATE)
        return at

    def dealer(self, frame: Frame, status: Status | None) -> int | None:
        code = self._value(Field.DEALER)
        if code is _NOTHING:
            return None
        written = type(code) is frame.code_kind  # else JSON has a text, a list …
        found = frame.dealers.get(code) if written else None
        if found is None and written and status is Status.RET:
            self.notes.append("dealer")
        elif found is None:
            self._flaw("H180", Field.DEALER)
        return found

    def access(self, frame: Frame, status: Status | None) -> tuple[int, ...]:
        """Dealers that may use the consent; a RET gives access to nobody (rule L12)."""
        codes = self._case[Field.ACCESS]
        if not isinstance(codes, list) or not codes:
            self._flaw("H163" if codes == [] else "H169", Field.ACCESS)
        elif len(codes) > MOST_DEALERS:
            self._flaw("H126", Field.ACCESS)
        elif status is not Status.RET:
            return self._dealers(frame, codes)
        return ()

    def _dealers(self, frame: Frame, codes: list[Any]) -> tuple[int, ...]:
        found = [frame.dealers.get(code) if type(code) is frame.code_kind else None for code in codes]
        for step, dealer in enumerate(found):
            if dealer is None:
                self._flaw("H180", Field.ACCESS, step)
        return tuple(dict.fromkeys(dealer for dealer in found if dealer is not None))

    def _value(self, field: str, missing: str = "") -> Any:
        """_NOTHING where nothing was given, a flaw if it has a code, or where the value is unreadable."""
        value = self._case.get(field, _NOTHING)
        if value is _NOTHING and missing:
            self._flaw(missing, field)
        elif type(value) is Unreadable:
            self._flaw(value.code, field)
            return _NOTHING
        return value

    def _empty(self, field: str) -> bool:
        """Whether nothing was given, or an empty text, which JSON has for what has no value."""
        return bool(self._case.get(field, "") == "")

    def _flaw(self, code: str, field: str, step: int | None = None, reason: str = "") -> None:
        self.flaws.append(Flaw(code, field, step, reason))
