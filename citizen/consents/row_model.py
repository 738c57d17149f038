"""What a line of a list looks like: the choices ``_row.html`` makes, and the values it shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from markupsafe import escape

from citizen import wording
from citizen.consents.shown_lines import RECENT
from consents.business_days import stop_by, taken_since
from consents.instants import day_of
from consents.queries.consent_lines import ConsentLine
from consents.rules import RET
from consents.terms import Channel, Identity, Source, Status
from web.process import HandedOver

WORDS: dict[int | None, str] = {None: "YOK", **{status.code: str(status) for status in Status}}
CHANNELS = {channel.code: str(channel) for channel in Channel}
IDENTITIES = {identity.code: str(identity) for identity in Identity}

LIST, BRAND, DIRECTORY = "", "b", "d"  # where a row stands

_NOT_HIS = Source.IYS_AHS_HAT_KAPATMA.code  # on the citizen's side of the ledger, yet not his deed


class ClaimLook(NamedTuple):
    """What the company says, in a question."""

    source: str
    dated: bool
    dealer: bool


class RowLook(NamedTuple):
    """What a row looks like, apart from its values.

    ``about``: what its buttons decide, {} for the brand. ``named``: it shows as whom; ``mine``: he refused it himself.
    ``back``: where it stands, "" in the list, "b" on its brand's page, where alone a row can be approved, "d" in the
    list of all brands, which is answered on the brand's page.
    ``handed``: whether the company's program has the refusal: "taken", "given", "late"; on the brand's page alone.
    ``national``: whether İYS has his word: "told", "failed"; on the brand's page alone.
    ``stopping``: what a refusal means, "until" a day, "barred": the brand could not send before either, or "over": its
    last day has passed.

    ``check``: it came in a transition, and there are days left to check it.
    ``closed``: the brand is, so that it can only be refused.
    ``fresh``: what has just happened to it: done, undone, or late (to undo it). ``act``: that can be undone.
    ``noticed``: a message announces it. ``limited``: it cannot be approved or disputed here.
    """

    channel: str
    identity: str
    about: str
    word: str
    named: bool
    back: str
    own: bool
    mine: bool
    source: str
    dated: bool
    dealer: bool
    asked: ClaimLook | None
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


def face(line: ConsentLine, language: str, *, named: bool, back: str, stopping: str, closed: bool = False) -> RowLook:
    """The look of a line."""
    asked = line.asked
    return RowLook(
        CHANNELS[line.channel],
        IDENTITIES[line.identity],
        wording.about(language, "{}", line.channel, line.identity if named or back else None),
        WORDS[line.status],
        named,
        back,
        line.own,
        line.status == RET and line.own and line.source != _NOT_HIS,
        ""
        if line.status is None or line.veiled
        else wording.ahead(language)
        if line.ahead
        else wording.provenance(language, line.source, own=line.own, deed=line.how, bare=back != BRAND),
        line.at > 0 and line.source != Source.HS_2015.code,
        line.dealer is not None,
        asked and ClaimLook(_claim(language, asked.source), asked.at > 0, asked.dealer is not None),
        stopping,
        line.twin_open,
        closed,
        line.check_by is not None,
    )


def _claim(language: str, source: int | None) -> str:
    """Where the company says that it was given; behind "Şirket şöyle bildirdi:"."""
    return wording.provenance(language, None, own=False) if source is None else wording.source(language, source)


def stop(line: ConsentLine, now: int) -> date | None:
    """The last day to obey the citizen's own refusal, while that has not passed."""
    if line.status != RET or not line.own or now - line.at > RECENT:
        return None
    last = stop_by(line.at)
    return last if last >= day_of(now) else None


def stopping(line: ConsentLine, stop: date | None) -> str:
    """What a refusal means: while ``stop`` has not passed, only what was allowed before has days left."""
    if stop is None:
        return "over" if line.status == RET and line.own and line.source != _NOT_HIS and not line.veiled else ""
    return "until" if line.ended else "barred"


def handed(line: ConsentLine, over: HandedOver | None, now: int) -> str:
    """What is shown of a refusal's way to the company; "late": its second business day has come, and none has it."""
    if over is None or line.status != RET or not line.own:
        return ""
    if over.taken_at is not None:
        return "taken"
    if over.at is not None:
        return "given"
    return "late" if line.at < taken_since(now) else ""


def fill(
    values: dict[str, str], line: ConsentLine, language: str, dealers: Mapping[int, str], stop: date | None = None
) -> None:
    """Puts what a line shows beside its brand into ``values``, escaped."""
    values["date"] = wording.day(language, line.at)
    if stop is not None:
        values["stop"] = wording.weekday(language, stop)
    if line.check_by is not None:
        values["check"] = wording.weekday(language, line.check_by)
    if line.dealer is not None:
        values["dealer"] = escape(dealers[line.dealer])
    if line.asked is not None:
        values["asked"] = wording.day(language, line.asked.at)
        values["until"] = wording.day(language, line.asked.until)
        if line.asked.dealer is not None:
            values["asked_dealer"] = escape(dealers[line.asked.dealer])
