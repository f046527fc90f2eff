"""The browser extension as it is written: what it may do, what its pages may load, the same to the byte."""

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from zipfile import ZipFile

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deskapp.desk import extension
from deskapp.rules.errors import Invalid

SOURCE = Path(__file__).parents[2] / "static/extension"
PLACE = extension.read_place("https://desk.example.com/", "AbC-1_2")
IDENTITY = extension.Identity(b"a public key")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-src https://desk.example.com"
)
LAUNCH = "https://desk.example.com/connections/AbC-1_2/launch"
# What would make code of a page's words, fetch code or words from elsewhere, or keep what was read.
NEVER = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|document\.write|srcdoc|\beval\b|Function\(|import\("
    r"|setTimeout\([\"'`]|fetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts"
    r"|localStorage|sessionStorage|indexedDB|document\.cookie|api\.storage|https?://"
)


@pytest.fixture(scope="module")
def built() -> dict[str, extension.Build]:
    return {one.browser: one for one in extension.build(SOURCE, PLACE, IDENTITY, "1.2.3rc4")}


@pytest.fixture(scope="module")
def manifests(built: dict[str, extension.Build]) -> dict[str, dict]:
    return {browser: json.loads(one.files["manifest.json"]) for browser, one in built.items()}


@pytest.fixture(scope="module")
def pem() -> bytes:
    key = generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - signs nothing, and is quickly made
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Tags(HTMLParser):
    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_it_may_do_just_what_it_must(manifests) -> None:
    assert manifests["chrome"]["permissions"] == ["activeTab", "scripting", "sidePanel"]
    assert manifests["firefox"]["permissions"] == ["activeTab", "scripting"]
    for one in manifests.values():
        assert one["optional_host_permissions"] == ["https://*/*"]  # each asked for by name, by the person
        assert not one.keys() & {
            "host_permissions",
            "content_scripts",
            "web_accessible_resources",
            "externally_connectable",
            "optional_permissions",
        }


def test_each_browser_finds_its_own_panel_and_nothing_of_the_other_s(manifests) -> None:
    chrome, firefox = manifests["chrome"], manifests["firefox"]
    assert chrome["side_panel"] == {"default_path": "panel.html"}
    assert chrome["background"] == {"service_worker": "background.js"}
    assert chrome["minimum_chrome_version"] == "116"  # sidePanel.open
    assert firefox["sidebar_action"]["default_panel"] == "panel.html"
    assert firefox["background"] == {"scripts": ["background.js"]}
    assert chrome.keys() - firefox.keys() == {"key", "minimum_chrome_version", "side_panel"}
    assert firefox.keys() - chrome.keys() == {"browser_specific_settings", "sidebar_action"}
    assert {one["version"] for one in manifests.values()} == {"1.2.3"}


def test_its_pages_load_their_own_files_and_frame_the_desk_alone(built, manifests) -> None:
    for browser, one in built.items():
        assert manifests[browser]["content_security_policy"] == {"extension_pages": POLICY}
        tags = Tags(one.files["panel.html"]).found
        assert [attributes["src"] for tag, attributes in tags if tag == "iframe"] == [LAUNCH]
        loaded = [
            attributes.get("src") or attributes.get("href") for tag, attributes in tags if tag in {"script", "link"}
        ]
        assert loaded == ["panel.css", "panel.js"]
        assert set(loaded) <= one.files.keys()
        assert not [name for _, attributes in tags for name in attributes if name == "style" or name.startswith("on")]


def test_no_script_makes_code_of_words_loads_any_or_keeps_what_was_read(built) -> None:
    scripts = {name: body.decode() for name, body in built["chrome"].files.items() if name.endswith((".js", ".css"))}
    assert scripts.keys() == {"background.js", "panel.css", "panel.js", "read.js"}
    assert {name: NEVER.findall(text) for name, text in scripts.items() if NEVER.search(text)} == {}


def test_every_file_that_is_named_is_there_and_every_word_has_its_message(built, manifests) -> None:
    files = built["chrome"].files
    words = json.loads(files["_locales/en/messages.json"])
    used = set(re.findall(r"__MSG_(\w+)__", json.dumps(manifests))) | set(
        re.findall(r'data-words="(\w+)"', files["panel.html"].decode())
    )
    used |= set(re.findall(r'"(\w+)"', files["panel.js"].decode())) & words.keys()
    assert used == words.keys()
    assert len(words["description"]["message"]) <= 132  # more is refused by Chrome's store
    for one in manifests.values():
        assert {*one["icons"].values(), *one["action"]["default_icon"].values()} <= files.keys()


@pytest.mark.parametrize(("language", "direction"), [("de", "ltr"), ("ar", "rtl")])
def test_every_language_has_every_word_and_leaves_the_same_room_for_what_is_filled_in(
    built, language: str, direction: str
) -> None:
    said, english = (json.loads(built["chrome"].files[f"_locales/{one}/messages.json"]) for one in (language, "en"))
    assert said.keys() == english.keys()
    assert (said["lang"]["message"], said["dir"]["message"]) == (language, direction)
    assert len(said["description"]["message"]) <= 132
    for name, one in english.items():
        assert said[name].get("placeholders") == one.get("placeholders"), name
        assert re.findall(r"\$\w+\$", said[name]["message"]) == re.findall(r"\$\w+\$", one["message"]), name


def test_the_same_place_and_key_make_the_same_to_the_byte(built, tmp_path: Path) -> None:
    paths = extension.write(tuple(built.values()), tmp_path)
    again = {one.browser: one for one in extension.build(SOURCE, PLACE, IDENTITY, "1.2.3")}
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "deskapp-chrome-1.2.3.zip",
        "deskapp-chrome",
        "deskapp-firefox-1.2.3.zip",
        "deskapp-firefox",
    ]
    for browser, one in again.items():
        packed = (tmp_path / one.zip_name).read_bytes()
        assert packed == extension.zipped(one.files)
        with ZipFile(io.BytesIO(packed)) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == dict(built[browser].files)
        unpacked = tmp_path / one.folder_name
        assert {p.relative_to(unpacked).as_posix() for p in unpacked.rglob("*") if p.is_file()} == one.files.keys()


def test_a_kept_key_gives_the_same_names_for_ever(tmp_path: Path, pem: bytes) -> None:
    path = tmp_path / "new" / "extension.pem"
    first = extension.kept_identity(path, lambda: pem)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    extension._keep(path, b"of a process that was a moment later")
    assert extension.kept_identity(path, lambda: pytest.fail("a second key")) == first
    assert re.fullmatch("[a-p]{32}", first.chrome_id)
    assert first.gecko_id == f"deskapp-{first.chrome_id[:16]}@deskapp"
    assert IDENTITY.chrome_id == "alhdeipkadijhameiomahmnhdlgcfhpd"  # of sha256sum | cut -c1-32 | tr 0-9a-f a-p


@pytest.mark.parametrize(
    "url",
    [
        "http://desk.example.com",
        "https://desk.example.com/path",
        "https://desk.example.com; script-src *",
        "https://*.example.com",
        "https://user@desk.example.com",
        "https://desk.example.com https://evil.example",
        'https://desk.example.com"><script>',
        "javascript:alert(1)",
        "",
    ],
)
def test_an_address_that_would_widen_the_policy_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match=r"https://desk\.example\.com, without a path"):
        extension.read_place(url, "AbC")


@pytest.mark.parametrize("key", ["", "../x", "a/b", 'x"', "x" * 41])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(Invalid, match="page Connections"):
        extension.read_place("https://desk.example.com", key)


def test_the_connection_s_whole_address_is_as_good_as_its_key() -> None:
    assert extension.read_place("https://desk.example.com", LAUNCH) == PLACE


@pytest.mark.parametrize("url", ["http://127.0.0.1:8417", "http://desk.localhost:1", "HTTPS://Desk.Example.com:8443/"])
def test_the_desk_may_be_this_machine_for_a_trial(url: str) -> None:
    assert extension.read_place(url, "AbC").launch == f"{url.lower().removesuffix('/')}/connections/AbC/launch"
