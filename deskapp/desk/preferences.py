"""What a customer likes, cannot have, and wishes: entries with a source, never a blob."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlmodel import Session

from deskapp.desk import audit, guarding, idempotency, occasions
from deskapp.desk.budgets import MaybeDay
from deskapp.desk.guarding import Guarded
from deskapp.desk.inputs import Keyed, no_nul
from deskapp.desk.occasions import OccasionRow
from deskapp.desk.steering import choices as items_called
from deskapp.desk.steering import the_item
from deskapp.rules import fading, timing
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.guard import Kind
from deskapp.rules.people import Actor
from deskapp.rules.stops import Stop, StopKind, fold
from deskapp.rules.words import Said, say, together
from deskapp.store import catalogue, customers, notes, preferences
from deskapp.store.memory_tables import Preference, PreferenceKind
from deskapp.store.preferences import Wish
from deskapp.store.tables import Item

KIND_WORDS = {
    PreferenceKind.LIKE: say("Likes"),
    PreferenceKind.DISLIKE: say("Dislikes"),
    PreferenceKind.SIZE: say("Size"),
    PreferenceKind.ALLERGY: say("Allergy"),
    PreferenceKind.DIET: say("Diet"),
    PreferenceKind.ADDRESS: say("Form of address"),
    PreferenceKind.PRONUNCIATION: say("How to say the name"),
    PreferenceKind.CONTACT: say("Wish about contact"),
    PreferenceKind.NO_GIFTS: say("No gifts"),
    PreferenceKind.NO_CARDS: say("No cards"),
    PreferenceKind.NO_QUESTIONS: say("Do not ask how it was"),
    PreferenceKind.INTEREST: say("Interested in"),
}
NO_CONTACT = "No contact"  # a wish about contact without words; kept like that
_NEEDS_NO_WORDS = (
    PreferenceKind.NO_GIFTS,
    PreferenceKind.NO_CARDS,
    PreferenceKind.NO_QUESTIONS,
    PreferenceKind.CONTACT,
)
_OF_THINGS = (
    PreferenceKind.LIKE,
    PreferenceKind.DISLIKE,
    PreferenceKind.SIZE,
    PreferenceKind.ALLERGY,
    PreferenceKind.DIET,
    PreferenceKind.INTEREST,
)
_STOPS = {
    PreferenceKind.ALLERGY: StopKind.ALLERGY,
    PreferenceKind.DISLIKE: StopKind.DISLIKE,
    PreferenceKind.NO_GIFTS: StopKind.NO_GIFTS,
}
# What these are for, the guard would stop anywhere else.
_EXPECTED = {PreferenceKind.ALLERGY: (Kind.HEALTH,), PreferenceKind.DIET: (Kind.HEALTH, Kind.FAITH)}

Value = Annotated[str, Field(max_length=200), AfterValidator(no_nul)]


class NewPreference(Guarded):
    """Said of one `item` (its SKU, or words of its name; `sku` where several are called so), of a `category`, or of neither."""

    kind: PreferenceKind
    value: Value = ""
    is_stated: bool
    item: Value = ""
    sku: Annotated[str, Field(max_length=120)] = ""
    category: Annotated[str, Field(max_length=120), AfterValidator(no_nul)] = ""
    review_on: MaybeDay = None


class ChangedPreference(Guarded):
    """Other words for the same thing; kind, source, item and category stay."""

    value: Value = ""
    is_stated: bool
    review_on: MaybeDay = None


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """`about`: the item or the category it is said of, "" for neither. `note_id`: the note it was read from, on the panel None
    where that was taken back. `asks`: somebody should ask whether it is still so; `is_faded`: until then it counts no more.
    """

    id: int
    kind: str
    kind_words: str
    value: str
    is_stated: bool
    heard_by: str
    heard_at: datetime
    about: str
    note_id: int | None
    review_on: date | None
    asks_on: date | None
    asks: bool
    is_faded: bool

    @property
    def what(self) -> Said:
        """As in "Likes plum jam"."""
        return together([self.kind_words, self.words])

    @property
    def words(self) -> str:
        return words_of(self.kind, self.value)

    @property
    def typed(self) -> str:
        """What somebody wrote, to be written better; else whoever saves it would keep the desk's words in their own tongue."""
        return "" if wishes_no_contact(self.kind, self.value) else self.value


@dataclass(frozen=True, slots=True)
class PreferencesPanel:
    """`choices`: SKU and words of the items that were meant by what was typed just now, where there are several."""

    customer_id: int
    customer_name: str
    rows: list[PreferenceRow]
    occasions: list[OccasionRow]
    kinds: dict[str, str]
    occasion_kinds: dict[str, str]
    categories: list[str]
    choices: list[tuple[str, str]]
    today: date

    @property
    def months(self) -> list[tuple[int, Said]]:
        return list(enumerate(timing.MONTHS, 1))


def panel(session: Session, customer_id: int, *, asked: str = "", today: date) -> PreferencesPanel:
    """Four queries, one more where something is said of an item or read from a note. `asked`: what was typed for an item just now."""
    customer = customers.get_customer(session, customer_id)
    found = preferences.list_preferences(session, customer_id)
    about = {p.item_id for p, _ in found if p.item_id is not None}
    read_from = {p.note_id for p, _ in found if p.note_id is not None}
    standing = notes.which_stand(session, read_from) if read_from else set()
    rows = rows_of(found, preferences.names_of(session, about) if about else {}, today)
    return PreferencesPanel(
        customer_id=customer.id,
        customer_name=customer.name,
        rows=[row if row.note_id in standing else replace(row, note_id=None) for row in rows],
        occasions=occasions.list_rows(session, customer_id, today=today),
        kinds={kind.value: words for kind, words in KIND_WORDS.items()},
        occasion_kinds={kind.value: words for kind, words in occasions.KIND_WORDS.items()},
        categories=catalogue.list_categories(session),
        choices=items_called(session, asked),
        today=today,
    )


def rows_of(found: Iterable[tuple[Preference, str]], items: dict[int, str], today: date) -> list[PreferenceRow]:
    return [_row(preference, heard_by, items, today) for preference, heard_by in found]


def _row(p: Preference, heard_by: str, items: dict[int, str], today: date) -> PreferenceRow:
    asks_on = fading.asks_on(p.heard_at.date(), p.review_on, is_stated=p.is_stated)
    about = p.category or items.get(p.item_id or 0, "")
    return PreferenceRow(
        id=p.id,
        kind=p.kind,
        kind_words=KIND_WORDS[p.kind],
        value=p.value,
        is_stated=p.is_stated,
        heard_by=heard_by,
        heard_at=p.heard_at,
        about="" if fold(about) == fold(p.value) and p.kind is not PreferenceKind.DISLIKE else about,
        note_id=p.note_id,
        review_on=p.review_on,
        asks_on=asks_on,
        asks=asks_on is not None and asks_on <= today,
        is_faded=not counts(p, today),
    )


def wishes_no_contact(kind: str, value: str) -> bool:
    return kind == PreferenceKind.CONTACT and value == NO_CONTACT


def words_of(kind: str, value: str) -> str:
    """As it was typed; what the desk wrote where nothing was is read in everybody's tongue."""
    return say("No contact") if wishes_no_contact(kind, value) else value


def counts(wish: Preference | Wish, today: date) -> bool:
    """Whether it is still to be gone by; what only was gathered fades after a year."""
    asks_on = fading.asks_on(wish.heard_at.date(), wish.review_on, is_stated=wish.is_stated)
    return not fading.has_faded(wish.kind, asks_on, today, is_stated=wish.is_stated)


def stops_of(wishes: Iterable[Preference | Wish]) -> list[Stop]:
    """The hard stops for gifts and suggestions, on every surface, of wishes that count."""
    return [Stop(_STOPS[w.kind], w.value, w.item_id, w.category) for w in wishes if w.kind in _STOPS]


def stops_of_customer(session: Session, customer_id: int, *, today: date) -> list[Stop]:
    """The same for who gives. One query."""
    return stops_of(wish for wish in preferences.list_wishes(session, customer_id) if counts(wish, today))


def record(session: Session, actor: Actor, customer_id: int, form: NewPreference, *, now: datetime) -> None:
    """What stands there already stays as it is; what was only gathered gives way to what they said."""
    customer = customers.get_customer(session, customer_id)
    sent = [customer_id, form.model_dump()]
    if idempotency.claim(session, actor, "preference", form.form_key, sent, now=now) is not None:
        return
    if problems := _problems(form):
        raise Invalid(problems)
    item = the_item(session, form.item, form.sku) if form.item else None
    category = _category(session, form.category) if form.category else ""
    named = item.name[:200] if item else category
    _guard(session, actor, form.kind, form, now=now)
    value = form.value or (NO_CONTACT if form.kind is PreferenceKind.CONTACT else named)
    new = Preference(
        customer_id=customer.id,
        kind=form.kind,
        value=value,
        is_stated=form.is_stated,
        item_id=item.id if item else None,
        category=category,
        review_on=form.review_on,
        heard_by=actor.staff_id,
        heard_at=now,
    )
    add(session, actor, new, now=now)


def _problems(form: NewPreference) -> dict[str, str]:
    problems: dict[str, str] = {}
    if (form.item or form.category) and form.kind not in _OF_THINGS:
        field = "item" if form.item else "category"
        problems[field] = say("“{kind}” is not said of things. Please leave this empty.", kind=KIND_WORDS[form.kind])
    elif form.item and form.category:
        problems["category"] = say("Please choose an item or a category, not both.")
    elif not (form.value or form.item or form.category) and form.kind not in _NEEDS_NO_WORDS:
        problems["value"] = say("Please write what it is.")
    return problems


def _category(session: Session, typed: str) -> str:
    """As the catalogue writes it; raises Invalid where it has none like that."""
    found = next((one for one in catalogue.list_categories(session) if fold(one) == fold(typed)), None)
    if found is None:
        raise Invalid({"category": say("The catalogue has no such category. Please choose one of the list.")})
    return found


def _guard(
    session: Session, actor: Actor, kind: PreferenceKind, form: NewPreference | ChangedPreference, *, now: datetime
) -> None:
    expected: Collection[Kind] = _EXPECTED.get(kind, ())
    guarding.ensure(
        session,
        actor,
        form.value,
        where="preference",
        field="value",
        form=form,
        expected=expected,
        now=now,
    )


def not_for_them(session: Session, actor: Actor, customer_id: int, item: Item, *, now: datetime) -> int:
    """The preference's id. One tap on a suggestion: a dislike of that item, which withdrawing undoes. A second tap changes nothing."""
    new = Preference(
        customer_id=customer_id,
        kind=PreferenceKind.DISLIKE,
        value=item.name[:200],
        is_stated=False,
        item_id=item.id,
        heard_by=actor.staff_id,
        heard_at=now,
    )
    return add(session, actor, new, now=now)


def change(session: Session, actor: Actor, preference_id: int, form: ChangedPreference, *, now: datetime) -> int:
    """The customer's id. The old one is withdrawn, a new one of the same source takes its place."""
    old = preferences.get_preference(session, preference_id)
    sent = [preference_id, form.model_dump()]
    if idempotency.claim(session, actor, "preference-change", form.form_key, sent, now=now) is not None:
        return old.customer_id
    if old.withdrawn_at is not None:
        raise Conflict(say("Somebody removed or changed this meanwhile. Please look at what stands there now."))
    if not form.value and old.kind not in _NEEDS_NO_WORDS:
        raise Invalid({"value": say("Please write what it is.")})
    _guard(session, actor, old.kind, form, now=now)
    _withdraw(session, actor, old, now=now)
    new = Preference(
        customer_id=old.customer_id,
        kind=old.kind,
        value=form.value or (NO_CONTACT if old.kind is PreferenceKind.CONTACT else ""),
        is_stated=form.is_stated,
        item_id=old.item_id,
        category=old.category,
        note_id=old.note_id,
        review_on=form.review_on,
        heard_by=actor.staff_id,
        heard_at=now,
    )
    add(session, actor, new, now=now)
    return old.customer_id


def confirm(session: Session, actor: Actor, preference_id: int, form: Keyed, *, now: datetime) -> int:
    """The customer's id. It is still so, and will be asked about again in a year."""
    preference = preferences.get_preference(session, preference_id)
    if idempotency.claim(session, actor, "preference-confirm", form.form_key, preference_id, now=now) is not None:
        return preference.customer_id
    if preference.withdrawn_at is None:
        preference.review_on = now.date() + fading.ASKED_AFTER
        subject = f"customer:{preference.customer_id}"
        audit.write(session, actor, "preference.confirmed", subject, now=now, preference=preference.id)
    return preference.customer_id


def withdraw(session: Session, actor: Actor, preference_id: int, *, now: datetime) -> int:
    """The customer's id. Withdrawing twice changes nothing."""
    preference = preferences.get_preference(session, preference_id)
    if preference.withdrawn_at is None:
        _withdraw(session, actor, preference, now=now)
    return preference.customer_id


def _withdraw(session: Session, actor: Actor, preference: Preference, *, now: datetime) -> None:
    preference.withdrawn_at, preference.withdrawn_by = now, actor.staff_id
    subject = f"customer:{preference.customer_id}"
    audit.write(session, actor, "preference.withdrawn", subject, now=now, preference=preference.id)


def add(session: Session, actor: Actor, new: Preference, *, now: datetime) -> int:
    """The id of what stands then. `new.value` has passed the guard. A guess about what they said themselves adds nothing."""
    for same in _like(session, new):
        if counts(same, now.date()) and same.is_stated >= new.is_stated:
            return same.id
        _withdraw(session, actor, same, now=now)
    session.add(new)
    session.flush()
    subject = f"customer:{new.customer_id}"
    audit.write(session, actor, "preference.recorded", subject, now=now, preference=new.id, kind=new.kind.value)
    return new.id


def _like(session: Session, new: Preference) -> list[Preference]:
    """Those in force that say the same."""
    return [known for known, _ in preferences.list_preferences(session, new.customer_id) if _says(known) == _says(new)]


def _says(one: Preference) -> tuple[str, str, int | None, str]:
    return one.kind.value, fold(one.value), one.item_id, one.category


def customer_of(session: Session, preference_id: int) -> int:
    return preferences.get_preference(session, preference_id).customer_id
