"""The verdict on a consent that is not plainly good: every fault it has, or what it means all the same.

A RET is taken wherever its meaning is clear (rule L3): from an unknown dealer, for a number that nobody has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consents import dates
from consents.dates import BadDate
from consents.instants import UNDATED
from consents.people import recipients
from consents.people.recipients import BadAddress, Recipient
from consents.terms import Channel, Identity, Source, Status
from providers.api import bodies
from providers.api.answers import Fault
from providers.api.consent_fields import (
    CHANNELS,
    DAWN,
    FIELDS,
    IDENTITIES,
    MOST_DEALERS,
    SOURCES,
    STATUSES,
    Frame,
    Item,
    Verdict,
    address_code,
)

_UNDEMANDED = ("source", "consentDate")
_DATE_CODES = {"format": "H158", "calendar": "H157", "too_old": "H156", "future": "H162"}


def verdict(body: Any, frame: Frame, place: int | None, known: BadAddress | None = None) -> Verdict:
    """The verdict on any body; ``place`` is its index in a list, ``known`` what its address was found to be."""
    if not isinstance(body, dict):
        return Verdict(None, [Fault("H092" if place is not None else "H085", (), bodies.shown(body), place)])
    return _Case(body, frame, place, known).verdict()


class _Case:
    """One consent that is not plainly good: every question answers None where it had to refuse."""

    def __init__(self, body: dict[str, Any], frame: Frame, place: int | None, known: BadAddress | None) -> None:
        self._body, self._frame, self._place, self._known = body, frame, place, known
        self.faults = bodies.unknown(body, FIELDS, place)

    def verdict(self) -> Verdict:
        channel = self._term("type", CHANNELS, "H111", "H117")
        status = self._term("status", STATUSES, "H110", "H115")
        identity = self._term("recipientType", IDENTITIES, None, "H116") or Identity.BIREYSEL
        undemanding = identity is Identity.TACIR  # a first TACIR record needs neither source nor date
        if undemanding:  # what has no value may be sent as an empty text too
            self._body = {
                name: value for name, value in self._body.items() if not (name in _UNDEMANDED and value == "")
            }
        source = self._term("source", SOURCES, None if undemanding else "H113", "H119")
        if source is Source.HS_KARAR and status is Status.ONAY:
            self._refuse("H408", "status")
        recipient = self._recipient(channel, status)
        at = self._decided_at(source, status, undemanding)
        dealer, access = self._dealer(status), self._access(status)
        if self.faults or not (channel and status and recipient) or at is None:
            return Verdict(None, self.faults)
        code = source.code if source else None
        terms = channel.code, identity.code, status.code, code
        return Verdict(Item(recipient.address, *terms, at, dealer, access), [])

    def _refuse(self, code: str, field: str, *path: int) -> None:
        value = self._body.get(field)
        for step in path:
            value = value[step]  # type: ignore[index]
        self.faults.append(Fault(code, (field, *path), bodies.shown(value), self._place))

    def _term(self, field: str, terms: Mapping[str, Any], missing: str | None, unknown: str) -> Any:
        if field not in self._body:
            if missing:
                self.faults.append(Fault(missing, (field,), place=self._place))
            return None
        value = self._body[field]
        found = terms.get(value) if isinstance(value, str) else None
        if found is None:
            self._refuse(unknown, field)
        return found

    def _recipient(self, channel: Channel | None, status: Status | None) -> Recipient | None:
        text = self._body.get("recipient")
        if "recipient" not in self._body:
            self.faults.append(Fault("H114", ("recipient",), place=self._place))
            return None
        mail = isinstance(text, str) and "@" in text[1:]
        try:
            if self._known is not None:
                raise self._known
            if not isinstance(text, str):
                raise BadAddress("form")
            read = recipients.parse if channel is None else _reader(channel)
            found = read(text)
        except BadAddress as bad:
            self._refuse(address_code(channel, bad, mail=mail), "recipient")
            return None
        if not found.assigned and status is Status.ONAY:
            self._refuse("H121", "recipient")
            return None
        return found

    def _decided_at(self, source: Source | None, status: Status | None, undemanding: bool) -> int | None:
        if "consentDate" not in self._body:
            if undemanding:
                return UNDATED
            self.faults.append(Fault("H112", ("consentDate",), place=self._place))
            return None
        text = self._body["consentDate"]
        try:
            if not isinstance(text, str):
                raise BadDate("format")
            at = dates.iys(text, later=status is Status.RET)
            if source is not Source.HS_2015:
                dates.check(at, self._frame.now)
        except BadDate as bad:
            self._refuse(_DATE_CODES[bad.reason], "consentDate")
            return None
        if source is Source.HS_2015 and at != DAWN:
            self._refuse("H155", "consentDate")
        return at

    def _dealer(self, status: Status | None) -> int | None:
        if "retailerCode" not in self._body:
            return None
        code = self._body["retailerCode"]
        found = self._frame.dealers.get(code) if type(code) is int else None
        if found is None and (status is not Status.RET or type(code) is not int):
            self._refuse("H180", "retailerCode")
        return found

    def _access(self, status: Status | None) -> tuple[int, ...]:
        """Dealers that may use the consent; a RET gives access to nobody (rule L12)."""
        if "retailerAccess" not in self._body:
            return ()
        codes = self._body["retailerAccess"]
        if not isinstance(codes, list) or not codes:
            self._refuse("H163" if codes == [] else "H169", "retailerAccess")
            return ()
        if len(codes) > MOST_DEALERS:
            self.faults.append(Fault("H126", ("retailerAccess",), len(codes), self._place))
            return ()
        found = [self._frame.dealers.get(code) if type(code) is int else None for code in codes]
        if status is not Status.RET:
            for step, dealer in enumerate(found):
                if dealer is None:
                    self._refuse("H180", "retailerAccess", step)
        return () if status is Status.RET else tuple(dict.fromkeys(dealer for dealer in found if dealer is not None))


def _reader(channel: Channel) -> Any:
    return recipients.email if channel is Channel.EPOSTA else recipients.phone
