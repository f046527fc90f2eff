"""A CSV file read in chunks of checked rows: UTF-8, comma-separated, with a header, one record a line.

One record a line is stricter than RFC 4180. It is what makes a forgotten closing quote an error of its own line instead of
one that swallows the rest of the file into a single field, and none of our columns has room for a line break anyway.
"""

import codecs
import csv
import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path

from deskapp.feeds.problems import Problems

_BLOCK_BYTES = 1 << 20
_CHUNK_LINES = 4096


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows as wide as the header, each with the number of its line; `done` is the part of the file read so far, 0 to 1."""

    lines: Sequence[int]
    rows: list[list[str]]
    done: float


@dataclass(frozen=True, slots=True)
class Table:
    """`places` says at which index of a row a column stands, also those of columns that nobody asked for."""

    places: dict[str, int]
    chunks: Iterator[Chunk]


# --- before reading: is it text at all? -----------------------------------------------------------------------------


def scan(path: Path, problems: Problems) -> str:
    """The sha256 of the file in hex, having looked for what no row could survive: other encodings, NULs, endless lines."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            if fault := _fault(block, decoder):
                problems.add(path.name, lines + block.count(b"\n", 0, fault[0]), "", fault[1])
                return digest.hexdigest()
            lines += block.count(b"\n")
    if decoder.getstate()[0]:
        problems.add(path.name, lines, "", "The file ends in the middle of a letter; it may have been cut off.")
    return digest.hexdigest()


def _fault(block: bytes, decoder: codecs.IncrementalDecoder) -> tuple[int, str] | None:
    """Its place in the block and the sentence."""
    if (nul := block.find(b"\0")) >= 0:
        return nul, "There is a NUL byte on this line; save the file as UTF-8 text."
    pending = len(decoder.getstate()[0])
    try:
        decoder.decode(block)
    except UnicodeDecodeError as error:
        return max(0, error.start - pending), "This line is not UTF-8 text; save the file with UTF-8 encoding."
    if len(block) == _BLOCK_BYTES and b"\n" not in block and b"\r" not in block:
        return 0, "This line is longer than a million characters."
    return None


# --- reading --------------------------------------------------------------------------------------------------------


@contextmanager
def reading(path: Path, required: Collection[str], problems: Problems) -> Iterator[Table | None]:
    """None when the header will not do; why stands in `problems`."""
    with path.open("rb") as raw, TextIOWrapper(raw, "utf-8-sig", newline="") as text:
        places = _header(next(text, ""), path.name, required, problems)
        size = max(1, path.stat().st_size)
        yield (
            Table(places, _chunks(text, len(places), path.name, problems, lambda: raw.tell() / size))
            if places
            else None
        )


def _header(line: str, name: str, required: Collection[str], problems: Problems) -> dict[str, int]:
    """Empty when it will not do."""
    _, rows = _line_by_line([line], 1, None, name, problems)
    columns = [column.strip().lower() for column in rows[0]] if rows else []
    if not any(columns):
        problems.add(name, 1, "", "The file has no header; its first line must name the columns.")
        return {}
    missing = [column for column in required if column not in columns]
    if missing:
        hint = " Put commas between the columns." if len(columns) == 1 and {";", "\t"} & set(line) else ""
        problems.add(name, 1, missing[0], f"The header lacks {' and '.join(missing)}.{hint}")
    repeated = sorted({column for column in columns if column and columns.count(column) > 1})
    if repeated:
        problems.add(name, 1, repeated[0], f"The header names {' and '.join(repeated)} more than once.")
    return {} if missing or repeated else {column or f"#{place}": place for place, column in enumerate(columns)}


def _chunks(
    text: Iterator[str], width: int, name: str, problems: Problems, done: Callable[[], float]
) -> Iterator[Chunk]:
    first = 2
    while lines := list(islice(text, _CHUNK_LINES)):
        numbers, rows = _together(lines, first, width) or _line_by_line(lines, first, width, name, problems)
        yield Chunk(numbers, rows, min(1.0, done()))
        first += len(lines)


def _together(lines: list[str], first: int, width: int) -> tuple[Sequence[int], list[list[str]]] | None:
    """All lines at once, four times as fast as one by one; None when any of them is not exactly one record of this width."""
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error:
        return None
    if len(rows) != len(lines) or set(map(len, rows)) != {width}:
        return None
    return range(first, first + len(lines)), rows


def _line_by_line(
    lines: list[str], first: int, width: int | None, name: str, problems: Problems
) -> tuple[Sequence[int], list[list[str]]]:
    numbers: list[int] = []
    rows: list[list[str]] = []
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        try:
            row = next(csv.reader([line], strict=True))
        except csv.Error as error:
            problems.add(name, number, "", _why(str(error)))
            continue
        if width not in {None, len(row)}:
            problems.add(name, number, "", f"There are {len(row)} fields here where the header has {width}.")
            continue
        numbers.append(number)
        rows.append(row)
    return numbers, rows


def _why(error: str) -> str:
    if "field limit" in error:
        return "A field on this line is longer than 131,072 characters."
    if "unexpected end" in error:
        return "A quotation mark on this line is not closed."
    return "A quotation mark on this line stands where none may; write a quotation mark inside a quoted field twice."
