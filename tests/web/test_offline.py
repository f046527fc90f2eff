"""What is kept of the desk where there is no network, and that a note that waited is nobody's but its writer's."""

import json
import re
import struct
import zlib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from deskapp.rules.people import Actor
from deskapp.store.memory_tables import Note

ROOT = Path(__file__).parents[2]
NOTE = {"text": "Waited.", "kind": "observation", "channel": "phone", "form": "add-note", "form_key": "key-of-a-note"}


def test_the_worker_keeps_files_that_everybody_gets_and_is_never_kept_itself(visitor) -> None:
    answer = visitor.get("/worker.js")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/javascript", "no-cache")
    (files,) = re.match(r'const EDITION = "\w{12}", FILES = (\[.*?\]);\n', answer.text).groups()
    assert {re.sub(r"\.\w{12}\.", ".", one) for one in json.loads(files)} >= {
        "/assets/desk.css",
        "/assets/desk.js",
        "/assets/offline.js",
        "/assets/htmx.min.js",
    }
    for one in json.loads(files):
        assert "immutable" in visitor.get(one).headers["Cache-Control"]


def test_the_page_for_no_network_is_the_same_whoever_asks(visitor, at_desk) -> None:
    page = visitor.get("/offline").text
    assert at_desk("ana").get("/offline").text == page
    assert "cannot be reached" in page
    assert "data-staff" not in page


def test_the_manifest_names_the_shop_and_icons_of_the_sizes_they_say(visitor) -> None:
    answer = visitor.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    said = json.loads(answer.text)
    assert (said["short_name"], said["start_url"], said["display"]) == ("Corner & Co", "/", "standalone")
    for icon in said["icons"]:
        png = visitor.get(icon["src"]).data
        assert "{}x{}".format(*struct.unpack(">II", png[16:24])) == icon["sizes"]
    assert [icon["purpose"] for icon in said["icons"]] == ["any", "any", "maskable"]
    assert '<link rel="manifest" href="/manifest.webmanifest">' in visitor.get("/sign-in").text


def test_the_manifest_and_the_page_kept_for_later_are_in_the_tongue_of_the_browser_that_asks(visitor) -> None:
    arabic = {"Accept-Language": "ar"}
    answer = visitor.get("/manifest.webmanifest", headers=arabic)
    said = json.loads(answer.text)
    assert (said["lang"], said["dir"], said["short_name"]) == ("ar", "rtl", "Corner & Co")
    assert "Accept-Language" in answer.headers["Vary"]
    assert json.loads(visitor.get("/manifest.webmanifest").text)["dir"] == "ltr"
    assert '<html lang="ar" dir="rtl">' in visitor.get("/offline", headers=arabic).text


def test_the_icons_are_what_their_script_draws() -> None:
    spec = spec_from_file_location("draw_icons", ROOT / ".ci" / "draw_icons.py")
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    size, share, is_cut = script.ICONS["icon-192"]
    png = (ROOT / "static" / "img" / "icon-192.png").read_bytes()
    start = png.index(b"IDAT")
    packed = png[start + 4 : start + 4 + struct.unpack(">I", png[start - 4 : start])[0]]
    assert zlib.decompress(packed) == script.draw(size, share, is_cut=is_cut)


def test_a_note_that_waited_is_saved_once_and_as_nobody_but_its_writer(
    at_desk, db, staff: dict[str, Actor], htmx
) -> None:
    from sqlmodel import select

    ana, bo = at_desk("ana"), at_desk("bo")
    assert ana.get("/who").json["staff"] == staff["ana"].staff_id
    as_ana = htmx | {"X-Deskapp-For": str(staff["ana"].staff_id)}
    assert bo.post("/customers/1/notes", data=NOTE, headers=as_ana).status_code == 401
    for _ in range(2):  # the answer to the first was lost
        assert ana.post("/customers/1/notes", data=NOTE, headers=as_ana).status_code == 200
    with db.reading() as session:
        assert [(one.author_id, one.text) for one in session.exec(select(Note))] == [(staff["ana"].staff_id, "Waited.")]


def test_a_note_whose_seat_changed_since_it_was_asked_who_sits_here_goes_on_waiting(at_desk, staff, db, htmx) -> None:
    before, after = at_desk("ana"), at_desk("ana")
    as_ana = htmx | {"X-Deskapp-For": str(staff["ana"].staff_id)}
    stale = {"X-CSRF": before.get("/who").json["csrf"]}
    assert after.post("/customers/1/notes", data=NOTE, headers=as_ana | stale).status_code == 401
    assert after.post("/customers/1/notes", data=NOTE, headers=htmx | stale).status_code == 400
    anew = {"X-CSRF": after.get("/who").json["csrf"]}
    assert after.post("/customers/1/notes", data=NOTE, headers=as_ana | anew).status_code == 200


def test_asking_who_is_here_keeps_no_seat_alive(at_desk, clock) -> None:
    ana = at_desk("ana")
    for _ in range(3):
        assert ana.get("/who").status_code == 200
        clock.moves(minutes=25)
    assert ana.get("/who").status_code == 303


def test_frames_have_neither_worker_nor_waiting_notes(seat, app) -> None:
    from deskapp.store.tables import Surface

    frame = app.test_client()
    page = frame.get("/", headers={"X-Deskapp-Seat": seat("ana", Surface.EMBED)}).text
    assert "offline" not in page
    assert 'id="unsent"' not in page


@pytest.mark.parametrize("path", ["/", "/customers/1"])
def test_a_page_says_whose_it_is_so_that_nothing_is_sent_as_another(at_desk, staff, path: str) -> None:
    assert f'data-staff="{staff["ana"].staff_id}"' in at_desk("ana").get(path).text
