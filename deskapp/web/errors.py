"""Which status each thing that can go wrong has, and the page or panel that says it. The only file with status numbers."""

from collections.abc import Mapping
from types import MappingProxyType

import structlog
from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from deskapp.rules import errors
from deskapp.rules.words import say
from deskapp.web.panels import asked_by_htmx, asked_from

log = structlog.get_logger()

STATUS: dict[type[errors.DeskError], int] = {
    errors.Unreadable: 400,
    errors.NotFound: 404,
    errors.GoesOnElsewhere: 410,  # and not 409, which is drawn in place of the form and of the words in it
    errors.Erased: 410,
    errors.Forbidden: 403,
    errors.SignInNeeded: 401,
    errors.TooManyTries: 429,
    errors.Invalid: 422,
    errors.Conflict: 409,
    errors.Busy: 503,
    errors.ClockWentBack: 503,
    errors.Full: 507,
}
_SENTENCES = {
    400: say("The desk could not read that request."),
    404: say("There is nothing here. It may have moved, or it is not yours to see."),
    405: say("That cannot be done here."),
    413: say("That is more than the desk can take at once."),
    415: say("Please send JSON, and say so: Content-Type: application/json."),
    500: say("Something went wrong on our side. Nothing was half-saved; please try again."),
}


def install_errors(app: Flask) -> None:
    app.register_error_handler(errors.DeskError, _desk_error)
    app.register_error_handler(errors.GoesOnElsewhere, _elsewhere)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _our_fault)


def _status_of(error: errors.DeskError) -> int:
    """That of the nearest class that has one: what the guard raises is an Invalid too."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _desk_error(error: errors.DeskError) -> Response:
    problems = error.problems if isinstance(error, errors.Invalid) else {}
    response = answer(str(error), _status_of(error), problems)
    if isinstance(error, errors.TooManyTries):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _elsewhere(error: errors.GoesOnElsewhere) -> Response:
    """Whoever only looks is led there; whoever writes is told, so that nothing is written to another than was meant."""
    if request.method == "GET" and not request.path.startswith("/api/"):
        return make_response(redirect(f"/customers/{error.customer_id}", 303))
    return _desk_error(error)


def _http_error(error: HTTPException) -> Response:
    code = error.code or 500
    response = answer(_SENTENCES.get(code, error.description or say("That did not work.")), code)
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    return response


def _our_fault(error: Exception) -> Response:
    log.error("unhandled", kind=type(error).__name__, request_id=g.get("request_id"), exc_info=error)
    return answer(_SENTENCES[500], 500)


def _is_program() -> bool:
    """Whether nobody looks at the answer: on the API, and where a host's server calls."""
    return request.path.startswith("/api/") or (
        request.path.startswith("/connections/") and request.path.endswith(("/call", "/events"))
    )


def answer(sentence: str, status: int, problems: Mapping[str, str] = MappingProxyType({})) -> Response:
    """The sentence as JSON for the API (with one for each field), as a panel for htmx, else as a page."""
    if _is_program():
        response = jsonify({"error": {"status": status, "message": sentence, "problems": dict(problems)}})
    else:
        template = "errors/panel.html" if asked_by_htmx() else "errors/page.html"
        response = make_response(render_template(template, sentence=sentence, status=status, asked_from=asked_from()))
    response.status_code = status
    return response
