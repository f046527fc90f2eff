"""The full demo desk that the benchmarks stand on: made once in instance/bench, or DESKAPP_INSTANCE if that has one."""

import logging
import os
import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core is what is measured

from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from deskapp.app import create_app
from deskapp.config import Settings
from deskapp.desk import seats
from deskapp.rules.people import Actor
from deskapp.store.tables import Customer, Order, Staff, Surface
from deskapp.web import logs

ROOT = Path(__file__).parents[2]
INSTANCE = ROOT / "instance" / "bench"


def demo() -> Path:
    if not (INSTANCE / "models").is_dir():
        print("Making the demo desk for the benchmarks, a few minutes the first time ...")
    command = [sys.executable, "-m", "deskapp.cli", "demo"]  # brings one of an earlier release up to date
    subprocess.run(command, env=os.environ | {"DESKAPP_INSTANCE": str(INSTANCE)}, check=True, stdout=subprocess.DEVNULL)
    return INSTANCE


def desk() -> tuple[Flask, FlaskClient, int]:
    """The application in production dress, a browser in which Ana is signed in, and Carla's id."""
    logs.configure(is_production=True, level=logging.ERROR)
    settings = Settings(instance=demo(), production=True, secret_key=secrets.token_urlsafe(40))
    app = create_app(settings)
    database = app.extensions["deskapp"].database
    with database.writing() as session:
        ana = session.exec(select(Staff).where(Staff.username == "ana")).one()
        actor = Actor(ana.id, ana.username, ana.name, ana.role)
        lifetimes = seats.Lifetimes(timedelta(hours=1), timedelta(hours=12))
        token = seats.take(
            session, actor, Surface.PAGE, secret=secrets.token_urlsafe(32), lifetimes=lifetimes, now=datetime.now(UTC)
        )
        carla = session.exec(select(Customer.id).join(Order).where(Customer.name.startswith("Carla"))).first()
    client = app.test_client()
    client.set_cookie("__Host-deskapp", token, secure=True)
    client.environ_base |= {"wsgi.url_scheme": "https"}
    return app, client, carla
