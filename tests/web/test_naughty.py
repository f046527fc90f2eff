"""Whatever somebody types comes back as it was, and does nothing: on the page, alone, in a note's history and from the API.

The table of doors grows by a line for each form that keeps words; the strings are our own.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

import cast
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pages import form

from deskapp.desk import tokens
from deskapp.rules.stops import fold
from deskapp.store.db import Database

PLAIN = [
    "'", '"', "`", "\\", "/", "&", "<", ">", "%", "_", "*", ";", "--", "#", "$", "{", "}", "[]", "()", "^~|", "a\\nb",
    "null", "None", "undefined", "NaN", "Infinity", "true", "0", "-0", "1e400", "0x1F", "00012", "1/0", "\u0663\u0664",
    "&lt;b&gt;", "&amp;amp;", "&#60;script&#62;", "%3Cscript%3E", "\\u003cscript\\u003e", "+ADw-b+AD4-",
]  # fmt: skip
MARKUP = [
    "<b>bold</b>", "<script>window.pwned = 1</script>", "</textarea><script>window.pwned = 1</script>",
    "</p></li></ul></section><h1>Hello</h1>", "<img src=x onerror='window.pwned = 1'>", "<svg/onload=window.pwned=1>",
    "<!-- a comment", "--><b>x</b>", "<![CDATA[x]]>", "<style>*{display:none}</style>", "<base href='//evil.example/'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>", "<iframe srcdoc='<b>x</b>'></iframe>", "<a href='javascript:window.pwned=1'>x</a>",
    "<form action=/sign-out method=post><button>Save</button></form>", "<input name=csrf value=mine>", '"><b>x</b>', "'><b>x</b>",
    '" autofocus onfocus="window.pwned=1', "' style='display:none", "<noscript><b>", "<template><b>x</b></template>", "<details open ontoggle=window.pwned=1>",
    "<math><mtext></mtext></math>", "<del>x</del><ins>y</ins>", "<bdo dir=rtl>abc</bdo>", "<title>x</title>", "<plaintext>", "<xmp>",
]  # fmt: skip
HTMX = [
    '<div hx-get="/sign-out" hx-trigger="load">x</div>', '<div hx-swap-oob="true" id="customer">gone</div>', '<hx-partial hx-target="#main">x</hx-partial>',
    '<div data-hx-post="/work/train" data-hx-trigger="load"></div>', '<button hx-on:click="window.pwned=1">x</button>', '<div hx-vals="js:{a: window.pwned=1}">x</div>',
    'hx-boost="true"', '<template hx-ext="x"><div sse-connect="/x"></div></template>',
]  # fmt: skip
TEMPLATES = [
    "{{ 7 * 7 }}", "{% include '/etc/passwd' %}", "{{ config.items() }}", "{# a comment #}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{''.__class__.__mro__}}",
    "{% raw %}", "%s %d %(x)s", "{0} {name!r} {x.__class__}", "$(reboot)", "`reboot`", "{{{{", "}}}}", "%%",
]  # fmt: skip
QUERIES = [
    "'; DROP TABLE note; --", "' OR '1'='1", "1; SELECT pg_sleep(9)", '" OR ""="', "NEAR(a b, 2)", "note:*", "a* AND (b OR", "^col : x", "a & b | !c", "*)(uid=*",
    ":id", "?", "%(text)s", "$1", "\\copy note to 'x'", "LIKE '%'", "U&'\\0041'",
]  # fmt: skip
SPREADSHEETS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("//evil.example")',
    "a,b;c\td",
    '"a""b"',
    "=cmd|' /C calc'!A0",
]
SCRIPTS = [
    "Zoë Łukasz Ñúñez İı ß ﬁ", "Ελληνικά", "Русский", "עברית שלום", "العربية مرحبا", "हिन्दी", "ไทย", "中文字", "日本語。かな", "한국어", "አማርኛ", "ᏣᎳᎩ",
    "e\u0301 against \u00e9", "Z\u0351\u0343\u030e\u036ba\u0334\u0317l\u0489\u0323g\u0360\u0331o\u0321\u0354", "\u0bb8\u0bcd\u0bb0\u0bc0", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "ＦＵＬＬ", "\u01c4 \u01c5 \u01c6", "\ufb03 \ufdfa",
    "👩‍👩‍👧 👍🏽 🏳️‍🌈", "1️⃣ ☂︎ ☂️", "🇫🇷🇩🇪", "😀" * 50,
]  # fmt: skip
UNSEEN = [
    "a\u200bb", "a\u00adb", "a\ufeffb", "\u202eevil\u202c", "\u2066x\u2069", "a\u2028b", "a\u2029b", "a\u0085b", "a\x0bb", "a\x0cb", "a\x1bb[31m",
    "a\x07b", "a\x7fb", "a\xa0b", "a\ufffdb", "a\ufffeb", "a\uffffb", "\U0010ffff", "\U000e0041tag", "a\u3000b", "a\u180eb", "a\u034fb",
]  # fmt: skip
LAYOUTS = [
    "one\ntwo",
    "one\n\n\nfour",
    "tab\tbed",
    "  in the\n    middle",
    "x" * 5_000,
    "word " * 2_000 + "end",
    "\u0301" * 300,
    "ن" * 20_000,
    "<" * 20_000,
    "a\n" * 9_999 + "z",
]

GROUPS = {
    "plain": PLAIN,
    "markup": MARKUP,
    "htmx": HTMX,
    "templates": TEMPLATES,
    "queries": QUERIES,
    "spreadsheets": SPREADSHEETS,
    "scripts": SCRIPTS,
    "unseen": UNSEEN,
    "layouts": LAYOUTS,
}


@dataclass(frozen=True, slots=True)
class Door:
    """A form that keeps words: the page it stands on, where it posts to, its field, what else it wants, and where they show.

    `at_once`: so many of them stand on that page side by side; `most`: so many of one group are enough.
    """

    page: str
    action: str
    field: str
    others: dict[str, str]
    shown: str
    longest: int
    at_once: int = 1
    most: int = 99


_NEW = {"kind": "observation", "channel": "phone"}
_ON_CARLA = "/customers/1/notes"
DOORS = {
    "a note": Door(_ON_CARLA, _ON_CARLA, "text", _NEW, _ON_CARLA, 20_000, at_once=5),
    "an alert": Door(
        _ON_CARLA, _ON_CARLA, "text", _NEW | {"is_alert": "true"}, "/customers/1/summary", 20_000, at_once=20
    ),
    "an edit": Door("/notes/1", "/notes/1", "text", {}, "/notes/1", 20_000),
    "a pin": Door("/notes/1", "/notes/1/pin", "reason", {"until": "2026-04-01"}, "/notes/1", 200),
    "a channel": Door("/channels", "/channels", "words", {}, "/channels", 60, at_once=12, most=12),
}
_ASKED = {"is_confirmed": "true", "guard_reason": "other-meaning"}  # once the guard has looked at it


class Shown(HTMLParser):
    """The pieces of text of a page, and every tag with every attribute that it is built of."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts = [""]
        self.built_of: set[tuple[str, str]] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.built_of |= {(tag, name) for name, _ in attrs} | {(tag, "")}
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data

    def tells(self, text: str) -> bool:
        return text in [one.strip() for one in self.texts]


@pytest.fixture
def mo(at_desk: Callable[[str], FlaskClient]) -> FlaskClient:
    """Mo, who may fill in all of these forms; and notes of his on Carla, one with an edit, an alert and a pin."""
    client = at_desk("mo")
    put(client, DOORS["an alert"], ["A plain word"] * 7)
    put(client, DOORS["an edit"], ["Another plain word"])
    put(client, DOORS["a pin"], ["A plain reason"])
    return client


def put(client: FlaskClient, door: Door, texts: list[str]) -> None:
    empty = form(client.get(door.page), door.action) | door.others
    empty = {name: value for name, value in empty.items() if name not in _ASKED}
    for text in texts:
        fields = empty | {door.field: text, "form_key": secrets.token_urlsafe()}
        answer = client.post(door.action, data=fields)
        if answer.status_code == 422:
            fields |= {name: value for name, value in _ASKED.items() if f'name="{name}"' in answer.text}
            answer = client.post(door.action, data=fields)
        assert answer.status_code == 303, (text[:60], answer.text)


def test_there_are_more_than_a_hundred_of_them_and_each_is_another() -> None:
    every = [text for group in GROUPS.values() for text in group]
    assert len(every) == len(set(every)) > 150


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("name", DOORS)
@pytest.mark.asvs(2)
def test_whatever_is_typed_is_shown_as_it_was_and_does_nothing(
    mo: FlaskClient, htmx: dict[str, str], name: str, group: str
) -> None:
    door = DOORS[name]
    usual = look(mo, door.shown, htmx).built_of
    texts = [text for text in GROUPS[group] if len(text) <= door.longest][: door.most]
    if name == "a channel":  # there is one of each name
        texts = list({fold(text): text for text in texts}.values())
    for at in range(0, len(texts), door.at_once):
        some = texts[at : at + door.at_once]
        put(mo, door, some)
        shown = look(mo, door.shown, htmx)
        assert [text[:60] for text in some if not shown.tells(text.strip())] == []
        assert shown.built_of <= usual, some[0][:60]


def look(client: FlaskClient, path: str, headers: dict[str, str]) -> Shown:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return Shown(answer.text)


@pytest.mark.parametrize("group", GROUPS)
def test_a_whole_page_shows_them_as_they_were_and_does_nothing(mo: FlaskClient, group: str) -> None:
    usual = look(mo, "/customers/1/notes?page=1", {}).built_of
    put(mo, DOORS["a note"], GROUPS[group])
    found = [look(mo, f"/customers/1/notes?page={page}", {}) for page in (1, 2)]
    for text in GROUPS[group]:
        assert any(page.tells(text.strip()) for page in found), text[:60]
    assert found[0].built_of | found[1].built_of <= usual


@pytest.mark.parametrize("group", GROUPS)
def test_a_program_is_told_them_as_they_were(app: Flask, db: Database, group: str) -> None:
    with db.writing() as session:
        token = tokens.make(session, "ana", secret="a" * 40, now=cast.NOW)
    program = app.test_client()
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    for text in GROUPS[group]:
        note = _NEW | {"text": text, "is_alert": True, "is_confirmed": True, "guard_reason": "other-meaning"}
        assert program.post("/api/v1/customers/C-1/notes", json=note).status_code == 201, text[:60]
    told = [alert["text"] for alert in json.loads(program.get("/api/v1/customers/C-1").data)["alerts"]]
    assert told == [text.strip() for text in reversed(GROUPS[group])]


@pytest.mark.parametrize("name", DOORS)
def test_what_no_database_can_hold_is_refused_in_a_sentence(mo: FlaskClient, name: str) -> None:
    door = DOORS[name]
    fields = form(mo.get(door.page), door.action) | door.others
    answer = mo.post(door.action, data=fields | {door.field: "a\x00b"})
    assert answer.status_code == 400
    assert "cannot be stored" in answer.text
    too_long = mo.post(door.action, data=fields | {door.field: "x" * (door.longest + 1)})
    assert too_long.status_code == 422
    assert f"at most {door.longest} characters" in too_long.text


def test_a_line_break_is_one_character_however_a_browser_sends_it(mo: FlaskClient, htmx: dict[str, str]) -> None:
    put(mo, DOORS["a note"], ["a\r\n" * 9_999 + "z"])
    assert look(mo, _ON_CARLA, htmx).tells("a\n" * 9_999 + "z")
