"""What a picture is, told by its own bytes: a name or a header can say anything."""

from collections.abc import Callable
from dataclasses import dataclass

from deskapp.rules.words import say

MOST_BYTES = 200_000
MOST_PIXELS = 4_096  # a side; a few kilobytes can unpack to gigabytes on the tablet that shows them

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers of a JPEG that say how large it is


@dataclass(frozen=True, slots=True)
class Picture:
    """`width`, `height` in pixels."""

    media_type: str
    width: int
    height: int


def look(body: bytes, number: Callable[[int], str] = "{:,}".format) -> Picture:
    """Raises ValueError with a plain sentence where it is no picture that the desk keeps."""
    if not body:
        raise ValueError(say("Please choose a picture."))
    if len(body) > MOST_BYTES:
        has, most = number(len(body) // 1000), MOST_BYTES // 1000
        raise ValueError(say("This picture has {has} kB; at most {most} kB, please.", has=has, most=most))
    if (found := _read(body)) is None:
        raise ValueError(say("This is no PNG, JPEG or WebP picture, or a broken one."))
    if not (0 < found.width <= MOST_PIXELS and 0 < found.height <= MOST_PIXELS):
        raise ValueError(
            say(
                "This picture is {width} × {height} pixels; at most {most} a side.",
                width=number(found.width),
                height=number(found.height),
                most=number(MOST_PIXELS),
            )
        )
    return found


def _read(body: bytes) -> Picture | None:
    if body.startswith(_PNG):
        return _png(body)
    if body.startswith(_JPEG):
        return _jpeg(body)
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return _webp(body)
    return None


def _png(body: bytes) -> Picture | None:
    if len(body) < 24 or body[12:16] != b"IHDR":
        return None
    return Picture("image/png", int.from_bytes(body[16:20]), int.from_bytes(body[20:24]))


def _jpeg(body: bytes) -> Picture | None:
    """From marker to marker, each with its length behind it, until the one that opens the frame."""
    at = 2
    while at + 9 <= len(body) and body[at] == 0xFF:
        marker = body[at + 1]
        if marker == 0xFF:  # fill bytes before a marker
            at += 1
        elif marker in _FRAMES:
            return Picture("image/jpeg", int.from_bytes(body[at + 7 : at + 9]), int.from_bytes(body[at + 5 : at + 7]))
        else:
            at += 2 + int.from_bytes(body[at + 2 : at + 4])
    return None


def _webp(body: bytes) -> Picture | None:
    """Lossy, lossless or extended: each keeps its size elsewhere."""
    if len(body) < 30:
        return None
    match body[12:16]:
        case b"VP8 ":
            width, height = _small(body[26:28]) & 0x3FFF, _small(body[28:30]) & 0x3FFF
        case b"VP8L":
            bits = _small(body[21:25])
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            width, height = _small(body[24:27]) + 1, _small(body[27:30]) + 1
        case _:
            return None
    return Picture("image/webp", width, height)


def _small(some: bytes) -> int:
    return int.from_bytes(some, "little")
