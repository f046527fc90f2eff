"""Asking a second person for a gift, and deciding on one: never the asker, once, at the price that was asked for."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from sqlmodel import Session

from deskapp.desk import audit, grants, guarding, idempotency
from deskapp.desk.approvers import find_authority
from deskapp.desk.asked import HOURS, moved_words, of_decider, over_words, state_of
from deskapp.desk.grants import Gift, is_current
from deskapp.desk.inputs import no_nul
from deskapp.desk.verdicts import Outcome
from deskapp.desk.wording import money
from deskapp.rules.errors import Conflict, Forbidden
from deskapp.rules.people import Actor, Permission
from deskapp.rules.words import Said, say, together
from deskapp.store import approvals as rows
from deskapp.store import clock, offers
from deskapp.store import grants as grant_rows
from deskapp.store.approvals import Asked
from deskapp.store.gift_tables import Approval, ApprovalState
from deskapp.store.staff import as_actor
from deskapp.store.tables import Customer, Item

LIVES = timedelta(hours=HOURS)

_SHORTEST, _LONGEST = 3, 300  # characters


def _says_why(reason: str) -> str:
    if len(reason) < _SHORTEST:
        raise ValueError(say("Please say why in a few words: whoever decides reads them."))
    return reason


Answer = Annotated[str, StringConstraints(max_length=_LONGEST), AfterValidator(no_nul)]
Reason = Annotated[Answer, AfterValidator(_says_why)]


class Ask(guarding.Guarded):
    reason: Reason


# --- asking ---------------------------------------------------------------------------------------------------------


def ask_for_offer(session: Session, actor: Actor, offer_id: int, form: Ask, *, now: datetime) -> int:
    """The customer's id. Raises Conflict if the price moved since the offer was shown."""
    offer, item, customer = offers.get_offer(session, offer_id)
    if offer.currency != item.currency or not is_current(offer, item):
        raise Conflict(
            say(
                "The price of {item} has changed since it was shown. Please look again before you ask for it.",
                item=item.name,
            )
        )
    ask(session, actor, customer, item, offer.order_id, form, now=now)
    return customer.id


def ask(
    session: Session, actor: Actor, customer: Customer, item: Item, order_id: int | None, form: Ask, *, now: datetime
) -> int:
    """The approval's id. While one waits for the same customer and item, asking again is that one.

    Raises Conflict where the actor may give it themselves, or nobody may.
    """
    if not actor.may(Permission.GIVE):
        raise Forbidden(say("Your role gives no gifts."))
    sent = [customer.id, item.id, order_id, form.reason]
    if (answer := idempotency.claim(session, actor, "ask", form.form_key, sent, now=now)) is not None:
        return int(answer["approval"])
    guarding.ensure(
        session,
        actor,
        form.reason,
        where="approval",
        field="reason",
        form=form,
        now=now,
    )
    grant_rows.hold_customer(session, customer.id)  # two who ask at once on one account are one
    waiting = rows.find_waiting(session, actor.staff_id, customer.id, item.id, now)
    if waiting is not None and moved_words(waiting, item):
        _withdraw(session, actor, waiting, now)
        waiting = None
    approval = waiting or _new(session, Gift(actor, customer, item, order_id), form.reason, now)
    idempotency.settle(session, actor, "ask", form.form_key, {"approval": approval.id})
    return approval.id


def _new(session: Session, gift: Gift, reason: str, now: datetime) -> Approval:
    foreseen = grants.foresee(session, gift, now=now)
    if foreseen.kind == "granted":
        raise Conflict(say("You may give {item} yourself now; nobody else has to agree.", item=gift.item.name))
    if foreseen.kind == "refused":
        raise Conflict(foreseen.sentence)
    approval = Approval(
        asked_by=gift.giver.staff_id,
        customer_id=gift.customer.id,
        order_id=gift.order_id,
        item_id=gift.item.id,
        price_minor=gift.item.price_minor,
        cost_minor=gift.item.cost_minor,
        value_minor=foreseen.value_minor,
        currency=gift.item.currency,
        reason=reason,
        state=ApprovalState.WAITING,
        asked_at=now,
        expires_at=now + LIVES,
    )
    session.add(approval)
    session.flush()
    _note(session, gift.giver, "asked", approval, now, value_minor=approval.value_minor, currency=approval.currency)
    return approval


def withdraw(session: Session, actor: Actor, approval_id: int, *, now: datetime) -> int:
    """The customer's id. Withdrawing twice changes nothing."""
    asked = rows.get_asked(session, approval_id)
    approval = asked.approval
    if approval.asked_by != actor.staff_id:
        raise Forbidden(say("Only who asked can withdraw it."))
    if approval.state is not ApprovalState.WITHDRAWN and not _withdraw(session, actor, approval, now):
        raise Conflict(over_words(session, asked, now))
    return approval.customer_id


def _withdraw(session: Session, actor: Actor, approval: Approval, now: datetime) -> bool:
    if not rows.move(session, approval, ApprovalState.WITHDRAWN, now=now):
        return False
    _note(session, actor, "withdrawn", approval, now)
    return True


def expire(session: Session, *, now: datetime) -> int:
    """How many had waited too long."""
    over = [one for one in rows.list_run_out(session, now) if rows.move(session, one, ApprovalState.EXPIRED, now=now)]
    for approval in over:
        _note(session, None, "expired", approval, now)
    return len(over)


# --- deciding -------------------------------------------------------------------------------------------------------


def decide(
    session: Session, decider: Actor, approval_id: int, *, is_approved: bool, answer: str = "", key: str, now: datetime
) -> Outcome | None:
    """What came of the gift, None if it was declined. An outcome that is not "granted" leaves it waiting.

    Raises Forbidden for the asker and for whoever has too little authority; Conflict if it does not wait any more, its
    price moved, or its asker may not give any more.
    """
    sent = [approval_id, is_approved, answer]
    if (first := idempotency.claim(session, decider, "approval", key, sent, now=now)) is not None:
        return Outcome(**first["outcome"]) if first["outcome"] else None
    guarding.ensure(session, decider, answer, form=None, where="approval", field="answer", now=now)
    asked = rows.get_asked(session, approval_id)
    _check_waits(session, asked, now)
    authority = _get_authority(session, decider, asked, now)
    if is_approved:
        outcome = _approve(session, decider, authority, asked, answer, now)
    else:
        outcome = None
        _settle(session, decider, authority, asked, ApprovalState.DECLINED, answer, now)
    told = {"outcome": outcome.to_keep() if outcome else None}
    idempotency.settle(session, decider, "approval", key, told)
    return outcome


def find_said(session: Session, decider: Actor, key: str) -> str:
    """What came of the decision under `key`, "" if there was none."""
    first = idempotency.find(session, decider, "approval", key)
    if first is None:
        return ""
    return Outcome(**first["outcome"]).sentence if first["outcome"] else say("Declined. Whoever asked sees it now.")


def _check_waits(session: Session, asked: Asked, now: datetime) -> None:
    if state_of(asked.approval, now) is not ApprovalState.WAITING:
        raise Conflict(over_words(session, asked, now))


def _get_authority(session: Session, decider: Actor, asked: Asked, now: datetime) -> Actor:
    asker = as_actor(asked.asker)
    if decider.staff_id == asker.staff_id:
        raise Forbidden(say("You asked for this yourself, so somebody else decides."))
    if (authority := find_authority(session, decider, asker, asked.item, now=now)) is None:
        raise Forbidden(say("{item} is more than you may approve for a colleague.", item=asked.item.name))
    return authority


def _approve(session: Session, decider: Actor, authority: Actor, asked: Asked, answer: str, now: datetime) -> Outcome:
    """Given in the asker's name and with the authority's money, in one step with the decision, or neither."""
    _check_asker_gives(asked)
    _check_price(asked)
    gift = Gift(
        as_actor(asked.asker), asked.customer, asked.item, asked.approval.order_id, authority, asked.approval.id
    )
    held = grant_rows.hold_customer(session, asked.customer.id)
    clock.keep(session, now, held.clock)  # in the order of every gift, and before the approval, as who asks anew does
    with session.begin_nested() as savepoint:
        _settle(session, decider, authority, asked, ApprovalState.APPROVED, answer, now)
        outcome = grants.decide_and_reserve(session, gift, now=now)
        if outcome.kind != "granted":
            savepoint.rollback()
            return outcome
    return replace(outcome, sentence=_given_words(outcome, asked, decider, authority))


def _given_words(outcome: Outcome, asked: Asked, decider: Actor, authority: Actor) -> Said:
    """To whoever decided: what is left of the period that was drawn from, not what the asker may still give."""
    words = say("{item} is given. {asker} sees it now.", item=outcome.item_name, asker=asked.asker.name)
    if (left := of_decider(outcome)) is None:
        return words
    amount, when = money(left.minor, outcome.currency), left.when
    if authority.staff_id == decider.staff_id:
        return together([words, say("You may still give {amount} {when}.", amount=amount, when=when)])
    still = say("{name} may still give {amount} {when}.", name=authority.name, amount=amount, when=when)
    return together([words, still])


def _settle(
    session: Session, decider: Actor, authority: Actor, asked: Asked, to: ApprovalState, answer: str, now: datetime
) -> None:
    """Raises Conflict for the second of two who decide at once."""
    lent_by = authority.staff_id if authority.staff_id != decider.staff_id else None
    decided_by = decider.staff_id
    if not rows.move(session, asked.approval, to, now=now, decided_by=decided_by, on_behalf_of=lent_by, answer=answer):
        raise Conflict(over_words(session, asked, now))
    _note(session, decider, to.value, asked.approval, now, **({"on_behalf_of": lent_by} if lent_by else {}))


def _check_asker_gives(asked: Asked) -> None:
    asker = as_actor(asked.asker)
    if not asked.asker.is_active:
        raise Conflict(
            say("{name} does not work here any more, so nothing was given. Please decline it.", name=asker.name)
        )
    if not asker.may(Permission.GIVE):
        raise Conflict(say("{name} gives no gifts any more, so nothing was given. Please decline it.", name=asker.name))


def _check_price(asked: Asked) -> None:
    if moved := moved_words(asked.approval, asked.item):
        raise Conflict(together([moved, say("Nothing was given; {name} can ask anew.", name=asked.asker.name)]))


def _note(
    session: Session, actor: Actor | None, done: str, approval: Approval, now: datetime, **details: object
) -> None:
    subject = f"customer:{approval.customer_id}"
    audit.write(session, actor, f"approval.{done}", subject, now=now, approval=approval.id, **details)
