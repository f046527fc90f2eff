"""Every table that holds a customer, and what an export, an erasure and a merge do with its rows.

A table that is not here, and a column of a table that stays that nobody spoke for, fail a test. Parents come before what refers
to them, so that an erasure goes from the end.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import Session, SQLModel, col

from deskapp.rules.words import say
from deskapp.store.card_tables import CardDraft, CardUse, DeliveryEvent, FeedbackAsk, Outbox
from deskapp.store.gift_tables import Approval, Grant, Ledger, Offer
from deskapp.store.memory_tables import (
    Interaction,
    Note,
    NoteRevision,
    Occasion,
    Preference,
    Promise,
    ProposalDeclined,
    RequestVoice,
    Visit,
)
from deskapp.store.privacy_tables import Erasure, Hold, Merge, PersonalExport, View
from deskapp.store.tables import Customer, Delivery, LaunchLink, Order, OrderLine, Problem

Table = type[SQLModel]
_NOTHING: Mapping[str, Any] = MappingProxyType({})

FORMER = say("A former customer")


class Merging(StrEnum):
    MOVE = "move"  # `by` is set to the other customer
    ALONG = "along"  # it belongs to rows that move
    STAY = "stay"  # it tells what was so at the time, or has no meaning for the other


@dataclass(frozen=True, slots=True)
class Shown:
    """In an export, under this name. `but`: column -> why it is not given."""

    section: str
    but: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Withheld:
    why: str


@dataclass(frozen=True, slots=True)
class Delete:
    """The whole row goes."""


@dataclass(frozen=True, slots=True)
class Keep:
    """The row stays, for `why`. `blank`: column -> what is there instead; `harmless`: a column of text -> why it may stay."""

    why: str
    blank: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    harmless: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Personal:
    """`by`: the columns that lead to a customer, straight, or to a row of `through` that does."""

    table: Table
    export: Shown | Withheld
    erase: Delete | Keep
    merge: Merging
    by: tuple[str, ...] = ("customer_id",)
    through: Table | None = None

    @property
    def name(self) -> str:
        return str(self.table.__tablename__)

    def of(self, customer_ids: Collection[int]) -> ColumnElement[bool]:
        """Which rows are these customers'. Somebody's former selves are customers too, see `find_selves`."""
        columns = [getattr(self.table, name) for name in self.by]
        if self.through is None:
            return or_(*(column.in_(customer_ids) for column in columns))
        parent = entry(self.through)
        ids = select(parent.table.id).where(parent.of(customer_ids))  # type: ignore[attr-defined]
        return or_(*(column.in_(ids) for column in columns))


_BOOKS = "The books: what was sold and given stays, without the person."
_SHOPS_NUMBER = "The shop's number in its books."
_SHOPS_WORD = "The shop's own word, the same for many."
_CURRENCY = "Three letters of a currency."

PERSONAL: tuple[Personal, ...] = (
    Personal(
        Customer,
        Shown("customer", {"name_folded": "For searching; the name says it.", "email_folded": "The e-mail says it."}),
        Keep(
            _BOOKS,
            blank={
                "external_id": "erased",  # with its own number, and a mark by which an import knows it
                "name": FORMER,
                "name_folded": FORMER.casefold(),
                "email": None,
                "email_folded": None,
                "phone": None,
                "language": None,
                "tier": None,
                "zone": None,
                "joined_on": None,
            },
        ),
        Merging.STAY,
        by=("id",),
    ),
    Personal(
        Order,
        Shown("orders"),
        Keep(
            _BOOKS,
            harmless={
                "external_id": _SHOPS_NUMBER,
                "store": _SHOPS_WORD,
                "currency": _CURRENCY,
                "status": _SHOPS_WORD,
            },
        ),
        Merging.MOVE,
    ),
    Personal(OrderLine, Shown("order_lines"), Keep(_BOOKS), Merging.ALONG, by=("order_id",), through=Order),
    Personal(
        Delivery,
        Shown("deliveries"),
        Keep(
            "The days of a parcel belong to the books.",
            blank={"card_text": "", "signed_as": ""},
            harmless={"card_format": _SHOPS_WORD, "card_hand": _SHOPS_WORD, "card_tone": _SHOPS_WORD},
        ),
        Merging.ALONG,
        by=("order_id",),
        through=Order,
    ),
    Personal(
        DeliveryEvent,
        Shown("delivery_events"),
        Keep("The days of a parcel belong to the books.", harmless={"source_key": "The carrier's number of an event."}),
        Merging.ALONG,
        by=("delivery_id",),
        through=Delivery,
    ),
    Personal(CardUse, Shown("card_uses"), Delete(), Merging.MOVE),
    Personal(
        CardDraft, Shown("card_drafts", {"digest": "Of the facts; they are in the notes."}), Delete(), Merging.MOVE
    ),
    Personal(Problem, Shown("problems"), Delete(), Merging.MOVE),
    Personal(Interaction, Shown("talks"), Delete(), Merging.MOVE),
    Personal(Note, Shown("notes"), Delete(), Merging.MOVE),
    Personal(NoteRevision, Shown("note_revisions"), Delete(), Merging.ALONG, by=("note_id",), through=Note),
    Personal(ProposalDeclined, Shown("preferences_declined"), Delete(), Merging.ALONG, by=("note_id",), through=Note),
    Personal(FeedbackAsk, Shown("questions", {"token_hash": "Of a link that opens once."}), Delete(), Merging.MOVE),
    Personal(
        Outbox,
        Shown("outbox", {"payload": "While it waits it holds the link, with which anybody answers; then nothing."}),
        Delete(),
        Merging.MOVE,
    ),
    Personal(Preference, Shown("preferences"), Delete(), Merging.MOVE),
    Personal(Occasion, Shown("occasions"), Delete(), Merging.MOVE),
    Personal(Promise, Shown("promises"), Delete(), Merging.MOVE),
    Personal(Visit, Shown("visits"), Delete(), Merging.MOVE),
    Personal(
        RequestVoice,
        Shown("requests"),
        Keep("One voice of a count, which stays true.", blank={"words": FORMER, "would_let": ""}),
        Merging.MOVE,
    ),
    Personal(
        Offer,
        Shown("offers", {"because": "Numbers of items; the gifts themselves are named.", "order_key": "Ours."}),
        Delete(),
        Merging.STAY,
    ),
    Personal(
        Approval,
        Shown("approvals"),
        Keep(_BOOKS, blank={"reason": "", "answer": ""}, harmless={"currency": _CURRENCY}),
        Merging.STAY,
    ),
    Personal(Grant, Shown("gifts"), Keep(_BOOKS, harmless={"currency": _CURRENCY}), Merging.STAY),
    Personal(
        Ledger,
        Shown("ledger"),
        Keep(_BOOKS, harmless={"bucket_key": "Which ceiling: a kind, a number of ours, a period, a currency."}),
        Merging.ALONG,
        by=("grant_id",),
        through=Grant,
    ),
    Personal(LaunchLink, Withheld("A sign-in of staff, good once and for minutes."), Delete(), Merging.MOVE),
    Personal(View, Shown("views"), Delete(), Merging.MOVE),
    Personal(Hold, Shown("holds"), Delete(), Merging.MOVE),
    Personal(
        PersonalExport,
        Shown("exports", {"body": "It is a file like this one.", "page": "It is a page of this file."}),
        Delete(),
        Merging.STAY,
    ),
    Personal(
        Erasure,
        Withheld("Whoever was erased has no export."),
        Keep("The receipt.", harmless={"number": "Of the receipt.", "counts": "Names of tables and numbers of rows."}),
        Merging.STAY,
    ),
    Personal(
        Merge,
        Shown("merges", {"moved": "Numbers of rows, to take it back by."}),
        Keep("That two became one; it cannot be taken back any more.", blank={"moved": {"rows": {}, "filled": []}}),
        Merging.STAY,
        by=("from_id", "into_id"),
    ),
)

# Tables without a way to a customer that name one all the same, or could.
ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "audit": "Append-only and sealed: numbers of ours and kinds, never words. It stays, and says nothing of a former customer.",
        "bucket": "Its key names a customer by our number; the money in it stays.",
        "idempotency": "First answers to forms, by numbers of ours: forgotten by the retention.",
        "job": "Ours: which customer to export or erase, by our number.",
        "search_key": "Made of the customers by triggers.",
        "search_note": "Made of the notes by triggers.",
        "request_topic": "Titles are the shop's own words for what many ask for; one that was a customer's words goes with these.",
    }
)

_BY_TABLE = {one.table: one for one in PERSONAL}


def entry(table: Table) -> Personal:
    return _BY_TABLE[table]


def find_selves(session: Session, customer_id: int) -> list[int]:
    """This customer, and whoever became part of them by a merge, however often. One query for each time."""
    found = [customer_id]
    newest = found
    while newest:
        query = select(col(Customer.id)).where(col(Customer.merged_into).in_(newest), col(Customer.id).not_in(found))
        newest = list(session.connection().execute(query.order_by(col(Customer.id))).scalars())
        found = found + newest
    return found
