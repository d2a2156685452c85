"""Questions that a chat model writes, through a JSON grammar; it is tried on a few facts first.

A model too weak to ask well would only cost time: what share of its questions pass the checks is measured, and below
half the rules do the work alone. A model may be too weak to ask and yet able to answer: then it weighs the rules'.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from trainer.evaluate.metrics import exact
from trainer.prepare.facts import Fact
from trainer.prepare.writers import Writer
from trainer.spec import Trial, Tried, Wish
from trainer.spec.authoring import EACH

TRIED = 6
"""Facts of the trial."""
ENOUGH = 0.5
ABLE = 0.8
"""Share of sound questions that a model must answer from the passage before its word counts against another author:
one that misses more would drop more good questions than bad ones."""
LONGEST = 160
PASSAGE = 600
"""Characters of the passage that a question is answered from."""
UNANSWERED = "The model does not answer it from its passage."
_SYSTEM = "You write questions about the documents of a company."
_EXAMPLES = """Document: Travel policy, Hotels
Fact: Munich, trade fair: 220 EUR.
{"questions": ["What is the hotel limit in Munich during a trade fair?", "How much may a hotel in Munich cost when \
there is a trade fair?", "hotel in munich at trade fair time, how much can I spend?"]}

Document: Warranty terms, Refurbished pumps
Fact: The warranty period for refurbished pumps is 12 months from the date of delivery.
{"questions": ["How long is the warranty on a refurbished pump?", "For how many months is a refurbished pump under \
warranty?", "I bought a refurbished pump, when does its warranty end?"]}
"""
"""With two examples Gemma 3 270M asks for what the fact says; told only, it wrote headings and broken forms."""
Check = Callable[[Fact, str], str]
"""The rule that a question to a fact breaks, or ""."""
_ENTRY = {"type": "string", "minLength": 8, "maxLength": LONGEST}
_LISTED = {"type": "array", "items": _ENTRY, "minItems": EACH, "maxItems": EACH}
_SCHEMA = json.dumps({"type": "object", "properties": {"questions": _LISTED}, "required": ["questions"]})


class Author:
    """A chat model that writes questions and weighs those of others. `close` it, or use it in a `with`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def __enter__(self) -> Author:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the writer holds."""
        self._writer.close()

    def try_out(self, facts: Sequence[Fact], check: Check, by_rule: Callable[[Fact], str], *, writes: bool) -> Trial:
        """Ask for some facts, spread over all, and count what passes.

        Args:
            facts: at least one.
            check: the rules that a question must keep.
            by_rule: a sound question of a rule to a fact, or "": what it answers of these says how well it reads.
            writes: whether it may write; else only how well it reads is measured.
        """
        step = max(1, len(facts) // TRIED)
        some = list(facts)[::step][:TRIED]
        started = time.monotonic()
        found = self.ask(some, check) if writes else []
        seconds = (time.monotonic() - started) / max(1, len(some))
        sound = [(fact, question) for fact in some if (question := by_rule(fact))]
        started = time.monotonic()
        answered = self.answers(sound)
        reading = (time.monotonic() - started) / max(1, len(sound))
        tried = [Tried(question=q, answer=f.answer, rule=r) for f, qs in zip(some, found, strict=False) for q, r in qs]
        passed, asked = sum(not each.rule for each in tried), EACH * len(some) if writes else 0
        return Trial(
            asked=asked,
            passed=passed,
            seconds=round(seconds, 4),
            used=asked > 0 and passed >= ENOUGH * asked,
            read=len(sound),
            answered=sum(answered),
            reading=round(reading, 4),
            able=len(sound) > 0 and sum(answered) >= ABLE * len(sound),
            tried=tuple(tried),
        )

    def ask(self, facts: Sequence[Fact], check: Check) -> list[list[tuple[str, str]]]:
        """For each fact its questions, each with the rule that it breaks or "".

        What passes the rules goes the round trip: the model must answer its own question from the passage.
        """
        wishes = [Wish(text=_asking(fact), system=_SYSTEM, schema=_SCHEMA, limit=160) for fact in facts]
        said = self._writer.answers(wishes)
        found = [[(q, check(fact, q)) for q in _questions(text)] for fact, text in zip(facts, said, strict=True)]
        trips = [(n, m) for n, here in enumerate(found) for m, (_, rule) in enumerate(here) if not rule]
        answered = self.answers([(facts[n], found[n][m][0]) for n, m in trips])
        for (n, m), right in zip(trips, answered, strict=True):
            if not right:
                found[n][m] = (found[n][m][0], UNANSWERED)
        return found

    def answers(self, asked: Sequence[tuple[Fact, str]]) -> list[bool]:
        """The round trip: for each question to a fact whether the model answers it right from the fact's passage."""
        wishes = [
            Wish(text=question, passage=fact.passage.text[:PASSAGE], place=fact.passage.place)
            for fact, question in asked
        ]
        said = self._writer.answers(wishes)
        return [exact(question, fact.answer, answer) for (fact, question), answer in zip(asked, said, strict=True)]


def _asking(fact: Fact) -> str:
    return (
        f"Write {EACH} different questions that an employee would ask and that the fact answers with “{fact.value}”. "
        "Each names what it is about, does not hold the answer and ends with a question mark. Two examples:\n\n"
        f"{_EXAMPLES}\nNow for this one, as JSON:\nDocument: {fact.passage.place}\nFact: {fact.answer}"
    )


def _questions(text: str) -> list[str]:
    """The questions in a JSON answer; none where it was cut off."""
    try:
        return [" ".join(str(question).split()) for question in json.loads(text)["questions"]]
    except (ValueError, KeyError, TypeError):
        return []
