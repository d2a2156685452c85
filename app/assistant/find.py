"""A question in a chat that asks for documents: the list of all that fit, each with the sentence that says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from app.assistant.flow import Ask, Flow, Step, Stopped
from app.text.find.plan import Plan, together
from app.text.find.result import Findings, Hit
from app.text.find.words import details, headline, nothing, often
from app.text.plain import shown
from app.types import Answer, Source
from app.workers.calls.finding import Find, Found

CITED = 40
"""Documents that are listed with their sentences; of the others the names are given."""
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
    hits = found.hits[:CITED]
    return Answer(
        text="\n".join(_lines(found)),
        sources=tuple(Source(n=n, passage=hit.passage) for n, hit in enumerate(hits, 1)),
        not_found=not hits,
        searched=ask.searched or "All collections",
        model=ask.model,
        note=details(found),
    )


def _lines(found: Findings) -> Iterator[str]:
    yield f"{headline(found)}\n"
    if not found.hits:
        yield nothing(found)
    for n, hit in enumerate(found.hits[:CITED], 1):
        sentence = shown(hit.passage, SENTENCE)
        cut = sentence if len(sentence) <= SENTENCE else f"{sentence[:SENTENCE].rstrip()} …"
        yield f"- **{hit.name}**{_about(hit)}: {cut} [{n}]"
    rest = [hit.name for hit in found.hits[CITED:]]
    if rest:
        yield f"\nAlso: {', '.join(rest)}."


def _about(hit: Hit) -> str:
    """ " (12 March 2025, mentioned 3 times)"."""
    when = datetime.fromtimestamp(hit.modified).astimezone() if hit.modified else None
    told = [f"{when.day} {when:%B} {when.year}" if when else "", often(hit)]
    shown_parts = ", ".join(part for part in told if part)
    return f" ({shown_parts})" if shown_parts else ""
