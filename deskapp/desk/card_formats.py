"""The page on which the shop says what paper it writes its cards on."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.card_paper import paper_of
from deskapp.desk.inputs import Keyed, no_nul
from deskapp.rules import card_sizes
from deskapp.rules.card_sizes import Hand, Paper
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.people import Actor
from deskapp.rules.stops import fold
from deskapp.rules.words import Said, kept, psay, say
from deskapp.store import card_formats as rows
from deskapp.store.card_tables import CardFormat

_LONGEST_CODE = 30
_MOST = 20  # in use at once
_SIDES = range(50, 421)  # mm: from the smallest that is sold to A3
_MARGINS = range(61)


def _millimetres(allowed: range) -> BeforeValidator:
    sentence = say("Please give whole millimetres, from {least} to {most}.", least=allowed[0], most=allowed[-1])

    def read(typed: object) -> int:
        digits = str(typed).strip()
        if not (digits.isascii() and digits.isdigit() and len(digits) < 5 and int(digits) in allowed):
            raise ValueError(sentence)
        return int(digits)

    return BeforeValidator(read)


class NewFormat(Keyed):
    """Millimetres; of a folded card the face that is written on."""

    words: Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(no_nul)]
    width_mm: Annotated[int, _millimetres(_SIDES)]
    height_mm: Annotated[int, _millimetres(_SIDES)]
    margin_mm: Annotated[int, _millimetres(_MARGINS)]
    is_folded: bool = False

    @property
    def paper(self) -> Paper:
        return Paper(self.words, self.width_mm, self.height_mm, self.margin_mm)


class Step(StrEnum):
    UP = "up"
    DOWN = "down"
    RETIRE = "retire"
    BRING_BACK = "return"


@dataclass(frozen=True, slots=True)
class FormatRow:
    """`title`: its words for the reader; `sentence`: how much goes on it."""

    code: str
    words: str
    title: Said
    width_mm: int
    height_mm: int
    margin_mm: int
    is_folded: bool
    sentence: Said
    is_first: bool
    is_last: bool
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class FormatsPanel:
    in_use: list[FormatRow]
    retired: list[FormatRow]


def panel(session: Session) -> FormatsPanel:
    """One query."""
    known = rows.list_formats(session)
    used = [one for one in known if one.retired_at is None]
    return FormatsPanel(
        in_use=[_row(one, used) for one in used],
        retired=[_row(one, used) for one in known if one.retired_at is not None],
    )


def _row(one: CardFormat, used: list[CardFormat]) -> FormatRow:
    return FormatRow(
        code=one.code,
        words=one.words,
        title=kept(one.words),
        width_mm=one.width_mm,
        height_mm=one.height_mm,
        margin_mm=one.margin_mm,
        is_folded=one.is_folded,
        sentence=card_sizes.room_words(paper_of(one), Hand.MEDIUM),
        is_first=one in used[:1],
        is_last=one in used[-1:],
        retired_at=one.retired_at,
    )


def make_sure_there_is(session: Session, code: str) -> None:
    rows.get_format(session, code)


def add(session: Session, actor: Actor, form: NewFormat, *, now: datetime) -> None:
    """At the end. Raises Invalid where there is one of that name, or too little room to write on."""
    if idempotency.claim(session, actor, "card-format", form.form_key, form.model_dump(), now=now) is not None:
        return
    known = rows.lock_formats(session)
    _refuse(form, known)
    if sum(one.retired_at is None for one in known) >= _MOST:
        raise Invalid(
            {"words": psay("card", "More than {most} are too many to choose from. Retire one first.", most=_MOST)}
        )
    code = _code_of(form.words, {one.code for one in known})
    position = max((one.position for one in known), default=0) + 1
    session.add(CardFormat(code=code, position=position, **form.model_dump(exclude={"form_key"})))
    _log(session, actor, "card-format.added", code, now)


def change(session: Session, actor: Actor, code: str, form: NewFormat, *, now: datetime) -> None:
    """Cards that are being written on it are counted anew; what was signed stays as it is."""
    one = rows.get_format(session, code)
    request = [code, form.model_dump()]
    if idempotency.claim(session, actor, "card-format-change", form.form_key, request, now=now) is not None:
        return
    _refuse(form, [other for other in rows.lock_formats(session) if other.code != code])
    one.sqlmodel_update(form.model_dump(exclude={"form_key"}))
    _log(session, actor, "card-format.changed", code, now)


def take(session: Session, actor: Actor, code: str, step: Step, form: Keyed, *, now: datetime) -> None:
    """Raises Conflict where the last one in use would go. The same step twice from one form is one."""
    one = rows.get_format(session, code)
    if idempotency.claim(session, actor, "card-format-step", form.form_key, [code, step.value], now=now) is not None:
        return
    used = [row for row in rows.lock_formats(session) if row.retired_at is None]
    match step:
        case Step.UP | Step.DOWN:
            _move(used, one, -1 if step is Step.UP else 1)
        case Step.RETIRE:
            if used == [one]:
                raise Conflict(psay("card", "This is the last one in use. Add another before you retire it."))
            one.retired_at = one.retired_at or now
        case Step.BRING_BACK:
            one.retired_at = None
    _log(session, actor, f"card-format.{step.value}", code, now)


def _move(used: list[CardFormat], one: CardFormat, by: int) -> None:
    """By one place; beyond the ends, and for one that is retired, nothing happens."""
    if one not in used or not 0 <= (to := used.index(one) + by) < len(used):
        return
    other = used[to]
    one.position, other.position = other.position, one.position


def _refuse(form: NewFormat, known: Collection[CardFormat]) -> None:
    if any(fold(one.words) == fold(form.words) for one in known):
        raise Invalid(
            {"words": psay("card", "There is one of this name already. It may be among those retired: bring it back.")}
        )
    if not card_sizes.can_be_written_on(form.paper):
        raise Invalid(
            {"margin_mm": say("With this margin there is no room left for three short lines. Take less of it.")}
        )


def _code_of(words: str, taken: Collection[str]) -> str:
    """It never changes, whatever the words become."""
    plain = re.sub(r"[^a-z0-9]+", "-", fold(words)).strip("-")[:_LONGEST_CODE].strip("-") or "card"
    numbered = (f"{plain}-{n}" for n in range(2, len(taken) + 3))
    return plain if plain not in taken else next(code for code in numbered if code not in taken)


def _log(session: Session, actor: Actor, action: str, code: str, now: datetime) -> None:
    audit.write(session, actor, action, f"card-format:{code}", now=now)
