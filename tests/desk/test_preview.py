"""The preview shows what the panel shows, says why the rest is not there, and writes nothing."""

from datetime import date, timedelta
from pathlib import Path

import cast
import pytest
from cast import NOW
from sold import a_report, tiny_model
from sqlmodel import Session, func, select

from deskapp.desk import grants, left_out, models, plus_one, preferences, preview, steering
from deskapp.desk.shelf import Shelf
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor, Role
from deskapp.rules.reranking import Drop
from deskapp.store import items
from deskapp.store.customers import get_customer
from deskapp.store.db import Database
from deskapp.store.gift_tables import Offer
from deskapp.store.models import CATALOGUE, bump
from deskapp.store.tables import Audit, Customer, Item, ItemKind

People = dict[str, Actor]
TODAY = NOW.date()


@pytest.fixture
def shelf(database: Database, people: People, tmp_path: Path) -> Shelf:
    """Popularity alone: soap, wine, lamp, nuts, jam, mug, tea; Carla owns tea and has a mug in the basket."""
    with database.reading() as session:
        ids = sorted(cast.item_id(session, sku) for sku in cast.ITEMS)
    models.publish(database, None, tmp_path / "models", tiny_model(ids), a_report(), now=NOW)
    return Shelf(tmp_path / "models")


def look(database: Database, people: People, shelf: Shelf, as_: str = "ana", **asked: str) -> preview.Preview:
    form = preview.Asked(customer="carla", staff_id=str(people[as_].staff_id) if as_ else "").model_copy(update=asked)
    with database.reading() as session:
        panel = preview.look(session, people["mo"], shelf.stand(session), form, today=TODAY, now=NOW)
    assert panel.result is not None
    return panel.result


def change(database: Database, sku: str, **values: object) -> None:
    with database.writing() as session:
        item = session.exec(select(Item).where(Item.sku == sku)).one()
        for name, value in values.items():
            setattr(item, name, value)
        bump(session, CATALOGUE)


def steer(
    database: Database, people: People, sku: str, how: str, *, by: str = "mo", until: date = date(2026, 11, 30)
) -> None:
    typed = {"item": sku, "steer": how, "reason": "Recalled", "starts_on": TODAY, "ends_on": until}
    form = steering.NewSteering.model_validate(typed | {"form_key": f"key-of-{sku}-{how}-{by}"})
    with database.writing() as session:
        steering.put(session, people[by], form, today=TODAY, now=NOW)


def wish(database: Database, people: People, kind: str, value: str = "") -> None:
    form = preferences.NewPreference.model_validate(
        {"kind": kind, "value": value, "is_stated": True, "form_key": f"key-{kind}-1"}
    )
    with database.writing() as session:
        preferences.record(session, people["ana"], cast.customer_id(session), form, now=NOW)


def why(rows: list[preview.DroppedRow]) -> dict[str, str]:
    return {row.name: row.why for row in rows}


@pytest.mark.parametrize("who", ["ana", "bo", "mo"])
def test_it_shows_exactly_what_the_panel_shows(database: Database, people: People, shelf: Shelf, who: str) -> None:
    steer(database, people, "nuts", "pin")
    seen = look(database, people, shelf, who)
    with database.reading() as session:
        stand, carla = shelf.stand(session), cast.customer_id(session)
        panel = plus_one.panel(session, people[who], stand, carla, today=TODAY, now=NOW)
    assert [(g.name, g.price_minor, g.because, g.left_after_minor) for g in seen.gifts.shown] == [
        (g.name, g.price_minor, g.because, g.left_after_minor) for g in panel.gifts
    ]
    assert [(p.name, p.because) for p in seen.products.shown] == [(p.name, p.because) for p in panel.new_products]
    assert seen.gifts.shown != []


def test_looking_writes_nothing(database: Database, people: People, shelf: Shelf) -> None:
    def written(session: Session) -> list[int]:
        return [session.exec(select(func.count()).select_from(table)).one() for table in (Offer, Audit)]

    with database.reading() as session:
        before = written(session)
    look(database, people, shelf)
    with database.reading() as session:
        assert written(session) == before


def test_it_says_of_each_item_left_out_which_rule_left_it_out(database: Database, people: People, shelf: Shelf) -> None:
    found = why(look(database, people, shelf).gifts.dropped)
    assert found["Reading lamp"] == "Too dear: it takes $49.00, and at most $5.00 may be given now."
    assert found["House red"] == "Not something the shop gives away."
    assert found["Lavender soap"] == "Out of stock."


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"available_from": TODAY + timedelta(days=20)}, "To be had from 3 April on."),
        ({"available_until": date(2025, 12, 24)}, "Was to be had until 24 December 2025."),
        ({"regions": "North; South Gate"}, "Not to be had in Main St, only in North and South Gate."),
        ({"currency": "EUR"}, "Priced in EUR; the limit is in USD."),
        ({"category": "Nuts"}, "Of the same category as Roasted hazelnuts, which comes before it."),
        ({"name": "Blue mug"}, "Called as something in the basket is."),
        ({"capacity_per_day": 0}, "Not to be given for now."),
        ({"least_role": Role.LEAD}, "For leads and managers to give."),
        ({"least_role": Role.ADMIN}, "For admins to give."),
    ],
)
def test_what_is_not_to_be_had_here_and_now_says_so(
    database: Database, people: People, shelf: Shelf, values, words: str
) -> None:
    change(database, "jam", **values)
    seen = look(database, people, shelf)
    assert why(seen.gifts.dropped)[values.get("name", "Plum jam")] == words
    assert "Plum jam" not in [row.name for row in seen.gifts.shown]


def test_what_was_given_as_often_as_it_can_be_today_says_so_until_tomorrow(
    database: Database, people: People, shelf: Shelf
) -> None:
    change(database, "jam", capacity_per_day=1, stock=0)
    assert "Plum jam" in [row.name for row in look(database, people, shelf).gifts.shown]
    with database.writing() as session:
        dan, jam = get_customer(session, cast.customer_id(session, "C-2")), items.get_by_sku(session, "jam")
        assert grants.give(session, people["bo"], dan, jam, None, key="the-only-one", now=NOW).kind == "granted"
        assert jam.stock == 0
    seen = look(database, people, shelf)
    assert why(seen.gifts.dropped)["Plum jam"] == "Can be given 1 time a day, and that is used up for today."
    with database.reading() as session:
        stand, carla = shelf.stand(session), cast.customer_id(session)
        later = NOW + timedelta(days=1)
        panel = plus_one.panel(session, people["ana"], stand, carla, today=later.date(), now=later)
    assert "Plum jam" in [gift.name for gift in panel.gifts]


def test_a_wish_is_told_with_the_word_that_was_found(database: Database, people: People, shelf: Shelf) -> None:
    wish(database, people, "allergy", "nuts")
    wish(database, people, "dislike", "plum jam")
    seen = look(database, people, shelf)
    assert why(seen.gifts.dropped)["Roasted hazelnuts"] == "Allergy: nuts. Found in “hazelnuts”."
    assert why(seen.products.dropped)["Plum jam"] == "Dislike: plum jam. Found in its name or category."


def test_who_wants_no_gifts_gets_none_and_things_to_buy_all_the_same(
    database: Database, people: People, shelf: Shelf
) -> None:
    wish(database, people, "no-gifts")
    seen = look(database, people, shelf)
    assert (seen.gifts.shown, seen.gifts.dropped) == ([], [])
    assert seen.why_no_gifts == "Carla Núñez asked for no gifts."
    assert seen.products.shown != []


def test_a_wish_for_no_gifts_does_not_hide_the_allergy_behind_it(
    database: Database, people: People, shelf: Shelf
) -> None:
    wish(database, people, "no-gifts")
    wish(database, people, "allergy", "🥜")
    seen = look(database, people, shelf)
    assert set(why(seen.products.dropped).values()) == {"Allergy: 🥜. Nobody can say what that does not mean."}


def test_what_is_hidden_says_by_whom_until_when_and_why(database: Database, people: People, shelf: Shelf) -> None:
    steer(database, people, "jam", "hide")
    seen = look(database, people, shelf)
    assert why(seen.gifts.dropped)["Plum jam"] == "Hidden by Mo until 30 November: Recalled"


def test_a_pinned_item_that_may_not_be_shown_says_why(database: Database, people: People, shelf: Shelf) -> None:
    steer(database, people, "tea", "pin")
    steer(database, people, "nuts", "boost")
    seen = look(database, people, shelf)
    assert why(seen.gifts.dropped)["Green tea, 20 bags"] == "Bought before."
    assert [row.steered for row in seen.gifts.shown if row.name == "Roasted hazelnuts"] == ["boosted until 30 November"]


@pytest.mark.parametrize(
    ("about", "gift", "to_buy"),
    [
        ("tea", "Bought before.", "Bought before."),
        ("mug", "In the basket already.", "In the basket already."),
        ("jam", "It is shown.", "Shown as a gift already."),
        ("wine", "Not something the shop gives away.", "It is shown."),
    ],
)
def test_one_item_may_be_asked_about(database: Database, people: People, shelf: Shelf, about, gift, to_buy) -> None:
    seen = look(database, people, shelf, about=about)
    assert (seen.gifts.about, seen.products.about) == (gift, to_buy)


def test_a_gift_card_is_never_suggested_and_says_so(database: Database, people: People, shelf: Shelf) -> None:
    change(database, "jam", kind=ItemKind.GIFT_CARD)
    seen = look(database, people, shelf, about="jam")
    assert seen.gifts.about == seen.products.about == "A gift card is never suggested."


def test_any_basket_may_stand_for_the_open_order(database: Database, people: People, shelf: Shelf) -> None:
    seen = look(database, people, shelf, basket="jam\n\n reading lamp \n")
    assert seen.basket == ["Plum jam", "Reading lamp"]
    assert not seen.is_open_order
    assert "Plum jam" not in [row.name for row in (*seen.gifts.shown, *seen.products.shown)]
    assert look(database, people, shelf).basket == ["Blue mug"]


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"customer": "zzz"}, "customer", "Nobody is called like that"),
        ({"customer": "carla"}, "customer", "Several customers"),
        ({"basket": "re"}, "basket", "Green tea, 20 bags, $3.50 (tea)"),
        ({"basket": "bread"}, "basket", "Nothing is called like that"),
        ({"basket": "jam\n" * 51}, "basket", "At most 50 lines"),
        ({"about": "bread"}, "about", "Nothing is called like that"),
    ],
)
def test_what_is_not_clear_is_asked_back(database: Database, people: People, shelf: Shelf, asked, field, words) -> None:
    another_carla(database)
    with pytest.raises(Invalid) as refused:
        look(database, people, shelf, **{"customer": "C-1"} | asked)
    assert words in refused.value.problems[field]


def another_carla(database: Database) -> None:
    with database.writing() as session:
        session.add(Customer(external_id="C-3", name="Carla Dahl", name_folded="carla dahl"))


def test_several_customers_are_told_apart_by_number(database: Database, people: People, shelf: Shelf) -> None:
    another_carla(database)
    with database.reading() as session:
        panel = preview.panel(session, asked="carla", now=NOW)
    assert [words for _, words in panel.people] == ["Carla Núñez, number C-1", "Carla Dahl, number C-3"]
    assert look(database, people, shelf, customer="carla", customer_id=panel.people[1][0]).customer_name == "Carla Dahl"


def test_only_who_may_give_is_asked_as(database: Database, people: People) -> None:
    with database.reading() as session:
        words = {words for _, words in preview.panel(session, now=NOW).givers}
    assert words == {"Ana, agent", "Bo, lead", "Mo, manager", "Ada, admin"}


def test_every_rule_has_its_words() -> None:
    assert set(left_out._TOLD) == set(Drop)


def test_of_an_item_it_never_says_that_it_is_shown_unless_it_is(
    database: Database, people: People, tmp_path: Path
) -> None:
    without_a_model = Shelf(tmp_path / "none")
    told = look(database, people, without_a_model, about="jam")
    assert "It is shown." not in {told.gifts.about, told.products.about}


def test_of_two_who_hid_it_the_one_is_named_who_hid_it_longest(
    database: Database, people: People, shelf: Shelf
) -> None:
    steer(database, people, "jam", "hide")
    steer(database, people, "jam", "hide", by="ada", until=date(2026, 12, 31))
    assert why(look(database, people, shelf).gifts.dropped)["Plum jam"].startswith("Hidden by Ada")
