"""Bu mesajı kim gönderdi? The brands that a pasted message, a sender's name or a calling number names, and for a
signed-in citizen what stands with them. Nothing of the message is stored or logged; an unknown sender's name is, where
a signed-in citizen counts a complaint about it."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.receipts import complaint_letter, complaint_lists, complaint_store
from citizen.receipts.complaint_store import NewComplaint
from citizen.receipts.receipt import as_file
from citizen.rows import row_model, shown_lines
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.brands.book import BrandEntry
from consents.instants import MINUTE, day_of
from consents.queries.consent_lines import ConsentLine
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET
from consents.store import Snapshot
from consents.terms import Identity
from optout import public as optout
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark, neighbourhood
from web import errors, forms, pages, process
from web.rendering import texts

LONGEST = {"sender": 100, "text": 2000}  # characters of a field that are read
LOOKS = 120  # look-ups a minute from one neighbourhood, which may be all the phones of a carrier's address
OLDEST = 90  # days: of a message that is counted
_NAME, _WORDS = 40, 4  # characters and words of what is a sender rather than a message
_SHORTEST, _MOST = 3, 5  # letters of a word that is searched for; brands that one may name
PATH = "/gonderen"
_TEMPLATE = "citizen/receipts/sender.html"
_SHARED = ("title", "text", "url")  # of a share target (W3C Web Share Target)


class SenderBrand(NamedTuple):
    """A named brand, as the message names it. ``state``: "open", "waiting", "refused", "none", "closed" (no record,
    under a standing refusal), "" for nobody signed in. ``since``: the day of the first permission or of the refusal;
    ``mine``: the citizen refused."""

    name: str
    brand: BrandEntry
    state: str = ""
    ways: str = ""
    since: str = ""
    mine: bool = False


async def ask(request: Request) -> Response:
    """The form; after a POST the brands of the message, or for none the text of a complaint. 429 after ``LOOKS`` from
    one neighbourhood."""
    written = pages.result(request, PATH)
    if written is None:
        return pages.render(request, _TEMPLATE, given=dict.fromkeys(LONGEST, ""), asked=False)
    if not await _may_look(request):
        return errors.answer(request, 429, {"retry-after": "60"})
    return await _answer(request, dict(zip(LONGEST, written, strict=True)))


async def take(request: Request) -> Response:
    """Leads to the answer; the download is a file, and counts as a look-up."""
    form = await forms.fields(request)
    shared = "\n".join(filter(None, (form.get(field, "").strip() for field in _SHARED)))
    given = {"sender": form.get("sender", "").strip()[: LONGEST["sender"]], "text": shared[: LONGEST["text"]]}
    if not given["sender"] and len(given["text"]) <= _NAME and len(given["text"].split()) <= _WORDS:
        given = {"sender": given["text"], "text": ""}  # a name or number in the box for messages
    if not any(given.values()):
        return pages.render(request, _TEMPLATE, status=422, given=given, asked=False, empty=True)
    if not form.get("download"):
        return pages.show_written(request, PATH, list(given.values()))
    if not await _may_look(request):
        return errors.answer(request, 429, {"retry-after": "60"})
    return as_file(_letter(request, given), "text/plain", "sikayet.txt")


async def _answer(request: Request, given: dict[str, str]) -> Response:
    registry = process.of(request).registry
    names = await optout.senders_in(registry, "\n".join(given.values()))
    found = {brand.id: SenderBrand(name, brand) for name, brand in reversed(names or await _named(registry, given))}
    session = await sessions.current(request)
    holder = None if session is None or session.lapsed else holders.current(request, session)
    brands = list(reversed(found.values()))
    if holder is not None:
        brands = await registry.store.read(_with_states, registry, holder, texts.language(request)[0], brands)
    letter = "" if found else _letter(request, given)
    counts = not found and holder is not None and not holder.limited and _unknown(given["sender"]) is not None
    today = day_of(registry.store.now()).isoformat()
    return pages.render(
        request, _TEMPLATE, given=given, asked=True, kind=_kind(given), brands=brands, holder=holder, letter=letter,
        counts=counts, today=today, path=PATH,
        ways=[row_model.CHANNELS[code] for code in holder.channels][::-1] if holder else [],
    )  # fmt: skip


@sessions.required
async def count(request: Request, session: Session) -> Response:
    """Counts a complaint about a sender that is not here, under its name alone; 422 for a name or channel that does
    not count."""
    holder, registry, form = holders.named(request, session), process.of(request).registry, await forms.fields(request)
    sender, channel = _unknown(form.get("sender", "")[: LONGEST["sender"]]), form.get("channel", "")
    day = complaint_lists.read_day(form.get("day", "").strip())
    code = next((code for code in holder.channels if row_model.CHANNELS[code] == channel), None)
    today = day_of(registry.store.now())
    if sender is None or code is None or await optout.senders_in(registry, sender):
        raise HTTPException(422)  # of a brand of this site its own page counts
    if day is None or not today - timedelta(days=OLDEST) <= day <= today:
        return complaint_lists.lead(request, session, holder, fault="day")
    return await complaint_lists.counted(request, session, holder, NewComplaint(code, day, sender=sender))


def _kind(given: dict[str, str]) -> str:
    """What was typed: "message", "number" or "name"."""
    if given["text"]:
        return "message"
    return "name" if any(letter.isalpha() for letter in given["sender"]) else "number"


def _unknown(sender: str) -> str | None:
    return complaint_store.sender_key(sender) if sender else None


async def _may_look(request: Request) -> bool:
    """Counts a look-up; False after too many."""
    registry, ip = process.of(request).registry, request.client.host if request.client else ""
    return await limits.admits(
        registry.store, Limit(mark(registry.keyring, "sender look", neighbourhood(ip)), LOOKS, MINUTE)
    )


async def _named(registry: Registry, given: dict[str, str]) -> list[tuple[str, BrandEntry]]:
    """The brand whose own number was typed, or the brands whose title or company's has these words; none of many."""
    typed = given["sender"] or given["text"]
    if len(typed) > LONGEST["sender"]:
        return []
    brand = await registry.store.read(optout.brand_of_number, typed)
    book = await registry.book()
    if brand is not None:
        return [(typed, book.by_id[brand])]
    found = book.search(typed) if sum(letter.isalpha() for letter in typed) >= _SHORTEST else []
    return [(typed, one) for one in found] if len(found) <= _MOST else []


def _with_states(
    snapshot: Snapshot, registry: Registry, holder: Holder, language: str, brands: list[SenderBrand]
) -> list[SenderBrand]:
    recipient, now = holders.find(snapshot, registry, holder), registry.store.now()
    since = shown_lines.hidden(snapshot, recipient).since
    groups = shown_lines.of_brands(snapshot, registry, recipient, [one.brand for one in brands], now, since)
    closed = len(shown_lines.closed_ways(snapshot, recipient)) == len(holder.channels) * len(Identity)
    shown = (_state(one, group.lines, language) for one, group in zip(brands, groups, strict=True))
    return [one._replace(state="closed") if closed and one.state == "none" else one for one in shown]


def _state(one: SenderBrand, lines: list[ConsentLine], language: str) -> SenderBrand:
    for status, state in ((ONAY, "open"), (BEKLIYOR, "waiting"), (RET, "refused")):
        if here := [line for line in lines if line.status == status]:
            last = max(here, key=lambda line: line.since)
            at = last.since if status == RET else min(line.at for line in here)
            ways = wording.ways(language, [line[:2] for line in here], named=len({line.identity for line in here}) > 1)
            mine = row_model.build(last, language, stopping="").mine
            return one._replace(state=state, ways=ways, since=wording.day(language, at) if at else "", mine=mine)
    return one._replace(state="none")


def _letter(request: Request, given: dict[str, str]) -> str:
    office = process.of(request).settings.complaint_office
    return complaint_letter.about_unknown(given["sender"], given["text"], office)
