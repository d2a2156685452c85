"""Questions that the chat model writes, through a JSON grammar; it is tried on a few facts first.

A model too weak to ask well would only cost time: what share of its questions pass the checks is measured, and below
half the rules do the work alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from app.llama import grammar
from app.llama.prompt import Turn
from trainer.evaluate.chat_model import ChatModel
from trainer.evaluate.metrics import exact
from trainer.prepare.facts import Fact
from trainer.prepare.passages import shown_passage

TRIED, EACH = 6, 3
"""Facts of the trial, and questions asked for each fact."""
ENOUGH = 0.5
BUDGET_SECONDS = 120.0
"""For the model's questions together; what it cannot ask in that time is asked by rule."""
LONGEST = 160
Check = Callable[[Fact, str], str]
"""The rule that a question to a fact breaks, or ""."""


class Trial(Struct, frozen=True, kw_only=True):
    """questions/trial.json: how well the model asks, measured."""

    asked: int
    passed: int
    seconds: float  # a fact
    used: bool


class Asker:
    """The chat model as the author of questions. `close` it, or use it in a `with`."""

    def __init__(self, model: Path, threads: int) -> None:
        self._model = ChatModel(model, sequences=16, threads=max(1, threads // 2))
        entry = {"type": "string", "minLength": 8, "maxLength": LONGEST}
        listed = {"type": "array", "items": entry, "minItems": EACH, "maxItems": EACH}
        schema = {"type": "object", "properties": {"questions": listed}, "required": ["questions"]}
        self._form = grammar.of_schema(schema)

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *_: object) -> None:
        self._model.close()

    def try_out(self, facts: Sequence[Fact], check: Check) -> Trial:
        """Ask for some facts, spread over all, and count what passes."""
        step = max(1, len(facts) // TRIED)
        some = list(facts)[::step][:TRIED]
        started = time.monotonic()
        passed = sum(not rule for found in self.ask(some, check) for _, rule in found)
        seconds = (time.monotonic() - started) / max(1, len(some))
        asked = EACH * len(some)
        return Trial(asked=asked, passed=passed, seconds=round(seconds, 2), used=asked > 0 and passed >= ENOUGH * asked)

    def ask(self, facts: Sequence[Fact], check: Check) -> list[list[tuple[str, str]]]:
        """For each fact its questions, each with the rule that it breaks or "".

        What passes the rules goes the round trip: the model must answer its own question from the passage.
        """
        model = self._model
        said = model.sequences.answers([model.ask(_asking(fact), 160, gbnf=self._form) for fact in facts])
        found = [[(q, check(fact, q)) for q in _questions(text)] for fact, text in zip(facts, said, strict=True)]
        trips = [(n, m) for n, here in enumerate(found) for m, (_, rule) in enumerate(here) if not rule]
        asks = []
        for n, m in trips:
            passage = shown_passage(facts[n].passage.text[:600], facts[n].passage.place)
            asks.append(model.ask(Turn(found[n][m][0], passages=(passage,), grounded=True), 48, ("\n",)))
        for (n, m), answer in zip(trips, model.sequences.answers(asks), strict=True):
            question = found[n][m][0]
            if not exact(question, facts[n].answer, answer):
                found[n][m] = (question, "The model does not answer it from its passage.")
        return found


def _asking(fact: Fact) -> Turn:
    text = (
        f"Document: {fact.passage.place}\nFact: {fact.answer}\n\n"
        f"Write {EACH} different short questions that an employee would ask and that this fact answers with "
        f"“{fact.value}”. Each question names what it is about, ends with a question mark and does not hold the "
        "answer. Reply as JSON."
    )
    return Turn(text)


def _questions(text: str) -> list[str]:
    """The questions in a JSON answer; none where it was cut off."""
    try:
        return [" ".join(str(question).split()) for question in json.loads(text)["questions"]]
    except (ValueError, KeyError, TypeError):
        return []
