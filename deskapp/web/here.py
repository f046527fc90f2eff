"""What a request stands on: settings, database, clock, the person acting."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app, g
from sqlmodel import Session

from deskapp.config import Settings
from deskapp.desk import guarding
from deskapp.desk.remembered import Remembered
from deskapp.desk.seats import Ended
from deskapp.desk.shelf import Shelf
from deskapp.desk.views import ViewLog
from deskapp.rules.errors import SignInNeeded
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store.db import Database


@dataclass(frozen=True, slots=True)
class Desk:
    """One per application; lives in `app.extensions["deskapp"]`."""

    settings: Settings
    database: Database
    shelf: Shelf
    remembered: Remembered
    views: ViewLog
    ended: Ended
    signing_key: bytes
    now: Callable[[], datetime]


def desk() -> Desk:
    return cast("Desk", current_app.extensions["deskapp"])


def reading() -> AbstractContextManager[Session]:
    return desk().database.reading()


@contextmanager
def writing() -> Iterator[Session]:
    """What the guard stopped is rolled back with everything else, and counted in a transaction of its own."""
    try:
        with desk().database.writing() as session:
            yield session
    except guarding.Stopped as stopped:
        with desk().database.writing() as session:
            guarding.log_stop(session, actor(), stopped, now=clock())
        raise


def clock() -> datetime:
    return desk().now()


def today() -> date:
    """The shop's own day."""
    return clock().astimezone(zone()).date()


def zone() -> ZoneInfo:
    """The one by whose days the shop lives."""
    return ZoneInfo(desk().settings.zone)


def actor() -> Actor:
    """Who acts; raises SignInNeeded where nobody does."""
    if (found := g.get("actor")) is None:
        raise SignInNeeded(say("Please sign in to go on."))
    return cast("Actor", found)
