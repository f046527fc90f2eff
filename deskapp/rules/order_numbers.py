"""What a scanner or a hurried hand makes of an order number, and the number in it."""

import re
import unicodedata

MARKS = " -\u2010\u2011\u2012\u2013\u2014_#./"
"""Left out by hands and added by labels: two numbers that differ in these alone, or in case, are taken for one."""

_AIM = re.compile(r"^\][A-Za-z][0-9A-Za-z]")  # the symbology that a scanner may be set to say first: "]C1" is GS1-128
_UNSEEN = ("Cc", "Cf", "Cn")  # control characters such as CR, LF, GS and what a scanner frames its text with


def scanned(typed: str) -> str:
    """Without what no eye sees on the parcel: a scanner's prefix, control characters, spaces around. "" if nothing is left."""
    seen = "".join(" " if char in "\t\r\n" else char for char in typed)
    seen = "".join(char for char in seen if unicodedata.category(char) not in _UNSEEN).strip()
    return _AIM.sub("", seen).strip()


def bare(number: str) -> str:
    """The number without its marks, in small letters."""
    return re.sub(rf"[{re.escape(MARKS)}]", "", number).lower()
