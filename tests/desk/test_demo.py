"""The demo desk, told over a small shop."""

from datetime import timedelta

import pytest
from cast import NOW
from sqlmodel import func, select

from deskapp.desk import demo, guarding, passwords
from deskapp.desk.demo_story import STORY, Asked, Coming, Told, Wish, Word, Yearly
from deskapp.feeds import demo_people
from deskapp.rules.passwords import problem_with
from deskapp.rules.people import Role
from deskapp.store.gift_tables import Agreement, LimitVersion
from deskapp.store.memory_tables import (
    Note,
    NoteKind,
    Occasion,
    Preference,
    Promise,
    RequestTopic,
    RequestVoice,
    Visit,
)
from deskapp.store.tables import Audit, Customer, Order, Staff

MANY = (Staff, LimitVersion, Note, Preference, Promise, Occasion, Visit, RequestVoice, Audit)


@pytest.fixture
def shop(database):
    """Carla with an open order, and two others of the story."""
    with database.writing() as session:
        for number, mailbox in enumerate(("carla.nunez", "hank.whitlock", "priya.v")):
            customer = Customer(
                external_id=str(number), name=mailbox, name_folded=mailbox, email_folded=f"{mailbox}@example.com"
            )
            session.add(customer)
            session.flush()
            session.add(
                Order(
                    external_id=f"O-{number}",
                    customer_id=customer.id,
                    placed_at=NOW,
                    store="",
                    currency="USD",
                    status="open",
                )
            )
    return database


def fill(database, days=0):
    return demo.fill(database, currency="USD", zone="UTC", now=NOW + timedelta(days=days))


def sizes(database):
    with database.reading() as session:
        return {t.__tablename__: session.exec(select(func.count()).select_from(t)).one() for t in MANY}


def test_the_cast_is_hired_given_limits_and_remembers(shop):
    filled = fill(shop)
    assert (filled.staff, filled.limits, filled.remembered) == (5, 4, 3)
    with shop.reading() as session:
        roles = {row.username: row.role for row in session.exec(select(Staff)).all()}
        assert roles == {
            "ana": Role.AGENT,
            "bo": Role.LEAD,
            "del": Role.DELIVERY,
            "mo": Role.MANAGER,
            "ada": Role.ADMIN,
        }
        agent = session.exec(select(LimitVersion).where(LimitVersion.role == Role.AGENT)).one()
        assert (agent.per_gift_minor, agent.per_giver_per_week_minor, agent.currency) == (800, 4000, "USD")
        assert session.exec(select(func.count()).select_from(Agreement)).one() == 2


def test_everybody_can_sign_in_with_the_password_of_the_list(shop):
    fill(shop)
    with shop.reading() as session:
        hashes = {row.username: row.password_hash for row in session.exec(select(Staff)).all()}
    assert all(passwords.matches(member.password, hashes[member.username]) for member in demo.CAST)


@pytest.mark.parametrize("days", [0, 60])
def test_filling_again_adds_nothing(shop, days):
    fill(shop)
    before = sizes(shop)
    again = fill(shop, days)
    assert (again.staff, again.limits, again.remembered) == (0, 0, 0)
    assert sizes(shop) == before


def test_filling_again_leaves_what_people_changed(shop):
    fill(shop)
    with shop.writing() as session:
        preference = session.exec(select(Preference)).first()
        preference.withdrawn_at = NOW
        session.exec(select(Staff).where(Staff.username == "ana")).one().name = "Ana Lim"
    fill(shop)
    with shop.reading() as session:
        assert session.get_one(Preference, preference.id).withdrawn_at == NOW
        assert session.exec(select(Staff.name).where(Staff.username == "ana")).one() == "Ana Lim"


def test_stories_wait_for_the_shop_to_be_there(database):
    assert fill(database).remembered == 0
    with database.writing() as session:
        session.add(
            Customer(external_id="1", name="Carla", name_folded="carla", email_folded="carla.nunez@example.com")
        )
    assert fill(database).remembered == 1


def test_carla_has_something_for_every_part_of_the_desk(shop):
    fill(shop)
    with shop.reading() as session:
        carla = session.exec(select(Customer.id).where(Customer.external_id == "0")).one()
        notes = session.exec(select(Note).where(Note.customer_id == carla)).all()
        kinds = set(session.exec(select(Preference.kind).where(Preference.customer_id == carla)).all())
        promise = session.exec(select(Promise).where(Promise.customer_id == carla)).one()
        for table in (Occasion, Visit, RequestVoice):
            assert session.exec(select(table).where(table.customer_id == carla)).all(), table
    assert {note.kind for note in notes} == {NoteKind.OBSERVATION, NoteKind.OPINION}
    assert {"allergy", "pronunciation", "form-of-address", "like"} <= {kind.value for kind in kinds}
    assert promise.due_on > NOW.date()
    assert all(note.written_at < NOW for note in notes)
    assert any(note.mentionable for note in notes)


# --- the story itself -----------------------------------------------------------------------------------------------

PIECES = [(mailbox, piece) for mailbox, memory in STORY.items() for piece in memory]


def test_every_guest_has_a_story_and_every_story_a_guest():
    guests = [guest.mailbox for guest in demo_people._GUESTS]
    assert set(guests) == set(STORY)
    assert len(guests) == len(set(guests))
    assert 30 <= len(STORY) <= 40


def test_the_guard_has_nothing_against_any_of_it():
    texts = [(mailbox, text) for mailbox, piece in PIECES for text in words_of(piece)]
    assert [(mailbox, text) for mailbox, text in texts if guarding.look(text)] == []


def words_of(piece):
    match piece:
        case Told():
            return piece.text, piece.pinned
        case Wish():
            return (piece.value,)
        case Word():
            return (piece.text,)
        case Yearly() | Coming():
            return (piece.words,)
        case Asked():
            return piece.topic, piece.words, piece.would_let


def test_the_story_fits_its_tables():
    for _, piece in PIECES:
        match piece:
            case Told():
                assert piece.days_ago > 0
                assert len(piece.text) <= 2000
            case Wish():
                assert 0 < len(piece.value) <= 200
            case Word():
                assert 0 < len(piece.text) <= 200
            case Asked():
                assert 0 < len(piece.words) <= 500
            case Yearly() | Coming():
                assert piece.in_days >= 0


def test_who_asks_for_the_same_asks_for_one_topic(shop):
    fill(shop)
    with shop.reading() as session:
        titles = session.exec(select(RequestTopic.title)).all()
    assert len(titles) == len(set(titles)) > 0


def test_the_story_has_opinions_late_promises_and_opt_outs():
    kinds = {piece.kind.value for _, piece in PIECES if isinstance(piece, Wish)}
    assert {"allergy", "dislike", "no-gifts", "no-cards", "diet"} <= kinds
    assert any(isinstance(p, Told) and p.kind is NoteKind.OPINION for _, p in PIECES)
    assert any(isinstance(p, Word) and p.due_in < 0 for _, p in PIECES)


def test_demo_passwords_would_be_taken_from_anybody():
    assert [m.username for m in demo.CAST if problem_with(m.password, m.username, m.name)] == []
