"""What a prompt may look at: which cards came before it, which wait beside it, which days are near."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cast
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parcels import TODAY, deliver, note, prefer, queries, staff_id
from sqlmodel import Session, select

from deskapp.desk import cards, delivery_rows, guarding
from deskapp.desk.card_known import known_of
from deskapp.desk.delivery_rows import Shop
from deskapp.rules.card_facts import Known
from deskapp.rules.people import Receiver
from deskapp.rules.prompts import Prompt, prompt
from deskapp.store import deliveries as store
from deskapp.store.card_tables import CardUse, Used
from deskapp.store.memory_tables import Interaction, Note, NoteKind, Occasion, OccasionKind, PreferenceKind, Source
from deskapp.store.tables import Customer, Delivery, Order, OrderLine, Problem, ProblemKind

SHOP = Shop("Corner & Co", ZoneInfo("UTC"))


def known(session: Session, *delivery_ids: int) -> dict[int, Known]:
    session.flush()
    sent = store.list_sent(session, delivery_ids)
    return known_of(session, sent, delivery_rows.rows(session, sent, TODAY), SHOP, cast.NOW)


def look(session: Session, delivery_id: int) -> Prompt:
    return prompt(known(session, delivery_id)[delivery_id])


def keys(one: Prompt) -> set[str]:
    return {starter.key for starter in one.starters.given}


def parcel(session: Session, number: int, *, ship_on: date = TODAY, customer: str = "C-1", status: str = "open") -> int:
    order = Order(
        external_id=f"K-{number}",
        customer_id=cast.customer_id(session, customer),
        placed_at=cast.NOW - timedelta(days=1, minutes=-number),
        store="",
        currency="USD",
        status=status,
    )
    session.add(order)
    session.flush()
    item = cast.item_id(session, "mug")
    session.add(OrderLine(order_id=order.id, line=1, item_id=item, quantity=1, unit_price_minor=480))
    return deliver(session, f"K-{number}", ship_on=ship_on)


def sign(session: Session, delivery_id: int, on: date = TODAY, facts: set[str] | None = None) -> Prompt:
    """As the writing desk does, with every fact told unless some are named."""
    made = look(session, delivery_id)
    sent = store.get_sent(session, delivery_id)
    told = {fact.key for fact in made.facts} if facts is None else facts
    uses = [*((Used.FACT, key) for key in told), *((Used.PHRASE, key) for key in keys(made))]
    for kind, key in uses:
        session.add(CardUse(delivery_id=delivery_id, kind=kind, key=key, customer_id=sent.customer.id, used_on=on))
    sent.delivery.signed_at = datetime.combine(on, cast.NOW.timetz())
    session.flush()
    return made


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def customer(session: Session, external_id: str = "C-1") -> Customer:
    return session.exec(select(Customer).where(Customer.external_id == external_id)).one()


def day(
    session: Session, days: int, kind: OccasionKind = OccasionKind.BIRTHDAY, words: str = "", *, gone: bool = False
) -> None:
    on = TODAY + timedelta(days=days)
    session.add(
        Occasion(
            customer_id=cast.customer_id(session),
            kind=kind,
            words=words,
            month=on.month,
            day=on.day,
            heard_by=staff_id(session),
            heard_at=cast.NOW,
            withdrawn_at=cast.NOW if gone else None,
        )
    )
    session.flush()


# --- phrases ---------------------------------------------------------------------------------------------------------


def test_a_phrase_of_a_signed_card_is_not_offered_again_within_a_year(session: Session) -> None:
    first, second = parcel(session, 1), parcel(session, 2)
    used = sign(session, first, days_ago(365))
    assert not keys(look(session, second)) & keys(used)


def test_after_a_year_a_phrase_may_come_back(session: Session) -> None:
    first, second = parcel(session, 1), parcel(session, 2)
    sign(session, first, days_ago(367))
    assert known(session, second)[second].phrases_used == frozenset()


def test_another_customers_cards_use_nothing_up(session: Session) -> None:
    sign(session, parcel(session, 1, customer="C-2"))
    mine = parcel(session, 2)
    assert known(session, mine)[mine].phrases_used == frozenset()


def test_a_signed_card_does_not_use_up_its_own(session: Session) -> None:
    only = parcel(session, 1)
    before = sign(session, only)
    assert look(session, only) == before


def test_two_parcels_that_wait_begin_differently_whichever_is_looked_at(session: Session) -> None:
    later, sooner = parcel(session, 1, ship_on=TODAY + timedelta(days=2)), parcel(session, 2)
    both = known(session, sooner, later)
    apart = {each: prompt(both[each]) for each in (sooner, later)}
    assert not keys(apart[sooner]) & keys(apart[later])
    assert look(session, later) == apart[later]
    assert look(session, sooner) == apart[sooner]


@pytest.mark.parametrize("gone", ["signed_at", "handed_at", "delivered_at", "returned_at"])
def test_what_has_gone_is_not_waited_for(session: Session, gone: str) -> None:
    sooner, later = parcel(session, 1), parcel(session, 2, ship_on=TODAY + timedelta(days=1))
    assert known(session, later)[later].phrases_used
    setattr(session.get(Delivery, sooner), gone, cast.NOW)
    assert known(session, later)[later].phrases_used == frozenset()


def test_neither_a_cancelled_order_nor_one_forgotten_for_a_month_is_waited_for(session: Session) -> None:
    parcel(session, 1, status="Cancelled")
    parcel(session, 2, ship_on=days_ago(31))
    mine = parcel(session, 3)
    assert known(session, mine)[mine].phrases_used == frozenset()


@pytest.mark.parametrize("together", [True, False])
def test_looking_at_one_card_or_at_the_sheet_gives_the_same_prompt(session: Session, *, together: bool) -> None:
    ids = [parcel(session, number, ship_on=TODAY + timedelta(days=number % 3)) for number in range(6)]
    sheet = known(session, *ids)
    seen = {each: sheet[each] for each in ids} if together else {each: known(session, each)[each] for each in ids}
    prompts = [prompt(seen[each]) for each in ids]
    used = [key for one in prompts for key in keys(one)]
    assert len(used) == len(set(used)) > 12


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 366)), min_size=1, max_size=7))
def test_in_whatever_order_cards_are_signed_nothing_is_said_twice_within_a_year(session: Session, parcels) -> None:
    with session.begin_nested() as sandbox:
        ids = [parcel(session, n, ship_on=TODAY + timedelta(days=days)) for n, (days, _, _) in enumerate(parcels)]
        used: list[str] = []
        for each, (_, is_signed, ago) in zip(ids, parcels, strict=True):
            if is_signed:
                used += keys(sign(session, each, days_ago(ago)))
        open_ones = [each for each, (_, is_signed, _) in zip(ids, parcels, strict=True) if not is_signed]
        for each in open_ones:
            used += keys(look(session, each))
        assert len(used) == len(set(used))
        sandbox.rollback()


def test_more_parcels_on_a_sheet_ask_no_more_of_the_database(session: Session) -> None:
    two = [parcel(session, 1), parcel(session, 2)]
    with queries(session) as few:
        known(session, *two)
    ids = [parcel(session, number) for number in range(3, 30)]
    with queries(session) as many:
        known(session, *two, *ids)
    assert len(few) == len(many)


# --- facts -----------------------------------------------------------------------------------------------------------


def test_what_the_last_card_told_is_left_out_once_and_comes_back_weaker(session: Session) -> None:
    prefer(session, PreferenceKind.LIKE, "plum jam")
    prefer(session, PreferenceKind.INTEREST, "sailing")
    first, second, third = (parcel(session, number) for number in range(3))
    jam = next(fact.key for fact in look(session, first).facts if "plum jam" in fact.text)
    sign(session, first, days_ago(20), {jam})
    assert [fact.text for fact in look(session, second).facts if fact.key.startswith("taste")] == [
        "Interested in sailing"
    ]
    sailing = next(fact.key for fact in look(session, second).facts if "sailing" in fact.text)
    sign(session, second, days_ago(10), {sailing})
    assert [fact.text for fact in look(session, third).facts if fact.key.startswith("taste")] == ["Likes plum jam"]


def test_the_last_card_counts_even_if_it_was_years_ago(session: Session) -> None:
    prefer(session, PreferenceKind.LIKE, "plum jam")
    sign(session, parcel(session, 1), days_ago(800))
    assert "plum jam" not in str(look(session, parcel(session, 2)).facts)


def test_what_a_waiting_card_says_already_is_not_offered_to_the_next(session: Session) -> None:
    prefer(session, PreferenceKind.LIKE, "plum jam")
    prefer(session, PreferenceKind.INTEREST, "sailing")
    first, second = parcel(session, 1), parcel(session, 2, ship_on=TODAY + timedelta(days=1))
    session.get(Delivery, first).card_text = "Dear Carla, we hope that you get to sailing soon."
    tastes = [fact.text for fact in look(session, second).facts if fact.key.startswith("taste")]
    assert tastes == ["Likes plum jam"]


def test_how_a_waiting_card_begins_is_not_offered_to_the_next_though_its_prompt_offers_something_else(
    session: Session,
) -> None:
    first, second = parcel(session, 1), parcel(session, 2, ship_on=TODAY + timedelta(days=1))
    offered = look(session, second).starters.opening
    session.get(Delivery, first).card_text = offered.text
    assert look(session, second).starters.opening.key != offered.key


def test_a_signed_card_uses_up_what_its_words_say_and_not_only_what_was_offered(session: Session, people) -> None:
    first, second = parcel(session, 1), parcel(session, 2, ship_on=TODAY + timedelta(days=1))
    offered = look(session, second).starters.opening
    panel = cards.panel(session, first, shop=SHOP, now=cast.NOW)
    form = cards.NewCard(text=offered.text, seen=panel.seen, signed_as="Ana", form_key="sign-key-1")
    cards.sign(session, people["ana"], first, form, shop=SHOP, now=cast.NOW)
    assert offered.key in known(session, second)[second].phrases_used


def test_of_an_answer_to_our_question_a_card_may_tell_only_what_somebody_chose(session: Session) -> None:
    talk = Interaction(customer_id=cast.customer_id(session), channel="at-the-market", happened_at=cast.NOW)
    session.add(talk)
    session.flush()
    session.add(
        Note(
            customer_id=talk.customer_id,
            interaction_id=talk.id,
            kind=NoteKind.OBSERVATION,
            text="The mug stands in the garden house.",
            revision=1,
            author_id=staff_id(session),
            written_at=cast.NOW,
            source=Source.CUSTOMER,
        )
    )
    mine = parcel(session, 1)
    assert not any(fact.key.startswith("note:") for fact in look(session, mine).facts)
    session.exec(select(Note)).one().mentionable = "The mug stands in the garden house."
    fact = look(session, mine).facts[0]
    assert (fact.text, fact.source) == ("The mug stands in the garden house", "answered when we asked how it was")


@pytest.mark.parametrize("text", ["She is pregnant.", "Likes the blue one.", "Call 555 010 0199", ""])
def test_what_the_guard_remembers_is_what_it_finds_without_the_words(text: str) -> None:
    for _ in range(2):
        again = guarding.look_again(text)
        assert [one.kind for one in again] == [one.kind for one in guarding.look(text)]
        assert all(one.words == "" for one in again)


def test_a_shop_that_brings_a_list_of_its_own_has_every_note_looked_through_again(tmp_path: Path) -> None:
    guarding.equip(tmp_path)
    assert guarding.look_again("Told us about the zebracorn.") == ()
    (tmp_path / "en.toml").write_text('[health]\nphrases = ["zebracorn"]\n', "utf-8")
    try:
        assert guarding.equip(tmp_path) == ()
        assert [one.kind.value for one in guarding.look_again("Told us about the zebracorn.")] == ["health"]
    finally:
        guarding.equip(tmp_path / "nothing")


def test_of_two_cards_signed_on_one_day_the_one_signed_last_counts(session: Session) -> None:
    first, second, third = parcel(session, 1), parcel(session, 2), parcel(session, 3)
    sign(session, second, facts={"taste:2"})
    sign(session, first, facts={"taste:1"})
    mine = known(session, third)[third]
    assert (mine.told, mine.told_before) == ({"taste:1"}, {"taste:2"})


# --- days, problems, tone --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_near"), [(-1, False), (0, True), (10, True), (11, False)])
def test_a_birthday_counts_from_the_day_the_parcel_arrives(session: Session, *, days: int, is_near: bool) -> None:
    earlier = parcel(session, 1)
    session.get(Delivery, earlier).delivered_at = cast.NOW
    arrives_in = 3
    mine = parcel(session, 2)
    session.get(Delivery, mine).estimated_on = TODAY + timedelta(days=arrives_in)
    day(session, arrives_in + days)
    card = look(session, mine)
    assert any(fact.text.startswith("Birthday on") for fact in card.facts) is is_near
    assert ("opening-birthday" in card.starters.opening.key) is is_near


def test_a_day_that_was_taken_back_is_not_wished_for(session: Session) -> None:
    day(session, 4, gone=True)
    mine = parcel(session, 1)
    assert known(session, mine)[mine].occasions == ()


def test_a_birthday_is_wished_once_a_year(session: Session) -> None:
    day(session, 5)
    first, second, third = parcel(session, 1), parcel(session, 2), parcel(session, 3)
    assert "birthday" in str(look(session, first).starters)
    assert "irthday" not in str(look(session, second))
    sign(session, first, facts={fact.key for fact in look(session, first).facts if fact.key.startswith("occasion")})
    assert "irthday" not in str(look(session, second))
    sign(session, second, facts=set())
    assert "irthday" not in str(look(session, third))


@pytest.mark.parametrize(
    ("noted", "solved", "opening"),
    [
        (9, 5, "solved"),
        (90, 61, "returning"),
        (9, None, "returning"),
        (0, 0, "returning"),  # of what they ordered before it went wrong
    ],
)
def test_what_was_put_right_is_thanked_for_once_it_is(
    session: Session, noted: int, solved: int | None, opening: str
) -> None:
    mine = parcel(session, 1)
    session.add(
        Problem(
            customer_id=cast.customer_id(session),
            kind=ProblemKind.DAMAGED,
            noted_by=staff_id(session),
            noted_at=cast.NOW - timedelta(days=noted),
            solved_at=None if solved is None else cast.NOW - timedelta(days=solved),
        )
    )
    card = look(session, mine)
    assert f"opening-{opening}" in card.starters.opening.key
    assert any("went wrong" in warning for warning in card.not_to_mention) is (solved is None)


@pytest.mark.parametrize(
    ("chosen", "receiver", "address", "tone"),
    [
        ("", Receiver.PERSON, "", "warm"),
        ("", Receiver.PERSON, "Dr.", "formal"),
        ("", Receiver.PERSON, "Frau Dr. Meier", "formal"),
        ("", Receiver.PERSON, "by her first name", "warm"),
        ("", Receiver.BUSINESS, "", "formal"),
        ("", Receiver.PUBLIC, "", "formal"),
        ("plain", Receiver.BUSINESS, "Dr.", "plain"),
        ("sung", Receiver.PERSON, "", "warm"),
    ],
)
def test_the_tone_is_what_was_chosen_else_what_befits(
    session: Session, chosen: str, receiver: Receiver, address: str, tone: str
) -> None:
    mine = parcel(session, 1)
    customer(session).receiver = receiver
    session.get(Delivery, mine).card_tone = chosen
    if address:
        prefer(session, PreferenceKind.ADDRESS, address)
    found = known(session, mine)[mine]
    assert (found.tone, found.is_business) == (tone, receiver is not Receiver.PERSON)


def test_nobody_who_wishes_no_card_makes_others_wait(session: Session) -> None:
    note(session, "Told us that the kitchen is blue.")
    prefer(session, PreferenceKind.NO_CARDS, "")
    parcel(session, 1)
    mine = parcel(session, 2)
    assert known(session, mine)[mine].phrases_used == frozenset()
