"""Whose pages may show the desk in a frame: exact origins, and the few wildcards that name one company's pages at a host."""

import re

from deskapp.rules.words import say

_EXAMPLE = "https://acme.zendesk.com"
MOST = 20  # origins of one connection: each goes out with every page in a frame

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = rf"{_LABEL}(?:\.{_LABEL})*"
_PORT = r"(?::[1-9][0-9]{0,4})?"
_EXACT = re.compile(rf"https://{_NAME}{_PORT}")
_LOCAL = re.compile(rf"http://(?:{_NAME}\.)?localhost{_PORT}")
_EXTENSION = re.compile(r"chrome-extension://[a-p]{32}|moz-extension://[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Each stands for many companies; a page of another one still finds nobody signed in. Where a company's own name is known, that is better.
_WILD = re.compile(
    r"https://\*\.(?:frontapp\.com|frontapplication\.com|(?:my\.salesforce|lightning\.force|vf\.force)\.com|crm[0-9]{0,2}\.dynamics\.com)"
)


def read_origins(text: str) -> tuple[str, ...]:
    """Separated by blanks or lines, each once, in lower case and without the slash at its end."""
    return tuple(dict.fromkeys(one.lower().removesuffix("/") for one in text.split()))


def problem_with(origin: str, *, is_local_fine: bool) -> str:
    """Empty where it may stand in a page's policy. `is_local_fine`: plain http from this very machine, to try things out."""
    if any(kind.fullmatch(origin) for kind in (_EXACT, _WILD, _EXTENSION)):
        return ""
    if _LOCAL.fullmatch(origin):
        return (
            ""
            if is_local_fine
            else say("{origin} is this machine alone; a desk in production is shown by https.", origin=origin)
        )
    if "*" in origin:
        return say(
            "{origin} would let strangers' pages show the desk. Please write the exact address, such as {example}.",
            origin=origin,
            example=_EXAMPLE,
        )
    if origin.startswith("http://"):
        return say("{origin} is not encrypted. Please write it with https.", origin=origin)
    return say(
        "{origin} is no origin. Please write it like {example}, without a path.", origin=origin[:80], example=_EXAMPLE
    )
