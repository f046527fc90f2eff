"""What the guard looks for, why, what to write instead, and what becomes of it unless the shop says otherwise."""

from enum import StrEnum

from deskapp.rules.words import say


class Kind(StrEnum):
    CARD_NUMBER = "card-number"
    BANK_ACCOUNT = "bank-account"
    NATIONAL_ID = "national-id"
    PHONE = "phone"
    EMAIL = "e-mail"
    HEALTH = "health"
    FAITH = "faith"
    POLITICS = "politics"
    UNION = "union"
    SEX_LIFE = "sex-life"
    ETHNICITY = "ethnicity"
    LOOKS = "looks"
    WEALTH = "wealth"
    JUDGING = "judging"


class Policy(StrEnum):
    """WARN: kept after one tick. REASON: kept after one tick that says why. REFUSE: not kept."""

    WARN = "warn"
    REASON = "reason"
    REFUSE = "refuse"


NUMBERS = frozenset({Kind.CARD_NUMBER, Kind.BANK_ACCOUNT, Kind.NATIONAL_ID, Kind.PHONE, Kind.EMAIL})
ALWAYS_REFUSED = frozenset({Kind.CARD_NUMBER})  # the card schemes' own rule (PCI DSS 3), not a shop's to loosen
REFUSED = frozenset({Kind.CARD_NUMBER, Kind.BANK_ACCOUNT, Kind.NATIONAL_ID})
DEFAULTS = {kind: Policy.REFUSE if kind in REFUSED else Policy.WARN for kind in Kind}

NAMES = {
    Kind.CARD_NUMBER: say("Payment card numbers"),
    Kind.BANK_ACCOUNT: say("Bank account numbers"),
    Kind.NATIONAL_ID: say("Numbers of a state: tax, insurance, passport"),
    Kind.PHONE: say("Phone numbers"),
    Kind.EMAIL: say("E-mail addresses"),
    Kind.HEALTH: say("Health"),
    Kind.FAITH: say("Faith"),
    Kind.POLITICS: say("Politics"),
    Kind.UNION: say("Trade unions"),
    Kind.SEX_LIFE: say("Private life"),
    Kind.ETHNICITY: say("Origin and colour"),
    Kind.LOOKS: say("Looks and dress"),
    Kind.WEALTH: say("Guesses at money"),
    Kind.JUDGING: say("Judging words"),
}
WHY = {
    Kind.CARD_NUMBER: say("A payment card number never stays in a note."),
    Kind.BANK_ACCOUNT: say("A bank account number never stays in a note."),
    Kind.NATIONAL_ID: say("A number by which a state knows somebody opens doors in their name."),
    Kind.PHONE: say("There is a field for phone numbers, where they are kept up to date and can be erased."),
    Kind.EMAIL: say("There is a field for e-mail addresses, where they are kept up to date and can be erased."),
    Kind.HEALTH: say("Health is theirs to speak of, not ours to keep."),
    Kind.FAITH: say("Faith is nobody's business at a shop."),
    Kind.POLITICS: say("Politics is nobody's business at a shop."),
    Kind.UNION: say("Union membership is nobody's business at a shop."),
    Kind.SEX_LIFE: say("Their private life is nobody's business at a shop."),
    Kind.ETHNICITY: say("Origin and colour say nothing about what to do for this person."),
    Kind.LOOKS: say("Looks and dress say nothing about what to do for this person."),
    Kind.WEALTH: say("A guess at somebody's money is only a guess."),
    Kind.JUDGING: say("This judges the person; the next reader needs to know what happened."),
}
INSTEAD = {
    Kind.CARD_NUMBER: say("Take the number out; the till keeps it where it is safe."),
    Kind.BANK_ACCOUNT: say("Take the number out; refunds go through the till."),
    Kind.NATIONAL_ID: say("Write what was done: “showed a passport”, “is over 18”."),
    Kind.PHONE: say("Write when and how to call: “ring after six”."),
    Kind.EMAIL: say("Write what to send: “mail her the pattern”."),
    Kind.HEALTH: say("Write what to do: “offer a seat while waiting”, “call before noon”."),
    Kind.FAITH: say("Write the wish itself: “nothing with pork”, “no deliveries on Saturday”."),
    Kind.POLITICS: say("Leave it out."),
    Kind.UNION: say("Leave it out."),
    Kind.SEX_LIFE: say("Write whom the gift is for, by name: “a present for Sam”."),
    Kind.ETHNICITY: say("Write what helps: “prefers to speak Spanish”."),
    Kind.LOOKS: say("Write the wish itself: “wears size 44”, “likes linen”."),
    Kind.WEALTH: say("Write what was said: “wants to stay under 50”."),
    Kind.JUDGING: say("Write what was said and done: “asked three times for the manager”."),
}
