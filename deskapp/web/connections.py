"""The pages on which an admin connects CRMs with the desk, tests that they open it, and ends what should open no more."""

from importlib.metadata import version
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Blueprint, Response, g, make_response, request, url_for

from deskapp.desk import connection_changes as changes
from deskapp.desk import connection_checks as checks
from deskapp.desk import connection_page as pages
from deskapp.desk import connections
from deskapp.desk import extension as extensions
from deskapp.desk.connection_page import Package
from deskapp.desk.inputs import Input, Keyed
from deskapp.rules.errors import NotFound
from deskapp.rules.people import Permission
from deskapp.rules.words import say
from deskapp.web.assets import folder
from deskapp.web.forms import read, redraws, row_number, validated
from deskapp.web.here import actor, clock, desk, reading, writing, zone
from deskapp.web.panels import after_post, leave_for, show
from deskapp.web.seat import needs
from deskapp.web.sign_in import new_secret

bp = Blueprint("connections", __name__)

M = TypeVar("M", bound=Input)
_SETTING = "fields."  # in front of the code of a host's own setting
_DONE = {
    "added": say("It is added. What to do next stands below."),
    "saved": say("Name and settings are saved."),
    "origins": say("Who may show the desk is saved."),
    "secret": say("The new secret counts."),
    "ended": say("The old secret counts no more."),
    "retired": say("It is retired."),
    "revoked": say("That browser opens nothing any more."),
    "unlinked": say("That name opens nothing any more."),
}
_KEY_CHARACTERS = 32  # of 64 kinds: 192 bits


@bp.get("/connections")
@needs(Permission.MANAGE_CONNECTIONS)
def panel() -> Response:
    chosen = request.form.get("host") or request.args.get("host", "")
    number = request.args.get("number", type=row_number)
    with reading() as session:
        return show(
            "connections", "connections.html", {"connections": lambda: pages.list_panel(session, chosen, number)}
        )


@bp.post("/connections")
@needs(Permission.MANAGE_CONNECTIONS)
@redraws(panel)
def add() -> Response:
    form = _typed(connections.NewConnection)
    key = new_secret()[:_KEY_CHARACTERS]
    with writing() as session:
        number = connections.make(
            session,
            actor(),
            form,
            key=key,
            signing_key=desk().signing_key,
            is_local_fine=_is_local_fine(),
            now=clock(),
        )
    return _done(number, "added")


@bp.get("/connections/<int:connection_id>")
@needs(Permission.MANAGE_CONNECTIONS)
def one(connection_id: int) -> Response:
    return _shown(connection_id, "connection")


def _panel_of(connection_id: int, **_: object) -> Response:
    return one(connection_id)


@bp.get("/connections/<int:connection_id>/checks")
@needs(Permission.MANAGE_CONNECTIONS)
def check(connection_id: int) -> Response:
    return _shown(connection_id, "connection_checks")


def _shown(connection_id: int, wanted: str) -> Response:
    """The test is run where it was asked for, and its panel is drawn empty elsewhere."""
    signing_key, now = desk().signing_key, clock()
    with reading() as session:
        loaders = {
            "connection": lambda: pages.panel(session, connection_id, base=_base(), signing_key=signing_key, now=now),
            "connection_checks": lambda: (
                checks.run(session, connection_id, here=_here(), signing_key=signing_key, now=now)
                if wanted == "connection_checks"
                else None
            ),
        }
        done = _DONE.get(g.get("done") or request.args.get("done", ""), "")
        return show(wanted, "connection.html", loaders, connection_id=connection_id, done=done)


@bp.get("/connections/<int:connection_id>/package")
@needs(Permission.MANAGE_CONNECTIONS)
def package(connection_id: int) -> Response:
    with reading() as session:
        found = pages.find_package(session, connection_id, base=_base())
    if found is None:
        raise NotFound(say("There is nothing to install for this CRM: pasting the address is all."))
    return _file(found)


def _file(package: Package) -> Response:
    response = make_response(package.content)
    response.mimetype = package.media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{package.file_name}"'
    return response


@bp.get("/connections/<int:connection_id>/extension/<any(chrome, firefox):browser>")
@needs(Permission.MANAGE_CONNECTIONS)
def extension(connection_id: int, browser: str) -> Response:
    """The same zip as `deskapp extension` writes. The first one makes the key by which browsers know the desk's extension."""
    with reading() as session:
        key = pages.get_extension_key(session, connection_id)
    place = extensions.read_place(_base(), key)
    identity = extensions.kept_identity(desk().settings.instance / "extension.pem", new_rsa_key)
    builds = extensions.build(folder("static") / "extension", place, identity, version("deskapp"))
    build = next(one for one in builds if one.browser == browser)
    return _file(Package(build.zip_name, extensions.zipped(build.files)))


def new_rsa_key() -> bytes:
    """As PEM, not encrypted."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@bp.post("/connections/<int:connection_id>")
@needs(Permission.MANAGE_CONNECTIONS)
@redraws(_panel_of)
def change(connection_id: int) -> Response:
    form = _typed(changes.NewSettings)
    with writing() as session:
        changes.change(session, actor(), connection_id, form, is_local_fine=_is_local_fine(), now=clock())
    return _done(connection_id, "saved")


@bp.post("/connections/<int:connection_id>/origins")
@needs(Permission.MANAGE_CONNECTIONS)
@redraws(_panel_of)
def set_origins(connection_id: int) -> Response:
    form = read(changes.NewOrigins)
    with writing() as session:
        changes.set_origins(session, actor(), connection_id, form, is_local_fine=_is_local_fine(), now=clock())
    return _done(connection_id, "origins")


@bp.post("/connections/<int:connection_id>/secret")
@needs(Permission.MANAGE_CONNECTIONS)
@redraws(_panel_of)
def rotate(connection_id: int) -> Response:
    form = read(changes.NewSecret)
    key = desk().signing_key
    with writing() as session:
        changes.rotate(session, actor(), connection_id, form, zone=zone(), signing_key=key, now=clock())
    return _done(connection_id, "secret")


@bp.post("/connections/<int:connection_id>/secret/end")
@needs(Permission.MANAGE_CONNECTIONS)
@redraws(_panel_of)
def end_old_secret(connection_id: int) -> Response:
    form = read(Keyed)
    with writing() as session:
        changes.end_old_secret(session, actor(), connection_id, form, now=clock())
    return _done(connection_id, "ended")


@bp.post("/connections/<int:connection_id>/retire")
@needs(Permission.MANAGE_CONNECTIONS)
@redraws(_panel_of)
def retire(connection_id: int) -> Response:
    form = read(Keyed)
    with writing() as session:
        changes.retire(session, actor(), connection_id, form, now=clock())
    return leave_for(url_for("connections.one", connection_id=connection_id, done="retired"))


@bp.post("/connections/<int:connection_id>/browsers/<int:device_id>/revoke")
@needs(Permission.MANAGE_CONNECTIONS)
@redraws(_panel_of)
def revoke_device(connection_id: int, device_id: int) -> Response:
    form = read(Keyed)
    with writing() as session:
        changes.revoke_device(session, actor(), connection_id, device_id, form, now=clock())
    return _done(connection_id, "revoked")


@bp.post("/connections/<int:connection_id>/agents/<int:link_id>/unlink")
@needs(Permission.MANAGE_CONNECTIONS)
@redraws(_panel_of)
def unlink(connection_id: int, link_id: int) -> Response:
    form = read(Keyed)
    with writing() as session:
        changes.unlink(session, actor(), connection_id, link_id, form, now=clock())
    return _done(connection_id, "unlinked")


def _done(connection_id: int, what: str) -> Response:
    """The panel with the words for `what`, one of _DONE."""
    g.done = what
    url = url_for("connections.one", connection_id=connection_id, done=what)
    return after_post(one, url, connection_id=connection_id)


def _typed(model: type[M]) -> M:
    """With the host's own settings gathered; raises Invalid with a sentence per field."""
    plain = {name: value for name, value in request.form.items() if name not in {"csrf", "form"}}
    own = {name: plain.pop(name) for name in list(plain) if name.startswith(_SETTING)}
    return validated(model, plain | {"fields": {name.removeprefix(_SETTING): own[name] for name in own}})


def _is_local_fine() -> bool:
    return not desk().settings.production


def _base() -> str:
    return desk().settings.public_url or request.host_url.rstrip("/")


def _here() -> checks.Here:
    settings = desk().settings
    return checks.Here(
        base=_base(),
        is_set=bool(settings.public_url),
        seen_as=request.host_url.rstrip("/"),
        trusted_hosts=tuple(settings.trusted_hosts.split()),
        is_production=settings.production,
    )
