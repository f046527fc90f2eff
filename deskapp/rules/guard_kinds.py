"""What the guard looks for, why, what to write instead, and what becomes of it unless the shop says otherwise."""

from enum import StrEnum


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
    Kind.CARD_NUMBER: "Payment card numbers",
    Kind.BANK_ACCOUNT: "Bank account numbers",
    Kind.NATIONAL_ID: "Numbers of a state: tax, insurance, passport",
    Kind.PHONE: "Phone numbers",
    Kind.EMAIL: "E-mail addresses",
    Kind.HEALTH: "Health",
    Kind.FAITH: "Faith",
    Kind.POLITICS: "Politics",
    Kind.UNION: "Trade unions",
    Kind.SEX_LIFE: "Private life",
    Kind.ETHNICITY: "Origin and colour",
    Kind.LOOKS: "Looks and dress",
    Kind.WEALTH: "Guesses at money",
    Kind.JUDGING: "Judging words",
}
WHY = {
    Kind.CARD_NUMBER: "A payment card number never stays in a note.",
    Kind.BANK_ACCOUNT: "A bank account number never stays in a note.",
    Kind.NATIONAL_ID: "A number by which a state knows somebody opens doors in their name.",
    Kind.PHONE: "There is a field for phone numbers, where they are kept up to date and can be erased.",
    Kind.EMAIL: "There is a field for e-mail addresses, where they are kept up to date and can be erased.",
    Kind.HEALTH: "Health is theirs to speak of, not ours to keep.",
    Kind.FAITH: "Faith is nobody's business at a shop.",
    Kind.POLITICS: "Politics is nobody's business at a shop.",
    Kind.UNION: "Union membership is nobody's business at a shop.",
    Kind.SEX_LIFE: "Their private life is nobody's business at a shop.",
    Kind.ETHNICITY: "Origin and colour say nothing about what to do for this person.",
    Kind.LOOKS: "Looks and dress say nothing about what to do for this person.",
    Kind.WEALTH: "A guess at somebody's money is only a guess.",
    Kind.JUDGING: "This judges the person; the next reader needs to know what happened.",
}
INSTEAD = {
    Kind.CARD_NUMBER: "Take the number out; the till keeps it where it is safe.",
    Kind.BANK_ACCOUNT: "Take the number out; refunds go through the till.",
    Kind.NATIONAL_ID: "Write what was done: “showed a passport”, “is over 18”.",
    Kind.PHONE: "Write when and how to call: “ring after six”.",
    Kind.EMAIL: "Write what to send: “mail her the pattern”.",
    Kind.HEALTH: "Write what to do: “offer a seat while waiting”, “call before noon”.",
    Kind.FAITH: "Write the wish itself: “nothing with pork”, “no deliveries on Saturday”.",
    Kind.POLITICS: "Leave it out.",
    Kind.UNION: "Leave it out.",
    Kind.SEX_LIFE: "Write whom the gift is for, by name: “a present for Sam”.",
    Kind.ETHNICITY: "Write what helps: “prefers to speak Spanish”.",
    Kind.LOOKS: "Write the wish itself: “wears size 44”, “likes linen”.",
    Kind.WEALTH: "Write what was said: “wants to stay under 50”.",
    Kind.JUDGING: "Write what was said and done: “asked three times for the manager”.",
}
