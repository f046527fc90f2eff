"""What may be proposed from a note: it would rather miss three than propose one that is wrong."""

import tomllib
from pathlib import Path

import pytest

from deskapp.rules.proposals import OCCASIONS, Proposal, propose
from deskapp.rules.stops import fold
from deskapp.store.memory_tables import OccasionKind, PreferenceKind

GOLDEN = Path(__file__).parent.parent / "golden" / "proposals.toml"
NAME = "Carla Núñez"
LEAST_PRECISION = 0.97
LEAST_RECALL = 0.9


def golden() -> list[dict]:
    return tomllib.loads(GOLDEN.read_text())["note"]


def said(one: Proposal) -> str:
    if one.kind in OCCASIONS:
        return f"{one.kind}: {one.month}-{one.day}"
    return f"{one.kind}: {one.value}" if one.value else one.kind


def test_most_of_what_is_proposed_is_right_and_little_is_missed() -> None:
    right = proposed = wanted = 0
    wrong, missed = [], []
    for note in golden():
        found, wants = {fold(said(one)) for one in propose(note["text"], NAME)}, set(map(fold, note["wants"]))
        right, proposed, wanted = right + len(found & wants), proposed + len(found), wanted + len(wants)
        wrong += [(note["text"], one) for one in found - wants]
        missed += [(note["text"], one) for one in wants - found]
    precision, recall = right / proposed, right / wanted
    print(f"precision {precision:.3f} of {proposed}, recall {recall:.3f} of {wanted}")
    assert len(golden()) >= 120
    assert precision >= LEAST_PRECISION, wrong
    assert recall >= LEAST_RECALL, missed


def test_what_the_kinds_are_called_is_what_the_tables_call_them() -> None:
    kinds = {one.kind for note in golden() for one in propose(note["text"], NAME)}
    assert kinds <= {*PreferenceKind, *OccasionKind}
    assert {kind.value for kind in OccasionKind} >= OCCASIONS


def test_it_shows_where_it_was_read() -> None:
    (one,) = propose("Came in from the rain; said that she is allergic to nuts, so no praline.", NAME)
    assert one.quote == "said that she is allergic to nuts"


def test_the_customers_own_name_is_no_strangers() -> None:
    assert propose("Tom likes chess.", "Tom Berger") != ()
    assert propose("Tom likes chess.", NAME) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "allergic to",
        "loves " * 4_000,
        "allergic to a b c and " * 900,
        "<script>alert(1)</script> loves {{ 7 * 7 }}",
        "\u202eloves tea\u202c",
        "l̸̢o̵v̶e̷s̸ tea",
        "👍" * 5_000,
        "allergic to " + "nuts, " * 3_000,
    ],
)
def test_whatever_is_written_is_read_in_no_time_and_breaks_nothing(text: str) -> None:
    for one in propose(text, NAME):
        assert len(one.value) <= 80
        assert len(one.quote) <= 120


@pytest.mark.parametrize("text", ["She eats kosher.", "Eats only halal.", "Is Catholic.", "She is pregnant."])
def test_what_tells_of_faith_or_health_beyond_food_is_not_proposed(text: str) -> None:
    assert propose(text, NAME) == ()
