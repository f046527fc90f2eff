"""The card of one parcel beside its prompt, and what somebody writes by hand."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import regex
from pydantic import AfterValidator, StringConstraints
from sqlmodel import Session

from deskapp.desk import delivery_rows, guarding, idempotency
from deskapp.desk.card_known import known_of
from deskapp.desk.delivery_rows import DeliveryRow, Shop, log
from deskapp.desk.guarding import Guarded
from deskapp.desk.inputs import no_nul, plain_breaks
from deskapp.desk.ticks import Tick
from deskapp.rules import prompts
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.people import Actor
from deskapp.rules.prompts import A6, Prompt
from deskapp.store import deliveries as store
from deskapp.store.deliveries import Sent

CardText = Annotated[str, StringConstraints(min_length=1, max_length=2_000), AfterValidator(no_nul), plain_breaks]


class NewCard(Guarded):
    """`seen` is the mark of the text the writer had before them."""

    text: CardText
    seen: Annotated[str, StringConstraints(max_length=64)] = ""


@dataclass(frozen=True, slots=True)
class CardPanel:
    """One card. `prompt` is None where no card is wished; `seen` marks the text shown, see `write`."""

    row: DeliveryRow
    prompt: Prompt | None
    text: str
    length_words: str
    seen: str


def panel(session: Session, delivery_id: int, *, shop: Shop, now: datetime) -> CardPanel:
    """Nine queries, as many as for a whole sheet."""
    return panels(session, [store.get_sent(session, delivery_id)], shop, now)[0]


def panels(session: Session, sent: Sequence[Sent], shop: Shop, now: datetime) -> list[CardPanel]:
    rows = delivery_rows.rows(session, sent, shop.day(now))
    known = known_of(session, sent, rows, shop, now)
    return [
        CardPanel(
            row=row,
            prompt=prompts.prompt(known[row.id]) if row.wants_card else None,
            text=one.delivery.card_text,
            length_words=_length_words(card_length(one.delivery.card_text)),
            seen=_mark(one.delivery.card_text),
        )
        for one, row in zip(sent, rows, strict=True)
    ]


def card_length(text: str) -> int:
    """In grapheme clusters, as a reader counts: a flag or an accented letter is one."""
    return len(regex.findall(r"\X", text))


def write(session: Session, actor: Actor, delivery_id: int, form: NewCard, *, now: datetime) -> None:
    """Raises Conflict if somebody else wrote this card meanwhile; both texts are then on the screen."""
    sent = store.get_sent_to_change(session, delivery_id)
    delivery = sent.delivery
    if idempotency.claim(session, actor, "card", form.form_key, [delivery_id, form.model_dump()], now=now) is not None:
        return
    if sent.customer.erased_at is not None:
        raise Invalid({"": "This person was erased, so nothing is written to them. Leave the parcel without a card."})
    if store.who_want_no_card(session, [sent.customer.id]):
        raise Invalid({"": f"{sent.customer.name} wishes no card."})
    if form.seen != _mark(delivery.card_text):
        raise Conflict("Somebody wrote this card while you were writing. Their words are shown; yours are kept below.")
    _guard(session, actor, form, now)
    delivery.card_text, delivery.card_by, delivery.written_at = form.text, actor.staff_id, now
    log(session, actor, f"delivery.{Tick.WRITTEN}", sent, now)


def _guard(session: Session, actor: Actor, form: NewCard, now: datetime) -> None:
    guarding.ensure(session, actor, form.text, where="card", form=form, now=now)
    if not (form.is_confirmed or form.guard_reason) and prompts.shows_money(form.text):
        sentence = "A card carries no prices and no offers. Take them out, or tick “Keep it as it is”."
        raise Invalid({"text": sentence, "is_confirmed": "Is this meant so?"})


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _length_words(length: int) -> str:
    if length > A6[-1]:
        return f"{length} characters: more than an A6 card takes by hand ({A6[0]} to {A6[-1]})."
    if length in A6:
        return f"{length} characters: fills an A6 card well."
    return f"{length} characters: there is room, an A6 card takes {A6[0]} to {A6[-1]}."
