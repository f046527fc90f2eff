"""What is printed of parcels: cards four to a page, and a slip that lies in the parcel. No prices, no full names, no facts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Session

from deskapp.desk import delivery_rows
from deskapp.desk.card_known import known_of
from deskapp.desk.delivery_rows import DeliveryRow, Shop
from deskapp.rules import card_print, prompts
from deskapp.rules.card_print import Face, TextSize
from deskapp.rules.errors import Invalid, NotFound
from deskapp.rules.prompts import Prompt
from deskapp.rules.words import say
from deskapp.store import deliveries as store
from deskapp.store import delivery_board
from deskapp.store.card_tables import CardFormat
from deskapp.store.deliveries import Sent
from deskapp.store.delivery_board import Which, Window

_MOST = 200


class What(StrEnum):
    CARDS = "cards"
    SLIPS = "slips"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Card:
    """As somebody wrote it; without a text `prompt` has the beginnings of sentences that are printed to be gone on with by pen."""

    row: DeliveryRow
    face: Face
    text: str
    text_size: TextSize
    signed_as: str
    prompt: Prompt | None


@dataclass(frozen=True, slots=True)
class Slip:
    """`contents`: what was bought, and how many."""

    row: DeliveryRow
    contents: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """In the order it leaves. `customers` and `deliveries` are those that were asked for; of a long day `part` of `parts`."""

    shop_name: str
    what: What
    is_wide: bool
    cards: list[Card]
    slips: list[Slip]
    customers: list[int]
    deliveries: list[int]
    on: date | None = None
    part: int = 1
    parts: int = 1


def sheet(session: Session, delivery_ids: Sequence[int], what: What = What.BOTH, *, shop: Shop, now: datetime) -> Sheet:
    """Of at most 200 parcels, with as many queries as of one. Unknown ids are left out."""
    if len(delivery_ids) > _MOST:
        raise Invalid({"": say("That is too much for one print: at most {most} parcels at a time.", most=_MOST)})
    return _sheet(session, store.list_sent(session, delivery_ids), what, shop, now)


def sheet_of_day(
    session: Session, on: date, what: What = What.BOTH, *, part: int = 1, shop: Shop, now: datetime
) -> Sheet:
    """Of all that leaves then, 200 parcels at a time."""
    window = Window(on, shop.day(now), on)
    parts = max(1, -(-delivery_board.count(session, window, Which.ALL).shown // _MOST))
    part = min(max(1, part), parts)
    sent = delivery_board.list_board(session, window, Which.ALL, limit=_MOST, offset=(part - 1) * _MOST)
    return replace(_sheet(session, sent, what, shop, now), on=on, part=part, parts=parts)


def _sheet(session: Session, sent: Sequence[Sent], what: What, shop: Shop, now: datetime) -> Sheet:
    rows = delivery_rows.rows(session, sent, shop.day(now))
    pairs = list(zip(sent, rows, strict=True))
    is_wide, cards = (True, []) if what is What.SLIPS else _cards(session, pairs, shop, now)
    slips = [] if what is What.CARDS else _slips(session, pairs)
    if not (cards or slips):
        raise NotFound(say("There is nothing to print. Tick the deliveries you want, or choose another day."))
    customers, ids = [row.customer_id for row in rows], [row.id for row in rows]
    return Sheet(shop.name, what, is_wide, cards, slips, customers, ids)


def _cards(
    session: Session, pairs: Sequence[tuple[Sent, DeliveryRow]], shop: Shop, now: datetime
) -> tuple[bool, list[Card]]:
    """And whether most are wider than high. None for whom none is wished, and none that was written on paper already."""
    wanted = [pair for pair in pairs if pair[1].wants_card and (pair[0].delivery.card_text or not pair[1].written_at)]
    formats = store.card_formats(session)
    papers = [_format_of(one, formats) for one, _ in wanted]
    is_wide = card_print.is_wide([(paper.width_mm, paper.height_mm) for paper in papers])
    faces = [card_print.face(paper.width_mm, paper.height_mm, is_wide=is_wide) for paper in papers]
    unwritten = [pair for pair in wanted if not pair[0].delivery.card_text]
    known = known_of(session, [one for one, _ in unwritten], [row for _, row in unwritten], shop, now)
    made = {delivery_id: prompts.prompt(each) for delivery_id, each in known.items()}
    return is_wide, [_card(*pair, face, made.get(pair[1].id)) for pair, face in zip(wanted, faces, strict=True)]


def _card(sent: Sent, row: DeliveryRow, face: Face, prompt: Prompt | None) -> Card:
    text, signed_as = sent.delivery.card_text, sent.delivery.signed_as
    begun = [f"{one.text}\n" for one in prompt.starters.given] if prompt else []  # with room to go on by pen
    size = card_print.text_size("\n".join(filter(None, [text, signed_as, *begun])), face)
    return Card(row, face, text, size, signed_as, prompt)


def _format_of(sent: Sent, formats: Sequence[CardFormat]) -> CardFormat:
    """What it is written on, retired or not; else what the shop mostly takes."""
    chosen = (one for one in formats if one.code == sent.delivery.card_format)
    mostly = (one for one in formats if one.retired_at is None)
    return next(chosen, None) or next(mostly, None) or formats[0]


def _slips(session: Session, pairs: Sequence[tuple[Sent, DeliveryRow]]) -> list[Slip]:
    contents = store.contents_of(session, [one.order.id for one, _ in pairs])
    return [Slip(row, contents.get(one.order.id, [])) for one, row in pairs]
