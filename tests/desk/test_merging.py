"""Dan turns out to be Carla."""

from datetime import timedelta
from pathlib import Path

import cast
import pytest
from parcels import deliver
from sqlmodel import Session, SQLModel, select

from deskapp.desk import grants, merging, settling, verifying
from deskapp.desk.imports import take_in
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor, Receiver
from deskapp.store import dry_run, imports, items, purchases
from deskapp.store import given as given_rows
from deskapp.store import grants as grant_rows
from deskapp.store.card_tables import AskState, CardDraft, CardUse, FeedbackAsk, Used
from deskapp.store.db import Database
from deskapp.store.gift_tables import Approval, ApprovalState
from deskapp.store.memory_tables import Interaction, Note, NoteKind, Preference, PreferenceKind, Promise
from deskapp.store.personal import PERSONAL, Merging
from deskapp.store.privacy_tables import Hold, Merge
from deskapp.store.tables import Audit, Customer, Order

People = dict[str, Actor]


@pytest.fixture
def carla(session: Session) -> int:
    return cast.customer_id(session)


@pytest.fixture
def dan(session: Session, people: People) -> int:
    """Who has a note, a taste and a promise."""
    dan, ana = cast.customer_id(session, "C-2"), people["ana"].staff_id
    note_of(session, people, dan, "Plays the cello")
    kind = PreferenceKind.LIKE
    session.add(Preference(customer_id=dan, kind=kind, value="tea", is_stated=True, heard_by=ana, heard_at=cast.NOW))
    session.add(Promise(customer_id=dan, text="Call back", owner_id=ana, due_on=cast.NOW.date(), made_at=cast.NOW))
    session.flush()
    return dan


def note_of(session: Session, people: People, customer: int, text: str) -> None:
    talk = Interaction(customer_id=customer, channel="phone", happened_at=cast.NOW)
    session.add(talk)
    session.flush()
    said = {"kind": NoteKind.OBSERVATION, "text": text, "revision": 1, "written_at": cast.NOW}
    session.add(Note(customer_id=customer, interaction_id=talk.id, author_id=people["ana"].staff_id, **said))
    session.flush()


def texts(session: Session, customer: int, column: object = Note.text) -> list[object]:
    table = column.class_  # type: ignore[attr-defined]
    return list(session.exec(select(column).where(table.customer_id == customer)).all())  # type: ignore[call-overload]


def order_of(session: Session, customer: int, number: str) -> str:
    said = {"placed_at": cast.NOW, "store": "", "currency": "USD", "status": "open"}
    session.add(Order(external_id=number, customer_id=customer, **said))
    session.flush()
    return number


def join(session: Session, by: Actor, into: int, other: int, key: str = "join-them") -> None:
    merging.merge(session, by, into, merging.NewMerge(form_key=key, other_id=other), now=cast.NOW)
    session.flush()


def part(session: Session, by: Actor, merge_id: int | None = None) -> None:
    newest = select(Merge.id).order_by(Merge.id.desc())  # type: ignore[attr-defined]
    merging.undo(session, by, merge_id or session.exec(newest).first() or 0, now=cast.NOW)
    session.flush()


def everything(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the audit, the joinings themselves and the keys of forms."""
    session.flush()
    tables = [t for t in SQLModel.metadata.sorted_tables if t.name not in {"audit", "customer_merge", "idempotency"}]
    return {t.name: sorted(map(tuple, session.connection().execute(t.select()).all()), key=repr) for t in tables}


def test_what_was_known_of_the_other_is_known_of_this_customer(
    session: Session, people: People, carla: int, dan: int
) -> None:
    join(session, people["bo"], carla, dan)
    assert texts(session, carla) == ["Plays the cello"]
    assert texts(session, carla, Preference.value) == ["tea"]
    assert texts(session, carla, Promise.text) == ["Call back"]
    (joined,) = merging.panel(session, carla).joined
    assert (joined.external_id, joined.by) == ("C-2", "Bo")


def test_undone_everything_is_as_it_was(session: Session, people: People, carla: int, dan: int) -> None:
    before = everything(session)
    join(session, people["bo"], carla, dan)
    assert everything(session) != before
    part(session, people["bo"])
    assert everything(session) == before


def test_what_was_written_since_stays_where_it_was_written(
    session: Session, people: People, carla: int, dan: int
) -> None:
    join(session, people["bo"], carla, dan)
    note_of(session, people, carla, "Was here today")
    part(session, people["bo"])
    assert texts(session, carla) == ["Was here today"]
    assert texts(session, dan) == ["Plays the cello"]


def test_what_was_made_of_a_parcel_since_goes_with_it_and_an_answer_keeps_its_question(
    session: Session, people: People, carla: int, dan: int
) -> None:
    ana = people["ana"].staff_id
    boxes = [deliver(session, order_of(session, dan, f"D-{number}")) for number in (1, 2)]
    join(session, people["bo"], carla, dan)
    note_of(session, people, carla, "How nice it was")
    answer = session.exec(select(Note.id).where(Note.text == "How nice it was")).one()
    for box, note_id in zip(boxes, (None, answer), strict=True):
        on = {"delivery_id": box, "customer_id": carla}
        session.add(CardUse(**on, kind=Used.FACT, key="order", used_on=cast.NOW.date()))
        session.add(CardDraft(**on, digest="", asked_by=ana, asked_at=cast.NOW))
        session.add(FeedbackAsk(**on, state=AskState.WAITING, due_on=cast.NOW.date(), note_id=note_id))
    session.flush()
    part(session, people["bo"])
    session.expire_all()
    holders = {table: session.exec(select(table.customer_id)).all() for table in (CardUse, CardDraft, FeedbackAsk)}
    assert (holders[CardUse], holders[CardDraft]) == ([dan, dan], [dan, dan])
    assert sorted(holders[FeedbackAsk]) == sorted([dan, carla])


def test_an_address_that_only_the_other_had_comes_along_and_goes_again(
    session: Session, people: People, carla: int, dan: int
) -> None:
    mine, other = session.get_one(Customer, carla), session.get_one(Customer, dan)
    mine.email = mine.email_folded = None
    other.email, other.email_folded, other.phone = "Dan@example.com", "dan@example.com", "+1 555 0199"
    session.flush()
    join(session, people["bo"], carla, dan)
    assert (mine.email, mine.phone) == ("Dan@example.com", "+1 555 0100"), "what was known stays"
    part(session, people["bo"])
    assert (mine.email, mine.email_folded, mine.phone) == (None, None, "+1 555 0100")


def test_three_who_are_one_part_in_the_order_in_which_they_joined(
    session: Session, people: People, carla: int, dan: int
) -> None:
    eve = Customer(external_id="C-3", name="Eve", name_folded="eve")
    session.add(eve)
    session.flush()
    before = everything(session)
    join(session, people["bo"], carla, dan)
    join(session, people["bo"], eve.id, carla, key="join-eve")
    assert session.get_one(Customer, dan).merged_into == eve.id, "whoever was joined before goes along"
    assert texts(session, eve.id) == ["Plays the cello"]
    first, second = session.exec(select(Merge.id).order_by(Merge.id)).all()  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="undo that first"):
        part(session, people["bo"], first)
    part(session, people["bo"], second)
    part(session, people["bo"], first)
    assert everything(session) == before


def test_the_same_form_twice_and_the_same_undo_twice_are_one_act(
    session: Session, people: People, carla: int, dan: int
) -> None:
    join(session, people["bo"], carla, dan)
    join(session, people["bo"], carla, dan)
    assert len(session.exec(select(Merge)).all()) == 1
    part(session, people["bo"])
    part(session, people["bo"])
    told = session.exec(select(Audit.action).where(Audit.subject == f"customer:{carla}")).all()
    assert (told.count("customer.merged"), told.count("customer.parted")) == (1, 1)


def test_both_pages_hear_of_it(session: Session, people: People, carla: int, dan: int) -> None:
    join(session, people["bo"], carla, dan)
    told = session.exec(select(Audit.subject).where(Audit.action == "customer.merged")).all()
    assert set(told) == {f"customer:{carla}", f"customer:{dan}"}


@pytest.mark.parametrize("other", ["C-1", "nobody"])
def test_oneself_and_nobody_cannot_be_joined(session: Session, people: People, carla: int, other: str) -> None:
    with pytest.raises((Invalid, NotFound)):
        join(session, people["bo"], carla, carla if other == "C-1" else 4711)


def test_who_was_joined_elsewhere_or_erased_cannot_be_joined_again(
    session: Session, people: People, carla: int, dan: int
) -> None:
    eve = Customer(external_id="C-3", name="Eve", name_folded="eve")
    session.add(eve)
    session.flush()
    join(session, people["bo"], carla, dan)
    with pytest.raises(Conflict, match="already"):
        join(session, people["bo"], eve.id, dan, key="join-again")
    eve.erased_at = cast.NOW
    session.flush()
    with pytest.raises(Conflict, match="erased"):
        join(session, people["bo"], carla, eve.id, key="join-erased")


def test_a_business_is_not_joined_to_a_private_person(session: Session, people: People, carla: int, dan: int) -> None:
    session.get_one(Customer, dan).receiver = Receiver.BUSINESS
    session.flush()
    with pytest.raises(Conflict, match="different limits"):
        join(session, people["bo"], carla, dan)


def test_while_somebody_waits_for_an_answer_about_a_gift_nobody_is_joined(
    session: Session, people: People, carla: int, dan: int
) -> None:
    about = {"asked_by": people["ana"].staff_id, "item_id": cast.item_id(session, "lamp"), "currency": "USD"}
    worth = {"price_minor": 4900, "cost_minor": 2600, "value_minor": 4900, "reason": "It broke on the way"}
    until = {"state": ApprovalState.WAITING, "asked_at": cast.NOW, "expires_at": cast.NOW + timedelta(days=1)}
    session.add(Approval(customer_id=dan, **about, **worth, **until))
    session.flush()
    with pytest.raises(Conflict, match="waits for an answer"):
        join(session, people["bo"], carla, dan)


def give(session: Session, by: Actor, to: int, sku: str, key: str) -> str:
    item = items.get_by_sku(session, sku)
    return grants.give(session, by, session.get_one(Customer, to), item, None, key=key, now=cast.NOW).kind


def test_what_was_given_under_the_other_number_counts_for_the_person(
    session: Session, people: People, carla: int, dan: int
) -> None:
    """$10 a month: $9 went to Dan, and $3.50 more would be a cent over for whoever they are."""
    assert give(session, people["ana"], dan, "mug", "mug-for-dan") == "granted"
    assert give(session, people["ana"], dan, "jam", "jam-for-dan") == "granted"
    join(session, people["bo"], carla, dan)
    assert give(session, people["ana"], carla, "tea", "tea-for-carla") != "granted"
    assert {grant.customer_id for grant, *_ in grant_rows.list_grants(session, carla)} == {dan}
    part(session, people["bo"])
    assert give(session, people["ana"], carla, "soap", "none-left-of-soap") == "refused"
    assert grant_rows.list_grants(session, carla) == []


def test_the_books_agree_before_and_after(session: Session, people: People, carla: int, dan: int) -> None:
    before = wrong(session)  # the cast's limits were set without anybody's word
    give(session, people["ana"], dan, "mug", "mug-for-dan")
    join(session, people["bo"], carla, dan)
    give(session, people["bo"], carla, "tea", "tea-for-carla")
    assert wrong(session) == before
    part(session, people["bo"])
    assert wrong(session) == before


def wrong(session: Session) -> list[str]:
    session.flush()
    return [sentence for check in verifying.verify(session) for sentence in check.faults]


def test_what_the_shop_sends_of_the_other_number_comes_to_the_person(
    session: Session, people: People, carla: int, dan: int
) -> None:
    join(session, people["bo"], carla, dan)
    assert imports.ids_of_customers(session, {"C-1", "C-2"}) == {"C-1": carla, "C-2": carla}


def test_an_offer_shown_to_the_other_number_is_no_longer_there(
    session: Session, people: People, carla: int, dan: int
) -> None:
    shown = cast.offer(session, "mug")
    shown.customer_id = dan
    session.flush()
    join(session, people["bo"], carla, dan)
    with pytest.raises(NotFound, match="no longer there"):
        grants.grant_offer(session, people["ana"], shown.id, form_key="old-offer", now=cast.NOW)


def test_rows_that_move_are_found_by_one_column_of_their_own() -> None:
    assert all(one.through is None and len(one.by) == 1 for one in PERSONAL if one.merge is Merging.MOVE)


def test_a_note_of_many_is_a_note_of_one(session: Session, people: People, carla: int, dan: int) -> None:
    """More rows than fit into one statement."""
    talk = session.exec(select(Note)).one()
    session.add_all(Note(**(talk.model_dump() | {"id": None, "text": f"note {n}"})) for n in range(1200))
    session.flush()
    join(session, people["bo"], carla, dan)
    assert len(session.exec(select(Note.id).where(Note.customer_id == carla)).all()) == 1201


def test_bulk_suggestions_ask_for_the_person(session: Session, people: People, carla: int, dan: int) -> None:
    join(session, people["bo"], carla, dan)
    assert purchases.customers_of(session, ["C-1", "C-2"]) == {"C-1": carla, "C-2": carla}


def test_the_share_of_an_order_is_not_free_again_once_they_parted(
    session: Session, people: People, carla: int, dan: int
) -> None:
    order = session.exec(select(Order).where(Order.external_id == "O-2")).one()
    order.customer_id = dan
    session.flush()
    join(session, people["bo"], carla, dan)
    mug = items.get_by_sku(session, "mug")
    given = grants.give(
        session, people["ana"], session.get_one(Customer, carla), mug, order.id, key="mug-key", now=cast.NOW
    )
    assert given.kind == "granted"
    part(session, people["bo"])
    assert session.get_one(Order, order.id).customer_id == dan
    assert [one.price_minor for one in grant_rows.list_kept_with(session, dan, order.id)] == [480]


def test_a_dispute_opened_about_the_person_holds_both_once_they_parted(
    session: Session, people: People, carla: int, dan: int
) -> None:
    join(session, people["bo"], carla, dan)
    session.add(Hold(customer_id=carla, reason="A claim", placed_by=people["bo"].staff_id, placed_at=cast.NOW))
    session.flush()
    part(session, people["bo"])
    assert texts(session, dan, Hold.reason) == texts(session, carla, Hold.reason) == ["A claim"]


def test_an_approver_reads_what_the_person_was_given_under_the_other_number(
    session: Session, people: People, carla: int, dan: int
) -> None:
    give(session, people["ana"], dan, "mug", "mug-for-dan")
    join(session, people["bo"], carla, dan)
    assert given_rows.list_kept_prices(session, carla, cast.NOW - timedelta(days=1)) == [(480, "USD")]
    assert [one.price_minor for one in dry_run.list_kept(session, [carla])[carla]] == [480]


def test_a_gift_of_the_other_number_is_of_the_person(session: Session, people: People, carla: int, dan: int) -> None:
    give(session, people["ana"], dan, "mug", "mug-for-dan")
    join(session, people["bo"], carla, dan)
    ((grant, *_),) = grant_rows.list_grants(session, carla)
    assert settling.customer_of(session, grant.id) == carla


def test_a_file_that_makes_the_other_number_a_public_office_makes_the_person_one(
    database: Database, tmp_path: Path
) -> None:
    with database.writing() as session:
        staff = cast.settle_in(session)
        carla, dan = cast.customer_id(session), cast.customer_id(session, "C-2")
        join(session, staff["bo"], carla, dan)
    (tmp_path / "customers.csv").write_text("customer_id,name,receiver\nC-2,Dan,public-sector\n")
    report = take_in(database, None, tmp_path, currency="USD", now=cast.NOW, progress=lambda *_: None)
    assert report.problems == ()
    with database.reading() as session:
        assert session.get_one(Customer, carla).receiver is Receiver.PUBLIC
