"""Every page in a tongue that nobody speaks: what is still English was said by nobody, or is somebody's own words."""

import re
from functools import partial
from gettext import NullTranslations
from html import escape
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from cast import NOW
from sqlalchemy import text
from sqlmodel import select

from deskapp.desk import jobs, outbox, outbox_list, personal_export, worker
from deskapp.desk.feedback import Means
from deskapp.desk.handlers import handlers
from deskapp.desk.handlers import said as import_words
from deskapp.desk.imports import ImportReport
from deskapp.desk.inputs import Keyed
from deskapp.desk.jobs import Kind
from deskapp.desk.personal_export import NewExport
from deskapp.hosts.known import HOSTS
from deskapp.outgoing.wire import NotAccepted
from deskapp.rules.words import Tongue, say, together
from deskapp.store.card_tables import Carrier, Outbox
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


INVENTED = Tongue("en", Invented())


def test_what_jobs_said_with_figures_reads_in_the_readers_tongue(at_desk, db, lived_in, staff, tmp_path, monkeypatch):
    with db.writing() as session:
        for kind in (Kind.TIDY, Kind.RETAIN, Kind.ASK):
            jobs.schedule(session, kind, now=NOW)
        personal_export.ask(session, staff["mo"], 1, NewExport(form_key="an-export"), now=NOW)
    means = Means("The shop", ZoneInfo("UTC"))
    doing = handlers(db, tmp_path, currency="USD", now=lambda: NOW, key=b"k", means=means, secret=lambda: "x")
    while worker.run_once(db, doing, now=lambda: NOW):
        pass
    imported = import_words(ImportReport({"customers": 1234, "items": 1, "orders": 2, "order_lines": 3}))
    for say_it in (
        partial(jobs.finish, words=imported),
        partial(jobs.report, percent=1, words=say("Rows written: {done} of {total}", done=1, total=2)),
    ):
        with db.writing() as session:
            say_it(session, jobs.begin(session, None, Kind.IMPORT, {}, now=NOW), now=NOW)
    with db.reading() as session:
        words = [job.words for job in jobs.overview(session).latest]
    assert len(words) >= 6
    monkeypatch.setattr(web_tongue, "tongue", lambda _code: INVENTED)
    page = at_desk("ada").get("/work").text
    for one in words:
        assert one.inside(INVENTED) != one
        assert escape(one.inside(INVENTED)) in page


def test_why_a_letter_did_not_go_reads_in_the_readers_tongue(at_desk, db, lived_in, staff, monkeypatch):
    refused = [
        ("no", say("The mail server said no ({code}).", code=451)),
        ("left", say("The server refused ({code}).", code=1)),
    ]
    for key, words in refused:
        with db.writing() as session:
            outbox.put(session, key=key, carrier=Carrier.MAIL, customer_id=None, payload={"to": "x"}, now=NOW)
        outbox.send_due(
            db, {Carrier.MAIL: lambda *_, w=words: NotAccepted(w, is_final=True)}, {}, now=lambda: NOW, limit=1
        )
    with db.writing() as session:
        left = session.exec(select(Outbox.id).where(Outbox.key == "left")).one()
        outbox_list.leave(session, staff["mo"], left, Keyed(form_key="leave-it"), now=NOW)
    monkeypatch.setattr(web_tongue, "tongue", lambda _code: INVENTED)
    page = at_desk("mo").get("/outbox").text
    for shown in (refused[0][1], together([refused[1][1], say("Left as it was.")])):
        assert escape(shown.inside(INVENTED)) in page


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
