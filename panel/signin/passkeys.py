"""Passkeys (WebAuthn): requests to the browser, and checks of its answers. The library is imported late: it takes a
fifth of a command's start."""

from __future__ import annotations

import json
from collections.abc import Sequence
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from settings import Settings

LONGEST = 20_000  # characters of an answer


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


def to_make(settings: Settings, challenge: bytes, person: int, email: str, known: Sequence[bytes]) -> str:
    """The browser's creation request, as JSON; ``known``: the person's passkeys."""
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
        user_name=email,
        user_id=f"izin-panel-{person}".encode(),
        challenge=challenge,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return webauthn.options_to_json(options)


def made(settings: Settings, challenge: bytes, answer: str) -> NewPasskey:
    """The new passkey. Errors: NoPasskey."""
    import webauthn

    try:
        found = webauthn.verify_registration_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=_host(settings),
            expected_origin=settings.public_url,
        )
    except Exception as fault:  # any library error: the answer is untrusted
        raise NoPasskey from fault
    return NewPasskey(found.credential_id, found.credential_public_key, found.sign_count)


def to_sign(settings: Settings, challenge: bytes, known: Sequence[bytes]) -> str:
    """The browser's signing request, as JSON, for one of the passkeys ``known``."""
    import webauthn
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    options = webauthn.generate_authentication_options(
        rp_id=_host(settings),
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return webauthn.options_to_json(options)


def credential_of(answer: str) -> bytes:
    """The passkey that an answer claims. Errors: NoPasskey."""
    from webauthn.helpers import parse_authentication_credential_json

    try:
        return parse_authentication_credential_json(_read(answer)).raw_id
    except Exception as fault:  # any library error: the answer is untrusted
        raise NoPasskey from fault


def signed(settings: Settings, challenge: bytes, answer: str, public: bytes, counter: int) -> int:
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
