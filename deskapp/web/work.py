"""Work in the background, and the model in service. Files come in by the command line only: no path is taken from the web."""

from dataclasses import dataclass

from flask import Blueprint, Response, url_for
from sqlmodel import Session

from deskapp.desk import jobs, models
from deskapp.desk.jobs import Kind
from deskapp.desk.models import ModelView
from deskapp.rules.people import Permission
from deskapp.web.forms import redraws
from deskapp.web.here import actor, clock, desk, reading, writing
from deskapp.web.panels import after_post, announce, show
from deskapp.web.seat import needs

bp = Blueprint("work", __name__)


@dataclass(frozen=True, slots=True)
class ModelPanel:
    in_service: ModelView | None
    problem: str  # why the newest model is not the one that answers; "": it is


@bp.get("/work")
@needs(Permission.RUN_JOBS)
def panel() -> Response:
    with reading() as session:
        found = jobs.overview(session)
        response = show("jobs", "work.html", {"jobs": lambda: found, "model": lambda: _model(session)})
    return response if found.are_moving else announce(response, "work-done")


@bp.get("/work/model")
@needs(Permission.RUN_JOBS)
def model() -> Response:
    with reading() as session:
        return show("model", "work.html", {"jobs": lambda: jobs.overview(session), "model": lambda: _model(session)})


@bp.post("/work/train")
@needs(Permission.RUN_JOBS)
def train() -> Response:
    with writing() as session:
        jobs.enqueue(session, actor(), Kind.TRAIN, {}, now=clock())
    return after_post(panel, url_for("work.panel"))


@bp.post("/work/jobs/<int:job_id>/cancel")
@needs(Permission.RUN_JOBS)
@redraws(lambda job_id: panel())  # noqa: ARG005 - the panel holds all jobs
def cancel(job_id: int) -> Response:
    with writing() as session:
        jobs.cancel(session, actor(), job_id, now=clock())
    return after_post(panel, url_for("work.panel"))


def _model(session: Session) -> ModelPanel:
    return ModelPanel(models.find_in_service(session), desk().shelf.find_problem(session))
