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
from app.cited import is_by_model
from app.text.addressed import addressed, masked
from app.text.editions import ALIKE, alike
from app.text.support import numbers_of
from app.types import Answer, Passage, Reading, SearchResult, Source
from app.workers.calls.documents import Readings, Searched
from app.workers.message import Call, Data

AS_NEAR = 0.6
"""The share of an older version's score from which a passage of the newer one takes its place."""
NEAR = 0.3
"""The share of the first passage's score from which text in a passage that is not shown is worth a word."""
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
                data = Searched(result=_evidence(data.result, question))
                safe = data.result.passages
            elif isinstance(data, Readings):
                data = msgspec.structs.replace(data, readings=_preferred(data.readings, safe, question))
            step = steps.send(data)
    except StopIteration as end:
        answer: Answer = end.value
        return _whole(_with_other_side(answer, question, safe), found)


def _evidence(result: SearchResult, question: str) -> SearchResult:
    """The result without text to an assistant, and newer versions in the place of older ones."""
    passages = [_safe(passage) for passage in result.passages]
    return msgspec.structs.replace(result, passages=tuple(_real_first(_preferred_first(passages, question))))


def _safe(passage: Passage) -> Passage:
    """Without what speaks to an assistant, in its text, its headings and the name of its file."""
    text = masked(passage.text, passage.flagged)
    heading, header, name = (
        masked(each, addressed(each)) for each in (passage.heading, passage.header, passage.document)
    )
    return msgspec.structs.replace(passage, text=text, heading=heading.strip(), header=header, document=name.strip())


def _preferred_first(passages: Sequence[Passage], question: str) -> list[Passage]:
    """A passage of the version that is not meant goes behind the same passage of the one that is, which gets its place
    and score."""
    ordered = list(passages)
    for at, passage in enumerate(ordered):
        for later in range(at + 1, len(ordered)):
            other = ordered[later]
            near = other.score >= AS_NEAR * passage.score and _same_place(other, passage)
            if near and _meant_instead(passage, other, question):
                ordered[at] = msgspec.structs.replace(other, score=passage.score)
                ordered[later] = msgspec.structs.replace(passage, score=other.score)
                break
    return ordered


def _real_first(passages: Sequence[Passage]) -> list[Passage]:
    """What a model wrote goes behind each passage near the first that none did: it is no evidence above these."""
    least = NEAR * passages[0].score if passages else 0.0
    return sorted(passages, key=lambda each: is_by_model(each) or each.score < least)


def _same_place(passage: Passage, other: Passage) -> bool:
    return alike(passage.text, other.text) >= ALIKE or (bool(passage.heading) and passage.heading == other.heading)


def _meant_instead(passage: Passage, other: Passage, question: str) -> bool:
    """Whether `other` is the version that is meant: the newer one, or the older one that the question names."""
    if passage.newer is not None and passage.newer.document_id == other.document_id:
        return not _names(question, passage, other)
    if other.newer is not None and other.newer.document_id == passage.document_id:
        return _names(question, other, passage)
    return False


def _names(question: str, passage: Passage, other: Passage) -> bool:
    """Whether the question holds a year or a version that only this passage's document has."""
    own = numbers_of(f"{passage.document} {passage.date[:4]}") - numbers_of(f"{other.document} {other.date[:4]}")
    return bool(own & numbers_of(question))


def _preferred(readings: Sequence[Reading], passages: Sequence[Passage], question: str) -> tuple[Reading, ...]:
    """Without those of a version that is not meant, where the one that is meant answers as well."""
    readings = _of_real(readings, passages)
    sure = {passages[each.n - 1].document_id: passages[each.n - 1] for each in readings if each.chance >= SURE}
    kept = [
        each
        for each in readings
        if not any(_meant_instead(passages[each.n - 1], other, question) for other in sure.values())
    ]
    return tuple(kept if sure else _one_version(kept, passages, question))


def _of_real(readings: Sequence[Reading], passages: Sequence[Passage]) -> Sequence[Reading]:
    """Without sentences that a model wrote, where one answers that none did."""
    real = [
        each for each in readings if not is_by_model(msgspec.structs.replace(passages[each.n - 1], best=each.sentence))
    ]
    return real if any(max(each.chance, each.either) >= SURE for each in real) else readings


def _one_version(readings: Sequence[Reading], passages: Sequence[Passage], question: str) -> Sequence[Reading]:
    """Of two sentences that are sure together only, and are the same one in two versions, the one that is meant: both
    would be quoted, and the older figure beside the newer as if either could hold."""
    if len(readings) < 2 or readings[0].either < SURE:
        return readings
    first, second, *rest = readings
    one, other = passages[first.n - 1], passages[second.n - 1]
    said = [passage.text[slice(*each.sentence)] for passage, each in ((one, first), (other, second))]
    if alike(*said) < ALIKE:
        return readings
    if _meant_instead(one, other, question):
        return [msgspec.structs.replace(second, chance=first.either), *rest]
    if _meant_instead(other, one, question):
        return [msgspec.structs.replace(first, chance=first.either), *rest]
    return readings


def _with_other_side(answer: Answer, question: str, passages: Sequence[Passage]) -> Answer:
    """Where a passage gives another figure than the answer's own, both are shown."""
    if answer.not_found or answer.stopped or not answer.sources:
        return answer
    found = disagreement(question, answer.sources, [each for each in passages if not is_by_model(each)])
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
    originals = {passage.id: passage for passage in found}

    def whole(passage: Passage) -> Passage:
        own = originals.get(passage.id, passage)
        return msgspec.structs.replace(
            passage, text=own.text, heading=own.heading, header=own.header, document=own.document
        )

    shown = {source.passage.id for source in answer.sources} | {passage.id for passage in answer.nearest}
    near = tuple(each for each in found if each.flagged and (each.id in shown or each.score >= NEAR * found[0].score))
    return msgspec.structs.replace(
        answer,
        sources=tuple(Source(n=source.n, passage=whole(source.passage)) for source in answer.sources),
        nearest=tuple(whole(passage) for passage in answer.nearest),
        flagged=near,
    )
