"""What Prometheus scrapes: requests by route and status, jobs and gifts by state. Nothing about any person."""

import hmac
import ipaddress
import os

from flask import Blueprint, Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from deskapp.desk import figures
from deskapp.rules.errors import Forbidden
from deskapp.web.guard import open_to_all
from deskapp.web.here import desk, reading
from deskapp.web.logs import route, seconds

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"  # read by the library when it is imported
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

bp = Blueprint("metrics", __name__)

_registry = CollectorRegistry()
_requests = Histogram(
    "deskapp_request_seconds",
    "Time from request to answer.",
    ("method", "route", "status"),
    buckets=_BUCKETS,
    registry=_registry,
)


def install_metrics(app: Flask) -> None:
    app.after_request(_count)
    app.register_blueprint(bp)


def _count(response: Response) -> Response:
    method = request.method if request.method in _METHODS else "other"
    _requests.labels(method, route(), str(response.status_code)).observe(seconds())
    return response


@bp.get("/metrics")
@open_to_all
def metrics() -> Response:
    if not _may_scrape():
        raise Forbidden("These figures are for this machine, or for who has the token.")
    return Response(_of_requests() + _of_the_desk(), content_type=CONTENT_TYPE_LATEST)


def _may_scrape() -> bool:
    token = desk().settings.metrics_token.get_secret_value()
    if token:
        sent = request.headers.get("Authorization", "")
        return hmac.compare_digest(sent.encode(), f"Bearer {token}".encode())
    return _is_from_here()


def _is_from_here() -> bool:
    """What a proxy on this machine passes on comes from anywhere, whatever the address says."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _of_requests() -> bytes:
    if MULTIPROCESS not in os.environ:
        return generate_latest(_registry)
    everybodys = CollectorRegistry()
    MultiProcessCollector(everybodys)  # type: ignore[no-untyped-call]
    return generate_latest(everybodys)


def _of_the_desk() -> bytes:
    """Counted in the database when asked for, so it is the same whichever process answers."""
    fresh = CollectorRegistry()
    jobs = Gauge("deskapp_jobs", "Jobs by kind and state.", ("kind", "state"), registry=fresh)
    gifts = Gauge("deskapp_grants", "Gifts by state.", ("state",), registry=fresh)
    letters = Gauge("deskapp_outbox", "Letters and calls by carrier and state.", ("carrier", "state"), registry=fresh)
    with reading() as session:
        counted = figures.count(session)
    for (kind, state), number in counted.jobs.items():
        jobs.labels(kind, state).set(number)
    for state, number in counted.grants.items():
        gifts.labels(state).set(number)
    for (carrier, state), number in counted.outbox.items():
        letters.labels(carrier, state).set(number)
    return generate_latest(fresh)
