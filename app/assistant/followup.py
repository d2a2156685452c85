"""A question in a conversation as it can be searched: “and for Munich?” leans on what came before.

Two forms are searched, the question as it was asked and one that stands alone, and a passage counts by the form that
fits it better (app/documents/search.py). The second form is written by the chat model where that is large enough and
the question leans on what came before; else a rule adds words of the question before, and of the user's earlier ones
what the last answer said again. docs/retrieval.md says what was compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Sequence
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct

from app.errors import AppError
from app.paths import RESOURCES
from app.text.language import language_of, without_stop_words
from app.text.words import terms_of, words_of
from app.types import Message, Rewriter, Sampling
from app.workers.calls.engine import Complete, Completed, PromptMessage
from app.workers.message import Call, Data

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

WITHIN_S = 6.0
"""Seconds that the model has for a form; after that the rule's is searched."""
LONGEST = 40
"""Words of a form that a model may write."""
MESSAGES, CLIPPED = 4, 400
"""Messages that the model is shown, and characters of each."""
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"question": {"type": "string"}},
        "required": ["question"],
        "additionalProperties": False,
    }
)
DRAWN = Sampling(temperature=0.0, repeat_penalty=1.0, max_tokens=80)


class Forms(Struct, frozen=True):
    """How a question is searched."""

    query: str  # the form that stands best alone, which is read with too
    also: tuple[str, ...] = ()
    by: Rewriter = ""  # who made the form that nobody typed


class _Written(Struct):
    question: str


class _Step(Protocol):
    @property
    def call(self) -> Call: ...


S = TypeVar("S", bound=_Step)


def forms_of(
    question: str, history: Sequence[Message], ask_model: Callable[[Complete], S] | None
) -> Generator[S, Data, Forms]:
    """The forms of a question; `ask_model` makes a step of the call that asks the chat model, where it may be asked."""
    ruled = by_rule(question, history)
    if ask_model is None or not ruled.also or ruled.query == question:
        return ruled
    try:
        data = yield ask_model(rewriting(question, history))
    except AppError:
        return ruled
    assert isinstance(data, Completed)
    written = written_in(data)
    return Forms(written, (question,), "model") if is_theirs(written, question, history) else ruled


def by_rule(question: str, history: Sequence[Message]) -> Forms:
    """The question, and the question with words that were said before; one that leans is read with these too."""
    asked = [message.content for message in history if message.role == "user"]
    before = next((text for text in reversed(asked) if _content(text)), "")
    said = next((message.content for message in reversed(history) if message.role == "assistant"), "")
    repeated = {word.casefold() for word in _content(said)}
    borrowed = [*_content(before), *(word for text in asked for word in _content(text) if word.casefold() in repeated)]
    own = {word.casefold() for word in _WORD.findall(question)}
    added = {word.casefold(): word for word in borrowed if word.casefold() not in own}
    if not added:
        return Forms(question)
    joined = " ".join([question, *added.values()])
    return Forms(joined, (question,), "rule") if _leans(question) else Forms(question, (joined,), "rule")


def rewriting(question: str, history: Sequence[Message]) -> Complete:
    """What asks the chat model for a form that stands alone, as JSON; → Completed."""
    said = [f"{message.role.capitalize()}: {' '.join(message.content.split())[:CLIPPED]}" for message in history]
    rules = (RESOURCES / "prompts" / "followup.txt").read_text(encoding="utf-8").strip()
    shown = "\n".join([*said[-MESSAGES:], "", f"Last question: {question}"])
    messages = (PromptMessage(role="system", content=rules), PromptMessage(role="user", content=shown))
    return Complete(messages=messages, json_schema=SCHEMA, sampling=DRAWN, priority=1)


def written_in(completed: Completed) -> str:
    """The form that a model wrote; "" where it wrote something else."""
    try:
        return " ".join(msgspec.json.decode(completed.text, type=_Written).question.split())
    except msgspec.DecodeError:
        return ""


def is_theirs(written: str, question: str, history: Sequence[Message]) -> bool:
    """Whether a model's form is another one, and tells nothing but what was said: of a small model's own ideas none may
    be searched as if the user had had it."""
    said = words_of(" ".join([*(message.content for message in history), question]))
    words = words_of(written)
    language = language_of([*said, *words])
    known = {term for word in said for term in terms_of(word, language)}
    own = [word for word in without_stop_words(words) if word not in _EMPTY]
    new = any(not known.issuperset(terms_of(word, language)) for word in own)
    return bool(words) and words != words_of(question) and len(words) <= LONGEST and not new


def _leans(question: str) -> bool:
    """Whether it can hardly be understood alone."""
    words = [word.casefold() for word in _WORD.findall(question)]
    if _OPENINGS.match(question) or any(word in _POINTING for word in words):
        return True
    return len(_content(question)) < FEW and len(words) <= 2 * FEW


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.casefold() not in _EMPTY and word.casefold() not in _POINTING]
