"""How an answer came about, in words: for the panel "Why this answer?", its Copy button, the terminal and programs."""

from __future__ import annotations

from typing import Any

import msgspec

from app.assistant.notices import notices
from app.text.find.plan import Plan, conditions
from app.types import Answer, LookedAt, Outcome, Rewriter, Trace

OUTCOMES: dict[Outcome, str] = {
    "used": "Used in the answer",
    "older": "Older version of source {n}",
    "same": "Says the same as source {n}",
    "no_room": "Did not fit beside the question",
    "unneeded": "Read, but no sentence of the answer needs it",
    "no_answer": "Read, but it does not answer the question",
    "far": "Too far from the question",
    "weaker": "Not read: other passages come nearer",
}
LEFT_OUT = "Text in it that speaks to an AI assistant was left out"
REWRITERS: dict[Rewriter, str] = {
    "": "",
    "rule": "With words from before",
    "model": "Rewritten by the model",
}
REMOVED = "A document that was removed"
MEDIUM, STRONG = 1 / 3, 2 / 3
"""From these on a match is called so: thirds of the scale."""
THOUSAND = 1024
"""Tokens of context are counted as memory is: 8k are 8192."""


def strength(share: float) -> str:
    """What a match from 0 to 1 is called."""
    return "Strong" if share >= STRONG else "Medium" if share >= MEDIUM else "Weak"


def outcome(looked: LookedAt) -> str:
    """What became of a passage."""
    said = OUTCOMES[looked.outcome].format(n=looked.source)
    return f"{said}. {LEFT_OUT}" if looked.flagged else said


def place(looked: LookedAt) -> str:
    """ "Travel-Policy-2026.pdf, page 8"."""
    return (looked.document or REMOVED) + (f", page {looked.page}" if looked.page is not None else "")


def used(trace: Trace) -> list[LookedAt]:
    """The passages that the answer cites, by their numbers."""
    return sorted((each for each in trace.looked_at if each.outcome == "used"), key=lambda each: each.source)


def passed_over(trace: Trace) -> list[LookedAt]:
    """The others: what was read before what was not, else best first."""
    rest = [each for each in trace.looked_at if each.outcome != "used"]
    return sorted(rest, key=lambda each: each.outcome in ("far", "weaker"))


def searched(trace: Trace) -> list[str]:
    """The forms that the question was searched in; of one that nobody typed by whom it was made."""
    by = REWRITERS[trace.rewritten_by]
    forms = (trace.searched_as, *trace.searched_also)
    return [form if form == trace.asked or not by else f"{by}: {form}" for form in forms]


def extent(answer: Answer, trace: Trace) -> str:
    """ "Travel & HR, 21 documents"."""
    return f"{answer.searched}, {trace.documents:,} {'document' if trace.documents == 1 else 'documents'}"


def only(trace: Trace) -> str:
    """ "kind: pdf · from 2025 (understood from your question)"; "" where all of it was searched."""
    named = {each.document_id: each.document or REMOVED for each in trace.looked_at}
    names = [named[id_] for id_ in trace.filter.documents if id_ in named]
    known = names if len(names) == len(trace.filter.documents) else ()
    told = " · ".join(each.words for each in conditions(Plan(filter=trace.filter), known))
    return f"{told} (understood from your question)" if told and trace.understood else told


def funnel(trace: Trace) -> list[tuple[int, str]]:
    """How many passages came how far."""
    return [
        (trace.passages, "passages" if trace.passages != 1 else "passage"),
        (len(trace.looked_at), "looked at"),
        (trace.read, "read"),
        (trace.used, "used"),
    ]


def verdict(answer: Answer, trace: Trace) -> str:
    """What the check of the model's statements came to."""
    if trace.wording == "none":
        return "No passage answers the question, so nothing was written"
    if trace.wording == "documents" and model_was_asked(trace):
        return "The model's own words did not hold, so the passages are quoted instead"
    if trace.wording == "documents":
        return "Word for word from your documents, the model added nothing"
    if not trace.statements:
        return "The answer states nothing that passages could say"
    verb = "statement is" if trace.statements == 1 else "statements are"
    return f"{trace.statements - len(answer.unsupported)} of {trace.statements} {verb} in a passage"


def held(answer: Answer, trace: Trace) -> bool:
    """Whether the check found something of the answer in the passages."""
    return trace.wording == "documents" or trace.statements > len(answer.unsupported)


def model_was_asked(trace: Trace) -> bool:
    """Whether the model wrote something for this answer, kept or not."""
    return trace.wording == "model" or trace.settings.context > 0


def model(answer: Answer, trace: Trace) -> str:
    """Its name, and whether it wrote at all."""
    name = answer.model or "The model"
    return name if model_was_asked(trace) else f"{name}, not asked for this answer"


def reader(trace: Trace) -> list[str]:
    """ "Read by Inhouse’s own reader", where a reader weighed the sentences."""
    return [f"Read by {trace.reader}"] if trace.reader else []


def settings(trace: Trace) -> list[str]:
    """Two lines: what it may answer from, and how it draws its words."""
    kept = trace.settings
    source = "Only from documents" if kept.only_from_documents else "Also without documents"
    seed = "random seed" if kept.seed is None else f"seed {kept.seed}"
    drawn = f"temperature {kept.temperature:.2f}, {seed}"
    context = f"Context {kept.context / THOUSAND:g}k, " if kept.context else ""
    first = f"{source}, {kept.passages} {'passage' if kept.passages == 1 else 'passages'}"
    return [first, context + drawn if context else drawn[:1].upper() + drawn[1:]]


def times(trace: Trace) -> list[tuple[str, float]]:
    """The steps in their order with their milliseconds; those that were not needed are left out."""
    steps = [
        ("Rewriting", trace.rewrite_ms),
        ("Searching", trace.search_ms),
        ("Reading", trace.read_ms),
        ("Writing", trace.write_ms),
        ("Checking", trace.check_ms),
    ]
    return [(name, ms) for name, ms in steps if ms]


def seconds(ms: float) -> str:
    """ "0.3 s"; what is shorter than it could say, in milliseconds."""
    return f"{ms / 1000:.1f} s" if ms >= 50 else f"{ms:.0f} ms"


def report(answer: Answer) -> str:
    """All of it as plain text, with the raw scores; "" of an answer without a trace."""
    trace = answer.trace
    if trace is None:
        return ""
    taken, rest, steps = used(trace), passed_over(trace), times(trace)
    parts = [
        (
            f"What was searched: {extent(answer, trace)}",
            [
                f"You asked: {trace.asked}",
                *(f"Searched as: {form}" for form in searched(trace)),
                *([f"Narrowed to: {only(trace)}"] if only(trace) else []),
                ", ".join(f"{count:,} {name}" for count, name in funnel(trace)),
            ],
        ),
        ("Used in the answer", [_used_line(each) for each in taken]),
        ("Looked at, not used", [f"{place(each)}: {outcome(each)} ({_scores(each)})" for each in rest]),
        (
            "Check against the passages",
            [verdict(answer, trace), *(f"In no passage, the model added it: “{each}”" for each in answer.unsupported)],
        ),
        ("About these documents", [notice.text for notice in notices(answer)]),
        ("Model and settings", [model(answer, trace), *reader(trace), *settings(trace)]),
        (f"Time: {seconds(sum(ms for _, ms in steps))}", [f"{name}: {seconds(ms)}" for name, ms in steps]),
    ]
    return "\n\n".join("\n".join([title, *(f"  {line}" for line in lines)]) for title, lines in parts if lines)


def as_json(trace: Trace) -> dict[str, Any]:
    """All of it for programs; every field stands there, also where it is empty."""
    looked_at = [msgspec.structs.asdict(each) for each in trace.looked_at]
    return {
        **msgspec.structs.asdict(trace),
        "used": trace.used,
        "looked_at": looked_at,
        "filter": msgspec.structs.asdict(trace.filter),
        "settings": msgspec.structs.asdict(trace.settings),
    }


def _used_line(looked: LookedAt) -> str:
    line = f"[{looked.source}] {place(looked)}: {_scores(looked)}"
    return f"{line}. {LEFT_OUT}" if looked.flagged else line


def _scores(looked: LookedAt) -> str:
    read = "" if looked.chance is None else f", answers it {looked.chance:.2f}"
    return f"words {looked.words:.2f}, meaning {looked.meaning:.2f}{read}"
