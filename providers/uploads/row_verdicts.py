"""The verdict on a row that is not plainly good: accepted with a warning, or refused field by field.

Every faulty field gets its own line, so that a file need not be sent again and again. A RET is taken wherever its
meaning is clear (design rule L3): too old for İYS, from an unknown dealer, for a number given to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeVar

from consents import dates
from consents.dates import BadDate, Form
from consents.instants import UNDATED
from consents.people import recipients
from consents.people.recipients import BadAddress, Recipient
from consents.terms import Channel, Identity, Source, Status, Term
from providers.api.iys_codes import SENTENCES, Sentence
from providers.uploads import cells, closed_lists, sentences
from providers.uploads.files.file_header import FIELDS
from providers.uploads.files.row_refusals import Refusal, shown

Row = tuple[int, str, int, int, int, int, int, int | None, bool]
"""An accepted row: number, address, codes of channel, identity, status and source (0: none given), decided_at µs
(0: undated), dealer id or None, and whether the number's range is assigned."""

T = TypeVar("T", bound=Term)

_DATE_CODES: Final = {"format": "H158", "calendar": "H157", "too_old": "H156", "future": "H162"}
_READERS: Final = {
    Channel.ARAMA: recipients.phone,
    Channel.MESAJ: recipients.phone,
    Channel.EPOSTA: recipients.email,
    None: recipients.parse,
}


class Frame(NamedTuple):
    """What every row of a file is judged by. ``dealers``: ids by the codes that the file may use."""

    form: Form
    window: closed_lists.Window
    dealers: Mapping[str, int]


class Verdict(NamedTuple):
    """``row`` is None where ``refusals`` tell why; ``warnings`` are keys of sentences.WARNING."""

    row: Row | None
    refusals: list[Refusal]
    warnings: list[str]


def judge(frame: Frame, number: int, picked: tuple[str, ...]) -> Verdict:
    """The verdict on the cells of row ``number``, one for each of FIELDS, in their order."""
    case = _Case(frame, number, dict(zip(FIELDS, map(cells.trimmed, picked), strict=True)))
    channel, status = case.channel(), case.status()
    identity = case.identity()
    recipient = case.recipient(channel, status)
    source = case.source(identity, status)
    decided_at = case.decided_at(identity, source, status)
    dealer = case.dealer(status)
    refusals = sorted(case.refusals, key=lambda refusal: FIELDS.index(refusal.field))
    if refusals or not (recipient and channel and identity and status) or decided_at is None:
        return Verdict(None, refusals, [])
    origin = source.code if source else closed_lists.NO_SOURCE
    row = number, recipient.address, channel.code, identity.code, status.code, origin, decided_at, dealer
    return Verdict((*row, recipient.assigned), [], case.warnings)


class _Case:
    """One row under judgement: every question answers None where it had to refuse."""

    def __init__(self, frame: Frame, number: int, texts: dict[str, str]) -> None:
        self._frame, self._number, self._texts = frame, number, texts
        self.refusals: list[Refusal] = []
        self.warnings: list[str] = []

    def channel(self) -> Channel | None:
        return self._term("type", closed_lists.CHANNELS, "H111", "H117")

    def status(self) -> Status | None:
        return self._term("status", closed_lists.STATUSES, "H110", "H115")

    def identity(self) -> Identity | None:
        return self._term("recipientType", closed_lists.IDENTITIES, "H170", "H116")

    def source(self, identity: Identity | None, status: Status | None) -> Source | None:
        """None also for a TACIR record without a source, as İYS allows for a first one (H463 is the ledger's)."""
        if identity is Identity.TACIR and not self._texts["source"]:
            return None
        source = self._term("source", closed_lists.SOURCES, "H113", "H119")
        if source is Source.HS_KARAR and status is Status.ONAY:
            self._refuse("status", "H408")
        return source

    def recipient(self, channel: Channel | None, status: Status | None) -> Recipient | None:
        """The address, fit for the channel. A number in no assigned range may refuse but not consent (H121)."""
        text = self._text("recipient", missing="H114")
        if text is None:
            return None
        try:
            found = _READERS[channel](text)
        except BadAddress as bad:
            self._refuse("recipient", *_address_fault(channel, text, bad.reason))
            return None
        if not found.assigned and status is Status.ONAY:
            self._refuse("recipient", "H121", sentences.PHONE["unassigned"])
        elif not found.assigned:
            self.warnings.append("unassigned")
        if channel is Channel.MESAJ and not found.sms:
            self.warnings.append("landline")
        return found

    def decided_at(self, identity: Identity | None, source: Source | None, status: Status | None) -> int | None:
        """µs; UNDATED for a TACIR record without a date, as İYS allows for a first one (H462, H467: the ledger's)."""
        if identity is Identity.TACIR and not self._texts["consentDate"]:
            return UNDATED
        text = self._text("consentDate", missing="H112")
        if text is None:
            return None
        try:
            at = dates.parse(text, self._frame.form, later=status is Status.RET)
            if source is not Source.HS_2015:
                dates.check(at, self._frame.window.now)
        except BadDate as bad:
            self._refuse("consentDate", _DATE_CODES[bad.reason])
            return None
        if source is Source.HS_2015 and at != self._frame.window.dawn:
            self._refuse("consentDate", "H155")
        return at

    def dealer(self, status: Status | None) -> int | None:
        text = self._text("retailerCode", missing=None)
        found = self._frame.dealers.get(text) if text else None
        if text and found is None and status is Status.RET:
            self.warnings.append("dealer")
        elif text and found is None:
            self._refuse("retailerCode", "H180")
        return found

    def _term(self, field: str, terms: Mapping[str, T], missing: str, unknown: str) -> T | None:
        text = self._text(field, missing=None if "" in terms else missing)
        found = None if text is None else terms.get(cells.word(text))
        if text is not None and found is None:
            self._refuse(field, unknown)
        return found

    def _text(self, field: str, missing: str | None) -> str | None:
        """The cell, or None where it had to be refused: unreadable, or empty and ``missing`` is the code for that."""
        text = self._texts[field]
        fault = cells.fault(text)
        if fault:
            self._refuse(field, fault, sentences.ROW[fault])
        elif not text and missing:
            self._refuse(field, missing)
        else:
            return text
        return None

    def _refuse(self, field: str, code: str, sentence: Sentence | None = None) -> None:
        message = (sentence or SENTENCES[code]).both
        self.refusals.append(Refusal(self._number, field, code, message, shown(self._texts[field])))


def _address_fault(channel: Channel | None, text: str, reason: str) -> tuple[str, Sentence]:
    """İYS's code and the sentence for an address that does not fit its channel, or is none at all."""
    mail = "@" in text[1:]  # with @ in front it is a formula
    if channel is Channel.MESAJ and mail:
        return "H464", SENTENCES["H464"]
    if channel is Channel.ARAMA and mail:
        return "H121", sentences.PHONE["email"]
    if channel is Channel.EPOSTA or (channel is None and mail):
        return "H120", sentences.EMAIL["phone" if _is_phone(text) else reason]
    if channel is None and not any(map(str.isdecimal, text)):
        return "H122", SENTENCES["H122"]
    return "H121", sentences.PHONE[reason]


def _is_phone(text: str) -> bool:
    try:
        recipients.phone(text)
    except BadAddress:
        return False
    return True
