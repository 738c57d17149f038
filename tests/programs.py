"""Passwords of programs that tests add inside a transaction of their own, where the product would hash none."""

from __future__ import annotations

from hashlib import scrypt  # its own name: the suite watches the module's

from providers.callers.passwords import NewPassword


def password(name: str) -> NewPassword:
    """The password of the program of this name, and a cheap hash of it."""
    text, salt = f"{name:-<32}"[:32], b"s" * 16
    digest = scrypt(text.encode(), salt=salt, n=2**4, r=8, p=1)
    return NewPassword(text, f"$scrypt$ln=4,r=8,p=1${salt.hex()}${digest.hex()}")
