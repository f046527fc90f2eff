"""Discretion: who looked, what is kept how long, what is held, taken out and forgotten."""

from flask import Blueprint, Response, g, render_template, url_for

from deskapp.desk import erasure, export_words, holds, personal_export, retention, views
from deskapp.rules.people import Permission
from deskapp.rules.words import kept
from deskapp.web.customers import show_panel
from deskapp.web.forms import read, redraws, sent_form
from deskapp.web.here import actor, clock, desk, reading, today, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs
from deskapp.web.tongue import read_in
from deskapp.web.viewing import opened

bp = Blueprint("privacy", __name__)


# --- one customer ---------------------------------------------------------------------------------------------------


@bp.get("/customers/<int:customer_id>/privacy")
@needs(Permission.SEE_VIEWS)
def panel(customer_id: int) -> Response:
    views.take_in(desk().database)
    return show_panel("privacy", customer_id)


@bp.post("/customers/<int:customer_id>/privacy/hold")
@needs(Permission.REVIEW_MEMORY)
@redraws(panel)
def place(customer_id: int) -> Response:
    form = read(holds.NewHold)
    with writing() as session:
        holds.place(session, actor(), customer_id, form, today=today(), now=clock())
    return _saved(customer_id)


@bp.post("/privacy/holds/<int:hold_id>/lift")
@needs(Permission.REVIEW_MEMORY)
def lift(hold_id: int) -> Response:
    with writing() as session:
        customer_id = holds.lift(session, actor(), hold_id, now=clock())
    return _saved(customer_id)


@bp.post("/customers/<int:customer_id>/privacy/export")
@needs(Permission.MANAGE_PRIVACY)
@redraws(panel)
def export(customer_id: int) -> Response:
    form = read(personal_export.NewExport)
    with writing() as session:
        personal_export.ask(session, actor(), customer_id, form, now=clock())
    opened(customer_id, "export")
    return _saved(customer_id)


@bp.get("/customers/<int:customer_id>/privacy/exports/<int:export_id>.json")
@needs(Permission.MANAGE_PRIVACY)
def as_json(customer_id: int, export_id: int) -> Response:
    file = _file(customer_id, export_id)
    return _download(file.body, "application/json", f"{file.name}.json")


@bp.get("/customers/<int:customer_id>/privacy/exports/<int:export_id>.html")
@needs(Permission.MANAGE_PRIVACY)
def as_page(customer_id: int, export_id: int) -> Response:
    """Complete in itself and without anything that runs, since it leaves the desk."""
    file = _file(customer_id, export_id)
    told = personal_export.read(file)
    read_in(next((one.get("language") or "" for one in told["data"]["customer"]), ""))
    page = render_template(
        "print/personal_export.html", told=told, digest=file.digest, export_words=export_words, kept=kept
    )
    return _download(page.encode("utf-8", "replace"), "text/html; charset=utf-8", f"{file.name}.html")


@bp.post("/customers/<int:customer_id>/privacy/erase")
@needs(Permission.MANAGE_PRIVACY)
@redraws(panel)
def erase(customer_id: int) -> Response:
    form = read(erasure.Erase)
    key = desk().signing_key
    with writing() as session:
        erasure_id = erasure.ask(session, actor(), customer_id, form, key=key, today=today(), now=clock())
    return after_post(receipt, url_for(".receipt", erasure_id=erasure_id), erasure_id=erasure_id)


def _file(customer_id: int, export_id: int) -> personal_export.File:
    with reading() as session:
        file = personal_export.get_file(session, customer_id, export_id, now=clock())
    opened(customer_id, "export")
    return file


def _download(body: bytes, kind: str, name: str) -> Response:
    return Response(body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _saved(customer_id: int) -> Response:
    return after_post(panel, url_for(".panel", customer_id=customer_id), customer_id=customer_id)


# --- the whole desk -------------------------------------------------------------------------------------------------


@bp.get("/privacy")
@needs(Permission.MANAGE_PRIVACY)
def terms() -> Response:
    return _terms(None)


@bp.post("/privacy/terms")
@needs(Permission.MANAGE_PRIVACY)
@redraws(lambda: _terms(None))
def set_terms() -> Response:
    """By the button that was pressed: shows what would go tonight, or lets it count."""
    form = read(retention.NewTerms)
    if form.step == "preview":
        g.form = sent_form({})
        return _terms(form)
    with writing() as session:
        retention.save(session, actor(), form, now=clock())
    return after_post(terms, url_for(".terms"))


def _terms(typed: retention.NewTerms | None) -> Response:
    with reading() as session:
        return show(
            "retention",
            "privacy.html",
            {
                "retention": lambda: retention.panel(session, typed, now=clock()),
                "privacy": lambda: retention.page(session, today=today()),
            },
        )


@bp.get("/privacy/erasures/<int:erasure_id>")
@needs(Permission.MANAGE_PRIVACY)
def receipt(erasure_id: int) -> Response:
    with reading() as session:
        return show("receipt", "receipt.html", {"receipt": lambda: erasure.get_receipt(session, erasure_id)})


@bp.get("/views")
@needs(Permission.SEE_CUSTOMERS)
def own() -> Response:
    views.take_in(desk().database)
    with reading() as session:
        return show("views", "views.html", {"views": lambda: views.own(session, actor(), now=clock())})
