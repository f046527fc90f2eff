"""The page where two customers who are one person are joined, and parted again."""

from flask import Blueprint, Response, url_for

from deskapp.desk import merging
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("merging", __name__)


@bp.get("/customers/<int:customer_id>/merge")
@needs(Permission.MERGE_CUSTOMERS)
def panel(customer_id: int) -> Response:
    return _show(customer_id, "")


@bp.post("/customers/<int:customer_id>/merge/find")
@needs(Permission.MERGE_CUSTOMERS)
@redraws(panel)
def find(customer_id: int) -> Response:
    """A POST, so that nobody's name stands in a URL."""
    return _show(customer_id, read(merging.Wanted).q)


@bp.post("/customers/<int:customer_id>/merge")
@needs(Permission.MERGE_CUSTOMERS)
@redraws(panel)
def merge(customer_id: int) -> Response:
    form = read(merging.NewMerge)
    with writing() as session:
        merging.merge(session, actor(), customer_id, form, now=clock())
    return after_post(panel, url_for("merging.panel", customer_id=customer_id), customer_id=customer_id)


@bp.post("/merges/<int:merge_id>/undo")
@needs(Permission.MERGE_CUSTOMERS)
def undo(merge_id: int) -> Response:
    read(Keyed)
    with writing() as session:
        customer_id = merging.undo(session, actor(), merge_id, now=clock())
    return after_post(panel, url_for("merging.panel", customer_id=customer_id), customer_id=customer_id)


def _show(customer_id: int, query: str) -> Response:
    with reading() as session:
        return show("merging", "merging.html", {"merging": lambda: merging.panel(session, customer_id, query)})
