"""OpenID Connect client: code flow with PKCE (RFC 7636), state and nonce (OpenID Connect Core 1.0, 3.1). Two bounded
requests to the issuer; only a signed, fresh identity with a verified e-mail is accepted."""

from __future__ import annotations

import json
import secrets
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlencode

import structlog

from consents.instants import MINUTE, SECOND
from gateways import client
from settings import Settings

log = structlog.get_logger()

BACK = "/panel/giris/kimlik/donus"
SECONDS = 10.0  # for one request
LARGEST = 1 << 20  # bytes of an answer
LEEWAY = 60  # seconds that two clocks may differ
OLDEST = 10 * MINUTE  # µs: a sign-in at the issuer may take so long, and so an answer may be as old
KEPT, KEPT_FAULT = 3600.0, 10.0  # seconds for which a document of the issuer is cached, and its failure
RENEWED = 60.0  # seconds: a cached document of this age is read again for a key that it lacks
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]  # signatures alone: never "none", never a shared secret


class NoIdentity(Exception):
    """The issuer gave no valid identity; the text is for the log, without the issuer's words."""


class PendingSignIn(NamedTuple):
    """A browser's pending sign-in at the issuer. ``mark``: the ``state`` that comes back with the answer."""

    mark: str
    nonce: str
    verifier: str


class Issuer:
    """A cache of the issuer's published documents."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, dict[str, Any] | NoIdentity]] = {}

    async def published(self, url: str, *, newer: bool = False) -> dict[str, Any]:
        """The JSON at this address. ``newer``: at most a minute old. Errors: NoIdentity."""
        at, found = self._kept.get(url, (float("-inf"), NoIdentity("never asked")))
        lasts = KEPT_FAULT if isinstance(found, NoIdentity) else RENEWED if newer else KEPT
        if time.monotonic() - at >= lasts:
            try:
                found = await _json("GET", url)
            except NoIdentity as fault:
                found = fault
            self._kept[url] = time.monotonic(), found
        if isinstance(found, NoIdentity):
            raise NoIdentity(str(found))
        return found


def begin() -> PendingSignIn:
    return PendingSignIn(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


async def address(issuer: Issuer, settings: Settings, pending: PendingSignIn) -> str:
    """The issuer's sign-in URL for the browser. Errors: NoIdentity."""
    known = await _discovered(issuer, settings)
    challenge = urlsafe_b64encode(sha256(pending.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": settings.oidc_client_id or "",
        "redirect_uri": settings.public_url + BACK,
        "scope": "openid email",
        "state": pending.mark,
        "nonce": pending.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    start = str(known["authorization_endpoint"])
    return f"{start}{'&' if '?' in start else '?'}{urlencode(asked)}"


async def email(issuer: Issuer, settings: Settings, pending: PendingSignIn, code: str, now: int) -> str:
    """The signed-in person's verified e-mail; ``now``: µs. Errors: NoIdentity."""
    known = await _discovered(issuer, settings)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": settings.public_url + BACK,
        "client_id": settings.oidc_client_id or "",
        "client_secret": settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else "",
        "code_verifier": pending.verifier,
    }
    answer = await _json("POST", str(known["token_endpoint"]), data=form)
    token, url = str(answer.get("id_token", "")), str(known["jwks_uri"])
    try:
        claims = _claims(settings, token, await issuer.published(url), now)
    except _UnknownKey:  # the issuer may have changed its keys since
        claims = _claims(settings, token, await issuer.published(url, newer=True), now)
    if claims.get("nonce") != pending.nonce:
        raise NoIdentity("another nonce")
    if claims.get("email_verified") is not True or not isinstance(claims.get("email"), str):
        raise NoIdentity("no verified e-mail")
    return str(claims["email"])


class _UnknownKey(NoIdentity):
    """The signature's key is unknown."""


def _claims(settings: Settings, token: str, keys: dict[str, Any], now: int) -> dict[str, Any]:
    """The claims of a signed identity, if it is for us, from the issuer and fresh."""
    from joserfc import jwt  # only where people sign in with it
    from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError, MissingKeyError
    from joserfc.jwk import KeySet

    try:
        found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]
    except (BadSignatureError, InvalidKeyIdError, MissingKeyError) as fault:
        raise _UnknownKey(type(fault).__name__) from None
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as fault:
        raise NoIdentity(type(fault).__name__) from None
    try:
        rules = jwt.JWTClaimsRegistry(
            now=now // SECOND,
            leeway=LEEWAY,
            iss={"essential": True, "value": _issuer(settings)},
            aud={"essential": True, "value": settings.oidc_client_id or ""},
            exp={"essential": True},
            iat={"essential": True},
        )
        rules.validate(found.claims)
    except (JoseError, ValueError, TypeError, KeyError) as fault:
        raise NoIdentity(type(fault).__name__) from None
    _check_party(settings, found.claims)
    if not now / SECOND - OLDEST / SECOND - LEEWAY <= found.claims["iat"]:  # refuses NaN too
        raise NoIdentity("issued long ago")
    return dict(found.claims)


def _check_party(settings: Settings, claims: dict[str, Any]) -> None:
    """Refuses a token issued to several parties, or to another (3.1.3.7, 3 to 5)."""
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and "azp" not in claims:
        raise NoIdentity("issued to several")
    if "azp" in claims and claims["azp"] != settings.oidc_client_id:
        raise NoIdentity("issued to another")


async def _discovered(issuer: Issuer, settings: Settings) -> dict[str, Any]:
    """The issuer's description (OpenID Connect Discovery 1.0, 4)."""
    found = await issuer.published(f"{_issuer(settings).rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != _issuer(settings):
        raise NoIdentity("another issuer")
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    scheme = "https://" if settings.https else ("https://", "http://")
    if not all(str(found.get(name, "")).startswith(scheme) for name in needed):
        raise NoIdentity("no addresses")
    return found


def _issuer(settings: Settings) -> str:
    assert settings.oidc_issuer is not None
    return settings.oidc_issuer


async def _json(method: str, url: str, **options: Any) -> dict[str, Any]:
    import aiohttp

    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as session,
            session.request(method, url, allow_redirects=False, **options) as answer,
        ):
            if answer.status != 200:
                raise NoIdentity(f"status {answer.status}")
            body = await client.whole_body(answer, LARGEST)
    except client.TooLong:
        raise NoIdentity("too long") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as fault:
        raise NoIdentity(type(fault).__name__) from None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise NoIdentity("no JSON") from None
    if not isinstance(found, dict):
        raise NoIdentity("no object")
    return found
