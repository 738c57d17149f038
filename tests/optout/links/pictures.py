"""QR codes read as a phone reads them: the pixels of a PNG through a decoder that is not ours."""

from __future__ import annotations

import struct
import zlib

import zxingcpp

_SAMPLES = {0: 1, 2: 3, 6: 4}  # by colour type: grey, RGB, RGBA


def read(png: bytes) -> list[str]:
    """The texts of the QR codes in a picture."""
    wide, high, grey = pixels(png)
    image = memoryview(grey).cast("B", (high, wide))
    return [found.text for found in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)]


def pixels(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and one byte of brightness a pixel; ValueError where the file is damaged."""
    if png[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("no PNG")
    place, data, header = 8, b"", b""
    while place < len(png):
        (length,), kind = struct.unpack(">I", png[place : place + 4]), png[place + 4 : place + 8]
        chunk = png[place + 8 : place + 8 + length]
        if struct.unpack(">I", png[place + 8 + length : place + 12 + length])[0] != zlib.crc32(kind + chunk):
            raise ValueError(f"chunk {kind!r} is damaged")
        header, data = chunk if kind == b"IHDR" else header, data + chunk if kind == b"IDAT" else data
        place += 12 + length
    wide, high, depth, colour = struct.unpack(">IIBB", header[:10])
    rows = _rows(zlib.decompress(data), -(-wide * depth * _SAMPLES[colour] // 8), max(depth * _SAMPLES[colour] // 8, 1))
    if depth == 1:
        grey = b"".join(bytes(255 * (row[x >> 3] >> (7 - x & 7) & 1) for x in range(wide)) for row in rows)
    else:
        grey = b"".join(bytes(row[:: _SAMPLES[colour]]) for row in rows)  # red tells black from white as well
    assert len(grey) == wide * high
    return wide, high, grey


def _rows(data: bytes, length: int, step: int) -> list[bytearray]:
    """The lines with their filters undone (PNG specification, 9.2)."""
    rows: list[bytearray] = []
    above = bytearray(length)
    for start in range(0, len(data), length + 1):
        kind, row = data[start], bytearray(data[start + 1 : start + 1 + length])
        for x in range(length):
            left, up = row[x - step] if x >= step else 0, above[x]
            corner = above[x - step] if x >= step else 0
            row[x] = (row[x] + (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]) & 255
        rows.append(row)
        above = row
    return rows


def _paeth(left: int, up: int, corner: int) -> int:
    nearest = left + up - corner
    distances = abs(nearest - left), abs(nearest - up), abs(nearest - corner)
    return (left, up, corner)[distances.index(min(distances))]
