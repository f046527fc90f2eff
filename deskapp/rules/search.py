"""What is looked for and what is found, as words: the same for the text that is kept and the text that is typed.

A word is folded (small letters, no accents, no invisible characters) and ends where a separator stands, a fixed list of ranges,
because "letter" means something else to every database. Scripts without blanks between words (Han, kana, Thai, Khmer …)
become single characters and pairs of them. PostgreSQL does the same in SQL (store/search_schema.py); a test holds them together.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deskapp.rules.stops import fold

LONGEST_WORD = 60  # characters; the rest of a longer one is not looked at
FACET = "§"  # a separator, so no word begins with it
FEWEST_DIGITS = 6  # of a phone number
MOST_WORDS = 8  # of what is typed; each costs a look into the index
_SHORTEST_MISTAKABLE = 4
_SHORTEST_PREFIX = 2
_LOOKED_AT = 2_000  # characters of a note that is weighed
_SHORT = 20  # words: a note of three is not ten times as good as one of thirty
_BEFORE = 60  # characters that an excerpt shows before the first word that was looked for
_EXCERPT = 240
MARKS_OF_A_WORD = "'-\u2010"  # folded: "o'brien" is found as two words and as one
_JOINTS = re.compile(f"[{re.escape(MARKS_OF_A_WORD)}]")

# Both Python's `re` and PostgreSQL read these escapes inside a bracket.
SEPARATORS = (
    r"\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7"
    r"\u02b9-\u02df\u02e5-\u02ff\u037e\u0387\u055a-\u055f\u0589-\u058f\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u0600-\u060f\u061b-\u061f\u0640"
    r"\u066a-\u066d\u06d4\u0700-\u070d\u0964\u0965\u0df4\u0e2f\u0e3f\u0e46\u0e4f\u0e5a\u0e5b\u10fb\u1361-\u1368\u1680"
    r"\u16eb-\u16ed\u17d4-\u17da\u1800-\u180a\u2000-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f\u30a0\u30fb"
    r"\ua4fe\ua4ff\ua60d-\ua60f\ua830-\ua839\ufd3e\ufd3f\ufdfc\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uff0f\uffe0-\uffff"
    r"\U0001f000-\U0001faff"
)
UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u303c\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf"
    r"\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_SEPARATORS = re.compile(f"[{SEPARATORS}]+")
_RUNS = re.compile(f"([{UNSPACED}]+)")
_IS_UNSPACED = re.compile(f"[{UNSPACED}]")
_DIGITS = re.compile(r"[^0-9]+")
_QUOTED = re.compile(r'["“”„«»]([^"“”„«»]*)["“”„«»]')

_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяєіїґ",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "ءابتثجحدذرزسشصضطظعغفقكلمنهويةى",
)


@dataclass(frozen=True, slots=True)
class Term:
    """One word of what is looked for; `is_start` if more letters may follow."""

    word: str
    is_start: bool = False


@dataclass(frozen=True, slots=True)
class Sought:
    """`terms`: all must be there, in whatever order. `phrases`: words that must follow each other."""

    terms: tuple[Term, ...]
    phrases: tuple[str, ...] = ()


# --- the words of a text --------------------------------------------------------------------------------------------


def tokens(text: str) -> str:
    """Everything a text is found by, in its order, a blank between. Zero to four times as long as `text`."""
    return " ".join(token for word in pieces(text) for token in _tokens_of(word))


def pieces(text: str) -> list[str]:
    """Folded words; a run of a script without blanks is one piece."""
    bare = _SEPARATORS.sub(" ", fold(text))
    return [word[:LONGEST_WORD] if _is_spaced(word) else word for word in _RUNS.sub(r" \1 ", bare).split()]


def _tokens_of(piece: str) -> Iterator[str]:
    if _is_spaced(piece):
        yield piece
        return
    for at, character in enumerate(piece):
        yield character
        if at + 1 < len(piece):
            yield piece[at : at + 2]


def _is_spaced(piece: str) -> bool:
    return _IS_UNSPACED.match(piece) is None


# --- what a customer is found by ------------------------------------------------------------------------------------


def customer_keys(name_folded: str, email_folded: str | None, phone: str | None, external_id: str) -> list[str]:
    """What is typed is the beginning of one of these.

    Of each word of the name: the word, a blank, the whole name and a blank, so that the other words can be looked for without
    opening the customer; of a run without blanks: each of its ends. `@` e-mail, `#` number, `+` the phone from its last digit.
    """
    words = pieces(name_folded)
    whole = " ".join(words)
    joined = [word for word in pieces(_JOINTS.sub("", name_folded)) if word not in words]
    keys = [f"{end[:LONGEST_WORD]} {whole} " for word in (*words, *joined) for end in _ends(word)]
    keys += [f"@{email_folded}"] if email_folded else []
    keys += [f"#{fold(external_id)} "]
    keys += [f"+{phone_key(phone)}"] if phone and len(phone_key(phone)) >= FEWEST_DIGITS else []
    return sorted(set(keys))


def customer_keys_as_json(name: str, email: str | None, phone: str | None, external_id: str) -> str:
    return json.dumps(customer_keys(name, email, phone, external_id))


def phone_key(phone: str) -> str:
    """Its digits from the last to the first, without the zeros it begins with: "+49 (0)171" and "0171" end alike."""
    return _DIGITS.sub("", unicodedata.normalize("NFKC", phone).replace("(0)", "")).lstrip("0")[::-1]


def is_phone(typed: str) -> bool:
    """Digits, and what people put between them."""
    return re.fullmatch(r"[0-9+()./\s-]+", unicodedata.normalize("NFKC", typed)) is not None


def _ends(word: str) -> list[str]:
    return [word] if _is_spaced(word) else [word[at:] for at in range(len(word))]


def inside(word: str) -> str:
    """What stands in every key of a customer whose name has a word that begins like that."""
    return f" {word}" if _is_spaced(word) else word


def is_exact(key: str, words: Iterable[str]) -> bool:
    """Whether each is a whole word of the name in `key`."""
    return all(key.startswith(f"{word} ") or f" {word} " in key for word in words)


# --- what somebody typed --------------------------------------------------------------------------------------------


def sought(typed: str) -> Sought:
    """Words typed for notes. The last one may go on; words in quotes follow each other. None of it is syntax to a database."""
    phrases = [" ".join(pieces(part)) for part in _QUOTED.findall(typed)]
    rest = _QUOTED.sub(" ", typed)
    words = [word for part in (rest, " ".join(phrases)) for word in pieces(part)]
    begins = [] if not rest.strip() or typed.rstrip() != typed else pieces(rest)[-1:]
    found: dict[str, bool] = {}
    for word in words:
        for token in _narrowest(word):
            found.setdefault(token, word in begins and _is_spaced(word) and len(word) >= _SHORTEST_PREFIX)
    terms = tuple(Term(word, is_start) for word, is_start in found.items())[:MOST_WORDS]
    runs = [word for word in words if not _is_spaced(word) and len(word) > 2]  # pairs alone may stand apart
    return Sought(terms, tuple(dict.fromkeys([*(phrase for phrase in phrases if " " in phrase), *runs])))


def holds_phrases(text: str, phrases: Iterable[str]) -> bool:
    """Whether the words of each stand in `text` one after the other."""
    said = f" {' '.join(pieces(text))} "
    return all((f" {phrase} " if _is_spaced(phrase) else phrase) in said for phrase in phrases)


def likeness(text: str, sought: Sought) -> tuple[bool, float]:
    """The larger the better: whether the words stand together as typed, and what part of the first words of a text they are."""
    said = pieces(text[:_LOOKED_AT])
    typed = [term.word for term in sought.terms]
    together = f" {' '.join(typed)}" in f" {' '.join(said)}"
    hits = sum(any(word.startswith(one) for one in typed) for word in said)
    return together, hits / (len(said) + _SHORT)


def _narrowest(word: str) -> list[str]:
    """Of a run without blanks its pairs alone, since they say all that its characters do."""
    made = list(_tokens_of(word))
    return [token for token in made if len(token) > 1] or made


# --- one mistake ----------------------------------------------------------------------------------------------------


def mistaken(word: str) -> list[str]:
    """What else could have been meant, had one letter been left out, added, mistyped, or two exchanged.

    Some 50 for each letter of the word; none for words under four letters and scripts without an alphabet.
    """
    alphabet = next((letters for letters in _ALPHABETS if set(word) & set(letters)), "")
    if len(word) < _SHORTEST_MISTAKABLE or not alphabet:
        return []
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    made = [a + b[1:] for a, b in halves if b]
    made += [a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1]
    made += [a + letter + b[1:] for a, b in halves if b for letter in alphabet]
    made += [a + letter + b for a, b in halves for letter in alphabet]
    return sorted(set(made) - {word})


# --- where it stands in the text ------------------------------------------------------------------------------------

Marked = tuple[str, bool]  # a piece of the text as it was written, and whether it was looked for


def excerpt(text: str, terms: Iterable[Term], length: int = _EXCERPT) -> list[Marked]:
    """About `length` characters around the first word that was looked for, cut between words, with the words marked."""
    folded, origin = _folded_with_places(text)
    spans = [(origin[a], origin[b - 1] + 1) for a, b in _hits(folded, terms)]
    start = _blank_before(text, max(0, spans[0][0] - _BEFORE)) if spans else 0
    end = _blank_after(text, start + length)
    return _cut(text, [(a, b) for a, b in spans if a >= start and b <= end], start, end)


def _folded_with_places(text: str) -> tuple[str, list[int] | range]:
    """Folded character by character, and for each character of that the place it comes from."""
    if text.isascii():
        return text.lower(), range(len(text))
    made, origin, known = [], [], dict[str, str]()
    for at, character in enumerate(text):
        if character not in known:
            known[character] = " " if character.isspace() else fold(character)
        made.append(known[character])
        origin.extend([at] * len(known[character]))
    return "".join(made), origin


def _hits(folded: str, terms: Iterable[Term]) -> list[tuple[int, int]]:
    """Not overlapping, in their order."""
    patterns = [
        re.escape(term.word) if not _is_spaced(term.word) else _whole(term) for term in sorted(terms, key=_longest)
    ]
    if not patterns:
        return []
    return [found.span() for found in re.finditer("|".join(patterns), folded)]


def _longest(term: Term) -> int:
    return -len(term.word)


def _whole(term: Term) -> str:
    edge = f"[{SEPARATORS}{UNSPACED}]"
    end = "" if term.is_start else f"(?={edge}|$)"
    return f"(?:(?<={edge})|(?<![\\s\\S])){re.escape(term.word)}{end}"


def _blank_before(text: str, at: int) -> int:
    if at == 0:
        return 0
    blank = text.find(" ", at, at + _BEFORE // 2)
    return at if blank < 0 else blank + 1


def _blank_after(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    blank = text.rfind(" ", at - _BEFORE // 2, at)
    return at if blank < 0 else blank


def _cut(text: str, spans: list[tuple[int, int]], start: int, end: int) -> list[Marked]:
    made: list[Marked] = [("…", False)] if start else []
    at = start
    for a, b in spans:
        if a < at:
            continue
        made += [(text[at:a], False), (text[a:b], True)]
        at = b
    made += [(text[at:end], False), ("…" if end < len(text) else "", False)]
    return [piece for piece in made if piece[0]]
