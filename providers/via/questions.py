"""What programs ask of people (İYS ViA): bodies of the calls, each mistake with its code."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from starlette.requests import Request

from asking.public import forms
from asking.public import request_states as states
from consents.channels import OF_CODE
from consents.languages import Sentence
from consents.people import recipients
from consents.people.recipients import BadAddress, Recipient
from consents.terms import Identity
from providers.api import bodies
from providers.api.answers import Fault, Refusal
from providers.cases.meanings import CHANNELS, IDENTITIES

DEEPEST = 8  # levels of a body; no call needs more than four
KVK_TYPES = ("AYDINLATMA_METNI", "ACIK_RIZA_METNI", "YURTDISI_AKTARIM")
NOTICE = KVK_TYPES[0]
_TITLES = ("ETK", "KVK")
_BY_OPENING = "EPOSTA_APPROVALURL"
METHODS = {one.name: one for one in sorted(states.CODES | states.LINKS)}
_OTP = re.compile(r"[0-9]{6}").fullmatch
_NO_APPROVAL = Sentence(
    "Onay bağlantıyı açmakla verilemez: bağlantıyı posta denetleyicileri de açar. EPOSTA_SHORTURL ya da EPOSTA_OTP "
    "kullanın."
)


class ConsentQuestion(NamedTuple):
    """``form``: formId; ``brand``: brandCode; ``channels``: one bit each; ``identity``: by code."""

    form: int
    brand: int
    method: states.RequestMethod
    recipient: Recipient
    channels: int
    identity: int


class TypedCode(NamedTuple):
    """``recipient``: "" where the body names none."""

    request: str
    method: str
    digits: str
    recipient: str = ""


async def read(request: Request) -> dict[str, Any]:
    """The body, an object. Errors: Refusal 400 H1016, H1041, H1042, H1091."""
    if not await request.body():
        raise Refusal(400, Fault("H1042"))
    body = await bodies.read(request)
    if not isinstance(body, dict):
        raise Refusal(400, Fault("H1041"))
    if _depth(body) > DEEPEST:
        raise Refusal(400, Fault("H1091"))
    return body


def consent(body: Mapping[str, Any]) -> ConsentQuestion:
    """The body of a start. Errors: Refusal 400 with every fault of the first level that has some."""
    check(body, {"formId": (int, str), "recipient": str, "verificationType": str, "consentTypes": list})
    method = _method(body["verificationType"])
    parts = _parts(body["consentTypes"])
    if "KVK" in parts:
        _judge_notice(parts["KVK"])
    etk = parts["ETK"]
    check(etk, {"title": str, "brandCodes": list, "types": list, "recipientType": str})
    faults = [Fault("H1010", (name,)) for name in ("brandCodes", "types") if not etk[name]]
    wrong = [one for one in etk["brandCodes"] if not isinstance(one, int) or isinstance(one, bool)]
    faults += [Fault("H1029", ("brandCodes",), bodies.shown(one)) for one in wrong[:1]]
    if etk["recipientType"] not in IDENTITIES:
        faults.append(Fault("H1063", ("recipientType",), bodies.shown(etk["recipientType"])))
    faults += _of_types(etk["types"], CHANNELS)
    _refuse(faults)
    channels = tuple(CHANNELS[one] for one in etk["types"])
    mail = method in states.BY_MAIL
    if any(OF_CODE[one.code].mail is not mail for one in channels):
        raise Refusal(400, Fault("H1086", ("types",), bodies.shown(etk["types"])))
    if len(set(etk["brandCodes"])) > 1:
        raise Refusal(400, Fault("H1066" if mail else "Z429", ("brandCodes",)))
    identity: Identity = IDENTITIES[etk["recipientType"]]
    return ConsentQuestion(
        _number(body["formId"]),
        etk["brandCodes"][0],
        method,
        recipient(body["recipient"], "recipient", mail=mail),
        forms.bits(channels),
        identity.code,
    )


def typed_code(body: Mapping[str, Any]) -> TypedCode:
    """The body of a confirmation. Errors: Refusal 400."""
    check(body, {"requestId": str, "verificationType": str, "consentTypes": list}, ("recipient",))
    _method(body["verificationType"])
    parts = _parts(body["consentTypes"])
    if "KVK" in parts:
        _judge_notice(parts["KVK"])
    check(parts["ETK"], {"title": str, "otpCode": str})
    given = body.get("recipient", "")
    if not isinstance(given, str):
        raise Refusal(400, Fault("H1029", ("recipient",)))
    return TypedCode(body["requestId"], body["verificationType"], six_digits(parts["ETK"]["otpCode"]), given)


def six_digits(text: str) -> str:
    """A typing mistake costs no try. Errors: Refusal 400 H1024."""
    if not _OTP(text):
        raise Refusal(400, Fault("H1024", ("otpCode",)))
    return text


def asked_of(body: Mapping[str, Any]) -> tuple[Recipient, str]:
    """(recipient, KVK type) of a search. Errors: Refusal 400."""
    check(body, {"recipient": str, "type": str})
    if body["type"] not in KVK_TYPES:
        raise Refusal(400, Fault("H1085", ("type",), bodies.shown(body["type"])))
    return recipient(body["recipient"], "recipient", mail="@" in body["recipient"]), body["type"]


def recipient(text: str, field: str, *, mail: bool) -> Recipient:
    """Errors: Refusal 400 H1026 for a number, H1027 for an e-mail address."""
    code = "H1027" if mail else "H1026"
    try:
        return recipients.email(text) if mail else recipients.phone(text)
    except BadAddress:
        raise Refusal(400, Fault(code, (field,), bodies.shown(text))) from None


def check(body: Mapping[str, Any], needed: Mapping[str, type | tuple[type, ...]], more: Collection[str] = ()) -> None:
    """Errors: Refusal 400: H1025 for an unknown field, H1005 for a missing one, H1057 for an empty one, H1029 for one
    of another type. Never repeats a value, which may be personal."""
    faults = [Fault("H1025", one.location) for one in bodies.unknown(body, {*needed, *more})]
    for name, types in needed.items():
        if name not in body:
            faults.append(Fault("H1005", (name,)))
        elif body[name] is None or (isinstance(body[name], str) and not body[name].strip()):
            faults.append(Fault("H1057", (name,)))
        elif not isinstance(body[name], types) or isinstance(body[name], bool):
            faults.append(Fault("H1029", (name,)))
    _refuse(faults)


def _parts(given: list[Any]) -> dict[str, dict[str, Any]]:
    """The entries of ``consentTypes`` by title, ETK's always among them."""
    if not given:
        raise Refusal(400, Fault("H1010", ("consentTypes",)))
    found: dict[str, dict[str, Any]] = {}
    for one in given:
        if not isinstance(one, dict):
            raise Refusal(400, Fault("H1029", ("consentTypes",)))
        check({name: one[name] for name in ("title",) if name in one}, {"title": str})
        if one["title"] not in _TITLES:
            raise Refusal(400, Fault("H1013", ("title",), bodies.shown(one["title"])))
        if one["title"] in found:
            raise Refusal(400, Fault("H1060", ("title",), one["title"]))
        found[one["title"]] = one
    if "ETK" not in found:
        _judge_notice(found["KVK"])
        raise Refusal(400, Fault("Z428", ("consentTypes",)))
    return found


def _judge_notice(part: Mapping[str, Any]) -> None:
    """A notice is shown with the question, and has no code of its own. Errors: Refusal 400 Z426, Z427, Z428, and those
    of the field ``types``."""
    if part.get("personData") is not None:
        raise Refusal(400, Fault("Z426", ("personData",)))
    if "otpCode" in part:
        raise Refusal(400, Fault("Z428", ("otpCode",)))
    check(part, {"title": str, "types": list}, ("personData",))
    _refuse(_of_types(part["types"], KVK_TYPES))
    if set(part["types"]) - {NOTICE}:
        raise Refusal(400, Fault("Z427", ("types",)))


def _of_types(given: list[Any], known: Collection[str]) -> list[Fault]:
    strange = [one for one in given if not isinstance(one, str) or one not in known]
    if strange:
        return [Fault("H1085", ("types",), bodies.shown(strange[0]))]
    return [Fault("H1061", ("types",))] if len(set(given)) < len(given) else []


def _method(given: str) -> states.RequestMethod:
    if given == _BY_OPENING:
        raise Refusal(400, Fault("H1065", ("verificationType",), given, message=_NO_APPROVAL))
    if given not in METHODS:
        raise Refusal(400, Fault("H1012", ("verificationType",), bodies.shown(given)))
    return METHODS[given]


def _number(given: int | str) -> int:
    """The formId; one that is no number is of no form."""
    text = str(given)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else 0


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise Refusal(400, *faults)


def _depth(value: Any) -> int:
    """Levels of lists and objects; at most one more than the deepest that is taken."""
    level, depth = [value], 0
    while depth <= DEEPEST:
        nested = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        if not nested:
            break
        level, depth = [part for parts in nested for part in parts], depth + 1
    return depth
