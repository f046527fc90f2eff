"""What customers ask for: which topics are alike, who speaks for how many, and what may become of a topic."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from deskapp.rules.stops import words

TITLE = 120  # characters of a topic's title
FORGOTTEN = "Something somebody asked for"  # a title that was the words of somebody who is forgotten

STATES = ("new", "considered", "planned", "released", "declined")
# A decision may be mistaken or overtaken, so that there is a way back from each but to "new".
NEXT = {
    "new": ("considered", "planned", "released", "declined"),
    "considered": ("planned", "released", "declined"),
    "planned": ("considered", "released", "declined"),
    "released": ("planned",),
    "declined": ("considered", "planned"),
}
ANSWERED = frozenset({"planned", "released", "declined"})  # what every asker is told in person
USED_AFTER = timedelta(days=30)  # from the release on: before, nobody can say whether they use it

_LEAST_VOICES = 3  # of two one is always half
_LEAST_SHARED = 0.5  # of the shorter one's telling words
_MOST_ALIKE = 5
_SAYS_NOTHING = frozenset(
    words(
        "a able about all also an and any are as ask asked asks at be because been but by can could customer customers did do does"
        " for from get give had has have he her him his how i if in is it its just let like likes me more my need needs not of on one"
        " or our please say says she should so some something that the their them there they thing this to too up us want wanted wants"
        " was we were what when which who why will wish wishes with would you your"
    )
) | frozenset({"doe", "thi"})


def telling(text: str) -> frozenset[str]:
    """Folded words in the singular, without those that any request may have."""
    return frozenset(word for word in words(text) if word not in _SAYS_NOTHING and len(word) > 1)


def alike(asked: str, topics: Mapping[int, Iterable[str]]) -> list[int]:
    """Topics whose title or words share at least half of the shorter one's telling words, the likest first; five at most.

    By plain overlap, so that whoever reads it sees why.
    """
    ours = telling(asked)
    shares = {
        topic: max((_share(ours, telling(text)) for text in texts), default=0.0) for topic, texts in topics.items()
    }
    likest = sorted((topic for topic, share in shares.items() if share >= _LEAST_SHARED), key=lambda t: (-shares[t], t))
    return likest[:_MOST_ALIKE]


def _share(ours: frozenset[str], theirs: frozenset[str]) -> float:
    return len(ours & theirs) / min(len(ours), len(theirs)) if ours and theirs else 0.0


def title_of(words: str) -> str:
    """As topics were once called by whoever asked first: one line; what is longer ends at a word, with dots."""
    line = " ".join(words.split())
    if len(line) <= TITLE:
        return line
    cut = line[: TITLE - 1]
    return f"{cut.rpartition(' ')[0] or cut}…"


def root_of(topic: int, merged_into: Mapping[int, int]) -> int:
    """The topic that stands for it. A circle, which nobody can make but two at once, ends where it was entered."""
    seen = {topic}
    while (above := merged_into.get(topic)) is not None and above not in seen:
        topic = above
        seen.add(topic)
    return topic


@dataclass(frozen=True, slots=True)
class Loud:
    """Who makes more than half of the voices: one customer or one of staff."""

    is_customer: bool
    who: int
    voices: int
    of: int


def loud(voices: Collection[tuple[int, int]]) -> Loud | None:
    """`voices`: (customer, hearer) of each; None where nobody is louder than all others together, or there are too few to say."""
    if len(voices) < _LEAST_VOICES:
        return None
    for is_customer, who in ((True, [c for c, _ in voices]), (False, [h for _, h in voices])):
        (most, count) = Counter(who).most_common(1)[0]
        if 2 * count > len(voices):
            return Loud(is_customer, most, count, len(voices))
    return None
