"""The life of a gift: every road from reserved, each once, and the books always balance."""

from datetime import timedelta

import cast
import pytest
from parcels import deliver, order_id
from rivals import at_once
from sqlmodel import Session, select

from deskapp.desk import grants, settling
from deskapp.rules.errors import Conflict, Forbidden, NotFound
from deskapp.rules.people import Actor
from deskapp.store import items
from deskapp.store.customers import get_customer
from deskapp.store.db import Database
from deskapp.store.gift_tables import Bucket, Grant, GrantState, Ledger, LedgerKind
from deskapp.store.tables import Order

People = dict[str, Actor]
LATER = cast.NOW + settling.LAPSES_AFTER + timedelta(seconds=1)


def give(session: Session, giver: Actor, sku: str = "tea", key: str = "gift-key-1", order: str | None = None) -> int:
    customer, item = get_customer(session, cast.customer_id(session)), items.get_by_sku(session, sku)
    number = order_id(session, order) if order else None
    grant_id = grants.give(session, giver, customer, item, number, key=key, now=cast.NOW).grant_id
    assert grant_id is not None
    return grant_id


def state(session: Session, grant_id: int) -> GrantState:
    session.expire_all()
    return session.get_one(Grant, grant_id).state


def books(session: Session) -> tuple[dict[str, int], dict[str, int]]:
    """What the buckets hold, and what the ledger says that they should."""
    session.expire_all()
    held = {bucket.key: bucket.spent_minor for bucket in session.exec(select(Bucket)).all()}
    sums = dict.fromkeys(held, 0)
    for row in session.exec(select(Ledger)).all():
        sums[row.bucket_key] += row.amount_minor
    return held, sums


def rows(session: Session, kind: LedgerKind) -> int:
    return len(session.exec(select(Ledger).where(Ledger.kind == kind)).all())


def says(session: Session, order: str, status: str) -> None:
    session.exec(select(Order).where(Order.external_id == order)).one().status = status
    session.flush()


# --- what people do -------------------------------------------------------------------------------------------------


def test_what_was_handed_over_is_committed_once_and_can_not_be_undone(session: Session, people: People) -> None:
    gift = give(session, people["ana"])
    for _ in range(2):
        settling.hand_over(session, people["bo"], gift, now=cast.NOW)
    assert state(session, gift) is GrantState.COMMITTED
    assert rows(session, LedgerKind.COMMIT) == 8  # one for each bucket
    with pytest.raises(Conflict, match="handed over already, so it cannot be undone"):
        settling.undo(session, people["ana"], gift, now=cast.NOW)
    with pytest.raises(Conflict, match="say that it came back"):
        settling.decline(session, people["ana"], gift, now=cast.NOW)


def test_what_the_customer_does_not_want_is_released_once(session: Session, people: People) -> None:
    gift = give(session, people["ana"])
    for _ in range(2):
        settling.decline(session, people["bo"], gift, now=cast.NOW)
    assert state(session, gift) is GrantState.DECLINED
    assert set(books(session)[0].values()) == {0}
    with pytest.raises(Conflict, match="give it anew"):
        settling.hand_over(session, people["ana"], gift, now=cast.NOW)


def test_what_was_handed_over_may_come_back(session: Session, people: People) -> None:
    gift = give(session, people["ana"])
    settling.hand_over(session, people["ana"], gift, now=cast.NOW)
    for _ in range(2):
        settling.take_back(session, people["bo"], gift, now=cast.NOW)
    assert state(session, gift) is GrantState.RETURNED
    assert set(books(session)[0].values()) == {0}
    assert items.get_by_sku(session, "tea").stock == 40


def test_only_a_lead_says_that_it_came_back_since_the_giver_could_give_the_money_again(
    session: Session, people: People
) -> None:
    gift = give(session, people["ana"])
    settling.hand_over(session, people["ana"], gift, now=cast.NOW)
    with pytest.raises(Forbidden):
        settling.take_back(session, people["ana"], gift, now=cast.NOW)


def test_a_colleague_does_not_free_a_givers_money(session: Session, people: People) -> None:
    gift = give(session, people["mo"])
    with pytest.raises(Forbidden):
        settling.decline(session, people["ana"], gift, now=cast.NOW)


@pytest.mark.parametrize("act", [settling.hand_over, settling.take_back])
def test_what_goes_by_parcel_is_settled_at_the_parcel(session: Session, people: People, act) -> None:
    deliver(session)
    gift = give(session, people["ana"], order="O-2")
    with pytest.raises(Conflict, match="along with order O-2"):
        act(session, people["bo"], gift, now=cast.NOW)
    assert state(session, gift) is GrantState.RESERVED


def test_an_order_without_a_parcel_is_handed_over_in_the_shop(session: Session, people: People) -> None:
    gift = give(session, people["ana"], order="O-2")
    settling.hand_over(session, people["ana"], gift, now=cast.NOW)
    assert state(session, gift) is GrantState.COMMITTED


@pytest.mark.parametrize("act", [settling.hand_over, settling.take_back, settling.decline, settling.undo])
def test_a_gift_that_is_not_there_is_not_found(session: Session, people: People, act) -> None:
    with pytest.raises(NotFound):
        act(session, people["bo"], 10**9, now=cast.NOW)


# --- what the shop's words do ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        ("delivered", GrantState.COMMITTED),
        ("Fulfilled", GrantState.COMMITTED),
        ("COMPLETED", GrantState.COMMITTED),
        ("cancelled", GrantState.CANCELLED),
        ("Canceled", GrantState.CANCELLED),
        ("voided", GrantState.CANCELLED),
        ("returned", GrantState.RETURNED),
        ("refunded", GrantState.RETURNED),
        ("open", GrantState.RESERVED),
        ("packed", GrantState.RESERVED),
    ],
)
def test_an_order_that_has_ended_settles_its_gifts_once(
    session: Session, people: People, status: str, becomes: GrantState
) -> None:
    gift = give(session, people["ana"], order="O-2")
    says(session, "O-2", status)
    moved = settling.settle_ended(session, None, now=cast.NOW)
    assert moved == (becomes is not GrantState.RESERVED)
    assert state(session, gift) is becomes
    assert settling.settle_ended(session, None, now=cast.NOW) == 0
    held, sums = books(session)
    assert held == sums


def test_what_was_delivered_and_then_returned_is_released(session: Session, people: People) -> None:
    gift = give(session, people["ana"], order="O-2")
    for status in ("delivered", "returned", "delivered", "cancelled"):
        says(session, "O-2", status)
        settling.settle_ended(session, None, now=cast.NOW)
    assert state(session, gift) is GrantState.RETURNED


def test_an_order_cancelled_after_its_gift_was_handed_over_leaves_the_money_spent(
    session: Session, people: People
) -> None:
    gift = give(session, people["ana"], order="O-2")
    settling.hand_over(session, people["ana"], gift, now=cast.NOW)
    says(session, "O-2", "cancelled")
    assert settling.settle_ended(session, None, now=cast.NOW) == 0
    assert state(session, gift) is GrantState.COMMITTED


# --- what time does -------------------------------------------------------------------------------------------------


def test_what_nobody_handed_over_for_sixty_days_lapses_and_not_a_day_before(session: Session, people: People) -> None:
    gift = give(session, people["ana"])
    assert settling.expire(session, now=LATER - timedelta(days=1)) == 0
    assert [settling.expire(session, now=LATER) for _ in range(2)] == [1, 0]
    assert state(session, gift) is GrantState.EXPIRED
    assert set(books(session)[0].values()) == {0}


def test_what_was_handed_over_never_lapses(session: Session, people: People) -> None:
    settling.hand_over(session, people["ana"], give(session, people["ana"]), now=cast.NOW)
    assert settling.expire(session, now=LATER) == 0


def test_a_service_gives_its_place_of_that_day_back(session: Session, people: People) -> None:
    items.get_by_sku(session, "tea").capacity_per_day = 1
    session.flush()
    gift = give(session, people["ana"])
    assert (
        grants.give(
            session,
            people["bo"],
            get_customer(session, cast.customer_id(session)),
            items.get_by_sku(session, "tea"),
            None,
            key="gift-key-2",
            now=cast.NOW,
        ).why
        == "over-capacity"
    )
    settling.decline(session, people["ana"], gift, now=cast.NOW)
    give(session, people["bo"], key="gift-key-3")
    assert items.get_by_sku(session, "tea").stock == 40


# --- who comes first ------------------------------------------------------------------------------------------------


def test_of_many_who_settle_one_gift_exactly_one_moves_it(database: Database, people: People) -> None:
    with database.writing() as session:
        gifts = [give(session, people["bo"], key=f"gift-key-{n}", order="O-2") for n in range(3)]
        says(session, "O-2", "returned")
    acts = [
        lambda s: settling.settle_ended(s, None, now=cast.NOW),
        lambda s: settling.expire(s, now=LATER),
        *(lambda s, one=gift: settling.undo(s, people["bo"], one, now=cast.NOW) for gift in gifts),
        *(lambda s, one=gift: settling.decline(s, people["bo"], one, now=cast.NOW) for gift in gifts),
    ]

    def act(n: int) -> None:
        with database.writing() as session:
            acts[n](session)

    assert [one for one in at_once(len(acts), act) if isinstance(one, Exception)] == []
    with database.reading() as session:
        held, sums = books(session)
        assert set(held.values()) == {0}
        assert held == sums
        assert rows(session, LedgerKind.RELEASE) == rows(session, LedgerKind.RESERVE) == 3 * 8
        assert items.get_by_sku(session, "tea").stock == 40


def test_of_gifts_that_end_in_two_ways_all_are_moved_before_a_bucket_is_drained(
    session: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the hourly job would hold a bucket while it waits for a gift whose undo waits for that bucket."""
    gifts = [give(session, people["bo"], key=f"gift-key-{n}", order=f"O-{n}") for n in (1, 2)]
    says(session, "O-1", "cancelled")
    says(session, "O-2", "returned")
    steps, move, drain = [], settling.grants.move, settling.limits.drain
    monkeypatch.setattr(settling.grants, "move", lambda s, one, *a, **k: steps.append(one) or move(s, one, *a, **k))
    monkeypatch.setattr(settling.limits, "drain", lambda *a: steps.append("drain") or drain(*a))
    assert settling.settle_ended(session, None, now=cast.NOW) == 2
    assert steps == [*gifts, "drain"]
    assert [state(session, gift) for gift in gifts] == [GrantState.CANCELLED, GrantState.RETURNED]


def test_gifts_are_settled_batch_by_batch(database: Database, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "_BATCH", 2)
    with database.writing() as session:
        for n in range(3):
            give(session, people["mo"], key=f"gift-key-{n}", order="O-2")
        says(session, "O-2", "cancelled")
    assert settling.in_batches(database, lambda s: settling.settle_ended(s, None, now=cast.NOW)) == 3
    with database.reading() as session:
        assert {grant.state for grant in session.exec(select(Grant)).all()} == {GrantState.CANCELLED}
