"""Turns messages into token ids by the model's template, so that no text of a user or document becomes a control token.

Each control token's text (`<|im_end|>`) inside a message is broken by a private character before the template is
rendered. What still looks like a control token afterwards was written by the template. The text between control tokens
is tokenized whole and without special parsing, so ordinary messages give the ids of transformers' apply_chat_template.
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import Any

from app.errors import AppError
from app.llama import template as templates
from app.llama.bindings import CONTROL, LSTRIP, RSTRIP, Model
from app.llama.detokenize import THINK_OPEN
from app.llama.prompt import EncodedPrompt
from app.llama.template import Renderer, Template, TemplateFailed
from app.llama.vision import Eyes, Look
from app.pictures import Picture
from app.types import Message

log = logging.getLogger("inhouse.engine")

PICTURE = "\uf8f2"
"""A private-use character on both sides of a picture's number, where the picture stands in the text."""
_PICTURE = re.compile(PICTURE + "([0-9]+)" + PICTURE)

BREAK = "\uf8f1"
"""A private-use character that no vocabulary spells; taken out again before tokenizing."""
_OURS = {ord(BREAK): None, ord(PICTURE): None}
MAX_ANSWERS = 256
NOTE = "This model's own chat template could not be used, so a plain one was used instead. Answers may be weaker."


class Encoder:
    """One model's template and tokenizer."""

    def __init__(self, model: Model, renderer: Renderer, source: str, eyes: Eyes | None = None) -> None:
        """`source`: the chat template, "" for none; `eyes`: where the model sees."""
        self._model = model
        self._renderer = renderer
        self._eyes = eyes
        self._template = Template(source, model.token_text(model.bos), model.token_text(model.eos))
        self._usable = bool(source)
        self._answers: OrderedDict[tuple[str, str], list[int]] = OrderedDict()

    @cached_property
    def _controls(self) -> dict[str, int]:
        found = (token for token in range(self._model.vocabulary) if self._model.attributes(token) & CONTROL)
        texts = {self._model.token_text(token): token for token in found}
        return {text: token for text, token in texts.items() if len(text) > 1}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._controls, key=len, reverse=True)
        return re.compile("(" + "|".join(map(re.escape, longest_first)) + ")" if longest_first else "((?!))")

    def prepare(self) -> None:
        """Do what the first prompt needs: find the control tokens, start the template's process."""
        self._renderer.start()
        _ = self._pattern

    def remember(self, conversation: str, answer: str, tokens: list[int]) -> None:
        """Keep the ids that the model wrote an answer with: tokenizing its text may give others, and the KV cache
        holds these."""
        self._answers[conversation, answer] = tokens
        while len(self._answers) > MAX_ANSWERS:
            self._answers.popitem(last=False)

    def remembered(self, conversation: str) -> list[tuple[str, tuple[int, ...]]]:
        """The answers of a conversation with the ids that the model wrote them with."""
        return [(text, tuple(ids)) for (key, text), ids in self._answers.items() if key == conversation]

    def forget(self) -> None:
        self._answers.clear()

    def count(self, text: str) -> int:
        """Tokens of a text alone."""
        return len(self._model.tokenize(text))

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens spell, control tokens included."""
        return b"".join(self._model.piece(token) for token in tokens).decode("utf-8", "replace")

    def cut(self, text: str, tokens: int) -> str:
        """The beginning of a text that takes about `tokens` tokens, in whole characters."""
        raw = b"".join(self._model.piece(token) for token in self._model.tokenize(text)[:tokens])
        return raw.decode("utf-8", "ignore").strip()

    @property
    def takes_tools(self) -> bool:
        """Whether the model's own template has words for tools."""
        return self._usable and bool(re.search(r"\btools\b", self._template.source))

    def encode_turns(
        self, turns: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]], conversation: str = ""
    ) -> EncodedPrompt | None:
        """The prompt of turns with tools, calls and results in OpenAI's form, a user's with `pictures` besides; None
        where the template has no words for tools or fails."""
        if not self.takes_tools:
            return None
        looks = self._looks(picture for turn in turns for picture in turn.get("pictures", ()))
        numbers = count()
        guarded = [self._guarded(turn, numbers) for turn in turns]
        try:
            text = self._renderer.render(self._template, guarded, self._guard_all(tools) or None)
        except TemplateFailed as error:
            log.info("chat template with tools: %s", error)
            self._usable = not self._renderer.killed
            return None
        answers = [str(turn.get("content") or "") for turn in turns if turn["role"] == "assistant"]
        return EncodedPrompt(self._tokens(text, answers, conversation, looks), _opens_thinking(text))

    def encode_text(self, text: str) -> EncodedPrompt:
        """A prompt without a template, as it stands: texts like <|im_end|> in it are control tokens."""
        return EncodedPrompt(self.start + self._model.tokenize(text, special=True), thinking=False)

    def take(self, tokens: Sequence[int]) -> EncodedPrompt:
        """A prompt that comes as tokens. Raises AppError: one of them is none of this model's."""
        if any(not 0 <= token < self._model.vocabulary for token in tokens):
            detail = f"it has {self._model.vocabulary} tokens"
            raise AppError("This model has no such token.", "Use its own tokenizer.", detail)
        return EncodedPrompt(list(tokens), thinking=False)

    @property
    def template(self) -> str:
        """The model's own chat template, "" where it has none."""
        return self._template.source

    def encode(self, messages: Sequence[Message], conversation: str = "") -> EncodedPrompt:
        """The prompt of a conversation that ends with the user's turn."""
        looks = self._looks(picture for message in messages for picture in message.pictures)
        guarded = self._with_marks(messages)
        answers = [message.content for message in messages if message.role == "assistant"]
        if self._usable:
            try:
                text = self._render(guarded)
                return EncodedPrompt(self._tokens(text, answers, conversation, looks), _opens_thinking(text))
            except TemplateFailed as error:
                log.info("chat template: %s", error)
        stop: tuple[str, ...] = ()
        if "<|im_start|>" in self._controls:
            text = templates.chatml(guarded)
        else:
            text, stop = templates.plain_text(guarded), templates.PLAIN_STOP
        return EncodedPrompt(self.start + self._tokens(text, answers, conversation, looks), False, stop, NOTE)

    @property
    def start(self) -> list[int]:
        """What a text begins with that nobody wrote."""
        return [self._model.bos] if self._model.adds_bos and self._model.bos >= 0 else []

    def _guard(self, content: str) -> str:
        return self._pattern.sub(lambda found: found[0][0] + BREAK + found[0][1:], content.translate(_OURS))

    def _with_marks(self, messages: Sequence[Message]) -> list[Message]:
        """Messages with what looks like a control token broken, and a mark for each picture, which comes first."""
        numbers = count()
        guarded = []
        for message in messages:
            marks = self._marks(message.pictures, numbers)
            guarded.append(Message(message.role, marks + self._guard(message.content)))
        return guarded

    def _guarded(self, turn: Mapping[str, Any], numbers: Iterator[int]) -> dict[str, Any]:
        """The same of a turn in OpenAI's form."""
        guarded: dict[str, Any] = self._guard_all({key: turn[key] for key in turn if key != "pictures"})
        if marks := self._marks(turn.get("pictures", ()), numbers):
            guarded["content"] = marks + guarded["content"]
        return guarded

    def _marks(self, pictures: Sequence[Picture], numbers: Iterator[int]) -> str:
        return "".join(f"{PICTURE}{next(numbers)}{PICTURE}\n" for _ in pictures) if self._eyes else ""

    def _looks(self, pictures: Iterable[Picture]) -> list[Look]:
        return [self._eyes.take(picture) for picture in pictures] if self._eyes else []

    def _guard_all(self, node: Any) -> Any:
        """As `_guard`, for every text inside lists and dicts, names of parameters included."""
        if isinstance(node, str):
            return self._guard(node)
        if isinstance(node, Mapping):
            return {self._guard(str(key)): self._guard_all(value) for key, value in node.items()}
        if isinstance(node, list | tuple):
            return [self._guard_all(item) for item in node]
        return node

    def _render(self, messages: Sequence[Message]) -> str:
        try:
            return self._renderer.render(self._template, messages)
        except TemplateFailed as first:
            if self._renderer.killed:
                self._usable = False  # it would cost its time limit at every question
                raise
            folded = fold_system(messages)
            if folded == list(messages):
                raise
            log.info("chat template without a system role: %s", first)
            return self._renderer.render(self._template, folded)

    def _tokens(self, text: str, answers: Iterable[str], conversation: str, looks: Sequence[Look] = ()) -> list[int]:
        parts = self._pattern.split(text)
        head = parts[-1].replace(BREAK, "")
        known = {head + answer: tokens for answer in answers if (tokens := self._answers.get((conversation, answer)))}
        ids: list[int] = []
        for index, part in enumerate(parts):
            if index % 2:
                ids.append(self._controls[part])
                continue
            plain = self._stripped(parts, index).replace(BREAK, "")
            if plain in known:
                ids += self._model.tokenize(head) + known[plain]
            else:
                ids += self._with_pictures(plain, looks)
        return ids

    def _with_pictures(self, plain: str, looks: Sequence[Look]) -> list[int]:
        """The ids of a text; at each mark those of its picture."""
        ids: list[int] = []
        for index, part in enumerate(_PICTURE.split(plain)):
            ids += looks[int(part)].tokens if index % 2 else self._model.tokenize(part)
        return ids

    def _stripped(self, parts: list[str], index: int) -> str:
        """Some control tokens swallow the white space beside them (Phi-3's <|assistant|>)."""
        text = parts[index]
        if index > 0 and self._model.attributes(self._controls[parts[index - 1]]) & RSTRIP:
            text = text.lstrip()
        if index + 1 < len(parts) and self._model.attributes(self._controls[parts[index + 1]]) & LSTRIP:
            text = text.rstrip()
        return text


def fold_system(messages: Sequence[Message]) -> list[Message]:
    """The instructions inside the first user turn, for templates that know no system role or want the user first."""
    system = [message.content for message in messages if message.role == "system"]
    turns = [message for message in messages if message.role != "system"]
    while turns and turns[0].role == "assistant":
        del turns[0]
    if not turns:
        return list(messages)
    first = Message("user", "\n\n".join([*system, turns[0].content]))
    return [first, *turns[1:]]


def _opens_thinking(text: str) -> bool:
    return text.rstrip().endswith(THINK_OPEN)
