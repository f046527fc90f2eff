"""What a customer likes, cannot have, and wishes: entries with a source, never a blob."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.inputs import Keyed
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor
from deskapp.rules.stops import Stop, StopKind
from deskapp.store import customers, preferences
from deskapp.store.memory_tables import Preference, PreferenceKind
from deskapp.store.tables import Item

KIND_WORDS = {
    PreferenceKind.LIKE: "Likes",
    PreferenceKind.DISLIKE: "Dislikes",
    PreferenceKind.SIZE: "Size",
    PreferenceKind.ALLERGY: "Allergy",
    PreferenceKind.DIET: "Diet",
    PreferenceKind.ADDRESS: "Form of address",
    PreferenceKind.PRONUNCIATION: "How to say the name",
    PreferenceKind.CONTACT: "Wish about contact",
    PreferenceKind.NO_GIFTS: "No gifts",
    PreferenceKind.NO_CARDS: "No cards",
    PreferenceKind.INTEREST: "Interested in",
}
_NEEDS_NO_WORDS = (PreferenceKind.NO_GIFTS, PreferenceKind.NO_CARDS)
_STOPS = {
    PreferenceKind.ALLERGY: StopKind.ALLERGY,
    PreferenceKind.DISLIKE: StopKind.DISLIKE,
    PreferenceKind.NO_GIFTS: StopKind.NO_GIFTS,
}


class NewPreference(Keyed):
    kind: PreferenceKind
    value: Annotated[str, Field(max_length=200)] = ""
    is_stated: bool = False  # inferred unless somebody ticks that the customer said so


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    id: int
    kind: str
    kind_words: str
    value: str
    is_stated: bool
    heard_by: str
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class PreferencesPanel:
    customer_id: int
    customer_name: str
    rows: list[PreferenceRow]
    kinds: dict[str, str]


def panel(session: Session, customer_id: int) -> PreferencesPanel:
    """Two queries."""
    customer = customers.get_customer(session, customer_id)
    kinds = {kind.value: words for kind, words in KIND_WORDS.items()}
    return PreferencesPanel(
        customer.id, customer.name, rows_of(preferences.list_preferences(session, customer_id)), kinds
    )


def rows_of(found: list[tuple[Preference, str]]) -> list[PreferenceRow]:
    return [
        PreferenceRow(p.id, p.kind, KIND_WORDS[p.kind], p.value, p.is_stated, heard_by, p.heard_at)
        for p, heard_by in found
    ]


def stops_of(found: list[tuple[Preference, str]]) -> list[Stop]:
    """The hard stops for gifts and suggestions, on every surface."""
    return [Stop(_STOPS[p.kind], p.value, p.item_id) for p, _ in found if p.kind in _STOPS]


def stops_of_customer(session: Session, customer_id: int) -> list[Stop]:
    """The same for who gives: rows instead of entities, since it is asked while others wait to write."""
    found = preferences.list_wishes(session, customer_id)
    return [Stop(_STOPS[kind], value, item_id) for kind, value, item_id in found if kind in _STOPS]


def record(session: Session, actor: Actor, customer_id: int, form: NewPreference, *, now: datetime) -> None:
    customer = customers.get_customer(session, customer_id)
    if not form.value and form.kind not in _NEEDS_NO_WORDS:
        raise Invalid({"value": "Please write what it is."})
    if (
        idempotency.claim(session, actor, "preference", form.form_key, [customer_id, form.model_dump()], now=now)
        is not None
    ):
        return
    _add(session, actor, customer.id, form.kind, form.value, is_stated=form.is_stated, item_id=None, now=now)


def not_for_them(session: Session, actor: Actor, customer_id: int, item: Item, *, now: datetime) -> None:
    """One tap on a suggestion: a dislike of that item, which withdrawing undoes. A second tap changes nothing."""
    known = preferences.list_preferences(session, customer_id)
    if any(p.item_id == item.id and p.kind is PreferenceKind.DISLIKE for p, _ in known):
        return
    _add(
        session, actor, customer_id, PreferenceKind.DISLIKE, item.name[:200], is_stated=False, item_id=item.id, now=now
    )


def withdraw(session: Session, actor: Actor, preference_id: int, *, now: datetime) -> int:
    """The customer's id. Withdrawing twice changes nothing."""
    preference = preferences.get_preference(session, preference_id)
    if preference.withdrawn_at is None:
        preference.withdrawn_at = now
        subject = f"customer:{preference.customer_id}"
        audit.write(session, actor, "preference.withdrawn", subject, now=now, preference=preference.id)
    return preference.customer_id


def _add(
    session: Session,
    actor: Actor,
    customer_id: int,
    kind: PreferenceKind,
    value: str,
    *,
    is_stated: bool,
    item_id: int | None,
    now: datetime,
) -> None:
    preference = Preference(
        customer_id=customer_id,
        kind=kind,
        value=value,
        is_stated=is_stated,
        item_id=item_id,
        heard_by=actor.staff_id,
        heard_at=now,
    )
    session.add(preference)
    session.flush()
    subject = f"customer:{customer_id}"
    audit.write(session, actor, "preference.recorded", subject, now=now, preference=preference.id, kind=kind.value)
