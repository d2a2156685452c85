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


def _leans(question: str) -> bool:
    words = [word.casefold() for word in _WORD.findall(question)]
    if _OPENINGS.match(question) or any(word in _POINTING for word in words):
        return True
    return len(_content(question)) < FEW and len(words) <= 2 * FEW


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.casefold() not in _EMPTY and word.casefold() not in _POINTING]
