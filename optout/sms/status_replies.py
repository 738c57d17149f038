"""DURUM: what stands of a number, in counts or for one brand. BEKLIYOR: what waits for its holder's decision.
GECMIS: the last movements of one brand."""

from __future__ import annotations

from urllib.parse import urlsplit

from consents.channels import BY_SMS
from consents.languages import SMS_LETTERS, SOURCE
from consents.people import new_holder
from consents.queries import timeline
from consents.queries.consent_lines import BRAND, CHANNEL, RecipientRows
from consents.queries.timeline import Entry, KeyChange
from consents.rules import BEKLIYOR, ONAY, RET
from consents.store import Snapshot
from consents.terms import Actor, Source
from optout.phrases import WAYS, count, fitting, phrase, plain
from optout.sms import new_brands, sms_brands
from optout.sms.conversation import Reply, Talk
from optout.sms.reader.keywords import SmsReading
from web.rendering import when

DATA_PATH = "/verilerim"  # leads to the page, short enough to be typed
_CALL, _TEXT = BY_SMS
_NAMED = 9  # brands that may have room in one SMS
_FIRST = {ONAY: "ONAY", BEKLIYOR: "BEKLIYOR", RET: "RET"}  # of two identities the one that may be written to counts
_MOST = 6  # movements; more have no room


def status(talk: Talk, reading: SmsReading) -> Reply:
    """The named brand's state, or that of the number's brand; else counts of all."""
    found = _statuses(talk.transaction, talk.known(), talk.transaction.now)
    closed = {channel for channel, _ in new_brands.closed_ways(talk)}
    brands = reading.brands or (() if talk.own is None else (talk.own,))
    if len(brands) == 1:
        texts, calls = (
            _word(talk, found.get((brands[0], channel), set()), closed=channel in closed) for channel in (_TEXT, _CALL)
        )
        return Reply(talk.phrase("status.one", M=talk.name(brands[0]), s=texts, a=calls))
    return Reply(overview(*_counts(found), talk.language, closed={_CALL, _TEXT} <= closed))


def own_data(talk: Talk) -> Reply:
    """VERILERIM, KAYDIMI SIL: where a person gets a copy or is erased; nothing changes."""
    text = talk.phrase("data", A=f"{urlsplit(talk.settings.public_url).hostname or ''}{DATA_PATH}")
    return Reply(text if len(text) <= SMS_LETTERS[talk.language] else talk.phrase("data-site"))


def waiting(talk: Talk, reading: SmsReading) -> Reply:
    """The brands that wait for a decision, or how to answer one. Decides nothing."""
    asked = {
        brand: tuple(channel for channel in (_CALL, _TEXT) if BEKLIYOR in statuses.get((brand, channel), ()))
        for statuses in [_statuses(talk.transaction, talk.known(), talk.transaction.now)]
        for brand in dict.fromkeys(brand for brand, _ in statuses)
    }
    asked = {brand: channels for brand, channels in asked.items() if channels}
    brands = reading.brands or (() if talk.own is None else (talk.own,))
    if len(brands) == 1 and brands[0] not in asked:
        return status(talk, reading)
    found = [brand for brand in brands or asked if brand in asked]
    if not found:
        return Reply(talk.phrase("waiting.none"))
    if len(found) > 1:
        named = [talk.name(brand) for brand in found[:_NAMED]]
        return Reply(fitting("sms.waiting.several", named, "B", talk.language, n=count(len(found))))
    ways = WAYS[asked[found[0]]]
    here = ways == "texts" and talk.gets_sms and sms_brands.takes_onay(talk.transaction, found[0])
    return Reply(talk.phrase(f"waiting.{ways}" if here else f"waiting.{ways}-site", M=talk.name(found[0])))


def overview(texts: int, calls: int, refused: int, language: str = SOURCE, *, closed: bool = False) -> str:
    """``closed``: a standing refusal is in force for SMS and calls."""
    if closed:
        return phrase("sms.status.closed", language, n=count(texts), m=count(calls))
    if not texts and not calls:
        return phrase("sms.nobody-may", language)
    return phrase("sms.status.all", language, n=count(texts), m=count(calls), k=count(refused))


def _statuses(snapshot: Snapshot, recipient: int | None, now: int) -> dict[tuple[int, int], set[int]]:
    found: dict[tuple[int, int], set[int]] = {}
    if recipient is not None:
        lines = RecipientRows(snapshot, recipient, now)
        for row in lines.rows:
            found.setdefault((row[BRAND], row[CHANNEL]), set()).add(lines.status(row))
    return found


def _counts(found: dict[tuple[int, int], set[int]]) -> tuple[int, int, int]:
    open_ = {
        channel: {brand for (brand, by), has in found.items() if by == channel and ONAY in has}
        for channel in (_TEXT, _CALL)
    }
    refused = {brand for (brand, by), has in found.items() if by in (_TEXT, _CALL) and RET in has}
    return len(open_[_TEXT]), len(open_[_CALL]), len(refused - open_[_TEXT] - open_[_CALL])


def _word(talk: Talk, statuses: set[int], *, closed: bool) -> str:
    without = "new" if closed else "none"
    return talk.phrase(f"status.{next((name for status, name in _FIRST.items() if status in statuses), without)}")


def movements(talk: Talk, reading: SmsReading) -> Reply:
    """Newest first; nothing from before a new holder."""
    brands = reading.brands or (() if talk.own is None else (talk.own,))
    if len(brands) != 1:
        return Reply(talk.phrase("history.which"))
    recipient, name = talk.known(), talk.name(brands[0])
    entries: list[Entry] = []
    if recipient is not None:
        since, reconsent = new_holder.hidden(talk.transaction, recipient).since, talk.registry.policy.reconsent
        entries = timeline.entries(talk.transaction, recipient, brands[0], since=since, reconsent=reconsent)
    lines = [line for entry in entries[:_MOST] for line in _lines(entry, talk.language)]
    if not lines:
        return Reply(talk.phrase("history.none", M=name))
    return Reply(fitting("sms.history.of", lines, "H", talk.language, between="; ", M=name))


def line(language: str, at: int, ways: tuple[int, ...], what: str, *, taken_back: bool = False) -> str:
    """One movement in words, such as ``24 Kasim 2026 SMS: reddettiniz``; ``at``: µs."""
    text = phrase(f"sms.history.{what}", language)
    if taken_back:
        text = phrase("sms.history.taken-back", language, what=text)
    by = phrase(f"sms.history.{WAYS[ways]}", language)
    return phrase("sms.history.line", language, D=plain(when.day(language, at)), W=by, what=text)


def _lines(entry: Entry, language: str) -> list[str]:
    """An act may have done one thing to SMS and another to calls."""
    ways: dict[str, set[int]] = {}
    for change in entry.changes:
        if change.channel in BY_SMS:
            ways.setdefault(_what(entry, change), set()).add(change.channel)
    taken_back = entry.undone_at is not None
    return [
        line(language, entry.recorded_at, tuple(sorted(channels)), what, taken_back=taken_back)
        for what, channels in ways.items()
    ]


def _what(entry: Entry, change: KeyChange) -> str:
    company = "company-" if entry.actor is Actor.PROVIDER else ""
    if entry.undoes is not None:
        return f"{company}undo"
    if entry.erased:
        return "erased"
    if change.word.source == Source.IYS_AHS_HAT_KAPATMA.code:
        return "closed"
    if change.waited:
        return "asked"
    return f"{company}{'ONAY' if change.word.status == ONAY else 'RET'}"
