"""A passkey in software: what an authenticator and a browser answer, with each part as a test wants it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class SoftPasskey:
    """One credential. ``host``: of the site it was made for; ``origin``: of the page that asks it."""

    def __init__(self, host: str, origin: str, credential: bytes = b"soft-passkey-1") -> None:
        self.host, self.origin, self.credential, self.counter = host, origin, credential, 0
        self.key = ec.generate_private_key(ec.SECP256R1())

    def made(self, challenge: bytes, **changed: Any) -> str:
        """The answer to being made. ``attestation``: other bytes in place of the object."""
        known = self.key.public_key().public_numbers()
        point = {1: 2, 3: -7, -1: 1, -2: known.x.to_bytes(32, "big"), -3: known.y.to_bytes(32, "big")}
        held = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + encode_cbor(point)
        data = self._data(PRESENT | VERIFIED | ATTESTED, changed) + held
        attestation = changed.get("attestation") or encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", challenge, changed)
        return self._answer({"clientDataJSON": coded(client), "attestationObject": coded(attestation)})

    def signed(self, challenge: bytes, **changed: Any) -> str:
        """The answer to being asked. ``key``: another that signs; ``credential``: another that it claims to be."""
        self.counter += 1
        data = self._data(changed.get("flags", PRESENT | VERIFIED), changed)
        client = self._client(changed.get("type", "webauthn.get"), challenge, changed)
        key = changed.get("key", self.key)
        signature = key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        if changed.get("tampered"):
            data = data[:-1] + bytes([data[-1] ^ 1])
        response = {"clientDataJSON": coded(client), "authenticatorData": coded(data), "signature": coded(signature)}
        return self._answer(response, changed.get("credential"))

    def _data(self, flags: int, changed: dict[str, Any]) -> bytes:
        host = sha256(changed.get("host", self.host).encode()).digest()
        return host + bytes([flags]) + changed.get("counter", self.counter).to_bytes(4, "big")

    def _client(self, kind: str, challenge: bytes, changed: dict[str, Any]) -> bytes:
        origin = changed.get("origin", self.origin)
        return json.dumps({"type": kind, "challenge": coded(challenge), "origin": origin}).encode()

    def _answer(self, response: dict[str, str], credential: bytes | None = None) -> str:
        shown = coded(self.credential if credential is None else credential)
        return json.dumps({"id": shown, "rawId": shown, "type": "public-key", "response": response})


def coded(value: bytes) -> str:
    """Base64url without padding, as browsers write it."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def plain(value: str) -> bytes:
    """What was ``coded``."""
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(value + "=" * (-len(value) % 4))
