"""What no template may hold: markup that our own Content-Security-Policy would refuse, or that would let people's words act."""

import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import DictLoader, select_autoescape
from markupsafe import Markup

from deskapp.web.assets import folder
from deskapp.web.filters import Templates

TEMPLATES = folder("templates")
EVERY = sorted(TEMPLATES.rglob("*.html"))
PANELS = sorted((TEMPLATES / "panels").glob("*.html"))

FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
ROOT = re.compile(r"\s*<(\w+) id=\"([\w-]+)\"")


def source(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


every = pytest.mark.parametrize("path", EVERY, ids=name)
panels = pytest.mark.parametrize("path", PANELS, ids=name)


@pytest.mark.parametrize(
    "forbidden",
    [
        pytest.param(r"\|\s*safe\b", id="the safe filter"),
        pytest.param(r"\bMarkup\b|autoescape", id="escaping switched off"),
        pytest.param(r"\sstyle\s*=", id="an inline style"),
        pytest.param(r"<style\b", id="a style sheet in the page"),
        pytest.param(r"<script(?![^>]*\bsrc=)", id="an inline script"),
        pytest.param(r"\son\w+\s*=", id="an event handler"),
        pytest.param(r"\bhx-on\b|\bhx-vals\b|\bhx-vars\b|\bhx-headers\b", id="code or values in htmx attributes"),
        pytest.param(r"\b(?:js|javascript):", id="code in an address"),
        pytest.param(r"hx-trigger=\"[^\"]*\[", id="a trigger with a filter, which fails open"),
        pytest.param(r"(?:src|href|action|hx-\w+)=\"https?:|=\"//", id="another site"),
        pytest.param(r"\bhx-swap-oob\b", id="an out-of-band swap"),
        pytest.param(  # Jinja works constants out once, in the tongue of whoever looks first
            r"\{\{\s*(?:\"[^\"]*\"|'[^']*'|[\d.]+)\s*\|\s*(?:number|decimal|money|day|due|language|listed|\w+_list)\b",
            id="a filter of words on a constant",
        ),
        pytest.param(r"\baccesskey=|\btabindex=\"[1-9]", id="a key or an order of our own"),
    ],
)
@pytest.mark.asvs(1)
@pytest.mark.asvs(4)
def test_no_template_holds(forbidden: str) -> None:
    found = [name(path) for path in EVERY if re.search(forbidden, source(path))]
    if forbidden == r"<style\b":
        found.remove("print/personal_export.html")  # a file to keep, which has nothing to lean on
    assert found == []


@every
def test_every_form_works_without_htmx_and_carries_its_key(path: Path) -> None:
    if path.name == "onward.html":
        return  # hands on another system's form as it came, to where it came
    for form in FORM.findall(source(path)):
        opening = form[: form.index(">")]
        assert 'method="' in opening, opening
        assert 'action="' in opening, opening
        if 'method="post"' in opening:
            key = (
                'name="csrf"' if path.parent.name == "public" else "hidden("
            )  # customers have no seat and no form names
            assert key in form, opening


@every
def test_a_form_that_htmx_sends_goes_where_it_goes_without(path: Path) -> None:
    for form in FORM.findall(source(path)):
        opening = form[: form.index(">")]
        swapped = re.search(r"swaps\((.+?), [^,]+?\)", opening)
        if swapped:
            assert expression(re.search(r'action="(.*?)"', opening)[1]) == swapped[1], opening


def expression(attribute: str) -> str:
    """`{{ url }}/role` as Jinja would build it: `url ~ "/role"`."""
    pieces = re.split(r"\{\{ (.+?) \}\}", attribute)
    return " ~ ".join(piece if at % 2 else f'"{piece}"' for at, piece in enumerate(pieces) if piece)


@panels
def test_a_panel_has_one_root_named_as_its_file(path: Path) -> None:
    markup = re.sub(r"\{% macro .*?\{% endmacro %\}|\{%.*?%\}", "", source(path), flags=re.DOTALL)
    root = ROOT.match(markup)
    assert root is not None
    assert root[2] == path.stem
    closing = f"</{root[1]}>"
    assert markup.rstrip().endswith(closing)
    inside = markup[markup.index(">") + 1 : markup.rindex(closing)]
    assert len(re.findall(rf"<{root[1]}\b", inside)) == inside.count(closing), "a second root"


@panels
def test_a_panel_imports_the_macros_it_uses(path: Path) -> None:
    text = source(path)
    imported = set(re.findall(r"\w+", " ".join(re.findall(r"\{% from \"[\w/.]+\" import (.+?) %\}", text))))
    macros = {
        found
        for part in sorted((TEMPLATES / "parts").glob("*.html"))
        for found in re.findall(r"\{% macro (\w+)\(", part.read_text(encoding="utf-8"))
    }
    used = {found for found in re.findall(r"(?<![\w.\"|])(\w+)\(", text) if found in macros}
    assert used <= imported


def test_no_template_is_left_that_nobody_draws() -> None:
    code = "".join(p.read_text(encoding="utf-8") for p in Path(folder("templates").parent / "deskapp").rglob("*.py"))
    everything = code + "".join(p.read_text(encoding="utf-8") for p in EVERY)
    undrawn = [name(p) for p in EVERY if f'"{name(p)}"' not in everything and p.parent.name != "panels"]
    assert undrawn == []


def test_templates_share_the_globals_and_one_that_gets_more_keeps_them_to_itself() -> None:
    templates = Templates(Flask("none"), loader=DictLoader({"plain": "{{ n }}{{ m }}", "more": "{{ n }}{{ m }}"}))
    templates.globals["n"] = 1
    plain, more = templates.get_template("plain"), templates.get_template("more", globals={"m": 3})
    templates.globals["n"] = 2
    assert plain.globals is templates.globals
    assert (plain.render(), more.render()) == ("2", "23")


def test_nothing_that_templates_call_asks_for_the_context_which_it_would_not_get(app: Flask) -> None:
    with app.test_request_context():
        known = app.jinja_env.globals.items()
        assert [name for name, called in known if hasattr(called, "jinja_pass_arg")] == []


@pytest.mark.asvs(1)
def test_all_that_is_drawn_is_escaped_but_what_is_markup_already() -> None:
    drawn = "{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}{{ text }} {{ twice(text) }} {{ markup }} {{ number }} {{ nobody }}."
    loader = DictLoader({"page.html": drawn, "mail.txt": drawn})
    templates = Templates(Flask("none"), loader=loader, autoescape=select_autoescape())
    given = {"text": "<b a='&'>", "markup": Markup("<i>"), "number": 7}
    assert templates.get_template("page.html").render(given) == (
        "&lt;b a=&#39;&amp;&#39;&gt; &lt;b a=&#39;&amp;&#39;&gt;&lt;b a=&#39;&amp;&#39;&gt; <i> 7 ."
    )
    assert templates.get_template("mail.txt").render(given) == "<b a='&'> <b a='&'><b a='&'> <i> 7 ."
