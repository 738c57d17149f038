"""``POST /oauth2/token``: an access token for a password or a refresh token (İYS API document; RFC 6749, 4.3 and 6)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from consents.instants import HOUR
from consents.keys import Keyring
from consents.languages import catalogue, form_of, in_all, mark
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from providers.api import answers, bodies, endpoint, idempotency
from providers.api.answers import Answer, Fault, Refusal
from providers.api.idempotency import RequestKey
from providers.api.rates import CallLimit, Rates
from providers.callers import passwords, program_keys, stray_calls, token_store
from providers.callers.passwords import HashingPool, TooBusy
from providers.callers.program_keys import ProgramKey
from providers.callers.token_store import ACCESS, REFRESH, Tokens
from trust.pseudonyms import neighbourhood
from web import process

_INVALID_REQUEST, _INVALID_GRANT = "invalid_request", "invalid_grant"
_NOBODY = mark("Kullanıcı kimlik bilgileri geçersiz.")
_NO_REFRESH = mark("Yenileme jetonu geçersiz ya da süresi dolmuş.")
_NEEDED = {"password": ("username", "password"), "refresh_token": ("refresh_token",)}
# Field -> descriptions of a missing, an empty and another value, as in the document's examples.
_FIELDS = {
    "grant_type": (
        mark("Giriş yöntemi belirtilmemiş."),
        mark("Giriş yöntemi boş olamaz."),
        mark("Bilinmeyen giriş yöntemi."),
    ),
    "username": (
        mark("Kullanıcı adı verilmemiş."),
        mark("Kullanıcı adı boş bırakılamaz."),
        mark("Desteklenmeyen kullanıcı adı türü."),
    ),
    "password": (mark("Şifre verilmemiş."), mark("Şifre boş bırakılamaz."), mark("Desteklenmeyen şifre türü.")),
    "refresh_token": (
        mark("Yenileme jetonu verilmemiş."),
        mark("Yenileme jetonu boş olamaz."),
        mark("Desteklenmeyen yenileme jetonu türü."),
    ),
}


class _Wrong(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description
        self.answer = Answer(400, {"error": error, "error_description": description})  # Turkish alone, as at İYS

    def worded(self, language: str) -> Answer:
        """The answer in this language; "": as İYS words it."""
        text = catalogue(language).gettext(form_of(self.description, language)) if language else self.description
        return Answer(400, {"error": self.error, "error_description": text})


async def issue(request: Request) -> Response:
    """A pair of tokens; 400 in OAuth's shape, 403 H363 from another network, 429 H084 too often, 429 H123 too much at
    once, 503 H123 where all clients ask too much."""
    settings, registry = process.of(request).settings, process.of(request).registry
    client, language = neighbourhood(request.client.host if request.client else ""), answers.wished_language(request)
    limit = CallLimit("token", settings.api_tokens_per_hour, HOUR, "H084")
    counting = registry.store.own(Rates, Rates).begin(registry, client, limit)
    try:
        counting.check()
        if counting.first is not None:
            await registry.store.read(_nothing, first=counting.first)
        answer = await _answer(request, registry, await _fields(request))
    except _Wrong as wrong:
        return answers.response(wrong.worded(language), counting.headers())
    except TooBusy as busy:
        refusal = Refusal(429 if busy.own else 503, Fault("H123"))
        refusal.headers = {**counting.headers(), **passwords.RETRY}
        return answers.refused(refusal, language=language)
    except Refusal as refusal:
        refusal.headers = {**counting.headers(), **refusal.headers}
        return answers.refused(refusal, language=language)
    return answers.response(answer, counting.headers())


async def grant(request: Request) -> Mapping[str, str] | Response:
    """The fields of a well-formed request for tokens (``grant_type`` with ``username`` and ``password``, or with
    ``refresh_token``), or the answer to another."""
    try:
        fields = await _fields(request)
        kind = _text(fields, "grant_type")
        if kind not in _NEEDED:
            raise _Wrong(_INVALID_REQUEST, _FIELDS["grant_type"][2])
        return {"grant_type": kind, **{name: _text(fields, name) for name in _NEEDED[kind]}}
    except _Wrong as wrong:
        return answers.response(wrong.worded(answers.wished_language(request)))


def refused(language: str, description: str = _NOBODY) -> Response:
    """The answer to credentials that do not fit."""
    return answers.response(_Wrong(_INVALID_REQUEST, description).worded(language))


def matches(password: str, key: ProgramKey | None) -> bool:
    """Whether it is the key's password; constant time also for an unknown user (None)."""
    return passwords.matches(password, _nobody() if key is None else key.password)


def _nothing(_: Snapshot) -> None:
    """The query where only counting matters."""


async def _fields(request: Request) -> Mapping[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    await request.body()  # kept, so that it can be read once more for its hash
    if kind == "application/x-www-form-urlencoded":
        return dict(await request.form())
    try:
        body = await bodies.read(request)
    except Refusal:
        body = None
    if not isinstance(body, dict):
        raise _Wrong(_INVALID_REQUEST, in_all("Gövde geçerli JSON değil"))
    return body


async def _answer(request: Request, registry: Registry, fields: Mapping[str, Any]) -> Answer:
    """A pair, once for each Idempotency-Key. Only a hash of the request is stored: passwords and tokens have 192 random
    bits."""
    grant = _text(fields, "grant_type")
    if grant == "refresh_token":
        token = _text(fields, "refresh_token")
        user = await registry.store.read(token_store.holder, token)
        await _check_network(request, registry, user)
        once = None if user is None else await endpoint.once_by(request, user)
        fresh = await registry.store.write(_once, registry.keyring, once, False, token_store.refresh, token)
        if fresh is None or user is None:
            if user is not None:
                endpoint.note_call(request, user, 400, words=["grant=refresh"])
            raise _Wrong(_INVALID_GRANT, _NO_REFRESH)
        endpoint.note_call(request, user, fresh.status, words=["grant=refresh"])
        return fresh
    if grant != "password":
        _note_claimed(request, registry, fields)
        raise _Wrong(_INVALID_REQUEST, _FIELDS["grant_type"][2])
    proven = await _user(request, registry, _text(fields, "username"), _text(fields, "password"))
    await _check_network(request, registry, proven[0])
    once = await endpoint.once_by(request, proven[0])
    answer = await registry.store.write(_once, registry.keyring, once, True, token_store.sign_in, proven)
    if answer is None:
        raise _Wrong(_INVALID_REQUEST, _NOBODY)
    endpoint.note_call(request, proven[0], answer.status, words=["grant=password"])
    return answer


def _note_claimed(request: Request, registry: Registry, fields: Mapping[str, Any]) -> None:
    """Counts a sign-in by another grant for the key that it names, which proves nothing."""
    named = fields.get("client_id") or fields.get("username") or stray_calls.key_named(request.headers)
    client = neighbourhood(request.client.host if request.client else "")
    rates = registry.store.own(Rates, Rates)
    fits = isinstance(named, str) and 0 < len(named) <= 100 and "\0" not in named
    if fits and rates.may_identify(client, registry.store.now()):
        stray_calls.add(registry.store, str(named), "client-credentials")


async def _check_network(request: Request, registry: Registry, user: int | None) -> None:
    """Errors: Refusal 403 H363; only after the user has proved to be itself."""
    if user is None:
        return
    try:
        endpoint.check_network(request, await registry.store.read(token_store.networks_of, user))
    except Refusal as refusal:
        endpoint.note_call(request, user, refusal.status, refusal.faults[0].code)
        raise


async def _user(request: Request, registry: Registry, username: str, password: str) -> tuple[int, str]:
    """The password's user, and its hash. Errors: TooBusy."""
    found = await registry.store.read(program_keys.named, username)
    pool, ip = registry.store.own(HashingPool, HashingPool), request.client.host if request.client else ""
    if not await pool.for_client(ip, matches, password, found) or found is None:
        raise _Wrong(_INVALID_REQUEST, _NOBODY)
    if found.test:
        raise _Wrong(_INVALID_REQUEST, endpoint.TEST_KEY.text())
    return found.id, found.password


def _once(
    transaction: Transaction,
    keyring: Keyring,
    once: RequestKey | None,
    again: bool,
    work: Callable[[Transaction, Any], Tokens | None],
    argument: Any,
) -> Answer | None:
    """The pair issued under this key while it can be renewed; else a new one, or None. Not ``idempotency.once``: pairs
    end, and a spent token ends its family for good, except for the very request that spent it, repeated under its key.
    ``again``: the request has a password, which gets another pair then."""
    previous = None if once is None else idempotency.previous_response(transaction, keyring, once)
    if previous is not None:
        pair = Tokens(previous.content["access_token"], previous.content["refresh_token"])
        access, refresh = token_store.left(transaction, pair, transaction.now)
        if refresh and (access or not again):
            return Answer(200, _token_content(pair, access, refresh))
        if not again:
            return None
    tokens = work(transaction, argument)
    if tokens is None:
        return None
    answer = Answer(200, _token_content(tokens, ACCESS, REFRESH))
    if once is not None:
        idempotency.keep(transaction, keyring, once, answer)
    return answer


@cache
def _nobody() -> str:
    """The hash for unknown users, so that both take as long; made once, in 0.1 s."""
    return passwords.hashed(secrets.token_urlsafe(24))


def _text(fields: Mapping[str, Any], name: str) -> str:
    missing, empty, other = _FIELDS[name]
    value = fields.get(name)
    if value is None:
        raise _Wrong(_INVALID_REQUEST, missing)
    if value == "":
        raise _Wrong(_INVALID_GRANT, empty)
    if not isinstance(value, str) or len(value) > 1000 or "\0" in value:
        raise _Wrong(_INVALID_REQUEST, other)
    return value


def _token_content(tokens: Tokens, access: int, refresh: int) -> dict[str, Any]:
    return {
        "access_token": tokens.access,
        "expires_in": access,
        "refresh_token": tokens.refresh,
        "refresh_expires_in": refresh,
        "token_type": "bearer",
    }
