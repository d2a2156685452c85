"""How a question becomes a figure over a sheet, without input or output: a plan, a query of our own making, its rows.

Rules make the plan (`app.text.sheets.planner`) and give none where any word of the question has no place in it. There
a larger model drafts one (`app.assistant.drafting`). A figure never comes from a model's words.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial

import msgspec

from app.assistant.asking import Ask, Flow, Step, Stopped
from app.assistant.drafting import Failed, drafted
from app.assistant.flow import answer
from app.assistant.query import LONGEST
from app.errors import AppError
from app.text.language import language_of
from app.text.sheets import words
from app.text.sheets.plan import Plan, Sheet
from app.text.sheets.planner import Planned, asks_to_calculate, choose, nearest
from app.text.sheets.sql import MOST_ROWS
from app.types import Answer, Calculation, Source
from app.workers.calls.sheets import Calculated, ReadSheets, RunPlan, SheetsRead
from app.workers.message import Data

REFUSED = "No figure can be given."
TOO_LONG = f"A question for a figure has at most {LONGEST:,} characters."
WENT_IN = "{used} of {rows} rows went in."
CITED = "The first {count} are cited."
CITED_ONE = "The first is cited."
TIED = "The last one is as large as the one before; there may be more."
MORE = "There are more; the first {count} are shown."


def calculate(question: str, collections: tuple[int, ...] = (), document_id: int = 0) -> Flow:
    """The figure that a question asks for, or why there is none (`not_found`).

    Raises:
        AppError: the documents process failed, or a document is gone.
    """
    try:
        if len(question) > LONGEST:
            return Answer(text=f"{REFUSED} {TOO_LONG}", not_found=True)
        sheets = yield from read_sheets(question, collections, document_id)
        chosen = choose(question, sheets)
        if isinstance(chosen, str):
            return Answer(text=f"{REFUSED} {chosen}", not_found=True)
        return (yield from run(question, chosen))
    except Stopped as stop:
        return Answer(text="", stopped=True, note=stop.note)


def calculate_or_answer(ask: Ask) -> Flow:
    """A figure where the question plainly asks for one over a sheet, an answer anywhere else.

    Raises:
        AppError: as `answer` does.
    """
    failed: Failed | None = None
    if ask.collections is not None and len(ask.question) <= LONGEST and asks_to_calculate(ask.question):
        try:
            found = yield from _figure(ask)
        except Stopped as stop:
            return Answer(text="", stopped=True, note=stop.note, model=ask.model)
        except AppError:
            found = None  # what went wrong with the sheets must not keep the answer away
        if isinstance(found, Answer):
            return msgspec.structs.replace(found, model=ask.model, searched=ask.searched or "All collections")
        failed = found
    answered = yield from answer(ask)
    if failed is None or answered.stopped:
        return answered
    return failed.noted(answered)


def _figure(ask: Ask) -> Generator[Step, Data, Answer | Failed | None]:
    """By the rules wherever there is a sheet for them, else by a model's draft if it is large enough."""
    seen: list[Sheet] = []
    for collections, documents in places_of(ask):
        sheets = yield from read_sheets(ask.question, collections, 0)
        fitting = [each for each in sheets if not documents or each.document_id in documents]
        chosen = choose(ask.question, fitting)
        if isinstance(chosen, Planned) and chosen.calculates:
            return (yield from run(ask.question, chosen))
        seen += [each for each in fitting if each not in seen]
    near = None if ask.small else nearest(ask.question, seen)
    if near is None:
        return None
    return (yield from drafted(ask.question, near.sheet, partial(run, ask.question), ask.priority))


def places_of(ask: Ask) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Where the sheets may be, and of which documents: the chat's own files first, as for any answer; a filter narrows
    the rest, and one that does so by more than documents is for search."""
    assert ask.collections is not None
    if ask.attached:
        yield (ask.attached,), ()
    if ask.collections != (ask.attached,) and (not ask.filter.asks or ask.filter.documents):
        yield ask.collections, ask.filter.documents


def read_sheets(
    question: str, collections: tuple[int, ...], document_id: int
) -> Generator[Step, Data, tuple[Sheet, ...]]:
    """The sheets of a document, or else of these collections, as far as the question can mention what is in them."""
    read = yield Step("documents", ReadSheets(question=question, collections=collections, document_id=document_id))
    assert isinstance(read, SheetsRead)
    return read.sheets


def run(question: str, planned: Planned) -> Flow:
    """The answer with its figure, the query, and the first rows that went in."""
    sheet, plan = planned.sheet, planned.plan
    assert plan is not None
    german = language_of(question) == "de"
    done = yield Step("documents", RunPlan(document_id=sheet.document_id, number=sheet.number, plan=plan))
    assert isinstance(done, Calculated)
    query = words.describe(plan, sheet, german=german)
    marks = "".join(f" [{n}]" for n in range(1, len(done.passages) + 1))
    text, notes = _text(query, plan, sheet, done, marks, german)
    return Answer(
        text=text,
        sources=tuple(Source(n=n, passage=passage) for n, passage in enumerate(done.passages, 1)),
        note=" ".join([*notes, *_notes(plan, sheet, done)]),
        calculation=Calculation(
            document_id=sheet.document_id,
            document=sheet.document,
            sheet=sheet.name,
            words=query,
            sql=done.sql,
            rows=done.used,
            of=sheet.rows,
        ),
        flagged=tuple({each.id: each for each in done.passages if each.flagged}.values()),
    )


def _text(query: str, plan: Plan, sheet: Sheet, done: Calculated, marks: str, german: bool) -> tuple[str, list[str]]:
    head = words.plain(query)
    if plan.operation == "list" or plan.group:
        return _table(head, plan, sheet, done, marks, german)
    value = done.rows[0][0] if done.rows else None
    if value is None:
        return f"{head}: {words.nothing(german=german)}.", []
    return f"{head}: **{words.result(value, plan, sheet, german=german)}**{marks}", []


def _table(head: str, plan: Plan, sheet: Sheet, done: Calculated, marks: str, german: bool) -> tuple[str, list[str]]:
    """A figure for each group, or the rows of a list; one alone stands in the line."""
    rows, notes = list(done.rows), []
    most = plan.limit or MOST_ROWS
    if len(rows) > most:
        if plan.order and rows[most - 1][-1] == rows[most][-1]:
            notes.append(TIED)
        else:
            rows = rows[:most]
            notes += [] if plan.limit else [MORE.format(count=most)]
    if not rows:
        return f"{head}: {words.nothing(german=german)}.", []
    if plan.operation == "list":
        names = list(plan.show)
        shown = [words.cells(row, names, sheet, german=german) for row in rows]
    else:
        single = msgspec.structs.replace(plan, group="", order="", limit=0, conditions=())
        names = [plan.group, words.describe(single, sheet, german=german)]
        shown = [
            [*words.cells(row[:1], names[:1], sheet, german=german), _result(row, plan, sheet, german)] for row in rows
        ]
    if len(shown) == 1:
        first, *rest = shown[0]
        beside = f" ({', '.join(rest)})" if rest else ""
        return f"{head}: **{first or '–'}**{beside}{marks}", notes
    header = " | ".join(words.plain(name) for name in names)
    lines = [f"| {header} |", "|---" * (len(names) - 1) + "|---:|", *(f"| {' | '.join(row)} |" for row in shown)]
    return f"{head}:{marks}\n\n" + "\n".join(lines), notes


def _result(row: tuple[str | None, ...], plan: Plan, sheet: Sheet, german: bool) -> str:
    return words.result(row[-1], plan, sheet, german=german)


def _notes(plan: Plan, sheet: Sheet, done: Calculated) -> list[str]:
    """What went in, and what did not."""
    notes = [WENT_IN.format(used=f"{done.used:,}", rows=f"{sheet.rows:,}")]
    if done.used > len(done.passages) == 1:
        notes.append(CITED_ONE)
    elif done.used > len(done.passages) > 0:
        notes.append(CITED.format(count=len(done.passages)))
    column = sheet.column(plan.column)
    if column is not None and column.empty:
        notes.append(f"{_rows(column.empty)} of the sheet without a value in “{column.name}”.")
    if sheet.totals:
        notes.append(f"{_rows(sheet.totals)} with totals left out.")
    if sheet.labels:
        notes.append(f"{_rows(sheet.labels)} with nothing but a label left out.")
    if sheet.note:
        notes.append(sheet.note)
    return notes


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
