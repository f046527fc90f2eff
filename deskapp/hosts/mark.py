"""The desk's mark as a PNG, drawn here so that packages need no picture file: a card with two lines, and a plus on a disc."""

import struct
import zlib
from collections.abc import Callable
from functools import cache
from math import ceil, floor, hypot

Colour = tuple[int, int, int]
Distance = Callable[[float, float], float]  # of a point from the edge, in units of the mark; below zero inside

_UNITS = 32  # the mark's own width, as in static/img/mark.svg
_RUST, _CREAM = (176, 83, 47), (255, 250, 240)


@cache
def draw_mark(size: int) -> bytes:
    """`size`: pixels each way. A tenth of a second for 128, and once in a process."""
    pixels = bytearray(4 * size * size)
    for box, distance, colour in _shapes():
        _paint(pixels, size, box, distance, colour)
    rows = (pixels[4 * size * row : 4 * size * (row + 1)] for row in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)  # eight bits each of red, green, blue and alpha
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _shapes() -> list[tuple[tuple[float, float, float, float], Distance, Colour]]:
    """Each with its box, from the backmost to the foremost."""
    return [
        ((1.5, 4.5, 25.5, 25.5), _card(12, 10.5, 4), _RUST),
        ((3.5, 6.5, 23.5, 23.5), _card(10, 8.5, 2), _CREAM),
        ((6.5, 11, 19.5, 13), _line(7.5, 12, 18.5, 12, 1), _RUST),
        ((6.5, 16, 14.5, 18), _line(7.5, 17, 13.5, 17, 1), _RUST),
        ((16, 15, 31, 30), lambda x, y: hypot(x - 23.5, y - 22.5) - 7.5, _RUST),
        ((22.4, 17.9, 24.6, 27.1), _line(23.5, 19, 23.5, 26, 1.1), _CREAM),
        ((18.9, 21.4, 28.1, 23.6), _line(20, 22.5, 27, 22.5, 1.1), _CREAM),
    ]


def _card(half_width: float, half_height: float, corner: float) -> Distance:
    def distance(x: float, y: float) -> float:
        across, down = abs(x - 13.5) - half_width + corner, abs(y - 15) - half_height + corner
        return hypot(max(across, 0), max(down, 0)) + min(max(across, down), 0) - corner

    return distance


def _line(x1: float, y1: float, x2: float, y2: float, half_width: float) -> Distance:
    """Upright or level, with round ends."""

    def distance(x: float, y: float) -> float:
        return hypot(x - min(max(x, x1), x2), y - min(max(y, y1), y2)) - half_width

    return distance


def _paint(
    pixels: bytearray, size: int, box: tuple[float, float, float, float], distance: Distance, colour: Colour
) -> None:
    scale = size / _UNITS
    left, top, right, bottom = (value * scale for value in box)
    for row in range(max(floor(top) - 1, 0), min(ceil(bottom) + 1, size)):
        for column in range(max(floor(left) - 1, 0), min(ceil(right) + 1, size)):
            cover = min(max(0.5 - distance((column + 0.5) / scale, (row + 0.5) / scale) * scale, 0), 1)
            if cover:
                _blend(pixels, 4 * (size * row + column), colour, cover)


def _blend(pixels: bytearray, at: int, colour: Colour, cover: float) -> None:
    below = pixels[at + 3] / 255 * (1 - cover)
    whole = cover + below
    for part in range(3):
        pixels[at + part] = round((colour[part] * cover + pixels[at + part] * below) / whole)
    pixels[at + 3] = round(255 * whole)
