"""What a brief says for the kinds of things it does not quote, and what is worth asking, as data."""

from deskapp.rules.card_phrases import Hush
from deskapp.rules.words import Said, say

# Named by kind alone; what a shop may not keep at all is only "something private".
SILENT = {
    Hush.GRIEF: say("A loss or a hard time: leave it to them to speak of it"),
    Hush.TROUBLE: say("What went wrong: do not excuse it, do not bring it up again unless it is still open"),
    Hush.SURPRISE: say("Something that is to stay a surprise, or between us"),
    Hush.GUARDED: say("Something private"),
    Hush.MONEY: say("Money: what things cost them, or what they owe"),
}
HOW_TO_SPEAK = {
    "late": say("Came late: say sorry once, and say on which day it will be there"),
    "damaged": say("Came damaged: say sorry once, and say what happens next"),
    "wrong-item": say("The wrong item came: say sorry once, and say how it is put right"),
    "missing": say("Something was missing: say sorry once, and say when the rest comes"),
    "service": say("We did not serve them well: listen first, do not explain"),
}
PLANNED_GIFT_UNNAMED = say("A gift goes along: let it be a surprise")

QUESTIONS = {  # what is unknown -> the question; all of them can be asked of anybody
    "harm": say("Is there anything that you cannot eat or wear?"),
    "taste": say("What would you like to find here more often?"),
    "size": say("Which size should we keep in mind for you?"),
    "day": say("Is there a day in the year that we should think of?"),
    "address": say("How would you like us to address you?"),
    "name": say("How do you say your name?"),
    "contact": say("How do you like to hear from us best, and how not at all?"),
}
WHY_ASK = {
    "gift": say("nobody noted it yet"),
    "harm": say("no allergy and no diet is known"),
    "taste": say("nothing they like is known"),
    "size": say("no size is known"),
    "day": say("no day of the year is known"),
    "address": say("no form of address is known"),
    "name": say("nobody noted how it is said"),
    "contact": say("no wish about contact is known"),
}
NOTHING_UNKNOWN = say("What brings you here today?")
ASK_IF_MENDED = say("Has it been put right for you?")
LISTEN = say("Nothing: listen today.")

NO_IDEA_WHILE_OPEN = say("No gift idea today: first put right what went wrong.")
NO_IDEA_IN_GRIEF = say("No gift idea today: a hard time was spoken of.")


def planned_gift(name: str) -> Said:
    return say("The gift that goes along, {gift}: let it be a surprise", gift=name)


def how_it_pleased(gift: str) -> Said:
    return say("How did the {gift} please?", gift=gift)
