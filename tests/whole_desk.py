"""The whole application on a small shop, with a clock that stands still until a test moves it. A plugin, named in conftest."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import CodeType

import cast
import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from deskapp.app import create_app
from deskapp.config import Settings
from deskapp.desk import seats
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.tables import Surface
from deskapp.web import api, assets
from deskapp.web.guard import token_for

SECRET = "a secret of the tests, longer than thirty-two"
LIFETIMES = seats.Lifetimes(timedelta(minutes=60), timedelta(hours=12))


@dataclass
class Clock:
    at: datetime = cast.NOW

    def __call__(self) -> datetime:
        return self.at

    def moves(self, **delta: float) -> None:
        self.at += timedelta(**delta)


class Compiled(BytecodeCache):
    """Templates are made into Python once; each test has an application of its own, which would do so anew."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key, bucket.checksum] = bucket.code


COMPILED = Compiled()


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Iterator[None]:
    """What every application would work out anew, to the same end: how addresses are built, the description of the API, and its
    assets made small. An application takes 140 ms without this, 25 ms with it, and half of all tests have one.
    """
    build, describe = Rule._compile_builder, api.document
    built: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}

    def compile_builder(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (rule.rule, rule.subdomain, rule.host, repr(rule.defaults), append_unknown)
        if key not in built:
            built[key] = build(rule, append_unknown)
        return built[key]

    described: dict[str, object] = {}

    def document(app: Flask, prefix: str) -> object:
        if prefix not in described:
            described[prefix] = describe(app, prefix)
        return described[prefix]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Rule, "_compile_builder", compile_builder)
        patched.setattr(api, "document", document)
        patched.setattr(assets, "_load", cache(assets._load))
        yield


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def settled_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the whole cast in it."""
    path = tmp_path_factory.mktemp("settled") / "desk.sqlite"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with database.writing() as session:
        cast.settle_in(session)
    database.close()
    return path


@pytest.fixture
def open_desk(settled_template: Path, tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Flask]]:
    """`open_desk(production=True, …)` makes an application of other settings on the test's own database."""
    shutil.copy(settled_template, tmp_path / "desk.sqlite")
    opened: list[Flask] = []

    def make(**settings: object) -> Flask:
        app = create_app(Settings(instance=tmp_path, secret_key=SECRET, **settings), now=clock)
        app.jinja_env.bytecode_cache = COMPILED
        opened.append(app)
        return app

    yield make
    for app in opened:
        app.extensions["deskapp"].database.close()


@pytest.fixture
def app(open_desk: Callable[..., Flask]) -> Flask:
    return open_desk()


@pytest.fixture
def db(app: Flask) -> Database:
    return app.extensions["deskapp"].database


@pytest.fixture
def staff(db: Database) -> dict[str, Actor]:
    from sqlmodel import select

    from deskapp.store.tables import Staff

    with db.reading() as session:
        return {one.username: Actor(one.id, one.username, one.name, one.role) for one in session.exec(select(Staff))}


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return app.test_client()


@pytest.fixture
def seat(db: Database, staff: dict[str, Actor], clock: Clock) -> Callable[..., str]:
    """`seat("ana")` is the token of a new seat of Ana's."""

    def take(username: str, surface: Surface = Surface.PAGE) -> str:
        with db.writing() as session:
            return seats.take(
                session, staff[username], surface, secret=secrets.token_urlsafe(32), lifetimes=LIFETIMES, now=clock()
            )

    return take


@pytest.fixture
def at_desk(app: Flask, seat: Callable[..., str]) -> Callable[[str], FlaskClient]:
    """`at_desk("ana")` is a browser in which Ana is signed in; what it posts carries the token of her pages."""

    def sit(username: str) -> FlaskClient:
        token = seat(username)
        client = app.test_client()
        client.set_cookie("deskapp", token)
        signing_key = app.extensions["deskapp"].signing_key
        client.environ_base["HTTP_X_CSRF"] = token_for(signing_key, seats.hash_token(token))
        return client

    return sit


@pytest.fixture
def htmx() -> dict[str, str]:
    """Headers that htmx sends."""
    return {"HX-Request": "true"}
