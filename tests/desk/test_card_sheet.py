from datetime import timedelta
from zoneinfo import ZoneInfo

import cast
import pytest
from parcels import SECRET, TODAY, deliver, deliver_many, gift, note, order_and_deliver, order_id, prefer, queries
from sqlmodel import Session, select

from deskapp.desk import card_sheet
from deskapp.desk.card_sheet import Sheet, What
from deskapp.desk.delivery_rows import Shop
from deskapp.rules.card_print import Face, TextSize
from deskapp.rules.errors import Invalid, NotFound
from deskapp.store.card_tables import CardFormat
from deskapp.store.memory_tables import PreferenceKind
from deskapp.store.tables import Delivery, OrderLine

SHOP = Shop("Corner & Co", ZoneInfo("UTC"))


def print_out(session: Session, *ids: int, what: What = What.BOTH) -> Sheet:
    return card_sheet.sheet(session, ids, what, shop=SHOP, now=cast.NOW)


def test_a_sheet_prints_the_chosen_in_the_order_they_leave(session: Session) -> None:
    later, sooner = order_and_deliver(session, 1, ship_on=TODAY + timedelta(days=1)), order_and_deliver(session, 2)
    order_and_deliver(session, 3)
    sheet = print_out(session, later, sooner, 99_999)
    assert [card.row.id for card in sheet.cards] == [slip.row.id for slip in sheet.slips] == [sooner, later]


def test_a_sheet_of_a_day_prints_all_of_it(session: Session) -> None:
    first, second = order_and_deliver(session, 1), order_and_deliver(session, 2)
    order_and_deliver(session, 3, ship_on=TODAY + timedelta(days=1))
    sheet = card_sheet.sheet_of_day(session, TODAY, shop=SHOP, now=cast.NOW)
    assert ([card.row.id for card in sheet.cards], sheet.on, sheet.parts) == ([first, second], TODAY, 1)


def test_a_long_day_is_printed_in_parts(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_sheet, "_MOST", 2)
    ids = [order_and_deliver(session, number) for number in range(3)]
    parts = [
        card_sheet.sheet_of_day(session, TODAY, What.SLIPS, part=part, shop=SHOP, now=cast.NOW) for part in (1, 2, 9)
    ]
    assert [[slip.row.id for slip in one.slips] for one in parts] == [ids[:2], ids[2:], ids[2:]]
    assert [(one.part, one.parts) for one in parts] == [(1, 2), (2, 2), (2, 2)]


def test_a_sheet_takes_no_more_queries_for_many_cards_than_for_one(session: Session) -> None:
    ids = [order_and_deliver(session, number) for number in range(20)]
    with queries(session) as one:
        print_out(session, ids[0])
    with queries(session) as many:
        sheet = print_out(session, *ids)
    assert len(sheet.cards) == 20
    assert len(many) == len(one) <= 16


@pytest.mark.parametrize(("what", "cards", "slips"), [(What.CARDS, 1, 0), (What.SLIPS, 0, 1), (What.BOTH, 1, 1)])
def test_cards_and_slips_are_printed_together_or_apart(session: Session, what: What, cards: int, slips: int) -> None:
    sheet = print_out(session, deliver(session), what=what)
    assert (len(sheet.cards), len(sheet.slips)) == (cards, slips)


def test_a_written_card_prints_its_words_and_name_and_an_unwritten_one_how_it_may_begin(session: Session) -> None:
    parcel = deliver(session)
    (begun,) = print_out(session, parcel).cards
    assert begun.prompt is not None
    assert begun.text == ""
    assert len(begun.prompt.starters.given) >= 3
    row = session.get_one(Delivery, parcel)
    row.card_text, row.signed_as, row.written_at = "Enjoy the mug.", "Del", cast.NOW
    (card,) = print_out(session, parcel).cards
    assert (card.text, card.signed_as, card.prompt, card.text_size) == ("Enjoy the mug.", "Del", None, TextSize.LARGE)


def test_no_card_is_printed_where_none_is_wished_or_one_was_written_on_paper(session: Session) -> None:
    written, unwished = order_and_deliver(session, 1), order_and_deliver(session, 2)
    session.get_one(Delivery, written).written_at = cast.NOW
    prefer(session, PreferenceKind.NO_CARDS, "", customer="D-2")
    sheet = print_out(session, written, unwished)
    assert ([], [written, unwished]) == (sheet.cards, [slip.row.id for slip in sheet.slips])
    with pytest.raises(NotFound, match="nothing to print"):
        print_out(session, written, unwished, what=What.CARDS)


def test_a_slip_says_what_is_in_the_parcel_and_how_many(session: Session) -> None:
    parcel, order = deliver(session), order_id(session, "O-2")
    lines = ((2, "tea", 3, 350), (3, "mug", 1, 480), (4, "jam", 2, 420), (5, "jam", -2, 420))
    session.add_all(
        OrderLine(order_id=order, line=line, item_id=cast.item_id(session, sku), quantity=many, unit_price_minor=price)
        for line, sku, many, price in lines
    )
    gift(session, "soap")
    session.flush()
    (slip,) = print_out(session, parcel, what=What.SLIPS).slips
    assert (slip.contents, slip.row.gifts, slip.row.initials) == (
        [("Blue mug", 2), ("Green tea, 20 bags", 3)],
        ["Lavender soap"],
        "CN",
    )


def test_slips_alone_ask_nothing_about_anybody(session: Session) -> None:
    note(session, f"Told us about {SECRET}.")
    parcel = deliver(session)
    with queries(session) as asked:
        print_out(session, parcel, what=What.SLIPS)
    assert not [statement for statement in asked if "FROM note" in statement or "promise" in statement]


def test_a_card_is_as_large_as_its_paper_and_the_sheet_turned_as_most_of_them_are(session: Session) -> None:
    tall = CardFormat(code="tall", words="Tall", width_mm=80, height_mm=120, margin_mm=6, is_folded=False, position=9)
    session.add(tall)
    ids = [order_and_deliver(session, number) for number in range(3)]
    session.flush()
    assert {card.face for card in print_out(session, *ids).cards} == {Face(127, 90)}  # A6, as every shop begins
    for one in ids[:2]:
        session.get_one(Delivery, one).card_format = "tall"
    session.flush()
    sheet = print_out(session, *ids)
    assert not sheet.is_wide
    assert [card.face for card in sheet.cards] == [Face(80, 120), Face(80, 120), Face(92, 65)]


def test_a_retired_paper_is_still_that_of_the_cards_on_it(session: Session) -> None:
    parcels = order_and_deliver(session, 1), order_and_deliver(session, 2)
    first, second = session.exec(select(CardFormat).order_by(CardFormat.position)).all()[:2]
    first.retired_at = cast.NOW
    session.get_one(Delivery, parcels[0]).card_format = first.code
    session.flush()
    on_it, on_another = print_out(session, *parcels).cards
    assert on_it.face == Face(127, 90)
    assert on_another.face == Face(second.width_mm, second.height_mm)


def test_two_hundred_parcels_are_the_most_for_one_print(session: Session) -> None:
    deliver_many(session, 1)
    with pytest.raises(Invalid, match="at most 200"):
        print_out(session, *range(201))


@pytest.mark.parametrize("ids", [[], [99_999]])
def test_nothing_to_print_is_said_plainly(session: Session, ids: list[int]) -> None:
    with pytest.raises(NotFound, match="nothing to print"):
        print_out(session, *ids)
