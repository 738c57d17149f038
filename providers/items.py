"""One consent as a program sends it (İYS ``Consent``): read strictly, or refused with every fault it has.

A RET is taken wherever its meaning is clear (rule L3): from an unknown dealer, for a number that nobody has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from consents import dates, recipients
from consents.dates import BadDate
from consents.instants import UNDATED
from consents.recipients import BadAddress, Recipient
from consents.terms import Channel, Identity, Source, Status
from providers import bodies
from providers.answers import Fault, Refusal

FIELDS = (
    "recipient",
    "type",
    "source",
    "status",
    "consentDate",
    "recipientType",
    "retailerCode",
    "retailerAccess",
)
MOST_DEALERS = 100  # H126

CHANNELS = {str(member): member for member in Channel}
IDENTITIES = {str(member): member for member in Identity}
SOURCES = {str(member): member for member in Source if member.providers}  # IYS_* are the registry's own: H119
STATUSES = {str(member): member for member in (Status.ONAY, Status.RET)}

_KNOWN = frozenset(FIELDS)
_RET, _HS_2015 = Status.RET.code, Source.HS_2015.code
_DATE_CODES = {"format": "H158", "calendar": "H157", "too_old": "H156", "future": "H162"}
_DAWN = dates.iys("2015-05-01 00:00:00")


class Item(NamedTuple):
    """A consent that may be recorded: canonical address, codes, decided_at (µs, 0 undated), internal ids of dealers."""

    address: str
    channel: int
    identity: int
    status: int
    source: int | None
    at: int
    dealer: int | None = None
    access: tuple[int, ...] = ()


class Frame(NamedTuple):
    """What items are judged by: ``now`` in µs, the brand's dealers by retailerCode."""

    now: int
    dealers: Mapping[int, int]


class Verdict(NamedTuple):
    """``item`` is None where ``faults`` tell why."""

    item: Item | None
    faults: list[Fault]


def judge(body: Any, frame: Frame, place: int | None = None) -> Verdict:
    """The verdict on one consent; ``place`` is its index in a list. What is plainly good costs a few µs."""
    if type(body) is dict and body.keys() <= _KNOWN and (item := _plain(body, frame)) is not None:
        return Verdict(item, [])
    if not isinstance(body, dict):
        return Verdict(None, [Fault("H092" if place is not None else "H085", (), bodies.shown(body), place)])
    return _Case(body, frame, place).verdict()


def judge_all(bodies_: Sequence[Any], frame: Frame) -> tuple[list[Item], list[Fault]]:
    """Verdicts on a list; also H194 where an address stands twice for one channel and identity."""
    items: list[Item] = []
    faults: list[Fault] = []
    seen: set[tuple[str, int, int]] = set()
    for place, body in enumerate(bodies_):
        item, wrong = judge(body, frame, place)
        faults += wrong
        if item is None:
            continue
        if item[:3] in seen:
            faults.append(Fault("H194", ("recipient",), bodies.shown(body.get("recipient")), place))
        seen.add(item[:3])
        items.append(item)
    return items, faults


def refusal(faults: Sequence[Fault]) -> Refusal:
    """422; 403 where nothing is wrong but that dealers are not the brand's, as İYS answers."""
    return Refusal(403 if all(fault.code == "H180" for fault in faults) else 422, *faults)


def _plain(body: Mapping[str, Any], frame: Frame) -> Item | None:
    """The item of a body without any peculiarity; None where it needs a closer look."""
    try:
        channel, status = CHANNELS[body["type"]], STATUSES[body["status"]]
        identity, source = IDENTITIES[body.get("recipientType", "BIREYSEL")], SOURCES[body["source"]]
        read = recipients.email if channel is Channel.EPOSTA else recipients.phone
        address, _, _sms, assigned = read(body["recipient"])
        at = dates.iys(body["consentDate"], later=status is Status.RET)
    except (KeyError, TypeError, ValueError):
        return None
    odd = "retailerCode" in body or "retailerAccess" in body or source is Source.HS_2015 or source is Source.HS_KARAR
    if odd or not assigned or not (_DAWN <= at <= frame.now):
        return None
    return Item(address, channel.code, identity.code, status.code, source.code, at)


class _Case:
    """One consent that is not plainly good: every question answers None where it had to refuse."""

    def __init__(self, body: dict[str, Any], frame: Frame, place: int | None) -> None:
        self._body, self._frame, self._place = body, frame, place
        self.faults = bodies.unknown(body, FIELDS, place)

    def verdict(self) -> Verdict:
        channel = self._term("type", CHANNELS, "H111", "H117")
        status = self._term("status", STATUSES, "H110", "H115")
        identity = self._term("recipientType", IDENTITIES, None, "H116") or Identity.BIREYSEL
        undemanding = identity is Identity.TACIR  # a first TACIR record needs neither source nor date
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
            if not isinstance(text, str):
                raise BadAddress("form", str(text))
            read = recipients.parse if channel is None else _reader(channel)
            found = read(text)
        except BadAddress as bad:
            self._refuse(address_code(channel, bad.reason, mail=mail), "recipient")
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
        if source is Source.HS_2015 and at != _DAWN:
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


def address_code(channel: Channel | None, reason: str, *, mail: bool) -> str:
    """İYS's code for an address that does not fit its channel, or is none at all."""
    if channel is Channel.MESAJ and mail:
        return "H464"
    if channel is Channel.EPOSTA or (channel is None and mail):
        return "H120"
    if channel is None:
        return "H122"
    return "H160" if reason == "length" else "H121"
