"""Calls of İYS's API for one account: token, limits, counting, and the meaning of answers. One process speaks with İYS
(the lease), so the token in the database is its own. Errors: ``IysFault``, answered by İYS, and ``Unreachable``, with
an unknown outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import quote, urlencode

from consents.instants import HOUR, MINUTE, SECOND
from consents.registry import Registry
from consents.store import StoreUnavailable
from national.upstream import accounts, answer_classes, iys_messages
from national.upstream.accounts import IysAccount, IysToken
from national.upstream.answer_classes import HOUR_LIMITS, AnswerClass
from national.upstream.iys_messages import (
    Garbled,
    ItemAnswer,
    IysProblem,
    OutgoingWord,
    Page,
    RetailerPage,
    UnreadMovement,
    UpstreamMovement,
)
from national.upstream.transport import IysReply, Pace, SingleQueries, Sink, Transport, Unreachable

LONGEST = 15 * MINUTE  # until İYS is asked again
FIRST_WAITS = (5 * SECOND, 15 * SECOND)  # after the first requests that fail
PAGE = 1000  # movements of a page, consents of a list, recipients of a query
RETAILERS = 100  # dealers of a page (H186)
STEP = 2 * SECOND  # of İYS's clock against ours that is not believed at once: the way of an answer takes time
_FAILURES = (400, 401, 403, 404, 422)  # what counts as such (API document, success rate)


class IysFault(Exception):
    """An error answer. ``kind``: its class; ``problems``: its entries."""

    def __init__(self, status: int, problems: Sequence[IysProblem]) -> None:
        code = problems[0].code if problems else None
        super().__init__(f"{status} {code or ''}".strip())
        self.status, self.problems, self.code = status, list(problems), code
        self.kind = answer_classes.of_fault(status, code)
        self.at_sign_in = False


class Blocked(Exception):
    """Nothing may be sent for this account now; the text gives the reason."""


class SinglesSpent(Exception):
    """No more single queries within this hour; everything else goes on."""


def of_one(fault: Exception) -> bool:
    """Whether a fault is of one movement alone, not of every call of an account, or every write."""
    if isinstance(fault, Garbled):
        return isinstance(fault, UnreadMovement)
    return not isinstance(fault, IysFault | Unreachable | Blocked | SinglesSpent | StoreUnavailable)


class Measured(NamedTuple):
    requests: int = 0
    failures: int = 0


class IysClient:
    """One account's calls during one round; ``close_round`` stores its counts."""

    def __init__(
        self,
        registry: Registry,
        account: IysAccount,
        transport: Transport,
        pace: Pace,
        singles: SingleQueries | None = None,
    ) -> None:
        self.account = account
        self._registry, self._transport, self._pace = registry, transport, pace
        self._singles = singles or SingleQueries()
        self._count = Measured()
        self.offset = account.clock_offset

    @property
    def registry(self) -> Registry:
        return self._registry

    @property
    def now(self) -> int:
        """Our clock, µs."""
        return self._registry.store.now()

    @property
    def iys_now(self) -> int:
        """İYS's clock, as far as known, µs."""
        return self.now + self.offset

    # -- calls -------------------------------------------------------------------------------------------------

    async def brands(self) -> dict[int, str]:
        return iys_messages.brands((await self._call("GET", f"/sps/{self.account.iys_code}/brands")).body)

    async def send(self, brand: int, words: Sequence[OutgoingWord]) -> str:
        """Sends a list (v2: idempotent); its requestId."""
        path = f"/v2{self._of(brand)}/consents/request"
        return iys_messages.request_id((await self._call("POST", path, iys_messages.consents(words))).body)

    async def results(self, brand: int, request: str, size: int) -> list[ItemAnswer]:
        """The results of a list's entries; empty while İYS works on it."""
        reply = await self._call("GET", f"/v2{self._of(brand)}/consents/request/{quote(request, safe='')}")
        return iys_messages.results(reply.body, size)

    async def allowed(self, brand: int, identity: str, channel: str, addresses: Sequence[str]) -> set[str]:
        path = f"{self._of(brand)}/consents/{identity}/status/{channel}"
        return iys_messages.allowed((await self._call("POST", path, iys_messages.asked(addresses))).body)

    async def status(self, brand: int, address: str, channel: int, identity: int) -> UpstreamMovement | None:
        """İYS's state of one key; None where it has none. Errors: SinglesSpent after 1,000 an hour; UnreadMovement, the
        other keys go on."""
        asked = iys_messages.asked_one(address, channel, identity)
        if self._singles.spent(self.now):
            raise SinglesSpent
        self._singles.ask(self.now)
        try:
            reply = await self._call("POST", f"{self._of(brand)}/consents/status", asked)
        except IysFault as fault:  # the document has no answer for the unknown; integrators see these
            if fault.status == 404 and fault.kind is not AnswerClass.BLOCKED:
                return None
            if fault.code != "H086":
                raise
            self._singles.rest(self.now)
            raise SinglesSpent from None
        if reply.status == 204 or not reply.body.strip():
            return None
        parsed = iys_messages.read(reply.body)
        found = iys_messages.movement(parsed)
        if found is None and isinstance(parsed, dict) and "status" in parsed:
            raise UnreadMovement("status")
        return found

    async def changes(self, brand: int, side: str, after: str | None) -> Page | None:
        """The next page of a brand's movements; None where there is none."""
        query = {"source": side, "limit": str(PAGE)} | ({"after": after} if after else {})
        reply = await self._call("GET", f"{self._of(brand)}/consents/changes?{urlencode(query)}")
        return None if reply.status == 204 or not reply.body.strip() else iys_messages.page(reply.body)

    async def retailers(self, brand: int, offset: int) -> RetailerPage:
        query = urlencode({"offset": offset, "limit": RETAILERS})
        reply = await self._call("GET", f"{self._of(brand)}/retailers?{query}")
        if reply.status == 204 or not reply.body.strip():
            return RetailerPage([], 0, offset)
        return iys_messages.retailers(reply.body)

    async def day_hash(self, brand: int, day: date) -> str | None:
        reply = await self._call("GET", f"{self._of(brand)}/agreements/{iys_messages.day(day)}")
        return None if reply.status == 204 else iys_messages.day_hash(reply.body)

    async def day_file(self, brand: int, day: date, sink: Sink) -> None:
        await self._call("GET", f"{self._of(brand)}/changes/{iys_messages.day(day)}/file", sink=sink)

    async def agree(self, brand: int, day: date) -> None:
        await self._call("PUT", f"{self._of(brand)}/agreements/{iys_messages.day(day)}", iys_messages.agreed())

    async def register_push(self, brand: int, url: str) -> None:
        body = iys_messages.connections(url, str(self.account.iys_code), self.account.push_password)
        await self._call("POST", f"{self._of(brand)}/push/registration", body)

    async def close_round(self) -> None:
        """Stores the number of requests, and İYS's clock."""
        requests, failures = self._count
        self._count = Measured()
        if requests:
            write = self._registry.store.write
            await write(accounts.reached, self.account.id, requests, failures, self.offset)

    # -- how -----------------------------------------------------------------------------------------------------

    def _of(self, brand: int) -> str:
        return f"/sps/{self.account.iys_code}/brands/{brand}"

    async def _call(self, method: str, path: str, body: bytes | None = None, sink: Sink | None = None) -> IysReply:
        """One call with a token; an expired one is replaced once."""
        try:
            reply = await self._with_token(method, path, body, sink)
        except IysFault as fault:
            if fault.status != 401 or fault.at_sign_in:
                raise
            await self._forget_token()
            reply = await self._with_token(method, path, body, sink)
        await self._verify()
        return reply

    async def _verify(self) -> None:
        """Verifies the number once İYS has answered about it; the user that signs in may be another company's."""
        if self.account.verified_at is not None:
            return
        if not await self._registry.store.write(accounts.verify, self.account.id):
            await self._block(LONGEST, accounts.TAKEN)
            raise Blocked(accounts.TAKEN)
        self.account = self.account._replace(verified_at=self.now)

    async def _with_token(self, method: str, path: str, body: bytes | None, sink: Sink | None) -> IysReply:
        headers = {"Authorization": f"Bearer {await self._token()}", "Accept": "application/json, text/csv"}
        return await self._ask(method, path, headers, body, sink)

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None, sink: Sink | None = None
    ) -> IysReply:
        if self.account.blocked(self.now):
            raise Blocked(self.account.blocked_by or "blocked")
        await self._pace.turn()
        if body is not None:
            headers["Content-Type"] = "application/json"
        headers["User-Agent"] = "izin"
        before = self.now
        reply = await self._transport.ask(method, path, headers, body, sink)
        self._count = Measured(self._count.requests + 1, self._count.failures + (reply.status in _FAILURES))
        self._look_at_clock(reply, before)
        if 200 <= reply.status < 300:
            return reply
        fault = IysFault(reply.status, iys_messages.problems(reply.body))
        if fault.code in HOUR_LIMITS - {"H086", "H089"}:
            await self._block(HOUR, fault.code or "")
        raise fault

    def _look_at_clock(self, reply: IysReply, before: int) -> None:
        """A second either way is the resolution of the header field; more is a difference."""
        if reply.clock is not None and abs(self.now - before) < 5 * SECOND:
            ahead = reply.clock - (before + self.now) // 2
            self.offset = 0 if abs(ahead) < STEP else ahead

    async def _block(self, span: int, why: str) -> None:
        until = max(self.now + span, self.account.blocked_until)
        why = why if until == self.now + span else self.account.blocked_by or why
        self.account = self.account._replace(blocked_until=until, blocked_by=why)
        await self._registry.store.write(accounts.block, self.account.id, until, why)

    async def block_for(self, fault: IysFault) -> None:
        """Blocks the account, for a quarter of an hour where a person has to correct something."""
        await self._block(LONGEST, fault.code or str(fault.status))

    async def wait_for_iys(self, why: str, since: int, *, slower: bool = False) -> int:
        """Backs off: 5 seconds, then 15, then a minute, later a fourth of the time since ``since`` (µs); ``slower``:
        İYS asks for fewer requests, so a minute at once. For how long, µs."""
        failed_for = max(0, self.now - since)
        first = next((wait for wait in FIRST_WAITS if failed_for < wait), MINUTE)
        wait = MINUTE if slower else first
        span = min(max(failed_for // 4, wait), LONGEST)
        await self._block(span, why)
        return span

    async def unblock(self) -> None:
        if self.account.blocked_by is not None:
            self.account = self.account._replace(blocked_until=0, blocked_by=None)
            await self._registry.store.write(accounts.block, self.account.id, 0, None)

    async def _token(self) -> str:
        token, now = self.account.token, self.now
        if token is not None and now < token.good_until - accounts.SPARE:
            return token.access
        if token is not None and token.refresh and now < token.renewable_until - accounts.SPARE:
            try:
                return await self._signed_in(iys_messages.renew(token.refresh))
            except IysFault as fault:
                if fault.code in HOUR_LIMITS:
                    raise
        return await self._signed_in(iys_messages.sign_in(self.account.username, self.account.password))

    async def _signed_in(self, body: bytes) -> str:
        try:
            reply = await self._ask("POST", "/oauth2/token", {"Accept": "application/json"}, body)
        except IysFault as fault:
            fault.at_sign_in = True
            if fault.kind is AnswerClass.ESCALATE:  # a wrong password comes without a code
                fault.kind, fault.code = AnswerClass.BLOCKED, fault.code or "sign-in"
            raise
        access, refresh, seconds = iys_messages.token(reply.body)
        good_until = self.now + min(seconds, 86_400) * SECOND
        token = IysToken(access, refresh, good_until, good_until + min(seconds, 86_400) * SECOND)
        await self._keep(token)
        return access

    async def _forget_token(self) -> None:
        await self._keep(None)

    async def _keep(self, token: IysToken | None) -> None:
        self.account = self.account._replace(token=token)
        await self._registry.store.write(accounts.keep_token, self._registry.keyring, self.account.id, token)


__all__ = ["Blocked", "IysClient", "IysFault", "SinglesSpent", "Unreachable"]
