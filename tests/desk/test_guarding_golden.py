"""How well the guard does on labelled notes: those that it was tuned on, those held out, and those of a last control.

The floors are what was reached when they were last changed; they go up and never down. tests/golden says how the labels came
about. All notes are by the hand that wrote the lists, which flatters them. What was found at the first count of a set, before
anything was changed after it: held out 70 % of the special categories, with 10 % of the harmless notes stopped; control,
after the lists had been widened by whole families of words, 82 % (37 of 45) and none of 40.
"""

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deskapp.desk import guarding
from deskapp.rules.guard_kinds import NUMBERS, Kind

GOLDEN = Path(__file__).parents[1] / "golden"
SETS = ("guard", "guard_held_out", "guard_control")
SPECIAL = {Kind.HEALTH, Kind.FAITH, Kind.POLITICS, Kind.UNION, Kind.SEX_LIFE, Kind.ETHNICITY}


@dataclass
class Count:
    """Per kind: found and labelled, found only, labelled only; and of the harmless notes how many were stopped."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    harmless: int = 0
    stopped: int = 0

    def recall(self, kinds: set[Kind] | frozenset[Kind]) -> float:
        return _share(sum(self.right[k] for k in kinds), sum(self.missed[k] for k in kinds))

    def precision(self, kinds: set[Kind] | frozenset[Kind]) -> float:
        return _share(sum(self.right[k] for k in kinds), sum(self.wrong[k] for k in kinds))

    def table(self, name: str) -> str:
        rows = [
            f"{k.value:13} {self.precision({k}):9.3f} {self.recall({k}):7.3f} {self.right[k] + self.missed[k]:5}"
            for k in Kind
        ]
        alarms = f"harmless notes stopped: {self.stopped} of {self.harmless}"
        return "\n".join(["", f"{name:13} precision  recall notes", *rows, alarms])


def _share(part: int, rest: int) -> float:
    return part / (part + rest) if part + rest else 1.0


def count(name: str) -> Count:
    counted = Count()
    for key, notes in tomllib.loads((GOLDEN / f"{name}.toml").read_text("utf-8")).items():
        wanted = set() if key == "harmless" else {Kind(kind) for kind in key.split("+")}
        for note in notes:
            found = {finding.kind for finding in guarding.look(note)}
            counted.right.update(found & wanted)
            counted.wrong.update(found - wanted)
            counted.missed.update(wanted - found)
            counted.harmless += not wanted
            counted.stopped += bool(found) and not wanted
    return counted


@pytest.mark.parametrize(
    ("name", "numbers", "special", "other", "precision", "stopped"),
    [
        ("guard", 0.98, 1.0, 0.99, 0.99, 0.0),
        ("guard_held_out", 1.0, 0.98, 0.9, 0.93, 0.065),
        ("guard_control", 1.0, 0.95, 0.93, 1.0, 0.0),
    ],
)
def test_what_is_found_and_what_is_stopped_does_not_get_worse(
    capsys: pytest.CaptureFixture[str],
    name: str,
    numbers: float,
    special: float,
    other: float,
    precision: float,
    stopped: float,
) -> None:
    guarding.equip(Path("nowhere"))
    counted = count(name)
    with capsys.disabled():
        print(counted.table(name))
    assert counted.recall(NUMBERS) >= numbers
    assert counted.recall(SPECIAL) >= special
    assert counted.recall(set(Kind) - NUMBERS - SPECIAL) >= other
    assert counted.precision(set(Kind)) >= precision
    assert counted.stopped <= stopped * counted.harmless


def test_all_sets_together_hold_what_is_promised() -> None:
    """At least 0.95 of identifiers, 0.85 of special categories, at most 5 % of harmless notes stopped."""
    guarding.equip(Path("nowhere"))
    whole = Count()
    for counted in map(count, SETS):
        whole.right += counted.right
        whole.missed += counted.missed
        whole.harmless += counted.harmless
        whole.stopped += counted.stopped
    assert whole.recall(NUMBERS) >= 0.95
    assert whole.recall(SPECIAL) >= 0.85
    assert whole.stopped <= 0.05 * whole.harmless


def test_the_set_is_large_enough_and_no_note_stands_in_it_twice() -> None:
    notes = [
        note
        for name in SETS
        for notes in tomllib.loads((GOLDEN / f"{name}.toml").read_text("utf-8")).values()
        for note in notes
    ]
    assert len(notes) == len(set(notes)) >= 1000
