"""The last days to obey refusals, as a calendar file (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from citizen.rows import row_model, shown_lines
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.brands.book import BrandEntry
from consents.instants import moment
from consents.queries import queries, timeline
from consents.registry import Registry
from consents.store import Snapshot
from trust import record_numbers
from trust.pseudonyms import mark as mark_of
from web import pages, process
from web.rendering import texts
from web.rendering.texts import mark

StopDay = tuple[BrandEntry, date, int]  # a brand, its last day, the act that refused

_LINE = 75  # octets of a line, RFC 5545 section 3.1
_SUMMARY = mark("%(brand)s: reklamlar bugün bitmeli")
_ABOUT = mark("Yarından itibaren reklam gelirse silmeyin, şikâyet edebilirsiniz. Kayıt no: %(number)s")
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@sessions.required
async def running(request: Request, session: Session) -> Response:
    holder = holders.named(request, session)
    registry = process.of(request).registry
    recipient, days = await registry.store.read(_running, registry, holder)
    headers = {"content-disposition": 'attachment; filename="izin.ics"'}
    made = calendar(request, recipient, days)
    return Response(made, media_type="text/calendar; charset=utf-8", headers=headers)


def calendar(request: Request, recipient: int, days: Iterable[StopDay]) -> str:
    """The file. An event of the same brand and day has the same UID, so that a calendar keeps one."""
    here = process.of(request)
    stamp = moment(here.registry.store.now()).astimezone(UTC)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//izin//stop days//TR", "METHOD:PUBLISH"]
    for brand, day, act in days:
        number = record_numbers.spaced(record_numbers.of_act(here.registry.keyring, act))
        named = mark_of(here.registry.keyring, "calendar", f"{recipient}.{brand.code}.{day}").hex()
        language = texts.language(request)[0]
        lines += [
            *("BEGIN:VEVENT", f"UID:{named}@{here.settings.host.partition(':')[0]}", f"DTSTAMP:{_utc(stamp)}"),
            *(f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"),
            f"SUMMARY;LANGUAGE={language}:{_text(pages.text(request, _SUMMARY) % {'brand': brand.title})}",
            f"DESCRIPTION;LANGUAGE={language}:{_text(pages.text(request, _ABOUT) % {'number': number})}",
            f"URL:{here.settings.public_url}/izinler/{brand.code}",
            *("TRANSP:TRANSPARENT", "END:VEVENT"),
        ]
    return "".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _running(snapshot: Snapshot, registry: Registry, holder: Holder) -> tuple[int, list[StopDay]]:
    recipient, now = holders.find(snapshot, registry, holder), registry.store.now()
    if recipient is None:
        return 0, []
    book, since = registry.brands.book(snapshot, now), shown_lines.hidden(snapshot, recipient).since
    groups = queries.whole(snapshot, book, recipient, now, since=since)
    days: dict[tuple[int, date], StopDay] = {}
    for brand, lines in shown_lines.with_own_words(snapshot, registry, recipient, groups, now=now):
        for line in lines:
            stop = row_model.stop(line, now)
            act = timeline.act_of(snapshot, line.event) if stop and line.ended and line.event else None
            if stop is not None and act is not None:
                days[brand.code, stop] = brand, stop, act
    return recipient, list(days.values())


def _utc(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """A TEXT value (section 3.3.11)."""
    return value.translate(_ESCAPED)


def _folded(line: str) -> str:
    """A content line with its end, cut where it is longer than 75 octets, never within a letter."""
    laid, length = [], 0
    for letter in line:
        size = len(letter.encode())
        if length + size > _LINE:
            laid.append("\r\n ")
            length = 1
        laid.append(letter)
        length += size
    return "".join(laid) + "\r\n"
