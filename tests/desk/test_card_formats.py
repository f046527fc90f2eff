import cast
import pytest
from parcels import deliver
from pydantic import ValidationError
from sqlmodel import Session, select

from deskapp.desk import card_formats, card_paper
from deskapp.desk.card_formats import NewFormat, Step
from deskapp.desk.inputs import Keyed
from deskapp.rules.card_sizes import Hand
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store.card_tables import CardFormat
from deskapp.store.tables import Audit, Delivery

People = dict[str, Actor]


def square(words: str = "Square", key: str = "format-key-1", **changes: object) -> NewFormat:
    return NewFormat.model_validate(
        {"form_key": key, "words": words, "width_mm": "140", "height_mm": "140", "margin_mm": "10"} | changes
    )


def take(session: Session, who: Actor, code: str, step: Step, key: str = "step-key-1") -> None:
    card_formats.take(session, who, code, step, Keyed(form_key=key), now=cast.NOW)


def in_use(session: Session) -> list[str]:
    session.flush()
    return [row.code for row in card_formats.panel(session).in_use]


def audited(session: Session) -> list[tuple[str, str]]:
    session.flush()
    return [(row.action, row.subject) for row in session.exec(select(Audit).order_by(Audit.id)).all()]


def test_a_shop_begins_with_the_usual_ones(session: Session) -> None:
    rows = card_formats.panel(session).in_use
    assert [row.code for row in rows] == ["a6", "a7", "4x6", "5x7", "a6-folded"]
    assert rows[2].sentence == "4 × 6 in, 152 × 102 mm: about 11 lines of 45 letters written at medium size"
    assert [row.is_first for row in rows] == [True, False, False, False, False]
    assert [row.is_last for row in rows] == [False, False, False, False, True]


def test_a_new_one_stands_at_the_end_once_however_often_it_is_sent(session: Session, people: People) -> None:
    for _ in range(2):
        card_formats.add(session, people["mo"], square(), now=cast.NOW)
    assert in_use(session)[-1:] == ["square"]
    assert audited(session) == [("card-format.added", "card-format:square")]


def test_two_whose_names_look_alike_are_told_apart_by_code(session: Session, people: People) -> None:
    card_formats.add(session, people["mo"], square("縦長"), now=cast.NOW)
    card_formats.add(session, people["mo"], square("横長", "format-key-2"), now=cast.NOW)
    assert in_use(session)[-2:] == ["card", "card-2"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (square("a6"), "words"),
        (square(width_mm="60", height_mm="60", margin_mm="25"), "margin_mm"),
        (square(width_mm="50", height_mm="400", margin_mm="20"), "margin_mm"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(session: Session, people: People, form: NewFormat, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        card_formats.add(session, people["mo"], form, now=cast.NOW)
    assert set(refused.value.problems) == {field}


@pytest.mark.parametrize("typed", ["", "12cm", "0", "49", "421", "-5", "1e3", "9" * 5000, "1.5", "\u0661\u0660\u0660"])
def test_a_side_is_whole_millimetres_of_paper_that_is_sold(typed: str) -> None:
    with pytest.raises(ValidationError, match="whole millimetres, from 50 to 420"):
        square(width_mm=typed)


def test_twenty_are_the_most(session: Session, people: People) -> None:
    for number in range(15):
        card_formats.add(session, people["mo"], square(f"Square {number}", f"format-key-{number}"), now=cast.NOW)
    with pytest.raises(Invalid, match="Retire one first"):
        card_formats.add(session, people["mo"], square(key="one-too-many"), now=cast.NOW)


def test_a_changed_size_is_said_anew(session: Session, people: People) -> None:
    card_formats.change(session, people["mo"], "a7", square("A7"), now=cast.NOW)
    (row,) = [row for row in card_formats.panel(session).in_use if row.code == "a7"]
    assert row.sentence.startswith("A7, 140 × 140 mm")
    with pytest.raises(NotFound):
        card_formats.change(session, people["mo"], "papyrus", square("Papyrus", "format-key-2"), now=cast.NOW)


def test_the_first_that_is_not_retired_is_taken_where_nobody_chose(session: Session, people: People) -> None:
    take(session, people["mo"], "4x6", Step.UP, "step-key-1")
    take(session, people["mo"], "4x6", Step.UP, "step-key-2")
    assert card_paper.stationery(session, "", "").chosen.code == "4x6"
    take(session, people["mo"], "4x6", Step.RETIRE, "step-key-3")
    assert card_paper.stationery(session, "", "").chosen.code == "a6"
    take(session, people["mo"], "4x6", Step.BRING_BACK, "step-key-4")
    assert card_paper.stationery(session, "", "").chosen.code == "4x6"


@pytest.mark.parametrize(("code", "step"), [("a6", Step.UP), ("a6-folded", Step.DOWN)])
def test_beyond_the_ends_nothing_moves(session: Session, people: People, code: str, step: Step) -> None:
    before = in_use(session)
    take(session, people["mo"], code, step)
    assert in_use(session) == before


def test_the_last_in_use_stays(session: Session, people: People) -> None:
    for number, code in enumerate(("a7", "4x6", "5x7", "a6-folded")):
        take(session, people["mo"], code, Step.RETIRE, f"step-key-{number}")
    with pytest.raises(Conflict, match="the last one in use"):
        take(session, people["mo"], "a6", Step.RETIRE, "step-key-9")


def test_a_card_on_paper_that_was_retired_stays_on_it_and_is_offered_no_other(session: Session, people: People) -> None:
    session.get_one(Delivery, deliver(session)).card_format = "a7"
    take(session, people["mo"], "a7", Step.RETIRE)
    paper = card_paper.stationery(session, "a7", "large")
    assert (paper.chosen.code, paper.hand) == ("a7", Hand.LARGE)
    assert "a7" not in [one.code for one in paper.formats]


def test_what_was_chosen_once_and_is_unknown_falls_back_to_what_the_shop_mostly_takes(session: Session) -> None:
    paper = card_paper.stationery(session, "papyrus", "huge")
    assert (paper.chosen.code, paper.hand) == ("a6", Hand.MEDIUM)
    assert len(session.exec(select(CardFormat)).all()) == 5


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("漢字", [(0, 2), (0, 2)]),
        ("ab漢c", [(0, 2), (0, 2), (0, 1)]),
        ("a  b\tc", [(0, 1), (2, 1), (1, 1)]),
        ("ne\u0301e \u202bשלום\u202c", [(0, 3), (1, 4)]),
        ("🇩🇪 👩‍👩‍👧 ♥", [(0, 2), (1, 2), (1, 1)]),
        ("한국 ｶﾅ", [(0, 2), (0, 2), (1, 2), (0, 2)]),
        ("Straße", [(0, 6)]),
    ],
)
def test_wide_characters_are_two_columns_and_marks_none(text: str, columns: list[tuple[int, int]]) -> None:
    (line,) = card_paper.length_of(text).lines
    assert [(word.blanks, word.columns) for word in line] == columns
