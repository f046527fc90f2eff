"""How sentences, money, dates and ages read on the screen."""

from collections.abc import MutableMapping
from datetime import date, datetime
from typing import Any

from flask import Flask
from flask.templating import Environment
from markupsafe import Markup

from deskapp.desk.wording import ROLE_NAMES, age, day_words, decimal, due_words, language, moment, money, number
from deskapp.rules.money import to_text
from deskapp.rules.occasions import in_words
from deskapp.rules.words import Said, and_list, listed, or_list, reader
from deskapp.web.forms import form_for
from deskapp.web.here import clock, today, zone


class Templates(Environment):
    """Templates share the globals themselves. Behind the ChainMap that Jinja makes of them, each import of a file of macros
    asks for every name in Python: 29 imports and 0.6 ms of a customer's page.
    """

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

    Our own functions, as Jinja's ask for each word through three calls: 4.4 µs instead of 1.9, hundreds of times a page.
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
    words = Markup(pattern)  # noqa: S704
    return words % values if "%" in pattern else words


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
