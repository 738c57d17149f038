"""The client: one user of the API, one provider, one brand."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self, cast

import httpx

from izin_client import errors
from izin_client.errors import ApiError, Fault
from izin_client.schemas import (
    ChangesListItem,
    Consent,
    DealerTold,
    HistoryListItem,
    Recorded,
    ResultsItem,
    Status,
    Tokens,
)
from izin_client.tokens import MemoryTokens, TokenPair, TokenStore

Channel = Literal["ARAMA", "MESAJ", "EPOSTA"]
Identity = Literal["BIREYSEL", "TACIR"]

MOST = 1000  # consents in a list, addresses in a query, movements on a page
_TURKEY = timezone(timedelta(hours=3))  # since 2016 without summer time
_AHEAD = 60  # seconds before its end at which a token is renewed
_PAGE = 100
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds between tries without a Retry-After
_TRY_AGAIN = {429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Rejected:
    """A consent of ``send_list`` that was not sent. ``index``: its place in the list that was given."""

    index: int
    faults: tuple[Fault, ...]


class ListRequest(NamedTuple):
    """A part that was accepted (202). ``indexes``: the places of its items in the list that was given."""

    request_id: str
    indexes: tuple[int, ...]


class SentList(NamedTuple):
    """Accepted is not stored: ``await_results`` has what came of each item."""

    requests: tuple[ListRequest, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class ItemResult:
    """``index``: place in the list that was given; ``stored``: False where ``code`` has the reason; None while the
    registry has not stored it yet."""

    index: int
    stored: bool | None
    transaction_id: str = ""
    code: str = ""
    message: str = ""


class ChangePage(NamedTuple):
    """``after``: save it once the movements are stored."""

    movements: list[ChangesListItem]
    after: str


def turkish_time(at: datetime) -> str:
    """As the API writes moments: Türkiye's wall clock. Errors: ValueError for a time without zone, whose hour nobody
    knows."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone: name it, as datetime.now(timezone.utc) does")
    return at.astimezone(_TURKEY).strftime("%Y-%m-%d %H:%M:%S")


class Izin:
    """``base_url``: of the registry, or of İYS. ``max_wait``: the most seconds that a call waits for one Retry-After;
    longer ones raise TooManyRequests (H084 is up to an hour: a program that answers people sets less). Thread-safe."""

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        *,
        iys_code: int,
        brand_code: int,
        tokens: TokenStore | None = None,
        tries: int = 6,
        max_wait: float = 3600,
        timeout: float = 30,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._user = username, password
        self._tokens: TokenStore = tokens or MemoryTokens()
        self._tries, self._max_wait, self._sleep = tries, max_wait, sleep
        self._http = httpx.Client(base_url=base_url, timeout=timeout, transport=transport)
        self._provider = f"/sps/{iys_code}"
        self._brand = f"{self._provider}/brands/{brand_code}"
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def add(self, consent: Consent, *, idempotency_key: str = "") -> Recorded:
        """Declares one consent or refusal; a repeat gets the first one's answer. Errors: ApiError."""
        return cast(Recorded, self.post(f"/v2{self._brand}/consents", consent, idempotency_key=idempotency_key))

    def send_list(self, consents: Sequence[Consent]) -> SentList:
        """Queues any number of consents, in parts of a thousand. One item of a wrong form refuses its whole part: the
        client sends the part again without it. Errors: ApiError; the parts before are queued then."""
        requests, rejected = list[ListRequest](), list[Rejected]()
        for first in range(0, len(consents), MOST):
            places = list(range(first, min(first + MOST, len(consents))))
            while places:
                try:
                    body = [consents[place] for place in places]
                    answer = self.post(f"/v2{self._brand}/consents/request", body)
                except ApiError as error:
                    wrong = _wrong_items(error, places)
                    if not wrong:
                        raise
                    rejected += wrong
                    gone = {one.index for one in wrong}
                    places = [place for place in places if place not in gone]
                else:
                    requests.append(ListRequest(answer["requestId"], tuple(places)))
                    break
        return SentList(tuple(requests), tuple(rejected))

    def await_results(self, sent: SentList, *, timeout: float = 600, pause: float = 1) -> list[ItemResult]:
        """What came of each item, by ``index``; those of ``rejected`` too. Waits between two questions, longer each
        time. Items that are not stored after ``timeout`` seconds have ``stored`` None: ask again later."""
        found = {one.index: _of_rejected(one) for one in sent.rejected}
        end = time.monotonic() + timeout
        for request in sent.requests:
            wait = pause
            while True:
                results = self.results(request)
                left = end - time.monotonic()
                if all(one.stored is not None for one in results) or left <= 0:
                    break
                self._sleep(min(wait, left))
                wait = min(wait * 2, 60)
            found |= {one.index: one for one in results}
        return [found[place] for place in sorted(found)]

    def results(self, request: ListRequest) -> list[ItemResult]:
        """The results of one part as they are now."""
        answer = self.get(f"/v2{self._brand}/consents/request/{request.request_id}")
        by_place = {one["index"]: one for one in cast(list[ResultsItem], answer)}
        return [_result(place, by_place.get(step)) for step, place in enumerate(request.indexes)]

    def status(self, recipient: str, channel: Channel, identity: Identity = "BIREYSEL") -> Status:
        """Empty for a recipient without a record, which has no consent."""
        key = {"recipient": recipient, "type": channel, "recipientType": identity}
        return cast(Status, self.post(f"{self._brand}/consents/status", key))

    def approved(self, recipients: Iterable[str], channel: Channel, identity: Identity = "BIREYSEL") -> set[str]:
        """Those with ONAY, as they were given. Send nothing to the others."""
        given, found = list(recipients), set[str]()
        for first in range(0, len(given), MOST):
            body = {"recipients": given[first : first + MOST]}
            found |= set(self.post(f"{self._brand}/consents/{identity}/status/{channel}", body)["list"])
        return found

    def history(self, recipient: str, channel: Channel, identity: Identity = "BIREYSEL") -> Iterator[HistoryListItem]:
        """The movements of one consent, the newest first."""
        key = {"recipient": recipient, "type": channel, "recipientType": identity}
        return self._paged(lambda query: self.post(f"{self._brand}/consents/history", key, query=query))

    def dealers(self) -> Iterator[DealerTold]:
        return self._paged(lambda query: self.get(f"{self._brand}/retailers", {**query, "all": "true"}))

    def changes(
        self, after: str | None = None, *, source: Literal["IYS", "HS"] = "IYS", limit: int = MOST
    ) -> Iterator[ChangePage]:
        """Pages of movements from a cursor on, the oldest first, until there is nothing new. Store a page's movements,
        then save its ``after``, then take the next one: asking on proves that you have the page."""
        while True:
            query = {"source": source, "limit": str(limit)} | ({} if after is None else {"after": after})
            answer = self.get(f"{self._brand}/consents/changes", query)
            if answer is None or not answer["list"]:
                return
            after = answer["after"]
            yield ChangePage(answer["list"], after)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Any GET of the API; None for 204. Errors: ApiError."""
        return self._call("GET", path, None, query, {})

    def post(self, path: str, body: Any, *, query: Mapping[str, str] | None = None, idempotency_key: str = "") -> Any:
        """Any POST. Every try bears the same Idempotency-Key, so a repeat after a lost answer does nothing again. Give
        a key of your own where a repeat may come from a later run of your program. Errors: ApiError."""
        return self._call("POST", path, body, query, {"idempotency-key": idempotency_key or str(uuid.uuid4())})

    def put(self, path: str, body: Any, query: Mapping[str, str] | None = None) -> Any:
        """Any PUT, which may be repeated as it is. Errors: ApiError."""
        return self._call("PUT", path, body, query, {})

    def _paged(self, ask: Callable[[dict[str, str]], Any]) -> Iterator[Any]:
        offset = 0
        while True:
            answer = ask({"offset": str(offset), "limit": str(_PAGE)})
            yield from answer["list"]
            offset += len(answer["list"])
            if not answer["list"] or offset >= answer["pagination"]["totalCount"]:
                return

    def _call(self, method: str, path: str, body: Any, query: Mapping[str, str] | None, headers: dict[str, str]) -> Any:
        renewed = False
        while True:
            token = self._token()
            try:
                return self._tried(method, path, body, query, headers | {"authorization": f"Bearer {token}"})
            except ApiError as error:
                if error.status != 401 or renewed:
                    raise
                renewed = True  # the token was ended before its time: once with a new one
                self._forget(token)

    def _token(self) -> str:
        with self._lock:
            pair, now = self._tokens.load(), time.time()
            if pair is not None and now < pair.access_until - _AHEAD:
                return pair.access
            fresh = self._renewed(pair, now) or self._signed_in(now)
            self._tokens.save(fresh)
            return fresh.access

    def _forget(self, token: str) -> None:
        with self._lock:
            pair = self._tokens.load()
            if pair is not None and pair.access == token:
                self._tokens.save(pair._replace(access_until=0.0))

    def _renewed(self, pair: TokenPair | None, now: float) -> TokenPair | None:
        """None where the refresh token is spent or ended, so that the password has to do it."""
        if pair is None or now >= pair.refresh_until - _AHEAD:
            return None
        try:
            return self._take_tokens({"grant_type": "refresh_token", "refresh_token": pair.refresh}, now)
        except ApiError as error:
            if error.status != 400:
                raise
            return None

    def _signed_in(self, now: float) -> TokenPair:
        username, password = self._user
        try:
            return self._take_tokens({"grant_type": "password", "username": username, "password": password}, now)
        except ApiError as error:
            if error.status == 400:
                raise errors.Unauthorized(error.status, error.faults, None, error.request_id) from None
            raise

    def _take_tokens(self, fields: dict[str, str], now: float) -> TokenPair:
        # The key makes a repeat safe: a refresh token that is used twice would end all tokens of its password.
        answer: Tokens = self._tried("POST", "/oauth2/token", fields, None, {"idempotency-key": str(uuid.uuid4())})
        return TokenPair(
            answer["access_token"],
            answer["refresh_token"],
            now + answer["expires_in"],
            now + answer["refresh_expires_in"],
        )

    def _tried(
        self, method: str, path: str, body: Any, query: Mapping[str, str] | None, headers: dict[str, str]
    ) -> Any:
        """The content of a good answer; tries again what may be repeated: a GET, and a POST under its key."""
        pause = _FIRST_PAUSE
        for left in range(self._tries - 1, -1, -1):
            try:
                answer = self._http.request(method, path, json=body, params=query, headers=headers)
            except httpx.TransportError:
                if not left:
                    raise
                self._sleep(_jittered(pause))
            else:
                if answer.status_code < 400:
                    return answer.json() if answer.content else None
                error = errors.read(answer.status_code, answer.content, answer.headers)
                wait = _jittered(pause) if error.retry_after is None else error.retry_after + _jittered(1)
                if not left or answer.status_code not in _TRY_AGAIN or (error.retry_after or 0) > self._max_wait:
                    raise error
                self._sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE)
        raise AssertionError("no try was made")


def _jittered(pause: float) -> float:
    """Programs that failed together must not come back together."""
    return pause * (0.5 + random.random())  # noqa: S311


def _wrong_items(error: ApiError, places: Sequence[int]) -> list[Rejected]:
    """The items that a refused list has to lose; none where the refusal is not about items alone."""
    if error.status not in (403, 422) or any(one.index is None for one in error.faults):
        return []
    by_index: dict[int, list[Fault]] = {}
    for one in error.faults:
        if one.index is not None and one.index < len(places):
            by_index.setdefault(one.index, []).append(one)
    return [Rejected(places[index], tuple(faults)) for index, faults in sorted(by_index.items())]


def _of_rejected(one: Rejected) -> ItemResult:
    return ItemResult(one.index, False, "", one.faults[0].code, one.faults[0].message)


def _result(place: int, item: ResultsItem | None) -> ItemResult:
    if item is None or item["status"] == "enqueue":
        return ItemResult(place, None)
    if item["status"] == "success":
        return ItemResult(place, True, item.get("transactionId", ""))
    error = item.get("error") or {"code": "", "message": ""}
    return ItemResult(place, False, "", error["code"], error["message"])
