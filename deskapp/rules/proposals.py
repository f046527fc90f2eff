"""What a note may say of the customer's own tastes and days, by patterns that anybody can read.

It would rather miss three than propose one that is wrong: another person in the sentence or in the one before, a doubt, a "no
longer" or a question, and nothing is proposed. What tells of faith, such as kosher food, is never proposed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from deskapp.rules.occasions import is_day
from deskapp.rules.proposal_phrases import LANGUAGES, Language
from deskapp.rules.stops import fold

OCCASIONS = frozenset({"birthday", "anniversary", "name-day"})

_REMEMBERED = 1 << 12  # notes; the newest of a customer are read again each time something changes on their page
_READ = 4_000  # characters of a note
_LONGEST_VALUE = 80
_LONGEST_QUOTE = 120
_SENTENCE_ENDS = re.compile(r"(?<!\d)(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bSt)([.!?…]+)(?=\s|$)|([\n;])")
_PART_ENDS = re.compile(r"[,;:–—(]|\b(?:but|aber|sondern)\b", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\w\s]")
_QUOTED = re.compile(r"[\"“„«]|\b(?:said|says|told|sagte|sagt)\b", re.IGNORECASE)
_ITEM = r"(?!(?:{verbs})\b)[^\W\d_][\w'’-]*(?: (?!(?:{joins})\b|(?:{verbs})\b)[\w'’-]+){{0,{more}}}?"
_CLOSED = r"(?:$|[.,;:!?…)\]\"”»\n–—]|'(?!\w)|-\s)"
_NAME = r"(?:(?:Dr|Mrs?|Ms)\.? )?(?-i:[A-ZÀ-ÖØ-Þ])[\w'’-]*(?: (?-i:[A-ZÀ-ÖØ-Þ])[\w'’-]*){0,2}"
_DAY_NAMES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday tomorrow today montag dienstag mittwoch donnerstag freitag samstag"
    " sonntag back mum mom dad".split()
)
_TELLS_NOTHING = frozenset("here there no not it them after before until hier da nicht es".split())
_SELF = frozenset({"i", "i'm", "my", "ich", "mein", "meine", "me"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """`kind`: of a preference or of a day; `value`: in the note's words, "" where the kind says it; `quote`: where it was read."""

    kind: str
    value: str
    quote: str
    month: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True)
class _Reader:
    language: Language
    patterns: tuple[tuple[str, re.Pattern[str]], ...]
    female: re.Pattern[str]
    male: re.Pattern[str]
    anybody: re.Pattern[str]
    doubt: re.Pattern[str]
    no_more: re.Pattern[str]


@lru_cache(maxsize=_REMEMBERED)
def propose(text: str, name: str = "") -> tuple[Proposal, ...]:
    """Of an observation on a customer called `name`, in the order of the text, each kind and value once. About 1 ms a note."""
    found: dict[tuple[str, str], Proposal] = {}
    own = frozenset(fold(name).split())
    before = ""
    for sentence in _sentences(text[:_READ]):
        if not sentence.endswith("?"):
            for _, one in sorted(_in_sentence(sentence, before, own), key=itemgetter(0)):
                found.setdefault((one.kind, fold(one.value)), one)
        before = sentence
    return tuple(found.values())


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_ENDS.finditer(text):
        if sentence := text[start : end.end()].strip(" \n\t-*•;"):
            yield sentence
        start = end.end()
    if sentence := text[start:].strip(" \n\t-*•;"):
        yield sentence


def _in_sentence(sentence: str, before: str, own: frozenset[str]) -> Iterator[tuple[int, Proposal]]:
    """With the place where each begins."""
    plain = sentence.replace("’", "'")
    for reader in _READERS:
        taken: list[tuple[int, int]] = []
        for kind, pattern in reader.patterns:
            for match in pattern.finditer(plain):
                if any(start < match.end() and match.start() < end for start, end in taken):
                    continue
                taken.append(match.span())
                if _is_theirs(reader, plain, match, before, own) and (one := _read(reader, kind, match, sentence)):
                    yield match.start(), one


def _read(reader: _Reader, kind: str, match: re.Match[str], sentence: str) -> Proposal | None:
    groups = {name: said for name, said in match.groupdict().items() if said}
    quote = _quote(sentence, match)
    if kind in OCCASIONS:
        month, day = _date(reader.language, groups)
        return Proposal(kind, "", quote, month, day) if is_day(month, day) else None
    value = _value(reader.language, groups)
    return None if value is None else Proposal(kind, value, quote)


def _value(language: Language, groups: dict[str, str]) -> str | None:
    """None where it says nothing by itself, or is about somebody else."""
    said = next((said for name, said in groups.items() if name.startswith("value")), "").strip(" '-")
    if "without" in groups:
        return f"no {groups['without']}"
    if told := dict(language.words).get(fold(said)):
        return told
    words = fold(said).split()
    others = any(re.search(rf"\b(?:{nouns})\b", said, re.IGNORECASE) for nouns in _nouns(language))
    if others or len(said) > _LONGEST_VALUE or _TELLS_NOTHING & set(words):
        return None
    if words and (words[0] in language.empty or words[0] in _DAY_NAMES):
        return None
    return f"{said} ({groups['what'].lower()}s)" if "what" in groups and language is LANGUAGES[0] else said


def _nouns(language: Language) -> tuple[str, str, str]:
    return language.female, language.male, language.anybody


def _quote(sentence: str, match: re.Match[str]) -> str:
    """From the start of its part of the sentence on."""
    parts = [part.end() for part in _PART_ENDS.finditer(sentence, 0, match.start())]
    return sentence[parts[-1] if parts else 0 : match.end()].strip()[-_LONGEST_QUOTE:]


def _date(language: Language, groups: dict[str, str]) -> tuple[int, int]:
    day = next(int(said) for name, said in groups.items() if name.startswith("day"))
    said = next(said for name, said in groups.items() if name.startswith("month"))
    if said.isdigit():
        return int(said), day
    month = next(n for n, names in enumerate(language.months, 1) if fold(said) in map(fold, names.split("|")))
    return month, day


# --- whose it is ----------------------------------------------------------------------------------------------------


def _is_theirs(reader: _Reader, sentence: str, match: re.Match[str], before: str, own: frozenset[str]) -> bool:
    """Whether the customer is meant, and whether it is so now."""
    ahead = sentence[: match.start()]
    parts = _PART_ENDS.split(ahead)
    if reader.doubt.search(parts[-1]) or reader.no_more.search(sentence, match.end()):
        return False
    subject = _subject(reader.language, ahead)
    if subject in _SELF and not (_QUOTED.search(ahead) or subject == "me"):
        return False
    if not _may_be_theirs(reader.language, subject, own):
        return False
    return _is_nobody_else(reader, subject, f"{before} {ahead}", own)


def _subject(language: Language, ahead: str) -> str:
    """The last word that is no adverb, folded; "" where there is none."""
    tokens = [fold(token) for token in _TOKEN.findall(ahead)]
    while tokens and tokens[-1] in language.adverbs:
        tokens.pop()
    return tokens[-1] if tokens else ""


def _may_be_theirs(language: Language, subject: str, own: frozenset[str]) -> bool:
    name = subject.removesuffix("'s")
    return not subject or name in own or subject in language.before | language.she | language.he | _SELF


def _is_nobody_else(reader: _Reader, subject: str, ahead: str, own: frozenset[str]) -> bool:
    """Others that were named are no matter where the pronoun cannot mean them, or the customer is called by name."""
    if subject.removesuffix("'s") in own and subject:
        return True
    female, male = reader.female.search(ahead), reader.male.search(ahead)
    if reader.anybody.search(ahead):
        return False
    if subject in reader.language.she:
        return female is None
    if subject in reader.language.he:
        return male is None
    return female is None and male is None


# --- the patterns, ready to search with -----------------------------------------------------------------------------


def _reader(language: Language) -> _Reader:
    item, another = (_ITEM.format(verbs=language.verbs, joins=language.joins, more=more) for more in (3, 1))
    pieces = {
        "item": item,
        "list": rf"{item}(?:(?:, {another}){{0,3}},? (?:{language.joins}) {another})?",
        "end": rf"(?=\s*{_CLOSED}|\s(?:{language.ends})\b)",
        "stop": rf"(?=\s*{_CLOSED}|\s(?:{language.reasons})\b)",
        "name": _NAME,
        "adverb": f"(?:{'|'.join(sorted(language.adverbs))})",
        "date": _dates(language),
    }
    patterns = tuple(
        (kind, re.compile(rf"(?<![\w-]){pattern.format(**pieces)}", re.IGNORECASE))
        for kind, pattern in language.patterns
    )
    return _Reader(
        language, patterns, *(_any(words) for words in (*_nouns(language), language.doubt, language.no_more))
    )


def _any(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:\b|(?=n't))(?:{words})\b", re.IGNORECASE)


def _dates(language: Language) -> str:
    """3 May, 3rd of May, May 3, 3. Mai, 3.5.; a bare 5/3 is another day on each side of the ocean, so it is none."""
    month = "|".join(language.months)
    return (
        rf"(?:(?P<day1>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of)? (?P<month1>{month})\b"
        rf"|(?P<month2>{month}) (?:the )?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)"
        rf"|(?P<day3>\d{{1,2}})\.(?P<month3>\d{{1,2}})\.)"
    )


_READERS = tuple(_reader(language) for language in LANGUAGES)
