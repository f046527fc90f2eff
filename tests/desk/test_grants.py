from datetime import timedelta

import cast
import pytest
from sqlmodel import Session, select

from deskapp.desk import grants, limits, preferences, settling
from deskapp.desk.limit_forms import NewLimit
from deskapp.desk.verdicts import Outcome
from deskapp.rules.errors import Conflict, Forbidden, NotFound
from deskapp.rules.people import Actor
from deskapp.store import items
from deskapp.store.customers import get_customer
from deskapp.store.gift_tables import Bucket, Grant, Ledger
from deskapp.store.tables import Audit, Customer, Item, ItemKind, Staff

People = dict[str, Actor]


def carla(session: Session) -> Customer:
    return get_customer(session, cast.customer_id(session))


def give(session: Session, actor: Actor, sku: str, key: str, external_id: str = "C-1") -> Outcome:
    customer = get_customer(session, cast.customer_id(session, external_id))
    return grants.give(session, actor, customer, items.get_by_sku(session, sku), None, key=key, now=cast.NOW)


def left(session: Session, actor: Actor) -> dict[str, int]:
    found = limits.left(session, actor, cast.customer_id(session), now=cast.NOW)
    assert found is not None
    return {room.ceiling.value: room.left for room in found.rooms}


def books_balance(session: Session) -> bool:
    session.expire_all()
    sums: dict[str, int] = {}
    for row in session.exec(select(Ledger)).all():
        sums[row.bucket_key] = sums.get(row.bucket_key, 0) + row.amount_minor
    return sums == {bucket.key: bucket.spent_minor for bucket in session.exec(select(Bucket)).all()}


def test_of_the_givers_own_period_it_is_not_said_whose_it_is(session: Session, people: People) -> None:
    give(session, people["ana"], "tea", "k1")
    outcome = give(session, people["ana"], "jam", "k2", "C-2")
    assert outcome.sentence == "Plum jam is given. You may still give $4.30 today."


def test_a_gift_within_every_ceiling_is_granted_and_says_what_is_left(session: Session, people: People) -> None:
    outcome = give(session, people["ana"], "tea", "k1")
    assert (outcome.kind, outcome.value_minor, outcome.ceiling, outcome.left) == (
        "granted",
        350,
        "per_customer_per_month",
        650,
    )
    assert outcome.sentence == "Green tea, 20 bags is given. You may still give $6.50 for this customer this month."
    assert left(session, people["ana"]) == {
        "per_gift": 500,
        "per_giver_per_day": 850,
        "per_customer_per_month": 650,
    }
    assert books_balance(session)


def reprice(session: Session, sku: str, price: int) -> None:
    items.get_by_sku(session, sku).price_minor = price
    session.flush()


def test_a_gift_dearer_than_one_gift_may_be_needs_somebody_who_may_approve_it(session: Session, people: People) -> None:
    reprice(session, "tea", 620)
    outcome = give(session, people["ana"], "tea", "k1")
    assert (outcome.kind, outcome.ceiling, outcome.left, outcome.over_by_minor, outcome.nearest_minor) == (
        "needs-approval",
        "per_gift",
        500,
        120,
        500,
    )
    assert outcome.approvers == ["Ada", "Bo", "Mo"]
    assert outcome.sentence == (
        "Green tea, 20 bags is $1.20 more than what is left for one gift ($5.00). Ada, Bo or Mo can approve it."
    )
    assert session.exec(select(Grant)).all() == []
    assert session.exec(select(Bucket)).all() == []


def test_where_nobody_could_approve_it_a_gift_that_is_too_dear_is_refused(session: Session, people: People) -> None:
    for one in ("bo", "mo", "ada"):
        session.get_one(Staff, people[one].staff_id).is_active = False
    reprice(session, "tea", 620)
    outcome = give(session, people["ana"], "tea", "k1")
    assert (outcome.kind, outcome.why, outcome.left, outcome.approvers) == ("refused", "over-per-gift", 500, [])
    assert outcome.sentence == (
        "Green tea, 20 bags costs $6.20; what is left for one gift is $5.00. A gift of up to $5.00 could be given."
    )


def test_what_the_customers_month_forbids_nobody_is_asked_to_approve(session: Session, people: People) -> None:
    outcome = give(session, people["ana"], "lamp", "k1")
    assert (outcome.kind, outcome.why, outcome.left) == ("refused", "over-customer-month", 1000)


def test_over_the_givers_day_a_second_person_is_needed_by_how_much(session: Session, people: People) -> None:
    for n, (sku, customer) in enumerate((("mug", "C-1"), ("mug", "C-2"))):
        assert give(session, people["ana"], sku, f"k{n}", customer).kind == "granted"
    outcome = give(session, people["ana"], "jam", "k9", "C-2")
    assert (outcome.kind, outcome.ceiling, outcome.left, outcome.over_by_minor) == (
        "needs-approval",
        "per_giver_per_day",
        240,
        180,
    )
    assert outcome.grant_id is None


def test_over_the_customers_month_nobody_of_that_role_may_give_more(session: Session, people: People) -> None:
    for n, sku in enumerate(("mug", "mug")):
        give(session, people["ana"], sku, f"k{n}")
    outcome = give(session, people["ana"], "tea", "k9")
    assert (outcome.kind, outcome.why, outcome.left) == ("refused", "over-customer-month", 40)


def test_what_a_lead_gave_counts_against_the_customers_month_for_everybody(session: Session, people: People) -> None:
    for n in range(2):
        give(session, people["bo"], "mug", f"k{n}")
    assert give(session, people["ana"], "tea", "k9").why == "over-customer-month"
    assert give(session, people["bo"], "tea", "k9").kind == "granted"
    assert books_balance(session)


def test_the_day_starts_afresh_and_the_month_goes_on(session: Session, people: People) -> None:
    give(session, people["ana"], "mug", "k1")
    tomorrow = cast.NOW + timedelta(days=1)
    found = limits.left(session, people["ana"], cast.customer_id(session), now=tomorrow)
    assert found is not None
    assert [room.left for room in found.rooms] == [500, 1200, 520]


def test_the_same_key_gets_the_same_answer_and_gives_once(session: Session, people: People) -> None:
    assert give(session, people["ana"], "tea", "k1") == give(session, people["ana"], "tea", "k1")
    assert len(session.exec(select(Grant)).all()) == 1


def test_a_refusal_is_remembered_under_its_key_too(session: Session, people: People) -> None:
    first = give(session, people["ana"], "lamp", "k1")
    with_more = NewLimit(
        giver="role:agent", per_gift="90", per_giver_per_day="90", per_customer_per_month="90", form_key="raise-it"
    )
    limits.set_limit(session, people["mo"], with_more, terms=cast.TERMS, now=cast.NOW)
    assert give(session, people["ana"], "lamp", "k1") == first
    assert give(session, people["ana"], "lamp", "k2").kind == "granted"


def test_the_same_key_for_another_item_is_a_conflict(session: Session, people: People) -> None:
    give(session, people["ana"], "tea", "k1")
    with pytest.raises(Conflict):
        give(session, people["ana"], "jam", "k1")


@pytest.mark.parametrize(("sku", "why"), [("wine", "not-giftable"), ("soap", "out-of-stock")])
def test_what_is_not_given_away_or_not_there_is_refused(session: Session, people: People, sku: str, why: str) -> None:
    assert give(session, people["ana"], sku, "k1").why == why


def test_a_gift_card_is_not_given_away_even_if_the_shop_says_that_it_may(session: Session, people: People) -> None:
    session.exec(select(Item).where(Item.sku == "tea")).one().kind = ItemKind.GIFT_CARD
    session.flush()
    assert give(session, people["ana"], "tea", "k1").why == "not-giftable"


@pytest.mark.parametrize(("kind", "value"), [("allergy", "nuts"), ("no-gifts", ""), ("dislike", "hazelnuts")])
def test_a_hard_stop_stops_the_gift_however_it_was_asked_for(
    session: Session, people: People, kind: str, value: str
) -> None:
    wish = preferences.NewPreference.model_validate(
        {"kind": kind, "value": value, "is_stated": True, "form_key": "wish-key"}
    )
    preferences.record(session, people["ana"], cast.customer_id(session), wish, now=cast.NOW)
    assert give(session, people["ana"], "nuts", "k1").why == "hard-stop"


def test_another_currency_is_refused(session: Session, people: People) -> None:
    items.get_by_sku(session, "tea").currency = "EUR"
    session.flush()
    assert give(session, people["ana"], "tea", "k1").why == "other-currency"


def test_a_role_without_a_limit_gives_nothing(session: Session, people: People) -> None:
    lonely = Actor(people["del"].staff_id, "del", "Del", people["del"].role)
    with pytest.raises(Forbidden):
        give(session, lonely, "tea", "k1")


def test_the_last_piece_is_given_once(session: Session, people: People) -> None:
    items.get_by_sku(session, "tea").stock = 1
    session.flush()
    assert give(session, people["ana"], "tea", "k1").kind == "granted"
    assert give(session, people["ana"], "tea", "k2").why == "out-of-stock"


def test_taking_back_frees_money_and_stock_by_new_rows_of_the_ledger(session: Session, people: People) -> None:
    before = left(session, people["ana"])
    outcome = give(session, people["ana"], "tea", "k1")
    assert outcome.grant_id is not None
    for _ in range(2):
        settling.undo(session, people["ana"], outcome.grant_id, now=cast.NOW)
    assert left(session, people["ana"]) == before
    amounts = sorted(row.amount_minor for row in session.exec(select(Ledger)).all())
    assert (
        amounts == [-350] * 4 + [-200] * 4 + [200] * 4 + [350] * 4
    )  # day, week, month, the customer's; at price, at cost
    session.expire_all()
    assert items.get_by_sku(session, "tea").stock == 40
    assert books_balance(session)


def test_taking_back_tomorrow_frees_the_day_that_was_charged(session: Session, people: People) -> None:
    outcome = give(session, people["ana"], "tea", "k1")
    assert outcome.grant_id is not None
    settling.undo(session, people["ana"], outcome.grant_id, now=cast.NOW + timedelta(days=1))
    assert books_balance(session)


def test_only_the_giver_or_a_lead_takes_back(session: Session, people: People) -> None:
    outcome = give(session, people["mo"], "tea", "k1")
    assert outcome.grant_id is not None
    with pytest.raises(Forbidden):
        settling.undo(session, people["ana"], outcome.grant_id, now=cast.NOW)
    settling.undo(session, people["bo"], outcome.grant_id, now=cast.NOW)


def test_an_unknown_gift_or_offer_is_not_found(session: Session, people: People) -> None:
    with pytest.raises(NotFound):
        settling.undo(session, people["ana"], 10**9, now=cast.NOW)
    with pytest.raises(NotFound):
        grants.grant_offer(session, people["ana"], 10**9, form_key="k1", now=cast.NOW)


def test_an_offer_is_given_at_the_price_that_was_shown(session: Session, people: People) -> None:
    shown = cast.offer(session, "tea")
    customer, outcome = grants.grant_offer(session, people["ana"], shown.id, form_key="tap-key-1", now=cast.NOW)
    assert (customer, outcome.value_minor) == (shown.customer_id, 350)
    assert grants.find_outcome(session, people["ana"], "tap-key-1") == outcome


def test_an_offer_whose_price_moved_is_a_conflict_and_gives_nothing(session: Session, people: People) -> None:
    shown = cast.offer(session, "tea")
    items.get_by_sku(session, "tea").price_minor = 360
    session.flush()
    with pytest.raises(Conflict, match="price of Green tea"):
        grants.grant_offer(session, people["ana"], shown.id, form_key="tap-key-1", now=cast.NOW)
    assert session.exec(select(Grant)).all() == []


def test_a_second_tap_on_an_offer_is_the_first_and_its_key_on_another_offer_a_conflict(
    session: Session, people: People
) -> None:
    tea, jam = cast.offer(session, "tea"), cast.offer(session, "jam")
    first, again = (
        grants.grant_offer(session, people["ana"], tea.id, form_key="tap-key-1", now=cast.NOW) for _ in range(2)
    )
    assert first[1].kind == "granted"
    assert again == first
    with pytest.raises(Conflict, match="sent before with other words"):
        grants.grant_offer(session, people["ana"], jam.id, form_key="tap-key-1", now=cast.NOW)


def test_every_gift_and_undo_is_in_the_audit(session: Session, people: People) -> None:
    outcome = give(session, people["ana"], "tea", "k1")
    assert outcome.grant_id is not None
    settling.undo(session, people["bo"], outcome.grant_id, now=cast.NOW)
    lines = session.exec(select(Audit).order_by(Audit.id)).all()
    assert [(line.action, line.staff_id) for line in lines] == [
        ("gift.granted", people["ana"].staff_id),
        ("gift.undone", people["bo"].staff_id),
    ]
