"""Request schemas."""

from __future__ import annotations

from providers.about.link_calls import MOST as MOST_LINKS
from providers.about.link_calls import MOST_MAILS
from providers.cases.case import MOST_DEALERS
from providers.cases.meanings import SOURCES
from providers.dealers.dealer_form import FIELDS, LONGEST, STATUSES
from providers.openapi.parts import (
    ADDRESS,
    DEALER,
    DEALER_CODE,
    KEY,
    KIND,
    TEXT,
    TIME,
    TYPE,
    Schema,
    list_of,
    object_of,
    one_of,
    ref,
)
from providers.push import push_calls

_CONNECTION = object_of("url type username password", url=TEXT, type=TYPE, username=TEXT, password=TEXT)
_MANY = {
    "type": TYPE,
    "recipientType": KIND,
    "recipients": list_of(ADDRESS, 100, 1),
}
_DEALERS = list_of(DEALER_CODE, MOST_DEALERS, 1)
TAKEN: dict[str, Schema] = {
    "TokenRequest": object_of(
        "grant_type",
        grant_type=one_of(("password", "refresh_token")),
        username=TEXT,
        password=TEXT,
        refresh_token=TEXT,
    ),
    "Consent": object_of(
        "recipient type status",
        **KEY,
        status=one_of(("ONAY", "RET")),
        source=one_of(SOURCES),
        consentDate=TIME,
        retailerCode=DEALER_CODE,
        retailerAccess=_DEALERS,
    ),
    "Consents": list_of(ref("Consent"), 1000, 1),
    "Key": object_of("recipient recipientType type", **KEY),
    "Recipients": object_of("recipients", recipients=list_of(ADDRESS, 1000, 1)),
    "AccessOfOne": object_of("recipient recipientType type retailerAccess", **KEY, retailerAccess=_DEALERS),
    "AccessOfMany": object_of("type recipientType recipients retailerAccess", **_MANY, retailerAccess=_DEALERS),
    "Many": object_of("type recipientType recipients", **_MANY),
    "Dealer": object_of(
        " ".join(name for name, field in FIELDS.items() if field.empty),
        **{name: part | {"maxLength": LONGEST} if part is TEXT else part for name, part in DEALER.items()},
        status=one_of(STATUSES),
    ),
    "Agreement": object_of("agreementStatus", agreementStatus={"const": True}),
    "Connections": object_of("connection", connection=list_of(_CONNECTION, push_calls.MOST, 1)),
    "Connection": _CONNECTION,
    "MailLinks": object_of(
        "recipients",
        recipients=list_of(object_of("recipient recipientType", recipient=ADDRESS, recipientType=KIND), MOST_MAILS, 1),
    ),
    "ShortLinks": object_of(
        "links", links=list_of(object_of("recipient type", recipient=ADDRESS, type=TYPE), MOST_LINKS, 1)
    ),
}
