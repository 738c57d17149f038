"""Bu mesajı kim gönderdi? The brands that a pasted message names, and for a signed-in citizen what stands with them.
Nothing of the message is stored or logged."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.receipts import complaint_letter
from citizen.receipts.receipt import as_file
from citizen.rows import row_model, shown_lines
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from consents.brands.book import BrandEntry
from consents.queries.consent_lines import ConsentLine
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET
from consents.store import Snapshot
from consents.terms import Identity
from optout import public as optout
from web import forms, pages, process
from web.rendering import texts

LONGEST = {"sender": 100, "text": 2000}  # characters of a field that are read
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
    return pages.render(request, _TEMPLATE, given=dict.fromkeys(LONGEST, ""), asked=False)


async def answer(request: Request) -> Response:
    """The brands of the posted message, or for none the text of a complaint."""
    form = await forms.fields(request)
    shared = "\n".join(filter(None, (form.get(field, "").strip() for field in _SHARED)))
    given = {"sender": form.get("sender", "").strip()[: LONGEST["sender"]], "text": shared[: LONGEST["text"]]}
    if not any(given.values()):
        return pages.render(request, _TEMPLATE, status=422, given=given, asked=False, empty=True)
    registry = process.of(request).registry
    names = await optout.senders_in(registry, "\n".join(given.values()))
    found = {brand.id: SenderBrand(name, brand) for name, brand in reversed(names)}
    if not found and form.get("download"):
        return as_file(_letter(request, given), "text/plain", "sikayet.txt")
    session = await sessions.current(request)
    holder = None if session is None or session.lapsed else holders.current(request, session)
    brands = list(reversed(found.values()))
    if holder is not None:
        brands = await registry.store.read(_with_states, registry, holder, texts.language(request)[0], brands)
    letter = "" if found else _letter(request, given)
    return pages.render(request, _TEMPLATE, given=given, asked=True, brands=brands, holder=holder, letter=letter)


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
            last = max(here, key=lambda line: line.at)
            at = last.at if status == RET else min(line.at for line in here)
            ways = wording.ways(language, [line[:2] for line in here], named=len({line.identity for line in here}) > 1)
            mine = row_model.face(last, language, stopping="").mine
            return one._replace(state=state, ways=ways, since=wording.day(language, at) if at else "", mine=mine)
    return one._replace(state="none")


def _letter(request: Request, given: dict[str, str]) -> str:
    office = process.of(request).settings.complaint_office
    return complaint_letter.about_unknown(given["sender"], given["text"], office)
