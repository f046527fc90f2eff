"""What people write about somebody's tastes and days, as data for each language; read by rules.proposals.

In a pattern `{item}` is what is liked, cannot be had and so on: one to four words; `{list}` the same, or several of them; `{end}`
where it must end, `{stop}` where the sentence must have nothing more to say about it; `{date}` a day of the year.
"""

from dataclasses import dataclass

_AND_EN = "and|or|but|because|since|so|when|while|although|though|unless|which|who|that|if|as|after|before|except|now|today|too"
_THEN_EN = "very|a lot|most|more than|rather than|over|to|for|in|on|at|from|with|by|since|best|please|anyway|these|every|only|any more|anymore|any longer"


@dataclass(frozen=True, slots=True)
class Language:
    """`patterns`: (kind, pattern), the more telling ones first. Nouns of others are parted by whom a pronoun may mean afterwards."""

    patterns: tuple[tuple[str, str], ...]
    ends: str  # words at which a value ends
    reasons: str  # what may follow a `{stop}`
    joins: str
    verbs: str  # no value begins like that
    empty: frozenset[str]  # a value that begins with one of these says nothing by itself
    female: str
    male: str
    anybody: str
    she: frozenset[str]
    he: frozenset[str]
    before: frozenset[str]  # words after which the customer is meant, besides pronouns and the customer's name
    adverbs: frozenset[str]
    doubt: str  # before it: it is not so, not now, or nobody knows
    no_more: str  # after it
    months: tuple[str, ...]
    words: tuple[tuple[str, str], ...] = ()  # what a value is called where its own words would not do


ENGLISH = Language(
    patterns=(
        ("no-gifts", r"(?:(?:do not|don't|doesn't|does not|please no|asked (?:us )?not to|never)\s+(?:want|send|give|get)(?: (?:her|him|them|me))?(?: any| any more| more)?\s+(?:gifts|presents|freebies|extras)|(?:wants|wishes|asked for|please,?) no (?:more )?(?:gifts|presents|freebies|extras)|^no (?:more )?(?:gifts|presents)(?:,? please)?){stop}"),
        ("no-cards", r"(?:(?:do not|don't|doesn't|does not|asked (?:us )?not to|never)\s+(?:want|send|write|get)(?: (?:her|him|them|me))?(?: any| any more| more)?\s+(?:handwritten )?cards|(?:wants|wishes|asked for|please,?) no (?:more )?(?:handwritten )?cards|^no (?:more )?cards(?:,? please)?){stop}"),
        ("contact-wish", r"(?:prefers|wants|asked)\s+(?:to be (?:reached|contacted|written to|told) )?(?:(?:only|rather) )?(?:by |via |through |over )?(?P<value>e-?mail|phone|text message|text|sms|chat|whatsapp|letter|post)s?{stop}"),
        ("contact-wish", r"(?:please )?(?:do not|don't|never|not to be|asked us not to)\s+(?P<value>call|phone|ring)(?:ed)?(?: (?:her|him|them|me))?(?: at work| at home| please)?{stop}"),
        ("contact-wish", r"(?:^|wants |please,? |asked for )(?P<value>no (?:phone )?calls)(?: please)?{stop}"),
        ("form-of-address", r"(?:please )?(?:call|address)\s+(?:me|her|him|them)(?: as)?\s+[\"“']?(?P<value>{name})[\"”']?{end}"),
        ("form-of-address", r"(?:wants|likes|prefers|asked|would like|wishes|prefers)\s+to be (?:called|addressed as)\s+[\"“']?(?P<value>{name})[\"”']?{end}"),
        ("form-of-address", r"goes by\s+[\"“']?(?P<value>{name})[\"”']?{end}"),
        ("pronunciation", r"(?:(?:first |last |sur)?name (?:is )?|it(?:'s| is) |^)(?:pronounced|said)(?: like| as)?:?\s+[\"“']?(?P<value>[^\W\d_][\w'’]*(?:-[\w'’]+)*)[\"”']?{end}"),
        ("pronunciation", r"(?:(?:first |last |sur)?name )(?P<value>rhymes with [\w'’-]+){end}"),
        ("birthday", r"birthday(?:\s+is|\s+falls|\s+comes)?(?:\s+on|:)?(?:\s+the)?\s+{date}"),
        ("birthday", r"(?:was|is)?\s*born on(?: the)? {date}"),
        ("anniversary", r"(?:wedding )?anniversary(?:\s+is|\s+falls)?(?:\s+on|:)?(?:\s+the)?\s+{date}"),
        ("name-day", r"name[- ]day(?:\s+is|\s+falls)?(?:\s+on|:)?(?:\s+the)?\s+{date}"),
        ("allergy", r"(?:(?:is|are|am|'s|'re|'m|has been)\s+(?:{adverb}\s+)?)?(?:(?:highly|severely|very|badly|also|deadly) )?allergic to\s+(?P<value>{list}){end}"),
        ("allergy", r"(?:has|have|got|with)\s+(?:an?|her|his|their)\s+(?:severe |bad |strong |serious )?allergy to\s+(?P<value>{list}){end}"),
        ("allergy", r"(?:(?:has|have|got|with|of|mind)\s+)?(?:an?\s+|her\s+|his\s+|their\s+)?(?:severe |bad |strong |serious |known )?(?P<value>(?!(?:food|an?|any|the|this|that|her|his|their|no|severe|bad|strong|serious|known|new|skin|mild|of|has|have|my|some)\b)[^\W\d_]+(?: [^\W\d_]+)?) allergy{end}"),
        ("allergy", r"(?:^|\b)allerg(?:y|ies)\s*[:=]\s*(?P<value>{list}){end}"),
        ("allergy", r"(?:is |'s |are )?(?:{adverb} )?(?P<value>lactose|gluten|histamine|fructose|dairy)[- ]intolerant{end}"),
        ("allergy", r"(?:can't|cannot|can not|may not|must not|mustn't)\s+(?:eat|have|drink|tolerate)\s+(?:any\s+)?(?P<value>{list}){stop}"),
        ("diet", r"(?:is|'s|are|became|turned|went|lives|eats|has been|has gone|has turned)\s+(?:{adverb}\s+)?(?:an?\s+)?(?:strict\s+|strictly\s+)?(?P<value>vegan|vegetarian|pescatarian|gluten[- ]free|dairy[- ]free|sugar[- ]free)s?{end}"),
        ("diet", r"^(?:strict\s+|strictly\s+)?(?P<value>vegan|vegetarian|pescatarian){end}"),
        ("diet", r"(?:does not|doesn't|never)\s+(?:eat|eats|drink|drinks)\s+(?:any\s+)?(?P<without>meat|pork|beef|fish|seafood|alcohol|coffee|sugar|dairy|eggs|gluten){end}"),
        ("size", r"(?:wears|takes|needs|is|has|wear|take)\s+(?:an?\s+)?(?:(?P<what>shoe|shirt|dress|glove|ring|hat|trouser)s?\s+)?size\s+(?P<value>\d{{1,3}}(?:[.,]5|½)?|XXS|XS|S|M|L|XL|XXL|small|medium|large){end}"),
        ("size", r"^(?:(?P<what>shoe|shirt|dress|glove|ring|hat|trouser)s?\s+)?size(?:\s+is|:)?\s+(?P<value>\d{{1,3}}(?:[.,]5|½)?|XXS|XS|S|M|L|XL|XXL){end}"),
        ("dislike", r"(?:hates|hate|dislikes|dislike|detests|loathes|(?:can't|cannot|can not|couldn't) (?:stand|bear)|(?:doesn't|does not|don't|do not) (?:really |at all )?(?:like|care for|enjoy)|(?:is not|isn't|is no|not) (?:a |much of a )?(?:fan of|fond of))\s+(?:any\s+)?(?P<value>{list}){end}"),
        ("interest", r"(?:is|'s|are)\s+(?:{adverb}\s+)?(?:interested in|into|keen on)\s+(?P<value>{list}){end}"),
        ("interest", r"(?:collects|collect)\s+(?P<value>{list}){end}"),
        ("like", r"(?:loves|love|likes|like|adores|adore|enjoys|enjoy|prefers|prefer|(?:is|'s|are) (?:{adverb} )?(?:fond of|mad about|crazy about|a (?:big |great |huge )?(?:fan|lover) of)|has a (?:soft spot|weakness|sweet tooth) for|(?:can't|cannot) get enough(?: of)?)\s+(?P<value>{list}){end}"),
        ("like", r"favou?rite (?:colou?r|flavou?r|scent|smell|flower|tea|cake|cheese|wine|fruit|sweet|chocolate|drink|dish|book|band|season|plant|animal)\s+is\s+(?P<value>{list}){end}"),
    ),
    ends=f"{_AND_EN}|{_THEN_EN}",
    reasons="and|but|because|since|so|as|please|she|he|they",
    joins="and|or|&",
    verbs=(
        "loves|love|likes|like|hates|hate|is|are|was|were|has|have|had|wants|want|does|do|can|can't|cannot|will|would|should|prefers"
        "|wears|takes|needs|buys|bought|asked|asks|said|says|came|comes|enjoys|collects|gets|goes|never|not|always|she|he|they|also"
        "|drinks|eats|only|lives|works|moved|moves|plans|thinks|told|calls|called|wrote"
    ),
    empty=frozenset(
        "it its them that this these those us you her him his hers their theirs our ours my your me one ones the to how when what"
        " where why being getting having both all everything anything nothing something much more many most another each"
        " idea someone everybody everyone i we she he they people talking speaking working doing going coming saying differently wrong wrongly correctly properly".split()
    ),
    female="wife|daughter|mother|mum|mom|sister|girlfriend|aunt|niece|grandmother|granny|grandma|granddaughter|stepdaughter|mother-in-law|fiancée|lady|woman|girl",
    male="husband|son|father|dad|brother|boyfriend|uncle|nephew|grandfather|grandpa|grandson|stepson|father-in-law|fiancé|man|boy|guy",
    anybody=(
        "partner|spouse|child|children|kid|kids|baby|friend|friends|colleague|colleagues|neighbour|neighbours|neighbor|boss|cousin"
        "|parents|family|guest|guests|dog|cat|horse|pet|puppy|roommate|flatmate|twins?|team|employees?|students?|teacher|assistant"
        "|somebody|someone|everyone|everybody|nobody|people|grandchildren|grandchild|sibling|siblings|in-laws|recipient|receiver"
    ),
    she=frozenset({"she", "her", "she's"}),
    he=frozenset({"he", "his", "him", "he's"}),
    before=frozenset(
        "they their they're customer client please and but or also that because since as said says mentioned told us me , : ; – — - ( \""
        " “ ” „ « » ' ’ ‘ i my i'm yes no,".split()
    ),
    adverbs=frozenset(
        "also really absolutely still always just only even now quite especially very much simply totally truly strongly highly severely"
        " badly particularly generally usually mostly strictly herself himself themselves clearly definitely has have been to".split()
    ),
    doubt=(
        r"not|n't|never|no|neither|nor|without|hardly|no longer|used to|formerly|if|whether|unless|maybe|perhaps|might|may be|could"
        r"|probably|possibly|seems?|seemed|apparently|guess|assume|wonder|wonders|wondered|unsure|not sure|once|previously|was|were|had"
        r"|pretend|pretends|joked|jokes|would|should|think|thinks|thought|supposedly|rumou?r|imagine|until|who|nobody|false"
    ),
    no_more=r"any ?more|any longer|no longer|as a (?:child|kid|girl|boy)|years ago|in the past|grew out of|used to|not true|after all|or not|supposedly|apparently|i (?:think|guess)|she thinks|maybe|perhaps|was wrong|is over",
    months=("january|jan", "february|feb", "march|mar", "april|apr", "may", "june|jun", "july|jul", "august|aug", "september|sept|sep", "october|oct", "november|nov", "december|dec"),
    words=(("call", "no phone calls"), ("phone", "phone"), ("ring", "no phone calls"), ("no calls", "no phone calls"), ("email", "e-mail")),
)  # fmt: skip

GERMAN = Language(
    patterns=(
        ("no-gifts", r"(?:(?:möchte|will|wünscht|bitte|bekommt)\s+(?:(?:sich|mehr) )?keine\s+(?:weiteren )?geschenke(?: mehr)?(?: bekommen)?|^keine geschenke(?: bitte| mehr)?){stop}"),
        ("no-cards", r"(?:(?:möchte|will|wünscht|bitte|bekommt)\s+(?:(?:sich|mehr) )?keine\s+(?:weiteren )?karten(?: mehr)?(?: bekommen)?|^keine karten(?: bitte| mehr)?){stop}"),
        ("contact-wish", r"(?:lieber|bitte|nur|bevorzugt|am liebsten|möchte)\s+(?:nur )?per\s+(?P<value>e-?mail|telefon|sms|post|brief)(?: (?:kontaktiert|informiert|angeschrieben))?(?: werden)?{stop}"),
        ("contact-wish", r"(?:(?:bitte )?(?P<value>nicht anrufen)|(?:bitte |möchte |will )(?P<value2>keine anrufe)){stop}"),
        ("form-of-address", r"möchte (?P<value>geduzt|gesiezt) werden"),
        ("form-of-address", r"möchte (?:gern )?(?:mit )?[„\"“]?(?P<value>{name})[“\"”]? (?:genannt|angesprochen) werden"),
        ("pronunciation", r"(?:name )?(?:wird|spricht man|spricht sich)\s+[„\"“]?(?P<value>[^\W\d_][\w'’]*(?:-[\w'’]+)*)[“\"”]?\s+(?:ausgesprochen|gesprochen|aus)"),
        ("birthday", r"(?:geburtstag(?:\s+ist)?(?:\s+am|:)|hat am)\s+{date}(?:\s+geburtstag)?"),
        ("birthday", r"(?:ist )?am {date}\s+geboren"),
        ("anniversary", r"hochzeitstag(?:\s+ist)?(?:\s+am|:)\s+{date}"),
        ("name-day", r"namenstag(?:\s+ist)?(?:\s+am|:)\s+{date}"),
        ("allergy", r"(?:(?:ist|sind|bin|reagiert)\s+)?(?:(?:stark|sehr|hoch|auch) )?allergisch (?:gegen|auf)\s+(?P<value>{list}){end}"),
        ("allergy", r"(?:ist|reagiert)\s+(?:gegen|auf)\s+(?P<value>{list})\s+(?:stark )?allergisch"),
        ("allergy", r"(?:hat\s+(?:eine\s+)?(?:starke |schwere )?|^|wegen ihrer |wegen seiner )(?P<value>[^\W\d_]{{3,}}?)-?allergie{end}"),
        ("allergy", r"verträgt\s+(?:absolut )?kein(?:e|en)?\s+(?P<value>{list}){end}"),
        ("allergy", r"(?:ist )?(?P<value>laktose|gluten|fruktose|histamin)-?intolerant{end}"),
        ("diet", r"(?:ist|lebt|isst|ernährt sich|wurde)\s+(?:{adverb} )?(?:strenge?r? )?(?P<value>vegan|vegetarisch|vegetarierin|vegetarier|veganerin|veganer){end}"),
        ("diet", r"(?:isst|trinkt)\s+(?P<value>kein(?:e|en)? (?:fleisch|schweinefleisch|fisch|alkohol|kaffee|zucker|milchprodukte|eier)){end}"),
        ("size", r"(?:trägt|hat|braucht)\s+(?P<what>schuh|kleider|hemden|ring)?gr(?:ö|oe)(?:ß|ss)e\s+(?P<value>\d{{1,3}}(?:,5)?|XS|S|M|L|XL|XXL){end}"),
        ("dislike", r"(?:hasst|verabscheut|mag (?:gar |überhaupt )?kein(?:e|en)?)\s+(?P<value>{list}){end}"),
        ("interest", r"(?:interessiert sich (?:sehr )?für|sammelt|begeistert sich für)\s+(?P<value>{list}){end}"),
        ("like", r"(?:liebt|mag(?: sehr| besonders)?(?: gern(?:e)?)?|(?:isst|trinkt|liest|hört) (?:sehr |besonders )?(?:gern(?:e)?|am liebsten)|bevorzugt|schwärmt für)\s+(?P<value>{list}){end}"),
    ),
    ends="und|oder|aber|weil|denn|wenn|da|seit|sehr|besonders|für|mit|ohne|zum|zur|zu|beim|im|am|auf|dass|ist|hat|von|vom|aus|bei|als|heute|jetzt|auch|sagt|bitte|nicht",
    reasons="und|aber|weil|da|denn|bitte",
    joins="und|oder|&",
    verbs="liebt|lebt|heißt|mochte|mag|hasst|ist|sind|hat|war|will|möchte|trägt|kauft|fragt|sagt|kommt|isst|trinkt|sammelt|sie|er|auch|nicht|bitte|wohnt|zieht|nie|immer|nur",
    empty=frozenset(
        "es das dies diese dieser dieses den dem der die ihn ihr ihre ihren ihrem sein seine seinen unser unsere uns sich alles nichts"
        " etwas viel mehr einen eine ein jemand wie wann was wo zu nicht solche keine man am liebsten".split()
    ),
    female="frau(?! [A-ZÄÖÜ])|tochter|mutter|mama|schwester|freundin|tante|nichte|oma|großmutter|enkelin|schwiegermutter|kollegin|nachbarin|partnerin|chefin|mitbewohnerin",
    male="mann|sohn|vater|papa|bruder|freund|onkel|neffe|opa|großvater|enkel|schwiegervater|kollege|nachbar|partner|chef|mitbewohner|hund|kater",
    anybody="kind|kinder|kindern|baby|katze|freunde|freunden|eltern|familie|gäste|gast|kollegen|nachbarn|leute|team|jemand|pferd|zwillinge|geschwister|niemand|alle",
    she=frozenset({"sie", "ihr", "ihre", "ihren"}),
    he=frozenset({"er", "sein", "seine", "seinen"}),
    before=frozenset('kundin kunde bitte und aber auch sagt sagte weil , : ; – — - ( " “ ” „ « » frau herr am denn'.split()),
    adverbs=frozenset("auch wirklich sehr immer noch nur jetzt besonders total streng strikt rein überwiegend meist seit eigentlich".split()),
    doubt=r"nicht|kein|keine|keinen|keiner|nie|niemals|früher|ob|falls|wenn|vielleicht|wohl|angeblich|möglicherweise|wahrscheinlich|war|waren|hatte|würde|könnte|glaube|glaubt|vermutlich|unsicher|scheint|denkt",
    no_more=r"nicht mehr|nicht|als kind|vor jahren|früher|glaube ich|angeblich|vielleicht|nicht wahr|oder nicht|vorbei|mehr da",
    months=("januar|jänner|jan", "februar|feber|feb", "märz", "april|apr", "mai", "juni|jun", "juli|jul", "august|aug", "september|sept|sep", "oktober|okt", "november|nov", "dezember|dez"),
    words=(
        ("geduzt", "du"), ("gesiezt", "Sie"), ("nicht anrufen", "keine Anrufe"), ("vegetarierin", "vegetarisch"),
        ("vegetarier", "vegetarisch"), ("veganerin", "vegan"), ("veganer", "vegan"), ("email", "e-mail"),
    ),
)  # fmt: skip

LANGUAGES = (ENGLISH, GERMAN)
