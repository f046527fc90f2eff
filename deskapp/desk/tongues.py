"""The languages of the interface, and their catalogues in deskapp/locale, which `./run words` keeps complete."""

from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import deskapp
from deskapp.rules.words import ENGLISH, Tongue

TONGUES: Mapping[str, str] = MappingProxyType({"en": "English", "de": "Deutsch", "ar": "العربية"})
FOLDER = Path(deskapp.__file__).parent / "locale"


@cache
def tongue(code: str) -> Tongue:
    """Of one of TONGUES. A fifth of a second the first time in a process, a look-up after that."""
    if code == ENGLISH.code:
        return ENGLISH
    return Tongue(code, _catalogue(FOLDER / f"{code}.po"), Locale(code).text_direction == "rtl")


def _catalogue(path: Path) -> NullTranslations:
    """What is not translated yet, or was changed since, reads in English."""
    with path.open("rb") as source:
        read = read_po(source)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return GNUTranslations(compiled)
