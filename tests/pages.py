"""Reading a page as a browser would, enough to fill in its forms."""

from html.parser import HTMLParser
from typing import Any

from werkzeug.test import TestResponse

_VOID = {"input", "img", "link", "meta", "br", "hr"}


class Forms(HTMLParser):
    """Every form of a page with its action and the fields it would send."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self._area: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = dict(attrs)
        if tag == "form":
            self.forms.append({"action": one.get("action"), "method": one.get("method"), "fields": {}})
        elif tag == "input" and self.forms and one.get("name"):
            if one.get("type") not in {"radio", "checkbox"} or "checked" in one:
                self.forms[-1]["fields"][one["name"]] = one.get("value") or ""
        elif tag == "textarea" and self.forms and "name" in one:
            self._area = one["name"]
            self.forms[-1]["fields"][self._area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1]["fields"][self._area] += data


def form(response: TestResponse, action: str) -> dict[str, str]:
    """The fields of the first form that posts to `action`."""
    for found in Forms(response.text).forms:
        if found["action"] == action:
            assert found["method"] == "post"
            return found["fields"]
    raise AssertionError(f"no form posts to {action}")


def is_whole_page(response: TestResponse) -> bool:
    return "<!doctype html>" in response.text
