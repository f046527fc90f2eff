"""A draft of a card by a model that the shop set up: off unless it did, asked for by a person, and never waited for.

What goes out are the texts of the facts and starters that stand in the prompt, without names; see `rules.card_drafts`. What comes
back is shown only if it is traceable to them. Else the desk's own beginning stands there, with the reason.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit, card_paper, cards, guarding, idempotency, jobs
from deskapp.desk.card_paper import Stationery
from deskapp.desk.cards import CardPanel
from deskapp.desk.delivery_rows import Shop
from deskapp.desk.inputs import Keyed
from deskapp.desk.jobs import Kind
from deskapp.outgoing.drafter import Drafter, NoDraft
from deskapp.rules import card_drafts, card_sizes, prompts
from deskapp.rules.card_drafts import Material, Untraceable
from deskapp.rules.errors import Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import deliveries, drafts
from deskapp.store.card_tables import CardDraft
from deskapp.store.db import Database
from deskapp.store.deliveries import Sent
from deskapp.store.memory_tables import PreferenceKind

_GIVES_UP = timedelta(minutes=2)  # after which nobody is told to wait any more; a worker may be down


@dataclass(frozen=True, slots=True)
class Means:
    """The model, and how the shop signs and counts its days."""

    drafter: Drafter
    shop: Shop


@dataclass(frozen=True, slots=True)
class DraftPanel:
    """`words`: why the text is the desk's own beginning, "" where it is a draft. `seen` marks the card's text, see `cards.write`.

    `is_made`: there is one; `is_waiting`: it was asked for a moment ago; `is_open`: the card can still be written.
    `is_outdated`: what is known has changed since.
    """

    delivery_id: int
    order: str
    customer_name: str
    is_open: bool
    is_waiting: bool
    is_made: bool
    is_outdated: bool
    took_too_long: bool
    text: str
    words: str
    seen: str
    language: str
    direction: str


# --- looking --------------------------------------------------------------------------------------------------------


def panel(session: Session, delivery_id: int, *, shop: Shop, now: datetime) -> DraftPanel:
    sent = deliveries.get_sent(session, delivery_id)
    card = cards.panel(session, delivery_id, shop=shop, now=now)
    row = drafts.find_draft(session, delivery_id)
    is_asked = row is not None and row.made_at is None
    is_late = row is not None and now - row.asked_at > _GIVES_UP
    return DraftPanel(
        delivery_id=delivery_id,
        order=card.row.order,
        customer_name=card.row.customer_name,
        is_open=not _why_not(sent, card),
        is_waiting=is_asked and not is_late,
        is_made=row is not None and row.made_at is not None,
        is_outdated=row is not None and row.digest != _digest(_material(session, sent, card)),
        took_too_long=is_asked and is_late,
        text=row.text if row else "",
        words=row.words if row else "",
        seen=card.seen,
        language=card.prompt.language if card.prompt else "",
        direction=card.prompt.direction if card.prompt else "",
    )


def _why_not(sent: Sent, card: CardPanel) -> str:
    """Why no draft is made, "" if one may be."""
    if sent.customer.erased_at is not None:
        return say("This person was erased, so nothing is written to them.")
    if card.prompt is None:
        return say("{name} wishes no card.", name=sent.customer.name)
    if sent.delivery.signed_at is not None or cards.has_left(sent.delivery):
        return say("This card is finished, so there is nothing to draft.")
    return ""


# --- asking ---------------------------------------------------------------------------------------------------------


def ask(session: Session, actor: Actor, delivery_id: int, form: Keyed, *, shop: Shop, now: datetime) -> None:
    """Asks for a draft, or for another one. While one is being made, asking again changes nothing."""
    sent = deliveries.get_sent_to_change(session, delivery_id)
    if idempotency.claim(session, actor, "card-draft", form.form_key, [delivery_id], now=now) is not None:
        return
    card = cards.panels(session, [sent], shop, now)[0]
    if why := _why_not(sent, card):
        raise Invalid({"": why})
    row = drafts.find_draft_to_change(session, delivery_id)
    if row is not None and row.made_at is None and now - row.asked_at <= _GIVES_UP:
        return
    row = row or CardDraft(delivery_id=delivery_id, customer_id=sent.customer.id, digest="", asked_by=0, asked_at=now)
    row.digest, row.customer_id = _digest(_material(session, sent, card)), sent.customer.id
    row.asked_by, row.asked_at, row.made_at, row.text, row.words = actor.staff_id, now, None, "", ""
    session.add(row)
    jobs.enqueue(session, actor, Kind.DRAFT, {"delivery": delivery_id}, now=now)
    audit.write(session, actor, "card.draft-asked", f"customer:{sent.customer.id}", now=now, delivery=delivery_id)


def _material(session: Session, sent: Sent, card: CardPanel) -> Material:
    """Nothing of a customer for whom no prompt is made."""
    prompt, paper = card.prompt, _paper(session, sent)
    return card_drafts.material(
        [fact.text for fact in prompt.facts] if prompt else [],
        [starter.text for starter in prompt.starters.given] if prompt else [],
        name=sent.customer.name,
        address=_address(session, sent.customer.id),
        withheld=[sent.order.external_id],
        language=prompt.language if prompt else "",
        tone=sent.delivery.card_tone or "warm",
        most_characters=card_sizes.room(paper.paper, paper.hand).characters * 3 // 4,
    )


def _address(session: Session, customer_id: int) -> str:
    """Every wish of theirs: one may name them as they were called before."""
    stated = deliveries.stated_by(session, [customer_id]).get(customer_id, ())
    return " ".join(said.value for said, _ in stated if said.kind == PreferenceKind.ADDRESS)


def _paper(session: Session, sent: Sent) -> Stationery:
    return card_paper.stationery(session, sent.delivery.card_format, sent.delivery.card_hand)


def _digest(material: Material) -> str:
    return hashlib.sha256(f"{material.text}\0{material.names}".encode()).hexdigest()


# --- making ---------------------------------------------------------------------------------------------------------


def make(database: Database, means: Means, delivery_id: int, *, now: Callable[[], datetime]) -> str:
    """What came of it, in one sentence that names nobody. No transaction is open while the model is asked."""
    with database.reading() as session:
        row = drafts.find_draft(session, delivery_id)
        if row is None or row.made_at is not None:
            return say("There was nothing to draft any more.")
        sent = deliveries.get_sent(session, delivery_id)
        card = cards.panel(session, delivery_id, shop=means.shop, now=now())
        paper, asked_at = _paper(session, sent), row.asked_at
        material, why_not = _material(session, sent, card), _why_not(sent, card)
        is_as_asked = row.digest == _digest(material)
    text: str
    words: str
    if why_not:
        text, words = "", say("The card was finished meanwhile.")
    elif not is_as_asked:
        text, words = _built_in(card), say("What is known of them changed meanwhile. Ask for another draft.")
    else:
        text, words = _draft(means.drafter, material, card, paper)
    with database.writing() as session:
        _keep(session, delivery_id, asked_at, text, words, now())
    return say("Drafted a card.") if text and not words else say("No draft: {why}", why=words)


def _draft(drafter: Drafter, material: Material, card: CardPanel, paper: Stationery) -> tuple[str, str]:
    """A text, and why it is the desk's own."""

    def is_refused(text: str) -> str:
        if guarding.look(text):
            return say("It held something that does not belong on a card.")
        if prompts.shows_money(text):
            return say("It named a price or an offer.")
        is_short = card_sizes.fits(card_paper.length_of(text), paper.paper, paper.hand)
        return "" if is_short else say("It was longer than the card.")

    try:
        answer = drafter.ask(card_drafts.ORDERS, material.text)
        return card_drafts.read(answer, material, is_refused=is_refused), ""
    except (NoDraft, Untraceable) as why:
        return _built_in(card), str(why)


def _built_in(card: CardPanel) -> str:
    return " ".join(starter.text for starter in card.prompt.starters.given) if card.prompt else ""


def _keep(session: Session, delivery_id: int, asked_at: datetime, text: str, words: str, now: datetime) -> None:
    """Unless it was asked for anew meanwhile, or the customer erased."""
    row = drafts.find_draft_to_change(session, delivery_id)
    if row is not None and row.made_at is None and row.asked_at == asked_at:
        row.text, row.words, row.made_at = text, words, now


def ensure_on(is_on: bool) -> None:  # noqa: FBT001 - a claim of the settings
    if not is_on:
        raise NotFound(say("No drafter is set up at this desk, so cards are written without one."))
