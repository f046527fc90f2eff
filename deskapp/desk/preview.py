"""The preview: what any member of staff would be shown for any customer and basket, and what was left out and why.

It asks the very functions that draw the panel, and writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlmodel import Session

from deskapp.desk import plus_one, steering
from deskapp.desk.ceilings import worth_of
from deskapp.desk.inputs import Input, ShortWords, no_nul
from deskapp.desk.left_out import Case, boosted_words, why_words
from deskapp.desk.plus_one import Proposed
from deskapp.desk.shelf import Stand
from deskapp.desk.suggestions import Suggestion, Wanted, passed_over
from deskapp.desk.wording import ROLE_NAMES, number
from deskapp.rules.authority import Room
from deskapp.rules.errors import Invalid
from deskapp.rules.people import PERMISSIONS, Actor, Permission
from deskapp.rules.reranking import sure_words
from deskapp.rules.steering import Steered, in_force
from deskapp.rules.stops import fold
from deskapp.rules.words import Said, listed, say, together
from deskapp.store import customers, items, staff
from deskapp.store.customers import Found
from deskapp.store.tables import Customer, Item

_LOOKED_AT = 30
_MOST_PEOPLE = 12
_MOST_LINES = 50
_MOST_NAMED = 8  # of what somebody owns
_QUERY_LENGTH = 200

Lines = Annotated[str, Field(max_length=4_000), AfterValidator(no_nul)]
Maybe = Annotated[str, Field(max_length=_QUERY_LENGTH), AfterValidator(no_nul)]


class Asked(Input):
    """`customer`: parts of the name, e-mail or a number; `customer_id` says which where several are called like that.

    `basket`: a SKU or words of a name on each line; none: the open order. `about`: one item, to be told what becomes of it.
    """

    customer: ShortWords
    customer_id: Maybe = ""
    staff_id: Maybe = ""
    basket: Lines = ""
    about: Maybe = ""
    numbers: Maybe = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """`value_minor`: what it takes of the limit. `left_after_minor`: None for a thing to buy."""

    name: str
    category: str
    price_minor: int
    value_minor: int
    currency: str
    because: str
    sure: str  # "" where the reason says as much
    steered: str
    left_after_minor: int | None
    score: float


@dataclass(frozen=True, slots=True)
class DroppedRow:
    name: str
    price_minor: int
    currency: str
    why: str
    steered: str
    score: float


@dataclass(frozen=True, slots=True)
class ListView:
    shown: list[ShownRow]
    dropped: list[DroppedRow]
    about: str  # what becomes of the item asked about


@dataclass(frozen=True, slots=True)
class Preview:
    customer_id: int
    customer_name: str
    giver: str
    store: str
    basket: list[str]
    is_open_order: bool
    owned: list[str]  # the most bought ones
    owned_count: int
    about: str  # name of the item asked about
    gifts: ListView
    why_no_gifts: str
    products: ListView
    rooms: tuple[Room, ...]
    currency: str
    has_numbers: bool


@dataclass(frozen=True, slots=True)
class PreviewPanel:
    """`people`: who may be meant where several are called like that: id and words."""

    givers: Sequence[tuple[str, str]]
    people: Sequence[tuple[str, str]]
    result: Preview | None = None


def panel(session: Session, *, asked: str = "", now: datetime) -> PreviewPanel:
    """The form alone. `asked`: who was typed for just now. Three queries."""
    query = fold(asked[:_QUERY_LENGTH].replace("\0", ""))
    found = customers.find_customers(session, query, _MOST_PEOPLE) if query else []
    people = [(str(one.id), say("{name}, number {number}", name=one.name, number=one.external_id)) for one in found]
    return PreviewPanel([(str(one.staff_id), _giver_words(one)) for one in _givers(session, now)], people)


def look(session: Session, actor: Actor, stand: Stand, asked: Asked, *, today: date, now: datetime) -> PreviewPanel:
    """About twenty queries and as many for the lines of a basket. Raises Invalid where it is not clear who or what is meant."""
    customer = customers.get_customer(session, _who(session, asked).id)
    givers = {str(one.staff_id): one for one in _givers(session, now)}
    giver = givers.get(asked.staff_id, actor)
    basket = _basket(session, asked.basket)
    about = _one(session, asked.about, "about") if asked.about else None
    ids = None if basket is None else [item.id for item in basket]
    it = plus_one.propose(session, giver, stand, customer, basket=ids, today=today, now=now)
    return PreviewPanel(
        givers=[(number, _giver_words(one)) for number, one in givers.items()],
        people=[],
        result=_preview(session, stand, customer, giver, it, about, has_numbers=bool(asked.numbers), now=now),
    )


def _giver_words(one: Actor) -> Said:
    return listed([one.name, ROLE_NAMES[one.role]])


def _givers(session: Session, now: datetime) -> list[Actor]:
    found = (one.staff for one in staff.list_staff(session, now=now, seen_after=now))
    return [
        Actor(one.id, one.username, one.name, one.role, one.team)
        for one in found
        if one.is_active and Permission.GIVE in PERMISSIONS[one.role]
    ]


# --- who and what is meant ------------------------------------------------------------------------------------------


def _who(session: Session, asked: Asked) -> Found:
    found = customers.find_customers(session, fold(asked.customer), _MOST_PEOPLE)
    if len(found) == 1:
        return found[0]
    chosen = next((one for one in found if str(one.id) == asked.customer_id), None)
    if chosen is None:
        several = say("Several customers are called like that. Please choose one.")
        raise Invalid({"customer": several if found else say("Nobody is called like that, or has this number.")})
    return chosen


def _basket(session: Session, text: str) -> list[Item] | None:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > _MOST_LINES:
        raise Invalid({"basket": say("At most {n} lines, please.", n=_MOST_LINES)})
    return [_one(session, line, "basket") for line in lines] if lines else None


def _one(session: Session, words: str, field: str) -> Item:
    try:
        return steering.the_item(session, words[:_QUERY_LENGTH])
    except Invalid:
        meant = together([words for _, words in steering.choices(session, words)[:4]], "; ")
        hint = say("Write the SKU. It may be: {items}.", items=meant) if meant else say("Nothing is called like that.")
        raise Invalid({field: together([say("“{words}” is not clear.", words=words), hint])}) from None


# --- what it comes to -----------------------------------------------------------------------------------------------


def _preview(
    session: Session,
    stand: Stand,
    customer: Customer,
    giver: Actor,
    it: Proposed,
    about: Item | None,
    *,
    has_numbers: bool,
    now: datetime,
) -> Preview:
    taste = it.taste
    most_bought = sorted(taste.history, key=lambda item: -taste.history[item])[:_MOST_NAMED]
    rows = items.list_items(session, {*taste.basket, *most_bought})
    return Preview(
        customer_id=customer.id,
        customer_name=customer.name,
        giver=giver.name,
        store=taste.store,
        basket=[rows[item].name for item in taste.basket if item in rows],
        is_open_order=taste.order is not None,
        owned=[rows[item].name for item in most_bought if item in rows],
        owned_count=len(taste.history),
        about=about.name if about else "",
        gifts=_list(session, stand, it, it.to_give, it.gifts, about),
        why_no_gifts="" if it.gifts else plus_one.why_none(stand, it, now),
        products=_list(session, stand, it, it.to_buy, it.new_products, about),
        rooms=it.rooms,
        currency=it.limit.currency if it.limit else "",
        has_numbers=has_numbers,
    )


def _list(
    session: Session, stand: Stand, it: Proposed, wanted: Wanted | None, shown: list[Suggestion], about: Item | None
) -> ListView:
    if wanted is None or (wanted.limit and it.taste.wants_no_gifts):
        return ListView([], [], "")
    steered: dict[int, list[Steered]] = {}
    for one in in_force(stand.steered, wanted.today):
        steered.setdefault(one.item_id, []).append(one)
    case = Case(it.taste, wanted, steered, shown)
    also = [about.id] if about else []
    left_out = passed_over(session, stand, it.taste, wanted, shown, most=_LOOKED_AT, also=also)
    why = {one.item.id: why_words(case, one, drop) for one, drop in left_out}
    return ListView(
        shown=[_shown(case, it, one) for one in shown],
        dropped=[_dropped(case, one, why[one.item.id]) for one, _ in left_out],
        about=_about(about.id, shown, why) if about else "",
    )


def _about(item_id: int, shown: Sequence[Suggestion], why: dict[int, str]) -> str:
    if item_id in {one.item.id for one in shown}:
        return say("It is shown.")
    return why.get(item_id, say("It is not among what is suggested now."))


def _shown(case: Case, it: Proposed, one: Suggestion) -> ShownRow:
    sure = sure_words(one.source, one.together, one.known, number)
    return ShownRow(
        name=one.item.name,
        category=one.item.category,
        price_minor=one.item.price_minor,
        value_minor=worth_of(one.item, case.wanted.basis).value_minor,
        currency=one.item.currency,
        because=one.sentence,
        sure="" if f"{one.sentence}".lower() == f"{sure}." else sure,
        steered=boosted_words(case, one),
        left_after_minor=plus_one.left_after(it, one) if case.wanted.limit else None,
        score=one.score,
    )


def _dropped(case: Case, one: Suggestion, why: str) -> DroppedRow:
    return DroppedRow(one.item.name, one.item.price_minor, one.item.currency, why, boosted_words(case, one), one.score)
