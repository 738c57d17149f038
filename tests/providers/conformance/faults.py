"""For an error example of the document: the request that should be told so. By code and place, not by call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.providers.api.desk import ISIK, Program
from tests.providers.api.shops import shop
from tests.providers.conformance.document import Example, Operation
from tests.providers.conformance.world import B, World


@dataclass
class Request:
    """A request that is about to be made wrong; ``body`` is the call's first example, made to fit."""

    body: Any
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    program: Program | None = None


Spoil = Callable[[World, Operation, Request, Example], None]

# A field that is left out.
MISSING = {
    "H110": "status",
    "H111": "type",
    "H112": "consentDate",
    "H113": "source",
    "H114": "recipient",
    "H168": "recipients",
    "H169": "retailerAccess",
    "H170": "recipientType",
    "H214": "title",
    "H215": "name",
    "H216": "tckn",
    "H217": "city",
    "H220": "town",
    "H288": "tin",
}
# A field that holds something wrong, where the example does not say what.
WRONG: dict[str, tuple[str, Any]] = {
    "H016": ("city", 5),
    "H017": ("alias", "a" * 256),
    "H201": ("status", "asleep"),
    "H224": ("mobile", "+90532"),
    "H225": ("tckn", "10000000147"),
    "H226": ("tckn", "1000000014"),
    "H227": ("mersis", "01234567890123x5"),
    "H228": ("mersis", "012345678901234"),
    "H218": ("city", {"name": "İstanbul"}),
    "H219": ("city", {"code": "34"}),
    "H221": ("town", {"name": "Kadıköy"}),
    "H222": ("town", {"code": "429"}),
    "H229": ("name", "Ayşe ☺"),
    "H243": ("tin", "4540536921"),
    "H244": ("tin", "45405"),
    "H093": ("username", ""),
    "H512": ("agreementStatus", False),
}
# A body that is JSON of another kind.
KINDS = {"H085": 5, "H090": [], "H092": [], "H097": [], "H171": [], "H172": [], "H173": []}
# What makes the value of an example wrong only together with another field.
BESIDE = {
    "H120": {"type": "EPOSTA"},
    "H121": {"type": "MESAJ"},
    "H160": {"type": "MESAJ"},
    "H166": {"type": "MESAJ"},
    "H155": {"source": "HS_2015"},
    "H408": {"source": "HS_KARAR"},
}


def spoil(here: World, operation: Operation, request: Request, example: Example) -> None:
    """Makes the request wrong as the example tells; KeyError where nobody knows how."""
    for fault in example.faults:
        code, location, value = fault["code"], fault.get("location") or [], fault.get("value")
        if code in SPECIAL:
            SPECIAL[code](here, operation, request, example)
        elif code in KINDS:
            request.body = KINDS[code]
        elif code in MISSING and (value is None or code in ("H168", "H169")):
            item(request, fault).pop(MISSING[code], None)
        elif code in WRONG:
            name, wrong = WRONG[code]
            item(request, fault)[location[0] if location and code == "H093" else name] = wrong
        elif location and "{" + location[0] + "}" in operation.path:
            request.path[location[0]] = value
        elif (location and request.body is None) or (location and location[0] in _queries(operation)):
            request.query[location[0]] = value
        else:
            _beside(operation, request, fault)
            put(item(request, fault), location, value)


def item(request: Request, fault: dict[str, Any]) -> Any:
    """The part of the body that a fault is about."""
    body = request.body
    if isinstance(body, dict) and isinstance(body.get("connection"), list):
        return body["connection"][0]
    if isinstance(body, dict) and isinstance(body.get("recipients"), list) and body["recipients"]:
        first = body["recipients"][0]
        return first if isinstance(first, dict) and fault["code"] != "H168" else body
    if not isinstance(body, list):
        return body
    while len(body) <= fault.get("index", 0):
        body.append(dict(body[0]))
    return body[fault.get("index", 0)]


def put(body: Any, location: list[Any], value: Any) -> None:
    """Puts a value where the document says that it is wrong."""
    if location == ["recipient"] and "recipients" in body:
        location = ["recipients", 0]
    if len(location) == 1:
        body[location[0]] = value
        return
    while len(body[location[0]]) <= location[1]:
        body[location[0]].append(body[location[0]][-1])
    body[location[0]][location[1]] = value


def _queries(operation: Operation) -> set[str]:
    return {parameter["name"] for parameter in operation.raw.get("parameters", []) if parameter["in"] == "query"}


def _beside(operation: Operation, request: Request, fault: dict[str, Any]) -> None:
    """The channel for which an address is wrong stands beside it, in the path, or nowhere."""
    if operation.id == "batchConsentStatus" and fault["code"] == "H464" and "@" not in fault["value"]:
        request.path["type"] = "EPOSTA"
    elif "type" in item(request, fault) or fault["code"] in ("H155", "H408"):
        item(request, fault).update(BESIDE.get(fault["code"], {}))


def _stranger(here: World, operation: Operation, request: Request, example: Example) -> None:
    request.program = Program(here.program.client, {"access_token": "nobody's"})


def _elsewhere(here: World, operation: Operation, request: Request, example: Example) -> None:
    if "integratorCode" in operation.path and "integrator" not in example.name:
        request.path["integratorCode"] = 999
    else:
        name = "brandCode" if "brand" in example.name.lower() and "{brandCode}" in operation.path else "iysCode"
        request.path[name] = ISIK


def _again(here: World, operation: Operation, request: Request, example: Example) -> None:
    """Says before what the request says."""
    if example.faults[0]["code"] == "H174":
        request.body["status"] = "RET"
    here.send(operation, request.body)


def _late(here: World, operation: Operation, request: Request, example: Example) -> None:
    """Reports a consent of somebody new, given two weeks ago."""
    part = item(request, example.faults[0])
    part |= {"type": "MESAJ", "recipient": "+905320000078", "consentDate": "2026-11-10 10:00:00"}


def _undated(here: World, operation: Operation, request: Request, example: Example) -> None:
    request.body |= {"recipientType": "TACIR"}
    here.send(operation, request.body)
    request.body |= {"status": "RET"}
    del request.body["source" if example.faults[0]["code"] == "H463" else "consentDate"]


def _long(field_: str, one: Any) -> Spoil:
    def change(here: World, operation: Operation, request: Request, example: Example) -> None:
        item(request, example.faults[0])[field_] = [one] * 101

    return change


def _body(make: Callable[[World, Request], Any]) -> Spoil:
    def change(here: World, operation: Operation, request: Request, example: Example) -> None:
        request.body = make(here, request)

    return change


def _same_dealer(here: World, operation: Operation, request: Request, example: Example) -> None:
    """Another dealer has the number already; a passive one for H253."""
    status = "passive" if example.faults[0]["code"] == "H253" else "active"
    number = 7 if status == "active" else 8
    mersis = {"mersis": f"012345678901234{number}"} if "mersis" in example.name.lower() else {}
    here.program.post(f"{B}/retailers", shop(number, status=status, **mersis))
    request.body |= mersis or {"tckn": shop(number)["tckn"]}


def _linked(here: World, operation: Operation, request: Request, example: Example) -> None:
    request.path["retailerCode"] = here.dealers[0]


def _unknown_dealer(here: World, operation: Operation, request: Request, example: Example) -> None:
    fault = example.faults[0]
    if "{retailerCode}" in operation.path:
        request.path["retailerCode"] = 99999999
    else:
        put(item(request, fault), fault.get("location") or ["retailerAccess", 0], 99999999)


def _deaf(mood: str | int) -> Spoil:
    def change(here: World, operation: Operation, request: Request, example: Example) -> None:
        here.target.mood = mood
        if operation.id == "pushUnregistration":
            request.body["url"] += "x"

    return change


def _plain_url(here: World, operation: Operation, request: Request, example: Example) -> None:
    part = item(request, example.faults[0])
    if example.faults[0].get("location"):
        del part["url"]
    else:
        part["url"] = "gopher://hosts.example.com/"


SPECIAL: dict[str, Spoil] = {
    "H014": _body(lambda here, request: b'{"broken": '),
    "H058": _unknown_dealer,
    "H061": _linked,
    "H091": _body(lambda here, request: [request.body[0]] * 1001),
    "H126": _long("retailerAccess", 12345678),
    "H127": _long("recipients", "+905320000001"),
    "H163": lambda here, operation, request, example: item(request, example.faults[0]).update(retailerAccess=[]),
    "H164": lambda here, operation, request, example: item(request, example.faults[0]).update(recipients=[]),
    "H174": _again,
    "H178": _again,
    "H180": _unknown_dealer,
    "H191": _deaf("sleep"),
    "H194": _body(lambda here, request: [request.body[2]] * 2),
    "H230": _same_dealer,
    "H231": _same_dealer,
    "H253": _same_dealer,
    "H267": lambda here, operation, request, example: request.body.update(retailerCode=""),
    "H241": lambda here, operation, request, example: request.path.update(code="x"),
    "H351": _stranger,
    "H353": _elsewhere,
    "H363": lambda here, operation, request, example: setattr(request, "program", here.program),
    "H401": lambda here, operation, request, example: request.body.update(recipient="+905320000077"),
    "H462": _undated,
    "H463": _undated,
    "H467": _late,
    "H522": lambda here, operation, request, example: setattr(request, "program", here.program),
    "H530": _deaf(500),
    "H531": _plain_url,
}
