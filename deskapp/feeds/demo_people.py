"""The customers of the demo with a story: each has an order on its way. What is known of them is in desk/demo_story.py,
by their e-mail address.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from deskapp.feeds.invented_names import Person

_LINES = range(5, 19)  # of an order that fits on a delivery and on a screen
_ORDERS = range(40, 160)  # a household that is known here and is no other shop
_LATEST = 0.94  # its last order is among the newest 6 %


@dataclass(frozen=True, slots=True)
class Coming:
    """An order on its way, as the columns of orders.csv want it."""

    household: int
    person: Person
    placed_at: str
    ship_on: date
    need_by_on: date | None
    estimated_on: date


@dataclass(frozen=True, slots=True)
class _Guest:
    """Days from today; `need_by` None where nobody asked for a day. An estimate is `slow` days after shipping."""

    name: str
    mailbox: str
    ships: int
    need_by: int | None = None
    slow: int = 1
    phone: str = ""
    language: str = "en"
    tier: str = ""


_GUESTS = (
    _Guest("Carla Núñez", "carla.nunez", 1, 2, phone="+1 415 555 0142", tier="club"),
    _Guest("Thaddeus Oyelaran", "thaddeus", 0, 1, phone="+1 312 555 0107"),
    _Guest("Wilhelmina “Billie” Sørensen", "billie.sorensen", 0, 0, tier="club"),
    _Guest("Nguyễn Thị Ánh", "anh.nguyen", 1),
    _Guest("Jean-Baptiste Desrosiers", "jb.desrosiers", 1, 1, slow=2),
    _Guest("ليلى حداد", "layla.haddad", 1, 3, language="ar"),
    _Guest("Madonna Featherstonehaugh-Cholmondeley", "madonna.f", 2, 2, phone="+1 617 555 0188"),
    _Guest("Suryani", "suryani", 2),
    _Guest("Pádraig Ó Súilleabháin", "padraig", 2, 5, phone="+1 206 555 0113"),
    _Guest("Ingeborg von Hohenberg-Schwarzenfels", "ingeborg", 2, language="de", tier="club"),
    _Guest("王 秀英", "wang.xiuying", 3, 4),
    _Guest("Dolores Castañeda", "dolores.castaneda", 3, language="es"),
    _Guest("Ezekiel Marsh", "zeke.marsh", 3, 3, phone="+1 512 555 0121"),
    _Guest("Oksana Шевченко", "oksana", 3, 6),
    _Guest("Priya Venkataraghavan", "priya.v", 4, 5, tier="club"),
    _Guest("Hank Whitlock", "hank.whitlock", 4),
    _Guest("Amina Siddiqui", "amina.siddiqui", 4, 8, phone="+1 773 555 0150"),
    _Guest("Beatrix Lockwood", "beatrix.lockwood", 5, 5, slow=2),
    _Guest("Malakai Tuʻipulotu", "malakai", 5),
    _Guest("Rosalind Achterberg", "rosalind", 5, 7, tier="club"),
    _Guest("田中 陽子", "yoko.tanaka", 6, 7),
    _Guest("Gus Papadopoulos", "gus", 6, phone="+1 303 555 0166"),
    _Guest("Fatoumata Diallo", "fatoumata", 6, 9),
    _Guest("Everett Quill", "everett.quill", 7),
    _Guest("Marguerite de La Tour", "marguerite", 7, 8, tier="club"),
    _Guest("Stanisław Brzęczyszczykiewicz", "stan.b", 7),
    _Guest("Joy Okonkwo", "joy.okonkwo", 8, 10, phone="+1 415 555 0119"),
    _Guest("Xiomara del Río", "xiomara", 8, language="es"),
    _Guest("Bertram Ashdown", "bertram.ashdown", 8, 9),
    _Guest("Noor Jahan Begum", "noor", 9),
    _Guest("Silvia Montebello", "silvia", 9, 12),
    _Guest("Theo Brightman", "theo.brightman", 9),
    _Guest("Kahaʻi Kealoha", "kahai", 10, 11),
    _Guest("Ursula Zöllner", "ursula", 10, language="de"),
    _Guest("Dexter Hollis", "dexter.hollis", 11, 13),
    _Guest("Maeve Netherby", "maeve.netherby", 12, 14, phone="+1 617 555 0135", tier="club"),
)


def coming_deliveries(orders: Sequence[tuple[int, int, int]], today: date) -> dict[int, Coming]:
    """`orders`: (household, order, number of lines) in the order of time. The last basket of a few households, by order.

    Which households is settled by the purchases alone, so that a later `today` tells the same stories.
    """
    many = Counter(household for household, _, _ in orders)
    last = {household: (order, lines) for household, order, lines in orders}
    newest = {household for household, _, _ in orders[int(len(orders) * _LATEST) :]}
    fitting = sorted(h for h in newest if many[h] in _ORDERS and last[h][1] in _LINES)
    step = max(1, len(fitting) // len(_GUESTS))
    return {
        last[household][0]: _coming(guest, household, today)
        for guest, household in zip(_GUESTS, fitting[::step], strict=False)
    }


def _coming(guest: _Guest, household: int, today: date) -> Coming:
    placed_on = today - timedelta(days=1 + household % 3)
    ship_on = today + timedelta(days=guest.ships)
    return Coming(
        household,
        Person(guest.name, f"{guest.mailbox}@example.com", guest.phone, guest.language, guest.tier),
        f"{placed_on}T{9 + household % 9:02d}:{household % 60:02d}:00Z",
        ship_on,
        None if guest.need_by is None else today + timedelta(days=guest.need_by),
        ship_on + timedelta(days=guest.slow),
    )
