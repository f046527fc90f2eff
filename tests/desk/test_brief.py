"""What a brief reads of the database, on both engines; what may stand on it is proved in tests/rules."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cast
import pytest
from parcels import deliver
from sqlalchemy import event
from sqlmodel import Session, select

from deskapp.desk import brief as briefs
from deskapp.desk import cards, grants, guarding, merging, notes, promises, visits
from deskapp.desk.delivery_rows import Shop
from deskapp.desk.shelf import Shelf
from deskapp.rules.brief import Brief, Line
from deskapp.rules.errors import NotFound
from deskapp.rules.people import Actor
from deskapp.store import customers, items
from deskapp.store.gift_tables import Grant, GrantState
from deskapp.store.memory_tables import (
    Interaction,
    Note,
    NoteKind,
    Occasion,
    OccasionKind,
    Preference,
    PreferenceKind,
    VisitKind,
)
from deskapp.store.tables import Delivery, Order, Problem, ProblemKind

People = dict[str, Actor]
TODAY = cast.NOW.date()


@pytest.fixture
def shop(session: Session, people: People, tmp_path) -> briefs.Shop:
    return briefs.Shop(Shelf(tmp_path / "models").stand(session), ZoneInfo("UTC"), TODAY)


def of(session: Session, people: People, shop: briefs.Shop) -> Brief:
    session.flush()
    return briefs.one(session, people["ana"], cast.customer_id(session), shop=shop, now=cast.NOW)


def note(session: Session, people: People, text: str, **more: object) -> None:
    at, carla = cast.NOW - timedelta(days=2), cast.customer_id(session)
    talk = Interaction(customer_id=carla, channel="phone", happened_at=at)
    session.add(talk)
    session.flush()
    written = {"revision": 1, "author_id": people["bo"].staff_id, "written_at": at, "kind": NoteKind.OBSERVATION}
    session.add(Note(customer_id=carla, interaction_id=talk.id, text=text, **(written | more)))


def wish(session: Session, people: People, kind: PreferenceKind, value: str, **more: object) -> None:
    heard = {"heard_by": people["bo"].staff_id, "heard_at": cast.NOW, "is_stated": True}
    session.add(Preference(customer_id=cast.customer_id(session), kind=kind, value=value, **(heard | more)))


def test_everything_that_a_brief_tells_comes_from_where_it_was_noted(
    session: Session, people: People, shop: briefs.Shop
) -> None:
    carla = cast.customer_id(session)
    note(session, people, "Is setting up a reading corner.", mentionable="Is setting up a reading corner.")
    wish(session, people, PreferenceKind.ALLERGY, "hazelnuts")
    wish(session, people, PreferenceKind.LIKE, "plum jam")
    call = promises.NewPromise(text="Ring about the shelf", due_on=TODAY, form_key="promise-key-1")
    promises.make(session, people["bo"], carla, call, now=cast.NOW)
    order = session.exec(select(Order).where(Order.external_id == "O-2")).one()
    session.add(Delivery(order_id=order.id, ship_on=TODAY, need_by_on=TODAY, estimated_on=TODAY + timedelta(days=1)))
    heard = {"heard_by": people["bo"].staff_id, "heard_at": cast.NOW}
    session.add(Occasion(customer_id=carla, kind=OccasionKind.BIRTHDAY, words="", month=3, day=15, **heard))
    one = of(session, people, shop)
    assert one.talk == Line("Is setting up a reading corner.", "Bo, on the phone, 2 days ago")
    assert one.mention == (Line("Is setting up a reading corner.", "Bo, 2 days ago"),)
    assert one.stops == (Line("Allergy: hazelnuts", "told Bo, today"),)
    assert one.tastes == (Line("Likes: plum jam", "told Bo, today"),)
    assert [line.text for line in one.promises] == ["Order O-2 is needed today: too late", "Ring about the shelf"]
    assert one.days == (Line("Birthday", "tomorrow"),)
    assert one.language == "en"


def test_an_opinion_a_guess_and_what_was_taken_back_are_read_by_nobody(
    session: Session, people: People, shop: briefs.Shop
) -> None:
    note(session, people, "Seems lonely.", kind=NoteKind.OPINION, mentionable="Seems lonely.")
    note(session, people, "Moves to Girona.", retracted_at=cast.NOW, mentionable="Moves to Girona.")
    wish(session, people, PreferenceKind.LIKE, "green things", is_stated=False)
    wish(session, people, PreferenceKind.ALLERGY, "feathers", withdrawn_at=cast.NOW)
    said = repr(astuple(of(session, people, shop)))
    assert not any(word in said for word in ("lonely", "Girona", "green", "feathers"))


def test_a_gift_on_its_way_is_a_surprise_and_one_that_arrived_is_asked_about(
    session: Session, people: People, shop: briefs.Shop
) -> None:
    carla = customers.get_customer(session, cast.customer_id(session))
    grants.give(session, people["ana"], carla, items.get_by_sku(session, "tea"), None, key="gift-key-1", now=cast.NOW)
    assert any("Green tea" in line.text for line in of(session, people, shop).silent)
    given = session.exec(select(Grant)).one()
    given.state, given.committed_at = GrantState.COMMITTED, cast.NOW
    assert of(session, people, shop).silent == ()


def test_a_gift_that_was_given_under_a_former_number_is_theirs(
    session: Session, people: People, shop: briefs.Shop
) -> None:
    dan = customers.get_customer(session, cast.customer_id(session, "C-2"))
    grants.give(session, people["ana"], dan, items.get_by_sku(session, "tea"), None, key="gift-key-1", now=cast.NOW)
    form = merging.NewMerge(form_key="join-dan", other_id=dan.id)
    merging.merge(session, people["bo"], cast.customer_id(session), form, now=cast.NOW)
    assert any("Green tea" in line.text for line in of(session, people, shop).silent)


@pytest.fixture
def own_list(tmp_path) -> Iterator[None]:
    """A shop whose guard knows a word of its own."""
    folder = tmp_path / "guard"
    folder.mkdir()
    (folder / "en.toml").write_text('[health]\nphrases = ["zumbafoot"]\n')
    assert guarding.equip(folder) == ()
    yield
    guarding.equip(Path("nowhere"))


@pytest.mark.usefixtures("own_list")
def test_what_the_shops_own_guard_finds_stands_on_no_brief_and_no_card(
    session: Session, people: People, shop: briefs.Shop
) -> None:
    assert guarding.look("Has a zumbafoot since May.")
    assert guarding.look("Ring me on +34 612 345 678")
    note(session, people, "Told us of her zumbafoot since May.", mentionable="Told us of her zumbafoot since May.")
    wish(session, people, PreferenceKind.LIKE, "zumbafoot creams")
    wish(session, people, PreferenceKind.INTEREST, "calls to +34 612 345 678")
    said = repr(astuple(of(session, people, shop)))
    card = cards.panel(session, deliver(session), shop=Shop("Corner & Co", ZoneInfo("UTC")), now=cast.NOW)
    for words in (said, repr(card)):
        assert "zumbafoot" not in words
        assert "345 678" not in words
    assert notes.mentionable_of(session.exec(select(Note)).one()) == []


def test_an_open_problem_is_told_and_a_solved_one_is_not(session: Session, people: People, shop: briefs.Shop) -> None:
    noted = {"noted_by": people["bo"].staff_id, "noted_at": cast.NOW, "kind": ProblemKind.LATE}
    problem = Problem(customer_id=cast.customer_id(session), **noted)
    session.add(problem)
    assert of(session, people, shop).open[0].source == "noted by Bo, today, open"
    problem.solved_at = cast.NOW
    assert of(session, people, shop).open == ()


def test_an_unknown_customer_has_no_brief(session: Session, people: People, shop: briefs.Shop) -> None:
    with pytest.raises(NotFound):
        briefs.one(session, people["ana"], 10**9, shop=shop, now=cast.NOW)


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    asked: list[str] = []

    def hear(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", hear)
    yield asked
    event.remove(engine, "before_cursor_execute", hear)


def expected(session: Session, people: People, customer: str, at: str) -> None:
    form = visits.NewVisit(kind=VisitKind.CALL, expected_on=TODAY, at=at, form_key=f"visit-{customer}-{at}")
    visits.expect(session, people["ana"], cast.customer_id(session, customer), form, today=TODAY, now=cast.NOW)


def test_those_of_today_come_in_their_order_each_once_and_cost_little_more(
    session: Session, people: People, shop: briefs.Shop
) -> None:
    expected(session, people, "C-1", "15:00")
    session.flush()
    with counted(session) as one:
        briefs.of_today(session, people["ana"], shop=shop, now=cast.NOW)
    expected(session, people, "C-2", "09:00")
    expected(session, people, "C-1", "16:00")
    session.flush()
    with counted(session) as two:
        sheet = briefs.of_today(session, people["ana"], shop=shop, now=cast.NOW)
    assert [(visit.at, brief.name) for visit, brief in sheet.briefs] == [("09:00", "Dan"), ("15:00", "Carla Núñez")]
    assert len(two) <= len(one) + 12  # the gift idea is each customer's own


def test_more_than_one_print_takes_are_left_out_and_counted(
    session: Session, people: People, shop: briefs.Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(briefs, "_MOST_PRINTED", 1)
    expected(session, people, "C-1", "15:00")
    expected(session, people, "C-2", "09:00")
    session.flush()
    sheet = briefs.of_today(session, people["ana"], shop=shop, now=cast.NOW)
    assert ([brief.name for _, brief in sheet.briefs], sheet.left_out) == (["Dan"], 1)
