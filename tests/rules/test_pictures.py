import pytest

from deskapp.rules.pictures import MOST_BYTES, Picture, look


def png(width: int = 2, height: int = 3) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"


def jpeg(width: int = 2, height: int = 3) -> bytes:
    """With a block of words before the frame, as cameras write them."""
    words = b"\xff\xe0\x00\x10JFIF" + b"\0" * 10
    return b"\xff\xd8" + words + b"\xff\xff\xc2\x00\x11\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x03"


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF\x20\0\0\0WEBP" + kind + b"\x0a\0\0\0" + body.ljust(20, b"\0")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (png(2, 3), Picture("image/png", 2, 3)),
        (png(4096, 4096), Picture("image/png", 4096, 4096)),
        (jpeg(640, 480), Picture("image/jpeg", 640, 480)),
        (webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01"), Picture("image/webp", 640, 480)),
        (webp(b"VP8L", b"\x2f\x7f\xc2\x77\x00"), Picture("image/webp", 640, 480)),
        (webp(b"VP8X", b"\0\0\0\0\x7f\x02\0\xdf\x01\0"), Picture("image/webp", 640, 480)),
    ],
)
def test_a_picture_is_told_by_its_own_bytes(body: bytes, found: Picture) -> None:
    assert look(body) == found


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "Please choose a picture."),
        (png() + b"\0" * MOST_BYTES, "This picture has 200 kB; at most 200 kB, please."),
        (png() + b"\0" * 1_500_000, "This picture has 1,500 kB; at most 200 kB, please."),
        (b"GIF89a\x01\0\x01\0", "no PNG, JPEG or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no PNG, JPEG or WebP"),
        (b"<!doctype html><script>alert(1)</script>", "no PNG, JPEG or WebP"),
        (png()[:10], "a broken one"),
        (jpeg()[:12], "a broken one"),
        (b"\xff\xd8\xff" * 50, "a broken one"),
        (b"\xff\xd8\xff\xe0\0\0" * 50, "a broken one"),
        (webp(b"VP8 ", b"")[:20], "a broken one"),
        (webp(b"ICCP", b""), "a broken one"),
        (png(0, 3), "0 × 3 pixels"),
        (png(50_000, 3), "50,000 × 3 pixels; at most 4,096 a side"),
        (jpeg(3, 5_000), "3 × 5,000 pixels"),
    ],
)
def test_what_is_no_small_whole_picture_is_refused_in_a_sentence(body: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        look(body)
