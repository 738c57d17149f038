"""QR codes by the ``qrcode`` library, drawn as one SVG path or as a PNG of one bit a pixel."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache

QUIET = 4  # modules of margin (ISO/IEC 18004)
_PIXELS = 10  # a module in the PNG

Pattern = tuple[tuple[bool, ...], ...]


@lru_cache(maxsize=256)
def pattern(link: str, typed: str = "") -> Pattern:
    """The modules of ``link`` followed by ``typed``, a code in capitals, which takes a third less room. Level M: a
    seventh may be dirty or torn. Cached: the mask takes milliseconds."""
    from qrcode import QRCode, constants
    from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData

    made = QRCode(error_correction=constants.ERROR_CORRECT_M, border=0)
    made.add_data(QRData(link.encode(), mode=MODE_8BIT_BYTE))
    if typed:
        made.add_data(QRData(typed.encode(), mode=MODE_ALPHA_NUM))
    made.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in made.modules)


def path(modules: Pattern) -> str:
    """The dark modules as the data of one SVG path, a rectangle for each run."""
    return "".join(
        f"M{start + QUIET} {y + QUIET}h{length}v1h-{length}z"
        for y, row in enumerate(modules)
        for start, length in _runs(row)
    )


def side(modules: Pattern) -> int:
    return len(modules) + 2 * QUIET


def svg(modules: Pattern, title: str, lines: tuple[str, ...] = ()) -> bytes:
    """Dark on white; ``title`` and ``lines`` (ASCII without <, > and &) are read beside it."""
    wide = side(modules)
    high = wide + 3 * len(lines)
    words = "".join(_words(line, wide, wide + 3 * place) for place, line in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide * 8}" height="{high * 8}" '
        f'role="img"><title>{title}</title><path fill="#fff" d="M0 0h{wide}v{high}H0z"/>'
        f'<path shape-rendering="crispEdges" d="{path(modules)}"/>{words}</svg>'
    ).encode()


def png(modules: Pattern) -> bytes:
    """Without words (RFC 2083: greyscale, one bit a pixel)."""
    wide = side(modules) * _PIXELS
    white = (False,) * len(modules)
    rows = [white] * QUIET + list(modules) + [white] * QUIET
    lines = b"".join(_line(row) * _PIXELS for row in rows)
    header = struct.pack(">IIBBBBB", wide, wide, 1, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(lines, 9)), _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _words(line: str, wide: int, y: int) -> str:
    """A line set to a known length, whatever the reader's typeface."""
    length = min(wide - 4, len(line) * 1.3)
    return (
        f'<text x="{wide / 2:g}" y="{y}" font-size="2.2" textLength="{length:g}" lengthAdjust="spacingAndGlyphs" '
        f'text-anchor="middle" font-family="monospace">{line}</text>'
    )


def _runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    edges = [x for x in range(len(row) + 1) if (x < len(row) and row[x]) != (x > 0 and row[x - 1])]
    return [(start, end - start) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _line(row: tuple[bool, ...]) -> bytes:
    """One line of pixels with its filter type, 0; a set bit is white."""
    margin = "1" * (QUIET * _PIXELS)
    bits = margin + "".join("01"[not dark] * _PIXELS for dark in row) + margin
    bits += "1" * (-len(bits) % 8)
    return b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
