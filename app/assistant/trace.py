"""Why this answer: notes what the workers say while an answer is made, and what became of each passage.

It stands round the flow and sees its steps go by, so that the flow itself knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import msgspec

from app.assistant.followup import written_in
from app.assistant.quote import SURE
from app.text.citations import clean
from app.text.editions import is_older
from app.text.plain import shown
from app.text.support import STRICT, holds, language_of
from app.types import Answer, AnswerSettings, Candidate, LookedAt, Outcome, Passage, Rewriter, Source, Stats, Trace
from app.workers.calls.documents import Ground, Grounded, Read, Readings, Search, Searched
from app.workers.calls.engine import Chat, Chatted, Completed
from app.workers.message import Call, Data

FAR = 0.1
"""Below this in words and in meaning a passage has hardly anything to do with the question."""


class _Step(Protocol):
    @property
    def call(self) -> Call: ...


S = TypeVar("S", bound=_Step)


@dataclass
class _Seen:
    """What was asked of the workers and what they answered; None where it did not come to that, or failed."""

    completed: Completed | None = None
    search: Search | None = None
    searched: Searched | None = None
    read: Read | None = None
    readings: Readings | None = None
    chat: Chat | None = None
    chatted: Chatted | None = None
    ground: Ground | None = None
    grounded: Grounded | None = None

    def note(self, message: Call | Data) -> None:
        """Keep a call or its answer under the name of its kind."""
        for kind in (Completed, Search, Searched, Read, Readings, Chat, Chatted, Ground, Grounded):
            if isinstance(message, kind):
                setattr(self, kind.__name__.lower(), message)


def traced(steps: Generator[S, Data, Answer], asked: str, settings: AnswerSettings) -> Generator[S, Data, Answer]:
    """The same steps; their answer says how it came about where documents were searched."""
    seen = _Seen()
    try:
        step = next(steps)
        while True:
            seen.note(step.call)
            try:
                data = yield step
            except Exception as error:  # noqa: BLE001 - not handled here: the steps hear of it
                step = steps.throw(error)
            else:
                seen.note(data)
                step = steps.send(data)
    except StopIteration as end:
        answer: Answer = end.value
        return msgspec.structs.replace(answer, trace=_trace(answer, asked, settings, seen))


def _trace(answer: Answer, asked: str, settings: AnswerSettings, seen: _Seen) -> Trace | None:
    if seen.search is None or seen.searched is None or seen.searched.result.trace is None:
        return None
    result, found = seen.searched.result, seen.searched.result.trace
    fates = _Fates(answer.sources, result.passages, seen)
    looked_at = tuple(fates.of(candidate) for candidate in found.candidates)
    stats = seen.chatted.stats if seen.chatted else None
    rewrite = seen.completed.stats if seen.completed else None
    budget = seen.chatted.budget if seen.chatted else None
    return Trace(
        asked=asked,
        searched_as=seen.search.query,
        searched_also=seen.search.also,
        rewritten_by=_rewriter(seen),
        documents=found.documents,
        passages=found.passages,
        filter=found.filter,
        understood=found.filter.asks and not seen.search.filter.asks,
        looked_at=looked_at,
        read=sum(each.passage_id in fates.read for each in looked_at),
        reader=seen.readings.reader if seen.readings else "",
        wording=_wording(answer, seen),
        statements=len(seen.ground.sentences) if seen.ground else 0,
        rewrite_ms=round(rewrite.first_token_ms + _writing_ms(rewrite), 1) if rewrite else 0.0,
        search_ms=round(result.elapsed_ms, 1),
        read_ms=round(
            (seen.readings.elapsed_ms if seen.readings else 0.0) + (stats.first_token_ms if stats else 0.0), 1
        ),
        write_ms=round(_writing_ms(stats), 1) if stats else 0.0,
        check_ms=round(seen.grounded.elapsed_ms, 1) if seen.grounded else 0.0,
        settings=msgspec.structs.replace(settings, context=budget.context if budget else 0),
    )


def _writing_ms(stats: Stats) -> float:
    """After the first token."""
    return max(stats.completion_tokens - 1, 0) / stats.tokens_per_s * 1000 if stats.tokens_per_s else 0.0


def _rewriter(seen: _Seen) -> Rewriter:
    assert seen.search is not None
    if seen.completed is not None and written_in(seen.completed) == seen.search.query:
        return "model"
    return "rule" if seen.search.also else ""


def _wording(answer: Answer, seen: _Seen) -> Literal["model", "documents", "none"]:
    if answer.not_found:
        return "none"
    if seen.chat is None:
        return "documents"
    same = seen.chatted is None or clean(answer.text).startswith(clean(seen.chatted.text))
    return "model" if same else "documents"


class _Fates:
    """What became of each passage."""

    def __init__(self, sources: Sequence[Source], passages: Sequence[Passage], seen: _Seen) -> None:
        self._sources = sources
        self._passages = {passage.id: passage for passage in passages}
        given = [passage.id for passage in seen.chat.passages] if seen.chat else []
        fitted = seen.chatted.passages_used if seen.chatted else len(given)
        self._shown, self._no_room = set(given[:fitted]), set(given[fitted:])
        self._chances: dict[int, float] = {}
        if seen.read and seen.readings:
            self._chances = dict.fromkeys((passage.id for passage in seen.read.passages), 0.0)
            for reading in seen.readings.readings:
                id_ = seen.read.passages[reading.n - 1].id
                self._chances[id_] = max(self._chances[id_], reading.chance)
        self.read = self._shown | self._chances.keys()

    def of(self, candidate: Candidate) -> LookedAt:
        """The candidate with its outcome, and the source that this is about."""
        outcome, source = self._outcome(candidate)
        return LookedAt(
            passage_id=candidate.passage_id,
            document_id=candidate.document_id,
            document=candidate.document,
            page=candidate.page,
            words=min(candidate.share, 1.0),
            meaning=candidate.meaning,
            chance=self._chances.get(candidate.passage_id),
            flagged=len(passage.flagged) if (passage := self._passages.get(candidate.passage_id)) else 0,
            outcome=outcome,
            source=source,
        )

    def _outcome(self, candidate: Candidate) -> tuple[Outcome, int]:
        id_ = candidate.passage_id
        for source in self._sources:
            if source.passage.id == id_:
                return "used", source.n
        passage = self._passages.get(id_)
        newer = passage.newer.document_id if passage and passage.newer else 0
        for source in self._sources:
            if source.passage.document_id == newer:
                return "older", source.n
        if id_ not in self.read:
            far = candidate.share < FAR and candidate.meaning < FAR
            return ("no_room" if id_ in self._no_room else "far" if far else "weaker"), 0
        passage = self._passages[id_]
        for source in self._sources:
            if is_older(passage.document, source.passage.document):
                return "older", source.n
        for source in self._sources:
            if _says_the_same(source.passage, passage):
                return "same", source.n
        if id_ in self._no_room:
            return "no_room", 0
        return ("unneeded" if id_ in self._shown or self._chances[id_] >= SURE else "no_answer"), 0


def _says_the_same(source: Passage, other: Passage) -> bool:
    """Whether the sentence that a source is cited for stands in another passage too."""
    if source.best is None:
        return False
    sentence = shown(source)
    language = language_of(sentence)
    return bool(language) and language == language_of(other.text) and holds(sentence, other, STRICT)
