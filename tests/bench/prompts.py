"""A prompt from loaded facts: twenty notes of four sentences, twelve tastes, three promises, two days, a year of cards behind it.

Processor time of this process, the median of 200. The guard looks a sentence through once for a process and remembers its
digest, so the first prompt of a customer takes longer than all that follow.

November 2026, one of two busy cores: 4.0 ms, without notes 0.2 ms; the first time 13 ms, of it the guard 8 ms.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from deskapp.desk import guarding
from deskapp.rules import card_told, guard
from deskapp.rules.card_facts import Heard, KeptPromise, Known, NearDay, Taste, read
from deskapp.rules.prompts import prompt

ROUNDS = 200
TODAY = date(2026, 3, 14)
CHANNELS = ("in-person", "phone", "chat", "e-mail", "delivery")
SENTENCES = (
    "Asked whether the blue mug {n} comes in green, and how long it would take until it is here again.",
    "Told us about the garden that she is planning behind the house, with a bench {n} and two small trees.",
    "Is looking forward to the summer and to the long train journey number {n} that they take every year.",
    "Mentioned that the reading lamp {n} stands in the kitchen now, where the evenings are long.",
)


def loaded() -> Known:
    notes = tuple(
        Heard(
            " ".join(sentence.format(n=number) for sentence in SENTENCES),
            CHANNELS[number % 5],
            "Ana",
            TODAY - timedelta(days=7 * number),
            id=number,
        )
        for number in range(20)
    )
    tastes = tuple(Taste("like", f"thing {number}", "Bo", TODAY, id=number) for number in range(12))
    promises = tuple(KeptPromise(f"find saucer {number}", "Bo", TODAY, id=number) for number in range(3))
    days = tuple(NearDay("other", f"Day {n}", TODAY + timedelta(days=n), "Bo", TODAY, id=n) for n in range(2))
    known = Known(
        customer="Carla Núñez",
        shop="Corner & Co",
        today=TODAY,
        ship_on=TODAY,
        placed_on=TODAY,
        items=("Blue mug", "Reading lamp", "Plum jam"),
        gifts=("Lavender soap",),
        earlier_orders=40,
        language="en",
        notes=notes,
        tastes=tastes,
        promises=promises,
        occasions=days,
        look=guarding.look_again,
    )
    used: set[str] = set()
    for number in range(12):
        used |= {
            starter.key for starter in prompt(replace(known, id=number, phrases_used=frozenset(used))).starters.given
        }
    return replace(known, phrases_used=frozenset(used))


def milliseconds(do: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        started = time.process_time_ns()
        do()
        took.append((time.process_time_ns() - started) / 1e6)
    return statistics.median(took)


def main() -> None:
    known = loaded()
    sentences = [sentence for note in known.notes for sentence, _ in read(note).sentences]
    card = (
        "Dear Carla, you told us about the garden. The soap is a little extra from us. From all of us at Corner & Co."
    )
    facts = prompt(known).facts
    whole = milliseconds(lambda: prompt(known))
    bare = milliseconds(lambda: prompt(replace(known, notes=())))
    first = milliseconds(lambda: prompt(replace(known, look=guarding.look)))
    print(
        f"{whole:6.2f} ms  a prompt of {len(known.notes)} notes, {len(sentences)} sentences ({whole / 5:.2f} of 5 ms)"
    )
    print(f"{bare:6.2f} ms  without the notes")
    print(f"{first:6.2f} ms  the first time in a process ({first / whole:.1f} times as long)")
    print(f"{milliseconds(lambda: [guard.check(one) for one in sentences]):6.2f} ms  of that the guard")
    print(f"{milliseconds(lambda: card_told.told(card, facts)):6.2f} ms  what a finished card told")


if __name__ == "__main__":
    main()
