"""Passkeys (WebAuthn): what the browser is asked, and whether its answer holds.

The library is imported where it is used, because loading it takes a fifth of the start of every command.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from settings import Settings

LONGEST = 20_000  # characters of an answer


class NoPasskey(ValueError):
    """The answer is none that holds."""


class NewPasskey(NamedTuple):
    """A passkey that was made just now."""

    credential: bytes
    public: bytes
    counter: int


def possible(settings: Settings) -> bool:
    """Whether browsers make passkeys for this site: they do for names, not for addresses of machines."""
    try:
        ip_address(_host(settings))
    except ValueError:
        return True
    return False


def to_make(settings: Settings, challenge: bytes, person: int, email: str, known: Sequence[bytes]) -> str:
    """What the browser is asked to make, as JSON; ``known``: passkeys that the person has."""
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
    """The passkey that the browser has made. Errors: NoPasskey."""
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
    """What the browser is asked to sign, as JSON, with one of the passkeys ``known``."""
    import webauthn
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    options = webauthn.generate_authentication_options(
        rp_id=_host(settings),
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return webauthn.options_to_json(options)


def credential_of(answer: str) -> bytes:
    """Which passkey an answer says it is of. Errors: NoPasskey."""
    from webauthn.helpers import parse_authentication_credential_json

    try:
        return parse_authentication_credential_json(_read(answer)).raw_id
    except Exception as fault:  # any library error: the answer is untrusted
        raise NoPasskey from fault


def signed(settings: Settings, challenge: bytes, answer: str, public: bytes, counter: int) -> int:
    """The passkey's new count of signatures. Errors: NoPasskey."""
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
