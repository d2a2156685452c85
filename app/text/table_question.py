"""What a question asks of a table: the words that name something, those it sets aside, and the kind of question."""

from __future__ import annotations

import re
from itertools import dropwhile, takewhile

from msgspec import Struct

from app.text.alike import tokens, weekdays
from app.text.support import is_common, language_of

_ASKING_WORDS = """
    what which how who whom whose when where why there here do does did done can could may might must should would
    shall will we i my me our us you your he she they them their it its one ones any some much many long often far
    big get gets got have has had need needs want wants is are be been being if during per each every by within than
    then please tell give given show know find about also only still needed required granted charged number as
    for up after before until in out off over under between while so such same apply applies applied valid hold
    holds happen happens take takes make makes look looks work someone somebody person employee employees staff
    company people colleague way case currently usually and or but was wie wer wen wem wann wo wieviel viel viele
    lange hoch oft gibt man wir ich mein meine unser unsere bei für pro je darf dürfen muss müssen kann können soll
    bekomme bekommt bekommen habe hat gilt gelten welche welcher welches welchen welchem ist sind steht beträgt
    liegt hoch groß no not"""
_ASKING = frozenset(_ASKING_WORDS.split())
"""Words that say how is asked and not what for."""
IDIOM = re.compile(
    r"\b(?:takes?|took|taking) (?:place|part)\b|\bfindet\b|\bstatt\b"
    r"|(?<=\b[Hh]ow )[a-z]+\b(?= (?:is|are|was|does|do|can)\b)|(?<=\b[Ii] )[a-z]+\b|(?<=\bwe )[a-z]+\b"
    r"|(?<=\byou )[a-z]+\b|\b[a-zäöüß]+ (?=(?:ich|wir|man)\b)"
)
_INFINITIVE = re.compile(r"(?<=[a-zäöüß] )[a-zäöüß]+en(?=\?$)")
"""Words that name nothing where they stand: the place of "take place", the measure of "how fast", what "I" do."""
AGGREGATE = re.compile(
    r"\b(?:total|altogether|average|difference|compared?|cheapest|dearest|most expensive|highest|lowest|longest"
    r"|shortest|biggest|smallest|fewest|more than|less than|cheaper|all together"
    r"|how much (?:more|less|longer|higher|lower)|insgesamt|summe|durchschnitt\w*"
    r"|unterschied|billigst\w*|teuerst\w*|höchst(?:e|er|en)\b|niedrigst\w*|mehr als|weniger als)\b",
    re.IGNORECASE,
)
"""What asks for more than one cell can say."""

YES_NO = re.compile(
    r"^\W*(?:(?:and|but|und|aber)\s+)?(?:can|could|may|must|should|do|does|did|is|are|were|will|would|has|have|darf"
    r"|dürfen|kann|können|muss|müssen|ist|sind|hat|haben|wird)\b(?!\s+(?:you|du|sie|there|i get)\b)",
    re.IGNORECASE,
)
"""A question for yes or no, which an amount does not answer; "can you tell me" and "is there" are none."""
SETS_ASIDE = re.compile(
    r"(?:\b(?:without|no|not|never|except|excluding|outside|apart from|other than|unless|ohne|kein\w*|nicht|außer"
    r"|außerhalb)\b|n['’]t\b)(?P<rest>[^.,;:?!]*)",
    re.IGNORECASE,
)
"""What sets aside the words behind it."""


class Asked(Struct, frozen=True):
    """What a question asks for, word by word."""

    question: str
    words: tuple[str, ...]  # without those that every question holds
    names: frozenset[str]  # those that only one thing can be called: names and numbers
    days: frozenset[int]
    negated: tuple[tuple[str, ...], ...]  # "without a trade fair": what is not meant


def asked_in(question: str) -> Asked:
    plain = IDIOM.sub(" ", question)
    words = tokens(_INFINITIVE.sub(" ", plain) if language_of(question) == "de" else plain)
    names = {word for at, word in enumerate(words) if any(map(str.isdigit, word)) or (at and word[0].isupper())}
    kept = [word for word in words if not is_asking(word)]
    days = frozenset(weekdays(question))
    return Asked(question, tuple(dict.fromkeys(kept)), frozenset(names), days, set_aside(question))


def set_aside(text: str) -> tuple[tuple[str, ...], ...]:
    """The words behind each "without", "no", "outside": up to the next that names nothing.

    () where none names anything, as in "not work".
    """
    found = []
    for match in SETS_ASIDE.finditer(text):
        rest = tokens(match["rest"])
        named = list(dropwhile(is_asking, rest))
        if rest:
            found.append(tuple(takewhile(lambda word: not is_asking(word), named)))
    return tuple(found)


def is_asking(word: str) -> bool:
    """Whether a word names nothing; "IT" in capitals does, and so does a digit."""
    if word[0].isdigit() or (word.isupper() and len(word) > 1):
        return False
    return word.casefold() in _ASKING or is_common(word) or len(word) == 1
