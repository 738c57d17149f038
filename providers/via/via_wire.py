"""İYS's names and forms in what ViA answers (API document 3.2.0)."""

from __future__ import annotations

from typing import Any, NamedTuple

from asking.public import forms
from asking.public import request_states as states
from consents import dates, history
from consents.brands.book import BrandEntry
from consents.instants import SECOND
from consents.keys import Keyring
from consents.rules import ONAY
from consents.store import Snapshot
from consents.terms import Channel, Identity, Source
from providers.api import wire
from providers.via.asked_requests import CompanyRequest
from providers.via.questions import NOTICE
from web.iys_fields import CREATED, Field

SHOWN = "GOSTERILDI"  # of a notice: never ONAY, for nobody agrees to a notice (KVKK decision 2026/347)
_GIVEN, _NOT_GIVEN, _WAS_SHOWN = "Onay verildi", "Onay verilmedi", "Gösterildi"  # on the wire, not translated
_OPEN = "CONSENT_REQUESTED"
# (stage, status). REQUEST_OPENED and SHORT_URL_EXPIRED are not among them: they would show that a person opened a link.
_STATES = {
    states.RequestState.OPEN: (_OPEN, "PENDING"),
    states.RequestState.WRONG: (_OPEN, "OTP_CODE_INCORRECT"),
    states.RequestState.ANSWERED: ("COMPLETED", "SUCCESS"),
    states.RequestState.SPENT: ("COMPLETED", "OTP_CODE_INCORRECT"),
    states.RequestState.UNSENT: ("COMPLETED", "SMSMAIL_OUT_FAILURE"),
    states.RequestState.CANCELLED: ("ENQUEUE", "SYSTEM_FAILURE"),
}


class AnsweredChannel(NamedTuple):
    """A movement of an answer: its transactionId; ``at``: of recording, µs."""

    transaction: str
    channel: Channel
    status: int
    at: int


def ok(message: Any) -> dict[str, Any]:
    return {"message": message, "code": "OK"}


def started(public: str) -> dict[str, str]:
    return {wire.REQUEST: public}


def movements(snapshot: Snapshot, keyring: Keyring, act: int) -> list[AnsweredChannel]:
    past = history.act(snapshot, act)
    assert past is not None, f"act {act} is missing"
    return [
        AnsweredChannel(
            keyring.transaction_id(one.id, past.recorded_at),
            Channel.of(one.key.channel),
            one.word.status,
            past.recorded_at,
        )
        for one in history.events_of(snapshot, past)
    ]


def recorded(one: AnsweredChannel, brand: BrandEntry) -> dict[str, str]:
    return {
        wire.TRANSACTION: one.transaction,
        CREATED: dates.wire(one.at),
        Field.TYPE: str(one.channel),
        wire.BRAND: str(brand.code),
    }


def detail(snapshot: Snapshot, keyring: Keyring, found: CompanyRequest) -> dict[str, Any]:
    request = found.request
    by_channel = {one.channel: one for one in _answered(snapshot, keyring, found)}
    rows = [_row(found, channel, by_channel.get(channel)) for channel in forms.channels_in(request.channels)]
    if found.state is states.RequestState.ANSWERED:
        rows.append({"consentTypeChoice": NOTICE, "consentType": "KVK", "operationStatusMessage": _WAS_SHOWN})
    stage, status = _stage(found)
    return {
        **_head(found),
        "formId": str(request.form),
        "consentSource": request.method.name,
        "requestDate": f"{dates.wire(request.asked_at)}.{request.asked_at % SECOND // 1000:03}",
        "requestDetails": rows,
        "lastStatus": {"stage": stage, "status": status},
    }


def notice(found: CompanyRequest) -> dict[str, str]:
    """Of an answered question, which showed the notice."""
    ended = found.request.ended_at or 0
    when = str(ended // 1000)  # milliseconds as text, as the document has it
    return {**_head(found), Field.TYPE: NOTICE, Field.DATE: when, Field.STATUS: SHOWN}


def _head(found: CompanyRequest) -> dict[str, str]:
    request = found.request
    source = Source.IYS_EPOSTA if request.method in states.BY_MAIL else Source.IYS_KISAMESAJ
    head = {
        wire.REQUEST: request.public,
        Field.SOURCE: str(source),
        wire.COMPANY: str(found.brand.company_code),
        Field.IDENTITY: str(Identity.of(request.identity)),
    }
    # Of an erased person no address is left, so no request shows it before it was answered.
    return head | ({Field.RECIPIENT: request.address} if found.state is states.RequestState.ANSWERED else {})


def _answered(snapshot: Snapshot, keyring: Keyring, found: CompanyRequest) -> list[AnsweredChannel]:
    act = found.request.act
    return [] if act is None else movements(snapshot, keyring, act)


def _row(found: CompanyRequest, channel: Channel, one: AnsweredChannel | None) -> dict[str, str]:
    """A channel that was answered with no has its movement; one that was not answered has none."""
    given = one is not None and one.status == ONAY
    row = {
        wire.BRAND: str(found.brand.code),
        "consentTypeChoice": str(channel),
        "consentType": "ETK",
        "operationStatusMessage": _GIVEN if given else _NOT_GIVEN,
    }
    return row if one is None else row | {wire.TRANSACTION: one.transaction, Field.DATE: dates.wire(one.at)}


def _stage(found: CompanyRequest) -> tuple[str, str]:
    if found.state is states.RequestState.EXPIRED:
        return "COMPLETED", "LINK_CLICK_TIMEOUT" if found.link else "OTP_CODE_EXPIRED"
    return _STATES[found.state]
