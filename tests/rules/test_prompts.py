"""What a prompt is made of, and what never reaches it; whole prompts are read as prose in test_golden_cards."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from card_situations import as_text
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.rules import guard
from deskapp.rules.card_facts import Heard, KeptPromise, Known, NearDay, Taste, hush
from deskapp.rules.card_phrases import ONLY_SAID, SOURCE_BY_CHANNEL, Hush
from deskapp.rules.card_words import SITUATIONS as FAMILIES
from deskapp.rules.prompts import Prompt, is_too_late, prompt, shows_money, tone_of

TODAY = date(2026, 3, 14)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


CARLA = Known(
    customer="Carla Núñez",
    shop="Corner & Co",
    today=TODAY,
    ship_on=TODAY,
    placed_on=days_ago(1),
    items=("Blue mug",),
    earlier_orders=9,
    since=date(2023, 5, 1),
    language="en",
)


# --- what never reaches a card ---------------------------------------------------------------------------------------

SECRET = "zebracorn"  # a word no template has


def card_of(**known) -> str:
    return as_text(prompt(replace(CARLA, **known)))


@pytest.mark.parametrize("channel", ["in-person", "phone", "chat", "e-mail", "delivery"])
def test_an_opinion_leaves_no_trace_not_even_a_warning(channel):
    opinion = Heard(f"Said she is rich, her mother died, and a {SECRET}.", channel, "Ana", TODAY, is_opinion=True)
    assert card_of(notes=(opinion,)) == card_of()


@pytest.mark.parametrize("kind", ["like", "interest", "dislike", "form-of-address", "pronunciation"])
def test_a_guess_about_the_customer_leaves_no_trace(kind):
    assert card_of(tastes=(Taste(kind, SECRET, "Ana", TODAY, is_stated=False),)) == card_of()


@pytest.mark.parametrize("kind", ["allergy", "diet", "size", "contact-wish", "no-gifts"])
def test_what_the_body_needs_is_nobodys_business_at_the_door(kind):
    assert SECRET not in card_of(tastes=(Taste(kind, SECRET, "Ana", TODAY),))


@pytest.mark.parametrize(
    "sentence",
    [
        f"Told us that the {SECRET} cost $40.",
        f"Told us that the {SECRET} was 39.90 elsewhere.",
        f"Asked for a discount on the {SECRET}.",
        f"Told us she has diabetes and a {SECRET}.",
        f"Told us that the {SECRET} arrived broken.",
        f"Told us that her husband passed away, {SECRET}.",
        f"Said the {SECRET} is a surprise.",
        f"Told us to write to {SECRET}@example.com.",
        f"Said his number is 555 010 0199, {SECRET}.",
        f"Said to charge 4111 1111 1111 1111 for the {SECRET}.",
    ],
)
def test_a_sentence_that_must_stay_here_is_not_cited(sentence):
    assert SECRET not in card_of(notes=(Heard(sentence, "phone", "Ana", TODAY),))


@pytest.mark.parametrize("word", ["died", "complaint", "surprise", "pregnant"])
def test_beside_a_hushed_sentence_the_rest_of_the_note_is_silent_too(word):
    note = Heard(f"Something about {word} here. Would like the {SECRET} in grey.", "phone", "Ana", TODAY)
    assert SECRET not in card_of(notes=(note,))


def test_what_was_only_seen_is_not_cited_and_what_was_said_is():
    seen = Heard(f"Came in with a {SECRET} under her arm.", "in-person", "Ana", TODAY)
    assert SECRET not in card_of(notes=(seen,))
    assert SECRET in card_of(notes=(replace(seen, text=f"Told us about the {SECRET} she is building."),))


def test_an_old_note_and_an_old_promise_are_forgotten():
    notes = (Heard(f"Told us about the {SECRET} she has.", "phone", "Ana", days_ago(731)),)
    promises = (KeptPromise(f"find the {SECRET}", "Bo", days_ago(61)),)
    assert card_of(notes=notes, promises=promises) == card_of()


def test_in_a_hard_time_the_card_is_quiet_whatever_else_is_true():
    grief = (Heard("Her father died.", "phone", "Ana", days_ago(10)),)
    for number in range(30):
        card = prompt(replace(CARLA, id=number, earlier_orders=0, need_by_on=TODAY, notes=grief, gifts=("Plum jam",)))
        assert [starter.key.split(":")[1].rsplit("-", 1)[0] for starter in card.starters.given][0::2] == [
            "opening-quiet",
            "plus-one-quiet",
        ]
        assert "quiet" in card.starters.close.key or card.starters.close.key in {"en:close-any-1", "en:close-any-4"}


def test_the_same_words_are_cited_once():
    like = Taste("like", "green tea", "Ana", days_ago(3))
    facts = prompt(replace(CARLA, tastes=(like, replace(like, value="Green Tea", on=days_ago(9))))).facts
    assert [fact.text for fact in facts if "tea" in fact.text.lower()] == ["Likes green tea"]


def test_what_touches_the_parcel_comes_before_what_is_newer():
    tastes = (Taste("like", "sailing", "Ana", TODAY), Taste("like", "mugs with a thin rim", "Ana", days_ago(100)))
    assert prompt(replace(CARLA, tastes=tastes)).facts[0].text == "Likes mugs with a thin rim"


@pytest.mark.parametrize(
    ("wish", "opening"),
    [
        ("Mrs Núñez", "Dear Mrs Núñez,"),
        ("Dr.", "Dear Dr Carla Núñez,"),
        ("by her first name", "Dear Carla,"),
        ("Carla, never Mrs.", "Dear Carla,"),
        ("Carla. Never Mrs", "Dear Carla,"),
        ("carla (not Mrs Núñez)", "Dear Carla,"),
        ("Carla rather than Madam", "Dear Carla,"),
        ("Never Mrs, just “Carla”", "Dear Carla,"),
        ("Please call her Carla", "Dear Carla,"),
        ("please call her Kit", "Dear Kit,"),
        ("mrs núñez please", "Dear Mrs Núñez,"),
        ("Mrs, never by her first name", "Dear Mrs Carla Núñez,"),
        ("Dr. Núñez, but Carla on the phone", "Dear Dr. Núñez,"),
        ("not by first name", "Dear Carla Núñez,"),
        ("bitte Carla, nie Frau Núñez", "Dear Carla,"),
        ("bitte mit Vornamen", "Dear Carla,"),
        ("Nachname", "Dear Carla Núñez,"),
        ("per Sie", "Dear Carla Núñez,"),
        ("Frau Núñez bitte", "Dear Frau Núñez,"),
        ("Carla من فضلك", "Dear Carla,"),
        ("باسمها الأول", "Dear Carla,"),
        ("Núñez, Carla", "Dear Carla Núñez,"),
        ("Deaf, never phone", "Dear Carla Núñez,"),
        ("She/Her", "Dear Carla Núñez,"),
        ("Carla or Mrs Núñez", "Dear Carla Núñez,"),
        (",;--()", "Dear Carla Núñez,"),
        ("never call her madam please", "Dear Carla Núñez,"),
        ("fat lady", "Dear Carla Núñez,"),
        ("", "Dear Carla Núñez,"),
    ],
)
def test_a_form_of_address_is_used_where_it_can_stand(wish, opening):
    card = prompt(replace(CARLA, tastes=(Taste("form-of-address", wish, "Ana", TODAY),)))
    assert card.starters.opening.text.startswith(opening)


@pytest.mark.parametrize(
    ("need_by", "estimated", "late"),
    [
        (None, None, False),
        (TODAY, None, False),
        (None, TODAY, False),
        (TODAY, TODAY, False),
        (TODAY, TODAY + timedelta(days=1), True),
    ],
)
def test_too_late_is_a_day_past_the_day_it_is_needed(need_by, estimated, late):
    assert is_too_late(need_by, estimated) is late


@pytest.mark.parametrize("text", ["$5", "5 €", "10 % off", "only 4.50", "12,99", "50 usd"])
def test_a_price_on_a_card_is_seen(text):
    assert shows_money(text)


@pytest.mark.parametrize("text", ["It costs you nothing.", "Room 45, 3rd floor", "since 2023", "12 March"])
def test_a_card_without_a_price_is_let_be(text):
    assert not shows_money(text)


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Her mother passed away", Hush.GRIEF),
        ("It was broken", Hush.TROUBLE),
        ("Don’t tell her", Hush.SURPRISE),
        ("Wants a discount", Hush.MONEY),
        ("Write to a@b.example", Hush.CONTACT),
        ("She is pregnant", Hush.GUARDED),
        ("Likes the blue one", None),
        ("Wakes early and rings before nine", None),
    ],
)
def test_a_sentence_is_hushed_for_its_reason(sentence, kind):
    assert hush(sentence) is kind


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("Plans to plant potatoes on St. Patrick's Day.", ["Plans to plant potatoes on St. Patrick's Day"]),
        ("Asked for the feta. It is now.", ["Asked for the feta"]),
        ("青いマグカップが好きだそうです。", ["青いマグカップが好きだそうです。"]),
        ("Says the secret is coffee grounds.", ["Says the secret is coffee grounds"]),
        ("Yes.", []),
    ],
)
def test_a_fact_is_one_whole_sentence_that_tells_something(text, cited):
    facts = prompt(replace(CARLA, notes=(Heard(text, "phone", "Ana", TODAY),))).facts
    assert [fact.text for fact in facts[:-2]] == cited


def test_every_channel_that_a_desk_begins_with_has_its_words():
    assert set(FAMILIES["detail"]) > set(SOURCE_BY_CHANNEL) >= ONLY_SAID


def test_on_a_channel_of_the_shops_own_only_what_was_said_is_cited_and_in_its_words():
    heard = Heard(
        "Had a red umbrella today. Asked for a green mug.", "at-the-market", "Ana", TODAY, channel_words="at the market"
    )
    said = prompt(replace(CARLA, notes=(heard,)))
    assert [(fact.text, fact.source) for fact in said.facts[:-2]] == [
        ("Asked for a green mug", "noted by Ana, at the market")
    ]
    assert said.starters.detail.key.startswith("en:detail-elsewhere-")


def test_a_sentence_that_somebody_chose_comes_first_even_if_nobody_is_said_to_have_said_it():
    newer = Heard("Asked for the blue mug in green.", "phone", "Ana", TODAY)
    older = Heard("Has a garden. Grows roses by the door.", "in-person", "Bo", days_ago(300))
    assert [fact.text for fact in prompt(replace(CARLA, notes=(newer, older))).facts[:-2]] == [
        "Asked for the blue mug in green"
    ]
    chosen = replace(older, mentionable="Grows roses by the door.")
    facts = prompt(replace(CARLA, notes=(newer, chosen))).facts
    assert [fact.text for fact in facts[:-2]] == ["Grows roses by the door", "Asked for the blue mug in green"]


@pytest.mark.parametrize(
    ("chosen", "cited"),
    [
        ("Her mother died in February.", []),
        ("Paid 12.50 for it.", []),
        ("Grows roses.", ["Grows roses"]),  # the note tells of grief, but this was chosen word for word
    ],
)
def test_what_never_stands_on_a_card_does_not_though_it_was_chosen(chosen, cited):
    note = Heard(
        "Her mother died in February. Paid 12.50 for it. Grows roses.", "phone", "Ana", TODAY, mentionable=chosen
    )
    assert [fact.text for fact in prompt(replace(CARLA, notes=(note,))).facts[:-2]] == cited


def test_an_opinion_is_not_cited_though_a_sentence_of_it_was_chosen():
    note = Heard(
        "Seems lonely on Sundays.", "phone", "Ana", TODAY, is_opinion=True, mentionable="Seems lonely on Sundays."
    )
    assert "lonely" not in str(prompt(replace(CARLA, notes=(note,))))


words = st.text(max_size=200)
notes = st.builds(
    Heard, words, st.sampled_from(["in-person", "phone", "chat", "e-mail", "delivery"]), words,
    st.dates(), st.booleans(),
)  # fmt: skip
tastes = st.builds(
    Taste, st.sampled_from(["like", "dislike", "interest", "form-of-address", "pronunciation", "allergy"]), words, words,
    st.dates(), st.booleans(),
)  # fmt: skip
anything = st.builds(
    Known,
    customer=words,
    shop=words,
    today=st.dates(),
    ship_on=st.dates(),
    placed_on=st.dates(),
    items=st.lists(words, max_size=4).map(tuple),
    gifts=st.lists(words, max_size=3).map(tuple),
    earlier_orders=st.integers(0, 3),
    since=st.none() | st.dates(),
    language=words,
    need_by_on=st.none() | st.dates(),
    estimated_on=st.none() | st.dates(),
    notes=st.lists(notes, max_size=4).map(tuple),
    tastes=st.lists(tastes, max_size=4).map(tuple),
    promises=st.lists(st.builds(KeptPromise, words, words, st.dates()), max_size=2).map(tuple),
)


@settings(deadline=None)
@given(anything)
def test_whatever_is_known_there_are_two_to_four_facts_and_none_is_guarded(known):
    card = prompt(known)
    assert 2 <= len(card.facts) <= 4
    assert not [fact for fact in card.facts if guard.check(fact.text)]
    assert card.starters.opening is not None
    assert card == prompt(known)


# --- nothing twice ---------------------------------------------------------------------------------------------------


def families(card: Prompt) -> list[str]:
    return [starter.key.rsplit("-", 1)[0].partition(":")[2] for starter in card.starters.given]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, 2000), st.sampled_from(["", "grief", "late", "needed", "jam"]), st.integers(1, 20)),
        max_size=40,
    ),
    st.sampled_from(["warm", "plain", "formal"]),
    st.sampled_from(["en", "de", "ar", "pl", ""]),
    st.booleans(),
)
def test_however_many_cards_somebody_gets_in_a_year_no_phrase_comes_twice(parcels, tone, language, is_business):
    used: list[str] = []
    texts: list[str] = []
    for number, (delivery, what, earlier) in enumerate(parcels):
        card = prompt(
            replace(
                CARLA,
                id=delivery + number,
                tone=tone,
                language=language,
                is_business=is_business,
                earlier_orders=earlier,
                notes=(Heard("Her father died.", "phone", "Ana", TODAY),) if what == "grief" else (),
                ship_on=days_ago(2) if what == "late" else TODAY,
                need_by_on=TODAY + timedelta(days=5) if what == "needed" else None,
                gifts=("Plum jam",) if what == "jam" else (),
                phrases_used=frozenset(used),
            )
        )
        assert len(card.starters.given) + len(card.used_up) == (4 if what == "jam" else 3)
        used += [starter.key for starter in card.starters.given]
        texts += [starter.text for starter in card.starters.given]
    assert len(used) == len(set(used))
    assert len(texts) == len(set(texts))


def test_where_a_family_is_used_up_the_prompt_says_so_and_offers_nothing():
    late = replace(CARLA, ship_on=days_ago(3))
    used: set[str] = set()
    for _ in range(40):
        used |= {starter.key for starter in prompt(replace(late, phrases_used=frozenset(used))).starters.given}
    card = prompt(replace(late, phrases_used=frozenset(used)))
    assert card.starters.opening is None
    assert card.used_up[0] == "To open: everything we have for this was used this year. Begin in your own words."
    assert len(card.used_up) == 3


def test_not_everybody_gets_the_same_card():
    cards = [prompt(replace(CARLA, id=number)) for number in range(50)]
    for part in ("opening", "detail", "close"):
        assert len({getattr(card.starters, part).key for card in cards}) >= 5


def test_a_card_stays_as_it_is_while_others_are_signed():
    card = prompt(replace(CARLA, id=7)).starters
    mine = {starter.key for starter in card.given}
    others = {
        starter.key for number in range(40) for starter in prompt(replace(CARLA, id=number)).starters.given
    } - mine
    assert prompt(replace(CARLA, id=7, phrases_used=frozenset(others))).starters == card


def test_what_the_last_card_told_is_left_out_once_and_weighs_less_later():
    jam, tea = Taste("like", "plum jam", "Ana", days_ago(1), id=1), Taste("like", "mint", "Ana", days_ago(90), id=2)
    known = replace(CARLA, tastes=(jam, tea))
    assert [fact.key for fact in prompt(known).facts[:2]] == ["taste:1", "taste:2"]
    assert [fact.key for fact in prompt(replace(known, told=frozenset({"taste:1"}))).facts] == [
        "taste:2",
        "order",
        "since",
    ]
    assert [fact.key for fact in prompt(replace(known, told_before=frozenset({"taste:1"}))).facts[:2]] == [
        "taste:2",
        "taste:1",
    ]
    quiet = prompt(replace(known, told=frozenset({"taste:1", "taste:2"})))
    assert quiet.better_next_time.startswith("What we know was on their last card. Thank them")


def test_how_long_they_have_been_with_us_is_not_told_twice_in_a_row():
    facts = prompt(replace(CARLA, told=frozenset({"order", "since"}))).facts
    assert [fact.text for fact in facts] == ["Ordered Blue mug", "Order number 10 with us"]


# --- whose matter it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence",
    [
        f"Her neighbour is building a {SECRET}.",
        f"Said that her son lost his {SECRET}.",
        f"His friend Tom has a {SECRET}.",
        f"Told us that the daughter works as a {SECRET}.",
        f"Mentioned her husband's job at the {SECRET}.",
        f"Asked for a {SECRET} because of her sister's divorce.",
        f"Ihre Nachbarin hat einen {SECRET}.",
    ],
)
def test_what_is_told_of_somebody_else_is_not_ours_to_write(sentence):
    assert SECRET not in card_of(notes=(Heard(sentence, "phone", "Ana", TODAY),))


@pytest.mark.parametrize(
    "sentence",
    [
        f"Asked for a {SECRET} for her mother.",
        f"Is looking forward to her daughter's {SECRET}.",
        f"Plans a {SECRET} with friends.",
        f"Asked for a {SECRET} for her mother and was glad.",
    ],
)
def test_what_the_customer_does_for_others_is_their_own(sentence):
    assert SECRET in card_of(notes=(Heard(sentence, "phone", "Ana", TODAY),))


def test_a_chosen_sentence_may_name_others_but_nothing_private_of_theirs():
    def cited(sentence: str) -> bool:
        note = Heard(sentence, "phone", "Ana", TODAY, mentionable=sentence)
        return SECRET in card_of(notes=(note,))

    assert cited(f"Her daughter likes the {SECRET}.")
    assert not cited(f"Her daughter lost her job at the {SECRET}.")


@pytest.mark.parametrize(
    "sentence",
    [
        f"Erzählte, dass ihre Mutter gestorben ist, {SECRET}.",
        f"Der {SECRET} kam kaputt an.",
        f"Der {SECRET} ist eine Überraschung.",
        f"Wünscht sich einen Rabatt auf {SECRET}.",
        f"توفيت والدتها {SECRET} قبل شهر",
        f"وصل {SECRET} مكسور إلى الباب",
    ],
)
def test_what_must_stay_here_stays_here_in_the_languages_of_a_desk(sentence):
    assert SECRET not in card_of(notes=(Heard(sentence, "phone", "Ana", TODAY),))


# --- days ------------------------------------------------------------------------------------------------------------

BIRTHDAY = NearDay("birthday", "", date(2026, 3, 20), "Bo", days_ago(100), id=4)


def test_a_day_that_is_near_opens_the_card_and_the_detail_is_about_something_else():
    jam = Taste("like", "plum jam", "Ana", days_ago(1), id=1)
    card = prompt(replace(CARLA, occasions=(BIRTHDAY,), tastes=(jam,)))
    assert (card.facts[0].text, card.facts[0].source) == ("Birthday on Friday 20 March", "told Bo")
    assert card.facts[0].key == "occasion:4:2026"
    assert [family.rpartition("-")[2] for family in families(card)[:2]] == ["birthday", "like"]


@pytest.mark.parametrize(
    ("known", "opening"),
    [
        ({"earlier_orders": 0}, "opening-first"),
        ({"ship_on": days_ago(1)}, "opening-late"),
        ({"was_solved": True}, "opening-solved"),
        ({"is_business": True}, "opening-business"),
        ({"occasions": (replace(BIRTHDAY, kind="other", words="The shop opens"),)}, "opening-occasion"),
        ({"occasions": (replace(BIRTHDAY, kind="other", words="The day her mother died"),)}, "opening-many"),
        ({"told_before": frozenset({"occasion:4:2026"})}, "opening-many"),
        ({"told_before": frozenset({"occasion:4:2025"})}, "opening-birthday"),
        ({"notes": (Heard("Her father died.", "phone", "Ana", TODAY),)}, "opening-quiet"),
    ],
)
def test_what_weighs_more_than_a_birthday_opens_instead(known, opening):
    assert families(prompt(replace(CARLA, **({"occasions": (BIRTHDAY,)} | known))))[0] == opening


def test_in_a_hard_time_no_day_is_wished_for_anywhere():
    grief = (Heard("Her father died.", "phone", "Ana", TODAY),)
    assert "irthday" not in as_text(prompt(replace(CARLA, occasions=(BIRTHDAY,), notes=grief)))


# --- language and tone -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "code", "direction"),
    [("de", "de", "ltr"), ("de-AT", "de", "ltr"), ("ar", "ar", "rtl"), ("pl", "en", "ltr"), ("", "en", "ltr")],
)
def test_starters_are_in_the_customers_language_and_the_rest_in_ours(language, code, direction):
    card = prompt(replace(CARLA, language=language))
    assert (card.language, card.direction) == (code, direction)
    assert all(starter.key.startswith(f"{code}:") for starter in card.starters.given)
    assert "The parcel leaves today." in card.why_now


@pytest.mark.parametrize("thing", ["her new garden", "what his brother cooks", "ihren Garten", "long walks " * 8])
def test_what_was_typed_about_them_is_not_said_to_them_word_for_word(thing):
    detail = prompt(replace(CARLA, tastes=(Taste("like", thing, "Ana", TODAY),))).starters.detail
    assert detail.key.startswith("en:detail-elsewhere-")
    assert thing not in detail.text


def test_a_gift_better_not_named_is_spoken_of_without_its_name():
    for gifts in (("Hair loss shampoo",), ("Plum jam", "Hair loss shampoo")):
        line = prompt(replace(CARLA, gifts=gifts)).starters.plus_one
        assert line is not None
        assert "hampoo" not in line.text
        assert "Plum jam" not in line.text  # to name one of two is to hide the other


@pytest.mark.parametrize(
    ("wished", "address", "is_business", "tone"),
    [
        ("", "", False, "warm"),
        ("", "Dr.", False, "formal"),
        ("", "never Mrs", False, "warm"),
        ("", "Carla, never Mrs.", False, "warm"),
        ("", "Mrs Núñez please", False, "formal"),
        ("", "Frau Dr. Meier", False, "formal"),
        ("", "", True, "formal"),
        ("plain", "Dr.", True, "plain"),
        ("loud", "", False, "warm"),
    ],
)
def test_a_tone_is_chosen_or_befits(wished, address, is_business, tone):
    assert tone_of(wished, address, is_business=is_business) == tone
