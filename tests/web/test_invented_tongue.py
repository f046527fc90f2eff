"""Every page in a tongue that nobody speaks: what is still English was said by nobody, or is somebody's own words."""

import re
from gettext import NullTranslations
from html.parser import HTMLParser

import pytest
from sqlalchemy import text

from deskapp.hosts.known import HOSTS
from deskapp.rules.words import Tongue
from deskapp.web import tongue as web_tongue

KEPT = re.compile(r"(\{\w*\}|%\(\w+\)s|%%|<[^>]*>|&\w+;)")
WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}
RUN = re.compile(r"[A-Za-z][A-Za-z'’-]+(?:[ ,]+[A-Za-z][A-Za-z'’-]*)+")  # two words and more
DATE = re.compile(
    r"(?:(?:january|february|march|april|may|june|july|august|september|october|november|december|[a-z]+day)[ ,]*)+"
)
HIDDEN = {"script", "style", "code"}  # the last holds rules and addresses, which are a language of their own
SHOWN = ("title", "aria-label", "placeholder", "alt")
# Babel's, examples of the rule language and of addresses, and the card, which goes to the customer.
OTHERS = re.compile(
    r"(?:hours?|days?|weeks?|months?) ago|^in \w+|last order|customer for|days since|BEGIN PUBLIC KEY|Dear Carla"
)
PAGES = [
    ("ana", path)
    for path in ("/", "/today", "/customers/1", "/customers/1/preferences", "/customers/1/requests", "/gifts", "/approvals", "/search", "/password")
] + [
    ("ada", path)
    for path in (
        "/customers/1/privacy", "/customers/1/merge", "/requests", "/channels", "/opinions", "/privacy", "/staff", "/tablets", "/limits", "/limits/new",
        "/receivers", "/budgets", "/gifts/catalogue", "/gifts/exceptions", "/gifts/register", "/steering", "/feedback", "/guard", "/preview",
        "/cards/formats", "/outbox", "/connections", "/work", "/model", "/connected", "/nothing-here",
    )
]  # fmt: skip


class Invented(NullTranslations):
    def gettext(self, message):
        return "".join(part if n % 2 else part.translate(WIDE) for n, part in enumerate(KEPT.split(message)))

    def ngettext(self, one, many, n):
        return self.gettext(one if n == 1 else many)

    def pgettext(self, _context, message):
        return self.gettext(message)

    def npgettext(self, _context, one, many, n):
        return self.ngettext(one, many, n)


class Texts(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found, self._hidden = [], 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self._hidden += tag in HIDDEN
        self.found += [value for name, value in attrs if name in SHOWN and value]

    def handle_endtag(self, tag):
        self._hidden -= tag in HIDDEN

    def handle_data(self, data):
        if not self._hidden:
            self.found.append(" ".join(data.split()))


@pytest.fixture
def own_words(db, lived_in, app):
    """All that people and the shop wrote, in small letters."""
    with db.reading() as session:
        ask = session.connection().execute
        names = (
            ask(text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search%'")).scalars().all()
        )
        rows = [row for name in names for row in ask(text(f'SELECT * FROM "{name}"'))]  # noqa: S608 - names of tables
    words = [value for row in rows for value in row if isinstance(value, str)]
    brands = [host.words for host in HOSTS.values()]
    return "\n".join([app.extensions["deskapp"].settings.shop_name, *brands, *words]).lower()


def test_no_page_has_a_sentence_that_nobody_said(at_desk, own_words, monkeypatch):
    monkeypatch.setattr(web_tongue, "tongue", lambda _code: Tongue("en", Invented()))
    clients, unsaid = {name: at_desk(name) for name in ("ana", "ada")}, set()
    for name, path in PAGES:
        page = clients[name].get(path).text
        for run in (run for said in Texts(page).found for run in RUN.findall(said)):
            words = run.lower().strip(" ,'’-")
            if words not in own_words and not DATE.fullmatch(words) and not OTHERS.search(run):
                unsaid.add((path, run))
    assert unsaid == set()
