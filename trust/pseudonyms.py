"""Marks: keyed hashes that identify an address or IP without revealing it. The registry's own keys, one a purpose,
stay when SECRET_KEY or the sealing keys change."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address

from consents.keys import Keyring

SIZE = 16  # bytes of a mark


def derived(keyring: Keyring, purpose: str) -> bytes:
    return _derived(keyring.keys["erasure"], purpose)


@lru_cache(maxsize=64)
def _derived(root: bytes, purpose: str) -> bytes:
    return hmac.digest(root, b"izin mark " + purpose.encode(), "sha256")


def mac(keyring: Keyring, purpose: str, value: bytes) -> bytes:
    """HMAC-SHA-256 of ``value`` under the key of this purpose."""
    return hmac.digest(derived(keyring, purpose), value, "sha256")


def mark(keyring: Keyring, purpose: str, value: str) -> bytes:
    """The mark of an address (canonical), an IP or a word: 16 bytes."""
    return mac(keyring, purpose, value.encode())[:SIZE]


def marks(keyring: Keyring, purpose: str, values: Iterable[str]) -> list[bytes]:
    key = derived(keyring, purpose)
    return [hmac.digest(key, value.encode(), "sha256")[:SIZE] for value in values]


@lru_cache(maxsize=4096)
def neighbourhood(ip: str) -> str:
    """One client: an IPv4 address, the /64 of an IPv6 address; anything else as it is."""
    try:
        known = ip_address(ip)
    except ValueError:
        return ip
    return ip if known.version == 4 else f"{int(known) >> 64:x}/64"


@lru_cache(maxsize=4096)
def wider_network(ip: str) -> str:
    """One operator's smallest network: the /24 of an IPv4 address, the /48 of an IPv6 address."""
    try:
        known = ip_address(ip)
    except ValueError:
        return ip
    bits = known.max_prefixlen - (24 if known.version == 4 else 48)
    return f"{int(known) >> bits:x}/v{known.version}"
