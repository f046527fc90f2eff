"""How sentences, money, dates and ages read on the screen."""

from collections.abc import Callable, MutableMapping
from datetime import date, datetime
from functools import cache
from typing import Any

from flask import Flask
from flask.templating import Environment
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Expr
from jinja2.runtime import Context
from markupsafe import Markup, escape

from deskapp.desk.wording import ROLE_NAMES, age, day_words, decimal, due_words, language, moment, money, number
from deskapp.rules.money import to_text
from deskapp.rules.occasions import in_words
from deskapp.rules.words import Said, and_list, listed, or_list, reader
from deskapp.web.forms import form_for
from deskapp.web.here import clock, today, zone


class Drawing(Context):
    """Nothing that our templates call asks for the context, for which Jinja looks at each of 600 calls a page: 0.6 ms of it."""

    def call(
        self,
        called: Callable[..., object],
        /,
        *values: object,
        _block_vars: object = None,
        _loop_vars: object = None,
        **named: object,
    ) -> object:
        return called(*values, **named)


class Compiler(CodeGenerator):
    """What is drawn is joined at once, so it need not be wrapped as Markup first, 700 times a page: 0.3 ms of it."""

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")


def _escaped(value: object) -> str:
    """As `markupsafe.escape`."""
    if type(value) is Markup:
        return value
    return escape(value)


class Templates(Environment):
    """Templates share the globals themselves. Behind the ChainMap that Jinja makes of them, each import of a file of macros
    asks for every name in Python: 29 imports and 0.6 ms of a customer's page.
    """

    context_class = Drawing
    code_generator_class = Compiler
    escaped = staticmethod(_escaped)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


def install_filters(app: Flask) -> None:
    app.jinja_env.globals["form_for"] = form_for
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {
        "money": money,
        "number": number,
        "decimal": decimal,
        "ago": _ago,
        "day": _day,
        "due": _due,
        "when": _when,
        "past": _past,
        "near": _near_words,
        "language": language,
        "role": ROLE_NAMES.__getitem__,
        "plain": to_text,
        "listed": listed,
        "and_list": and_list,
        "or_list": or_list,
    }
    _install_words(app)


def _install_words(app: Flask) -> None:
    """`{{ _("...") }}` and `{% trans %}` in the reader's tongue; the blanks around lines of a block do not count.

    Our own functions, as Jinja's ask for each word through three calls, hundreds of times a page.
    """
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.add_extension("jinja2.ext.do")  # `{% set _ = rows.append(...) %}` would take the `_` of the words away
    env.policies["ext.i18n.trimmed"] = True
    env.newstyle_gettext = True  # type: ignore[attr-defined]  # the extension adds it: values are handed to these
    env.globals |= {"_": _gettext, "gettext": _gettext, "ngettext": _ngettext, "pgettext": _pgettext}


def _gettext(message: str, /, **values: object) -> Markup:
    return _filled(reader.get().catalogue.gettext(message), values)


def _ngettext(one: str, many: str, n: int, /, **values: object) -> Markup:
    return _filled(reader.get().catalogue.ngettext(one, many, n), {"num": n} | values)


def _pgettext(context: str, message: str, /, **values: object) -> Markup:
    return _filled(reader.get().catalogue.pgettext(context, message), values)


def _filled(pattern: str, values: dict[str, object]) -> Markup:
    """The catalogues are ours and may hold tags; what fills their holes is escaped."""
    words = _known(pattern)
    return words % values if "%" in pattern else words


@cache
def _known(pattern: str) -> Markup:
    return Markup(pattern)  # noqa: S704


def _ago(at: datetime) -> Said:
    return age(at, clock())


def _day(on: date) -> Said:
    """A date, or the shop's day of a time."""
    return day_words(on.astimezone(zone()).date() if isinstance(on, datetime) else on, today())


def _due(on: date) -> Said:
    return due_words(on, today())


def _past(at: datetime) -> bool:
    return at <= clock()


def _near_words(on: date) -> Said:
    return in_words(on, today())


def _when(at: datetime) -> Said:
    """In the shop's time: "14 March 2026, 15:09"."""
    return moment(at.astimezone(zone()))
