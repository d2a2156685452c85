"""A question in a chat that asks for documents: the list of all that fit, each with the sentence that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import msgspec

from app.assistant.asking import Ask, Flow, Step, Stopped
from app.text.find.plan import Plan, together
from app.text.find.result import Findings, Hit
from app.text.find.words import details, headline, nothing, often
from app.text.plain import shown
from app.types import Answer, Passage, Source
from app.workers.calls.finding import Find, Found

QUOTED, NAMED = 40, 200
"""Documents that are listed with their sentences, and with their names alone; further ones are counted. Each line is a
quotation with a citation, so that it goes from the chat when its document is removed."""
FURTHER = "And {0:,} more: the Documents page, “inhouse find” and the export list all of them."
_NUMBER = re.compile(r"\[(\d[\d\s,]*)\]")
SENTENCE = 280
"""Characters of a sentence in the list; its source shows all of it."""


def find_documents(ask: Ask, plan: Plan) -> Flow:
    """The list as an answer with citations; no model is asked.

    Raises:
        AppError: the documents process failed.
    """
    plan = msgspec.structs.replace(plan, filter=together(plan.filter, ask.filter))
    try:
        data = yield Step("documents", Find(plan=plan, collections=ask.collections or ()))
    except Stopped as stop:
        return Answer(text="", stopped=True, note=stop.note, model=ask.model)
    assert isinstance(data, Found)
    found = data.findings
    hits = found.hits[:NAMED]
    return Answer(
        text="\n\n".join(_lines(found)),
        sources=tuple(Source(n=n, passage=_kept(hit.passage, n)) for n, hit in enumerate(hits, 1)),
        searched=ask.searched or "All collections",
        model=ask.model,
        note=details(found),
        flagged=tuple(hit.passage for hit in hits if hit.passage.flagged),
    )


def _lines(found: Findings) -> Iterator[str]:
    yield headline(found)
    if not found.hits:
        yield nothing(found)
    for n, hit in enumerate(found.hits[:NAMED], 1):
        sentence = shown(hit.passage, SENTENCE) if n <= QUOTED else ""
        cut = sentence if len(sentence) <= SENTENCE else f"{sentence[:SENTENCE].rstrip()} …"
        yield f"> **{_uncited(hit.name)}**{_about(hit)}{': ' if cut else ''}{_uncited(cut)} [{n}]"
    if len(found.hits) > NAMED:
        yield FURTHER.format(len(found.hits) - NAMED)


def _uncited(text: str) -> str:
    """A text whose own “[3]” is no citation of this answer."""
    return _NUMBER.sub(r"(\1)", text)


def _kept(passage: Passage, n: int) -> Passage:
    """What the chat stores of a passage: of those that are only named, the sentence."""
    if n <= QUOTED or passage.best is None:
        return passage
    start, end = passage.best
    text = passage.text[start:end]
    unsure = tuple((max(a, start) - start, min(b, end) - start) for a, b in passage.unsure if a < end and b > start)
    return msgspec.structs.replace(
        passage, start=passage.start + start, end=passage.start + end, text=text, best=(0, len(text)), flagged=(),
        unsure=unsure,
    )  # fmt: skip


def _about(hit: Hit) -> str:
    """ " (12 March 2025, mentioned 3 times)"."""
    when = datetime.fromtimestamp(hit.modified).astimezone() if hit.modified else None
    told = [f"{when.day} {when:%B} {when.year}" if when else "", often(hit)]
    shown_parts = ", ".join(part for part in told if part)
    return f" ({shown_parts})" if shown_parts else ""
