"""What a model answers while it learns: to questions that it is stopped by, and to one that the person asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.types import Message
from trainer import events
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.train.chat import encode_prompt
from trainer.train.selection import instructions, with_system

Prompt = Sequence[int]
Ask = Callable[[Sequence[Prompt]], list[str]]
"""The model's answers to prompts of token ids, as it is now."""
CUT = " …"
"""Behind an answer that had not come to its end."""


@dataclass(frozen=True)
class _Asked:
    question: str
    wanted: str
    prompt: Prompt
    before: str
    since: int = 0
    own: bool = False

    def says(self, step: int, now: str) -> events.Sample:
        return events.Sample(
            step=step,
            question=self.question,
            wanted=self.wanted,
            before=self.before,
            now=now,
            own=self.own,
            since=self.since,
        )


class Samples:
    """Asks the same questions before the model learns and at each measurement; makes the events that show it."""

    def __init__(
        self,
        context: Context,
        shown: Sequence[tuple[str, str, Prompt]],
        question: str,
        prompt: Callable[[str], Prompt],
        ask: Ask,
        untaught: Ask | None = None,
    ) -> None:
        """Asks all of them once: the model has learned nothing yet.

        Args:
            context: the run.
            shown: questions of the data with the wanted answers and their prompts.
            question: the person's own, "" for none.
            prompt: makes the prompt of the person's own question.
            ask: the model as it is.
            untaught: the model as it was before the training; None where that is gone once it learns.
        """
        self._context, self._prompt, self._ask, self._untaught = context, prompt, ask, untaught
        self._question = question
        asked = [(*each, False) for each in shown]
        if (own := self._encoded(question)) is not None:
            asked.append((question, "", own, True))
        before = ask([each[2] for each in asked]) if asked else []
        self._asked = [
            _Asked(question, wanted, prompt, was, own=own)
            for (question, wanted, prompt, own), was in zip(asked, before, strict=True)
        ]

    def all(self, step: int) -> list[events.Sample]:
        """What it says now; the person's own question comes last."""
        if not self._asked:
            return []
        now = self._ask([each.prompt for each in self._asked]) if step else [each.before for each in self._asked]
        return [each.says(step, says) for each, says in zip(self._asked, now, strict=True)]

    def own(self, step: int, question: str) -> list[events.Sample]:
        """The answer to the person's question, where that is another one than a moment ago."""
        if question == self._question:
            return []
        self._question = question
        self._asked = [each for each in self._asked if not each.own]
        if (prompt := self._encoded(question)) is None:
            return []
        now = self._ask([prompt])[0]
        before = self._untaught([prompt])[0] if self._untaught else now
        asked = _Asked(question, "", prompt, before, 0 if self._untaught else step, own=True)
        self._asked.append(asked)
        return [asked.says(step, now)]

    def _encoded(self, question: str) -> Prompt | None:
        """None without a question, or where the model's template refuses it, which is said."""
        try:
            return self._prompt(question) if question else None
        except TrainerError as error:
            self._context.notice("This model cannot be shown your sample question.", error.message)
            return None


class NoSamples:
    """For what finds and does not write."""

    def all(self, step: int) -> list[events.Sample]:
        return []

    def own(self, step: int, question: str) -> list[events.Sample]:
        return []


def chat_prompt(context: Context, tokenizer: Any, question: str) -> Prompt:
    """The question as the chat would show it to the model; to one that only goes on with text, the text.

    Raises:
        TrainerError: the template refuses it.
    """
    if not tokenizer.chat_template:
        return list(tokenizer(question)["input_ids"])
    return encode_prompt(tokenizer, with_system((Message("user", question),), instructions(context.spec)))


def ended(answers: Sequence[tuple[str, bool]]) -> list[str]:
    """The texts; of one that was cut off that is shown."""
    return [text if whole or not text else text + CUT for text, whole in answers]
