"""What companies and public offices may be given, set by managers in new editions; and which customers are one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from deskapp.desk import agreements, audit, idempotency
from deskapp.desk.inputs import Keyed
from deskapp.desk.wording import money
from deskapp.rules.errors import Forbidden, Invalid
from deskapp.rules.money import parse_minor
from deskapp.rules.people import Actor, Permission, Receiver
from deskapp.rules.words import Said, psay, say, together
from deskapp.store import budgets, customers, given, staff
from deskapp.store.gift_tables import Agreement, ReceiverVersion

KINDS = (Receiver.BUSINESS, Receiver.PUBLIC)
_TITLES = {Receiver.BUSINESS: say("Businesses"), Receiver.PUBLIC: say("Public offices")}
_ONE = {
    Receiver.PERSON: psay("may be given", "A private person"),
    Receiver.BUSINESS: psay("may be given", "A business"),
    Receiver.PUBLIC: psay("may be given", "A public office"),
}
_MOST_MINOR = 10**12
_AMOUNTS = ("per_gift", "per_year", "register_from")

State = Literal["in force", "waiting", "declined", "over"]


class NewThreshold(Keyed):
    """Amounts as plain decimals of the desk's currency, at the price in the shop."""

    receiver: Receiver
    per_gift: str
    per_year: str
    register_from: str


class NewKind(Keyed):
    receiver: Receiver


@dataclass(frozen=True, slots=True)
class EditionRow:
    """`waits_for_me`: the actor may agree to it, having not set it."""

    id: int
    words: str
    state: State
    set_by: str
    set_at: datetime
    said_by: str
    waits_for_me: bool
    per_gift_minor: int
    per_year_minor: int
    register_from_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class KindRow:
    receiver: Receiver
    title: str
    in_force: EditionRow | None
    waiting: list[EditionRow]
    over: list[EditionRow]


@dataclass(frozen=True, slots=True)
class ReceiversPanel:
    kinds: list[KindRow]
    currency: str


def panel(session: Session, actor: Actor, currency: str) -> ReceiversPanel:
    """Two queries."""
    names = staff.names(session)
    editions = given.list_receiver_editions(session)
    return ReceiversPanel([_kind(kind, editions, names, actor) for kind in KINDS], currency)


def _kind(receiver: Receiver, editions: given.Editions, names: dict[int, str], actor: Actor) -> KindRow:
    held = [(version, said) for version, said in editions if version.receiver is receiver]
    agreed = [version.id for version, said in held if _is_agreed(version, said)]
    rows = [_edition(version, said, names, actor, agreed[-1] if agreed else 0) for version, said in reversed(held)]
    return KindRow(
        receiver=receiver,
        title=_TITLES[receiver],
        in_force=next((row for row in rows if row.state == "in force"), None),
        waiting=[row for row in rows if row.state == "waiting"],
        over=[row for row in rows if row.state in {"over", "declined"}],
    )


def _is_agreed(version: ReceiverVersion, said: Agreement | None) -> bool:
    return not version.needs_agreement or (said is not None and said.is_agreed)


def _edition(
    version: ReceiverVersion, said: Agreement | None, names: dict[int, str], actor: Actor, in_force: int
) -> EditionRow:
    state = _state(version, said, in_force)
    return EditionRow(
        id=version.id,
        words=sentence(version),
        state=state,
        set_by=names.get(version.set_by, ""),
        set_at=version.set_at,
        said_by=names.get(said.said_by, "") if said else "",
        waits_for_me=state == "waiting" and version.set_by != actor.staff_id,
        per_gift_minor=version.per_gift_minor,
        per_year_minor=version.per_year_minor,
        register_from_minor=version.register_from_minor,
        currency=version.currency,
    )


def _state(version: ReceiverVersion, said: Agreement | None, in_force: int) -> State:
    if version.id == in_force:
        return "in force"
    if said is not None and not said.is_agreed:
        return "declined"
    return "waiting" if version.needs_agreement and said is None and version.id > in_force else "over"


def sentence(version: ReceiverVersion) -> Said:
    who = _ONE[version.receiver]
    if not version.per_gift_minor or not version.per_year_minor:
        return say("{who} may be given nothing.", who=who)
    may = say(
        "{who} may be given up to {gift} at once and {year} within a year, at the price in the shop.",
        who=who,
        gift=money(version.per_gift_minor, version.currency),
        year=money(version.per_year_minor, version.currency),
    )
    return together([may, _noted(version)])


def _noted(version: ReceiverVersion) -> Said:
    if not version.register_from_minor:
        return say("Every gift is in the register.")
    amount = money(version.register_from_minor, version.currency)
    return say("Gifts worth {amount} or more are in the register.", amount=amount)


def set_threshold(
    session: Session,
    actor: Actor,
    form: NewThreshold,
    *,
    currency: str,
    zone: str,
    agree_above_minor: int,
    now: datetime,
) -> None:
    """A new edition. A second person has to agree to much within a year, and to noting less than is noted now."""
    if not actor.may(Permission.SET_LIMITS):
        raise Forbidden(say("Only managers set what businesses and public offices may be given."))
    amounts = _amounts(form, currency)
    if idempotency.claim(session, actor, "receiver", form.form_key, form.model_dump(), now=now) is not None:
        return
    version = ReceiverVersion(
        receiver=form.receiver,
        currency=currency,
        zone=zone,
        **amounts,
        needs_agreement=agreements.needed(
            session,
            actor,
            worth_minor=amounts["per_year_minor"],
            above_minor=agree_above_minor,
            covers_setter=_notes_less(session, form.receiver, amounts, currency),
        ),
        set_by=actor.staff_id,
        set_at=now,
    )
    session.add(version)
    session.flush()
    told = {"version": version.id, "currency": currency, "needs_agreement": version.needs_agreement} | amounts
    audit.write(session, actor, "receiver.set", f"receiver:{form.receiver.value}", now=now, **told)


def _notes_less(session: Session, receiver: Receiver, amounts: dict[str, int], currency: str) -> bool:
    """Than now; at first, nothing at all, though something may be given. Nobody empties the register alone."""
    now = budgets.find_receiver(session, receiver)
    if now is not None and now.currency == currency:
        return amounts["register_from_minor"] > now.register_from_minor
    return 0 < amounts["per_gift_minor"] < amounts["register_from_minor"]


def _amounts(form: NewThreshold, currency: str) -> dict[str, int]:
    amounts: dict[str, int] = {}
    problems: dict[str, str] = {}
    if form.receiver not in KINDS:
        problems["receiver"] = say("Private persons have no threshold of their own; their limits stand under Limits.")
    for name in _AMOUNTS:
        try:
            amounts[f"{name}_minor"] = parse_minor(getattr(form, name), currency)
        except ValueError as error:
            problems[name] = str(error)
    problems |= {
        name.removesuffix("_minor"): say("This is more than the desk can count.")
        for name, minor in amounts.items()
        if minor > _MOST_MINOR
    }
    if not problems and amounts["per_gift_minor"] > amounts["per_year_minor"]:
        problems["per_year"] = say("A year must hold at least one gift: please write as much as for a gift, or more.")
    if problems:
        raise Invalid(problems)
    return amounts


# --- which customers ------------------------------------------------------------------------------------------------


def set_kind(session: Session, actor: Actor, customer_id: int, form: NewKind, *, now: datetime) -> None:
    """Counts with the next gift. Saying the same again changes nothing."""
    if not actor.may(Permission.APPROVE):
        raise Forbidden(say("Only leads and managers say whether a customer is a business or a public office."))
    customer = customers.get_customer(session, customer_id)
    request = [customer_id, form.receiver]
    if idempotency.claim(session, actor, "receiver-kind", form.form_key, request, now=now) is not None:
        return
    if (was := customer.receiver) is not form.receiver:
        customer.receiver = form.receiver
        details = {"was": was.value, "is": form.receiver.value}
        audit.write(session, actor, given.RECEIVER_SET, f"customer:{customer_id}", now=now, **details)
