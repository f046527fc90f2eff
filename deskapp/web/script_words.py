"""What static/js says: handed to each page as JSON in an attribute, in the tongue in which the page is drawn."""

import json
from collections.abc import Callable, Mapping
from functools import cache

from deskapp.rules.card_sizes import PLURALS
from deskapp.rules.words import Said, Tongue, nsay, reader, say

Counted = Callable[[int], Said]

_DESK: Mapping[str, Said] = {
    "unsaved": say("What you wrote was not saved. It waits where you wrote it; please look there again."),
    "unreachable": say("The desk cannot be reached. Please try again."),
    "unsent": say("The desk cannot be reached. What you typed is still here; please try again."),
    "late": say("The desk took too long to answer. Please look before you try again."),
}
_FRAME: Mapping[str, Said] = {
    "ending": say(
        "In ten minutes you are signed out here. Please save what you are writing, then open the desk again from where you opened it."
    ),
    "boxed": say(
        "This site shows the desk in a closed box (a sandbox), in which nothing can be asked for."
        " Please ask your administrator to allow the desk’s own origin there."
    ),
    "forgetful": say(
        "Your browser keeps nothing for frames like this one, so you will be asked to connect each time it is opened."
    ),
    "nobody": say("The page around the desk does not say who is on its screen. Please search for them here."),
}
_UNSENT: Mapping[str, Said | Counted] = {
    "gift": say(
        "The desk cannot be reached, so nothing was given. A gift is never kept for later: what may be given is known at the"
        " desk alone. Please try again when the network is back."
    ),
    "unkept": say(
        "The desk cannot be reached, and this browser keeps nothing for later. What you typed still stands in its field;"
        " please try again when the network is back."
    ),
    "full": say(
        "The desk cannot be reached, and this device has no room left for a note. What you typed still stands in its field;"
        " please try again when the network is back."
    ),
    "many": lambda n: nsay(
        "The desk cannot be reached, and {n} note waits here already. What you typed still stands in its field; please try"
        " again when the network is back.",
        "The desk cannot be reached, and {n} notes wait here already. What you typed still stands in its field; please try"
        " again when the network is back.",
        n,
        n="{n}",
    ),
    "waits": say("It waits on this device and is sent when the network is back."),
    "old": say(
        "It has waited for so long that the desk can no longer tell whether it got it. Please look, and write it anew if it is"
        " missing."
    ),
    "sent": lambda n: nsay("{n} note sent.", "{n} notes sent.", n, n="{n}"),
    "mine": lambda n: nsay(
        "{n} note waiting on this device, not saved at the desk yet.",
        "{n} notes waiting on this device, not saved at the desk yet.",
        n,
        n="{n}",
    ),
    "refused": lambda n: nsay("One was not taken: please look.", "{n} were not taken: please look.", n, n="{n}"),
    "isOut": lambda n: nsay(
        "Please sign in again, and it is sent.", "Please sign in again, and they are sent.", n, n="{n}"
    ),
    "colleagues": lambda n: nsay(
        "{n} note of colleagues waiting here until they sign in.",
        "{n} notes of colleagues waiting here until they sign in.",
        n,
        n="{n}",
    ),
    "others": lambda n: nsay(
        "{n} note waiting on this device, to be sent when whoever wrote it is signed in here.",
        "{n} notes waiting on this device, to be sent when whoever wrote them is signed in here.",
        n,
        n="{n}",
    ),
    "name": say("the note for {name}", name="{name}"),
    "mend": say("Mend it"),
    "again": say("Send again"),
    "copy": say("Copy"),
    "discard": say("Discard"),
    "sure": say("Discard the note for {name}? Its words are nowhere else.", name="{name}"),
    "copied": say("Copied."),
    "selected": say("The words are selected; please copy them."),
    "undrafted": say("This browser keeps no drafts. Please copy the words instead."),
    "untaken": say("The desk did not take it."),
}
_WORDS: Mapping[str, Mapping[str, Said | Counted]] = {"page": _DESK, "embed": {**_DESK, **_FRAME}, "unsent": _UNSENT}


def script_words(where: str) -> str:
    """JSON: a text for each name or, where there is a number in it, six, one for each kind of number as CLDR orders them."""
    return _as_json(where, reader.get())


@cache
def _as_json(where: str, tongue: Tongue) -> str:
    said = {
        name: found.inside(tongue) if isinstance(found, Said) else [found(n).inside(tongue) for n in PLURALS]
        for name, found in _WORDS[where].items()
    }
    return json.dumps(said, ensure_ascii=False)
