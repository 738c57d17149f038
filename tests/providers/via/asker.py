"""Çınar's program at a site with forms: it asks people, and a test reads what they got."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import httpx2

from asking import forms
from asking.forms import FormTexts
from consents.brands import brand_changes, companies
from consents.brands.company_changes import Why
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Channel, Identity
from gateways.carrier import OutgoingMessage
from gateways.outbox import delivery, outbox
from tests.conftest import Clock
from tests.providers.api.desk import CINAR, Desk, Program

AYSE, MEHMET, MAIL = "+905320000001", "+905320000002", "ayse@example.com"
NOTICE = "https://cinar.example/aydinlatma"
VKN = "4540536920"


class Moody:
    """A carrier that refuses some numbers."""

    def __init__(self, refused: Mapping[str, Exception]) -> None:
        self.refused = refused

    async def send(self, message: OutgoingMessage) -> str:
        for end, fault in self.refused.items():
            if message.to.endswith(end.lstrip("_")):
                raise fault
        return "moody-1"


class Asker:
    """``form``, ``mail_form``: of SMS and calls, and of e-mail."""

    def __init__(self, registry: Registry, clock: Clock, **env: str) -> None:
        self.registry, self.clock = registry, clock
        self.desk = Desk(registry, clock, env)
        self.program: Program = self.desk.program("cinar")
        # Without a name a message names the brand's code, six digits.
        registry.store.write_now(brand_changes.set_names, CINAR, ["CINAR"], Why(registry.keyring, "a test"))
        self.form = self.publish(CINAR, Channel.ARAMA, Channel.MESAJ)
        self.mail_form = self.publish(CINAR, Channel.EPOSTA)

    def publish(self, brand: int, *channels: Channel, submit: bool = True) -> int:
        return self.registry.store.write_now(_publish, brand, channels, submit)

    def post(self, path: str, body: Any, company: int = CINAR, **headers: str) -> httpx2.Response:
        return self.program.post(f"/via/sps/{company}{path}", body, **headers)

    def get(self, path: str, company: int = CINAR) -> httpx2.Response:
        return self.program.get(f"/via/sps/{company}{path}")

    def otp(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """A call of ViA Pass."""
        return self.program.call("GET" if body is None else "POST", f"/otp-management/api/v1{path}", body, **headers)

    def ask(self, to: str = AYSE, method: str = "SMS_OTP", *types: str, **etk: Any) -> str:
        """The requestId of a started question."""
        answer = self.post("/consent", self.question(to, method, *types, **etk))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["message"]["requestId"])

    def question(self, to: str = AYSE, method: str = "SMS_OTP", *types: str, **etk: Any) -> dict[str, Any]:
        mail = method.startswith("EPOSTA")
        wanted = list(types) or ["EPOSTA" if mail else "MESAJ"]
        part = {"title": "ETK", "brandCodes": [CINAR], "types": wanted, "recipientType": "BIREYSEL"} | etk
        form = self.mail_form if mail else self.form
        return {"formId": form, "recipient": to, "verificationType": method, "consentTypes": [part]}

    def type(self, request: str, digits: str, method: str = "SMS_OTP", **more: Any) -> httpx2.Response:
        """Reports the code of a question."""
        part = {"title": "ETK", "otpCode": digits}
        return self.post(
            "/confirmation", {"requestId": request, "verificationType": method, "consentTypes": [part]} | more
        )

    def prove(self, to: str = AYSE, kind: str = "sms", way: str = "") -> str:
        """The requestId of a started verification."""
        answer = self.otp(f"/{CINAR}/{kind}/start{way}", self.proof(to))
        assert answer.status_code == 200, answer.text
        data = answer.json()["data"]
        return str((data[0] if way else data)["requestId"])

    def proof(self, to: str = AYSE) -> dict[str, Any]:
        return {"email" if "@" in to else "phoneNumber": to, "templateId": str(CINAR), "vkn": VKN}

    def state(self, request: str) -> tuple[str, str]:
        answer = self.get(f"/consent/request/{request}")
        assert answer.status_code == 200, answer.text
        last = answer.json()["message"]["lastStatus"]
        return last["stage"], last["status"]

    def messages(self, to: str = AYSE) -> list[str]:
        """What was sent to this address, the newest first."""
        found = self.registry.store.read_now(outbox.readable, self.registry.keyring, 50)
        return [one.text for one in found if one.to == to]

    def digits(self, to: str = AYSE) -> str:
        found = re.search(r"(?<!\d)(\d{6})(?!\d)", self.messages(to)[0])
        assert found is not None, self.messages(to)
        return found[1]

    def wrong(self, to: str = AYSE) -> str:
        return f"{(int(self.digits(to)) + 1) % 10**6:06}"

    def deliver(self, **refused: Exception) -> None:
        """A turn of the worker. ``refused``: what the carrier raises for the numbers that end so."""
        asyncio.run(delivery.deliver(self.registry, "sms", Moody(refused)))

    def status(self, channel: str = "MESAJ", to: str = AYSE) -> str | None:
        key = {"recipient": to, "type": channel, "recipientType": "BIREYSEL"}
        answer = self.program.post(f"/sps/{CINAR}/brands/{CINAR}/consents/status", key)
        found: str | None = answer.json().get("status")
        return found

    def close(self) -> None:
        self.desk.close()


def _publish(transaction: Transaction, brand: int, channels: tuple[Channel, ...], submit: bool) -> int:
    known = companies.known_brand(transaction, brand)
    assert known is not None
    form = forms.make(transaction, known.id)
    texts = FormTexts("Çınar", forms.bits(channels), Identity.BIREYSEL.code, "Haftada bir indirim.", NOTICE)
    number = forms.draft(transaction, form, texts)
    if submit:
        assert forms.submit(transaction, form, number)
        assert forms.publish(transaction, form, number)
    return form
