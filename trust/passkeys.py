"""Passkeys (WebAuthn): requests to the browser, and checks of its answers. One that signs in ``alone`` is found by the
authenticator, which verifies its user; else it is a second step. The library is imported late: it takes a fifth of a
command's start."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from consents.instants import MINUTE
from consents.keys import Keyring
from settings import Settings
from trust.pseudonyms import SIZE, mac

LONGEST = 20_000  # characters of an answer
ANSWERED = 5 * MINUTE  # how long a stateless challenge may be answered
_NONCE, _TIME = 16, 8  # bytes of such a challenge, before its mark


class NoPasskey(ValueError):
    """The answer is not valid."""


class NewPasskey(NamedTuple):
    credential: bytes
    public: bytes
    counter: int


def possible(settings: Settings) -> bool:
    """Whether browsers make passkeys for this site: they do for names, not for IP addresses."""
    try:
        ip_address(_host(settings))
    except ValueError:
        return True
    return False


def challenge(keyring: Keyring, now: int, bound: bytes = b"") -> bytes:
    """A challenge that is stored nowhere: its time and mark prove that it is ours. ``bound``: whose answer it takes."""
    made = secrets.token_bytes(_NONCE) + now.to_bytes(_TIME, "big")
    return made + mac(keyring, "passkey challenge", made + bound)[:SIZE]


def ours(keyring: Keyring, found: bytes, now: int, bound: bytes = b"") -> bool:
    made, marked = found[: _NONCE + _TIME], found[_NONCE + _TIME :]
    if not secrets.compare_digest(mac(keyring, "passkey challenge", made + bound)[:SIZE], marked):
        return False
    return 0 <= now - int.from_bytes(made[_NONCE:], "big") <= ANSWERED


def to_make(
    settings: Settings, challenge: bytes, handle: bytes, name: str, known: Sequence[bytes], *, alone: bool = False
) -> str:
    """The browser's creation request, as JSON. ``handle``, ``name``: of the account; ``known``: its passkeys."""
    import webauthn
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = webauthn.generate_registration_options(
        rp_id=_host(settings),
        rp_name=settings.site_name,
        user_name=name,
        user_id=handle,
        challenge=challenge,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED if alone else ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.PREFERRED,
        ),
    )
    return webauthn.options_to_json(options)


def made(settings: Settings, challenge: bytes, answer: str, *, alone: bool = False) -> NewPasskey:
    """The new passkey. Errors: NoPasskey."""
    import webauthn

    try:
        found = webauthn.verify_registration_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=_host(settings),
            expected_origin=settings.public_url,
            require_user_verification=alone,
        )
    except Exception as fault:  # any library error: the answer is untrusted
        raise NoPasskey from fault
    return NewPasskey(found.credential_id, found.credential_public_key, found.sign_count)


def to_sign(settings: Settings, challenge: bytes, known: Sequence[bytes], *, alone: bool = False) -> str:
    """The browser's signing request, as JSON, for one of the passkeys ``known``; ``alone``: for any it has."""
    import webauthn
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=_host(settings),
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        user_verification=UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.PREFERRED,
    )
    return webauthn.options_to_json(options)


def credential_of(answer: str) -> bytes:
    """The passkey that an answer claims. Errors: NoPasskey."""
    from webauthn.helpers import parse_authentication_credential_json

    try:
        return parse_authentication_credential_json(_read(answer)).raw_id
    except Exception as fault:  # any library error: the answer is untrusted
        raise NoPasskey from fault


def challenge_in(answer: str) -> bytes:
    """The challenge that an answer claims to answer. Errors: NoPasskey."""
    from webauthn.helpers import base64url_to_bytes

    try:
        response: Any = _read(answer)["response"]
        client = json.loads(base64url_to_bytes(str(response["clientDataJSON"])))
        return base64url_to_bytes(str(client["challenge"]))
    except Exception as fault:  # any library error: the answer is untrusted
        raise NoPasskey from fault


def signed(
    settings: Settings, challenge: bytes, answer: str, public: bytes, counter: int, *, alone: bool = False
) -> int:
    """The passkey's new signature count. Errors: NoPasskey."""
    import webauthn

    try:
        found = webauthn.verify_authentication_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=_host(settings),
            expected_origin=settings.public_url,
            credential_public_key=public,
            credential_current_sign_count=counter,
            require_user_verification=alone,
        )
    except Exception as fault:  # any library error: the answer is untrusted
        raise NoPasskey from fault
    return found.new_sign_count


def _read(answer: str) -> dict[str, object]:
    if len(answer) > LONGEST:
        raise ValueError("an answer that is too long")
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _host(settings: Settings) -> str:
    return urlsplit(settings.public_url).hostname or ""
