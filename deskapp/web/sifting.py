"""Which of a customer's notes the address asks for."""

from flask import g, request

from deskapp.desk.notes import SiftForm
from deskapp.rules.errors import Invalid
from deskapp.web.forms import Form, validated

SIFTED = tuple(SiftForm.model_fields)


def sift() -> SiftForm:
    """What cannot be read is said beside its field (422), and nothing is left out."""
    asked = {name: request.args[name] for name in SIFTED if name in request.args}
    try:
        return validated(SiftForm, asked)
    except Invalid as invalid:
        g.form, g.status = Form("sift-notes", asked, invalid.problems), 422
        return SiftForm()
