"""The sandbox as one ASGI application: what needs a right is proved before anything is built or opened, then the call
passes to the company's own sandbox, as its script wants."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from consents.instants import HOUR, SECOND
from consents.languages import Sentence
from consents.store import StoreUnavailable, clock
from izin.sandbox import control_calls
from izin.sandbox.company_sandbox import CompanySandbox
from izin.sandbox.control_calls import CONTROLS
from izin.sandbox.sandbox_keys import SandboxKey, SandboxKeys
from izin.sandbox.sandboxes import NoRoom, Sandboxes
from izin.sandbox.scripts import HEADER, ChosenScript, ScriptKind
from providers.api import answers, endpoint, oauth
from providers.api.answers import Answer, Fault, Refusal
from providers.api.rates import CallLimit, Rates
from providers.callers import passwords
from providers.callers.passwords import HashingPool, TooBusy
from providers.callers.program_keys import TEST_MARK
from settings import Settings
from trust.pseudonyms import neighbourhood
from web.connections import CUT
from web.logs import SANDBOX

PREFIX = SANDBOX
_SIGN_IN = "/oauth2/token"
_MOST_TOKEN = 8_000  # bytes of a request for tokens
_MOST_CONTROL = 8_000  # of a call of the sandbox itself
_TAG = 16  # hex digits
_READING = frozenset({"GET", "HEAD"})

_REAL_USER = Sentence("Buraya yalnız deneme anahtarı girer; adı test_ ile başlar.")
_REAL_TOKEN = Sentence("Bu jeton deneme alanının değil. Deneme anahtarınızla burada yeni jeton alın.")
_FULL = Sentence("Deneme alanınız doldu. Boşaltmak için POST /sandbox/reset çağırın.")
_NOT_FOR = Sentence("Bu betik bu çağrı için değil.")


class SandboxGate:
    """``keys``: who may enter. Serves under ``/sandbox`` and, on a developer's own machine, at the root too."""

    def __init__(self, settings: Settings, keys: SandboxKeys, sandboxes: Sandboxes) -> None:
        self.sandboxes = sandboxes
        self._keys, self._secret, self._pool = keys, secrets.token_bytes(32), HashingPool()
        self._rates = Rates()  # of sign-ins that are not proved yet
        self._sign_ins = CallLimit("token", settings.api_tokens_per_hour, HOUR, "H084")
        self._controls = CallLimit("second", settings.api_per_second, SECOND, "H124")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(PREFIX) or "/"
        inner: Scope = {name: value for name, value in scope.items() if name not in _OF_OUTER}
        inner.update(path=path, raw_path=path.encode(), root_path="")
        answer = await self._answer(inner, receive, send)
        if answer is not None:
            await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Response | None:
        """None where the answer has been sent, or is lost."""
        path, language = scope["path"], answers.wished_language(Request(scope))
        try:
            if path == _SIGN_IN and scope["method"] == "POST":
                return await self._token(scope, receive, send)
            if (scope["method"], path) in CONTROLS or path == "/reset":
                return await self._control(scope, receive)
            if not answers.is_api(path):
                await self._note_unknown(scope, receive)
                return answers.problem(404, path=path, language=language)
            return await self._call(scope, receive, send)
        except Refusal as refusal:
            return answers.refused(answers.spelled(refusal, path), path, language)
        except TooBusy as busy:
            full = Refusal(429 if busy.own else 503, Fault("H123"), headers=passwords.RETRY)
            return answers.refused(full, language=language)
        except (NoRoom, StoreUnavailable):
            return answers.refused(Refusal(503, Fault("H123"), headers={"retry-after": "2"}), language=language)

    # -- the API ---------------------------------------------------------------------------------------------------

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> Response | None:
        known, token = await self._bearer(scope)
        sandbox = await self._entered(known)
        if token in sandbox.dead:
            raise endpoint.unauthorized()
        if scope["method"] not in _READING and sandbox.is_full:
            raise Refusal(422, Fault("H525", message=_FULL))
        _replace(scope, b"authorization", f"Bearer {token}".encode())
        lives = await sandbox.has_token(token)
        return await self._scripted(sandbox, scope, receive, send, known, token, lives=lives)

    async def _note_unknown(self, scope: Scope, receive: Receive) -> None:
        """For the doctor, once the token is proved, as the site's API does."""
        with suppress(Refusal, NoRoom, StoreUnavailable):
            known, token = await self._bearer(scope)
            sandbox = await self._entered(known)
            _replace(scope, b"authorization", f"Bearer {token}".encode())
            async with self.sandboxes.place(sandbox):
                await sandbox.note_unknown_path(Request(scope, receive))

    async def _scripted(
        self,
        sandbox: CompanySandbox,
        scope: Scope,
        receive: Receive,
        send: Send,
        known: SandboxKey,
        token: str = "",
        *,
        lives: bool,
    ) -> Response | None:
        """``token``: "" of a sign-in; ``lives``: the token can still be used, else no script is used up."""
        method, path = scope["method"], scope["path"]
        chosen = (_of_header(scope) or sandbox.waiting.take(method, path)) if lives else None
        if chosen is None:
            await self._run(sandbox, scope, receive, send)
            return None
        script = chosen.script
        match script.kind:
            case ScriptKind.ERROR:
                async with self.sandboxes.place(sandbox):
                    return await _error(chosen, sandbox, Request(scope, receive), known.key.username)
            case ScriptKind.DEAD:
                sandbox.dead.append(token)
                refusal = endpoint.unauthorized()
                async with self.sandboxes.place(sandbox):
                    await sandbox.note(Request(scope, receive), known.key.username, 401, refusal.faults[0].code)
                raise refusal
            case ScriptKind.SLOW:
                await self.sandboxes.wait(sandbox, chosen.seconds)
            case ScriptKind.LOST:
                await self._run(sandbox, scope, receive, _nowhere)
                await _cut(scope, receive)
                return None
            case ScriptKind.LATE | ScriptKind.BLIND:
                self._rates.take(str(known.company), clock(), self._controls)
                async with self.sandboxes.place(sandbox):
                    await control_calls.begin(sandbox, chosen)
        await self._run(sandbox, scope, receive, send)
        return None

    async def _run(self, sandbox: CompanySandbox, scope: Scope, receive: Receive, send: Send) -> None:
        async with self.sandboxes.place(sandbox):
            await sandbox.app(scope["method"], scope["path"])(scope, receive, send)

    async def _bearer(self, scope: Scope) -> tuple[SandboxKey, str]:
        """The key of a token, and the token as the sandbox knows it. Errors: Refusal 401, 403."""
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer":
            raise endpoint.unauthorized()
        found = self._opened(token.strip())
        if found is None:
            raise endpoint.unauthorized(None if token.startswith(TEST_MARK) else _REAL_TOKEN)
        known = await self._keys.numbered(found[0])
        if known is None:
            raise endpoint.unauthorized()
        endpoint.check_network(Request(scope), known.key.networks)
        return known, found[1]

    async def _entered(self, known: SandboxKey) -> CompanySandbox:
        """The open sandbox of a token. Errors: Refusal 401 where it has been thrown away, or the password renewed."""
        sandbox = self.sandboxes.kept(known.company)
        if sandbox is None or not sandbox.knows(known.key.username, known.key.password):
            raise endpoint.unauthorized()
        opened = await self.sandboxes.at(known.company, self._keys.mirrored)
        await opened.know(known.key.username, known.key.password, known.limits)
        return opened

    # -- tokens ----------------------------------------------------------------------------------------------------

    async def _token(self, scope: Scope, receive: Receive, send: Send) -> Response | None:
        body = await _read(scope, receive, _MOST_TOKEN)
        request = Request(scope, _replay(body, receive))
        wanted = await oauth.grant(request)
        if isinstance(wanted, Response):
            return wanted
        client, language = request.client.host if request.client else "", answers.wished_language(request)
        if wanted["grant_type"] == "password":
            self._rates.take(neighbourhood(client), clock(), self._sign_ins)
            known = await self._keys.named(wanted["username"])
            if known is None and not wanted["username"].startswith(TEST_MARK):
                return oauth.refused(language, _REAL_USER.text())
            key = None if known is None else known.key
            if not await self._pool.for_client(client, oauth.matches, wanted["password"], key) or known is None:
                return oauth.refused(language)
            endpoint.check_network(request, known.key.networks)
            sandbox = await self.sandboxes.at(known.company, self._keys.mirrored)
            await sandbox.know(known.key.username, known.key.password, known.limits)
            lives = True
        else:
            found = self._opened(wanted["refresh_token"])
            known = None if found is None else await self._keys.numbered(found[0])
            if found is None or known is None:
                return oauth.refused(language)
            endpoint.check_network(request, known.key.networks)
            sandbox = await self._entered(known)
            lives = await sandbox.has_renewal(found[1])
            wanted = {**wanted, "refresh_token": found[1]}
            body = _same_form(scope, wanted)
        kept = _Kept()
        answer = await self._scripted(sandbox, scope, _replay(body, receive), kept, known, lives=lives)
        if answer is not None or not kept.sent:
            return answer
        if kept.status == 200:
            await sandbox.copy_tokens()
        return self._marked(kept, known.key.id)

    def _marked(self, kept: _Kept, user: int) -> Response:
        """The answer with tokens that this gate recognises."""
        body = kept.body
        if kept.status == 200:
            content = json.loads(body)
            for name in ("access_token", "refresh_token"):
                content[name] = f"{TEST_MARK}{user}_{content[name]}_{self._tag(user, content[name])}"
            body = json.dumps(content, separators=(",", ":")).encode()
        headers = {name.decode(): value.decode() for name, value in kept.headers if name != b"content-length"}
        return Response(body, kept.status, headers)

    def _opened(self, token: str) -> tuple[int, str] | None:
        """(user, token of the sandbox) of one that this gate gave out; None for any other."""
        user, _, rest = token.removeprefix(TEST_MARK).partition("_")
        inner, _, tag = rest.rpartition("_")
        if not (token.startswith(TEST_MARK) and token.isascii() and user.isdecimal() and len(user) < 19):
            return None
        return (int(user), inner) if hmac.compare_digest(tag, self._tag(int(user), inner)) else None

    def _tag(self, user: int, token: str) -> str:
        return hmac.new(self._secret, f"{user} {token}".encode(), hashlib.sha256).hexdigest()[:_TAG]

    # -- the sandbox itself ----------------------------------------------------------------------------------------

    async def _control(self, scope: Scope, receive: Receive) -> Response:
        known, token = await self._bearer(scope)
        sandbox = await self._entered(known)
        if not await sandbox.has_token(token):
            raise endpoint.unauthorized()
        self._rates.take(str(known.company), clock(), self._controls)
        if scope["path"] == "/reset":
            if scope["method"] != "POST":
                language = answers.wished_language(Request(scope))
                return answers.problem(405, {"allow": "POST"}, "/", language)
            await self.sandboxes.throw_away(known.company)
            return answers.response(Answer(204))
        handler = CONTROLS[scope["method"], scope["path"]]
        if scope["method"] == "POST" and sandbox.is_full and scope["path"] == "/citizen":
            raise Refusal(422, Fault("H525", message=_FULL))
        request = Request(scope, _replay(await _read(scope, receive, _MOST_CONTROL), receive))
        async with self.sandboxes.place(sandbox):
            return answers.response(await handler(request, sandbox))


_OF_OUTER = frozenset({"app", "router", "route", "endpoint", "path_params", "starlette.exception_handlers"})


class _Kept:
    """An answer that is not sent yet."""

    def __init__(self) -> None:
        self.sent, self.status, self.body = False, 0, b""
        self.headers: list[tuple[bytes, bytes]] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.sent, self.status, self.headers = True, message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


async def _nowhere(_: Message) -> None:
    """Takes an answer that is lost."""


async def _cut(scope: Scope, receive: Receive) -> None:
    """Closes the connection without an answer."""
    cut = scope.get(CUT)
    if cut is None:
        raise ConnectionAbortedError("no connection to cut")
    cut()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _error(chosen: ChosenScript, sandbox: CompanySandbox, request: Request, username: str) -> Response:
    script, path = chosen.script, request.url.path
    headers = {"retry-after": str(script.wait)} if script.wait else {}
    if script.page:
        await sandbox.note(request, username, script.status)
        return PlainTextResponse("<html><body>Service Unavailable</body></html>", script.status, headers, "text/html")
    refusal = answers.spelled(Refusal(script.status, Fault(script.code), headers=headers), path)
    await sandbox.note(request, username, refusal.status, refusal.faults[0].code)
    return answers.refused(refusal, path, answers.wished_language(request))


def _of_header(scope: Scope) -> ChosenScript | None:
    """Errors: Refusal 422 for an unknown script, or one of other calls."""
    given = dict(scope["headers"]).get(HEADER.encode())
    if given is None:
        return None
    chosen = control_calls.read_script(given.decode("latin-1"))
    if not chosen.fits(scope["method"], scope["path"]):
        raise Refusal(422, Fault("H093", (HEADER,), chosen.script.name, message=_NOT_FOR))
    return chosen


def _replace(scope: MutableMapping[str, Any], name: bytes, value: bytes) -> None:
    scope["headers"] = [*(pair for pair in scope["headers"] if pair[0] != name), (name, value)]


async def _read(scope: Scope, receive: Receive, most: int) -> bytes:
    """Errors: Refusal 413."""
    body = b""
    async for piece in Request(scope, receive).stream():
        body += piece
        if len(body) > most:
            raise Refusal(413, Fault("Z413"))
    return body


def _replay(body: bytes, then: Receive) -> Receive:
    """The body that was read, once; then what the connection has, so that a wait for its end ends."""
    left = [body]

    async def receive() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": False} if left else await then()

    return receive


def _same_form(scope: Scope, fields: Any) -> bytes:
    """The fields in the form in which they came."""
    kind = dict(scope["headers"]).get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind == b"application/x-www-form-urlencoded":
        return urlencode(fields).encode()
    return json.dumps(fields).encode()
