"""Titles that a person can read aloud, out of the shop's own shouting abbreviations: "SFT DRNK 2 LITER BTL CARB INCL" and
"2 LTR" become "Soft drink, large bottle, 2 l". Which kinds of goods make a sensible gift is said here too.
"""

import re

_FIELD_WIDTH = 30  # the source cuts names here, often within a word

# Names that say nothing without their category, as (words of the category, name) -> title.
_IN_CATEGORY = {
    ("ICE CREAM", "PREMIUM"): "premium ice cream",
    ("ICE CREAM", "TRADITIONAL"): "ice cream",
    ("ICE CREAM", "SUPER PREMIUM PINTS"): "ice cream pint",
    ("ICE CREAM", "PREMIUM PINTS"): "ice cream pint",
    ("ICE CREAM", "PAILS"): "ice cream pail",
    ("PASTA SAUCE", "MAINSTREAM"): "pasta sauce",
    ("PASTA SAUCE", "PREMIUM"): "premium pasta sauce",
    ("PASTA SAUCE", "VALUE"): "pasta sauce",
    ("BEEF", "PRIMAL"): "beef roast",
    ("BEEF", "LEAN"): "lean ground beef",
    ("BEEF", "PATTIES"): "beef patties",
    ("BEEF", "ANGUS"): "angus beef",
    ("BEEF", "RIBS"): "beef ribs",
    ("BEEF", "CUBED MEATS"): "cubed beef",
    ("PORK", "ENHANCED"): "pork loin",
    ("PORK", "DRY"): "pork chops",
    ("PORK", "BUTTS"): "pork shoulder",
    ("LUNCHMEAT", "POULTRY"): "sliced turkey",
    ("LUNCHMEAT", "HAM"): "sliced ham",
    ("LUNCHMEAT", "LOAVE"): "sliced meat loaf",
    ("LUNCHMEAT", "VARIETY PACK"): "lunchmeat variety pack",
    ("LUNCHMEAT", "MISCELLANEOUS"): "lunchmeat",
    ("BACON", "ECONOMY"): "bacon",
    ("BACON", "PREMIUM"): "premium bacon",
    ("BACON", "PRE-COOKED"): "pre-cooked bacon",
    ("BACON", "FLAVORED/OTHER"): "flavored bacon",
    ("HOT DOGS", "PREMIUM - MEAT"): "premium hot dogs",
    ("HOT DOGS", "PREMIUM - BEEF"): "premium beef hot dogs",
    ("HOT DOGS", "ECONOMY - MEAT"): "hot dogs",
    ("HOT DOGS", "BETTER FOR YOU"): "light hot dogs",
    ("HOT DOGS", "KOSHER/SPECIALTY"): "kosher hot dogs",
    ("DINNER SAUSAGE", "SMOKED/COOKED"): "smoked sausage",
    ("DINNER SAUSAGE", "COCKTAILS"): "cocktail sausages",
    ("DINNER SAUSAGE", "RED"): "red sausage",
    ("BREAKFAST SAUSAGE", "ROLLS - PORK"): "breakfast sausage roll",
    ("BREAKFAST SAUSAGE", "LINKS - RAW"): "breakfast sausage links",
    ("BREAKFAST SAUSAGE", "LINKS - COOKED"): "cooked sausage links",
    ("BREAKFAST SAUSAGE", "PATTIES - RAW"): "breakfast sausage patties",
    ("BREAKFAST SAUSAGE", "OTHER"): "breakfast sausage",
    ("SALAD MIX", "REGULAR GARDEN"): "garden salad mix",
    ("SALAD MIX", "GARDEN PLUS"): "garden salad plus",
    ("SALAD MIX", "BLENDS"): "salad blend",
    ("SALAD MIX", "KITS"): "salad kit",
    ("PROCESSED", "DRESSINGS"): "fresh salad dressing",
    ("PROCESSED", "PROCESSED OTHER"): "fresh dips and toppings",
    ("HEAT/SERVE", "ENTREES"): "ready-to-heat entree",
    ("MEAT - MISC", "BREAST - BONELESS(IQF)"): "frozen chicken breast",
    ("MEAT - MISC", "GRND/PATTY - FROZEN"): "frozen patties",
    ("FRZN NOVELTIES", "STICKS/ENROBED"): "ice cream bars",
    ("FRZN NOVELTIES", "CONES"): "ice cream cones",
    ("FRZN NOVELTIES", "CUPS/PUSH UPS/OTHER"): "ice cream cups",
    ("FRZN NOVELTIES", "ADULT PREMIUM"): "premium ice cream bars",
    ("COFFEE", "REGULAR BEAN"): "coffee beans",
    ("DINNER MXS", "MEAT INCLUDED"): "dinner kit",
    ("HOUSEHOLD CLEANG", "FURNITURE"): "furniture polish",
    ("HOUSEHOLD CLEANG", "ABRASIVES"): "scouring powder",
    ("CONVENIENT BRKFST", "TREATS"): "cereal treats",
    ("PLASTIC HOUSEWARES", "PANTRY"): "pantry box",
    ("MAKEUP", "COVERGIRL"): "make-up",
    ("MAKEUP", "MAYBELLINE"): "make-up",
}  # fmt: skip
_WHOLE = {
    "FLUID MILK WHITE ONLY": "milk",
    "SOFT DRINKS 12/18&15PK CAN CAR": "soft drink cans",
    "SOFT DRINKS 20PK&24PK CAN CARB": "soft drink cans, large pack",
    "SOFT DRINKS 6PK/4PK CAN CARB (": "soft drink cans, small pack",
    "SFT DRNK 2 LITER BTL CARB INCL": "soft drink, large bottle",
    "SFT DRNK SNGL SRV BTL CARB (EX": "soft drink, single bottle",
    "SFT DRNK MLT-PK BTL CARB (EXCP": "soft drink bottles",
    "SOFT DRINK BOTTLE NON-CARB (EX": "still soft drink",
    "YOGURT NOT MULTI-PACKS": "yogurt",
    "YOGURT MULTI-PACKS": "yogurt cups",
    "BEERALEMALT LIQUORS": "beer",
    "SNACK CAKE - MULTI PACK": "snack cakes",
    "DAIRY CASE 100% PURE JUICE - O": "orange juice",
    "DAIRY CASE JUICE DRNK UNDER 10": "chilled juice drink",
    "DAIRY CASE FRUIT DRINKS (NO JU": "chilled fruit drink",
    "MAINSTREAM WHITE BREAD": "white bread",
    "MAINSTREAM WHEAT/MULTIGRAIN BR": "multigrain bread",
    "RTS SOUP: CHUNKY/HOMESTYLE ET": "hearty soup",
    "IWS SINGLE CHEESE": "cheese slices",
    "NON-IWS SINGLE CHEESE": "cheese slices",
    "NATURAL CHEESE EXACT WT CHUNKS": "cheese block",
    "NATURAL CHEESE EXACT WT SLICES": "sliced cheese",
    "SGL SV/VEND MACH SNACKS CHIP/P": "single-serve chips",
    "ASEPTIC PACK JUICE AND DRINKS": "juice boxes",
    "NON-CRBNTD DRNKING/MNERAL WATE": "still water",
    "NON-CARB FLVRD DRNKNG/MNRL WAT": "flavored still water",
    "BABY FOOD JUNIOR ALL BRANDS": "baby food, junior",
    "MEXICAN SAUCESSALSAPICANTEE": "salsa",
    "MEXICAN SOFT TORTILLAS AND WRA": "soft tortillas",
    "POTATOES RUSSET (BULK&BAG)": "russet potatoes",
    "POTATOES SWEET&YAMS": "sweet potatoes",
    "PREP FD: SIDE DISHES (HOT)": "hot side dish",
    "FEM. HYGN.NAPKINS": "sanitary napkins",
    "FEM HYGN - TAMPONS": "tampons",
    "PLSTC CTLRYTBLCLTHSTTHPKSST": "plastic cutlery",
    "MALTED MLK/SYRUP/PWDRS (EGGNOG": "drinking chocolate syrup",
    "VAC PAC NUTS(CANS)": "canned nuts",
    "MULT PK BAG SNACKS": "snack bags, multi-pack",
    "TABLE SALT POPCORN SALTICE C": "table salt",
    "FROZEN CAKES/ALL TYPES INCLUDI": "frozen cake",
    "GROUND FLVR REG COFFEE": "flavored ground coffee",
    "INSTANT COFFEE FLAVORED NO SWE": "flavored instant coffee",
    "INSTANT COFFEE FLAVORED W/SWEE": "sweetened instant coffee",
    "TEA CAN WITH SWEETENER/SUGAR": "iced tea",
    "EGG NOG/BOILED CUSTARD": "eggnog",
    "GARBAGE KITCHEN COMPACTOR BA": "kitchen bags",
    "PLASTIC WRAP (SARANETC.)": "plastic wrap",
    "CROUTONS SALAD TOPPERS BREAD": "croutons",
    "KITCHEN & MULTI-PURPOSE CLEANE": "kitchen cleaner",
    "SEMI-SOLID SALAD DRESSING MAY": "mayonnaise",
    "TOMATOES: STEWED/DICED/CRMD": "canned tomatoes",
    "BEANS GREEN: FS/WHL/CUT": "canned green beans",
    "VARIETY BEANS - KIDNEY PINTO": "canned kidney beans",
    "PREPARED BEANS - BAKED W/PORK": "baked beans",
    "CAN CATFD GOURMET/SUP PREM (GR": "gourmet cat food, can",
    "FACIAL TISSUE & PAPER HANDKE": "facial tissues",
    "SUSHI - IN STORE PREPARED": "sushi, made in store",
    "SEAFOOD-FRE-RAW FINFISH-OTHER": "fresh fish",
    "SEAFOOD-FRE-NON RW-ALL": "fresh seafood",
    "SEAFOOD-FRE-SALMON": "fresh salmon",
    "SEAFOOD-FRZ-IQF RAW SHRIMP RW": "frozen shrimp",
    "SEAFOOD-FRZ-IQF COOKED SHRIMP": "frozen cooked shrimp",
    "SEAFOOD-FRZ-RW-ALL": "frozen seafood",
    "SEAFOOD-MISC-SAUCES/MARIN-WET": "seafood sauce",
    "LINAMENTS": "liniment",
    "DISPOSABLE FD STORAGE CONTAINR": "food storage boxes",
    "CHIX: VALUE ADDED (HOT)": "hot chicken",
    "CHIX:VALUE ADDED (COLD)": "cold chicken",
    "CAKES: ANGEL FDS/CKE ROLLS": "angel food cake",
    "DIET CNTRL LIQS NUTRITIONAL": "nutrition shake",
    "ONE HOUR PROCESSING": "photo prints in one hour",
    "FITNESS&DIET - BARS": "fitness bars",
    "BUTTER SPRAY CRACKER (RITZ/CLU": "butter crackers",
    "COTTON COTTON SWABS": "cotton swabs",
    "WOMENS  HAIR SPRAYS": "hair spray",
    "CANDY BAGS-CHOCOCLATE": "chocolates",
    "CANDY BAGS-NON CHOCOLATE": "sweets",
    "SEASONAL CANDY BAGS-CHOCOLATE": "seasonal chocolates",
    "SEASONAL CANDY BAGS NON-CHOCOL": "seasonal sweets",
    "SEASONAL CANDY BOX NON-CHOCOLA": "boxed seasonal sweets",
    "SEASONAL CANDY BOX-CHOCOLATE": "boxed seasonal chocolates",
    "CANDY BOXED CHOCOLATES": "boxed chocolates",
    "SEASONAL MISCELLANEOUS": "seasonal treats",
    "GUM (PACKAGED)": "chewing gum",
    "MINTS CANDY & BREATH (NOT LIF": "mints",
    "PIZZA/ECONOMY": "frozen pizza",
    "PIZZA/TRADITIONAL": "frozen pizza",
    "PIZZA/PREMIUM": "premium frozen pizza",
    "PIZZA/SINGLE SERVE/MICROWAVE": "frozen pizza for one",
    "SNACKS/APPETIZERS": "frozen appetizers",
    "CARDS EVERYDAY": "greeting cards",
    "CARDS SEASONAL": "seasonal greeting cards",
    "GIFT-WRAP EVERYDAY": "gift wrap",
    "GIFT-WRAP SEASONAL": "seasonal gift wrap",
    "PRESERVES JAM MARMALADE": "jam",
    "TRAY PACK/CHOC CHIP COOKIES": "chocolate chip cookies",
    "COOKIES: REGULAR": "cookies, baked in store",
    "SAUCE MIXES GRAVY MIXES DRY": "gravy mix",
    "POTATOES: DRY": "instant potatoes",
    "RICE SIDE DISH MIXES DRY": "rice side dish mix",
    "CHEESE: NATURAL BULK": "cheese from the counter",
    "CHEESE: PROCESSED BULK": "cheese slices from the counter",
    "MEAT: TURKEY BULK": "turkey breast from the counter",
    "MEAT:HAM BULK": "ham from the counter",
    "MEAT: LUNCHMEAT BULK": "lunchmeat from the counter",
    "MEAT: CHICKEN BULK": "chicken breast from the counter",
    "MEAT: BEEF BULK": "roast beef from the counter",
    "MEAT: SAUS DRY BULK": "salami from the counter",
    "CHICKEN BREAST BONELESS": "boneless chicken breast",
    "CHICKEN BREAST BONE IN": "chicken breast on the bone",
    "CARROTS MINI PEELED": "baby carrots",
    "INSTORE CUT FRUIT": "fruit cut in store",
    "GADGETS/TOOLS": "kitchen gadget",
    "ADULT ANALGESICS": "pain relief",
    "ANTI-ACIDS": "antacid",
    "COUGH SYRP/LOZNG-DRP/XPCTRNT": "cough drops",
    "CRANAPPLE CRAN GRAPE JUICE (5": "cranberry-apple juice",
    "MUSHROOMS W/WHOLE PKG": "white mushrooms",
    "MUSHROOMS WHITE SLICED PKG": "sliced white mushrooms",
    "SAL:SALSA/DPS-PRPCK": "fresh salsa and dips",
    "VEGETABLES ALL OTHER": "vegetables",
    "SW GDS: SW ROLLS/DAN": "Danish pastries",
    "STEAK & WORCHESTER SAUCE": "Worcestershire sauce",
    "TEA BAGS & BULK TEA": "tea bags",
    "SWEET GOODS - FULL SIZE": "sweet buns",
    "PREMIUM COOKIES (EX: PEPPERIDG": "premium cookies",
    "MISC BAG SNACKS": "bag of snacks",
}  # fmt: skip
_WORDS = {
    "FRZN": "frozen", "FRZ": "frozen", "FRE": "fresh", "SFT": "soft", "DRNK": "drink", "DRNKS": "drinks", "BTL": "bottle",
    "CARB": "", "NON-CARB": "still", "SS": "", "RTS": "", "IWS": "", "DNRS": "dinners", "DNR": "dinner", "MISC": "assorted",
    "MISC.": "assorted", "MISCELLANEOUS": "assorted", "SW": "sweet", "GDS": "goods", "PREM": "premium", "SUP": "super",
    "CHOC": "chocolate", "CHOCOCLATE": "chocolate", "CHOCOL": "chocolate", "CHOCOLA": "chocolate", "CATFD": "cat food",
    "DOGFD": "dog food", "FLVRD": "flavored", "FLVR": "flavored", "GRND": "ground", "JCE": "juice", "CONC": "concentrate",
    "SAUS": "sausage", "STK": "stick", "MULT": "multi", "PK": "pack", "REFRIG": "refrigerated", "SPECILATY": "specialty",
    "PREPORTND": "portioned", "PORTON": "portioned", "VEG": "vegetables", "BRD": "breaded", "CHIX": "chicken", "CND": "canned",
    "W/": "with", "ACCSS": "accessories", "ACCESS": "accessories", "ACCESS.": "accessories", "PICKLD": "pickled",
    "DEOD": "deodorant", "FEM": "feminine", "FEM.": "feminine", "HYGN": "hygiene", "HYGN.": "hygiene", "PRSLC": "sliced",
    "PRESLC": "sliced", "PRESLCD": "sliced", "CNTRL": "control", "SNGL": "single", "SRV": "serve", "SV": "serve",
    "SGL": "single", "DECAFFINATED": "decaf", "PROTIEN": "protein", "CATSUP": "ketchup", "PLSTC": "plastic", "CNDLES": "candles",
    "TORT": "tortilla", "CKE": "cake", "FDS": "food", "FD": "food", "PREP": "prepared", "HANDKE": "", "ALL": "", "BULK": "",
    "PREPACK": "", "RW": "", "IQF": "", "GENERAL": "", "MAINSTREAM": "", "VALUE": "", "JHOOK": "", "SEAFOOD-FRZ": "frozen seafood",
    "NZ": "New Zealand", "AUSTRALIAN": "Australian", "ITALIAN": "Italian", "FRENCH": "French", "MEXICAN": "Mexican",
    "ORIENTAL": "Asian", "HISPANIC": "Hispanic", "THAI": "Thai", "JAPANESE": "Japanese", "ENGLISH": "English",
    "CHRISTMAS": "Christmas", "EASTER": "Easter", "HALLOWEEN": "Halloween", "VALENTINE": "Valentine", "BBQ": "barbecue",
    "PNT": "peanut", "BTR": "butter", "SALD": "salad", "DRSNG": "dressing", "SNDWCH": "sandwich", "SPRD": "spread",
    "BRKFST": "breakfast", "WHLSM": "wholesome", "TRSH": "trash", "BG": "bags", "SWEETNERS": "sweeteners", "MXS": "mixes",
    "BN": "beans", "PWDR": "powder", "CRYSTL": "crystal", "MX": "mix", "CLEANG": "cleaning", "WTR": "water", "DSH": "dishes",
    "SPLY": "supplies", "PKLD": "pickled", "REFRGRATD": "refrigerated", "BKD": "baked", "TISS": "tissue", "CKYS": "cookies",
    "SNKS": "snacks", "CRKR": "crackers", "CNDY": "candy", "COCO": "cocoa", "PCKGD": "packaged", "PKG": "packaged",
    "SUPPPLIES": "supplies", "DISPOSIBLE": "disposable", "MW": "microwave", "ETHNIC": "more", "HBC": "care",
    "TV": "TV", "DVD": "DVD", "SPF": "SPF",
}  # fmt: skip
_DEPARTMENTS = {
    "DRUG GM": "drugstore and household",
    "MEAT-PCKGD": "packaged meat",
    "SEAFOOD-PCKGD": "packaged seafood",
    "NUTRITION": "natural foods",
    "CHEF SHOPPE": "ready meals",
    "RESTAURANT": "café",
    "GREETING CARDS/WRAP/PARTY SPLY": "greeting cards, gift wrap and party supplies",
    "BABY HBC": "baby care",
    "J-HOOKS": "little things by the shelf",
    "FRZN NOVELTIES/WTR ICE": "ice cream bars and water ice",
    "CONTINUITIES": "collectibles",
}
_NOUN_FIRST = frozenset(  # "APPLES GALA" is read as "gala apples"
    "APPLES CARROTS GARLIC GRAPES HERBS LETTUCE MACARONI MUSHROOMS NECTARINES NOODLES ONIONS ORANGES PEACHES PEARS"
    " PEAS PEPPERS POTATOES PUDDINGS SPAGHETTI SQUASH TOMATOES".split()
)
_DANGLING = frozenset({"other", "regular", "pkg", "and", "or", "of", "with", "the", "in", "a", ""})
_UNITS = {
    "oz": "oz", "ct": "ct", "lb": "lb", "ml": "ml", "l": "l", "lt": "l", "ltr": "l", "pk": "pack", "pks": "pack", "qt": "qt",
    "pt": "pt", "gal": "gal", "ga": "gal", "fl oz": "fl oz", "dz": "dozen", "doz": "dozen", "pc": "pieces", "pcs": "pieces",
    "in": "in", "ft": "ft", "sq ft": "sq ft", "g": "g", "gm": "g", "cm": "cm", "loads": "loads", "load": "loads", "lds": "loads",
    "ld": "loads", "stem": "stems", "stems": "stems", "ctn": "carton", "use": "uses", "uses": "uses", "roll": "rolls",
}  # fmt: skip
_ALONE = {"ctn": "carton", "pt": "1 pt", "qt": "1 qt", "gal": "1 gal", "half gal": "half gal", "dz": "dozen"}
_LONGEST_NUMBER = 5
_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)"
_SIZE = re.compile(rf"({_NUMBER})(?: ?[/-] ?({_NUMBER}))? ?([a-z]+(?: oz| ft)?)")
_LOOSE = frozenset(
    (
        "PRODUCE",
        "MEAT",
        "DELI",
        "PASTRY",
        "SEAFOOD",
        "FLORAL",
        "RESTAURANT",
        "SALAD BAR",
        "CHEF SHOPPE",
        "TRAVEL & LEISURE",
    )
)


def title(category: str, kind: str, size: str, maker: str) -> str:
    """`"COOKIES/CONES", "SANDWICH COOKIES", "14 OZ", "Larkfield"` is `"Larkfield sandwich cookies, 14 oz"`."""
    words = _in_category(category, kind) or _WHOLE.get(kind) or _spelled_out(kind) or _spelled_out(category) or "item"
    named = f"{maker} {words}" if maker else words[0].upper() + words[1:]
    return ", ".join(filter(None, (named, package(size))))


def heading(shouted: str) -> str:
    """A category or department: `"PNT BTR/JELLY/JAMS"` is `"Peanut butter, jelly and jams"`."""
    words = _DEPARTMENTS.get(shouted) or _spelled_out(shouted) or "other"
    return words[0].upper() + words[1:]


def is_loose(department: str) -> bool:
    """Weighed, baked or cut in the shop: nobody's brand."""
    return department in _LOOSE


def package(size: str) -> str:
    """`"6/24 OZ"` is `"6 × 24 oz"`; "" where the shop's own notation says nothing to a reader."""
    text = " ".join(size.lower().split())
    if text in _ALONE:
        return _ALONE[text]
    match = _SIZE.search(text)
    if match is None or match[3] not in _UNITS or len(match[1]) > _LONGEST_NUMBER:
        return ""
    unit = _UNITS[match[3]]
    many, each = (match[1], match[2]) if match[2] else ("", match[1])
    each = "0" + each if each.startswith(".") else each
    return f"{many} × {each} {unit}" if many else f"{each} {unit}"


def _in_category(category: str, kind: str) -> str:
    return next((title for (words, name), title in _IN_CATEGORY.items() if name == kind and words in category), "")


def _spelled_out(shouted: str) -> str:
    text = shouted.split("(", maxsplit=1)[0].removesuffix("-MAGAZINE")
    if len(shouted) >= _FIELD_WIDTH and "(" not in shouted:
        text = re.sub(r"[^ /&-]+$", "", text)
    text = re.sub(r"^(?:SW GDS|MEAT|CHIX) ?: ?", "", text.replace("DAIRY CASE", "CHILLED"))
    text = re.sub(r"\s*(?:: ?| - |- )\s*", " , ", text)
    text = re.sub(r"\s*[/&]\s*", " and ", re.sub(r"-(?=FRZ|FRE|IQF|RW|ALL|OTHER|CHUB)", " ", text))
    words = [_WORDS.get(word, word.lower()) for word in text.split()]
    words = [word for word in words if word]
    while words and words[-1] in _DANGLING | {","}:
        words.pop()
    if words and words[0].upper() in _NOUN_FIRST and not {",", "and", "on"} & set(words):
        words = [*words[1:], words[0]]
    spoken = " ".join(words).replace(" ,", ",").lstrip(", ")
    spoken = re.sub(r" and (?=.* and )", ", ", spoken)
    return f"{spoken} magazine" if shouted.endswith("-MAGAZINE") else spoken


# --- gifts ----------------------------------------------------------------------------------------------------------

# What one can slip into a parcel and have opened with a smile. Left out on purpose: alcohol, tobacco, meat and fish, anything
# chilled or frozen, remedies, things for babies, and what says something about a body or a household's chores.
_GIFT_CATEGORIES = frozenset(
    (
        "CANDY - PACKAGED",
        "CANDY - CHECKLANE",
        "CANDLES/ACCESSORIES",
        "COOKIES/CONES",
        "COCOA MIXES",
        "COFFEE",
        "TEAS",
        "DRY TEA/COFFEE/COCO MIX",
        "CRACKERS/MISC BKD FD",
        "SNACK NUTS",
        "NUTS",
        "DRIED FRUIT",
        "POPCORN",
        "WAREHOUSE SNACKS",
        "BAG SNACKS",
        "CHIPS&SNACKS",
        "SNKS/CKYS/CRKR/CNDY",
        "PACKAGED NATURAL SNACKS",
        "CONVENIENT BRKFST/WHLSM SNACKS",
        "PNT BTR/JELLY/JAMS",
        "SYRUPS/TOPPINGS",
        "SPICES & EXTRACTS",
        "BAKING MIXES",
        "BAKED SWEET GOODS",
        "COOKIES",
        "CAKES",
        "BREAKFAST SWEETS",
        "SWEET GOODS & SNACKS",
        "GIFT & FRUIT BASKETS",
        "FLORAL-FLOWERING PLANTS",
        "FLORAL-FOLIAGE PLANTS",
        "FLORAL-FRESH CUT",
        "ROSES",
        "FLORAL BALLOONS",
        "GREETING CARDS/WRAP/PARTY SPLY",
        "KITCHEN GADGETS",
        "GLASSWARE & DINNERWARE",
        "STATIONERY & SCHOOL SUPPLIES",
        "TOYS AND GAMES",
        "BOOKSTORE",
        "BATH",
        "COFFEE SHOP",
        "COFFEE SHOP SWEET GOODS&RETAIL",
        "OLIVES",
        "DRY NOODLES/PASTA",
        "HERBS",
        "BERRIES",
        "BIRD SEED",
    )
)


def is_gift(category: str) -> bool:
    return category in _GIFT_CATEGORIES
