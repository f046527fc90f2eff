"""Which passwords are refused. Length is what counts; beyond it only what everybody tries first is turned away."""

from deskapp.rules.words import say

SHORTEST = 8
LONGEST = 200

_TURNS = (
    *("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm"),
    *("1q2w3e4r5t6y7u8i", "q1w2e3r4t5y6u7i8", "1qaz2wsx3edc4rfv", "zaq12wsxcde34rfv"),
)
_FEW_CHARACTERS = 3
_LONG_NUMBER = 12
_A_WORD, _A_NUMBER = 3, 6

# Everyday words that guessers begin with; alone, or with digits and marks around them, they are no password.
_TRIED_FIRST = frozenset(
    """
    abc access account admin administrator amanda andrea andrew angel anthony apple ashley autumn babygirl bailey banana
    barcelona baseball basketball batman beautiful blink butterfly buster camaro change changeit changeme charlie cheese
    chelsea chocolate chicken christmas coffee company computer cookie corner cowboys customer daniel default delivery demo
    desk deskapp diamond dolphin dragon dubsmash elephant family flower football forever freedom friends fuckyou gfhjkm
    ginger google guest hallo hannah harley hello helloworld hunter iloveu iloveyou internet jasmine jennifer jessica jesus
    jonathan jordan joshua justin killer kitten letmein letmein login london lovely loveme madison maggie manager marina
    market martin master matrix matthew melissa mercedes michael michelle mickey monkey monster mother mustang mynoob
    mypassword naruto newpassword nicole ninja nothing oliver orange pass passord passphrase passw passwd password passwort
    patrick peanut pepper pokemon princess purple qazwsx qwert qwerty qwertz rainbow ranger robert root samantha samsung
    scooter secret security september service shadow shop silver snoopy soccer softball spiderman spring staff starwars
    store summer sunday sunflower sunshine superman superstar taylor team temp temporary test tester testing thomas thunder
    tigger tinkerbell trustno unknown user victoria vanessa welcome whatever william winter wizard yankees zaq
    """.split()
)
_LOOK_ALIKES = str.maketrans("@4301!$5+7", "aaeoiisstt")


def problem_with(password: str, *names: str) -> str:
    """One sentence, "" if it may be used. `names` are words that this password must not merely repeat."""
    if len(password) < SHORTEST:
        return say("Please use at least {n} characters; a few words in a row are easy to remember.", n=SHORTEST)
    if len(password) > LONGEST:
        return say("Please use at most {n} characters.", n=LONGEST)
    if _is_guessed_first(password.casefold(), {name.casefold() for name in names}):
        return say(
            "This is one of the first passwords that people try. Please choose another; a few words in a row are good."
        )
    return ""


def _is_guessed_first(password: str, names: set[str]) -> bool:
    if len(set(password)) <= _FEW_CHARACTERS or _runs_along(password):
        return True
    if password.isdigit():
        return len(password) < _LONG_NUMBER
    known = _TRIED_FIRST | names
    return any(word in known or _runs_along(word) or _is_twice(word, known) for word in _words_in(password))


def _words_in(password: str) -> set[str]:
    """Its letters alone, as they stand and read through the usual look-alikes, and its digits alone; no crumbs of them."""
    trimmed = password.rstrip("0123456789!?.*#@$ ")
    spelled = (password, password.translate(_LOOK_ALIKES), trimmed.translate(_LOOK_ALIKES))
    letters = {"".join(c for c in text if c.isalpha()) for text in spelled}
    digits = "".join(c for c in password if c.isdigit())
    return {word for word in letters if len(word) >= _A_WORD} | ({digits} if len(digits) >= _A_NUMBER else set())


def _runs_along(word: str) -> bool:
    """A walk along the alphabet, the digits or the keyboard, there or back, once or twice."""
    runs = [run for turn in _TURNS for run in (turn, turn[::-1])]
    half = word[: len(word) // 2]
    return any(word in run * 2 or (half * 2 == word and half in run) for run in runs)


def _is_twice(word: str, known: frozenset[str] | set[str]) -> bool:
    half = word[: len(word) // 2]
    return half * 2 == word and half in known
