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
_OPENING = (
    r"^\s*(?:and|but|or|so|also|what about|how about|what if|then|why not|und|aber|oder|also|was ist mit|wie ist es mit"
    r"|wie sieht es mit|et|mais)\b"
)
_OPENINGS = re.compile(_OPENING, re.IGNORECASE)
_PLACED = re.compile(
    r"(?P<preposition>in|at|for|during|on|with|from|to|within|under|after|before|as|im|am|an|bei|beim|während|für|nach"
    r"|von|vom|zu|zum|zur|mit|ohne|ab|bis|aus|auf|als|pour|pendant|dans|chez|avec|à|en)\s+(?P<rest>\S.*)",
    re.IGNORECASE,
)
"""“in Hamburg”: what a follow-up puts in another place's stead."""
_NAME = r"[^\W\d_a-zß-öø-ÿ][\w-]+(?:\s+[^\W\d_a-zß-öø-ÿ][\w-]+)*"
_NAMES = re.compile(rf"(?<=[\w,]\s){_NAME}")
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
    """The question, and one that stands alone as far as rules go; of one that leans this form is read with too."""
    at = next(
        (n for n in reversed(range(len(history))) if history[n].role == "user" and _content(history[n].content)), -1
    )
    if at < 0:
        return Forms(question)
    before = history[at].content
    if _OPENINGS.match(before):
        before = by_rule(before, history[:at]).query
    if grafted := _grafted(question, before):
        return Forms(grafted, (question,), "rule")
    asked = [message.content for message in history if message.role == "user"]
    said = next((message.content for message in reversed(history) if message.role == "assistant"), "")
    repeated = {word.casefold() for word in _content(said)}
    borrowed = [*_content(before), *(word for text in asked for word in _content(text) if word.casefold() in repeated)]
    own = {word.casefold() for word in _WORD.findall(question)}
    added = {word.casefold(): word for word in borrowed if word.casefold() not in own}
    if not added:
        return Forms(question)
    joined = " ".join([question, *added.values()])
    return Forms(joined, (question,), "rule") if _leans(question) else Forms(question, (joined,), "rule")


def _grafted(question: str, before: str) -> str:
    """The question before with what a short follow-up puts in another's stead: “and in Hamburg?” takes the place of “in
    Munich”. "" of a follow-up of another kind: one that adds something (“and during fairs?”) is weighed best by its own
    words first."""
    opening = _OPENINGS.match(question)
    rest = question[opening.end() :].strip(" ,?!.") if opening else ""
    if not rest or len(rest.split()) > 2 * FEW:
        return ""
    placed = _PLACED.fullmatch(rest)
    if placed is None:
        names = list(_NAMES.finditer(before))
        if not re.fullmatch(_NAME, rest) or not names or language_of(words_of(before)) != "en":
            return ""  # in German every noun looks like a name
        return before[: names[-1].start()] + rest + before[names[-1].end() :]
    name = _NAME if re.fullmatch(_NAME, placed["rest"]) else r"[a-zß-öø-ÿ][\w-]+"
    same = list(re.finditer(rf"\b{placed['preposition']}\s+{name}", before))
    return before[: same[-1].start()] + rest + before[same[-1].end() :] if same else ""


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
