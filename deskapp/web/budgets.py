"""Budgets of teams and campaigns: managers set them, their owners look."""

from flask import Blueprint, Response, url_for

from deskapp.desk import budget_pages, budgets
from deskapp.desk.budgets import Terms
from deskapp.desk.inputs import Keyed
from deskapp.rules.people import Permission
from deskapp.web.forms import read, redraws
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.panels import after_post, show
from deskapp.web.seat import needs

bp = Blueprint("budgets", __name__)


def _terms() -> Terms:
    settings = desk().settings
    return Terms(settings.currency, settings.zone, settings.agree_above_minor)


@bp.get("/budgets")
@needs(Permission.GIVE)
def panel() -> Response:
    with reading() as session:
        loaders = {"budgets": lambda: budget_pages.panel(session, actor(), currency=_terms().currency, now=clock())}
        return show("budgets", "budgets.html", loaders)


def _panel_of(budget_id: int) -> Response:
    """Drawn again as the whole panel."""
    with reading() as session:
        budget_pages.check(session, budget_id)
    return panel()


@bp.post("/budgets")
@needs(Permission.SET_LIMITS)
@redraws(panel)
def add() -> Response:
    form = read(budgets.NewBudget)
    with writing() as session:
        budgets.add(session, actor(), form, terms=_terms(), now=clock())
    return after_post(panel, url_for("budgets.panel"))


@bp.post("/budgets/<int:budget_id>")
@needs(Permission.SET_LIMITS)
@redraws(_panel_of)
def change(budget_id: int) -> Response:
    form = read(budgets.Changed)
    with writing() as session:
        budgets.change(session, actor(), budget_id, form, terms=_terms(), now=clock())
    return after_post(panel, url_for("budgets.panel"))


@bp.post("/budgets/<int:budget_id>/stop")
@needs(Permission.SET_LIMITS)
@redraws(_panel_of)
def stop(budget_id: int) -> Response:
    form = read(Keyed)
    with writing() as session:
        budgets.stop(session, actor(), budget_id, form, terms=_terms(), now=clock())
    return after_post(panel, url_for("budgets.panel"))
