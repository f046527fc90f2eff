"""What the demo's staff know of the demo's customers, by the name of their mailbox. All of it is invented.

Days count back from the day of the demo, so that the notes are as fresh whenever it is set up.
"""

from dataclasses import dataclass

from deskapp.store.memory_tables import NoteKind, OccasionKind, PreferenceKind, VisitKind

PHONE, CHAT, EMAIL, IN_PERSON, DOOR = "phone", "chat", "e-mail", "in-person", "delivery"
LIKE, DISLIKE, ALLERGY, DIET = PreferenceKind.LIKE, PreferenceKind.DISLIKE, PreferenceKind.ALLERGY, PreferenceKind.DIET
SAY, ADDRESS, INTEREST = PreferenceKind.PRONUNCIATION, PreferenceKind.ADDRESS, PreferenceKind.INTEREST
CONTACT, NO_GIFTS, NO_CARDS = PreferenceKind.CONTACT, PreferenceKind.NO_GIFTS, PreferenceKind.NO_CARDS


@dataclass(frozen=True, slots=True)
class Told:
    """A note; `is_about_order` if it was about the one that is on its way. `safe`: which of its sentences may be mentioned, from 1."""

    days_ago: int
    by: str
    channel: str
    text: str
    kind: NoteKind = NoteKind.OBSERVATION
    is_about_order: bool = False
    is_alert: bool = False
    safe: int = 0
    pinned: str = ""  # for what reason


@dataclass(frozen=True, slots=True)
class Wish:
    kind: PreferenceKind
    value: str
    by: str = "ana"
    is_stated: bool = True


@dataclass(frozen=True, slots=True)
class Word:
    """A promise, due so many days from now; below zero it is late."""

    text: str
    due_in: int
    by: str = "ana"


@dataclass(frozen=True, slots=True)
class Yearly:
    """A day of every year, the next of which is so many days away."""

    kind: OccasionKind
    in_days: int
    words: str = ""
    by: str = "ana"


@dataclass(frozen=True, slots=True)
class Coming:
    kind: VisitKind
    in_days: int
    at: str = ""
    words: str = ""
    by: str = "ana"


@dataclass(frozen=True, slots=True)
class Asked:
    """What they would have us do, and what it would let them do."""

    topic: str
    words: str
    would_let: str = ""
    days_ago: int = 20
    by: str = "ana"


Piece = Told | Wish | Word | Yearly | Coming | Asked
Memory = tuple[Piece, ...]


def thought(days_ago: int, by: str, text: str) -> Told:
    """What staff think, kept apart from what was said."""
    return Told(days_ago, by, IN_PERSON, text, NoteKind.OPINION)


STORY: dict[str, Memory] = {
    "carla.nunez": (
        Wish(SAY, "KAR-la NOON-yes"),
        Wish(ADDRESS, "Carla, never Mrs."),
        Wish(ALLERGY, "Hazelnuts", "bo"),
        Wish(LIKE, "Tea in the evening"),
        Wish(LIKE, "Peanut butter"),
        Wish(INTEREST, "Baking with her niece"),
        Told(210, "bo", PHONE, "Asked whether the praline has hazelnuts. It has. Took the peanut butter cups instead."),
        Told(
            48,
            "ana",
            IN_PERSON,
            "Told me she has moved into the flat above the bakery and loves the smell at five in the morning.",
        ),
        Told(
            2,
            "ana",
            PHONE,
            "Her sister Inés is coming from Valencia on Saturday, the first visit in six years. Hopes the balcony gets sun.",
            is_about_order=True,
            safe=1,
        ),
        thought(20, "ana", "I think she likes to chat when the shop is quiet; not in the queue."),
        Word("Call her when the Valencia oranges are in", 3),
        Yearly(OccasionKind.BIRTHDAY, 12),
        Coming(VisitKind.VISIT, 0, "16:30", "Picks up the oranges"),
        Asked(
            "Open on Sunday mornings",
            "Wishes we were open on Sundays for an hour or two.",
            "Breakfast with the family, fresh bread and all.",
        ),
    ),
    "thaddeus": (
        Wish(SAY, "oh-YEH-la-ran", "bo"),
        Wish(LIKE, "Sauerkraut from the barrel"),
        Told(
            31,
            "bo",
            IN_PERSON,
            "Said he is learning to make pierogi from his neighbor and wants to get the dough right by spring.",
        ),
        Told(
            5, "ana", CHAT, "Thanked us for finding the missing bag. His choir sings on Sunday; he is singing a solo."
        ),
        Word("Put a good rye flour aside for him", 1, "bo"),
        Coming(VisitKind.CALL, 0, "11:00", "About the rye flour", "bo"),
        Asked(
            "Smaller bags of flour",
            "Asked for a pound of rye, not five.",
            "Try a new dough without half a bag left over.",
            31,
            "bo",
        ),
    ),
    "billie.sorensen": (
        Wish(ADDRESS, "Billie"),
        Wish(LIKE, "Clementines"),
        Wish(INTEREST, "Her dog Otto", "bo"),
        Told(60, "ana", DOOR, "Mentioned that Otto the terrier turns ten this month and gets his own cake."),
        Told(1, "bo", PHONE, "Wants it today, before her daughter's train gets in at six.", is_about_order=True),
        Yearly(OccasionKind.OTHER, 4, "Otto's birthday"),
        Asked("Open on Sunday mornings", "Sundays would help.", "Visit her mother with something warm.", 60),
    ),
    "anh.nguyen": (
        Wish(SAY, "ANH like “ang”, soft g"),
        Wish(ADDRESS, "Chị Ánh, if you can", "bo"),
        Wish(DISLIKE, "Cilantro in ready meals"),
        Told(
            14,
            "ana",
            IN_PERSON,
            "Told me the ribs are for her father's eightieth. She has cooked for forty people before.",
        ),
    ),
    "jb.desrosiers": (
        Wish(SAY, "zhon-bah-TEEST day-roh-ZYAY"),
        Wish(LIKE, "Limes, the hard ones"),
        Wish(CONTACT, "By e-mail, he is on stage most evenings"),
        Told(
            9, "bo", EMAIL, "Wrote that the quartet plays in the park on Friday and that the lemonade is for the break."
        ),
        thought(9, "bo", "Maybe sound out whether the quartet would play at our summer evening."),
    ),
    "layla.haddad": (
        Wish(SAY, "LAY-la had-DAAD"),
        Wish(LIKE, "Cardamom", "bo"),
        Told(
            22, "bo", IN_PERSON, "Said her son starts at the music school after the holidays. He chose the oud himself."
        ),
        Word("Ask the baker about a tray of ma'amoul", 4, "bo"),
    ),
    "madonna.f": (
        Wish(SAY, "FAN-shaw CHUM-lee"),
        Wish(ADDRESS, "Ms. Fanshaw-Chumley on the phone, Madonna in the shop"),
        Wish(NO_CARDS, "Prefers no paper, she has enough of it"),
        Told(40, "ana", IN_PERSON, "Laughed about her name on the parcel label: it went over three lines."),
    ),
    "suryani": (
        Wish(ADDRESS, "Suryani, there is no last name"),
        Wish(ALLERGY, "Shrimp", "bo"),
        Told(
            18,
            "bo",
            CHAT,
            "Asked for a form that does not want a last name. We left the field empty and it went through.",
        ),
    ),
    "padraig": (
        Wish(SAY, "PAW-drig oh SOO-la-wawn"),
        Wish(LIKE, "Strong black tea"),
        Told(12, "ana", PHONE, "Plans to plant potatoes on the allotment on St. Patrick's Day, as every year."),
        Word("Send him the planting calendar", -1),
    ),
    "ingeborg": (
        Wish(ADDRESS, "Frau von Hohenberg"),
        Wish(DIET, "Little salt"),
        Told(90, "bo", PHONE, "Said the dark rye reminds her of Bremen. She hums when she is pleased."),
    ),
    "wang.xiuying": (
        Wish(SAY, "wahng shyoh-YING"),
        Wish(LIKE, "Jasmine tea", "bo"),
        Told(7, "bo", IN_PERSON, "Told me her granddaughter won the school chess cup and only wants plums as a prize."),
    ),
    "dolores.castaneda": (
        Wish(CONTACT, "In Spanish if somebody is in"),
        Wish(INTEREST, "Crossword puzzles"),
        Told(
            26,
            "ana",
            IN_PERSON,
            "Asked after the crossword magazine that used to lie by the till. Missed it for two weeks.",
        ),
        Word("Keep the new crossword magazine for her", 2),
    ),
    "zeke.marsh": (
        Wish(LIKE, "Anything with maple"),
        Wish(DISLIKE, "Coconut"),
        Told(
            4,
            "ana",
            CHAT,
            "Needs it on the day: the scout troop leaves at noon. Looking forward to the first camp fire.",
            is_about_order=True,
        ),
    ),
    "oksana": (
        Wish(SAY, "ok-SAH-na shev-CHEN-ko", "bo"),
        Wish(LIKE, "Sunflower seeds"),
        Told(
            33,
            "bo",
            DOOR,
            "Told the driver that the blue door sticks and that one should push, not knock.",
            pinned="For whoever drives",
        ),
    ),
    "priya.v": (
        Wish(DIET, "Vegetarian"),
        Wish(SAY, "PREE-ya, and just V. is fine"),
        Wish(LIKE, "Dark chocolate"),
        Told(
            3,
            "bo",
            PHONE,
            "The fruit basket is for her piano teacher, who retires on Thursday after fifty years.",
            is_about_order=True,
        ),
        Word("Add a ribbon in the school's green", 3, "bo"),
    ),
    "hank.whitlock": (
        Wish(NO_GIFTS, "Says give it to somebody who needs it"),
        Told(70, "bo", IN_PERSON, "Said no to the free coffee, kindly, and pointed at the lady behind him."),
    ),
    "amina.siddiqui": (
        Wish(DIET, "Halal", "bo"),
        Wish(LIKE, "Dates from the big box"),
        Told(15, "ana", PHONE, "Hopes to have the whole street over when her roof terrace is finished next week."),
    ),
    "beatrix.lockwood": (
        Wish(ALLERGY, "Walnuts"),
        Wish(INTEREST, "Bird watching", "ana", is_stated=False),
        Told(
            2,
            "ana",
            EMAIL,
            "Wrote that the estimate is too late for the school fair. Asked if there is any other way.",
            is_about_order=True,
            is_alert=True,
        ),
        Word("Find out if the van can go a day earlier", 1),
    ),
    "malakai": (
        Wish(SAY, "MAH-la-kai too-ee-poo-LOH-too"),
        Told(29, "bo", IN_PERSON, "Said his team plays its last home game this month. Buys for all fifteen of them."),
    ),
    "rosalind": (
        Wish(LIKE, "Lavender"),
        Wish(LIKE, "Short bread"),
        Told(
            120,
            "ana",
            IN_PERSON,
            "Told me she reads the recipes on our cards aloud to her brother.",
        ),
        thought(118, "bo", "Large print on her cards might be kind. Ask her first."),
    ),
    "yoko.tanaka": (
        Wish(ADDRESS, "Tanaka-san"),
        Wish(LIKE, "Green tea", "bo"),
        Told(8, "bo", EMAIL, "Thanked us for wrapping the bowls so well. She kept the paper."),
        Yearly(OccasionKind.NAME_DAY, 40, "", "bo"),
        Coming(VisitKind.VISIT, 1, "10:00", "Wants to see the new bowls", "bo"),
    ),
    "gus": (
        Wish(LIKE, "Olives, with stones"),
        Told(16, "ana", PHONE, "Asked three times whether the feta is from sheep. It is now."),
        Word("Ring him when the sheep's feta arrives", 5),
        Asked(
            "Open on Sunday mornings",
            "Sunday, just the morning.",
            "Have his grandchildren pick the olives with him.",
            16,
        ),
        Asked(
            "Refill oil from the barrel", "Brings his own bottle if we have a barrel.", "Stop carrying glass home.", 16
        ),
    ),
    "fatoumata": (
        Wish(SAY, "fa-too-MA-ta jal-LO"),
        Wish(INTEREST, "Sewing", "bo"),
        Told(
            11,
            "bo",
            CHAT,
            "Opens her tailor shop on the first. Wants coffee for the opening morning.",
            is_about_order=True,
        ),
    ),
    "everett.quill": (
        Wish(CONTACT, "Letters only, he does not own a phone"),
        Told(
            55,
            "ana",
            IN_PERSON,
            "Mentioned that he has typed every shopping list since 1971 and keeps the carbon copies.",
        ),
    ),
    "marguerite": (
        Wish(LIKE, "Apricot jam"),
        Wish(DISLIKE, "Licorice"),
        Told(6, "ana", PHONE, "Her garden won the street's prize. Says the secret is coffee grounds."),
        Asked("Smaller bags of flour", "Lives alone; a small bag would do.", "Bake fresh every week.", 6),
    ),
    "stan.b": (
        Wish(SAY, "STAN-ee-swav bzhen-chish-chi-KYEH-vich; he is happy with Stan"),
        Told(37, "bo", IN_PERSON, "Told me that ours is the first shop that spelled it right."),
        Coming(VisitKind.CALL, 0, "", "Expects our word about the crate", "bo"),
    ),
    "joy.okonkwo": (
        Wish(LIKE, "Ginger in anything", "bo"),
        Told(10, "bo", PHONE, "Plans a long table in the yard for her parents' ruby wedding. Wants everything in red."),
        Word("Look for red napkins, the good ones", 6, "bo"),
        Yearly(OccasionKind.ANNIVERSARY, 25, "her parents' ruby wedding", "bo"),
        Asked("Open on Sunday mornings", "Would come on Sundays once the choir is done.", "", 10, "bo"),
    ),
    "xiomara": (
        Wish(SAY, "see-oh-MAH-ra"),
        Told(19, "ana", DOOR, "Said the evening round is perfect, she sleeps until two after the night shift."),
    ),
    "bertram.ashdown": (
        Wish(ADDRESS, "Mr. Ashdown"),
        Wish(INTEREST, "Steam trains"),
        Told(80, "ana", IN_PERSON, "Loves the tin with the locomotive on it. Asked if there will be others."),
    ),
    "noor": (
        Wish(LIKE, "Rose water", "bo"),
        Told(13, "bo", CHAT, "Asked how to keep herbs fresh. The wet towel works, she says."),
    ),
    "silvia": (
        Wish(ALLERGY, "Kiwi"),
        Told(27, "ana", PHONE, "Told us her bakery course ends with an exam cake. Three layers, she has drawn it."),
    ),
    "theo.brightman": (
        Wish(DISLIKE, "Raisins"),
        Told(24, "ana", IN_PERSON, "Said he is walking the coast path in stages and is on stage nine."),
    ),
    "kahai": (
        Wish(SAY, "ka-HA-ee keh-ah-LO-ha"),
        Wish(LIKE, "Pineapple, of course, he says"),
        Told(17, "bo", PHONE, "Hopes that his mother's visit brings the sun along. She arrives on the eleventh."),
    ),
    "ursula": (
        Wish(ADDRESS, "Du, she insists", "bo"),
        Told(
            21,
            "bo",
            IN_PERSON,
            "Told me the kitchen is finished after a year. First thing she will bake is a plum cake.",
        ),
    ),
    "dexter.hollis": (
        Wish(INTEREST, "Chili peppers"),
        Told(28, "ana", CHAT, "Wants the hottest sauce we have, for a bet with his brother. Promised to report back."),
        Word("Ask him how the bet ended", 7),
    ),
    "maeve.netherby": (
        Wish(LIKE, "Tulips"),
        Wish(CONTACT, "Not before ten"),
        Told(35, "ana", IN_PERSON, "Said the tulips from the stand lasted two weeks. She puts a coin in the water."),
        thought(30, "ana", "Would be a good person to ask about the new flower stand."),
    ),
}
