"""What a model wrote, held against the passages that it was given: citations that hold, or the passages' own words."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import msgspec

from app.assistant.asking import Ask, Step, Stopped
from app.assistant.lookups import ground, placed
from app.cited import ALL_COLLECTIONS
from app.text.citations import cite, claims, clean, refuses, with_best
from app.text.plain import shown
from app.text.support import ENOUGH, STRICT, by_words
from app.types import Answer, Passage, Source
from app.workers.calls.engine import Chatted
from app.workers.message import Data

NO_ROOM = "The question leaves no room for your documents beside it. These passages come nearest."
ALONE_NO_ROOM = "The question left no room for your documents beside it, so this comes from the model alone."
REFUSED = "The model found no answer in your documents. These passages come nearest."
QUOTED = "The model's answer is not supported by your documents. These passages come nearest."
UNCHECKED = "The answer could not be checked against your documents. These passages come nearest."
CUT = "The answer reached the longest allowed length."
QUOTES = 2
CLOSE_SECOND = 0.85
"""A second passage is quoted too where its score is at least this share of the first's."""


def checked(
    ask: Ask, passages: tuple[Passage, ...], notes: Sequence[str], written: Chatted
) -> Generator[Step, Data, Answer]:
    """Give the model's text the citations that hold; quote the passages where none of it does."""
    said = [note for note in (*notes, written.note, CUT if written.reason == "length" else "") if note]
    base = Answer(
        text=written.text,
        thinking=written.thinking,
        thought_s=round(written.thought_ms / 1000, 1),
        searched=names(ask),
        model=ask.model,
        stats=written.stats,
        budget=written.budget,
    )
    used = passages[: written.passages_used]
    if passages and not used:
        return _without_room(ask, base, passages, said)
    if not used:
        return msgspec.structs.replace(base, note=" ".join(said))
    text = clean(written.text)
    stated = claims(text)
    try:
        support = yield from ground([claim.text for claim in stated], used)
    except Stopped as stop:
        return partial(ask, Stopped(written.text, written.thinking, stop.note), used)
    backing = support or [by_words(claim.text, used) for claim in stated]
    cited = cite(text, stated, backing, used, enough=STRICT if ask.small else ENOUGH, question=ask.question)
    if not cited.sources or (ask.small and (cited.unsupported or refuses(text))):
        quoted, sources = _quote(used, ask.question)
        reason = UNCHECKED if support is None else REFUSED if refuses(text) else QUOTED
        return msgspec.structs.replace(base, text=quoted, sources=sources, note=" ".join([*said, reason]))
    sources = yield from placed(cited.sources)
    return msgspec.structs.replace(
        base, text=cited.text, sources=sources, unsupported=cited.unsupported, note=" ".join(said)
    )


def _without_room(ask: Ask, base: Answer, passages: tuple[Passage, ...], notes: list[str]) -> Answer:
    """The prompt held none of the passages, so what the model wrote does not come from the documents."""
    if not ask.only_from_documents:
        return msgspec.structs.replace(base, note=" ".join([*notes, ALONE_NO_ROOM]))
    quoted, sources = _quote(passages, ask.question)
    return msgspec.structs.replace(base, text=quoted, sources=sources, note=" ".join([*notes, NO_ROOM]))


def _quote(passages: tuple[Passage, ...], question: str) -> tuple[str, tuple[Source, ...]]:
    """The best sentences of the best passages, word for word: right beats fluent."""
    near = [with_best(each, question) for each in passages if each.score >= passages[0].score * CLOSE_SECOND][:QUOTES]
    lines = [f"> {shown(passage)} [{n}]" for n, passage in enumerate(near, 1)]
    return "\n\n".join(lines), tuple(Source(n=n, passage=passage) for n, passage in enumerate(near, 1))


def partial(ask: Ask, stop: Stopped, passages: tuple[Passage, ...]) -> Answer:
    """What had come when it was stopped, cited where the words alone are clear: whoever stops will not wait."""
    base = Answer(
        text=stop.text,
        thinking=stop.thinking,
        searched=names(ask),
        model=ask.model,
        stopped=True,
        note=stop.note,
    )
    if not passages:
        return base
    text = clean(stop.text)
    stated = claims(text)
    backing = [by_words(claim.text, passages) for claim in stated]
    cited = cite(text, stated, backing, passages)
    return msgspec.structs.replace(base, text=cited.text, sources=cited.sources)


def names(ask: Ask) -> str:
    if ask.collections is None:
        return ""
    return ask.searched or ALL_COLLECTIONS
