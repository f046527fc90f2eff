"""HubSpot and Odoo, so far as what we hand out for them needs them: it runs as it was handed out. Their pages are in tests/fakes."""

import importlib
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from urllib.parse import urlsplit
from zipfile import ZipFile

import pytest
from flask import Flask
from knocks import SECRET
from playwright.sync_api import BrowserContext, Route

from deskapp.hosts import hubspot

Clock = Callable[[], datetime]


def hand_out(context: BrowserContext, folder: str, files: ZipFile) -> None:
    """The files are at the fake's site, in a folder of this name."""

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix(f"/{folder}/")
        kind = {"jsx": "text/javascript", "json": "application/json", "xml": "text/xml"}[path.rpartition(".")[2]]
        route.fulfill(body=files.read(path), content_type=f"{kind}; charset=utf-8")

    context.route(f"**/{folder}/**", answer)


# --- HubSpot --------------------------------------------------------------------------------------------------------


class HubSpot:
    """Its server: says who asks, signs that, and asks once more, as it does where it did not get the answer."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        self.app, self.clock, self.secret, self.asked = app, clock, SECRET, 0

    def call(self, route: Route) -> None:
        said, self.asked = route.request.post_data_json, self.asked + 1
        url = f"{said['url']}?userId=77&userEmail=ana%40acme.example&portalId=123&appId=9"
        body, stamp = json.dumps(said["body"]).encode(), str(int(self.clock().timestamp() * 1000) + self.asked)
        signature = hubspot.sign(self.secret.encode(), hubspot.to_sign(said["method"], url, body, stamp))
        headers = {
            "Content-Type": "application/json",
            "X-HubSpot-Signature-V3": signature,
            "X-HubSpot-Request-Timestamp": stamp,
        }
        first, again = (
            self.app.test_client().open(url, method=said["method"], data=body, headers=headers) for _ in range(2)
        )
        assert first.status_code != 200 or first.json == again.json
        route.fulfill(status=again.status_code, body=again.data, content_type=again.mimetype)


# --- Odoo -----------------------------------------------------------------------------------------------------------


class Odoo:
    """Its server, so far as our module knows it: a contact's record, who asks, and the system's parameters."""

    def __init__(self, partner_class: type) -> None:
        self.partner_class = partner_class
        self.partners = {77: "C-1", 78: "C-2", 79: False}
        self.parameters = {"deskapp.secret": SECRET}
        self.groups = {"base.group_user"}

    def call(self, partner_id: int, method: str) -> dict[str, str]:
        user = SimpleNamespace(id=7, name="Ana Gent", has_group=self.groups.__contains__)
        parameters = SimpleNamespace(get_param=lambda name: self.parameters.get(name, False))
        partner = self.partner_class()
        partner.id, partner.ref = partner_id, self.partners[partner_id]
        partner.env = Env({"ir.config_parameter": SimpleNamespace(sudo=lambda: parameters)}, user)
        return getattr(partner, method)()

    def answer(self, route: Route) -> None:
        asked = route.request.post_data_json["params"]
        try:
            said = {"result": self.call(*asked["args"][0], asked["method"])}
        except Exception as error:  # noqa: BLE001 - as Odoo does it
            said = {"error": {"code": 200, "message": "Odoo Server Error", "data": {"message": str(error)}}}
        route.fulfill(json={"jsonrpc": "2.0", "id": 1, **said})


class Env(dict):
    def __init__(self, models: dict[str, object], user: object) -> None:
        super().__init__(models)
        self.user = user


class Model:
    def ensure_one(self) -> None: ...


def odoo_in(addons: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Odoo:
    """One that has our module among its addons, with the test's clock."""
    odoo, exceptions = ModuleType("odoo"), ModuleType("odoo.exceptions")
    odoo._, odoo.models = str, SimpleNamespace(Model=Model)
    for name in ("AccessError", "UserError"):
        setattr(exceptions, name, type(name, (Exception,), {}))
    for name in [one for one in sys.modules if one.partition(".")[0] == "deskapp_desk"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "odoo", odoo)
    monkeypatch.setitem(sys.modules, "odoo.exceptions", exceptions)
    monkeypatch.syspath_prepend(addons)
    module = importlib.import_module("deskapp_desk").models.res_partner
    module.time = lambda: clock().timestamp()
    return Odoo(module.ResPartner)
