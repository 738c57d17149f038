"""A town with doors into it: short links, and the addresses in the header of a mail."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx2
from sqlalchemy import text as sql

from consents import state
from consents.state import Key
from consents.store import Snapshot, Statement
from consents.terms import Channel, Identity, Status
from settings import Settings
from tests.citizen.consents.town import CINAR, MAIL, Town
from trust import minting, signed_tokens
from trust.minting import LinkOrder

_EVENTS = Statement(sql("SELECT count(*) FROM consent_event"))
_OUTBOX = Statement(sql("SELECT kind, sealed FROM outbox ORDER BY id"))
_LAST = Statement(sql("SELECT door, actor, evidence FROM act ORDER BY id DESC LIMIT 1"))


def settings(town: Town) -> Settings:
    found: Settings = town.client.app.app.state.process.settings  # type: ignore[attr-defined]
    return found


def link(town: Town, address: str, channel: str = "MESAJ", brand: int = CINAR, days: int = 400) -> str:
    """The path of a new short link."""
    order = LinkOrder(town.brand(brand), Channel(channel), "", days)
    (issued,) = minting.mint_all(town.registry, order, [address])
    return issued.url


def mail(town: Town, address: str = MAIL, brand: int = CINAR) -> str:
    """The path in a mail's List-Unsubscribe."""
    return f"/u/{signed_tokens.one_click(town.registry.keyring, town.person(address), town.brand(brand))}"


def events(town: Town) -> int:
    """How many events history holds."""
    return int(_row(town, _EVENTS)[0])


def last_act(town: Town) -> tuple[int, int, dict[str, Any]]:
    """(door, actor, evidence) of the last act."""
    door, actor, sealed = _row(town, _LAST)
    evidence = town.registry.keyring.unseal_evidence(bytes(sealed))
    return door, actor, {name: value for name, value in evidence.items() if name != "salt"}


def stands(town: Town, address: str, channel: str = "MESAJ", identity: str = "BIREYSEL", brand: int = CINAR) -> str:
    """What stands, "YOK" where nothing does."""
    key = Key(town.person(address), town.brand(brand), Channel(channel).code, Identity(identity).code)
    found = town.registry.store.read_now(state.of_key, key)
    return str(Status.of(found.status)) if found else "YOK"


def fields(answer: httpx2.Response, button: str) -> dict[str, str]:
    """What the form with this button posts."""
    for form in re.findall(r"<form.*?</form>", answer.text, re.DOTALL):
        if button in unescape(re.sub(r"<[^>]+>", "", form)):
            inputs = re.findall(r'name="([^"]+)" value="([^"]*)"', form)
            return {name: unescape(value) for name, value in inputs}
    raise AssertionError(f"no button {button}")


def press(town: Town, path: str, button: str = "reddet", **headers: str) -> httpx2.Response:
    """Opens a page and presses the button on it, as a browser does."""
    return posted(town, path, fields(town.client.get(path), button), **headers)


def posted(town: Town, path: str, form: dict[str, str] | None = None, **headers: str) -> httpx2.Response:
    """What a browser shows after it has posted this form: of a redirect the page that it leads to."""
    return town.client.post(path, data=form, headers=headers, follow_redirects=True)


def another_browser(town: Town) -> None:
    """From now on whoever asks has no cookie."""
    town.client.cookies.clear()


def proved(town: Town, path: str, part: str) -> httpx2.Response:
    """Opens a page and types a part of the address on it."""
    return posted(town, path, {**fields(town.client.get(path), "Göster"), "part": part})


def asked(form: dict[str, str]) -> dict[str, str]:
    """What a form asks for, without the nonce that is new in each page."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}(\.[A-Za-z0-9_-]{22})?", form["nonce"])
    return {name: value for name, value in form.items() if name != "nonce"}


def waiting(town: Town) -> list[dict[str, Any]]:
    """What is in the outbox, the oldest first."""
    rows = town.registry.store.read_now(Snapshot.all, _OUTBOX)
    return [{"kind": kind, **town.registry.keyring.unseal_evidence(bytes(sealed))} for kind, sealed in rows]


def _row(town: Town, statement: Statement) -> tuple[Any, ...]:
    row = town.registry.store.read_now(Snapshot.one, statement)
    assert row is not None
    return row


def shelf(town: Town) -> Any:
    """Where the site keeps its book of brands."""
    return town.registry.brands
