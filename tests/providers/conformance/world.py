"""A site on which the document's examples can be done: dealers, consents, a list, a push address, a day's report."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2

from consents.registry import Registry
from providers.consents import batches
from tests.conftest import Clock
from tests.providers.api.desk import CINAR, PARTNER, Desk, Program, brand, consent
from tests.providers.api.shops import add_shop, shop
from tests.providers.api.target import Target
from tests.providers.conformance.document import Operation, by_id

B = brand(CINAR)
DAY, NOW = "2026-11-24", "2026-11-25 09:00:00"  # the day that has a report; later than all that was recorded on it
_FIXED = {"consentDate": NOW, "mersis": "0123456789012345"}


class World:
    """``program``: the provider's, ``partner``: its integrator's; ``told`` is what the last list was answered with."""

    def __init__(self, registry: Registry, clock: Clock, target: Target, **env: str) -> None:
        self.desk, self.target = Desk(registry, clock, {"PUSH_PRIVATE": "1"} | env), target
        self.desk.grant(CINAR, (2, 2, 2), agreements=True)
        early = self.desk.program("cinar")
        self.dealers = [add_shop(early, number) for number in (1, 2)]
        for body in by_id()["batchConsentStatus"].bodies().values():
            for address in body["recipients"]:
                kind = "EPOSTA" if "@" in address else "MESAJ"
                self._keep(early, consent(recipient=address, type=kind))
        for number in (1, 2):
            self._keep(early, consent(number, retailerCode=self.dealers[0], retailerAccess=self.dealers))
        answer = early.post(f"{B}/consents/request", [consent(9), consent(10, status="RET")])
        self.request = answer.json()["requestId"]
        asyncio.run(batches.store_waiting(registry))
        clock.forward(days=1)
        self.program, self.partner = self.desk.program("cinar"), self.desk.program("partner")
        self.program.post(f"{B}/push/registration", {"connection": [target.connection("ARAMA")]})
        self.spare = add_shop(self.program, 3)

    def _keep(self, program: Program, body: dict[str, Any]) -> None:
        answer = program.post(f"{B}/consents", body)
        assert answer.status_code == 200, answer.text

    def parameters(self, operation: Operation) -> dict[str, Any]:
        """What stands in the path."""
        known = {
            "iysCode": CINAR,
            "brandCode": CINAR,
            "integratorCode": PARTNER,
            "recipientType": "BIREYSEL",
            "type": "MESAJ",
            "requestId": self.request,
            "reportDate": DAY,
            "code": 34,
            "retailerCode": self.spare,
        }
        return {name: value for name, value in known.items() if "{" + name + "}" in operation.path}

    def fitted(self, operation: Operation, body: Any) -> Any:
        """An example's body, with this registry's codes, dates and push address in it."""
        if isinstance(body, list):
            return [self.fitted(operation, part) for part in body]
        if not isinstance(body, dict):
            return body
        told = {name: self._fitted(operation, name, value) for name, value in body.items()}
        if operation.id == "createToken2" and "username" in told:
            told |= {"username": "cinar", "password": self.desk.passwords["cinar"]}
        if operation.id == "createToken2" and "refresh_token" in told:
            told["refresh_token"] = self.desk.program("cinar").tokens["refresh_token"]
        if operation.id == "pushUnregistration":
            told |= self.target.connection("ARAMA")
        if operation.id == "createRetailer" and "tckn" in told:
            told |= {"tckn": shop(5)["tckn"], "tin": shop()["tin"]}
        return told

    def _fitted(self, operation: Operation, name: str, value: Any) -> Any:
        if name == "retailerCode":
            return self.dealers[0]
        if name == "retailerAccess":
            return list(self.dealers)
        if name == "connection":
            return [self.target.connection("MESAJ")]
        return _FIXED[name] if name in _FIXED else self.fitted(operation, value)

    def send(
        self,
        operation: Operation,
        body: Any = None,
        path: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        program: Program | None = None,
    ) -> httpx2.Response:
        """One call; ``body`` as JSON, or as it is where it is bytes."""
        place = operation.path
        for name, value in (self.parameters(operation) | dict(path or {})).items():
            place = place.replace("{" + name + "}", str(value))
        caller = program or self.caller(operation)
        own = {"Authorization": f"Bearer {caller.tokens['access_token']}", "Content-Type": "application/json"}
        if isinstance(body, bytes):
            return caller.client.request(operation.method, place, content=body, params=query, headers=own)
        return caller.client.request(operation.method, place, json=body, params=query, headers=own)

    def caller(self, operation: Operation) -> Program:
        return self.partner if "integratorCode" in operation.path else self.program


@contextmanager
def world(registry: Registry, clock: Clock, **env: str) -> Iterator[World]:
    """A world, and its push address, for as long as a test needs it."""
    target = Target()
    try:
        made = World(registry, clock, target, **env)
        yield made
        made.desk.close()
    finally:
        target.close()
