"""What an administrator downloads: whole, the same every time, safe whatever the connection is called, and without a secret."""

import ast
import json
import struct
import zlib
from io import BytesIO
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from knocks import LAUNCH, NOW, SECRET

from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import Held, Received
from deskapp.hosts.mark import draw_mark
from deskapp.hosts.packages import make_package

ORIGIN = "https://desk.example.com"
ODD = 'Ann\'s "Desk" & <b>${x}</b> \\ {url}\n\x07é'
LINE = 'Ann\'s "Desk" & <b>${x}</b> \\ {url} é'
WITH_PACKAGE = {"zendesk", "hubspot", "salesforce", "odoo"}


def files_of(code: str, name: str = ODD) -> dict[str, bytes]:
    package = make_package(HOSTS[code], name=name, url=LAUNCH, origin=ORIGIN, fields={})
    assert package is not None
    assert package.file_name == f"deskapp-{code}.zip"
    with ZipFile(BytesIO(package.content)) as archive:
        assert archive.testzip() is None
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def test_some_hosts_need_no_more_than_the_address() -> None:
    made = {
        code for code, host in HOSTS.items() if make_package(host, name="Desk", url=LAUNCH, origin=ORIGIN, fields={})
    }
    assert made == {*WITH_PACKAGE, "signed"}


def test_who_signs_by_oneself_is_told_how() -> None:
    package = make_package(HOSTS["signed"], name=ODD, url=LAUNCH, origin=ORIGIN, fields={})
    assert package is not None
    assert package.media_type.startswith("text/plain")
    words = package.content.decode()
    assert "deskapp-launch-1" in words
    assert words.endswith(f"{LAUNCH}\n")


@pytest.mark.parametrize("code", sorted(WITH_PACKAGE))
def test_a_package_is_the_same_every_time_and_for_another_name_another(code: str) -> None:
    def content(name: str) -> bytes:
        package = make_package(HOSTS[code], name=name, url=LAUNCH, origin=ORIGIN, fields={"secret": SECRET})
        assert package is not None
        return package.content

    assert content("Desk") == content("Desk") != content("Other")
    assert SECRET.encode() not in content("Desk")
    assert LAUNCH.encode() in content("Desk")


def test_zendesks_package_asks_for_signed_launches_at_our_places() -> None:
    files = files_of("zendesk")
    manifest = json.loads(files["manifest.json"])
    assert {"author", "defaultLocale", "location", "frameworkVersion"} <= set(manifest)
    assert (manifest["name"], manifest["signedUrls"], manifest["private"], manifest["frameworkVersion"]) == (
        LINE,
        True,
        True,
        "2.0",
    )
    assert set(manifest["location"]["support"]) == {"ticket_sidebar", "new_ticket_sidebar", "user_sidebar"}
    assert {place["url"] for place in manifest["location"]["support"].values()} == {LAUNCH}
    assert json.loads(files[f"translations/{manifest['defaultLocale']}.json"])["app"]["name"] == LINE
    assert "assets/logo-small.png" in files


def test_hubspots_card_may_call_the_desk_and_show_it_and_nobody_else() -> None:
    files = files_of("hubspot")
    config = json.loads(files["src/app/app-hsmeta.json"])["config"]
    assert config["permittedUrls"] == {"fetch": [ORIGIN], "iframe": [ORIGIN], "img": []}
    card = json.loads(files["src/app/cards/desk-card-hsmeta.json"])["config"]
    assert f"src{card['entrypoint']}" in files
    assert f"const ADDRESS = {json.dumps(LAUNCH)};" in files["src/app/cards/DeskCard.jsx"].decode()
    assert json.loads(files["hsproject.json"])["srcDir"] == "src"


def test_salesforces_metadata_is_well_formed_and_lists_what_is_there() -> None:
    files = files_of("salesforce")
    space = "{http://soap.sforce.com/2006/04/metadata}"
    roots = {path: ET.fromstring(text) for path, text in files.items()}  # noqa: S314 - our own
    listed = {
        (kind.findtext(f"{space}name"), member.text)
        for kind in roots.pop("package.xml").iter(f"{space}types")
        for member in kind.iter(f"{space}members")
    }
    assert listed == {
        (root.tag.removeprefix(space), path.split("/")[1].rpartition(".")[0]) for path, root in roots.items()
    }
    canvas = roots["extlClntAppCanvasSettings/Deskapp_canvas.ecaCanvas"]
    assert (canvas.findtext(f"{space}accessMethod"), canvas.findtext(f"{space}canvasUrl")) == ("Post", LAUNCH)
    assert roots["externalClientApps/Deskapp.eca"].findtext(f"{space}label") == LINE
    trusted = roots["cspTrustedSites/Deskapp.cspTrustedSite"]
    assert [flag.tag.removeprefix(space) for flag in trusted if flag.text == "true"] == [
        "isActive",
        "isApplicableToFrameSrc",
    ]
    assert trusted.findtext(f"{space}endpointUrl") == ORIGIN


def test_what_odoos_module_signs_opens_the_desk() -> None:
    files = files_of("odoo")
    scope: dict[str, object] = {}
    exec(files["deskapp_desk/signing.py"].decode(), scope)  # noqa: S102 - our own
    values = {"agent": "7", "agent_name": "Zoë & Co", "customer": "C/17"}
    link = scope["make_link"](scope["ADDRESS"], SECRET, values, NOW.timestamp(), "a" * 32)  # type: ignore[operator]
    launch = HOSTS["odoo"].verify(Received("GET", link, {}), Held({}, (SECRET,)), NOW)
    assert (launch.agent_ref, launch.agent_name, launch.hint.external_id) == ("7", "Zoë & Co", "C/17")


def test_odoos_module_is_python_and_xml_and_finds_its_own_files() -> None:
    files = files_of("odoo")
    manifest = ast.literal_eval(files["deskapp_desk/__manifest__.py"].decode())
    assert manifest["name"] == LINE
    assert all(f"deskapp_desk/{path}" in files for path in manifest["data"])
    view = ET.fromstring(files["deskapp_desk/views/res_partner.xml"])  # noqa: S314 - our own
    button = next(view.iter("button")).attrib["name"]
    partner = ast.parse(files["deskapp_desk/models/res_partner.py"])
    assert button in {node.name for node in ast.walk(partner) if isinstance(node, ast.FunctionDef)}


def test_the_mark_is_a_png_that_is_clear_outside_and_has_the_marks_two_colours() -> None:
    size = 32
    image = draw_mark(size)
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">IIBB", image[16:26]) == (size, size, 8, 6)
    start = image.index(b"IDAT") + 4
    length = struct.unpack(">I", image[start - 8 : start - 4])[0]
    rows = zlib.decompress(image[start : start + length])

    def pixel(x: int, y: int) -> tuple[int, ...]:
        at = y * (4 * size + 1) + 1 + 4 * x
        return tuple(rows[at : at + 4])

    assert pixel(0, 0)[3] == 0
    assert pixel(12, 8) == (255, 250, 240, 255)  # paper
    assert pixel(12, 11) == pixel(19, 19) == (176, 83, 47, 255)  # a line on it, and the disc
    assert pixel(23, 22) == (255, 250, 240, 255)  # the plus
