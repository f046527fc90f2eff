"""What a card says and what it keeps quiet about, as data; what is said is said to the writer."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from deskapp.rules.phrases import Phrases
from deskapp.rules.words import Said, psay, say

SOURCE_BY_CHANNEL: Mapping[str, Callable[[str], Said]] = {
    "in-person": lambda name: say("said in person to {name}", name=name),
    "phone": lambda name: say("said on the phone to {name}", name=name),
    "chat": lambda name: say("written in a chat with {name}", name=name),
    "e-mail": lambda name: say("written by e-mail to {name}", name=name),
    "delivery": lambda name: say("said at the door to {name}", name=name),
}
SOURCE_ANSWERED = say("answered when we asked how it was")
# On these nothing can be seen, so what was noted was said; elsewhere the note itself has to say so.
ONLY_SAID = frozenset({"phone", "chat", "e-mail"})
SAID = re.compile(
    r"\b(?:asked|asks|hopes?|hoped|looking forward|looks forward|loved|loves|likes|liked|mentioned|mentions|plans?|planning"
    r"|said|says|saying|talked|telling|tells|thanked|told|wants|wanted|wishes|would like"
    r"|erzahlte?|erwahnte?|fragte?|freute? sich|hoffte?|liebte?|mag|mochte|sagte?|suchte?|wunschte?|wollte|bedankte sich"
    r"|قالت?|ذكرت?|سالت?|[تي]حب|[تي]ريد|طلبت?|[تي]تمني|[تي]تمنى|اخبرتنا|اخبرنا)\b"
)

LANGUAGES = {
    "ar": psay("language", "Arabic"), "cs": psay("language", "Czech"), "da": psay("language", "Danish"),
    "de": psay("language", "German"), "el": psay("language", "Greek"), "es": psay("language", "Spanish"),
    "fi": psay("language", "Finnish"), "fr": psay("language", "French"), "he": psay("language", "Hebrew"),
    "hi": psay("language", "Hindi"), "hu": psay("language", "Hungarian"), "it": psay("language", "Italian"),
    "ja": psay("language", "Japanese"), "ko": psay("language", "Korean"), "nb": psay("language", "Norwegian"),
    "nl": psay("language", "Dutch"), "no": psay("language", "Norwegian"), "pl": psay("language", "Polish"),
    "pt": psay("language", "Portuguese"), "ro": psay("language", "Romanian"), "ru": psay("language", "Russian"),
    "sv": psay("language", "Swedish"), "tr": psay("language", "Turkish"), "uk": psay("language", "Ukrainian"),
    "vi": psay("language", "Vietnamese"), "zh": psay("language", "Chinese"),
}  # fmt: skip


class Hush(StrEnum):
    """Why a sentence stays off the card."""

    GUARDED = "guarded"
    GRIEF = "grief"
    TROUBLE = "trouble"
    SURPRISE = "surprise"
    MONEY = "money"
    CONTACT = "contact"
    DECLINED = "declined"
    HOME = "home"


# The first kinds count most. A word too many costs one fact; a word too few may cost a customer.
HUSHED = Phrases(
    {
        Hush.GRIEF: (
            "bereaved,bereavement,burial,cremation,death,deceased,died,divorce,divorced,divorcing,dying,funeral,grief,grieving,"
            "hospice,hospital,in memory of,is ill,is sick,laid off,late father,late husband,late mother,late wife,lost her father,"
            "lost her husband,lost her job,lost her mother,lost his father,lost his job,lost his mother,lost his wife,mourning,"
            "passed away,seriously ill,unemployed,widow,widowed,widower,"
            "accident,been through a lot,bankrupt,broke up,burgled,burglary,called off,ex-husband,ex-wife,hard time,hard year,"
            "is separated,lonely,miscarriage,robbed,einbruch,einsam,getrennt,pleite,unfall,"
            "deces,decede,decedee,enterrement,entierro,fallecio,murio,obseques,veuf,veuve,viuda,viudo,"
            "arbeitslos,beerdigung,beileid,gestorben,geschieden,hospiz,im sterben,krankenhaus,scheidung,starb,trauer,trauert,"
            "trauerfall,todesfall,verstorben,verwitwet,witwe,witwer,"
            "ارمل,ارملة,توفي,توفيت,توفى,جنازة,حداد,طلاق,عزاء,مات,ماتت,مستشفى,المستشفى,وفاة"
        ).split(","),
        Hush.TROUBLE: (
            "angry,annoyed,apologise,apologised,apologize,apologized,argued,argument,arrived late,broke,broken,chargeback,"
            "complain,complained,complaining,complains,complaint,cracked,damaged,defective,delay,delayed,disappointed,dispute,"
            "faulty,furious,lawyer,leaked,leaking,let down,lost parcel,mistake,are missing,is missing,was missing,went missing,were missing,mouldy,never again,never arrived,"
            "has not come,never came,never got,not arrived,where is her,where is his,where is the parcel,where the parcel,"
            "nicht angekommen,noch nicht da,"
            "not happy,problem,problems,return,returned,returning,rotten,spoiled,sue,torn,too late,unhappy,upset,"
            "was late,wrong,"
            "anwalt,beschadigt,beschwerde,beschwert,defekt,enttauscht,fehlt,fehlte,kaputt,mangelhaft,nie angekommen,"
            "reklamation,reklamiert,umtausch,undicht,verargert,verspatet,wutend,zerbrochen,zu spat,zuruckgeschickt,"
            "تاخر,متاخر,متاخرة,تالف,خطا,شكوى,غاضب,غاضبة,مشكلة,مكسور,مكسورة"
        ).split(","),
        Hush.GUARDED: (
            "embarazada,enceinte,enferma,enfermo,"
            "اكتئاب,الاكتئاب,السرطان,السكري,بالسرطان,بالسكري,حامل,دواء,سرطان,سكري,شيعي,شيعية,عملية جراحية,"
            "مريض,مريضة,مرض,مسلم,مسلمة,مسيحي,مسيحية,معاق,معاقة,يهودي,يهودية"
        ).split(","),
        Hush.SURPRISE: (
            "between us,confidential,do not tell,don't tell,in confidence,keep it quiet,must not know,not to know,off the record,"
            "a secret,keep it secret,secretly,stays secret,surprise,without her knowing,without him knowing,"
            "darf es nicht wissen,darf nichts wissen,geheim,nicht verraten,soll es nicht wissen,uberraschung,unter uns gesagt,"
            "سر,سرا,سري,مفاجاة"
        ).split(","),
        Hush.MONEY: (
            "afford,bargain,budget,cash,cheap,cheaper,cheapest,cost,costs,coupon,coupons,credit,debt,deal,discount,discounts,"
            "dollars,euros,expensive,free,gift card,half price,instalment,instalments,invoice,loan,loyalty points,offer,offers,"
            "overdue,overpriced,owe,owes,paid,pay,payment,pays,percent,pounds,price,priced,prices,promotion,rebate,refund,"
            "refunded,salary,sale,store credit,unpaid,voucher,vouchers,"
            "angebot,angebote,bezahlt,billig,erstattet,erstattung,gehalt,geld,gratis,gutschein,kosten,kostenlos,kostet,mahnung,"
            "preis,preise,rabatt,rechnung,schulden,sonderangebot,teuer,umsonst,"
            "السعر,اسعار,تخفيض,خصم,رخيص,سعر,غالي,فاتورة,مجانا"
        ).split(","),
    }
)
MONEY_SIGNS = re.compile(r"[$€£¥₹₩₽₺₪₫฿%]|\b\d+[.,]\d{2}\b|\b(?:usd|eur|gbp|chf|jpy)\b")
# What staff should know and a card that lies open must not tell.
CARD_ONLY = Phrases(
    {
        Hush.GUARDED: (
            "allergic,allergies,allergy,cannot sleep,can't sleep,celiac,coeliac,hard of hearing,hearing aid,hearing is bad,insomnia,"
            "intolerance,intolerances,intolerant,sleepless,sleeplessness,"
            "allergie,allergien,allergisch,schlaflos,schlaflosigkeit,schwerhorig,unvertraglichkeit,vertragt kein,vertragt keine,"
            "vertragt keinen,حساسية,"
            "diet,dieting,dyes her hair,dyes his hair,gained weight,her weight,his weight,lose weight,losing weight,lost weight,"
            "my weight,overweight,put on weight,too fat,weighs,"
            "abgenommen,abnehmen,diat,ubergewicht,ubergewichtig,wiegt,zugenommen,"
            "الحمية,الريجيم,تزن,حمية,رجيم,ريجيم,وزنها,وزنه,وزني,يزن,"
            "alcoholic,drank too much,drinking again,drinking too much,drinks a lot,drinks too much,drunk,hangover,hungover,"
            "no longer drinks,quit drinking,rehab,sober,stopped drinking,tipsy,"
            "alkohol,alkoholiker,alkoholikerin,angetrunken,betrunken,entzug,trinkt viel,trinkt zu viel,"
            "الكحول,تشرب كثيرا,ثمل,ثملة,سكران,سكرانة,كحول,يشرب كثيرا"
        ).split(","),
        Hush.GRIEF: (
            "between jobs,between two jobs,got fired,got sacked,job hunting,jobless,looking for a job,looking for a new job,"
            "looking for work,lost a job,lost my job,lost the job,lost their job,lost their jobs,made redundant,out of a job,out of work,"
            "redundancy,was fired,was sacked,were fired,"
            "arbeit verloren,arbeitsplatz verloren,arbeitsuchend,entlassen,entlassung,gekundigt,job verloren,jobsuche,ohne arbeit,"
            "ohne job,stelle verloren,stellensuche,sucht arbeit,sucht eine stelle,"
            "بدون عمل,بلا عمل,تبحث عن عمل,خسر عمله,خسر وظيفته,خسرت عملها,خسرت وظيفتها,طرد من عمله,طردت من عملها,عاطل,عاطلة,"
            "فقد عمله,فقد وظيفته,فقدت عملها,فقدت وظيفتها,يبحث عن عمل"
        ).split(","),
        Hush.MONEY: (
            "bailiff,behind with,behind on,evicted,eviction,in debt,in the red,mortgage,rent,"
            "gerichtsvollzieher,hypothek,insolvent,insolvenz,miete,mietschulden,ruckstand,verschuldet,"
            "الايجار,الديون,ايجار,ديون,مديون,مديونة"
        ).split(","),
        Hush.DECLINED: (
            "delete her data,delete his data,delete their data,no cards,no gifts,no more cards,no more gifts,no presents,"
            "no questions,none of our business,sent back,geht uns nichts an,keine geschenke,keine karten"
        ).split(","),
        Hush.HOME: (
            "alarm code,alone at home,away from home,away till,away until,code for,door code,gate code,home alone,"
            "house is empty,is away,the key is,key under,leaves the key,lives alone,lives on her own,lives on his own,lost her keys,"
            "lost his keys,nobody at home,nobody is home,not at home,on holiday,on holidays,on vacation,password,spare key,under the mat,"
            "under the pot,will be away,"
            "alarmanlage,allein zu hause,haus ist leer,haus steht leer,im urlaub,lebt allein,niemand zu hause,passwort,schlussel,"
            "turcode,unter der matte,verreist,wohnt allein,"
            "live alone,lives by herself,lives by himself,living alone,living by herself,living by himself,living on her own,"
            "living on his own,allein lebt,allein wohnt,alleine lebt,alleine wohnt,alleinlebend,alleinstehend,lebt alleine,wohnt alleine,"
            "بمفردي,لوحدي,وحدها,وحده,وحدي,"
            "المفتاح,بمفردها,بمفرده,كلمة السر,لوحدها,لوحده,مسافر,مسافرة,مفتاح"
        ).split(","),
    }
)
AGE = re.compile(r"\b(?:aged|turned|turning|turns?|wird) \d{1,3}\b|\b\d{1,3} (?:years? old|jahre alt)\b")
CONTACT = re.compile(r"@|https?:|www\.|(?:\d[ \-./]?){6,}")

# What was bought may be nobody else's business at the door.
DISCREET = Phrases(
    {
        True: (
            "acne,adult diaper,antacid,antacids,anti itch,anti-diarrheal,baby formula,bladder,breast pump,condom,condoms,contraceptive,"
            "cough,dandruff,denture,dentures,diarrhea,diarrhoea,diet pill,diet pills,enema,feminine hygiene,fungal,haemorrhoid,"
            "hair loss,hemorrhoid,hemorrhoids,hygiene,incontinence,intimate,laxative,laxatives,lice,lingerie,lubricant,medicine,"
            "menopause,medication,nicotine,ovulation,pads,painkiller,panty liners,pregnancy,sanitary,slimming,supplement,tampon,"
            "tampons,underwear,vaginal,viagra,wart,weight loss,wrinkle,"
            "abfuhrmittel,inkontinenz,kondom,kondome,schwangerschaftstest,unterwasche,verhutung"
        ).split(",")
    }
)

# Other people's matters are theirs, however kindly they were told: a sentence of which somebody else is the subject, and
# every one that joins somebody else to what is private. "For her mother" and "her daughter's party" are the customer's own.
_OTHERS = (
    r"(?:aunt|boss|boyfriend|brother|child|children|colleague|cousin|dad|daughter|father|flatmate|friend|girlfriend"
    r"|grand(?:daughter|father|mother|son)|husband|kids|landlord|mom|mother|mum|neighbou?r|nephew|niece|parents|partner|sister"
    r"|son|uncle|wife|bruder|chefin?|eltern|freundin|freund|kinder|kind|kollegin|kollege|mann|mutter|nachbarin|nachbar"
    r"|schwester|sohn|tante|tochter|onkel|vater)s?"
)
_WHOSE = r"(?:an?|her|his|my|our|the|their|ihr|ihre|ihren|ihrem|sein|seine|seinen|der|die)"
OTHERS_MATTERS = re.compile(
    rf"\b{_WHOSE} (?:\w+ )?{_OTHERS} (?:(?!and\b|but\b|so\b|und\b|aber\b)\w+ )?"
    r"(?:are|asked|bought|cannot|can't|did|does|drinks|earns|gets|got|had|has|have|hates|is|left|likes|lives|lost|loves|moved|needs"
    r"|said|says|thinks|told|wants|was|were|will|works|would|arbeitet|hat|hatte|ist|lebt|mag|sucht|verlor|war|will|wird|wohnt)\b"
    rf"|^{_OTHERS} of "
)
OTHERS = re.compile(rf"\b{_OTHERS}\b")
TITLED = re.compile(r"\b(?:mr|mrs|ms|miss|mx|frau|herrn?)\.? (\w+)")
# A name, by its capital, of whom it is told. In German a noun may stand there: that costs one fact.
_NAME = r"([A-ZÀ-ÖØ-Þ][^\W\d_]+)"
LOSERS = re.compile(
    rf"(?:^{_NAME}|(?<=\s){_NAME}(?: \w+){{0,2}}) (?:(?:has|had|hat|hatte) (?:\w+ ){{0,5}})?"
    r"(?:drank|drinks|loses|lost|trank|trinkt|verlor|verloren|(?:\w+ ){1,4}verloren ha(?:t|tte))\b"
)
PRIVATE = re.compile(
    r"\b(?:affair|asylum|church|court|debts?|diagnosis|divorced?|drinking|drinks|drunk|exams?|illness|jail|jobs?|lawsuit|loan|mortgage|mosque"
    r"|moved out|operation|police|prison|rehab|religion|salary|school|separated|surgery|therapy|trial|visa|weight"
    r"|arbeit|gericht|kirche|operation|polizei|prufung|scheidung|schule|therapie|trennung)\b"
)

NOT_TO_MENTION = {
    Hush.GRIEF: say("Anything cheerful: a hard time was spoken of. Keep the card short and quiet."),
    Hush.TROUBLE: say("What went wrong lately: it belongs to the person who is putting it right."),
    Hush.SURPRISE: say("Whom it is for: part of this may be a surprise."),
    Hush.HOME: say("When nobody is at home, and how to get in: a card lies open."),
    Hush.GUARDED: say("Anything about health, faith, origin, looks or means."),
}
