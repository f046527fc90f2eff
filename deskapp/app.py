"""The application, as a table of contents."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask

from deskapp.config import Settings, load
from deskapp.desk import guarding as guard_lists
from deskapp.desk.remembered import Remembered
from deskapp.desk.seats import Ended
from deskapp.desk.shelf import Shelf
from deskapp.desk.views import ViewLog
from deskapp.store.db import Database
from deskapp.web import (
    api,
    approvals,
    brief,
    budgets,
    cards,
    catalogue,
    channels,
    connections,
    customers,
    deliveries,
    drafts,
    feedback,
    gifts,
    guarding,
    host_context,
    host_events,
    how_it_was,
    launch,
    limits,
    merging,
    model,
    notes,
    occasions,
    offline,
    opinions,
    outbox,
    pairing,
    parcels,
    password,
    plus_one,
    preferences,
    preview,
    privacy,
    problems,
    promises,
    proposals,
    receivers,
    requests,
    search,
    sign_in,
    staff,
    steering,
    tablets,
    today,
    visits,
    work,
)
from deskapp.web.assets import folder, install_assets
from deskapp.web.errors import install_errors
from deskapp.web.filters import Templates, install_filters
from deskapp.web.guard import install_guard, require_permissions
from deskapp.web.health import install_health
from deskapp.web.here import Desk
from deskapp.web.logs import install_logs, log
from deskapp.web.metrics import install_metrics
from deskapp.web.panels import install_panels
from deskapp.web.seat import install_seat
from deskapp.web.tongue import install_tongue


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _equip_guard(settings: Settings) -> None:
    """What is wrong with the shop's own lists is said at the start and on the guard's page; the built-in ones stand in."""
    folder, regions = settings.instance / "guard", settings.guard_regions
    for complaint in guard_lists.equip(folder, regions=regions, with_presidio=settings.guard_presidio):
        log.warning("guard", complaint=complaint)


def create_app(settings: Settings | None = None, *, now: Callable[[], datetime] = _utc_now) -> Flask:
    """`now` is the one clock of the whole desk; tests hold it still."""
    settings = settings or load()
    database = Database(settings.engine_url)
    app = Flask("deskapp", template_folder=str(folder("templates")), static_folder=None)
    app.jinja_environment = Templates
    app.extensions["deskapp"] = Desk(
        settings,
        database,
        Shelf(settings.models_folder),
        Remembered(),
        ViewLog(database),
        Ended(time.monotonic),
        settings.signing_key(),
        now,
    )
    install_logs(app)
    _equip_guard(settings)
    install_metrics(app)
    install_errors(app)
    install_guard(app, settings)
    install_seat(app)
    install_panels(app)
    install_filters(app)
    install_tongue(app)
    install_assets(app)
    install_health(app)
    memory = (
        customers,
        notes,
        channels,
        opinions,
        preferences,
        occasions,
        promises,
        visits,
        brief,
        today,
        problems,
        plus_one,
        privacy,
    )
    for feature in (
        sign_in,
        password,
        launch,
        pairing,
        host_context,
        host_events,
        *memory,
        proposals,
        requests,
        merging,
        cards,
        deliveries,
        gifts,
        limits,
        receivers,
        budgets,
        catalogue,
        model,
        steering,
        guarding,
        preview,
        staff,
        connections,
        work,
        search,
        how_it_was,
        parcels,
        drafts,
        feedback,
        outbox,
    ):
        app.register_blueprint(feature.bp)
    approvals.install_approvals(app)
    tablets.install_tablets(app)
    offline.install_offline(app)
    api.install_api(app)
    require_permissions(app)
    return app
