"""The model of a list's line: the choices of ``_row.html`` and the values it shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from markupsafe import escape

from citizen import wording
from citizen.rows.shown_lines import RECENT
from consents.business_days import stop_by, taken_since
from consents.instants import day_of
from consents.queries.consent_lines import ConsentLine
from consents.rules import RET
from consents.terms import Channel, Door, Identity, Source, Status
from providers.public import HandedOver

WORDS: dict[int | None, str] = {None: "YOK", **{status.code: str(status) for status in Status}}
CHANNELS = {channel.code: str(channel) for channel in Channel}
IDENTITIES = {identity.code: str(identity) for identity in Identity}

_LINE_CLOSED = Source.IYS_AHS_HAT_KAPATMA.code  # a RET on the citizen's side of the ledger, but not their act


class ShownClaim(NamedTuple):
    """The company's claim, shown as a question."""

    source: str
    dated: bool
    dealer: bool


class RowModel(NamedTuple):
    """The choices of a row, without its values. ``about``: its buttons' fields, {} for the brand; ``mine``: their own
    refusal. ``handed``: "taken", "given", "late"; ``national``, at İYS: "reported", "failed". ``stopping``: "until" a
    day, "barred": never allowed, or "over". ``check``: a transition, still to be checked; ``closed``: the
    brand is. ``fresh``: done, undone, or late; ``act``: can be undone; ``noticed``: a message announces it;
    ``limited``: no approval or dispute here; ``closed_to_new``: no record, and a standing refusal covers it;
    ``declared``: as in ConsentLine. ``covered``: the standing refusal in words, beside a company's own refusal;
    ``helped``: a relative's, in an assisted session; ``old``: of before May 2015, without a word since."""

    channel: str
    identity: str
    about: str
    word: str
    own: bool
    mine: bool
    source: str
    dated: bool
    dealer: bool
    asked: ShownClaim | None
    stopping: str
    twin_open: bool
    closed: bool = False
    check: bool = False
    fresh: str = ""
    act: bool = False
    disputed: bool = False
    noticed: bool = False
    handed: str = ""
    national: str = ""
    problem: str = ""
    limited: bool = False
    closed_to_new: bool = False
    declared: bool = False
    covered: str = ""
    helped: bool = False
    old: bool = False


def build(line: ConsentLine, language: str, *, stopping: str, closed: bool = False, helped: bool = False) -> RowModel:
    asked, covered = line.asked, line.covered
    dealer, source = (line.dealer, line.source) if covered is None else (covered.dealer, covered.source)
    return RowModel(
        CHANNELS[line.channel],
        IDENTITIES[line.identity],
        wording.about(language, "{}", line.channel, line.identity, helped=helped),
        WORDS[line.status],
        line.own,
        refused_by_citizen(line) and covered is None and not helped,
        _source(line, language, helped=helped),
        line.since > 0 and source != Source.HS_2015.code,
        dealer is not None,
        asked and ShownClaim(_claim(language, asked.source, helped=helped), asked.at > 0, asked.dealer is not None),
        stopping,
        line.twin_open,
        closed,
        line.check_by is not None,
        declared=line.declared,
        covered=wording.ahead(language, helped=helped) if covered is not None else "",
        helped=helped,
    )


def _source(line: ConsentLine, language: str, *, helped: bool) -> str:
    """The way the line's word came, in words; "" without a word or for a veiled one."""
    if line.status is None or line.veiled:
        return ""
    if line.covered is not None:
        return wording.provenance(language, line.covered.source, own=False, helped=helped)
    if line.ahead:
        return wording.ahead(language, helped=helped)
    return wording.provenance(language, line.source, own=line.own, origin=line.how, helped=helped)


def _claim(language: str, source: int | None, *, helped: bool) -> str:
    """The source the company claims; behind "Şirket şöyle bildirdi:"."""
    return (
        wording.provenance(language, None, own=False)
        if source is None
        else wording.source(language, source, helped=helped)
    )


def stop(line: ConsentLine, now: int) -> date | None:
    """The last day to obey the citizen's own refusal, while that has not passed."""
    if line.status != RET or not line.own or now - line.at > RECENT:
        return None
    last = stop_by(line.at if line.ended_at is None else line.ended_at)
    return last if last >= day_of(now) else None


def refused_by_citizen(line: ConsentLine) -> bool:
    """Whether the refusal is the citizen's own act: not a closed line, an erasure, nor for want of evidence."""
    others = line.how is not None and (line.how.erased or line.how.door is Door.DISPUTE)
    return line.status == RET and line.own and line.source != _LINE_CLOSED and not others


def stopping(line: ConsentLine, stop: date | None) -> str:
    """The meaning of a refusal: before ``stop``, only what was allowed has days left."""
    if stop is None:
        return "over" if line.status == RET and line.own and line.source != _LINE_CLOSED and not line.veiled else ""
    return "until" if line.ended else "barred"


def handed(line: ConsentLine, delivery: HandedOver | None, now: int) -> str:
    """A refusal's delivery to the company; "late": not received by its second business day."""
    if delivery is None or line.status != RET or not line.own:
        return ""
    if delivery.taken_at is not None:
        return "taken"
    if delivery.at is not None:
        return "given"
    return "late" if line.at < taken_since(now) else ""


def fill(
    values: dict[str, str], line: ConsentLine, language: str, dealers: Mapping[int, str], stop: date | None = None
) -> None:
    """Puts the line's values, except the brand's, into ``values``, escaped."""
    values["date"] = wording.day(language, line.since)
    if line.covered is not None:
        values["covered"] = wording.day(language, line.at)
    if stop is not None:
        values["stop"] = wording.weekday(language, stop)
    if line.check_by is not None:
        values["check"] = wording.weekday(language, line.check_by)
    dealer = line.dealer if line.covered is None else line.covered.dealer
    if dealer is not None:
        values["dealer"] = escape(dealers[dealer])
    if line.asked is not None:
        values["asked"] = wording.day(language, line.asked.at)
        values["until"] = wording.day(language, line.asked.until)
        if line.asked.dealer is not None:
            values["asked_dealer"] = escape(dealers[line.asked.dealer])
