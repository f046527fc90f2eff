"""The card of one parcel beside its prompt: what somebody writes by hand, signs, and what it told when it went out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints
from sqlmodel import Session

from deskapp.desk import delivery_rows, guarding, idempotency
from deskapp.desk.card_known import known_of
from deskapp.desk.delivery_rows import DeliveryRow, Shop, log
from deskapp.desk.guarding import Guarded
from deskapp.desk.inputs import Keyed, no_nul, plain_breaks
from deskapp.desk.ticks import Tick
from deskapp.rules import card_told, prompts
from deskapp.rules.card_facts import citable
from deskapp.rules.errors import Conflict, Forbidden, Invalid
from deskapp.rules.people import Actor, Role, reaches
from deskapp.rules.prompts import Prompt
from deskapp.rules.words import say
from deskapp.store import card_formats, card_uses
from deskapp.store import deliveries as store
from deskapp.store.card_tables import Used
from deskapp.store.deliveries import Sent
from deskapp.store.tables import Delivery

CardText = Annotated[str, StringConstraints(min_length=1, max_length=2_000), AfterValidator(no_nul), plain_breaks]
Name = Annotated[str, StringConstraints(max_length=120), AfterValidator(no_nul)]

_HAS_LEFT = say("This parcel has left, and its card with it. What was written stays as it is.")
_NOT_YOURS = say("Only whoever signed this card, or a lead, can open it again.")


class Manner(Keyed):
    """On what, how large and in what tone a card is written; "" leaves it as it was chosen last."""

    card_format: Annotated[str, StringConstraints(max_length=40)] = ""
    card_hand: Literal["", "small", "medium", "large"] = ""
    card_tone: Literal["", "warm", "plain", "formal"] = ""


class NewCard(Guarded, Manner):
    """`seen` is the mark of the text the writer had before them; `signed_as` counts once it is signed."""

    text: CardText
    seen: Annotated[str, StringConstraints(max_length=64)] = ""
    signed_as: Name = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """`name`: as it stands below the text; `by`: the member of staff who finished it, "" if nobody knows."""

    name: str
    by: str
    by_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class CardPanel:
    """One card. `prompt` is None where no card is wished; `seen` marks the text shown, see `write`."""

    row: DeliveryRow
    prompt: Prompt | None
    text: str
    seen: str
    signed: Signed | None


# --- looking ---------------------------------------------------------------------------------------------------------


def panel(session: Session, delivery_id: int, *, shop: Shop, now: datetime) -> CardPanel:
    """As many queries as for many."""
    return panels(session, [store.get_sent(session, delivery_id)], shop, now)[0]


def panels(session: Session, sent: Sequence[Sent], shop: Shop, now: datetime) -> list[CardPanel]:
    rows = delivery_rows.rows(session, sent, shop.day(now))
    known = known_of(session, sent, rows, shop, now)
    names = store.staff_names(session)
    return [
        CardPanel(
            row=row,
            prompt=prompts.prompt(known[row.id]) if row.wants_card else None,
            text=one.delivery.card_text,
            seen=_mark(one.delivery.card_text),
            signed=_signed(one.delivery, names),
        )
        for one, row in zip(sent, rows, strict=True)
    ]


def _signed(delivery: Delivery, names: dict[int, str]) -> Signed | None:
    if delivery.signed_at is None:
        return None
    return Signed(delivery.signed_as, names.get(delivery.signed_by or 0, ""), delivery.signed_by, delivery.signed_at)


def has_left(delivery: Delivery) -> bool:
    return any((delivery.handed_at, delivery.delivered_at, delivery.returned_at))


def may_open_again(actor: Actor, delivery: Delivery) -> bool:
    """The card of a parcel that is still here: whoever signed it, or a lead."""
    is_theirs = delivery.signed_by == actor.staff_id or reaches(actor.role, Role.LEAD)
    return delivery.signed_at is not None and is_theirs and not has_left(delivery)


# --- writing ---------------------------------------------------------------------------------------------------------


def write(session: Session, actor: Actor, delivery_id: int, form: NewCard, *, now: datetime) -> None:
    """Raises Conflict if somebody else wrote this card meanwhile, both texts are then on the screen; or if it was signed or left."""
    sent = store.get_sent_to_change(session, delivery_id)
    if idempotency.claim(session, actor, "card", form.form_key, [delivery_id, form.model_dump()], now=now) is not None:
        return
    _refuse(session, sent, form)
    _guard(session, actor, form, now)
    _keep(session, actor, sent, form, now)


def choose(session: Session, delivery_id: int, form: Manner) -> None:
    """What is typed meanwhile is not touched. Choosing the same twice changes nothing."""
    sent = store.get_sent_to_change(session, delivery_id)
    _refuse_what_is_sent(sent.delivery)
    _choose(session, sent.delivery, form)


def sign(session: Session, actor: Actor, delivery_id: int, form: NewCard, *, shop: Shop, now: datetime) -> None:
    """Keeps the text as `write` does; from now on it is what was sent, and what it told is not told again on the next."""
    sent = store.get_sent_to_change(session, delivery_id)
    request = [delivery_id, form.model_dump()]
    if idempotency.claim(session, actor, "card-sign", form.form_key, request, now=now) is not None:
        return
    _refuse(session, sent, form)
    if not form.signed_as:
        raise Invalid({"signed_as": say("Please say who signs.")})
    _guard(session, actor, form, now)
    if sent.delivery.card_text != form.text:
        _keep(session, actor, sent, form, now)
    delivery = sent.delivery
    card_uses.forget(session, delivery_id)  # what counted while nobody knew how the card ends
    _remember_what_it_tells(session, sent, form.text, shop, now)
    if delivery.written_at is None:
        delivery.written_at, delivery.card_by = now, actor.staff_id
    _choose(session, delivery, form)
    delivery.signed_as, delivery.signed_at, delivery.signed_by = form.signed_as, now, actor.staff_id
    log(session, actor, "delivery.signed", sent, now)


def unsign(session: Session, actor: Actor, delivery_id: int, form: Keyed, *, now: datetime) -> None:
    """Opens a signed card again. Raises Forbidden for everybody but whoever signed it and a lead, Conflict once it has left."""
    sent = store.get_sent_to_change(session, delivery_id)
    delivery = sent.delivery
    if idempotency.claim(session, actor, "card-unsign", form.form_key, delivery_id, now=now) is not None:
        return
    if delivery.signed_at is None:
        return
    if has_left(delivery):
        raise Conflict(_HAS_LEFT)
    if not may_open_again(actor, delivery):
        raise Forbidden(_NOT_YOURS)
    card_uses.forget(session, delivery_id)
    delivery.signed_as, delivery.signed_at, delivery.signed_by = "", None, None
    log(session, actor, "delivery.unsigned", sent, now)


# --- what is used up -------------------------------------------------------------------------------------------------


def use_up(session: Session, sent: Sent, *, shop: Shop, now: datetime) -> None:
    """A card that nobody signed goes along all the same: what it says, or without a text what its prompt offered, counts as told.

    Of a signed one its signature has said it. What counts already is weighed anew only where there is a text to go by.
    """
    delivery = sent.delivery
    if delivery.signed_at is not None or sent.customer.erased_at is not None:
        return
    if delivery.card_text or not card_uses.has_any(session, delivery.id):
        card_uses.forget(session, delivery.id)
        _remember_what_it_tells(session, sent, delivery.card_text, shop, now)


def give_back(session: Session, delivery: Delivery) -> None:
    """Neither written nor gone after all, so it told nothing."""
    if not (delivery.signed_at or delivery.written_at or has_left(delivery)):
        card_uses.forget(session, delivery.id)


def _refuse(session: Session, sent: Sent, form: NewCard) -> None:
    if sent.customer.erased_at is not None:
        raise Invalid(
            {"": say("This person was erased, so nothing is written to them. Leave the parcel without a card.")}
        )
    if store.who_want_no_card(session, [sent.customer.id]):
        raise Invalid({"": say("{name} wishes no card.", name=sent.customer.name)})
    _refuse_what_is_sent(sent.delivery)
    if form.seen != _mark(sent.delivery.card_text):
        raise Conflict(
            say("Somebody wrote this card while you were writing. Their words are shown; yours are kept below.")
        )


def _refuse_what_is_sent(delivery: Delivery) -> None:
    if has_left(delivery):
        raise Conflict(_HAS_LEFT)
    if delivery.signed_at is not None:
        raise Conflict(say("This card is signed, so its words stay as they are. Open it again first to change them."))


def _keep(session: Session, actor: Actor, sent: Sent, form: NewCard, now: datetime) -> None:
    delivery = sent.delivery
    delivery.card_text, delivery.card_by, delivery.written_at = form.text, actor.staff_id, now
    _choose(session, delivery, form)
    log(session, actor, f"delivery.{Tick.WRITTEN}", sent, now)


def _choose(session: Session, delivery: Delivery, form: Manner) -> None:
    known = {one.code for one in card_formats.list_formats(session)}
    if form.card_format and form.card_format not in known:
        raise Invalid({"card_format": say("There is no such card any more. Please choose another.")})
    delivery.card_format = form.card_format or delivery.card_format
    delivery.card_hand = form.card_hand or delivery.card_hand
    delivery.card_tone = form.card_tone or delivery.card_tone


def _remember_what_it_tells(session: Session, sent: Sent, text: str, shop: Shop, now: datetime) -> None:
    """Of what was known before this signature, in the prompt or beside it: the text may be older than the newest notes."""
    rows = delivery_rows.rows(session, [sent], shop.day(now))
    if not rows[0].wants_card:
        return
    known = known_of(session, [sent], rows, shop, now)[sent.delivery.id]
    made = prompts.prompt(known)
    offered, _ = prompts.used_by(made)
    told = card_told.told(text, made.facts, citable(known)) if text else offered
    uses = [
        *((Used.FACT, key) for key in sorted(told)),
        *((Used.PHRASE, starter.key) for starter in made.starters.given),
        *((Used.PHRASE, key) for key in sorted(card_told.begun(text, made.language) if text else ())),
    ]
    card_uses.remember(session, sent.delivery.id, sent.customer.id, uses, on=shop.day(now))


def _guard(session: Session, actor: Actor, form: NewCard, now: datetime) -> None:
    texts = {"text": form.text, "signed_as": form.signed_as}
    guarding.ensure_all(session, actor, texts, form=form, where="card", now=now)
    if not (form.is_confirmed or form.guard_reason) and prompts.shows_money(form.text):
        sentence = say("A card carries no prices and no offers. Take them out, or tick “Keep it as it is”.")
        raise Invalid({"text": sentence, "is_confirmed": say("Is this meant so?")})


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
