"""What was said in all innocence and is not for a card that lies open at a door."""

from dataclasses import replace
from datetime import date

import pytest

from deskapp.rules.card_facts import Heard, Known, hush, kept_off
from deskapp.rules.card_phrases import Hush
from deskapp.rules.prompts import prompt

TODAY = date(2026, 3, 14)
GIL = Known(
    customer="Gil Navarro",
    shop="Corner & Co",
    today=TODAY,
    ship_on=TODAY,
    placed_on=TODAY,
    items=("Lamp",),
    earlier_orders=2,
)


def cited(text: str, known: Known = GIL) -> list[str]:
    facts = prompt(replace(known, notes=(Heard(text, "phone", "Ana", TODAY),))).facts
    return [fact.text for fact in facts if fact.key.startswith("note:")]


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Told us she is on holiday until 3 April.", Hush.HOME),
        ("Said the house is empty in August.", Hush.HOME),
        ("Said the key is under the mat.", Hush.HOME),
        ("Told us the door code is Lima.", Hush.HOME),
        ("Mentioned that he lives alone.", Hush.HOME),
        ("Told us her password is sunshine.", Hush.HOME),
        ("Sagt, der Schlüssel liegt unter der Matte.", Hush.HOME),
        ("Ist bis April im Urlaub, sagt er.", Hush.HOME),
        ("المفتاح تحت السجادة", Hush.HOME),
        ("Said he turns 80 next month.", Hush.GUARDED),
        ("Is allergic to nuts.", Hush.GUARDED),
        ("Verträgt keine Nüsse.", Hush.GUARDED),
        ("قالت إنها حامل منذ شهر", Hush.GUARDED),
        ("قال إنه مريض بالسكري", Hush.GUARDED),
        ("Asked for a tea because she cannot sleep.", Hush.GUARDED),
        ("Said he was robbed last week.", Hush.GRIEF),
        ("Told us the wedding is called off.", Hush.GRIEF),
        ("Told us about the accident.", Hush.GRIEF),
        ("Dice que su madre murió en febrero.", Hush.GRIEF),
        ("Told us she never got her parcel.", Hush.TROUBLE),
        ("Wants no presents from us.", Hush.DECLINED),
        ("Said it is none of our business.", Hush.DECLINED),
        ("Told us she weighs far too much.", Hush.GUARDED),
        ("Told us she started a diet in March.", Hush.GUARDED),
        ("Said she sounded drunk on the phone.", Hush.GUARDED),
        ("Erzählte, dass sie eine Diät macht.", Hush.GUARDED),
        ("قالت إنها بدأت حمية في الربيع", Hush.GUARDED),
        ("Said he is always late with the rent.", Hush.MONEY),
        ("Sagte, dass er mit der Miete wartet.", Hush.MONEY),
        ("قال إنه مديون لأخيه منذ سنة", Hush.MONEY),
        ("Mentioned that she is between jobs right now.", Hush.GRIEF),
        ("Sagte, dass Jonas seine Stelle verloren hat.", Hush.GRIEF),
        ("قالت إنها فقدت وظيفتها في الصيف", Hush.GRIEF),
        ("Erzählte, dass sie allein lebt seit dem Herbst.", Hush.HOME),
        ("قالت إنها تعيش وحدها منذ الخريف", Hush.HOME),
        ("Loved the holiday in Lisbon.", None),
        ("Wants an alarm clock with a soft bell.", None),
        ("Is just back from Lisbon.", None),
        ("Asked for a cup of 80 millilitres.", None),
        ("Freut sich auf den Garten im Mai.", None),
        ("تحب القهوة مع الهيل", None),
    ],
)
def test_a_sentence_is_kept_off_for_its_reason(sentence, kind):
    assert kept_off(sentence) is kind


@pytest.mark.parametrize(
    "sentence", ["Is allergic to nuts.", "Said the key is under the mat.", "Said he turns 80 in May."]
)
def test_what_is_kept_off_cards_alone_is_not_hushed_for_staff(sentence):
    assert hush(sentence) is None


def test_beside_when_nobody_is_at_home_the_rest_of_the_note_is_silent_and_a_warning_says_why():
    assert cited("Is on holiday until Easter. Would like the green hose afterwards.") == []
    note = Heard("Is on holiday until Easter.", "phone", "Ana", TODAY)
    assert "When nobody is at home" in prompt(replace(GIL, notes=(note,))).not_to_mention[0]


def test_somebody_else_with_a_title_is_not_named_and_the_customer_and_whom_a_company_has_are():
    assert cited("Told us that Mr Alder ordered the same lamp.") == []
    assert cited("Said that Mr Navarro is too formal for him.") == ["Said that Mr Navarro is too formal for him"]
    assert cited("Mr Lund asked for a darker roast.", replace(GIL, is_business=True)) == [
        "Mr Lund asked for a darker roast"
    ]


@pytest.mark.parametrize(
    ("sentence", "is_told"),
    [
        ("Told us Peter lost his way in the hills.", False),
        ("Said that Jonas next door drinks the green tea.", False),
        ("Peter has lost the lid of his jar.", False),
        ("Sagte, dass Jonas seine Brille verloren hat.", False),
        ("Erzählte, Jonas hat seine Brille im Garten verloren.", False),
        ("Told us Gil lost his way in the hills.", True),
        ("Told us he drinks the green tea.", True),
        ("She drinks the green tea.", True),
        ("Told us that Peter likes the lamp.", True),
    ],
)
def test_what_somebody_else_lost_or_drinks_is_theirs(sentence, is_told):
    assert bool(cited(sentence)) is is_told


@pytest.mark.parametrize("channel", ["phone", "at-the-market"])
@pytest.mark.parametrize(
    "sentence", ["The mug came with a crack in it.", "I said that I wanted a larger cup.", "لم يعجبني لون الكوب كثيرا"]
)
def test_of_an_answer_only_a_chosen_sentence_may_be_told(sentence, channel):
    def facts(mentionable):
        answer = Heard(sentence, channel, "Ana", TODAY, is_answer=True, mentionable=mentionable)
        return [fact for fact in prompt(replace(GIL, notes=(answer,))).facts if fact.key.startswith("note:")]

    assert facts("") == []
    assert len(facts(sentence)) == 1
