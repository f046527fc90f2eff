from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import cast
import pytest
from parcels import SECRET, TODAY, deliver, gift, note, order_and_deliver, order_id, prefer, promise
from sqlmodel import Session, select

from deskapp.desk import cards, deliveries, delivery_events, writing_desk
from deskapp.desk.card_paper import length_of
from deskapp.desk.cards import CardPanel, Manner, NewCard
from deskapp.desk.delivery_events import NewEvent
from deskapp.desk.delivery_rows import Shop
from deskapp.desk.inputs import Keyed
from deskapp.desk.ticks import Tick
from deskapp.rules.card_sizes import Hand
from deskapp.rules.errors import Conflict, Forbidden, Invalid
from deskapp.rules.people import Actor
from deskapp.store.card_tables import CardUse, Happened, Teller, Used
from deskapp.store.db import Database
from deskapp.store.memory_tables import NoteKind, PreferenceKind
from deskapp.store.tables import Audit, Customer, Delivery, Order

People = dict[str, Actor]
SHOP = Shop("Corner & Co", ZoneInfo("UTC"))
WORDS = "Dear Carla, thank you for the order. The jam is from all of us."


def look(session: Session, delivery: int) -> CardPanel:
    return cards.panel(session, delivery, shop=SHOP, now=cast.NOW)


def form_of(
    session: Session, delivery: int, text: str = WORDS, *, key: str = "card-key-1", seen: str | None = None, **more
) -> NewCard:
    return NewCard(text=text, form_key=key, seen=look(session, delivery).seen if seen is None else seen, **more)


def write(
    session: Session,
    who: Actor,
    delivery: int,
    text: str = WORDS,
    *,
    key: str = "card-key-1",
    seen: str | None = None,
    sure=False,
) -> None:
    form = form_of(session, delivery, text, key=key, seen=seen, is_confirmed=sure)
    cards.write(session, who, delivery, form, now=cast.NOW)


def sign(
    session: Session, who: Actor, delivery: int, text: str = WORDS, *, key: str = "sign-key-1", signed_as="Ana", **more
) -> None:
    form = form_of(session, delivery, text, key=key, signed_as=signed_as, **more)
    cards.sign(session, who, delivery, form, shop=SHOP, now=cast.NOW)


def unsign(session: Session, who: Actor, delivery: int, key: str = "open-key-1") -> None:
    cards.unsign(session, who, delivery, Keyed(form_key=key), now=cast.NOW)


def audited(session: Session) -> list[str]:
    session.flush()
    return [row.action for row in session.exec(select(Audit).order_by(Audit.id)).all()]


def uses(session: Session, kind: Used) -> list[str]:
    session.flush()
    return sorted(session.exec(select(CardUse.key).where(CardUse.kind == kind)).all())


# --- the card --------------------------------------------------------------------------------------------------------


def test_the_prompt_is_made_of_what_they_said_and_bought(session: Session) -> None:
    delivery = deliver(session)
    note(session, "Told us that the kitchen is blue.")
    prefer(session, PreferenceKind.LIKE, "plum jam")
    promise(session, "find the matching saucer", kept=True)
    gift(session, "jam")
    prompt = look(session, delivery).prompt
    assert prompt is not None
    assert [(fact.text, fact.source) for fact in prompt.facts] == [
        ("We promised: find the matching saucer", "kept by Bo"),
        ("Likes plum jam", "told Ana"),
        ("Told us that the kitchen is blue", "said on the phone to Ana"),
        ("Ordered Blue mug", "this order"),
    ]
    assert prompt.starters.plus_one is not None
    assert "Plum jam" in prompt.why_now


def test_neither_opinions_nor_guesses_nor_old_news_reach_the_prompt(session: Session) -> None:
    delivery = deliver(session)
    plain = look(session, delivery)
    note(session, f"Said {SECRET}, and is rich.", kind=NoteKind.OPINION)
    note(session, f"Told us about {SECRET} once.", at=cast.NOW - timedelta(days=731))
    note(session, f"Told us about {SECRET} of Dan.", customer="C-2")
    prefer(session, PreferenceKind.LIKE, SECRET, is_stated=False)
    prefer(session, PreferenceKind.LIKE, SECRET, gone=True)
    prefer(session, PreferenceKind.ALLERGY, SECRET)
    promise(session, f"find the {SECRET}", kept=False)
    assert look(session, delivery) == plain


def test_where_no_card_is_wished_there_is_no_prompt_and_none_can_be_saved(session: Session, people: People) -> None:
    delivery = deliver(session)
    prefer(session, PreferenceKind.NO_CARDS, "")
    assert look(session, delivery).prompt is None
    with pytest.raises(Invalid, match="Carla Núñez wishes no card"):
        write(session, people["del"], delivery)


def test_days_are_the_shops_own(session: Session) -> None:
    delivery = deliver(session, ship_on=TODAY + timedelta(days=1))
    evening = datetime.combine(TODAY, datetime.min.time(), ZoneInfo("UTC")) + timedelta(hours=22)
    berlin = cards.panel(
        session, delivery, shop=Shop("Ecke", ZoneInfo("Europe/Berlin")), now=evening + timedelta(hours=1)
    )
    assert berlin.prompt is not None
    assert "leaves today" in berlin.prompt.why_now


def test_a_written_card_keeps_its_words_who_and_when(session: Session, people: People) -> None:
    delivery = deliver(session)
    write(session, people["del"], delivery)
    card = look(session, delivery)
    assert (card.text, card.row.written_by, card.row.written_at) == (WORDS, "Del", cast.NOW)
    assert audited(session) == ["delivery.written"]


def test_sending_a_card_twice_writes_it_once(session: Session, people: People) -> None:
    delivery = deliver(session)
    seen = look(session, delivery).seen
    for _ in range(2):
        write(session, people["del"], delivery, seen=seen)
    assert audited(session) == ["delivery.written"]
    with pytest.raises(Conflict):
        write(session, people["del"], delivery, "other words under the same key")


def test_of_two_who_write_one_card_the_second_is_told(session: Session, people: People) -> None:
    delivery = deliver(session)
    both_saw = look(session, delivery).seen
    write(session, people["del"], delivery, seen=both_saw)
    with pytest.raises(Conflict, match="Somebody wrote this card while you were writing"):
        write(session, people["ana"], delivery, "Mine", key="card-key-2", seen=both_saw)
    assert look(session, delivery).text == WORDS
    write(session, people["ana"], delivery, "Both", key="card-key-3")
    assert (look(session, delivery).text, look(session, delivery).row.written_by) == ("Both", "Ana")


def test_an_account_number_is_never_written_on_a_card(session: Session, people: People) -> None:
    with pytest.raises(Invalid) as refused:
        write(session, people["del"], deliver(session), "Charge 4111 1111 1111 1111", sure=True)
    assert set(refused.value.problems) == {"text"}


@pytest.mark.parametrize("text", ["You are a nightmare customer", "It was only $4.20", "10 % off next time"])
def test_judging_words_and_prices_ask_whether_they_are_meant(session: Session, people: People, text: str) -> None:
    delivery = deliver(session)
    with pytest.raises(Invalid) as asked:
        write(session, people["del"], delivery, text)
    assert set(asked.value.problems) == {"text", "is_confirmed"}
    write(session, people["del"], delivery, text, sure=True, key="card-key-2")
    assert look(session, delivery).text == text


def test_a_second_writer_waits_for_the_first_and_is_told(database: Database, people: People) -> None:
    with database.writing() as session:
        delivery = deliver(session)
    with database.reading() as session:
        seen = look(session, delivery).seen
    with database.writing() as session:
        write(session, people["del"], delivery, seen=seen)
    with pytest.raises(Conflict), database.writing() as session:
        write(session, people["ana"], delivery, "Mine", key="card-key-2", seen=seen)
    with database.reading() as session:
        assert session.get_one(Delivery, delivery).card_text == WORDS


# --- signing ---------------------------------------------------------------------------------------------------------


def test_signing_keeps_the_text_and_says_who_signed_as_whom_and_when(session: Session, people: People) -> None:
    delivery = deliver(session)
    sign(session, people["del"], delivery, signed_as="Del, for all of us")
    card = look(session, delivery)
    assert card.signed is not None
    assert (card.text, card.signed.name, card.signed.by, card.signed.at) == (
        WORDS,
        "Del, for all of us",
        "Del",
        cast.NOW,
    )
    assert card.row.written_at == cast.NOW
    assert audited(session) == ["delivery.written", "delivery.signed"]


def test_signing_what_was_saved_before_leaves_the_writer_as_they_were(session: Session, people: People) -> None:
    delivery = deliver(session)
    write(session, people["del"], delivery)
    sign(session, people["ana"], delivery)
    card = look(session, delivery)
    assert card.signed is not None
    assert (card.row.written_by, card.signed.by) == ("Del", "Ana")
    assert audited(session) == ["delivery.written", "delivery.signed"]


def test_signing_twice_with_one_form_is_once(session: Session, people: People) -> None:
    delivery = deliver(session)
    seen = look(session, delivery).seen
    for _ in range(2):
        sign(session, people["ana"], delivery, seen=seen)
    assert audited(session) == ["delivery.written", "delivery.signed"]


def test_nobody_signs_without_a_name(session: Session, people: People) -> None:
    with pytest.raises(Invalid) as refused:
        sign(session, people["ana"], deliver(session), signed_as="  ")
    assert refused.value.problems == {"signed_as": "Please say who signs."}


def test_what_is_signed_as_goes_past_the_guard_too(session: Session, people: People) -> None:
    with pytest.raises(Invalid) as refused:
        sign(session, people["ana"], deliver(session), signed_as="4111 1111 1111 1111")
    assert set(refused.value.problems) == {"signed_as"}


def test_a_signed_card_is_not_written_chosen_or_signed_again(session: Session, people: People) -> None:
    delivery = deliver(session)
    sign(session, people["ana"], delivery)
    with pytest.raises(Conflict, match="This card is signed"):
        write(session, people["ana"], delivery, "Other words", key="card-key-2")
    with pytest.raises(Conflict, match="This card is signed"):
        sign(session, people["ana"], delivery, "Other words", key="sign-key-2")
    with pytest.raises(Conflict, match="This card is signed"):
        cards.choose(session, delivery, Manner(form_key="manner-key-1", card_hand="large"))
    assert look(session, delivery).text == WORDS


@pytest.mark.parametrize("who", ["ana", "bo", "mo"])
def test_whoever_signed_and_a_lead_open_it_again(session: Session, people: People, who: str) -> None:
    delivery = deliver(session)
    sign(session, people["ana"], delivery)
    unsign(session, people[who], delivery)
    assert look(session, delivery).signed is None
    write(session, people["del"], delivery, "Other words", key="card-key-2")
    assert look(session, delivery).text == "Other words"


def test_nobody_else_opens_it_again(session: Session, people: People) -> None:
    delivery = deliver(session)
    sign(session, people["ana"], delivery)
    with pytest.raises(Forbidden, match="a lead"):
        unsign(session, people["del"], delivery)
    assert look(session, delivery).signed is not None


@pytest.mark.parametrize("left", ["handed_at", "delivered_at", "returned_at"])
def test_what_left_is_never_opened_again(session: Session, people: People, left: str) -> None:
    delivery = deliver(session)
    sign(session, people["ana"], delivery)
    setattr(session.get_one(Delivery, delivery), left, cast.NOW)
    with pytest.raises(Conflict, match="This parcel has left"):
        unsign(session, people["bo"], delivery)
    assert look(session, delivery).signed is not None


def test_a_card_that_left_unsigned_keeps_its_words_too(session: Session, people: People) -> None:
    delivery = deliver(session)
    write(session, people["ana"], delivery)
    session.get_one(Delivery, delivery).handed_at = cast.NOW
    for act in (write, sign):
        with pytest.raises(Conflict, match="This parcel has left"):
            act(session, people["ana"], delivery, "Other words", key="late-key-1")
    assert look(session, delivery).text == WORDS


def test_opening_what_is_open_changes_nothing(session: Session, people: People) -> None:
    delivery = deliver(session)
    unsign(session, people["del"], delivery)
    assert audited(session) == []


def test_of_two_who_finish_one_card_the_second_is_told(session: Session, people: People) -> None:
    delivery = deliver(session)
    both_saw = look(session, delivery).seen
    write(session, people["del"], delivery, seen=both_saw)
    with pytest.raises(Conflict, match="Somebody wrote this card while you were writing"):
        sign(session, people["ana"], delivery, "Mine", seen=both_saw)
    assert look(session, delivery).signed is None


def test_nothing_is_signed_for_somebody_who_was_erased(session: Session, people: People) -> None:
    delivery = deliver(session)
    session.get_one(Customer, cast.customer_id(session)).erased_at = cast.NOW
    with pytest.raises(Invalid, match="was erased"):
        sign(session, people["ana"], delivery)


# --- what it told ----------------------------------------------------------------------------------------------------


def test_a_signature_remembers_what_the_card_told_and_which_beginnings_were_shown(
    session: Session, people: People
) -> None:
    delivery = deliver(session)
    note(session, "Told us that the kitchen is blue.")
    prompt = look(session, delivery).prompt
    assert prompt is not None
    sign(session, people["ana"], delivery, "How lovely that the kitchen is blue now!")
    assert prompt.facts[0].key in uses(session, Used.FACT)
    assert uses(session, Used.PHRASE) == sorted(one.key for one in prompt.starters.given)
    assert {(one.customer_id, one.used_on) for one in session.exec(select(CardUse)).all()} == {
        (cast.customer_id(session), TODAY)
    }


def test_a_card_may_tell_what_newer_notes_pushed_out_of_the_prompt_and_it_is_told(
    session: Session, people: People
) -> None:
    delivery = deliver(session)
    note(session, "Told us that the kitchen is green.", at=cast.NOW - timedelta(days=40))
    write(session, people["ana"], delivery, text := "How lovely that the kitchen is green now!")
    for what in ("garden has roses", "cello has strings", "boat has sails"):
        note(session, f"Told us that the {what}.")
    prompt = look(session, delivery).prompt
    assert prompt is not None
    assert not any("kitchen" in fact.text for fact in prompt.facts)
    sign(session, people["ana"], delivery, text)
    (key,) = [key for key in uses(session, Used.FACT) if key.startswith("note:")]
    assert key not in {fact.key for fact in prompt.facts}


def test_opening_it_again_forgets_what_it_told_and_signing_anew_tells_it_once(session: Session, people: People) -> None:
    delivery = deliver(session)
    sign(session, people["ana"], delivery)
    told = uses(session, Used.PHRASE)
    unsign(session, people["ana"], delivery)
    assert uses(session, Used.PHRASE) == []
    sign(session, people["ana"], delivery, key="sign-key-2")
    assert uses(session, Used.PHRASE) == told
    assert audited(session)[-3:] == ["delivery.signed", "delivery.unsigned", "delivery.signed"]


# --- the writing desk ------------------------------------------------------------------------------------------------


# --- what left unsigned ----------------------------------------------------------------------------------------------


def tick(session: Session, who: Actor, delivery: int, *ticks: Tick) -> None:
    for one in ticks:
        deliveries.tick(session, who, delivery, one, shop=SHOP, now=cast.NOW)


def another_parcel(session: Session) -> int:
    """Of Carla's, that leaves ten days later."""
    delivery = order_and_deliver(session, 7, ship_on=TODAY + timedelta(days=10))
    order = session.get(Order, order_id(session, "P-7"))
    order.customer_id = cast.customer_id(session)
    session.flush()
    return delivery


def begins(card: CardPanel) -> set[str]:
    return {one.key for one in card.prompt.starters.given}


def facts(card: CardPanel) -> set[str]:
    return {one.key for one in card.prompt.facts}


@pytest.mark.parametrize("gone", [Tick.WRITTEN, Tick.HANDED, Tick.DELIVERED])
def test_what_leaves_unsigned_is_used_up_as_it_was_offered_until_the_tick_is_taken_back(
    session: Session, people: People, gone: Tick
) -> None:
    note(session, "Walks the dog by the river every morning.")
    delivery = deliver(session)
    offered = look(session, delivery)
    tick(session, people["del"], delivery, gone)
    assert set(uses(session, Used.PHRASE)) == begins(offered)
    (told,) = uses(session, Used.FACT)
    later = look(session, another_parcel(session))
    assert not begins(later) & begins(offered)
    assert told not in facts(later)
    tick(session, people["del"], delivery, {t: Tick(f"un{t}") for t in Tick if f"un{t}" in set(Tick)}[gone])
    assert uses(session, Used.PHRASE) == uses(session, Used.FACT) == []


def test_what_an_unsigned_card_says_counts_and_a_signature_weighs_it_anew(session: Session, people: People) -> None:
    for words in ("Walks the dog by the river every morning.", "Bakes bread on Sundays."):
        note(session, words)
    delivery = deliver(session)
    tick(session, people["del"], delivery, Tick.WRITTEN)
    by_offer = uses(session, Used.FACT)
    write(session, people["ana"], delivery, "Dear Carla, how is the dog by the river?")
    tick(session, people["del"], delivery, Tick.HANDED)
    (by_dog,) = uses(session, Used.FACT)
    assert by_offer != [by_dog]
    tick(session, people["del"], delivery, Tick.UNHANDED)
    assert uses(session, Used.FACT) == [by_dog], "its card is written still"
    sign(session, people["ana"], delivery, "Dear Carla, we think of you and your bread on Sundays.")
    (by_bread,) = uses(session, Used.FACT)
    assert by_bread != by_dog
    tick(session, people["del"], delivery, Tick.HANDED)
    assert uses(session, Used.FACT) == [by_bread]


def test_a_card_that_a_carrier_took_along_unsigned_is_used_up_too(session: Session, people: People) -> None:
    note(session, "Walks the dog by the river every morning.")
    delivery, bare = deliver(session), order_and_deliver(session, 8)
    write(session, people["ana"], delivery, "Dear Carla, how is the dog by the river?")
    for parcel in (delivery, bare):
        left = NewEvent(Happened.LEFT, cast.NOW)
        delivery_events.record(session, None, parcel, left, teller=Teller.API, source_key=f"{parcel}", now=cast.NOW)
    assert {one.delivery_id for one in session.exec(select(CardUse)).all()} == {delivery}, "nobody wrote the other"


def desk_of(session: Session, who: Actor, delivery: int, typed: str | None = None) -> writing_desk.WritingDesk:
    return writing_desk.panel(session, who, delivery, typed=typed, shop=SHOP, now=cast.NOW)


def test_paper_hand_and_tone_are_what_was_chosen_last(session: Session, people: People) -> None:
    delivery = deliver(session)
    desk = desk_of(session, people["del"], delivery)
    assert (desk.stationery.chosen.code, desk.stationery.hand, desk.tone) == ("a6", Hand.MEDIUM, "warm")
    chosen = {"card_format": "a7", "card_hand": "large", "card_tone": "formal"}
    cards.choose(session, delivery, Manner(form_key="manner-key-1", **chosen))
    cards.choose(session, delivery, Manner(form_key="manner-key-2"))
    desk = desk_of(session, people["del"], delivery)
    assert (desk.stationery.chosen.code, desk.stationery.hand, desk.tone) == ("a7", Hand.LARGE, "formal")


def test_paper_that_is_not_there_is_said_at_its_field(session: Session) -> None:
    with pytest.raises(Invalid) as refused:
        cards.choose(session, deliver(session), Manner(form_key="manner-key-1", card_format="papyrus"))
    assert set(refused.value.problems) == {"card_format"}


def test_the_words_on_the_screen_are_counted_saved_or_not(session: Session, people: People) -> None:
    delivery = deliver(session)
    write(session, people["del"], delivery)
    assert desk_of(session, people["del"], delivery).length_words == "63 characters, 2 of 10 lines: room for more."
    typed = "One line\n" * 12
    assert desk_of(session, people["del"], delivery, typed).length_words == (
        "107 characters: 2 lines too long for A6 written at medium size; it fits on A6 written small."
    )


def test_the_door_is_not_shown_what_was_written_before(session: Session, people: People) -> None:
    first, second = deliver(session, "O-1"), deliver(session)
    sign(session, people["ana"], first)
    assert [one.text for one in desk_of(session, people["ana"], second).past] == [WORDS]
    assert desk_of(session, people["ana"], first).past == []
    assert desk_of(session, people["del"], second).past == []


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("abc", 3),
        ("e\u0301", 1),
        ("👩‍👩‍👧‍👦", 1),
        ("🇩🇪🇫🇷", 2),
        ("नमस्ते", 3),
        ("a\r\nb", 3),
        ("\u200fשלום\u200e", 4),
        ("  abc \n", 3),
    ],
)
def test_a_card_is_as_long_as_its_reader_counts(text: str, length: int) -> None:
    assert length_of(text).characters == length
