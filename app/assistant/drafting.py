"""A larger model drafts the plan of a question over a sheet where the rules make none, without input or output.

It fills in a form of closed lists, and its plan must have its ground in the words of the question. What has none is
given back with the reason, twice at most. It writes no SQL and no figure.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import msgspec
from msgspec import Struct

from app.assistant.asking import Step
from app.errors import AppError
from app.paths import RESOURCES
from app.text.addressed import addressed
from app.text.language import language_of
from app.text.sheets import words
from app.text.sheets.draft import NOTHING, ROWS, Draft, Form
from app.text.sheets.grounded import grounded, is_absent
from app.text.sheets.mentions import read, tokens_of
from app.text.sheets.places import Unsure
from app.text.sheets.plan import Plan, Sheet
from app.text.sheets.planner import Planned
from app.types import Answer, Calculation, Sampling
from app.workers.calls.engine import Complete, Completed, PromptMessage
from app.workers.message import Data

REPAIRS = 2
WITHIN_S = 90.0
"""Seconds that the model has for one draft; after that the question is answered as any other."""
DRAWN = Sampling(temperature=0.0, repeat_penalty=1.0, max_tokens=400)
BY_MODEL = "The model drafted the query from your words; no figure is its own."
STANDS = "It took “{word}” as “{name}”."
_PERSONAL = frozenset(["i", "my", "mine", "ich", "mein", "meine", "meinen", "meinem", "meiner", "mir", "mich"])
"""Who asks for their own days of leave is told by no sum over everybody's."""
_ORDERS = frozenset(["show", "tell", "give", "list", "zeig", "zeige", "gib", "sag", "sage", "nenne"])

Steps = Generator[Step, Data, "Answer | Failed | None"]
Run = Callable[[Planned], Generator[Step, Data, Answer]]


class Failed(Struct, frozen=True):
    """No draft held: why the last one did not, and what was tried, in words."""

    sheet: Sheet
    reason: str
    tried: tuple[str, ...]

    def noted(self, answer: Answer) -> Answer:
        """The answer that came instead, with what was tried, which is forgotten when the sheet is removed."""
        tries = "; ".join(words.plain(each) for each in dict.fromkeys(self.tried))
        tried = f" Tried: {tries}." if tries else ""
        told = f"It could not be calculated over {words.plain(self.sheet.title)}. {words.plain(self.reason)}{tried}"
        sheet = self.sheet
        calculation = Calculation(
            document_id=sheet.document_id, document=sheet.document, sheet=sheet.name, words=tries, sql="", rows=0,
            of=sheet.rows, by_model=True,
        )  # fmt: skip
        return msgspec.structs.replace(answer, note=f"{told} {answer.note}".strip(), calculation=calculation)


def form_of(question: str, sheet: Sheet) -> Form | None:
    """What a model can fill in for this question; None where it is not to be asked."""
    tokens = tokens_of(question)
    if _PERSONAL.intersection(tokens) and not _ORDERS.intersection(tokens[:3]):
        return None
    reading = read(question, sheet, german=language_of(question) == "de")
    form = Form(reading, sheet)
    return form if form.fits and not reading.clash and not sheet.doubtful else None


def drafted(question: str, sheet: Sheet, run: Run, priority: int = 0) -> Steps:
    """The answer by a plan that the model drafts, why there is none, or None where the sheet is not what is meant.

    `run` calculates a plan: what a query raises is given back to the model like any other reason.

    Raises:
        AppError: the engine failed, or took too long.
    """
    form = form_of(question, sheet)
    if form is None:
        return None
    messages = _messages(question, form)
    tried: list[str] = []
    reason = ""
    for _ in range(1 + REPAIRS):
        written = yield Step("engine", _asks(tuple(messages), form, priority), within_s=WITHIN_S)
        assert isinstance(written, Completed)
        try:
            draft = form.read(written.text)
            if is_absent(draft):
                return None
            _note(tried, draft, form, question)
            plan = grounded(form, draft)
            answer = yield from run(Planned(sheet=sheet, plan=plan, explicit=True))
        except Unsure as unsure:
            reason = str(unsure)
        except AppError as error:
            reason = error.message
        else:
            return _marked(answer, draft)
        messages += [
            PromptMessage(role="assistant", content=written.text),
            PromptMessage(role="user", content=f"That query does not fit: {reason} Write it again."),
        ]
    return Failed(sheet, reason, tuple(tried))


def _note(tried: list[str], draft: Draft, form: Form, question: str) -> None:
    """A query that is tried, as people read it."""
    try:
        plan: Plan = form.plan(draft)
    except Unsure:
        return
    tried.append(words.describe(plan, form.sheet, german=language_of(question) == "de"))


def _marked(answer: Answer, draft: Draft) -> Answer:
    """The answer with whose plan it is, and what the model took the words for."""
    assert answer.calculation is not None
    stands = [
        STANDS.format(word=words.plain(word), name=words.plain(name))
        for word, name in draft.words.items()
        if name not in (ROWS, NOTHING)
    ]
    return msgspec.structs.replace(
        answer,
        note=" ".join([BY_MODEL, *stands, answer.note]).strip(),
        calculation=msgspec.structs.replace(answer.calculation, by_model=True),
    )


def _asks(messages: tuple[PromptMessage, ...], form: Form, priority: int) -> Complete:
    return Complete(messages=messages, json_schema=form.schema(), sampling=DRAWN, priority=priority)


def _messages(question: str, form: Form) -> list[PromptMessage]:
    rules = (RESOURCES / "prompts" / "sheet_plan.txt").read_text(encoding="utf-8").strip()
    columns = ", ".join(
        f"{_line(each.name)} ({', '.join(filter(None, (each.kind, each.unit)))})" for each in form.columns
    )
    values = [f"{each.name}: {', '.join(found)}" for each in form.columns if (found := form.values(each))]
    shown = "\n".join(
        [
            f"Table: {_line(form.sheet.title)}",
            f"Columns: {columns}",
            f"Values: {'. '.join(values) or 'none'}",
            f"Words: {', '.join(form.over)}",
            f"Question: {' '.join(question.split())}",
        ]
    )
    return [PromptMessage(role="system", content=rules), PromptMessage(role="user", content=shown)]


def _line(text: str) -> str:
    """A name out of a document on one line; one that speaks to an assistant is not told to it."""
    return "(a table)" if addressed(text) else " ".join(text.split())
