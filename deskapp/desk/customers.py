"""Finding a customer, and what the panel opens with: a person in words, never a score."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlmodel import Session

from deskapp.desk import channels, feedback_told
from deskapp.desk.feedback_told import AskRow
from deskapp.desk.note_marks import Alert, alerts
from deskapp.desk.occasions import Near, list_near
from deskapp.desk.preferences import KIND_WORDS, counts, wishes_no_contact, words_of
from deskapp.rules.feedback import place_of
from deskapp.rules.people import Receiver
from deskapp.rules.words import listed, say
from deskapp.store import customers, notes, preferences
from deskapp.store.customers import Found
from deskapp.store.memory_tables import Preference, PreferenceKind

_ROWS = 30
_FACTS = 3
_EXCERPT = 240
_TELLING = (
    PreferenceKind.LIKE,
    PreferenceKind.INTEREST,
    PreferenceKind.DIET,
    PreferenceKind.SIZE,
)
_STOPPING = (
    PreferenceKind.ALLERGY,
    PreferenceKind.NO_GIFTS,
    PreferenceKind.NO_CARDS,
    PreferenceKind.NO_QUESTIONS,
    PreferenceKind.CONTACT,
)
_NONE_AT_ALL = "no-contact"
_TITLES = {kind.value: KIND_WORDS[kind] for kind in _STOPPING} | {
    PreferenceKind.CONTACT.value: say("Contact"),
    _NONE_AT_ALL: say("No contact"),
}


@dataclass(frozen=True, slots=True)
class CustomersPanel:
    """`rows` None: not asked for yet, since beside a customer's page a narrow screen never shows them."""

    query: str = ""
    rows: list[Found] | None = None
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """Something the customer said or we saw; never an opinion."""

    text: str
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HardStop:
    kind: str
    words: str

    @property
    def title(self) -> str:
        return _TITLES[self.kind]


@dataclass(frozen=True, slots=True)
class CustomerPanel:
    id: int
    external_id: str
    name: str
    said_as: str
    address_as: str
    language: str
    place: str  # the city whose clock they live by; "" the shop's, as far as anybody knows
    tier: str
    since: date | None
    receiver: Receiver
    stops: list[HardStop]
    near: list[Near]
    alerts: list[Alert]
    facts: list[Fact]


@dataclass(frozen=True, slots=True)
class OrderRow:
    order: str
    placed_at: datetime
    status: str
    store: str
    ship_on: date | None
    need_by_on: date | None
    lines: list[tuple[str, int]]  # name, quantity


@dataclass(frozen=True, slots=True)
class OrdersPanel:
    """`asks`: whether they were asked how it was, and why not."""

    customer_id: int
    customer_name: str
    rows: list[OrderRow]
    asks: list[AskRow] = field(default_factory=list)


def find(session: Session, query: str) -> CustomersPanel:
    """An empty query lists who has an open order, in two queries; else see `store.customers.find_customers`."""
    rows = (
        customers.find_customers(session, query, _ROWS + 1, with_mistakes=True)
        if query.strip()
        else customers.list_customers_waiting(session, _ROWS + 1)
    )
    return CustomersPanel(query, rows[:_ROWS], len(rows) > _ROWS)


def panel(session: Session, customer_id: int, *, today: date) -> CustomerPanel:
    """Four queries."""
    customer = customers.get_customer(session, customer_id)
    known = [preference for preference, _ in preferences.list_preferences(session, customer_id)]
    return CustomerPanel(
        id=customer.id,
        external_id=customer.external_id,
        name=customer.name,
        said_as=_value(known, PreferenceKind.PRONUNCIATION),
        address_as=_value(known, PreferenceKind.ADDRESS),
        language=customer.language or "",
        place=place_of(customer.zone),
        tier=customer.tier or "",
        since=customer.joined_on,
        receiver=customer.receiver,
        stops=[_stop(p) for p in known if p.kind in _STOPPING],
        near=list_near(session, customer_id, today=today),
        alerts=alerts(session, customer_id),
        facts=_facts(session, customer_id, [p for p in known if counts(p, today)]),
    )


def _stop(one: Preference) -> HardStop:
    """No contact at all is no wish about how, it is a stop."""
    if wishes_no_contact(one.kind, one.value):
        return HardStop(_NONE_AT_ALL, words_of(one.kind, one.value))
    return HardStop(one.kind, one.value or KIND_WORDS[one.kind])


def _value(known: list[Preference], kind: PreferenceKind) -> str:
    return next((p.value for p in known if p.kind is kind), "")


def _facts(session: Session, customer_id: int, known: list[Preference]) -> list[Fact]:
    """The newest observation first, then what was stated, then older observations and what was inferred."""
    seen = [
        Fact(seen.note.text[:_EXCERPT], listed([seen.author, channels.in_tongues(seen.channel)]), seen.note.written_at)
        for seen in notes.list_seen(session, customer_id)
    ]
    tastes = sorted((p for p in known if p.kind in _TELLING and p.item_id is None), key=lambda p: not p.is_stated)
    said = [
        Fact(
            say("{what}: {words}", what=KIND_WORDS[p.kind], words=p.value),
            say("said so") if p.is_stated else say("our guess"),
            p.heard_at,
        )
        for p in tastes
    ]
    return (seen[:1] + said + seen[1:])[:_FACTS]


def last_order(session: Session, customer_id: int) -> OrdersPanel:
    """The newest order with its lines and delivery. Two queries."""
    return _orders(session, customer_id, slice(1))


def orders(session: Session, customer_id: int) -> OrdersPanel:
    return replace(_orders(session, customer_id, slice(None)), asks=feedback_told.list_rows(session, customer_id))


def _orders(session: Session, customer_id: int, shown: slice) -> OrdersPanel:
    customer = customers.get_customer(session, customer_id)
    found = customers.list_orders(session, customer_id)[shown]
    lines: dict[int, list[tuple[str, int]]] = {order.id: [] for order, _ in found}
    for line in customers.list_lines(session, tuple(lines)):
        lines[line.order_id].append((line.name, line.quantity))
    rows = [
        OrderRow(
            order=order.external_id,
            placed_at=order.placed_at,
            status=order.status,
            store=order.store,
            ship_on=delivery.ship_on if delivery else None,
            need_by_on=delivery.need_by_on if delivery else None,
            lines=lines[order.id],
        )
        for order, delivery in found
    ]
    return OrdersPanel(customer.id, customer.name, rows)
