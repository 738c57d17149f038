"""Calls of the sandbox itself, beside those of the API: its scripts, its clock, what a citizen does, and an empty
start."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.requests import Request

from consents import dates, ledger
from consents.brands import companies, provider_list
from consents.history import Deed
from consents.instants import DAY, HOUR, MINUTE, SECOND
from consents.languages import Sentence
from consents.ledger import Wish
from consents.people import register
from consents.people.recipients import BadAddress
from consents.registry import Registry
from consents.rules import DOOR_SOURCES, ONAY
from consents.store import Transaction
from consents.terms import Actor, Door
from gateways.outbox import outbox
from izin.sandbox import scripts
from izin.sandbox.company_sandbox import CompanySandbox
from izin.sandbox.scripts import MOST_CALLS, SCRIPTS, ChosenScript, ScriptKind, UnknownScript
from optout import refusals
from providers.api import bodies
from providers.api.answers import Answer, Fault, Refusal
from providers.cases.meanings import CHANNELS, IDENTITIES
from providers.doctor import diagnosis
from trust import minting
from web.iys_fields import Field

_UNITS = {"seconds": SECOND, "minutes": MINUTE, "hours": HOUR, "days": DAY}
_WAYS = {"sms": Door.SMS, "page": Door.PAGE, "link": Door.LINK, "call": Door.VOICE, "mail": Door.MAIL}
_MOST_MESSAGES = 50
_ONE_SCRIPT = Sentence("script ve calls (1–100) verin. Betikler: GET /sandbox/script.")
_MANY_SCRIPTS = Sentence("Bekleyen betik çok. DELETE /sandbox/script ile silin.")
_ONE_UNIT = Sentence("seconds, minutes, hours, days alanlarından birini tam sayı verin.")
_TOO_FAR = Sentence("Saat yalnız ileri alınır, en çok 92 gün.")
_PERSON = Sentence("recipient, type ve brandCode verin; way: sms, page, link, call, mail; status: RET ya da ONAY.")
_PAGE_ALONE = Sentence("ONAY yalnız way: page ile verilir.")

Control = Callable[[Request, CompanySandbox], Awaitable[Answer]]


def about(sandbox: CompanySandbox) -> dict[str, Any]:
    company = sandbox.company
    blind = sandbox.blind_until > sandbox.clock()
    return {
        "iysCode": company.code,
        "title": company.title,
        "brands": [{"brandCode": code, "title": title} for code, title in company.brands],
        "now": dates.wire(sandbox.clock()),
        "ahead": sandbox.clock.ahead // SECOND,
        "scripts": sandbox.waiting.listed(),
        "lateUntil": dates.wire(sandbox.late_until) if sandbox.late_until > sandbox.clock() else None,
        "blindUntil": dates.wire(sandbox.blind_until) if blind else None,
    }


async def show(_: Request, sandbox: CompanySandbox) -> Answer:
    return Answer(200, about(sandbox))


async def list_scripts(_: Request, sandbox: CompanySandbox) -> Answer:
    known = [{"script": one.name, "does": one.does.text(), "calls": one.calls.pattern} for one in SCRIPTS.values()]
    return Answer(200, {"known": known, **about(sandbox)})


async def add_script(request: Request, sandbox: CompanySandbox) -> Answer:
    body = await _body(request, ("script", "calls"))
    name, calls = body.get("script"), body.get("calls", 1)
    if not isinstance(name, str) or not isinstance(calls, int) or not 1 <= calls <= MOST_CALLS:
        raise Refusal(422, Fault("H093", message=_ONE_SCRIPT))
    chosen = read_script(name)
    if chosen.script.kind in (ScriptKind.LATE, ScriptKind.BLIND):
        await begin(sandbox, chosen)
    elif not sandbox.waiting.add(chosen, calls):
        raise Refusal(422, Fault("H093", ("script",), message=_MANY_SCRIPTS))
    return Answer(200, about(sandbox))


def read_script(text: str) -> ChosenScript:
    """Errors: Refusal 422 for an unknown one."""
    try:
        return scripts.read(text)
    except UnknownScript:
        raise Refusal(422, Fault("H093", ("script",), text[:100], message=_ONE_SCRIPT)) from None


async def begin(sandbox: CompanySandbox, chosen: ChosenScript) -> None:
    """Of a script that lasts."""
    if chosen.script.kind is ScriptKind.LATE:
        sandbox.hold_lists()
    elif chosen.script.kind is ScriptKind.BLIND:
        await sandbox.begin_blindness()


async def end_scripts(_: Request, sandbox: CompanySandbox) -> Answer:
    await sandbox.end_scripts()
    return Answer(200, about(sandbox))


async def turn(request: Request, sandbox: CompanySandbox) -> Answer:
    """Turns the clock forward, by one unit."""
    body = await _body(request, tuple(_UNITS))
    given = [(unit, value) for unit, value in body.items() if isinstance(value, int) and not isinstance(value, bool)]
    if len(given) != 1 or len(body) != 1:
        raise Refusal(422, Fault("H093", message=_ONE_UNIT))
    unit, value = given[0]
    if not await sandbox.forward(value * _UNITS[unit]):
        raise Refusal(422, Fault("H093", (unit,), value, message=_TOO_FAR))
    return Answer(200, about(sandbox))


async def messages(_: Request, sandbox: CompanySandbox) -> Answer:
    """What the sandbox would have sent to people, the newest first, with its codes and links."""
    registry = sandbox.registry
    found = await registry.store.read(outbox.readable, registry.keyring, _MOST_MESSAGES)
    return Answer(200, {"list": [one._asdict() | {"at": dates.wire(one.at)} for one in found]})


async def doctor(_: Request, sandbox: CompanySandbox) -> Answer:
    """What is wrong with the programs that call here, like ``izin doctor --json``; calls show within two seconds."""
    registry, company = sandbox.registry, sandbox.company
    known = await registry.store.read(provider_list.by_code, company.code)
    assert known is not None
    now, keyring = registry.store.now(), registry.keyring
    found = await registry.store.read(partial(diagnosis.of_company, strays=False), keyring, known.id, now)
    return Answer(200, diagnosis.as_json(found))


async def act(request: Request, sandbox: CompanySandbox) -> Answer:
    """What a citizen does: refuses by any way, or consents on the page."""
    body = await _body(request, (Field.RECIPIENT, Field.TYPE, Field.IDENTITY, "brandCode", "way", "status"))
    channel, door = CHANNELS.get(str(body.get(Field.TYPE))), _WAYS.get(str(body.get("way", "sms")))
    status, identity = body.get("status", "RET"), IDENTITIES.get(str(body.get(Field.IDENTITY, "BIREYSEL")))
    codes = [code for code, _ in sandbox.company.brands]
    brand = body.get("brandCode", codes[0] if len(codes) == 1 else None)
    if channel is None or door is None or identity is None or brand not in codes or status not in ("RET", "ONAY"):
        raise Refusal(422, Fault("H093", message=_PERSON))
    if status == "ONAY" and door is not Door.PAGE:
        raise Refusal(422, Fault("H093", ("way",), message=_PAGE_ALONE))
    try:
        address = minting.link_address(str(body.get(Field.RECIPIENT)), channel)
    except BadAddress:
        raise Refusal(422, Fault("H127", (Field.RECIPIENT,))) from None
    registry = sandbox.registry
    work = _refuse if status == "RET" else partial(_consent, identity.code)
    await registry.store.write(work, registry, address, brand, channel.code, door)
    return Answer(200, {"status": status, "creationDate": dates.wire(registry.store.now())})


def _refuse(transaction: Transaction, registry: Registry, address: str, code: int, channel: int, door: Door) -> None:
    person = register.person(registry.keyring, address)
    evidence = registry.keyring.seal_evidence({"sandbox": "refused"})
    refusals.refuse(transaction, registry, person, [_brand(transaction, code)], [channel], door, evidence)


def _consent(
    identity: int, transaction: Transaction, registry: Registry, address: str, code: int, channel: int, door: Door
) -> None:
    recipient = register.enrol(transaction, registry.keyring, register.person(registry.keyring, address))
    wish = Wish(_brand(transaction, code), channel, identity, ONAY, DOOR_SOURCES[door].code)
    deed = Deed(Actor.CITIZEN, door, evidence=registry.keyring.seal_evidence({"sandbox": "consented"}))
    ledger.decide(transaction, registry.policy, recipient, [wish], deed)


def _brand(transaction: Transaction, code: int) -> int:
    brand = companies.known_brand(transaction, code)
    assert brand is not None
    return brand.id


async def _body(request: Request, known: tuple[str, ...]) -> dict[str, Any]:
    body = await bodies.read_object(request, "H014")
    if faults := bodies.unknown(body, known):
        raise Refusal(422, *faults)
    return body


# Under the sandbox's address. POST /reset is in the gate, because the sandbox itself ends by it.
CONTROLS: dict[tuple[str, str], Control] = {
    ("GET", "/"): show,
    ("GET", "/script"): list_scripts,
    ("POST", "/script"): add_script,
    ("DELETE", "/script"): end_scripts,
    ("GET", "/clock"): show,
    ("POST", "/clock"): turn,
    ("POST", "/citizen"): act,
    ("GET", "/messages"): messages,
    ("GET", "/doctor"): doctor,
}
