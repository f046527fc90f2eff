from datetime import timedelta
from zoneinfo import ZoneInfo

import cast
from parcels import TODAY, deliver, note, order_and_deliver, prefer, promise, queries
from sqlmodel import Session, select

from deskapp.desk import card_history, cards
from deskapp.desk.card_history import PastCard
from deskapp.desk.cards import NewCard
from deskapp.desk.delivery_rows import Shop
from deskapp.rules.people import Actor
from deskapp.store.card_tables import AskState, CardUse, FeedbackAsk, Used
from deskapp.store.memory_tables import Note, Preference, PreferenceKind
from deskapp.store.tables import Delivery

People = dict[str, Actor]
SHOP = Shop("Corner & Co", ZoneInfo("UTC"))
GONE = "something that is no longer known"


def sign(session: Session, who: Actor, delivery: int, text: str, days_ago: int = 0) -> None:
    at = cast.NOW - timedelta(days=days_ago)
    seen = cards.panel(session, delivery, shop=SHOP, now=at).seen
    form = NewCard(form_key=f"sign-key-{delivery}", text=text, seen=seen, signed_as=f"{who.name}, at the corner")
    cards.sign(session, who, delivery, form, shop=SHOP, now=at)


def history(session: Session, limit: int = 9, customer: str = "C-1", but: int = 0) -> list[PastCard]:
    session.flush()
    return card_history.list_history(session, cast.customer_id(session, customer), limit, but=but)


def use(session: Session, delivery: int, *keys: str) -> None:
    carla = cast.customer_id(session)
    session.add_all(
        CardUse(delivery_id=delivery, kind=Used.FACT, key=key, customer_id=carla, used_on=TODAY) for key in keys
    )
    session.flush()


def answer(session: Session, delivery: int, state: AskState, note_id: int | None = None) -> None:
    session.add(
        FeedbackAsk(
            delivery_id=delivery,
            customer_id=cast.customer_id(session),
            state=state,
            due_on=TODAY,
            answer="mostly" if state is AskState.ANSWERED else "",
            note_id=note_id,
        )
    )
    session.flush()


# --- what went out ---------------------------------------------------------------------------------------------------


def test_who_was_never_written_to_has_none(session: Session) -> None:
    deliver(session)
    with queries(session) as asked:
        assert history(session) == []
    assert len(asked) <= 2  # one of them for Carla's id


def test_the_newest_card_comes_first_with_who_signed_it_as_whom(session: Session, people: People) -> None:
    first, second = deliver(session, "O-1"), deliver(session)
    sign(session, people["ana"], first, "First words", days_ago=40)
    sign(session, people["bo"], second, "Second words")
    assert [(one.order, one.text, one.by, one.signed_as) for one in history(session)] == [
        ("O-2", "Second words", "Bo", "Bo, at the corner"),
        ("O-1", "First words", "Ana", "Ana, at the corner"),
    ]
    assert history(session)[1].at == cast.NOW - timedelta(days=40)


def test_only_so_many_are_told_and_not_the_one_that_is_being_written(session: Session, people: People) -> None:
    first, second = deliver(session, "O-1"), deliver(session)
    sign(session, people["ana"], first, "First words", days_ago=40)
    sign(session, people["ana"], second, "Second words")
    assert [one.text for one in history(session, limit=1)] == ["Second words"]
    assert [one.text for one in history(session, but=second)] == ["First words"]


def test_what_is_still_being_written_did_not_go_out(session: Session) -> None:
    row = session.get_one(Delivery, deliver(session))
    row.card_text, row.written_at = "Not finished", cast.NOW
    assert history(session) == []
    row.packed_at = cast.NOW  # as cards went out before they were signed
    assert [(one.text, one.signed_as, one.at) for one in history(session)] == [("Not finished", "", cast.NOW)]


def test_nobody_is_shown_what_was_written_to_somebody_else(session: Session, people: People) -> None:
    sign(session, people["ana"], order_and_deliver(session, 1), "Words for another")
    assert history(session) == []
    assert [one.text for one in history(session, customer="D-1")] == ["Words for another"]


# --- what it told ----------------------------------------------------------------------------------------------------


def test_facts_are_told_in_words_as_they_stand(session: Session, people: People) -> None:
    delivery = deliver(session)
    note(session, "Told us that the kitchen is yellow. Rang twice.")
    prefer(session, PreferenceKind.LIKE, "plum jam")
    promise(session, "find the matching saucer", kept=True)
    sign(session, people["ana"], delivery, "The matching saucer is in it, the kitchen is yellow and there is plum jam.")
    (one,) = history(session)
    assert sorted(one.told) == [
        "Told us that the kitchen is yellow",
        "that they like plum jam",
        "that we kept our word: find the matching saucer",
    ]


def test_what_was_taken_back_since_is_not_told_again(session: Session, people: People) -> None:
    delivery = deliver(session)
    note(session, "Told us that the kitchen is yellow.")
    prefer(session, PreferenceKind.LIKE, "plum jam")
    sign(session, people["ana"], delivery, "The kitchen is yellow and there is plum jam.")
    session.exec(select(Note)).one().retracted_at = cast.NOW
    session.exec(select(Preference)).one().withdrawn_at = cast.NOW
    assert history(session)[0].told == [GONE]


def test_a_note_that_was_rewritten_no_longer_tells_what_the_card_told(session: Session, people: People) -> None:
    delivery = deliver(session)
    note(session, "Told us that the kitchen is yellow.")
    sign(session, people["ana"], delivery, "How lovely, a yellow kitchen!")
    session.exec(select(Note)).one().text = "Told us that the kitchen is green."
    assert history(session)[0].told == [GONE]


def test_what_the_order_itself_told_is_said_in_general_and_an_unknown_key_is_no_error(
    session: Session, people: People
) -> None:
    delivery = deliver(session)
    sign(session, people["ana"], delivery, "x")
    session.connection().exec_driver_sql("DELETE FROM card_use")
    use(session, delivery, "order", "since", "note:404:aaaa", "note:x", "promise:", "papyrus:1:2:3")
    assert history(session)[0].told == ["what they had ordered", "how long they have been with us", GONE]


# --- what came back --------------------------------------------------------------------------------------------------


def test_what_they_said_afterwards_stands_below_it(session: Session, people: People) -> None:
    delivery = deliver(session)
    sign(session, people["ana"], delivery, "Words")
    note(session, "The jam was gone by noon.")
    words = session.exec(select(Note)).one()
    answer(session, delivery, AskState.ANSWERED, words.id)
    assert [(one.answer, one.answer_words) for one in history(session)] == [("mostly", "The jam was gone by noon.")]
    words.retracted_at = cast.NOW
    assert [(one.answer, one.answer_words) for one in history(session)] == [("mostly", "")]


def test_a_question_without_an_answer_says_nothing(session: Session, people: People) -> None:
    delivery = deliver(session)
    sign(session, people["ana"], delivery, "Words")
    answer(session, delivery, AskState.ASKED)
    assert [(one.answer, one.answer_words) for one in history(session)] == [("", "")]
