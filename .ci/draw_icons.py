"""Draw the icons of the installed desk: `python .ci/draw_icons.py` writes static/img/icon-*.png, the mark on paper.

The shapes are those of static/img/mark.svg, drawn by their distances, so that nothing but the standard library is needed.
"""

import math
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

PAPER, CREAM, CLAY = (0xF4, 0xEE, 0xE2), (0xFF, 0xFA, 0xF0), (0xB0, 0x53, 0x2F)
VIEW = 32  # units of mark.svg
ICONS = {  # pixels, share of the icon that the mark takes, whether the corners are cut off by us
    "icon-192": (192, 0.8, True),
    "icon-512": (512, 0.8, True),
    "icon-maskable-512": (512, 0.6, False),  # whatever shape it is cut to, the middle four fifths stay
}

Colour = tuple[int, int, int]
Distance = Callable[[float, float], float]  # below 0 inside, in units of the mark


def box(x: float, y: float, width: float, height: float, radius: float) -> Distance:
    middle_x, middle_y = x + width / 2, y + height / 2

    def distance(px: float, py: float) -> float:
        out_x = abs(px - middle_x) - width / 2 + radius
        out_y = abs(py - middle_y) - height / 2 + radius
        return math.hypot(max(out_x, 0), max(out_y, 0)) + min(max(out_x, out_y), 0) - radius

    return distance


def line(x1: float, y1: float, x2: float, y2: float, width: float) -> Distance:
    """Upright or level, with round ends."""

    def distance(px: float, py: float) -> float:
        near_x, near_y = min(max(px, x1), x2), min(max(py, y1), y2)
        return math.hypot(px - near_x, py - near_y) - width / 2

    return distance


MARK: list[tuple[Distance, Colour]] = [
    (box(1.5, 4.5, 24, 21, 4), CLAY),
    (box(3.5, 6.5, 20, 17, 2), CREAM),
    (line(7.5, 12, 18.5, 12, 2), CLAY),
    (line(7.5, 17, 13.5, 17, 2), CLAY),
    (line(23.5, 22.5, 23.5, 22.5, 15), CLAY),
    (line(23.5, 19, 23.5, 26, 2.2), CREAM),
    (line(20, 22.5, 27, 22.5, 2.2), CREAM),
]


def draw(size: int, share: float, *, is_cut: bool) -> bytes:
    """Rows of RGBA, each behind a zero, as PNG wants them."""
    unit = size * share / VIEW  # pixels
    left, top = (size - 32.5 * unit) / 2, (size - 34.5 * unit) / 2  # the mark's own middle lies right and below of 16
    corner = box(0, 0, size, size, size * 0.2 if is_cut else 0)
    rows = bytearray()
    for row in range(size):
        rows.append(0)
        for column in range(size):
            x, y = (column + 0.5 - left) / unit, (row + 0.5 - top) / unit
            colour: tuple[float, ...] = PAPER
            for distance, paint in MARK:
                part = min(max(0.5 - distance(x, y) * unit, 0), 1)
                if part:
                    colour = tuple(old + (new - old) * part for old, new in zip(colour, paint, strict=True))
            seen = min(max(0.5 - corner(column + 0.5, row + 0.5), 0), 1) if is_cut else 1
            rows += bytes([*(round(one) for one in colour), round(255 * seen)])
    return bytes(rows)


def as_png(size: int, rows: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def main() -> None:
    folder = Path(__file__).parents[1] / "static" / "img"
    for name, (size, share, is_cut) in ICONS.items():
        (folder / f"{name}.png").write_bytes(as_png(size, draw(size, share, is_cut=is_cut)))


if __name__ == "__main__":
    main()
