"""What every call of the API passes: token, rights, limits, Idempotency-Key. A handler is ``async def name(call: Call)
-> Answer`` under ``@calls.of(...)`` and raises Refusal; providers/routes.py lists all calls with their rights."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from functools import partial, wraps
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from consents.brands import provider_states
from consents.brands.book import BrandEntry
from consents.brands.provider_states import BrandStanding, ProviderState
from consents.instants import HOUR, SECOND
from consents.keys import Keyring
from consents.languages import Sentence
from consents.registry import Registry
from consents.store import Snapshot, StoreUnavailable
from consents.terms import Channel
from providers.api import answers, call_facts, envelopes, idempotency, wire
from providers.api.answers import Answer, Fault, Refusal
from providers.api.call_facts import CallFacts
from providers.api.idempotency import RequestKey
from providers.api.rates import CallLimit, Counting, LimitReached, Rates
from providers.callers import api_users, call_log, stray_calls, token_store
from providers.callers.call_log import DoneCall
from providers.callers.partners import READ_LEVEL, WRITE_LEVEL
from providers.callers.program_keys import TEST_MARK
from providers.callers.token_store import Caller
from providers.callers.uses import Uses
from settings import Settings
from trust.pseudonyms import neighbourhood
from web import process
from web.guards import DECLARED

CHANNELS = tuple(channel.code for channel in Channel)
_CODE = re.compile(r"[0-9]{1,9}").fullmatch  # a number that a company or brand may have, and no telephone has
_NAMED = re.compile(r"/(?:[a-z0-9]{1,5}/)?(?:sps|via/sps)/([0-9]{1,9})(?:/|$)").search
_WRONG_WORDS = "v1", "v3", "api", "iys", "rest", "oauth", "auth", "consent", "results", "webhook"
_SMALL = 64_000  # bytes
_PATIENT = 20.0  # seconds: ten thousand rows take some of them on a slow disk


class Right(Enum):
    """A call's required right. A provider's program has every right over its brands, less what its key is limited to;
    partners those granted: READ and WRITE by channel, AGREEMENTS by brand, ASK and ASKED (to ask people, to read what
    became of it) by brand; OWNER is the provider's alone; ANYBODY needs a token only."""

    ANYBODY = "anybody"
    READ = "read"
    WRITE = "write"
    AGREEMENTS = "agreements"
    ASK = "ask"
    ASKED = "asked"
    OWNER = "owner"
    PARTNER = "partner"


class OpenTo(Enum):
    """For whom a call is open (İYS bars H520 paused, H521 closed). ACTIVE: neither; REFUSALS_READ: paused ones too,
    unless STRICT_IYS; ALL: every provider, the ledger bars each ONAY (``barred``)."""

    ACTIVE = "active"
    REFUSALS_READ = "refusals read"
    ALL = "all"


PARTNERS_ONLY, CLOSED = "H586", "H521"
_PARTNER_CLOSED = Sentence("İş ortağının hesabı kapatıldı. Ret bildirebilirsiniz; işletmeciye başvurun.")
_ELSEWHERE = Sentence("Bu kullanıcı bu ağdan çağrı yapamaz. Ağın izinli ağlara eklenmesini isteyin.")
_NOT_OF_KEY = Sentence("Bu anahtar bu markada yetkili değil. Panelde Programlar sayfasından markayı ekletin.")
_READS_ONLY = Sentence("Bu anahtar yalnız okur, kayıt bildiremez. Yazma yetkisi olan bir anahtar kullanın.")
TEST_KEY = Sentence(
    "Bu bir deneme anahtarı: yalnız /sandbox ile başlayan adreste geçer. Gerçek kayıt için gerçek bir anahtar kullanın."
)
_LEVELS = {Right.READ: READ_LEVEL, Right.WRITE: WRITE_LEVEL}
ASKING = frozenset({Right.ASK, Right.ASKED})


@dataclass
class Call:
    """One call; ``brand``: None where its path names none; ``state``: of the path's provider; ``barred``: İYS's code
    where no consent may be recorded; ``refusals_only``: the caller itself is barred, which the ledger does not know."""

    request: Request
    caller: Caller
    right: Right
    brand: BrandEntry | None = None
    state: ProviderState = ProviderState.ACTIVE
    barred: str = ""
    refusals_only: bool = False
    once: RequestKey | None = None
    facts: CallFacts = field(default_factory=CallFacts)

    @property
    def registry(self) -> Registry:
        registry = process.of(self.request).registry
        return registry

    @property
    def settings(self) -> Settings:
        settings = process.of(self.request).settings
        return settings

    @property
    def of_brand(self) -> BrandEntry:
        assert self.brand is not None
        return self.brand

    def may(self, *channels: int) -> None:
        """Errors: Refusal 403 H353 where a partner lacks the call's right on one of these channels (codes)."""
        if self.caller.partner is None or self.brand is None:
            return
        grant, level = self.caller.grants[self.brand.id], _LEVELS.get(self.right, READ_LEVEL)
        if any(grant.channels[channel] < level for channel in channels):
            raise Refusal(403, Fault("H353"))

    def readable(self) -> tuple[int, ...]:
        if self.caller.partner is None or self.brand is None:
            return CHANNELS
        levels = self.caller.grants[self.brand.id].channels
        return tuple(channel for channel in CHANNELS if levels[channel] >= READ_LEVEL)

    async def write(self, work: Callable[..., Answer], *arguments: Any) -> Answer:
        """Runs ``work(transaction, *arguments)`` durably, once for each Idempotency-Key."""
        registry = self.registry
        answer: Answer = await registry.store.write(idempotency.once, registry.keyring, self.once, work, *arguments)
        return answer

    async def write_apart(self, work: Callable[..., Answer], *arguments: Any) -> Answer:
        """``write`` in a thread, for work of more than some ms. Errors: StoreUnavailable after ``_PATIENT`` seconds,
        Unknown where the work has begun."""
        registry = self.registry
        given = idempotency.once, registry.keyring, self.once, work, *arguments
        return await asyncio.to_thread(partial(registry.store.write_now, *given, seconds=_PATIENT))

    async def read(self, query: Callable[..., Answer], *arguments: Any) -> Answer:
        """Runs ``query(snapshot, *arguments)``; under an Idempotency-Key the answer is kept."""
        if self.once is not None:
            return await self.write(query, *arguments)
        return await self.registry.store.read(query, *arguments)

    def number(self, name: str, code: str) -> int:
        """A whole number of the path. Errors: Refusal 422 with ``code``."""
        return _number(self.request, name, code)


Handler = Callable[[Call], Awaitable[Answer | Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def requires(
    right: Right,
    *,
    open_to: OpenTo = OpenTo.ACTIVE,
    hourly: str = "",
    code: str = "",
) -> Callable[[Handler], Endpoint]:
    """Makes a handler an endpoint that requires ``right``. ``hourly``: the setting that limits this call by the hour
    for each client, ``code``: İYS's for one too many."""

    def wrap(handler: Handler) -> Endpoint:
        @wraps(handler)
        async def endpoint(request: Request) -> Response:
            counting, proved = _counting(request, hourly, code), _Proved()
            try:
                try:
                    call = await _call(request, right, open_to, counting, proved)
                except LimitReached as reached:
                    async with _rates(request).delay(_client(request), reached):
                        await _prove(request, reached, proved)
                    counting = _counting(request, hourly, code)
                    call = await _call(request, right, open_to, counting, proved)
                answer = await _previous_response(call) or await handler(call)
            except Refusal as refusal:
                refusal = answers.spelled(refusal, request.url.path)
                refusal.headers = {**counting.headers(), **refusal.headers}
                if isinstance(refusal, LimitReached):
                    await _identify(request, proved)
                    await _read_small(request, proved)
                if proved.user is None and refusal.status == 401:
                    note_stray(request)
                _note(request, proved, refusal.status, refusal.faults)
                return answers.refused(refusal, request.url.path, answers.wished_language(request))
            except Exception as error:
                _note(request, proved, 503 if isinstance(error, StoreUnavailable) else 500)
                raise
            if isinstance(answer, Response):
                _note(request, proved, answer.status_code)
                answer.headers.update(counting.headers())
                return answer
            _note(request, proved, answer.status, code=answer.code)
            return answers.response(answer, counting.headers())

        endpoint.right, endpoint.open_to = right, open_to  # type: ignore[attr-defined]  # read by the matrix of rights
        return endpoint

    return wrap


@dataclass
class _Proved:
    """``user``: whose token it was, once known; internal id."""

    user: int | None = None
    facts: CallFacts = field(default_factory=CallFacts)


def _note(request: Request, proved: _Proved, status: int, faults: Sequence[Fault] = (), code: str = "") -> None:
    if proved.user is None:
        return
    keyring, facts, now = process.of(request).registry.keyring, proved.facts, process.of(request).registry.store.now()
    words = [*facts.words, *(call_facts.words(faults, request.path_params, now) if faults else ())]
    hashes = _digest(keyring, request), call_log.hashed(keyring, facts.request.lower().encode())
    code = faults[0].code if faults else code
    note_call(request, proved.user, status, code, words=words, items=facts.items, hashes=hashes)


def _digest(keyring: Keyring, request: Request) -> bytes:
    """Of path, query and body; b"" where nobody has read the body."""
    scope = request.scope
    body: bytes | None = getattr(request, "_body", None)  # as Starlette keeps it
    if body is None and request.method != "GET":
        return b""
    body = body or b""
    what = b"%b %b?%b\n%d\n" % (request.method.encode(), scope["path"].encode(), scope["query_string"], len(body))
    return call_log.hashed(keyring, what + body[: call_log.HASHED])


def note_call(
    request: Request,
    user: int,
    status: int,
    code: str = "",
    *,
    words: Sequence[str] = (),
    items: int | None = None,
    hashes: tuple[bytes, bytes] = (b"", b""),
) -> None:
    """Keeps a call of a proved user for its company to read (``call_log``)."""
    store, path = process.of(request).registry.store, _path(request)
    for name in (wire.COMPANY, wire.BRAND):
        if _CODE(given := str(request.path_params.get(name, ""))):
            path = path.replace(f"{{{name}}}", given)
    note = " ".join(words)[: call_facts.LONGEST]
    done = DoneCall(store.now(), request.method, path[: call_log.LONGEST_PATH], status, code, items, *hashes, note)
    call_log.add(store, user, done)


async def note_apart(request: Request, user: int, status: int, code: str) -> None:
    """Keeps a call that something before its handler answers. ``user``: internal id."""
    proved = _Proved(user)
    await _read_small(request, proved)
    _note(request, proved, status, code=code)


def _path(request: Request) -> str:
    """Of the route; of an unknown one without what may be an address: words of routes and codes of companies stay."""
    if (route := request.scope.get("route")) is not None:
        return str(getattr(route, "path", ""))
    known = {"", *_WRONG_WORDS}
    known.update(word for route in request.app.routes for word in str(getattr(route, "path", "")).split("/"))
    parts = [one if one in known or _CODE(one) else "{…}" for one in request.url.path.split("/")[1:9]]
    return "/" + "/".join(parts)


async def note_unknown_path(request: Request, status: int) -> None:
    """Keeps a call of a path or method that does not exist: of a key for its company, else as a stray one."""
    client, store = _client(request), process.of(request).registry.store
    signed = "authorization" in request.headers
    if status not in (404, 405) or not (signed or answers.is_api(request.url.path)):
        return
    caller = None
    if signed and _rates(request).may_identify(client, store.now()):
        with suppress(StoreUnavailable):
            caller = await store.read(_caller, request, store.now())
    if caller is None:
        note_stray(request, "path")
        return
    note_call(request, caller.user, status, "Z404" if status == 404 else "Z405", words=["unknown-path"])


def note_stray(request: Request, kind: str = "") -> None:
    """Counts a call that proved nothing for the provider whose number its path has (``stray_calls``)."""
    named = _NAMED(request.url.path)
    registry = process.of(request).registry
    kind = kind or stray_calls.kind_of_headers(request.headers)
    if named and kind and _rates(request).may_identify(_client(request), registry.store.now()):
        stray_calls.add(registry.store, int(named[1]), kind)


def _counting(request: Request, hourly: str, code: str) -> Counting:
    """Counts the call before its token is checked, so that guessing is limited too."""
    settings = process.of(request).settings
    limits = [CallLimit("second", settings.api_per_second, SECOND, "H124")]
    if hourly:
        limits.append(CallLimit(hourly, getattr(settings, hourly), HOUR, code))
    return _rates(request).begin(process.of(request).registry, _client(request), *limits)


def _rates(request: Request) -> Rates:
    rates: Rates = process.of(request).registry.store.own(Rates, Rates)
    return rates


def _client(request: Request) -> str:
    return neighbourhood(request.client.host if request.client else "")


async def _prove(request: Request, reached: LimitReached, proved: _Proved) -> None:
    """Errors: LimitReached without a good token: only an authenticated program may wait."""
    store = process.of(request).registry.store
    caller = await store.read(_caller, request, store.now())
    if caller is None:
        raise reached
    proved.user = caller.user


async def _identify(request: Request, proved: _Proved) -> None:
    """Whose call was one too many, for the call log; of a few a minute, so that a refused call costs less."""
    store = process.of(request).registry.store
    if proved.user is not None or not _rates(request).may_identify(_client(request), store.now()):
        return
    with suppress(StoreUnavailable):
        caller = await store.read(_caller, request, store.now())
        proved.user = caller and caller.user


async def _read_small(request: Request, proved: _Proved) -> None:
    """The body of a call too many of a proved user, so that the doctor knows whether it came again."""
    length = str(request.scope.get(DECLARED, ""))
    if proved.user is not None and length.isdecimal() and int(length[:9]) <= _SMALL:
        with suppress(ClientDisconnect, HTTPException):
            await request.body()


async def _call(request: Request, right: Right, open_to: OpenTo, counting: Counting, proved: _Proved) -> Call:
    """Errors: Refusal 401 H351, 403 H353, H363, H520 or H521, 422 H190 or H191, and 429."""
    counting.check()
    store = process.of(request).registry.store
    now = store.now()
    known = await store.read(_known, request, right, open_to, now, proved, first=counting.first)
    store.own(Uses, Uses).of(store, known.caller, now)
    call = Call(request, known.caller, right, known.brand, known.standing.provider, facts=proved.facts)
    by_caller = CLOSED if known.caller.closed else PARTNERS_ONLY if known.standing.partners_only else ""
    call.barred = known.standing.code or by_caller
    call.refusals_only = known.caller.closed or bool(by_caller and not known.standing.code)
    if request.method == "POST":
        call.once = await once_by(request, known.caller.user)
        if call.once is not None:
            call.facts.words.append("once")
    return call


class _Known(NamedTuple):
    caller: Caller
    brand: BrandEntry | None
    standing: BrandStanding


def _known(snapshot: Snapshot, request: Request, right: Right, open_to: OpenTo, now: int, proved: _Proved) -> _Known:
    caller = _caller(snapshot, request, now)
    if caller is None:
        raise _unknown(request)
    proved.user = caller.user
    check_network(request, caller.networks)
    if caller.test:
        raise Refusal(403, Fault("H353", message=TEST_KEY))
    strict = process.of(request).registry.policy.strict
    if caller.closed and (strict or open_to is not OpenTo.ALL or right is not Right.WRITE):
        raise closed_partner()
    brands = _brands(snapshot, request, caller, right, now)
    standing = _standing(snapshot, request, caller, right, open_to, brands)
    return _Known(caller, brands[0] if wire.BRAND in request.path_params else None, standing)


def _caller(snapshot: Snapshot, request: Request, now: int) -> Caller | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = scheme.lower() == "bearer" and token.isascii()
    return token_store.caller(snapshot, token.strip(), now) if bearer else None


def _standing(
    snapshot: Snapshot, request: Request, caller: Caller, right: Right, open_to: OpenTo, brands: Sequence[BrandEntry]
) -> BrandStanding:
    """What bars these brands of one provider. Errors: Refusal 403 H520, H521, H586, Z425."""
    if not brands:
        return BrandStanding(ProviderState.ACTIVE, brand_closed=False)
    standing = provider_states.of_brand(snapshot, brands[0].id)
    strict = process.of(request).registry.policy.strict
    heard = open_to is OpenTo.REFUSALS_READ and standing.provider is ProviderState.PAUSED and not strict
    if standing.provider.code and open_to is not OpenTo.ALL and not heard:
        raise Refusal(403, Fault(standing.provider.code))
    if caller.partner is not None:
        standing = standing._replace(partners_only=False)
    if standing.partners_only and open_to is OpenTo.ACTIVE:
        raise Refusal(403, Fault(PARTNERS_ONLY))
    if standing.brand_closed and right is Right.WRITE and open_to is not OpenTo.ALL:
        raise Refusal(403, Fault("Z425"))
    return standing


def barred(call: Call) -> Refusal:
    """403 for a consent that may not be recorded: by its caller, or by the state of its provider or brand."""
    return closed_partner() if call.caller.closed else Refusal(403, Fault(call.barred))


def closed_partner() -> Refusal:
    return Refusal(403, Fault(CLOSED, message=_PARTNER_CLOSED))


def check_network(request: Request, allowed: str | None) -> None:
    """Errors: Refusal 403 H363 where the user may not call from there."""
    if not api_users.admits(allowed, request.client.host if request.client else ""):
        raise Refusal(403, Fault("H363", message=_ELSEWHERE))


def _unknown(request: Request) -> Refusal:
    if request.headers.get("authorization", "").partition(" ")[2].startswith(TEST_MARK):
        return unauthorized(TEST_KEY)
    without = request.url.path.startswith(envelopes.VIA) and "authorization" not in request.headers
    return unauthorized(code="H1038" if without else "H351")


def unauthorized(message: Sentence | None = None, code: str = "H351") -> Refusal:
    return Refusal(401, Fault(code, message=message), headers={"www-authenticate": 'Bearer realm="izin"'})


async def once_by(request: Request, user: int) -> RequestKey | None:
    """The request's Idempotency-Key, if any. Errors: Refusal 400 Z423."""
    given = request.headers.get("idempotency-key")
    if given is None:
        return None
    body = await request.body()
    return idempotency.key(user, given, f"{request.url.path}?{request.url.query}\n".encode() + body)


async def _previous_response(call: Call) -> Answer | None:
    """The previous answer under the call's Idempotency-Key, before its body is judged; None without one. Errors:
    Refusal 422 Z422 where the key was used with another request."""
    if call.once is None:
        return None
    registry = call.registry
    answer: Answer | None = await registry.store.read(idempotency.previous_response, registry.keyring, call.once)
    return answer


def _brands(snapshot: Snapshot, request: Request, caller: Caller, right: Right, now: int) -> list[BrandEntry]:
    """The path's brand, or the brands of its provider, over which the caller has any right."""
    if right is Right.PARTNER:
        if caller.partner is None:
            raise Refusal(403, Fault("H522"))
        return []
    if wire.COMPANY not in request.path_params:
        _check_key(caller, right, request.method)
        return []
    company, brands = _number(request, wire.COMPANY, "H190"), process.of(request).registry.brands
    _check_key(caller, right, request.method)
    if wire.BRAND not in request.path_params:
        mine = [brand for brand in brands.book(snapshot, now).company(company) if may(caller, brand, right)]
        if not mine:
            raise _without(right, brands.book(snapshot, now).company(company), caller)
        return mine
    brand = brands.by_code(snapshot, _number(request, wire.BRAND, "H191"), now)
    if brand is None or brand.company_code != company or not may(caller, brand, right):
        own = brand is not None and brand.company == caller.provider and brand.company_code == company
        raise Refusal(403, Fault("H353", message=_NOT_OF_KEY if own else None))
    return [brand]


def _without(right: Right, brands: Sequence[BrandEntry], caller: Caller) -> Refusal:
    """H1104 for a partner that may do something with these brands, but not ask people."""
    some = any(brand.id in caller.grants for brand in brands)
    return Refusal(404, Fault("H1104")) if some and right in ASKING else Refusal(403, Fault("H353"))


def _check_key(caller: Caller, right: Right, method: str) -> None:
    """Errors: Refusal 403 H353 where the key only reads and the call changes something."""
    changes = right in (Right.WRITE, Right.ASK) or (right is Right.AGREEMENTS and method == "PUT")
    if caller.reads_only and changes:
        raise Refusal(403, Fault("H353", message=_READS_ONLY))


def may(caller: Caller, brand: BrandEntry, right: Right) -> bool:
    """Whether the caller has the right on any channel of the brand; ``Call.may`` checks each one."""
    if caller.partner is None:
        return brand.company == caller.provider and (caller.brands is None or brand.id in caller.brands)
    grant = caller.grants.get(brand.id)
    if grant is None or right is Right.OWNER:
        return False
    if right is Right.AGREEMENTS:
        return grant.agreements
    if right in ASKING:
        return grant.via
    return max(grant.channels) >= _LEVELS.get(right, READ_LEVEL)


def _number(request: Request, name: str, code: str) -> int:
    text = str(request.path_params[name])
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise Refusal(422, Fault(code, (name,), text[:200]))
    return int(text)
