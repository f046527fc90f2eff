"""Which of a customer's notes the address asks for."""

from flask import g, request

from deskapp.desk.notes import SiftForm
from deskapp.rules.errors import Invalid
from deskapp.rules.words import say
from deskapp.web.forms import Form, validated

SIFTED = tuple(SiftForm.model_fields)
_CHOSEN = ("kind", "channel", "author")


def sift() -> SiftForm:
    """What cannot be read is said beside its field (422), and nothing is left out."""
    asked = {name: request.args[name] for name in SIFTED if name in request.args}
    try:
        return validated(SiftForm, asked)
    except Invalid as invalid:
        g.form, g.status = Form("sift-notes", asked, _problems(invalid)), 422
        return SiftForm()


def _problems(invalid: Invalid) -> dict[str, str]:
    """Of a field that takes one thing or another each is named behind a dot; the page has no field at all."""
    fields = {name.partition(".")[0]: sentence for name, sentence in invalid.problems.items()}
    return {
        "" if name == "page" else name: say("Please choose one of the list.") if name in _CHOSEN else sentence
        for name, sentence in fields.items()
    }
