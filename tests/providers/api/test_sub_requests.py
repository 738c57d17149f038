"""What is written by hand for a list's 202: the same bytes as the library would write."""

from __future__ import annotations

import json
import uuid
from itertools import product
from typing import Any

import pytest

from consents import dates
from consents.people import recipients
from consents.terms import Channel, Identity, Source, Status
from providers.cases.case import Declared, Frame
from providers.consents import sub_requests, validation
from tests.providers.api.desk import consent

NOW = dates.iys("2026-11-24 12:00:00")
CREATED = "2026-11-24 12:00:00"
ADDRESSES = ("+905320000001", "+4915112345678", "a.b-c_d+e@posta.example.com", ".ayse@example.com")
FRAME = Frame(NOW, {})


@pytest.mark.parametrize(
    "request_id", [str(uuid.UUID(int=0)), str(uuid.UUID(int=2**128 - 1)), "8aff9053-8a18-4459-8c45-4182936ee0cc"]
)
def test_ids_of_items_are_those_of_rfc_9562(request_id: str) -> None:
    expected = [str(uuid.uuid5(uuid.UUID(request_id), str(place))) for place in range(1000)]
    assert sub_requests.names(request_id, 1000) == expected
    assert [sub_requests.name(request_id, place) for place in (0, 9, 10, 999)] == [expected[i] for i in (0, 9, 10, 999)]


def test_the_answer_to_a_list_is_what_json_would_write() -> None:
    request_id = str(uuid.uuid4())
    terms = product(ADDRESSES, Channel, Identity, (Status.ONAY, Status.RET), (None, Source.HS_WEB, Source.HS_2015))
    made = [
        Declared(recipients.parse(text).address, *(one.code for one in words), source.code if source else None, at)
        for text, *words, source in terms
        for at in (0, NOW)
    ]
    told = [as_iys_writes(request_id, place, item) for place, item in enumerate(made)]
    expected = json.dumps({"requestId": request_id, "subRequests": told}, separators=(",", ":"))
    assert sub_requests.accepted(sub_requests.draft(request_id, made), CREATED) == expected


@pytest.mark.slow
def test_what_is_plainly_good_is_judged_as_it_would_be_at_a_closer_look() -> None:
    plain = 0
    words = product(("ARAMA", "MESAJ", "EPOSTA", "FAX", 1), ("BIREYSEL", "TACIR", None), ("ONAY", "RET", []), DATES)
    for (kind, identity, status, date), source in product(words, (*map(str, Source), "", None)):
        body = consent(1, type=kind, recipientType=identity, status=status, consentDate=date, source=source)
        for address in (*ADDRESSES, "0532 000 00 01", "+905110000001", 5, None):
            said = {name: value for name, value in (body | {"recipient": address}).items() if value is not None}
            assert validation.judge(said, FRAME) == validation.closer(said, FRAME), said
            plain += validation.judge(said, FRAME).item is not None
    assert plain > 100


DATES = ("2026-11-23 10:15:00", "2015-10-25 03:30:00", "2014-01-01 10:00:00", "2026-11-24 12:00:01", "2026-1-1", 7)


def as_iys_writes(request_id: str, place: int, item: Declared) -> dict[str, Any]:
    told = {
        "subRequestId": str(uuid.uuid5(uuid.UUID(request_id), str(place))),
        "type": str(Channel.of(item.channel)),
        "recipient": item.address,
        "status": str(Status.of(item.status)),
        "recipientType": str(Identity.of(item.identity)),
        "creationDate": CREATED,
    }
    if item.source is not None:
        told["source"] = str(Source.of(item.source))
    if item.at:
        told["consentDate"] = dates.wire(item.at)
    return told
