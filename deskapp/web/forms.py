"""Forms: what was typed, what is wrong with it, and a key so that a double tap is one act."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Response, g, request
from pydantic import TypeAdapter, ValidationError

from deskapp.desk.guarding import Stopped
from deskapp.desk.inputs import Input, RowId
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.words import nsay, say

P = ParamSpec("P")
M = TypeVar("M", bound="Input")

_OURS = ("csrf", "form")  # fields of ours that no input model knows
_SENTENCES = {
    "missing": say("Please fill this in."),
    "string_too_short": say("Please fill this in."),
    "enum": say("Please choose one of the list."),
    "literal_error": say("Please choose one of the list."),
    "date_from_datetime_parsing": say(
        "Please write a date as year-month-day, such as {example}.", example="2026-03-14"
    ),
    "date_parsing": say("Please write a date as year-month-day, such as {example}.", example="2026-03-14"),
    "date_from_datetime_inexact": say(
        "Please write a date as year-month-day, such as {example}.", example="2026-03-14"
    ),
    "int_parsing": say("Please write a whole number."),
    "bool_parsing": say("Please choose one of the list."),
    "extra_forbidden": say("This form has no such field."),
}
_ROW: TypeAdapter[int] = TypeAdapter(RowId)


@dataclass(frozen=True, slots=True)
class Form:
    """One form on the page; `name` tells which of several was sent."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    key: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    shown: str = ""  # marks of what the guard asks about

    def value(self, name: str, default: object = "") -> str:
        return self.values.get(name, str(default))

    def problem(self, name: str) -> str:
        return self.problems.get(name, "")


def form_for(name: str) -> Form:
    """The form that was just sent, if it was this one, else an empty one with a new key. Templates call this."""
    sent: Form | None = g.get("form")
    return sent if sent is not None and sent.name == name else Form(name)


def sent_form(problems: Mapping[str, str]) -> Form:
    """Its key is kept, so that sending it again corrected is still one act."""
    values = request.form.to_dict()
    return Form(values.get("form", ""), values, problems, values.get("form_key") or secrets.token_urlsafe(18))


def _asked(stopped: Stopped) -> Form:
    """With marks of what it asks about; an answer to an earlier question is none to this one."""
    form = sent_form(stopped.problems)
    values = {name: value for name, value in form.values.items() if name not in ("is_confirmed", "guard_reason")}
    return replace(form, values=values, shown=" ".join(sorted(stopped.shown)))


def read(model: type[M]) -> M:
    """The request's form as `model`; raises Invalid with a sentence per field."""
    # Every form carries a key, not every one needs it.
    ours = _OURS if "form_key" in model.model_fields else (*_OURS, "form_key")
    return validated(model, {name: value for name, value in request.form.items() if name not in ours})


def validated(model: type[M], typed: Mapping[str, object]) -> M:
    """Raises Invalid with a sentence per field."""
    try:
        return model.model_validate(typed)
    except ValidationError as error:
        raise Invalid(problems_of(error)) from None


def row_number(typed: str) -> int:
    """As `type` of what an address asks for: a ValueError, and so left out, for what no row can be called."""
    return _ROW.validate_python(typed)


def problems_of(error: ValidationError) -> dict[str, str]:
    problems: dict[str, str] = {}
    for one in error.errors(include_url=False):
        name = ".".join(str(part) for part in one["loc"])
        problems.setdefault(name, _sentence(one["type"], one.get("ctx", {}), one["msg"]))
    return problems


def _sentence(kind: str, context: dict[str, Any], message: str) -> str:
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_too_long":
        most = context["max_length"]
        return nsay("This is too long: at most {n} character.", "This is too long: at most {n} characters.", most)
    if kind == "greater_than_equal":
        return say("This should be {least} or more.", least=context["ge"])
    if kind == "less_than_equal":
        return say("This should be {most} or less.", most=context["le"])
    return _SENTENCES.get(kind) or f"{message.rstrip('.')}."


def redraws(shown: Callable[..., Response]) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """On Invalid (422) or Conflict (409) the panel `shown` is drawn again by the view's own arguments, text intact."""

    def wrap(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
            try:
                return view(*args, **kwargs)
            except Stopped as stopped:
                g.form, g.status = _asked(stopped), 422
            except Invalid as invalid:
                g.form, g.status = sent_form(invalid.problems), 422
            except Conflict as conflict:
                g.form, g.status = replace(sent_form({"": str(conflict)}), key=secrets.token_urlsafe(18)), 409
            return shown(*args, **kwargs)

        return guarded

    return wrap
