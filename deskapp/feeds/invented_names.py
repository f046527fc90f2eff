"""Names for households that came without: invented, plausible together, from many places, the same at every run.

Names are not all two short words in our alphabet, and the demo should show a page that copes: accents, other scripts and
directions, one word, six words. No list holds a Carla: the demo has exactly one.
"""

import random
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str
    phone: str  # maybe ""
    language: str
    tier: str  # maybe ""


@dataclass(frozen=True, slots=True)
class _Place:
    """`order` puts first and last name together; `share` is how often this list is drawn from, in parts of the whole."""

    share: int
    language: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    order: str = "{first} {last}"
    spelled: tuple[str, ...] = ()  # Latin spellings of `last` for the e-mail address, where its own letters have none


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


_PLACES = (
    _Place(
        30,
        "en",
        _words(
            "Eleanor Ruth Grace Hazel Ivy Beatrice Nora Maeve Sadie June Clara Alice Edith Harriet Joan Martha Phoebe Rose"
            " Walter Henry Arthur Miles Owen Silas Theo Jasper Felix Caleb Amos Gideon Hugh Frank Leo Simon Ned Roy"
        ),
        _words(
            "Ashdown Birch Carver Dunmore Ellery Fenwick Garland Holloway Ingram Kettering Langley Marlow Netherby Oakes"
            " Penrose Quill Rowntree Stroud Thorne Underhill Vance Whitlock Yardley Hathaway Pemberton Lockwood Brightman"
        ),
    ),
    _Place(
        5,
        "en",
        _words("Saoirse Niamh Aoife Gráinne Róisín Cormac Eoin Fionn Ruairí Dáithí Siobhán Tadhg"),
        ("O’Malley", "Ní Bhriain", "Mac Giolla", "O’Sullivan", "Ó Dálaigh", "MacEntee", "Fitzmaurice", "O’Hara"),
    ),
    _Place(
        14,
        "es",
        _words(
            "Lucía Inés Marisol Pilar Rocío Ximena Guadalupe Beatriz Joaquín Andrés Íñigo Tomás Rubén Álvaro Mateo Ramón"
        ),
        (
            "Núñez", "Ibáñez", "Peña", "Quiñones", "Vásquez", "Castañeda", "Zúñiga", "Rosales", "Muñoz Ortega", "de la Fuente",
            "García Montalvo", "Echeverría", "Solís", "del Río", "Treviño", "Olivares",
        ),
    ),
    _Place(
        6,
        "de",
        _words("Käthe Jürgen Liesel Björn Annegret Götz Heike Sören Ulrike Matthias Friederike Anneliese Jörg"),
        (
            "Müller", "Großmann", "Schröder", "Weißhaupt", "von der Heide", "Köhler-Brandt", "Fürst", "Lindström", "Jäger",
            "Østergaard", "Leutheusser", "Zöllner",
        ),
    ),
    _Place(
        5,
        "en",
        _words("Élodie Aurélie Geneviève Zoé Léa Étienne Rémi Loïc Hervé François Noémie Benoît"),
        ("Lefèvre", "Beauséjour", "Chénier", "d’Arcy", "de La Tour", "Gagné", "Hébert", "Marchand", "Bélanger", "Toussaint"),
    ),
    _Place(
        5,
        "en",
        _words("Agnieszka Małgorzata Zdeněk Jiří Łukasz Božena Tomasz Václav Danuta Stanisław Květa Zofia"),
        ("Wiśniewska", "Dvořák", "Kowalczyk", "Růžička", "Brzęczyszczykiewicz", "Żak", "Novotný", "Szczepański", "Horáková"),
    ),
    _Place(
        6,
        "en",
        _words("Adaeze Chinedu Folasade Oluwaseun Ngozi Thandiwe Sipho Kwame Abena Tesfaye Makeda Babajide Amara Zuberi"),
        ("Okonkwo", "Adébáyò", "Mbeki", "Nkrumah-Asante", "Dlamini", "Ọláyínká", "Tadesse", "Achebe", "Mwangi", "Ndlovu"),
    ),
    _Place(
        7,
        "en",
        _words("Ananya Priyanka Rajesh Lakshmi Vikram Deepa Arjun Meenakshi Suresh Kavya Harpreet Gurdeep Imran Farzana"),
        (
            "Iyer", "Chattopadhyay", "Patel", "Venkataraghavan", "Singh Gill", "Deshpande", "Rao", "Mukherjee", "Siddiqui",
            "Balasubramanian", "Nair", "Thakur",
        ),
    ),
    _Place(
        5,
        "en",
        _words("Nguyệt Thảo Quang Minh Hương Dũng Ánh Phương"),
        ("Nguyễn Thị", "Trần Văn", "Phạm", "Lê Hoàng", "Đặng", "Vũ Ngọc"),
        "{last} {first}",
    ),
    _Place(
        3,
        "en",
        _words("秀英 建国 丽华 子轩 雅婷 志明"),
        _words("王 李 陈 欧阳 赵 林"),
        "{last}{first}",
        _words("wang li chen ouyang zhao lin"),
    ),
    _Place(
        2,
        "en",
        _words("陽子 健太 美咲 翔 さくら"),
        _words("田中 佐々木 小林 山本 藤原"),
        "{last} {first}",
        _words("tanaka sasaki kobayashi yamamoto fujiwara"),
    ),
    _Place(
        2,
        "en",
        _words("지우 서연 민준 하은 영수"),
        _words("김 박 이 최 남궁"),
        "{last}{first}",
        _words("kim park lee choi namgung"),
    ),
    _Place(
        4,
        "ar",
        _words("ليلى يوسف مريم خالد نور سلمى كريم هدى"),
        _words("حداد الخطيب منصور العلي درويش نصار"),
        "{first} {last}",
        _words("haddad alkhatib mansour alali darwish nassar"),
    ),
    _Place(
        3,
        "en",
        _words("Олена Дмитро Світлана Андрій Наталія Юрій"),
        _words("Шевченко Коваленко Ткачук Бойко Лисенко"),
        "{first} {last}",
        _words("shevchenko kovalenko tkachuk boiko lysenko"),
    ),
    _Place(
        2,
        "en",
        _words("Ελένη Γιώργος Δέσποινα Νίκος"),
        _words("Παπαδοπούλου Καραγιάννης Οικονόμου"),
        "{first} {last}",
        _words("papadopoulou karagiannis oikonomou"),
    ),
    _Place(1, "en", _words("Ratna Bagus Wulandari Sukarti Teller Prakoso"), ("",), "{first}", ("solo",)),
    _Place(
        1,
        "en",
        _lines(
            """
            Maximiliana Theodora Josephine
            Keanuilani Kahaʻikalani
            Juan Sebastián Eduardo Francisco
            Wilhelmina Augusta Clementine
            Bartholomew Montgomery Fitzgerald
            """
        ),
        (
            "de Vasconcelos e Albuquerque", "Kealohapauʻole-Kamakawiwoʻole", "Featherstonehaugh-Cholmondeley",
            "von Hohenberg-Schwarzenfels",
        ),
    ),
)  # fmt: skip
_SHARES = tuple(place.share for place in _PLACES)
_MINGLING = tuple(
    place for place in _PLACES if place.order == "{first} {last}" and not place.spelled and place.share > 1
)


def person(key: str) -> Person:
    """The same key always gives the same person; `key` also keeps e-mail addresses apart."""
    rng = random.Random(f"household {key}")  # noqa: S311 - invented people, nothing secret
    place = rng.choices(_PLACES, _SHARES)[0]
    of_last = rng.choice(_MINGLING) if place in _MINGLING and rng.random() < 0.4 else place  # people marry
    first, last = rng.choice(place.first), rng.choice(of_last.last)
    spelled = place.spelled[place.last.index(last)] if place.spelled else last
    phone = f"+1 {rng.choice((206, 303, 415, 512, 617, 773))} 555 01{rng.randrange(100):02d}"
    return Person(
        name=place.order.format(first=first, last=last),
        email=f"{_letters(spelled)}.{key}@example.com",
        phone=phone if rng.random() < 0.4 else "",
        language=place.language if rng.random() < 0.7 else "en",
        tier="club" if rng.random() < 0.25 else "",
    )


def _letters(text: str) -> str:
    """Plain lower-case letters for an e-mail address."""
    apart = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("ł", "l").replace("đ", "d"))
    return "".join(letter for letter in apart if letter.isascii() and letter.isalpha())
