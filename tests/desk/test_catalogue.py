"""The catalogue of gifts: what is set counts in the very next suggestion and the very next gift."""

from datetime import timedelta
from pathlib import Path

import cast
import pytest
from cast import NOW
from rules.test_pictures import jpeg, png
from sold import a_report, tiny_model
from sqlmodel import Session, select

from deskapp.desk import api, catalogue, grants, models, plus_one, suggestions
from deskapp.desk.catalogue import Asked, GiftSetting, NewService, Shelf, Tap
from deskapp.desk.shelf import Shelf as ModelShelf
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor, Role
from deskapp.store import items
from deskapp.store.customers import get_customer
from deskapp.store.db import Database
from deskapp.store.models import marks
from deskapp.store.tables import Audit, Item, ItemKind, ItemPicture

People = dict[str, Actor]
TODAY = NOW.date()


def seen(session: Session, people: People, who: str = "mo", **asked: object) -> catalogue.CataloguePanel:
    return catalogue.panel(session, people[who], Asked(**asked), currency="USD", today=TODAY)


def skus(session: Session, people: People, **asked: object) -> list[str]:
    return [row.sku for row in seen(session, people, **asked).rows]


def put(session: Session, people: People, sku: str, key: str = "", **typed: object) -> None:
    free = {"is_giftable": True, "given_by": "agent", "form_key": f"key-of-{key or sku}"}
    form = GiftSetting.model_validate(free | typed)
    catalogue.set_item(session, people["mo"], cast.item_id(session, sku), form, now=NOW)


def add(session: Session, people: People, name: str = "Gift wrapping", **typed: object) -> Item:
    free = {"name": name, "price": "3.50", "form_key": f"key-of-{name}".replace(" ", "-")}
    form = NewService.model_validate(free | typed)
    return session.get_one(Item, catalogue.add_service(session, people["mo"], form, currency="USD", now=NOW))


def audited(session: Session) -> list[str]:
    return list(session.exec(select(Audit.action).where(Audit.subject.startswith("item:")).order_by(Audit.id)))


# --- looking --------------------------------------------------------------------------------------------------------


def test_what_may_be_given_is_listed_by_name_with_services_first(session: Session, people: People) -> None:
    items.get_by_sku(session, "tea").kind = ItemKind.SERVICE
    items.get_by_sku(session, "jam").kind = ItemKind.GIFT_CARD
    assert skus(session, people) == ["tea", "mug", "soap", "lamp", "nuts"]
    assert skus(session, people, shelf=Shelf.SERVICES) == ["tea"]
    assert skus(session, people, shelf=Shelf.ALL) == ["tea", "mug", "wine", "soap", "jam", "lamp", "nuts"]
    assert skus(session, people, shelf=Shelf.SPECIAL) == []
    told = {row.sku: row.is_given for row in seen(session, people, shelf=Shelf.ALL).rows}
    assert (told["tea"], told["jam"], told["wine"]) == (True, False, False)


def test_words_are_looked_for_in_name_category_and_sku(session: Session, people: People) -> None:
    assert skus(session, people, words="PLUM jam") == ["jam"]
    assert skus(session, people, words="kitchen") == ["mug"]
    assert skus(session, people, words="lamp") == ["lamp"]
    assert skus(session, people, words="wine") == []
    assert skus(session, people, words="%") == skus(session, people, words="plum lamp") == []


def test_it_is_told_in_pages_and_one_too_far_is_the_last(session: Session, people: People, monkeypatch) -> None:
    monkeypatch.setattr(catalogue, "PAGE", 4)
    first, last = seen(session, people), seen(session, people, page=99)
    assert (first.count, first.pages, len(first.rows), len(last.rows), last.asked.page) == (6, 2, 4, 2, 2)
    assert not {row.sku for row in first.rows} & {row.sku for row in last.rows}


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ({}, Asked()),
        ({"words": " tea ", "shelf": "all", "page": "3"}, Asked("tea", Shelf.ALL, 3)),
        ({"shelf": "nowhere", "page": "-1"}, Asked()),
        ({"page": "9" * 40}, Asked()),
        ({"page": "٣"}, Asked()),
        ({"page": "0"}, Asked()),
        ({"page": "9999"}, Asked(page=2_500)),
    ],
)
def test_a_link_changed_by_hand_is_read_as_well_as_can_be(typed: dict[str, str], asked: Asked) -> None:
    assert Asked.read(typed) == asked


def test_what_was_given_today_is_taken_off_what_can_be_given_today(session: Session, people: People) -> None:
    put(session, people, "mug", capacity_per_day="2")
    give(session, people, "mug", "k1")
    (row,) = seen(session, people, words="mug").rows
    assert (row.capacity_per_day, row.left_today) == (2, 1)
    tomorrow = catalogue.panel(
        session, people["mo"], Asked(words="mug"), currency="USD", today=TODAY + timedelta(days=1)
    )
    assert tomorrow.rows[0].left_today == 2


def test_what_nobody_counts_has_no_stock_to_tell(session: Session, people: People) -> None:
    wrapping = add(session, people)
    told = {row.sku: row.stock for row in seen(session, people).rows}
    assert told[wrapping.sku] is None
    assert told["mug"] == 12


# --- setting --------------------------------------------------------------------------------------------------------


def give(session: Session, people: People, sku: str, key: str, who: str = "bo") -> grants.Outcome:
    dan = get_customer(session, cast.customer_id(session, "C-2"))
    return grants.give(session, people[who], dan, items.get_by_sku(session, sku), None, key=key, now=NOW)


def test_what_is_set_decides_the_very_next_gift(session: Session, people: People) -> None:
    put(session, people, "mug", given_by="manager")
    assert give(session, people, "mug", "k1").why == "not-yours"
    put(session, people, "mug", "again", given_by="lead", capacity_per_day="1")
    assert give(session, people, "mug", "k2").kind == "granted"
    assert items.get_by_sku(session, "mug").stock == 12
    assert give(session, people, "mug", "k3").why == "over-capacity"
    put(session, people, "mug", "and-again", is_giftable=False)
    assert give(session, people, "mug", "k4").why == "not-giftable"


def test_it_is_written_down_once_and_the_shelf_is_told(session: Session, people: People) -> None:
    before = marks(session).catalogue
    for _ in range(2):
        put(session, people, "mug", capacity_per_day=" 7 ", given_by="lead")
    mug = items.get_by_sku(session, "mug")
    assert (mug.is_giftable, mug.capacity_per_day, mug.least_role) == (True, 7, Role.LEAD)
    assert audited(session) == ["item.gift-set"]
    assert marks(session).catalogue == before + 1
    with pytest.raises(Conflict):
        put(session, people, "mug", capacity_per_day="8")


def test_everybody_and_not_counted_leave_nothing_behind(session: Session, people: People) -> None:
    put(session, people, "mug", capacity_per_day="7", given_by="lead")
    put(session, people, "mug", "back-again")
    mug = items.get_by_sku(session, "mug")
    assert (mug.capacity_per_day, mug.least_role) == (None, None)


@pytest.mark.parametrize("capacity", ["-1", "1.5", "many", "1e3", "٣", "1000001", "9" * 30])
def test_a_capacity_that_is_no_number_of_times_is_refused_beside_its_field(
    session: Session, people: People, capacity: str
) -> None:
    with pytest.raises(Invalid) as refused:
        put(session, people, "mug", capacity_per_day=capacity)
    assert list(refused.value.problems) == ["capacity_per_day"]
    assert audited(session) == []


def test_a_gift_card_is_never_given_away(session: Session, people: People) -> None:
    items.get_by_sku(session, "tea").kind = ItemKind.GIFT_CARD
    with pytest.raises(Invalid, match="A gift card is money"):
        put(session, people, "tea")


def test_the_price_of_goods_stays_the_shops_and_that_of_a_service_is_the_desks(
    session: Session, people: People
) -> None:
    put(session, people, "mug", price="1.00", cost="1.00")
    assert items.get_by_sku(session, "mug").price_minor == 480
    wrapping = add(session, people, cost="1.20")
    put(session, people, wrapping.sku, price="4", cost="")
    assert (wrapping.price_minor, wrapping.cost_minor) == (400, 400)
    with pytest.raises(Invalid) as refused:
        put(session, people, wrapping.sku, "free", price="lots", cost="-1")
    assert set(refused.value.problems) == {"price", "cost"}


def test_a_form_that_is_older_than_what_is_set_is_a_conflict(session: Session, people: People) -> None:
    mug = cast.item_id(session, "mug")
    drawn = catalogue.item(session, people["mo"], mug, today=TODAY).seen
    put(session, people, "mug", "first", capacity_per_day="3", seen=drawn)
    with pytest.raises(Conflict, match="changed this meanwhile"):
        put(session, people, "mug", "second", capacity_per_day="9", seen=drawn)
    assert items.get_by_sku(session, "mug").capacity_per_day == 3


def test_what_is_not_there_cannot_be_set(session: Session, people: People) -> None:
    form = GiftSetting(given_by=Role.AGENT, form_key="key-of-none")
    with pytest.raises(NotFound):
        catalogue.set_item(session, people["mo"], 10**9, form, now=NOW)
    with pytest.raises(NotFound):
        catalogue.item(session, people["mo"], 10**9, today=TODAY)


# --- services -------------------------------------------------------------------------------------------------------


def test_a_service_that_the_shop_does_not_sell_may_be_given_at_once(session: Session, people: People) -> None:
    wrapping = add(session, people, cost="1.20", category="Kitchen", capacity_per_day="20")
    assert (wrapping.sku, wrapping.kind, wrapping.is_giftable) == ("service-gift-wrapping", ItemKind.SERVICE, True)
    assert (wrapping.price_minor, wrapping.cost_minor, wrapping.currency) == (350, 120, "USD")
    assert wrapping.capacity_per_day == 20
    assert give(session, people, wrapping.sku, "k1").kind == "granted"
    assert audited(session) == ["item.service-added"]


def test_each_service_has_a_readable_sku_of_its_own(session: Session, people: People) -> None:
    names = ["Gift wrapping", "Gift—wrapping!", "Café au lait", "包装", "贺卡", "GIFT WRAPPING ☆"]
    assert [add(session, people, name, form_key=f"key-{n}-00").sku for n, name in enumerate(names)] == [
        "service-gift-wrapping",
        "service-gift-wrapping-2",
        "service-cafe-au-lait",
        "service",
        "service-2",
        "service-gift-wrapping-3",
    ]
    assert len(add(session, people, "x" * 200, form_key="key-of-xs").sku) < 120


def test_a_double_tap_adds_one_service_and_a_second_of_its_name_is_refused(session: Session, people: People) -> None:
    assert add(session, people).id == add(session, people).id
    with pytest.raises(Invalid) as refused:
        add(session, people, "gift WRAPPING", form_key="another-key")
    assert list(refused.value.problems) == ["name"]


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({"price": ""}, {"price"}),
        ({"price": "1,50"}, {"price"}),
        ({"price": "9" * 12, "cost": "1"}, {"price"}),
        ({"cost": "1.234"}, {"cost"}),
        ({"capacity_per_day": "few", "price": "x"}, {"capacity_per_day", "price"}),
    ],
)
def test_a_service_that_cannot_be_is_refused_beside_its_fields(
    session: Session, people: People, typed: dict[str, str], fields: set[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        add(session, people, **typed)
    assert set(refused.value.problems) == fields
    assert session.exec(select(Item).where(Item.kind == ItemKind.SERVICE)).all() == []


# --- pictures -------------------------------------------------------------------------------------------------------


def picture(session: Session, people: People, body: bytes, key: str = "key-of-picture", sku: str = "mug") -> None:
    form = Tap(form_key=key)
    catalogue.put_picture(session, people["mo"], cast.item_id(session, sku), body, form, now=NOW)


def test_a_picture_is_kept_replaced_and_removed(session: Session, people: People) -> None:
    mug = cast.item_id(session, "mug")
    picture(session, people, png())
    assert catalogue.picture(session, mug).media_type == "image/png"
    picture(session, people, jpeg(), "another-key")
    kept = catalogue.picture(session, mug)
    assert (kept.media_type, kept.body) == ("image/jpeg", jpeg())
    assert catalogue.item(session, people["mo"], mug, today=TODAY).row.picture == kept.digest
    for _ in range(2):
        catalogue.remove_picture(session, people["mo"], mug, now=NOW)
    with pytest.raises(NotFound):
        catalogue.picture(session, mug)
    assert audited(session) == ["item.picture-set", "item.picture-set", "item.picture-removed"]


def test_the_same_picture_sent_twice_is_one_act(session: Session, people: People) -> None:
    for _ in range(2):
        picture(session, people, png())
    assert audited(session) == ["item.picture-set"]
    with pytest.raises(Conflict):
        picture(session, people, jpeg())


def test_what_is_no_picture_is_refused_and_the_old_one_stays(session: Session, people: People) -> None:
    picture(session, people, png())
    with pytest.raises(Invalid) as refused:
        picture(session, people, b"<svg onload='alert(1)'/>", "another-key")
    assert list(refused.value.problems) == ["picture"]
    assert session.exec(select(ItemPicture.media_type)).all() == ["image/png"]


# --- on the plus-one ------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(database: Database, people: People, tmp_path: Path) -> ModelShelf:
    with database.reading() as session:
        ids = sorted(cast.item_id(session, sku) for sku in cast.ITEMS)
    models.publish(database, None, tmp_path / "models", tiny_model(ids), a_report(), now=NOW)
    return ModelShelf(tmp_path / "models")


def test_the_plus_one_follows_the_catalogue_at_once(database: Database, people: People, shelf: ModelShelf) -> None:
    def gifts(who: str = "ana") -> dict[str, str | None]:
        with database.reading() as session:
            stand, carla = shelf.stand(session), cast.customer_id(session)
            drawn = plus_one.panel(session, people[who], stand, carla, today=TODAY, now=NOW)
        return {gift.name: gift.picture and gift.picture[:4] for gift in drawn.gifts}

    assert gifts() == {"Roasted hazelnuts": None, "Plum jam": None}
    with database.writing() as session:
        put(session, people, "nuts", given_by="lead")
        put(session, people, "soap", capacity_per_day="3")
        picture(session, people, png(), sku="jam")
        digest = catalogue.picture(session, cast.item_id(session, "jam")).digest
    assert gifts() == {"Lavender soap": None, "Plum jam": digest[:4]}
    assert gifts("bo") == {"Lavender soap": None, "Roasted hazelnuts": None, "Plum jam": digest[:4]}


def test_programs_are_told_only_what_is_theirs_to_give_and_still_to_be_had(
    database: Database, people: People, shelf: ModelShelf
) -> None:
    def told(who: str) -> set[str]:
        with database.reading() as session:
            stand, wanted = shelf.stand(session), api.Wanted(k=9)
            found = api.suggest(session, people[who], stand, "C-1", wanted, today=TODAY, now=NOW)
        return {gift.sku for gift in found.items}

    with database.writing() as session:
        put(session, people, "nuts", given_by="lead")
        put(session, people, "jam", capacity_per_day="1")
    assert told("ana") == {"jam"}
    assert told("bo") == {"jam", "nuts"}
    with database.writing() as session:
        assert give(session, people, "jam", "k1").kind == "granted"
    assert told("bo") == {"nuts"}


def test_however_many_are_counted_by_the_day_what_is_used_up_is_known(
    database: Database, people: People, shelf: ModelShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions, "_COUNTED_AT_ONCE", 2)
    with database.writing() as session:
        for sku in cast.ITEMS:
            put(session, people, sku, capacity_per_day="0" if sku in {"tea", "wine"} else "1")
        assert give(session, people, "mug", "k1").kind == "granted"
        used_up = {cast.item_id(session, sku) for sku in ("tea", "wine", "mug")}
    with database.reading() as session:
        assert suggestions.list_used_up(session, shelf.stand(session), TODAY) == used_up
        tomorrow = suggestions.list_used_up(session, shelf.stand(session), TODAY + timedelta(days=1))
    assert len(tomorrow) == 2
