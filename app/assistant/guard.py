"""What a passage may do to an answer: text that speaks to an assistant is kept from reader and model, and where a newer
version of a document answers too, the older one does not.

It stands round the flow and changes what the workers' answers say to it, so that the flow knows nothing of it. Text
that was left out is blank inside and whole again in the answer, where it is shown and marked.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Protocol, TypeVar

import msgspec

from app.assistant.disagreement import disagreement
from app.assistant.quote import SURE
from app.text.addressed import masked
from app.text.editions import ALIKE, alike
from app.types import Answer, Passage, Reading, SearchResult, Source
from app.workers.calls.documents import Readings, Searched
from app.workers.message import Call, Data

AS_NEAR = 0.6
"""The share of an older version's score from which a passage of the newer one takes its place."""
OTHERWISE = "Another document says something else:"


class _Step(Protocol):
    @property
    def call(self) -> Call: ...


S = TypeVar("S", bound=_Step)


def guarded(steps: Generator[S, Data, Answer], question: str) -> Generator[S, Data, Answer]:
    """The same steps over passages that hold evidence only; the answer says what was left out and who disagrees."""
    found: tuple[Passage, ...] = ()
    safe: tuple[Passage, ...] = ()
    try:
        step = next(steps)
        while True:
            try:
                data = yield step
            except Exception as error:  # noqa: BLE001 - not handled here: the steps hear of it
                step = steps.throw(error)
                continue
            if isinstance(data, Searched):
                found = data.result.passages
                data = Searched(result=_evidence(data.result))
                safe = data.result.passages
            elif isinstance(data, Readings):
                data = msgspec.structs.replace(data, readings=_newest(data.readings, safe))
            step = steps.send(data)
    except StopIteration as end:
        answer: Answer = end.value
        return _whole(_with_other_side(answer, question, safe), found)


def _evidence(result: SearchResult) -> SearchResult:
    """The result without text to an assistant, and newer versions in the place of older ones."""
    passages = [
        msgspec.structs.replace(passage, text=masked(passage.text, passage.flagged)) if passage.flagged else passage
        for passage in result.passages
    ]
    return msgspec.structs.replace(result, passages=tuple(_newer_first(passages)))


def _newer_first(passages: Sequence[Passage]) -> list[Passage]:
    """An older version's passage goes behind the same passage of the newer version, with its place and score."""
    ordered = list(passages)
    for at, old in enumerate(ordered):
        new = next((each for each in ordered[at + 1 :] if _replaces(each, old)), None)
        if new is not None:
            other = ordered.index(new)
            ordered[at] = msgspec.structs.replace(new, score=old.score)
            ordered[other] = msgspec.structs.replace(old, score=new.score)
    return ordered


def _replaces(new: Passage, old: Passage) -> bool:
    if old.newer is None or old.newer.document_id != new.document_id or new.score < AS_NEAR * old.score:
        return False
    return alike(new.text, old.text) >= ALIKE or (bool(new.heading) and new.heading == old.heading)


def _newest(readings: Sequence[Reading], passages: Sequence[Passage]) -> tuple[Reading, ...]:
    """Without those of an older version where the newer one answers as well."""
    sure = {passages[each.n - 1].document_id for each in readings if each.chance >= SURE}
    kept = []
    for each in readings:
        newer = passages[each.n - 1].newer
        if newer is None or newer.document_id not in sure:
            kept.append(each)
    return tuple(kept)


def _with_other_side(answer: Answer, question: str, passages: Sequence[Passage]) -> Answer:
    """Where a passage gives another figure than the answer's own, both are shown."""
    if answer.not_found or answer.stopped or not answer.sources:
        return answer
    found = disagreement(question, answer.sources, passages)
    if found is None:
        return answer
    n, other, said = found
    if known := next((source.n for source in answer.sources if source.passage.id == other.id), 0):
        return msgspec.structs.replace(answer, disagree=(n, known))
    last = max(source.n for source in answer.sources) + 1
    text = f"{answer.text}\n\n{OTHERWISE}\n\n> {said} [{last}]"
    sources = (*answer.sources, Source(n=last, passage=other))
    return msgspec.structs.replace(answer, text=text, sources=sources, disagree=(n, last))


def _whole(answer: Answer, found: Sequence[Passage]) -> Answer:
    """The answer with the passages' whole text, and those that hold text to an assistant."""
    flagged = tuple(passage for passage in found if passage.flagged)
    if not flagged:
        return answer
    texts = {passage.id: passage.text for passage in flagged}

    def whole(passage: Passage) -> Passage:
        return msgspec.structs.replace(passage, text=texts.get(passage.id, passage.text))

    return msgspec.structs.replace(
        answer,
        sources=tuple(Source(n=source.n, passage=whole(source.passage)) for source in answer.sources),
        nearest=tuple(whole(passage) for passage in answer.nearest),
        flagged=flagged,
    )
