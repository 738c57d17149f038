"""Blanks: pages drawn and compressed once, with gaps that are filled in for each visitor.

A template costs tens of microseconds and its compression as much again; filling a blank costs a few. Each stretch
between two gaps is compressed by itself, and what goes into a gap is put between them as it is (RFC 1951, 3.2.4): so
the length of an answer tells nothing of how what one visitor sees resembles the rest (BREACH, CVE-2013-3587).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping

from markupsafe import escape

_OPEN, _CLOSE = "\ue000", "\ue001"  # of the private use area: no text holds them, no escaping changes them
_GAP = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}")
_MARKUP = re.compile("[&<>\"']")
_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # RFC 1952: gzip, no name, no time
_BLOCK = 0xFFFF  # bytes of a block that is not compressed
_END = b"\x03\0"  # an empty last block


def gaps(*names: str) -> dict[str, str]:
    """What a template is drawn with where the values of a visitor will stand."""
    return {name: f"{_OPEN}{name}{_CLOSE}" for name in names}


class Blank:
    """A page with gaps."""

    def __init__(self, drawn: str) -> None:
        parts = _GAP.split(drawn)
        self._gaps = parts[1::2]
        self._plain = [part.encode() for part in parts[::2]]
        self._packed = [_deflated(part) for part in self._plain]

    def plain(self, values: Mapping[str, str]) -> bytes:
        """The page with these values, escaped here, in its gaps; UTF-8."""
        return b"".join(_laid(self._plain, self._written(values)))

    def packed(self, values: Mapping[str, str]) -> bytes:
        """The same compressed (gzip)."""
        written = self._written(values)
        plain = b"".join(_laid(self._plain, written))
        blocks = _laid(self._packed, [_stored(value) for value in written])
        return b"".join([_HEAD, *blocks, _END, struct.pack("<II", zlib.crc32(plain), len(plain))])

    def _written(self, values: Mapping[str, str]) -> list[bytes]:
        return [_escaped(values[name]) for name in self._gaps]


def _escaped(value: str) -> bytes:
    """Most values have nothing to escape, and looking costs a fifth of escaping."""
    return (str(escape(value)) if _MARKUP.search(value) else value).encode()


def _laid(fixed: list[bytes], between: list[bytes]) -> list[bytes]:
    """The fixed stretches with what goes between them."""
    laid = [b""] * (2 * len(fixed) - 1)
    laid[::2], laid[1::2] = fixed, between
    return laid


def _deflated(data: bytes) -> bytes:
    """Blocks that refer to nothing outside them and end on a whole byte."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packing.compress(data) + packing.flush(zlib.Z_FULL_FLUSH)


def _stored(data: bytes) -> bytes:
    """Blocks that are not compressed; each holds 65,535 bytes at the most, so nearly all values take one."""
    if len(data) > _BLOCK:
        return b"".join(_stored(data[start : start + _BLOCK]) for start in range(0, len(data), _BLOCK))
    return struct.pack("<BHH", 0, len(data), len(data) ^ 0xFFFF) + data
