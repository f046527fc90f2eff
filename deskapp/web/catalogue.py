"""The catalogue of gifts: looking for everybody who gives, keeping it for managers; and the pictures themselves."""

from flask import Blueprint, Response, request, url_for

from deskapp.desk import catalogue
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, desk, reading, today, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("catalogue", __name__)

_FOREVER = "private, max-age=31536000, immutable"


@bp.get("/gifts/catalogue")
@needs(Permission.GIVE)
def panel() -> Response:
    asked, currency = catalogue.Asked.read(request.args), desk().settings.currency
    with reading() as session:
        loaders = {"catalogue": lambda: catalogue.panel(session, actor(), asked, currency=currency, today=today())}
        return show("catalogue", "catalogue.html", loaders)


@bp.get("/gifts/catalogue/<int:item_id>")
@needs(Permission.KEEP_GIFTS)
def item(item_id: int) -> Response:
    is_new = "new" in request.args
    with reading() as session:
        loaders = {"gift_item": lambda: catalogue.item(session, actor(), item_id, is_new=is_new, today=today())}
        return show("gift_item", "gift_item.html", loaders)


@bp.post("/gifts/catalogue/services")
@needs(Permission.KEEP_GIFTS)
@redraws(panel)
def add_service() -> Response:
    form = read(catalogue.NewService)
    with writing() as session:
        item_id = catalogue.add_service(session, actor(), form, currency=desk().settings.currency, now=clock())
    return after_post(item, url_for("catalogue.item", item_id=item_id, new=""), item_id=item_id)


@bp.post("/gifts/catalogue/<int:item_id>")
@needs(Permission.KEEP_GIFTS)
@redraws(item)
def set_item(item_id: int) -> Response:
    form = read(catalogue.GiftSetting)
    with writing() as session:
        catalogue.set_item(session, actor(), item_id, form, now=clock())
    return _set(item_id)


@bp.post("/gifts/catalogue/<int:item_id>/picture")
@needs(Permission.KEEP_GIFTS)
@redraws(item)
def put_picture(item_id: int) -> Response:
    form, sent = read(catalogue.Tap), request.files.get("picture")
    body = sent.read() if sent else b""  # the guard has seen to it that this is not much
    with writing() as session:
        catalogue.put_picture(session, actor(), item_id, body, form, now=clock())
    return _set(item_id)


@bp.post("/gifts/catalogue/<int:item_id>/picture/remove")
@needs(Permission.KEEP_GIFTS)
@redraws(item)
def remove_picture(item_id: int) -> Response:
    read(catalogue.Tap)
    with writing() as session:
        catalogue.remove_picture(session, actor(), item_id, now=clock())
    return _set(item_id)


def _set(item_id: int) -> Response:
    return after_post(item, url_for("catalogue.item", item_id=item_id), item_id=item_id)


@bp.get("/items/<int:item_id>/picture")
@needs(Permission.GIVE)
def picture(item_id: int) -> Response:
    """Kept by the browser for ever where the address says which picture is meant, else asked for again each time."""
    with reading() as session:
        found = catalogue.picture(session, item_id)
    response = Response(found.body, mimetype=found.media_type)
    asked_for = request.args.get("v", "")
    is_this_one = len(asked_for) >= catalogue.DIGEST_SHOWN and found.digest.startswith(asked_for)
    response.headers["Cache-Control"] = _FOREVER if is_this_one else "private, no-cache"
    response.headers["Content-Disposition"] = "inline"
    response.vary.add("Cookie")
    response.set_etag(found.digest)
    response.make_conditional(request)
    return response
