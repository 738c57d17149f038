"""Request schemas. And the parts of all schemas (JSON Schema 2020-12, as OpenAPI 3.1 has it), by İYS's names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from providers.about.link_calls import MOST as MOST_LINKS
from providers.about.link_calls import MOST_MAILS
from providers.cases.case import MOST_DEALERS
from providers.cases.meanings import CHANNELS, IDENTITIES, SOURCES
from providers.dealers import dealer_form
from providers.dealers.dealer_form import FIELDS, LONGEST, STATUSES
from providers.disputes import evidence_fields
from providers.push import push_calls
from providers.via.questions import KVK_TYPES, METHODS, NOTICE

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
TIME: Schema = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
    "examples": ["2026-11-23 10:15:00"],
}
ADDRESS: Schema = {"type": "string", "examples": ["+905320000001", "ayse@example.com"]}
UUID: Schema = {"type": "string", "maxLength": 36, "examples": ["5980a44b-06f3-43c2-8b1a-b61bceb95fa0"]}
SIX_DIGITS: Schema = {"type": "string", "pattern": "^[0-9]{6}$", "examples": ["048213"]}
TAX_NUMBER: Schema = {"type": "string", "pattern": "^[1-9][0-9]{9,10}$", "examples": ["4540536920"]}
TEMPLATE: Schema = {"type": ["string", "integer"], "examples": ["600101"]}
DEALER_CODE: Schema = {"type": "integer", "minimum": 1, "maximum": 99_999_999}


def one_of(words: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(words)}


def list_of(of: Schema, most: int | None = None, least: int = 0) -> Schema:
    schema: Schema = {"type": "array", "items": of}
    if least:
        schema["minItems"] = least
    return schema if most is None else schema | {"maxItems": most}


def object_of(needed: str = "", /, **fields: Schema) -> Schema:
    """An object of these fields only; ``needed``: the required ones."""
    schema: Schema = {"type": "object", "properties": fields, "additionalProperties": False}
    return schema | {"required": needed.split()} if needed else schema


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


TYPE, KIND = one_of(CHANNELS), one_of(IDENTITIES)
KEY = {"recipient": ADDRESS, "recipientType": KIND, "type": TYPE}
PLACE = object_of("code name", code={"type": ["string", "integer"]}, name=TEXT)
DEALER = {name: PLACE if field.parts else TEXT for name, field in dealer_form.FIELDS.items() if name != "status"}


_DECLARED = {
    **KEY,
    "status": one_of(("ONAY", "RET")),
    "source": one_of(SOURCES),
    "consentDate": TIME,
    "retailerCode": DEALER_CODE,
    "retailerAccess": list_of(DEALER_CODE, MOST_DEALERS, 1),
}
# A TACIR's first record needs neither source nor date (H462, H463); without a recipientType it is a BIREYSEL's.
_OF_PERSON = object_of(
    "recipient type status source consentDate", **_DECLARED | {"recipientType": one_of(("BIREYSEL",))}
)
_OF_MERCHANT = object_of("recipient recipientType type status", **_DECLARED | {"recipientType": one_of(("TACIR",))})
_CONNECTION = object_of("url type username password", url=TEXT, type=TYPE, username=TEXT, password=TEXT)
_SECRET = {"type": "string", "pattern": "^whsec_[A-Za-z0-9+/]{32,86}={0,2}$"}
_WANTED = _CONNECTION | {"properties": _CONNECTION["properties"] | {push_calls.SIGN_FIELD: _SECRET}}
_MANY = {
    "type": TYPE,
    "recipientType": KIND,
    "recipients": list_of(ADDRESS, 100, 1),
}
_DEALERS = list_of(DEALER_CODE, MOST_DEALERS, 1)
TAKEN: dict[str, Schema] = {
    "Evidence": object_of(
        "",
        transactionId=TEXT,
        **KEY,
        **{name: TEXT | {"maxLength": most} for name, most in evidence_fields.LONGEST.items()},
    ),
    "TokenRequest": object_of(
        "grant_type",
        grant_type=one_of(("password", "refresh_token")),
        username=TEXT,
        password=TEXT,
        refresh_token=TEXT,
    ),
    "PersonConsent": _OF_PERSON,
    "MerchantConsent": _OF_MERCHANT,
    "Consent": object_of("recipient type status", **_DECLARED)
    | {"oneOf": [ref("PersonConsent"), ref("MerchantConsent")]},
    "Consents": list_of(ref("Consent"), 1000, 1),
    "Key": object_of("recipient recipientType type", **KEY),
    "Recipients": object_of("recipients", recipients=list_of(ADDRESS, 1000, 1)),
    "AccessOfOne": object_of("recipient recipientType type retailerAccess", **KEY, retailerAccess=_DEALERS),
    "AccessOfMany": object_of("type recipientType recipients retailerAccess", **_MANY, retailerAccess=_DEALERS),
    "Many": object_of("type recipientType recipients", **_MANY),
    "Dealer": object_of(
        " ".join(name for name, field in FIELDS.items() if field.missing),
        **{name: part | {"maxLength": LONGEST} if part is TEXT else part for name, part in DEALER.items()},
        status=one_of(STATUSES),
    ),
    "Agreement": object_of("agreementStatus", agreementStatus={"const": True}),
    "Connections": object_of("connection", connection=list_of(_WANTED, push_calls.MOST, 1)),
    "Connection": _CONNECTION,
    "MailLinks": object_of(
        "recipients",
        recipients=list_of(object_of("recipient recipientType", recipient=ADDRESS, recipientType=KIND), MOST_MAILS, 1),
    ),
    "ConsentQuestion": object_of(
        "formId recipient verificationType consentTypes",
        formId={"type": ["integer", "string"], "examples": [1]},
        recipient=ADDRESS,
        verificationType=one_of(METHODS),
        consentTypes=list_of(
            object_of(
                "title types",
                title=one_of(("ETK", "KVK")),
                brandCodes=list_of(WHOLE, 1, 1),
                types=list_of(one_of((*CHANNELS, NOTICE)), least=1) | {"examples": [["MESAJ", "ARAMA"]]},
                recipientType=KIND,
            ),
            2,
            1,
        ),
    ),
    "TypedCode": object_of(
        "requestId verificationType consentTypes",
        requestId=UUID,
        verificationType=one_of(METHODS),
        consentTypes=list_of(object_of("title otpCode", title=one_of(("ETK",)), otpCode=SIX_DIGITS), 1, 1),
        recipient=ADDRESS,
    ),
    "NoticeSearch": object_of("recipient type", recipient=ADDRESS, type=one_of(KVK_TYPES)),
    "PhoneProof": object_of("phoneNumber templateId vkn", phoneNumber=ADDRESS, templateId=TEMPLATE, vkn=TAX_NUMBER),
    "MailProof": object_of("email templateId vkn", email=ADDRESS, templateId=TEMPLATE, vkn=TAX_NUMBER),
    "ProofCode": object_of("otpCode requestId", otpCode=SIX_DIGITS, requestId=UUID),
    "ProofNumber": object_of("requestId", requestId=UUID),
    "ShortLinks": object_of(
        "links", links=list_of(object_of("recipient type", recipient=ADDRESS, type=TYPE), MOST_LINKS, 1)
    ),
}
