"""Whom the page around the desk shows: looked up by customer number, e-mail or phone, and never a right to see anybody.

Several who may be meant are asked about. Where it is nobody's, a customer can be begun, whose number starts with the host's name.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, format_number, is_valid_number, parse
from pydantic import AfterValidator, StringConstraints
from sqlmodel import Session

from deskapp.desk import audit, erasure, idempotency
from deskapp.desk.inputs import Input, Keyed, ShortWords, no_nul
from deskapp.feeds import fields
from deskapp.hosts.launch import Hint
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.people import Actor
from deskapp.rules.search import FEWEST_DIGITS
from deskapp.rules.stops import fold
from deskapp.rules.words import say
from deskapp.store import customers, host_context
from deskapp.store.customers import Found

_LONGEST_NUMBER = 120  # characters, of a customer's number with the host's name
_COUNT_THEMSELVES = frozenset(
    {"hubspot", "help_scout", "help_scout_legacy"}
)  # 51 there is somebody else than the shop's 51
_MARK = 16  # hexadecimal digits, where the host has no number of its own for them
_MOST_ASKED = 40
_NAME, _EMAIL = 200, 254  # folding can make a text longer
_ERASED = say("This person was erased, as they had asked. They are not begun anew from a page that still shows them.")

Number = Annotated[str, StringConstraints(max_length=200), AfterValidator(no_nul)]
Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(no_nul)]
Phone = Annotated[str, StringConstraints(max_length=60), AfterValidator(no_nul)]
Named = Annotated[str, StringConstraints(max_length=200), AfterValidator(no_nul)]
Ticket = Annotated[str, StringConstraints(max_length=120), AfterValidator(no_nul)]


class Said(Input):
    """What the page says, whatever it is: an e-mail that is none finds nobody, and is no fault of whoever looks."""

    external_id: Number = ""
    email: Email = ""
    phone: Phone = ""
    name: Named = ""
    ticket: Ticket = ""

    def hint(self) -> Hint:
        return Hint(**self.model_dump())


class NewStub(Keyed):
    """As the page gave it, and as somebody put it right."""

    name: ShortWords
    email: Email = ""
    phone: Phone = ""
    external_id: Number = ""
    ticket: Ticket = ""


class How(StrEnum):
    """By what a customer was found, in words."""

    NUMBER = "customer number"
    EMAIL = "e-mail"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Matched:
    customer_id: int
    how: How


@dataclass(frozen=True, slots=True)
class OnScreen:
    """Nobody in particular. `people`: who may be meant; none, and not erased: they can be begun."""

    hint: Hint
    people: tuple[Found, ...] = ()
    is_erased: bool = False
    is_unread: bool = False  # what the page said was nothing that a page says

    @property
    def query(self) -> str:
        """What to search for by hand."""
        return self.hint.name or self.hint.email or self.hint.phone or self.hint.external_id

    @property
    def is_nobody(self) -> bool:
        return not self.query


def ask_among(session: Session, ids: Sequence[int]) -> OnScreen:
    return OnScreen(Hint(), tuple(customers.list_living(session, ids[:_MOST_ASKED])))


def find(session: Session, hint: Hint, *, host: str, regions: Sequence[str], key: bytes) -> Matched | OnScreen:
    """By number; else by e-mail; else by phone. A number of one and an e-mail of another ask. Two to nine queries.

    `regions`: by whose way of writing a number without a + is read. `key`: the desk's, see `erasure.mark_of`.
    """
    by_number = _by_number(session, hint, host)
    by_email = _by_email(session, hint)
    meant, how = by_number, How.NUMBER
    if by_number and by_email and not set(by_number) & set(by_email):
        meant = [*by_number, *by_email]
    elif not by_number and by_email:
        meant, how = by_email, How.EMAIL
    elif not by_number:
        meant, how = _by_phone(session, hint, regions), How.PHONE
    if len(meant) == 1:
        return Matched(meant[0], how)
    people = {one.id: one for one in customers.list_living(session, meant)}
    return OnScreen(hint, tuple(people[one] for one in meant), not meant and _is_erased(session, hint, host, key))


def _by_number(session: Session, hint: Hint, host: str) -> list[int]:
    numbered = host_context.list_by_number(session, _numbers(hint, host)) if hint.external_id else []
    return customers.living_ids(session, numbered)


def _by_email(session: Session, hint: Hint) -> list[int]:
    folded = fold(hint.email)
    return customers.living_ids(session, host_context.list_by_email(session, folded) if "@" in folded else [])


def _by_phone(session: Session, hint: Hint, regions: Sequence[str]) -> list[int]:
    """The index knows how each phone ends; whether it is the same number is told by its country, too."""
    wanted = _parsed(hint.phone, regions)
    ends = {str(one.national_number)[::-1] for one in wanted.values()}
    near = host_context.list_by_phone_end(session, [end for end in ends if len(end) >= FEWEST_DIGITS])
    same = [one for one, phone in near.items() if wanted.keys() & _parsed(phone, regions).keys()]
    return customers.living_ids(session, same)


def _parsed(typed: str, regions: Sequence[str]) -> dict[str, PhoneNumber]:
    """By E.164; what may be several is, and of these the valid ones count where there are any."""
    read = {format_number(one, PhoneNumberFormat.E164): one for one in _readings(typed, regions)}
    return {e164: one for e164, one in read.items() if is_valid_number(one)} or read


def _readings(typed: str, regions: Sequence[str]) -> Iterator[PhoneNumber]:
    for region in regions:
        try:
            yield parse(typed, region)
        except NumberParseException:
            continue


def _numbers(hint: Hint, host: str) -> list[str]:
    """The shop's own, and the one under which somebody was begun from this host. What a host calls by its own name is no shop's."""
    own = _own_number(hint.external_id, host)
    is_own = host in _COUNT_THEMSELVES or hint.external_id.startswith(f"{host}:")
    return [own] if is_own else [hint.external_id, own]


def _own_number(said: str, host: str) -> str:
    """As it is kept here; a mark of it where it is too long for that."""
    number = f"{host}:{said.removeprefix(f'{host}:')}"
    return number if len(number) <= _LONGEST_NUMBER else f"{host}:{hashlib.sha256(number.encode()).hexdigest()[:_MARK]}"


def _is_erased(session: Session, hint: Hint, host: str, key: bytes) -> bool:
    if not hint.external_id:
        return False
    return host_context.is_erased(session, [erasure.mark_of(number, key) for number in _numbers(hint, host)])


# --- beginning somebody ---------------------------------------------------------------------------------------------


def begin(
    session: Session, actor: Actor, form: NewStub, *, host: str, regions: Sequence[str], key: bytes, now: datetime
) -> int:
    """The customer's id; whoever was there meanwhile is that customer, and nobody is begun twice.

    Raises Invalid for "name", "email", "phone"; Conflict where several go by it by now, or they were erased.
    """
    email, phone = _checked(form)
    if (first := idempotency.claim(session, actor, "customer", form.form_key, form.model_dump(), now=now)) is not None:
        return int(first["customer"])
    hint = Hint(form.external_id, email or "", phone or "", form.name, form.ticket)
    number = _own_number(form.external_id or _number_of(session, hint, form.form_key, host, regions, key), host)
    found = find(session, hint, host=host, regions=regions, key=key)
    customer_id = found.customer_id if isinstance(found, Matched) else _put(session, actor, found, number, host, now)
    idempotency.settle(session, actor, "customer", form.form_key, {"customer": customer_id})
    return customer_id


def _number_of(session: Session, hint: Hint, form_key: str, host: str, regions: Sequence[str], key: bytes) -> str:
    """The same for the same e-mail, else phone, so that of two who begin somebody at once the second finds them. Where that number
    is taken, which is looked up before the person is, it is by somebody who goes by that no more.
    """
    whom = fold(hint.email) or next(iter(_parsed(hint.phone, regions)), "")
    mark = hmac.digest(key, f"begun:{whom}".encode(), "sha256").hex()[:_MARK]
    is_taken = not whom or host_context.list_by_number(session, [_own_number(mark, host)])
    return hashlib.sha256(form_key.encode()).hexdigest()[:_MARK] if is_taken else mark


def _put(session: Session, actor: Actor, nobody: OnScreen, number: str, host: str, now: datetime) -> int:
    if nobody.is_erased:
        raise Conflict(_ERASED)
    if nobody.people:
        raise Conflict(say("Somebody goes by that by now. Please choose who it is."))
    name, email, phone = nobody.hint.name, nobody.hint.email, nobody.hint.phone
    customer_id, is_new = host_context.put_once(
        session,
        number,
        name=name,
        name_folded=fold(name)[:_NAME],
        email=email or None,
        email_folded=fold(email)[:_EMAIL] or None,
        phone=phone or None,
    )
    if is_new:
        audit.write(session, actor, "customer.begun", f"customer:{customer_id}", now=now, host=host)
    return customer_id


def _checked(form: NewStub) -> tuple[str | None, str | None]:
    problems, read = {}, dict[str, str | None]()
    for name, typed, check in (
        ("name", form.name, fields.needed(_NAME)),
        ("email", form.email, fields.email),
        ("phone", form.phone, fields.phone),
    ):
        try:
            read[name] = fields.maybe(check)(typed)
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        raise Invalid(problems)
    return read["email"], read["phone"]
