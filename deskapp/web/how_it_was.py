"""The page on which a customer says how it was. No seat, no cookie, no script; its address is a secret that is good once."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from deskapp.desk import how_it_was, throttle
from deskapp.desk.how_it_was import Answer
from deskapp.desk.seats import hash_token
from deskapp.rules import feedback_said
from deskapp.rules.errors import Invalid, NotFound, TooManyTries, Unreadable
from deskapp.rules.feedback_said import Said
from deskapp.web.errors import STATUS
from deskapp.web.forms import validated
from deskapp.web.guard import carries_its_own_token, open_to_all, require_token, token_for
from deskapp.web.here import clock, desk, reading, writing, zone
from deskapp.web.sign_in import address
from deskapp.web.tongue import read_in

bp = Blueprint("how_it_was", __name__)

_FIELDS = ("answer", "words")
_SAID = {"answer": "page.choose", "words": "page.too_long"}
_DONE = ("thanks", "asked_not")


@bp.after_request
def _quiet(response: Response) -> Response:
    """Nobody finds it, and no other site hears of its address."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.errorhandler(Unreadable)
def _unreadable(_error: Unreadable) -> Response:
    """A character that cannot be kept: it is left out of what they wrote, and they send it once more."""
    token = (request.view_args or {}).get("token", "")
    with reading() as session:
        question = how_it_was.find_question(session, token, zone=zone(), now=clock())
    return _closed(token) if question is None else _asked(token, question.language, {"": "page.left_out"})


@bp.get("/how-was-it/<token>")
@open_to_all
def page(token: str) -> Response:
    with reading() as session:
        question = how_it_was.find_question(session, token, zone=zone(), now=clock())
    return _closed(token) if question is None else _asked(token, question.language)


@bp.post("/how-was-it/<token>")
@carries_its_own_token
@open_to_all
def answer(token: str) -> Response:
    with reading() as session:
        question = how_it_was.find_question(session, token, zone=zone(), now=clock())
    if question is None:
        return _closed(token)
    try:
        require_token(_form_token(token))
        form = validated(Answer, {name: request.form[name] for name in _FIELDS if name in request.form})
    except Unreadable:
        return _asked(token, question.language, {"": "page.again"})
    except Invalid as invalid:
        return _asked(token, question.language, {name: _SAID[name] for name in invalid.problems})
    with writing() as session:
        is_taken = how_it_was.answer(session, token, form, zone=zone(), now=clock())
    return _thanks("thanks", question.language) if is_taken else _closed(token)


@bp.post("/how-was-it/<token>/never")
@carries_its_own_token
@open_to_all
def never(token: str) -> Response:
    """The answer is the same for every link there is or is not."""
    try:
        require_token(_form_token(token))
    except Unreadable:
        return page(token)
    with writing() as session:
        how_it_was.never_again(session, token, now=clock())
    return _thanks("asked_not", _language(request.form.get("language")))


@bp.get("/how-was-it/done")
@open_to_all
def done() -> Response:
    """Its address tells nothing any more."""
    about = request.args.get("about", "")
    return _draw(
        "public/done.html", _language(request.args.get("language")), about=about if about in _DONE else _DONE[0]
    )


def _thanks(about: str, language: str) -> Response:
    return make_response(redirect(url_for(".done", about=about, language=language), 303))


def _form_token(token: str) -> str:
    return token_for(desk().signing_key, f"how-was-it:{hash_token(token)}")


def _language(known: str | None = None) -> str:
    return feedback_said.language_of(known, (code for code, _ in request.accept_languages))


def _asked(token: str, language: str, problems: dict[str, str] | None = None) -> Response:
    response = _draw("public/ask.html", language, token=token, form_token=_form_token(token), problems=problems or {})
    response.status_code = STATUS[Invalid] if problems else response.status_code
    return response


def _closed(token: str) -> Response:
    """One page for a link that was used, is over or never was: it says nothing of anybody."""
    response = _draw("public/closed.html", _language(), token=token, form_token=_form_token(token))
    response.status_code = STATUS[NotFound]
    with reading() as session:
        is_known = how_it_was.is_known(session, token)
    try:
        if not is_known:
            with writing() as session:
                throttle.count_link(session, desk().signing_key, address(), now=clock())
    except TooManyTries as error:
        response.status_code = STATUS[TooManyTries]
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _draw(template: str, language: str, **context: object) -> Response:
    said: Said = feedback_said.said(language, desk().settings.shop_name)
    read_in(language)
    typed = {name: value.replace("\0", "") for name, value in request.form.items()}
    return make_response(render_template(template, said=said, typed=typed, **context))
