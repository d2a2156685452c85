"""What kind of question it is, by rule: whether documents can answer it, and whether with one sentence."""

from __future__ import annotations

import re

LONGEST = 2_000
"""Characters of a question that rules look at: what is longer is a text that was pasted, and the core's loop is theirs
while they look."""
_SMALL_TALK = re.compile(
    r"^\W*(?:(?:hi|hey|hello|good (?:morning|afternoon|evening|night)|thanks?(?: you)?(?: (?:so|very) much| a lot)?|thx"
    r"|cheers|bye|goodbye|see you|ok(?:ay)?|great|perfect|nice|cool|got it|how are you(?: doing)?(?: today)?"
    r"|who are you|what can you do|hallo|guten (?:morgen|tag|abend)|moin|servus|vielen dank|tschüss|auf wiedersehen"
    r"|danke(?: (?:schön|sehr|dir|ihnen))?|super|wie geht(?:'s| es (?:dir|ihnen))|bonjour|salut|merci(?: beaucoup)?"
    r"|au revoir|hola|(?:muchas )?gracias|adiós|ciao|grazie(?: mille)?|谢谢|你好|再见|شكرا|مرحبا)(?:\W+|$))+"
    r"(?:there|everyone|all|again)?\W*$",
    re.IGNORECASE,
)
_WANTS_TEXT = re.compile(
    r"\b(?:summar(?:y|i[sz]e)\w*|overview|(?:key|main) points|compar(?:e|ison)|explain|describe|draft|translate|rewrite"
    r"|outline|write (?:me |us )?(?:an?|the)|list (?:all|the)|what(?: is|'s|’s) in|tell me about"
    r"|what does .{1,60} (?:say|contain|cover)|fasse\b.*\bzusammen|zusammenfass\w*|überblick|vergleich\w*|erklär\w*"
    r"|beschreib\w*|schreib\w*|übersetz\w*|liste|r[eé]sum\w+|riassum\w+)\b",
    re.IGNORECASE,
)


def is_small_talk(question: str) -> bool:
    """Whether it is a greeting or thanks and nothing else, which no document answers."""
    return bool(_SMALL_TALK.match(question))


def wants_text(question: str) -> bool:
    """Whether it asks for a text (a summary, a comparison) and not for something that one sentence says."""
    return bool(_WANTS_TEXT.search(question[:LONGEST]))
