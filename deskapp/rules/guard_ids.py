"""Numbers by which a state knows a person: shapes and check rules by country, as data in guard_lists/ids.toml.

A shape that other numbers have as well counts only near a word that says what it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from deskapp.rules.guard_numbers import UPPER, Number, luhn

_BEFORE, _AFTER = 40, 15  # characters in which such a word is looked for
_HINT = 2  # letters that every word of `near` begins with
_LEAST_DIGITS = 2
_ANOTHER = re.compile(  # right before a number it says that this is none of a person's
    r"(?:order|ticket|invoice|parcel|tracking|voucher|receipt|sku|ref(?:erence)?|bestellung|rechnung|paket|auftrag|artikel)"
    r"\W*(?:no|number|nr|nummer)?\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """`near` None: the shape alone says what it is."""

    country: str
    name: str
    shape: re.Pattern[str]
    near: re.Pattern[str] | None
    hints: tuple[str, ...]  # how the words of `near` begin: looking for these first is a hundred times as fast
    is_right: Callable[[str], bool]


def shapes_of(rows: list[dict[str, Any]]) -> tuple[Shape, ...]:
    """From the tables `[[id]]`: country, name, shape, check with what it needs, and words near which alone it counts."""
    return tuple(_shape_of(row) for row in rows)


def _shape_of(row: Mapping[str, Any]) -> Shape:
    words = row.get("near", [])
    near = re.compile(r"(?<!\w)(?:" + "|".join(words) + r")(?!\w)", re.IGNORECASE) if words else None
    hints = tuple({word[:_HINT].upper() for word in words})
    shape = re.compile(rf"(?<![0-9A-Z])(?:{row['shape']})(?![0-9A-Z])")
    return Shape(row["country"], row["name"], shape, near, hints, _rule(row))


def _rule(row: Mapping[str, Any]) -> Callable[[str], bool]:
    if row["check"] == "weights":
        return partial(_weighed, lines=row["weights"], modulus=row["modulus"])
    return _RULES[row["check"]]


def ids(text: str, shapes: tuple[Shape, ...]) -> Iterator[Number]:
    """In the order of the shapes; the same place may be found by several."""
    if sum(map(text.count, "0123456789")) < _LEAST_DIGITS:
        return
    capitals = text.translate(UPPER)
    for shape in shapes:
        if shape.near and not any(hint in capitals for hint in shape.hints):
            continue
        for found in shape.shape.finditer(capitals):
            joined = re.sub(r"[^0-9A-Z]", "", found[0])
            if shape.is_right(joined) and _is_near(shape.near, text, *found.span()):
                yield Number(joined, *found.span())


def _is_near(near: re.Pattern[str] | None, text: str, start: int, end: int) -> bool:
    if near is None:
        return True
    before = text[max(0, start - _BEFORE) : start]
    return not _ANOTHER.search(before) and any(near.search(part) for part in (before, text[end : end + _AFTER]))


# --- check rules; each gets the letters and digits without what parted them -------------------------------------------


def _weighed(number: str, *, lines: list[list[int]], modulus: int) -> bool:
    return all(sum(w * int(d) for w, d in zip(line, number, strict=False)) % modulus == 0 for line in lines)


def _mod_11_10(digits: str) -> bool:
    """ISO 7064; Germany, Croatia."""
    rest = 10
    for digit in digits[:-1]:
        rest = ((int(digit) + rest) % 10 or 10) * 2 % 11
    return (11 - rest) % 10 == int(digits[-1])


def _mod_11_2(number: str) -> bool:
    """ISO 7064; China. The last may be an X for ten."""
    rest = 0
    for digit in number[:-1]:
        rest = (rest + int(digit)) * 2 % 11
    return (12 - rest) % 11 == (10 if number[-1] == "X" else int(number[-1]))


def _is_steuer_id(digits: str) -> bool:
    """Of its first ten digits one or two are missing, so that one stands there twice or thrice."""
    return len(set(digits[:10])) in {8, 9} and _mod_11_10(digits)


def _nir(number: str) -> bool:
    """France; 2A and 2B are Corsica."""
    plain = number.replace("2A", "19").replace("2B", "18")
    return plain.isdigit() and 97 - int(plain[:13]) % 97 == int(plain[13:])


def _dni(number: str) -> bool:
    """Spain; X, Y and Z of a foreigner's number count 0, 1 and 2."""
    digits = number[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == number[-1]


_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def _codice_fiscale(number: str) -> bool:
    values = [int(c) if c.isdigit() else ord(c) - ord("A") for c in number[:-1]]
    total = sum(value if at % 2 else _ODD[value] for at, value in enumerate(values))
    return chr(ord("A") + total % 26) == number[-1]


def _cpf(digits: str) -> bool:
    """Brazil; the same digit eleven times passes the sum and is none."""
    return len(set(digits)) > 1 and all(
        sum(weight * int(d) for weight, d in zip(range(count + 1, 1, -1), digits, strict=False)) * 10 % 11 % 10
        == int(digits[count])
        for count in (9, 10)
    )


def _hetu(number: str) -> bool:
    """Finland; the sign of the century is parted off if it is no letter."""
    digits = number[:6] + number[-4:-1]
    return digits.isdigit() and "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31] == number[-1]


def _belgian(digits: str) -> bool:
    """A 2 is put before the numbers of those born since 2000."""
    return any(97 - int(century + digits[:9]) % 97 == int(digits[9:]) for century in ("", "2"))


def _swedish(digits: str) -> bool:
    return luhn(digits[-10:])


_TIMES = ("0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043",
          "8765932104", "9876543210")  # fmt: skip
_TURNS = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def _verhoeff(digits: str) -> bool:
    """India."""
    rest = 0
    for at, digit in enumerate(reversed(digits)):
        rest = int(_TIMES[rest][int(_TURNS[at % 8][int(digit)])])
    return rest == 0


def _egn(digits: str) -> bool:
    """Bulgaria."""
    return sum(w * int(d) for w, d in zip((2, 4, 8, 5, 10, 9, 7, 3, 6), digits, strict=False)) % 11 % 10 == int(
        digits[9]
    )


def _cnp(digits: str) -> bool:
    """Romania; a rest of ten is written as 1."""
    rest = sum(int(w) * int(d) for w, d in zip("279146358279", digits, strict=False)) % 11
    return (1 if rest == 10 else rest) == int(digits[12])


def _tckn(digits: str) -> bool:
    """Turkey."""
    numbers = [int(d) for d in digits]
    tenth = (7 * sum(numbers[0:9:2]) - sum(numbers[1:8:2])) % 10
    return numbers[9] == tenth and sum(numbers[:10]) % 10 == numbers[10]


def _vsnr(number: str) -> bool:
    """Germany's pension insurance; the letter counts as its two-digit place in the alphabet."""
    digits = f"{number[:8]}{ord(number[8]) - ord('A') + 1:02}{number[9:]}"
    return sum(sum(divmod(int(w) * int(d), 10)) for w, d in zip("212571212121", digits, strict=False)) % 10 == int(
        digits[12]
    )


def _anything(number: str) -> bool:
    return bool(number)


_RULES: dict[str, Callable[[str], bool]] = {
    "": _anything,
    "luhn": luhn,
    "mod-11-10": _mod_11_10,
    "mod-11-2": _mod_11_2,
    "steuer-id": _is_steuer_id,
    "nir": _nir,
    "dni": _dni,
    "codice-fiscale": _codice_fiscale,
    "cpf": _cpf,
    "hetu": _hetu,
    "belgian": _belgian,
    "swedish": _swedish,
    "verhoeff": _verhoeff,
    "egn": _egn,
    "cnp": _cnp,
    "tckn": _tckn,
    "vsnr": _vsnr,
}
