"""The model in service with the catalogue beside it: what is held, when it is fetched anew, what may be proposed."""

import threading
from datetime import timedelta
from pathlib import Path

import cast
import pytest
from cast import NOW
from sold import a_report, tiny_model
from sqlalchemy import event
from sqlmodel import select

from deskapp.desk import models
from deskapp.desk.shelf import Shelf, Stand
from deskapp.rules.authority import Basis
from deskapp.rules.people import Actor, Role
from deskapp.rules.stops import Stop, StopKind
from deskapp.store.db import Database
from deskapp.store.models import CATALOGUE, bump
from deskapp.store.tables import Item, ItemKind, ModelVersion

People = dict[str, Actor]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def shelf(folder: Path) -> Shelf:
    return Shelf(folder)


def publish(database: Database, folder: Path, *skus: str, days: int = 0) -> int:
    with database.reading() as session:
        ids = sorted(cast.item_id(session, sku) for sku in skus or cast.ITEMS)
    return models.publish(database, None, folder, tiny_model(ids), a_report(), now=NOW + timedelta(days=days))


def stand(database: Database, shelf: Shelf) -> Stand:
    with database.reading() as session:
        return shelf.stand(session)


def skus(database: Database, stand: Stand, allowed) -> set[str]:
    with database.reading() as session:
        return set(session.exec(select(Item.sku).where(Item.id.in_(stand.item[allowed].tolist()))).all())


def allowed(stand: Stand, **asked: object):
    free = {
        "currency": "USD",
        "basis": Basis.PRICE,
        "at_most_minor": None,
        "stops": (),
        "never": (),
        "today": NOW.date(),
        "store": "",
    }
    return stand.allowed(**free | asked)


def change(database: Database, sku: str, **values: object) -> None:
    with database.writing() as session:
        item = session.exec(select(Item).where(Item.sku == sku)).one()
        for name, value in values.items():
            setattr(item, name, value)
        bump(session, CATALOGUE)


def spoil(database: Database, folder: Path, version: int) -> None:
    with database.reading() as session:
        file = folder / session.get_one(ModelVersion, version).folder / "popularity.npy"
    file.unlink()
    file.write_bytes(b"not numbers")


def test_before_anything_is_published_nothing_stands_there(database: Database, people: People, shelf: Shelf) -> None:
    empty = stand(database, shelf)
    assert empty.model is None
    assert len(empty.item) == len(empty.price_minor) == len(empty.text) == 0
    assert shelf.problem == ""


def test_each_column_of_the_model_has_its_item_beside_it(
    database: Database, people: People, shelf: Shelf, folder: Path
) -> None:
    publish(database, folder)
    found = stand(database, shelf)
    with database.reading() as session:
        for column, item_id in enumerate(found.item.tolist()):
            item = session.get_one(Item, item_id)
            assert (found.price_minor[column], found.cost_minor[column]) == (item.price_minor, item.cost_minor)
            assert (found.giftable[column], found.in_stock[column]) == (item.is_giftable, item.stock > 0)
            assert found.currency[column] == "USD"
            assert item.name.split()[0].lower() in found.text[column]


def test_an_item_that_left_the_catalogue_is_never_allowed(
    database: Database, people: People, shelf: Shelf, folder: Path
) -> None:
    models.publish(database, None, folder, tiny_model([1, 999_999]), a_report(), now=NOW)
    found = stand(database, shelf)
    assert not allowed(found)[found.item == 999_999].any()


def test_while_nothing_changes_one_query_is_all(database: Database, people: People, shelf: Shelf, folder: Path) -> None:
    publish(database, folder)
    first = stand(database, shelf)
    statements: list[str] = []
    with database.reading() as session:
        session.connection()
        listener = lambda *args: statements.append(args[2])  # noqa: E731
        event.listen(database.engine, "before_cursor_execute", listener)
        again = shelf.stand(session)
        event.remove(database.engine, "before_cursor_execute", listener)
    assert again is first
    assert len(statements) == 1


def test_a_changed_catalogue_is_seen_at_once_and_the_model_is_not_read_again(
    database: Database, people: People, shelf: Shelf, folder: Path
) -> None:
    publish(database, folder)
    before = stand(database, shelf)
    change(database, "mug", price_minor=999, stock=0)
    after = stand(database, shelf)
    assert after.model is before.model
    assert "mug" in skus(database, before, allowed(before))
    assert "mug" not in skus(database, after, allowed(after))


def test_a_new_model_is_taken_up_at_once(database: Database, people: People, shelf: Shelf, folder: Path) -> None:
    publish(database, folder, "tea", "mug")
    assert stand(database, shelf).trained_on == 2
    publish(database, folder, "tea", "mug", "jam", days=1)
    assert stand(database, shelf).trained_on == 3


def test_a_spoilt_model_leaves_the_last_good_one_in_service_and_says_why(
    database: Database, people: People, shelf: Shelf, folder: Path
) -> None:
    publish(database, folder, "tea", "mug")
    stand(database, shelf)
    spoil(database, folder, publish(database, folder, days=1))
    assert stand(database, shelf).trained_on == 2
    assert shelf.problem.startswith("Model 2 cannot be used: ")
    assert shelf.problem.endswith(". The one before it answers instead.")
    publish(database, folder, "jam", "nuts", "lamp", days=2)
    assert stand(database, shelf).trained_on == 3
    assert shelf.problem == ""


def test_a_process_that_starts_on_a_spoilt_model_serves_the_one_before(
    database: Database, people: People, shelf: Shelf, folder: Path
) -> None:
    publish(database, folder, "tea", "mug")
    spoil(database, folder, publish(database, folder, days=1))
    assert stand(database, shelf).trained_on == 2
    assert shelf.problem.startswith("Model 2 cannot be used: ")
    assert shelf.problem.endswith(". The one before it answers instead.")


def test_with_every_model_spoilt_the_desk_goes_on_without_suggestions(
    database: Database, people: People, shelf: Shelf, folder: Path
) -> None:
    spoil(database, folder, publish(database, folder))
    assert stand(database, shelf).model is None
    assert shelf.problem.startswith("Model 1 cannot be used: ")
    assert shelf.problem.endswith(". Nothing is suggested.")


def test_a_spoilt_model_is_not_opened_again_for_every_request(
    database: Database, people: People, shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(database, folder, "tea", "mug")
    stand(database, shelf)
    spoil(database, folder, publish(database, folder, days=1))
    stand(database, shelf)
    monkeypatch.setattr("deskapp.desk.shelf.load", None)
    stand(database, shelf)


def test_a_reader_of_an_older_snapshot_is_served_what_is_held(
    database: Database, people: People, shelf: Shelf, folder: Path
) -> None:
    """Else two requests would throw each other's catalogue away by turns."""
    publish(database, folder)
    with database.reading() as old:
        old.exec(select(Item)).all()
        change(database, "mug", price_minor=1)
        newest = stand(database, shelf)
        assert shelf.stand(old) is newest


def test_threads_load_it_once(
    database: Database, people: People, shelf: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deskapp.desk import shelf as module

    publish(database, folder)
    loads, barrier = [], threading.Barrier(6)
    load = module.load
    monkeypatch.setattr(module, "load", lambda path, **more: loads.append(path) or load(path, **more))
    found: list[Stand] = []

    def ask() -> None:
        barrier.wait()
        found.append(stand(database, shelf))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert all(one is found[0] for one in found)


@pytest.fixture
def whole(sqlite: Database, folder: Path) -> tuple[Database, Stand]:
    """Everything the cast's shop sells."""
    with sqlite.writing() as session:
        cast.settle_in(session)
    publish(sqlite, folder)
    return sqlite, stand(sqlite, Shelf(folder))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"tea", "mug", "jam", "nuts", "lamp"}),
        ({"only_gifts": False}, {"tea", "mug", "jam", "nuts", "lamp", "wine"}),
        ({"at_most_minor": 400}, {"tea", "nuts"}),
        ({"at_most_minor": 350}, {"tea"}),
        ({"at_most_minor": 250, "basis": Basis.COST}, {"tea", "mug", "jam", "nuts"}),
        ({"at_most_minor": -1}, set()),
        ({"currency": "EUR"}, set()),
        ({"currency": None}, {"tea", "mug", "jam", "nuts", "lamp"}),
        ({"stops": (Stop(StopKind.ALLERGY, "hazelnuts"),)}, {"tea", "mug", "jam", "lamp"}),
        ({"stops": (Stop(StopKind.DISLIKE, "tea"), Stop(StopKind.DISLIKE, "jam"))}, {"mug", "nuts", "lamp"}),
        ({"stops": (Stop(StopKind.DISLIKE, "sweet things", category="preserves"),)}, {"tea", "mug", "nuts", "lamp"}),
        ({"stops": (Stop(StopKind.ALLERGY, "x", category="Preserves"),)}, {"tea", "mug", "nuts", "lamp"}),
        ({"stops": (Stop(StopKind.NO_GIFTS, ""),)}, set()),
    ],
)
def test_only_what_may_be_given_is_allowed(whole: tuple[Database, Stand], asked, expected: set[str]) -> None:
    database, stand = whole
    assert skus(database, stand, allowed(stand, **asked)) == expected


def test_what_must_never_be_given_is_left_out(whole: tuple[Database, Stand]) -> None:
    database, stand = whole
    with database.reading() as session:
        never = {cast.item_id(session, "tea"), cast.item_id(session, "mug"), 123_456}
    assert skus(database, stand, allowed(stand, never=never)) == {"jam", "nuts", "lamp"}


def test_a_stop_on_one_item_stops_that_item_alone(whole: tuple[Database, Stand]) -> None:
    database, stand = whole
    with database.reading() as session:
        this_mug = Stop(StopKind.DISLIKE, "Blue mug", cast.item_id(session, "mug"))
    assert skus(database, stand, allowed(stand, stops=[this_mug])) == {"tea", "jam", "nuts", "lamp"}


def test_asking_changes_nothing_for_the_next_who_asks(whole: tuple[Database, Stand]) -> None:
    database, stand = whole
    nuts = Stop(StopKind.ALLERGY, "nuts")
    allowed(stand, stops=[nuts], at_most_minor=0)
    allowed(stand, stops=[nuts])
    assert skus(database, stand, allowed(stand)) == {"tea", "mug", "jam", "nuts", "lamp"}


def test_stops_agree_with_the_rule_item_by_item(whole: tuple[Database, Stand]) -> None:
    database, stand = whole
    stops = [Stop(kind, words) for kind in StopKind for words in ("nuts", "tea, jam", "blue mug", "bath", "🥜", "")]
    with database.reading() as session:
        for stop in stops:
            mask = allowed(stand, stops=[stop], only_gifts=False) | ~stand.in_stock
            for column, item_id in enumerate(stand.item.tolist()):
                item = session.get_one(Item, item_id)
                is_stopped = stop.stops(item_id, f"{item.name} {item.category} {item.department}", item.category)
                assert bool(mask[column]) is (not is_stopped or item.stock == 0), (stop, item.sku)


def test_only_what_is_to_be_had_that_day_in_that_store_is_allowed(
    database: Database, people: People, shelf: Shelf, folder: Path
) -> None:
    today = NOW.date()
    publish(database, folder)
    change(database, "tea", available_from=today, available_until=today)
    change(database, "mug", available_from=today + timedelta(days=1))
    change(database, "jam", available_until=today - timedelta(days=1))
    change(database, "nuts", regions="North Gate; Main St")
    change(database, "lamp", kind=ItemKind.SERVICE)
    found = stand(database, shelf)
    assert skus(database, found, allowed(found)) == {"tea", "nuts", "lamp"}
    assert skus(database, found, allowed(found, store="MAIN st")) == {"tea", "nuts", "lamp"}
    assert skus(database, found, allowed(found, store="Harbour")) == {"tea", "lamp"}
    assert skus(database, found, allowed(found, today=today + timedelta(days=1))) == {"mug", "nuts", "lamp"}


def test_what_is_counted_by_the_day_is_not_bound_by_stock(
    database: Database, people: People, shelf: Shelf, folder: Path
) -> None:
    publish(database, folder)
    assert "soap" not in skus(database, stand(database, shelf), allowed(stand(database, shelf)))
    change(database, "soap", capacity_per_day=2)
    found = stand(database, shelf)
    assert "soap" in skus(database, found, allowed(found))
    assert list(found.capacity.values()) == [2]


def test_what_is_for_a_larger_role_to_give_is_not_allowed_to_others(
    database: Database, people: People, shelf: Shelf, folder: Path
) -> None:
    publish(database, folder)
    change(database, "tea", least_role=Role.LEAD)
    change(database, "mug", least_role=Role.MANAGER)
    change(database, "jam", least_role=Role.AGENT)
    found = stand(database, shelf)
    for role, theirs in (
        (None, {"jam", "nuts", "lamp"}),  # nobody in particular
        (Role.AGENT, {"jam", "nuts", "lamp"}),
        (Role.LEAD, {"jam", "nuts", "lamp", "tea"}),
        (Role.MANAGER, {"jam", "nuts", "lamp", "tea", "mug"}),
        (Role.ADMIN, {"jam", "nuts", "lamp", "tea", "mug"}),
    ):
        assert skus(database, found, allowed(found, giver=role)) == theirs
    assert {"tea", "mug"} <= skus(database, found, allowed(found, only_gifts=False))


def test_a_gift_card_is_never_allowed_and_does_not_join_the_newcomers(
    database: Database, people: People, shelf: Shelf, folder: Path
) -> None:
    publish(database, folder, "tea", "mug")
    change(database, "tea", kind=ItemKind.GIFT_CARD)
    change(database, "jam", kind=ItemKind.GIFT_CARD)
    found = stand(database, shelf)
    assert {"tea", "jam"}.isdisjoint(skus(database, found, allowed(found, only_gifts=False)))
    with database.reading() as session:
        assert cast.item_id(session, "jam") not in found.item


def test_what_is_remembered_of_days_and_stores_has_an_end(whole: tuple[Database, Stand]) -> None:
    _, stand = whole
    for n in range(1_000):
        allowed(stand, today=NOW.date() + timedelta(days=n % 7), store=f"Store {n}")
    assert len(stand._shows) <= 200
    assert len(stand._says) <= 4
