"""What a diet makes doubtful. A diet is a warning and not a stop: people who eat vegan give away cheese, and what "no sugar" means
is theirs to say. What they must not have at all is an allergy, and that is a stop.
"""

from deskapp.rules.stops import words

_MEAT = "bacon beef chicken duck fish gelatine ham jerky lamb meat pate pork prawn salami salmon sausage tuna turkey fleisch schinken wurst"
_DAIRY = "butter cheese cream kefir milk whey yoghurt yogurt milch kase sahne"
_MEANS = {
    "vegetarian": _MEAT,
    "vegetarisch": _MEAT,
    "pescatarian": "bacon beef chicken duck ham jerky lamb meat pate pork salami sausage turkey",
    "vegan": f"{_MEAT} {_DAIRY} beeswax egg honey honig wool",
    "dairy": _DAIRY,
    "gluten": "barley bread cake cookie cracker flour pasta rye spelt wheat brot mehl",
    "sugar": "candy caramel chocolate cookie fudge jam marzipan marmalade nougat praline sweet sugar syrup",
    "zucker": "bonbon karamell keks marmelade nougat praline schokolade zucker",
    "alcohol": "beer brandy champagne cider gin liqueur prosecco rum schnapps sherry vodka whisky wine wein bier likor",
    "alkohol": "beer brandy champagne cider gin liqueur prosecco rum schnapps sherry vodka whisky wine wein bier likor",
    "meat": _MEAT,
    "fleisch": _MEAT,
}
_FILLING = frozenset(
    words("a diet eats eat free food foods is kein keine keinen no low lives never strict strictly without since any")
)
_SHORTEST_PART = 4  # "ham" is looked for as a word, or shampoo would hold it


def doubtful_word(diet: str, text: str) -> str:
    """The word of an item's name or category that the diet makes doubtful, folded; "" where there is none.

    An item that bears the diet's own name ("Vegan cheese") is made for it.
    """
    named = set(words(diet)) - _FILLING
    there = words(text)
    if named & {one for one in there if one in {"vegan", "vegetarian", "vegetarisch"}}:
        return ""
    parts = {part for name in named for part in words(_MEANS.get(name, name))}
    return next((word for word in there if any(_is_in(part, word) for part in parts)), "")


def _is_in(part: str, word: str) -> bool:
    return part in word if len(part) >= _SHORTEST_PART else part == word
