"""English phrases that a note should not carry, as data: kind -> phrases. Folded, singular or plural, whole words only.

A phrase is here if it is seldom harmless in a shop: "is fat" and not "fat" (milk), "is loaded" and not "loaded" (fries).
"""

_PEOPLE = "man woman guy lady girl boy person people couple family folk".split()


def _each(adjectives: str, nouns: list[str]) -> tuple[str, ...]:
    return tuple(f"{adjective} {noun}" for adjective in adjectives.split(",") for noun in nouns)


def _seems(adjectives: str) -> tuple[str, ...]:
    return _each("is,looks,seems,looked,seemed,appears,obviously,clearly,very,so", adjectives.split(","))


HEALTH = tuple(
    "adhd,an alcoholic,alzheimer's,alzheimer,anorexia,anorexic,anxiety disorder,autism,autistic,bipolar,cancer,chemo,"
    "chemotherapy,dementia,depression,depressed,diabetes,diabetic,disabled,disability,drug addict,eating disorder,epilepsy,"
    "epileptic,heart attack,heart condition,hiv,ivf,mental health,mental illness,mentally ill,miscarriage,multiple sclerosis,"
    "on medication,on pills,parkinson's,pregnant,pregnancy,psychiatrist,rehab,schizophrenia,schizophrenic,sick leave,stroke,"
    "surgery,terminally ill,therapist".split(",")
)
FAITH = (
    *"atheist,buddhist,goes to church,goes to mosque,hindu,islamic,jehovah's witness,jewish,judaism,mormon,muslim,"
    "protestant,religious,roman catholic,scientologist,sikh".split(","),
    *_each("is a,is,a devout,devout,practising,practicing", ["christian", "catholic", "jew"]),
)
POLITICS = tuple(
    "brexiteer,communist,far left,far right,fascist,labour voter,left wing,maga,nazi,political views,republican voter,"
    "is a republican,is a democrat,right wing,socialist,tory,trump supporter,voted for,votes for".split(",")
)
UNION = tuple(
    "labor union,labour union,on strike,shop steward,trade union,trade unionist,unionised,unionized,"
    "union member,union rep".split(",")
)
SEX_LIFE = (
    *"an affair,bisexual,homosexual,homosexuality,lesbian,mistress,prostitute,promiscuous,sex life,sexual orientation,"
    "sleeps around,transgender,transsexual".split(","),
    *_each("is,probably,openly,looks,seems", ["gay", "queer", "trans"]),
    *_each("gay", _PEOPLE),
)
ETHNICITY = (
    *"ethnic,ethnicity,foreign accent,foreigner,gypsy,gypsies,hispanic,immigrant,latina,latino,half caste,skin color,"
    "skin colour,not from here".split(","),
    *_each("african,arab,asian,black,chinese,coloured,indian,mexican,pakistani,polish,russian,turkish,white", _PEOPLE),
)
LOOKS = (
    *"badly dressed,fatso,good looking,obese,overweight,poorly dressed,scruffy,shabby,skinny,smells bad,smelly,well dressed,"
    "bad breath,unkempt,ugly".split(","),
    *_each("attractive,fat,handsome,hot,old,pretty,sexy", _PEOPLE),
    *_seems("attractive,bald,fat,handsome,pretty,sexy,ugly"),
)
WEALTH = (
    *"big spender,can't afford,cannot afford,drives a porsche,filthy rich,has money,has no money,made of money,"
    "no money,old money,on benefits,on welfare,poor family,rich family,rich husband,rich wife,rolling in money,trust fund,"
    "wealthy".split(","),
    *_seems("broke,loaded,poor,rich"),
)
JUDGING = (
    *"arrogant,bitch,cheapskate,clueless,complainer,complains about everything,crazy,difficult customer,dumb,entitled,freak,"
    "hysterical,idiot,idiotic,jerk,karen,lazy,liar,lunatic,moan,moaner,moron,nag,nasty,naughty,neurotic,nightmare customer,"
    "nutcase,obnoxious,pain in the,pathetic,penny pincher,psycho,rude,snob,snobbish,spoiled brat,stingy,stupid,tight fisted,"
    "time waster,troublemaker,unbearable,whiner,whining".split(","),
    *_seems("annoying,cheap,unpleasant,weird"),
)
