"""QR codes: an SVG with words under it, or a PNG."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import segno

_QUIET = 4  # modules of margin (ISO/IEC 18004)
_PIXELS = 10  # a module in the PNG


@lru_cache(maxsize=256)
def made(link: str, typed: str = "") -> segno.QRCode:
    """The QR of ``link`` followed by ``typed``, a code in capitals, which takes a third less room.

    Level M: a seventh of it may be dirty or torn. Searching the mask takes milliseconds, so what is asked for again is
    kept.
    """
    parts = [link.encode(), typed] if typed else link.encode()
    return segno.make_qr(parts, error="m", boost_error=False)  # type: ignore[arg-type]  # several parts may be given


def drawn(code: segno.QRCode) -> str:
    """The dark modules as an SVG element, ``side`` units from edge to edge."""
    return code.svg_inline(border=_QUIET, svgclass=None, lineclass=None)


def side(code: segno.QRCode) -> int:
    """Modules from edge to edge, the margin included."""
    return len(code.matrix) + 2 * _QUIET


def svg(code: segno.QRCode, title: str, lines: tuple[str, ...] = ()) -> bytes:
    """An SVG document, dark on white; ``title`` and ``lines`` (ASCII without <, > and &) can be read in it."""
    wide = side(code)
    high = wide + 3 * len(lines)
    words = "".join(_words(line, wide, wide + 3 * place) for place, line in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide * 8}" height="{high * 8}" '
        f'role="img" shape-rendering="crispEdges"><title>{title}</title><path fill="#fff" d="M0 0h{wide}v{high}H0z"/>'
        f"{drawn(code)}{words}</svg>"
    ).encode()


def png(code: segno.QRCode) -> bytes:
    """The same without words as a PNG of one bit a pixel."""
    picture = BytesIO()
    code.save(picture, kind="png", border=_QUIET, scale=_PIXELS)
    return picture.getvalue()


def _words(line: str, wide: int, y: int) -> str:
    """A line set to a known length, whatever typeface the reader has."""
    length = min(wide - 4, len(line) * 1.3)
    return (
        f'<text x="{wide / 2:g}" y="{y}" font-size="2.2" textLength="{length:g}" lengthAdjust="spacingAndGlyphs" '
        f'text-anchor="middle" font-family="monospace">{line}</text>'
    )
