"""What no rule may ask of a person, nor what stands in for it, and why."""

import re
from difflib import get_close_matches
from functools import cache
from unicodedata import combining, normalize

from deskapp.rules.words import say

_REASONS = {
    "name": say("A name stands in for where somebody comes from."),
    "home": say("Where somebody lives stands in for what they earn and where they come from."),
    "language": say("A language or an accent stands in for where somebody comes from."),
    "age": say(
        "Nobody is given more or less for their age. How long they have been with us is “customer for 2 years”."
    ),
    "gender": say("Nobody is given more or less for their gender."),
    "title": say("A title or a form of address stands in for gender and standing."),
    "looks": say("Nobody is given more or less for their looks."),
    "origin": say("Nobody is given more or less for where they or their parents come from."),
    "faith": say("Nobody is given more or less for what they believe."),
    "e-mail": say("An e-mail address stands in for somebody's name."),
    "phone": say("A phone number stands in for where somebody lives or comes from."),
    "work": say("What somebody does or earns is no reason to give them more or less."),
    "health": say("Nobody is given more or less for their health, and what they eat may tell of it or of a faith."),
    "family": say("Nobody is given more or less for whom they live with."),
    "love": say("Nobody is given more or less for whom they love."),
    "views": say("Nobody is given more or less for their views."),
}
_WORDS = {
    "name": "name names named forename surname firstname lastname nickname initials called",
    "home": "address addresses postcode postcodes postal zip zipcode city cities town village district borough suburb"
    " neighbourhood neighborhood region area county country state province street road home house lives living"
    " live resident residence location located rent renter homeowner housing",
    "language": "language languages speaks speak speaking speaker accent dialect tongue english german french spanish"
    " turkish arabic polish russian chinese",
    "age": "age aged ages old older oldest young younger youngest birthday birthdate birth born dob senior seniors"
    " pensioner pensioners retired retirement elderly adult adults teenager youth generation millennial",
    "gender": "gender sex female male woman women man men girl girls boy boys lady ladies gentleman gentlemen pronoun"
    " pronouns feminine masculine trans transgender",
    "title": "title titles salutation mr mrs ms miss mx sir madam dr doctor prof professor form-of-address",
    "looks": "looks look appearance attractive beautiful pretty handsome ugly weight height tall thin fat slim size"
    " hair eyes face clothes dress dressed photo tattoo",
    "origin": "nationality nationalities citizenship citizen passport ethnicity ethnic race racial skin colour color"
    " black white asian immigrant immigrants migrant migration foreigner foreigners foreign origin descent ancestry"
    " refugee native heritage caste tribe",
    "faith": "religion religious faith belief beliefs church mosque synagogue temple christian christians muslim muslims"
    " jewish jew jews hindu buddhist sikh atheist catholic protestant kosher halal ramadan",
    "e-mail": "email emails e-mail mail mailbox gmail domain",
    "phone": "phone telephone mobile cellphone tel dialling dialing",
    "work": "occupation job jobs profession professional employer employed unemployed employment work works salary"
    " income earns earnings wealth wealthy rich poor education degree school university student students class"
    " creditworthy credit",
    "health": "health healthy ill illness sick disease disability disabilities disabled handicap handicapped wheelchair"
    " pregnant pregnancy medical medication diagnosis blind deaf diet dietary allergy allergies allergic vegan"
    " vegetarian genetic mental",
    "family": "family families married marriage marital single divorced widow widowed widower spouse husband wife"
    " partner children child kids kid baby parent parents mother father mum mom dad son daughter household",
    "love": "sexuality sexual orientation gay lesbian bisexual homosexual heterosexual queer",
    "views": "political politics party vote votes voter union conservative liberal opinion opinions criminal conviction",
}
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_INSIDE = re.compile(  # of words that are written together
    r"(?P<name>name$)|(?P<home>address|postcode|zipcode|postal|neighbou?rhood)|(?P<language>language)"
    r"|(?P<age>birth|pension)|(?P<gender>gender|female)|(?P<origin>national|ethnic|citizen|migra)|(?P<faith>religi)"
    r"|(?P<email>e?mail$)|(?P<phone>phone)|(?P<health>disab|pregnan|allerg)|(?P<love>sexual)|(?P<work>occupation)"
)
_POST = re.compile(r"\b(zip|zipcode|postal|post\s?codes?)\b")
_TIERS = frozenset({"black", "white", "partner"})
_LIKENESS = 0.86  # "langauge" (0.88) and "adress" are meant; "arrived" is not "married" (0.857)
_SHORTEST = 5


def refusal(words: str) -> str:
    """Why no rule may ask for this; nothing where it may."""
    for word in re.findall(r"[^\W_]+(?:-[^\W_]+)*", _plain(words)):
        for one in (word, *word.split("-")):
            if kind := _kind_of(one):
                return _REASONS[kind]
    return ""


def name_refusal(field: str, name: str) -> str:
    """As `refusal`, of the name of a tier or a store: shops call tiers by metals and colours, stores by their streets."""
    plain = _plain(name)
    if field == "store":
        return _REASONS["home"] if _POST.search(plain) else ""
    return "" if plain in _TIERS else refusal(plain)


@cache
def _kind_of(word: str) -> str:
    if kind := _KIND_OF.get(word):
        return kind
    if found := _INSIDE.search(word):
        return {"email": "e-mail"}.get(found.lastgroup or "", found.lastgroup or "")
    near = get_close_matches(word, _KIND_OF, n=1, cutoff=_LIKENESS) if len(word) >= _SHORTEST else []
    return _KIND_OF[near[0]] if near else ""


def _plain(words: str) -> str:
    """Without accents and full-width letters, so that no spelling slips by."""
    return "".join(one for one in normalize("NFKD", words).casefold() if not combining(one))
