"""What a brief says for the kinds of things it does not quote, and what is worth asking, in English, as data."""

from deskapp.rules.card_phrases import Hush

# Named by kind alone; what a shop may not keep at all is only "something private".
SILENT = {
    Hush.GRIEF: "A loss or a hard time: leave it to them to speak of it",
    Hush.TROUBLE: "What went wrong: do not excuse it, do not bring it up again unless it is still open",
    Hush.SURPRISE: "Something that is to stay a surprise, or between us",
    Hush.GUARDED: "Something private",
    Hush.MONEY: "Money: what things cost them, or what they owe",
}
HOW_TO_SPEAK = {
    "late": "Came late: say sorry once, and say on which day it will be there",
    "damaged": "Came damaged: say sorry once, and say what happens next",
    "wrong-item": "The wrong item came: say sorry once, and say how it is put right",
    "missing": "Something was missing: say sorry once, and say when the rest comes",
    "service": "We did not serve them well: listen first, do not explain",
}
PLANNED_GIFT = "The gift that goes along, {}: let it be a surprise"
PLANNED_GIFT_UNNAMED = "A gift goes along: let it be a surprise"

QUESTIONS = {  # what is unknown -> the question; all of them can be asked of anybody
    "gift": "How did the {} please?",
    "harm": "Is there anything that you cannot eat or wear?",
    "taste": "What would you like to find here more often?",
    "size": "Which size should we keep in mind for you?",
    "day": "Is there a day in the year that we should think of?",
    "address": "How would you like us to address you?",
    "name": "How do you say your name?",
    "contact": "How do you like to hear from us best, and how not at all?",
}
WHY_ASK = {
    "gift": "nobody noted it yet",
    "harm": "no allergy and no diet is known",
    "taste": "nothing they like is known",
    "size": "no size is known",
    "day": "no day of the year is known",
    "address": "no form of address is known",
    "name": "nobody noted how it is said",
    "contact": "no wish about contact is known",
}
NOTHING_UNKNOWN = "What brings you here today?"
ASK_IF_MENDED = "Has it been put right for you?"
LISTEN = "Nothing: listen today."

NO_IDEA_WHILE_OPEN = "No gift idea today: first put right what went wrong."
NO_IDEA_IN_GRIEF = "No gift idea today: a hard time was spoken of."
