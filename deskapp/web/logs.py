"""One line per request and per thing that went wrong: which route, how it ended, how long. No names, no paths, no words."""

import logging
import sys
import time
import traceback
from types import TracebackType

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict, Processor, WrappedLogger

log = structlog.get_logger()

_QUIET = frozenset(
    {
        "health.alive",
        "health.ready",
        "metrics.metrics",
        "assets.asset",
        "approvals.count",
        "approvals.state",
        "pairing.state",
        "seat.still",
        "seat.used",
    }
)
_FAILED = 400


def configure(*, is_production: bool, level: int = logging.INFO) -> None:
    """Once per process, to stderr. JSON and quoted text both escape line breaks, so that nothing sent can forge a line."""
    plain: list[Processor] = [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), repr_native_str=True, exception_formatter=structlog.dev.plain_traceback
        )
    ]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([bare_traceback, structlog.processors.JSONRenderer()] if is_production else plain),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whichever it is by then
    )


def bare_traceback(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The kind of an error and its lines of code; its message and the variables around it may be a customer's words."""
    error = event.pop("exc_info", None)
    if error and not isinstance(error, BaseException):
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"], event["at"] = type(error).__name__, _lines(error.__traceback__)
    return event


def _lines(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def install_logs(app: Flask) -> None:
    app.before_request(_start)
    app.after_request(_tell)


def _start() -> None:
    g.started_at = time.perf_counter()


def _tell(response: Response) -> Response:
    who = g.get("actor")
    is_quiet = request.endpoint in _QUIET and response.status_code < _FAILED
    (log.debug if is_quiet else log.info)(
        "request",
        method=request.method,
        route=route(),
        status=response.status_code,
        ms=round(1000 * seconds(), 1),
        request_id=g.get("request_id"),
        staff_id=who.staff_id if who else None,
    )
    return response


def route() -> str:
    """The rule that matched, such as "/customers/<int:customer_id>", never what was asked for."""
    return request.url_rule.rule if request.url_rule else "none"


def seconds() -> float:
    """Since the request began; 0 for one that was refused before."""
    now = time.perf_counter()
    return float(now - g.get("started_at", now))
