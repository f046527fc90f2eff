"""What a text must not carry before it is kept: numbers that open accounts, and what is nobody's business at a shop.

Numbers of accounts and states are refused. The rest is a warning that a person may wave away, so false alarms stay cheap.
Findings name the words found and a neutral wording; nothing here logs or keeps the text.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from deskapp.rules import guard_reading
from deskapp.rules.guard_ids import Shape, ids, shapes_of
from deskapp.rules.guard_kinds import DEFAULTS, INSTEAD, REFUSED, WHY, Kind, Policy
from deskapp.rules.guard_numbers import Number, bank_accounts, card_numbers, email_addresses
from deskapp.rules.guard_reading import PhraseList
from deskapp.rules.guard_slips import Slips
from deskapp.rules.guard_text import Shaped, Word, numbers_of, spelled_words, words_of
from deskapp.rules.phrases import START, Phrases
from deskapp.rules.words import Said, say, together

__all__ = ["DEFAULTS", "REFUSED", "Finding", "Kind", "Look", "Policy", "check", "in_the_way", "sentence"]

LANGUAGES = ("en", "de")
_SHOWN = 4  # last digits of a number


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` as found, folded (of a number only its end); they stand at `start` to `end` in the text."""

    kind: Kind
    words: str
    start: int
    end: int

    @property
    def why(self) -> str:
        return WHY[self.kind]

    @property
    def instead(self) -> str:
        return INSTEAD[self.kind]

    @property
    def is_refused(self) -> bool:
        """Unless the shop has another policy."""
        return self.kind in REFUSED


@dataclass(frozen=True, slots=True)
class Lists:
    """All languages at once: staff do not say in which one they write."""

    languages: tuple[PhraseList, ...]
    phrases: Phrases[tuple[Kind, bool]]  # each kind once as it is found, and once as it is allowed
    shapes: tuple[Shape, ...]
    slips: Slips

    @classmethod
    def of(cls, languages: Iterable[PhraseList]) -> "Lists":
        """Some 0.3 s, so once for a process."""
        read = tuple(languages)
        lists = {
            (kind, is_allowed): [
                phrase for one in read for phrase in (one.allowed if is_allowed else one.phrases).get(kind, ())
            ]
            for kind in guard_reading.BY_WORDS
            for is_allowed in (False, True)
        }
        phrases = Phrases(lists, [filler for one in read for filler in one.fillers])
        return cls(read, phrases, shapes_of(guard_reading.shapes_file()), Slips.of(read))


@cache
def built_in() -> Lists:
    return Lists.of(guard_reading.read(name, guard_reading.built_in(name)) for name in LANGUAGES)


Look = Callable[[str], tuple[Finding, ...]]  # as `check`, with whatever lists and recognisers a shop has


def check(text: str, lists: Lists | None = None, extra: Iterable[Finding] = ()) -> tuple[Finding, ...]:
    """Everything found, numbers first, each words once. `extra`: what other recognisers found. Some 0.4 ms for 500 characters."""
    lists = lists or built_in()
    numbers = _apart([*_numbers_in(text, lists.shapes), *extra])
    words = (one for one in _words_in(text, lists) if not any(_touch(one, number) for number in numbers))
    unique = {(one.kind, one.words): one for one in reversed([*numbers, *words])}
    return tuple(reversed(unique.values()))


def in_the_way(
    text: str,
    *,
    is_confirmed: bool,
    policies: Mapping[Kind, Policy] = DEFAULTS,
    lists: Lists | None = None,
    extra: Iterable[Finding] = (),
) -> tuple[Finding, ...]:
    """What keeps the text from being saved: what is refused always, the rest until a person has confirmed it."""
    found = check(text, lists, extra)
    return tuple(one for one in found if policies[one.kind] is Policy.REFUSE or not is_confirmed)


def sentence(findings: Sequence[Finding], policies: Mapping[Kind, Policy] = DEFAULTS) -> Said:
    """For the field where the text was typed; "" if there is nothing to say."""
    said = [say("“{words}”: {why} {instead}", words=f.words, why=f.why, instead=f.instead) for f in findings]
    asked = {policies[f.kind] for f in findings}
    if Policy.REFUSE in asked or not asked:
        return together(said)
    needs_reason = Policy.REASON in asked
    else_ = say("Or say why it stays.") if needs_reason else say("Or tick “{tick}”.", tick=say("Keep it as it is"))
    return together([*said, else_])


# --- numbers ---------------------------------------------------------------------------------------------------------


def _numbers_in(text: str, shapes: tuple[Shape, ...]) -> Iterator[Finding]:
    plain = numbers_of(text)
    yield from (
        Finding(Kind.EMAIL, f"…{e.digits[-_SHOWN:]}", *plain.span(e.start, e.end)) for e in email_addresses(plain.text)
    )
    if not any(character.isdecimal() for character in text):
        return
    yield from (_of_number(Kind.CARD_NUMBER, number, plain) for number in card_numbers(plain.text))
    yield from (_of_number(Kind.BANK_ACCOUNT, number, plain) for number in bank_accounts(plain.text))
    yield from (_of_number(Kind.NATIONAL_ID, number, plain) for number in ids(plain.text, shapes))


def _of_number(kind: Kind, number: Number, plain: Shaped) -> Finding:
    return Finding(kind, f"…{number.digits[-_SHOWN:]}", *plain.span(number.start, number.end))


def _apart(found: Sequence[Finding]) -> list[Finding]:
    """Of what overlaps only the surest: four groups of an IBAN may be a card number by chance, one in a hundred."""
    kept: list[Finding] = []
    for one in sorted(found, key=lambda one: (one.kind is not Kind.BANK_ACCOUNT, list(Kind).index(one.kind))):
        if not any(one.kind is not other.kind and _touch(one, other) for other in kept):
            kept.append(one)
    return kept


def _touch(one: Finding, other: Finding) -> bool:
    return one.start < other.end and other.start < one.end


# --- words -----------------------------------------------------------------------------------------------------------


def _words_in(text: str, lists: Lists) -> list[Finding]:
    words = words_of(text)
    found = [
        *_phrases_in(words, lists),
        *(one for word in spelled_words(text) for one in _phrases_in([word], lists)),
        *(Finding(kind, word.text, word.start, word.end) for word, kind in lists.slips.find(words)),
    ]
    return _longest(found)


def _phrases_in(words: list[Word], lists: Lists) -> Iterator[Finding]:
    said = [word.text for word in words]
    places = [(of, *_spoken(said, start, end)) for of, start, end in lists.phrases.places(said)]
    allowed = [(kind, start, end) for (kind, is_allowed), start, end in places if is_allowed]
    for (kind, is_allowed), start, end in places:
        if not is_allowed and not any(k is kind and s <= start and end <= e for k, s, e in allowed):
            text = " ".join(word for word in said[start:end] if word != START)
            yield Finding(kind, text, words[start].start, words[end - 1].end)


def _spoken(said: list[str], start: int, end: int) -> tuple[int, int]:
    """Without the beginnings of sentences at both ends."""
    while said[start] == START:
        start += 1
    while said[end - 1] == START:
        end -= 1
    return start, end


def _longest(found: Collection[Finding]) -> list[Finding]:
    """In the order of the text; what lies within another of its kind is said by that one."""
    kept: list[Finding] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if not any(one.kind is k.kind and k.start <= one.start and one.end <= k.end for k in kept[-8:]):
            kept.append(one)
    return kept
