"""A diet warns; it does not stop."""

import pytest

from deskapp.rules.diets import doubtful_word


@pytest.mark.parametrize(
    ("diet", "text", "word"),
    [
        ("vegan", "Heather honey Preserves", "honey"),
        ("vegan", "Milk chocolate bar", "milk"),
        ("strictly vegan since May", "Butter cookies", "butter"),
        ("vegan", "Vegan cheese", ""),
        ("vegan", "Blue mug Kitchen", ""),
        ("vegan", "Shampoo bar", ""),
        ("vegetarian", "Smoked ham", "ham"),
        ("vegetarian", "Goat's cheese", ""),
        ("vegetarisch", "Leberwurst", "leberwurst"),
        ("no alcohol", "House red Wine", "wine"),
        ("kein Alkohol", "Pflaumenlikör", "pflaumenlikor"),
        ("gluten-free", "Wholemeal bread", "bread"),
        ("no pork", "Pork pie", "pork"),
        ("no pork", "Apple pie", ""),
        ("", "Pork pie", ""),
        ("👍", "Pork pie", ""),
        ("no", "No-bake cake", ""),
    ],
)
def test_it_names_the_word_that_makes_a_gift_doubtful(diet: str, text: str, word: str) -> None:
    assert doubtful_word(diet, text) == word
