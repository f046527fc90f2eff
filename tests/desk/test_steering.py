"""Hiding, pinning and boosting: who, until when, and that it counts in the very next answer."""

from datetime import date, timedelta
from pathlib import Path

import cast
import pytest
from cast import NOW
from sold import a_report, tiny_model
from sqlmodel import Session, select

from deskapp.desk import models, plus_one, steering
from deskapp.desk.shelf import Shelf
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.rules.steering import Steer
from deskapp.store.db import Database
from deskapp.store.tables import Audit, Item, ItemKind, Steering

People = dict[str, Actor]
TODAY = NOW.date()


def form(item: str = "jam", steer: Steer = Steer.PIN, **changes: object) -> steering.NewSteering:
    typed = {
        "item": item,
        "steer": steer,
        "reason": "From next door",
        "starts_on": TODAY,
        "ends_on": date(2026, 11, 30),
    }
    return steering.NewSteering.model_validate(
        typed | {"form_key": f"key-of-{steer}-{item}".replace(" ", "-")} | changes
    )


def put(session: Session, people: People, *args: object, **changes: object) -> None:
    steering.put(session, people["mo"], form(*args, **changes), today=TODAY, now=NOW)


def panel(session: Session, today: date = TODAY) -> steering.SteeringPanel:
    return steering.panel(session, today=today)


def test_it_is_listed_with_its_author_its_reason_and_its_days(session: Session, people: People) -> None:
    put(session, people)
    (row,) = panel(session).current
    assert (row.item_name, row.steer, row.reason, row.set_by) == ("Plum jam", Steer.PIN, "From next door", "Mo")
    assert (row.starts_on, row.ends_on, row.state) == (TODAY, date(2026, 11, 30), "now")


def test_it_is_over_after_its_last_day_and_to_come_before_its_first(session: Session, people: People) -> None:
    put(session, people, starts_on=TODAY + timedelta(days=2))
    assert [row.state for row in panel(session).current] == ["to come"]
    assert [row.state for row in panel(session, date(2026, 11, 30)).current] == ["now"]
    assert [row.state for row in panel(session, date(2026, 12, 1)).over] == ["ended"]


def test_withdrawing_keeps_the_row_and_says_who(session: Session, people: People) -> None:
    put(session, people)
    for _ in range(2):
        steering.withdraw(
            session, people["ada"], panel(session).current[0].id if panel(session).current else 1, now=NOW
        )
    assert panel(session).current == []
    (row,) = panel(session).over
    assert (row.state, row.withdrawn_by, row.set_by) == ("withdrawn", "Ada", "Mo")
    lines = session.exec(select(Audit).where(Audit.subject.startswith("item:"))).all()
    assert [(line.action, line.staff_id) for line in lines] == [
        ("steering.set", people["mo"].staff_id),
        ("steering.withdrawn", people["ada"].staff_id),
    ]
    assert "From next door" not in str([line.details for line in lines])


def test_a_double_tap_counts_once_and_another_body_under_the_same_key_is_a_conflict(
    session: Session, people: People
) -> None:
    for _ in range(2):
        put(session, people)
    assert len(panel(session).current) == 1
    with pytest.raises(Conflict):
        put(session, people, reason="Another")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"item": "no such thing"}, "item"),
        ({"item": "o"}, "item"),
        ({"ends_on": TODAY - timedelta(days=1)}, "ends_on"),
        ({"starts_on": TODAY + timedelta(days=9), "ends_on": TODAY + timedelta(days=8)}, "ends_on"),
        ({"ends_on": TODAY + timedelta(days=367)}, "ends_on"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(session: Session, people: People, changes, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        put(session, people, **changes)
    assert list(refused.value.problems) == [field]
    assert session.exec(select(Steering)).all() == []


def test_an_end_is_never_left_open() -> None:
    with pytest.raises(ValueError, match="ends_on"):
        steering.NewSteering.model_validate(
            {"item": "jam", "steer": "pin", "reason": "why", "starts_on": TODAY, "form_key": "key-open"}
        )


def test_an_item_is_found_by_sku_by_words_of_its_name_and_by_choosing(session: Session, people: People) -> None:
    assert steering.the_item(session, "tea").sku == "tea"
    assert steering.the_item(session, "JAM plum").sku == "jam"
    several = steering.choices(session, "re")
    assert len(several) > 1
    assert steering.the_item(session, "re", several[1][0]).sku == several[1][0]
    assert ("jam", "Plum jam, $4.20 (jam)") in steering.choices(session, "m")
    assert steering.choices(session, "plum") == []


def test_an_item_is_found_as_its_name_is_written_whatever_the_letters(session: Session, people: People) -> None:
    session.exec(select(Item).where(Item.sku == "jam")).one().name = "Ölkännchen"
    session.flush()
    assert steering.the_item(session, "Ölkännchen").sku == "jam"


def test_percent_and_underscore_are_letters_like_others(session: Session, people: People) -> None:
    assert steering.choices(session, "%") == steering.choices(session, "_") == []


def test_a_gift_card_cannot_be_steered(session: Session, people: People) -> None:
    session.exec(select(Item).where(Item.sku == "jam")).one().kind = ItemKind.GIFT_CARD
    session.flush()
    with pytest.raises(Invalid, match="gift card"):
        put(session, people)


def test_what_is_not_there_cannot_be_withdrawn(session: Session, people: People) -> None:
    with pytest.raises(NotFound):
        steering.withdraw(session, people["mo"], 99, now=NOW)


# --- what it does to suggestions ------------------------------------------------------------------------------------


@pytest.fixture
def shelf(database: Database, people: People, tmp_path: Path) -> Shelf:
    """Popular: wine, lamp, nuts, jam, mug, tea in this order; only jam, nuts and tea fit, and tea is Carla's already."""
    with database.reading() as session:
        ids = sorted(cast.item_id(session, sku) for sku in cast.ITEMS)
    models.publish(database, None, tmp_path / "models", tiny_model(ids), a_report(), now=NOW)
    return Shelf(tmp_path / "models")


def steer(database: Database, people: People, *args: object, **changes: object) -> None:
    with database.writing() as session:
        put(session, people, *args, **changes)


def shown(database: Database, people: People, shelf: Shelf, today: date = TODAY, who: str = "C-1"):
    with database.reading() as session:
        stand, carla = shelf.stand(session), cast.customer_id(session, who)
        return plus_one.panel(session, people["ana"], stand, carla, today=today, now=NOW)


def gifts(*args: object, **kwargs: object) -> list[str]:
    return [gift.name for gift in shown(*args, **kwargs).gifts]


def test_a_hidden_item_is_shown_to_nobody_from_the_next_answer_on(database: Database, people: People, shelf) -> None:
    before = gifts(database, people, shelf)
    steer(database, people, "jam", Steer.HIDE)
    panel = shown(database, people, shelf)
    assert "Plum jam" in before
    assert [gift.name for gift in panel.gifts] == [name for name in before if name != "Plum jam"]
    assert "Plum jam" not in [product.name for product in panel.new_products]


def test_a_pinned_item_comes_first_and_says_that_the_shop_picked_it(database: Database, people: People, shelf) -> None:
    last = gifts(database, people, shelf)[-1]
    steer(database, people, {"Plum jam": "jam", "Roasted hazelnuts": "nuts"}[last], Steer.PIN)
    panel = shown(database, people, shelf)
    assert panel.gifts[0].name == last
    assert panel.gifts[0].because == "Picked by the shop until 30 November: From next door"
    assert panel.unseen[0].source == "pinned"


@pytest.mark.parametrize("sku", ["lamp", "wine", "soap", "tea", "mug"])
def test_pinning_opens_no_door_that_a_rule_has_shut(database: Database, people: People, shelf, sku: str) -> None:
    """Too dear, not giftable, out of stock, owned, in the basket."""
    before = gifts(database, people, shelf)
    steer(database, people, sku, Steer.PIN)
    assert gifts(database, people, shelf) == before


def test_of_several_pinned_items_one_comes_first_and_not_the_same_for_everybody(
    database: Database, people: People, shelf
) -> None:
    for sku in ("jam", "nuts"):
        steer(database, people, sku, Steer.PIN)
    firsts = {shown(database, people, shelf, TODAY + timedelta(days=n)).gifts[0].name for n in range(2)}
    assert firsts == {"Plum jam", "Roasted hazelnuts"}
    picked = [gift for gift in shown(database, people, shelf).gifts if gift.because.startswith("Picked")]
    assert len(picked) == 1


def test_days_turn_it_on_and_off_without_anybody_doing_anything(database: Database, people: People, shelf) -> None:
    steer(database, people, "jam", Steer.HIDE, starts_on=TODAY + timedelta(days=1), ends_on=TODAY + timedelta(days=2))
    is_shown = ["Plum jam" in gifts(database, people, shelf, TODAY + timedelta(days=n)) for n in range(4)]
    assert is_shown == [True, False, False, True]


def test_what_was_withdrawn_no_longer_counts_and_the_model_is_not_loaded_again(
    database: Database, people: People, shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = gifts(database, people, shelf)
    monkeypatch.setattr("deskapp.desk.shelf.load", None)
    monkeypatch.setattr("deskapp.desk.shelf.models.read_catalogue", None)
    steer(database, people, "jam", Steer.HIDE)
    assert gifts(database, people, shelf) != before
    with database.writing() as session:
        steering.withdraw(session, people["mo"], 1, now=NOW)
    assert gifts(database, people, shelf) == before


def test_a_boost_multiplies_the_score_and_leaves_the_reason_as_it_is(database: Database, people: People, shelf) -> None:
    with database.reading() as session:
        plain = shelf.stand(session).say(TODAY)
    steer(database, people, "jam", Steer.STRONG_BOOST)
    with database.reading() as session:
        stand, jam = shelf.stand(session), cast.item_id(session, "jam")
        favour = stand.say(TODAY).favour
    assert plain.favour is None
    assert favour[stand.item == jam].tolist() == [3.0]
    assert sorted(set(favour.tolist())) == [1.0, 3.0]
    assert "Picked" not in str([gift.because for gift in shown(database, people, shelf).gifts])
