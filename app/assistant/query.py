"""Turns a question in a conversation into a search query, by rule: “and for Munich?” leans on what came before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.types import Message

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_POINTING_WORDS = """
    it its it's this that these those they them their theirs he him his she her hers one ones there then same
    former latter such previous above er sie es ihn ihm ihnen dessen deren dieser diese dieses dort davon dazu
    darüber il elle ils elles lui leur cela ça celui celle"""
_POINTING = frozenset(_POINTING_WORDS.split())
_OPENINGS = re.compile(
    r"^\s*(?:and|but|or|so|also|what about|how about|what if|then|why not|und|aber|oder|wie ist es mit|et|mais)\b",
    re.IGNORECASE,
)
_EMPTY_WORDS = """
    a an the is are was were be been do does did can could will would should shall may might must have has had of in
    on at to for from by with about as and or but if so not no what which who whom whose when where why how i me my we
    us our you your please tell show give more explain there any some also much many long often der die das ein eine
    einen ist sind war wie was wer wo wann warum und oder für mit von zu im in am an auf bei gibt ich wir man
    """
_EMPTY = frozenset(_EMPTY_WORDS.split())
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
FEW = 3
"""A question with fewer words of its own than this leans on the one before."""


def search_query(question: str, history: Sequence[Message]) -> str:
    """The question, with the words of the last one that it leans on."""
    before = next((message.content for message in reversed(history) if message.role == "user"), "")
    if not before or not _leans(question):
        return question
    own = {word.casefold() for word in _WORD.findall(question)}
    borrowed = [word for word in _content(before) if word.casefold() not in own]
    return f"{question} {' '.join(borrowed)}" if borrowed else question


def is_small_talk(question: str) -> bool:
    """Whether it is a greeting or thanks and nothing else, which no document answers."""
    return bool(_SMALL_TALK.match(question))


def wants_text(question: str) -> bool:
    """Whether it asks for a text (a summary, a comparison) and not for something that one sentence says."""
    return bool(_WANTS_TEXT.search(question))


def _leans(question: str) -> bool:
    words = [word.casefold() for word in _WORD.findall(question)]
    if _OPENINGS.match(question) or any(word in _POINTING for word in words):
        return True
    return len(_content(question)) < FEW and len(words) <= 2 * FEW


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.casefold() not in _EMPTY and word.casefold() not in _POINTING]
