"""How a question becomes an answer with evidence, without input or output: all doors drive this one generator."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import msgspec

from app.assistant.asking import Ask, Flow, Step, Stopped
from app.assistant.followup import WITHIN_S, Forms, forms_of
from app.assistant.guard import guarded
from app.assistant.lookups import mark, read
from app.assistant.query import is_small_talk, wants_text
from app.assistant.quote import Told, evidence, is_sure, quoted, sentences_of, told_by_tables
from app.assistant.trace import traced
from app.assistant.written import checked, names, partial
from app.errors import AppError
from app.paths import RESOURCES
from app.types import Answer, AnswerSettings, Filter, Passage, Reading, SearchResult, Source
from app.workers.calls.documents import Search, Searched
from app.workers.calls.engine import Chat, Chatted
from app.workers.message import Data

NOT_FOUND = "Not found in your documents."
WITHOUT_DOCUMENTS = "This answer came without your documents: {reason}"
MODEL_ALONE = "Nothing near enough was found in your documents, so this comes from the model alone."
PICTURED = "This comes from the {0} alone, not from the text of your documents, so nothing in it is cited."
NEAREST = 3
STANDS = "Whatever the wishes above say: answer only from the passages, and cite each sentence as [n]."
"""After a person's or an assistant's instructions, which are about tone and form. The check of what was written does
not read them at all."""
READ = 10
"""Passages that the reader looks at (docs/retrieval.md: more cost time and find nothing more)."""
FAR_SHARE = 0.05
"""Passages below this share of the first's score are not shown to the model: they only lead a small one astray."""


@dataclass
class _Found:
    """What the documents gave, and what to say about it."""

    result: SearchResult | None = None
    passages: tuple[Passage, ...] = ()
    readings: tuple[Reading, ...] = ()  # of the running text of `result.passages`, best first
    told: tuple[Told, ...] = ()  # by tables, where the question names a row
    read: bool = False  # whether the reader could look
    notes: list[str] = field(default_factory=list)

    @property
    def sure(self) -> bool:
        """Whether a cell or a sentence answers the question."""
        return is_sure(self.told, self.readings)


def answer(ask: Ask) -> Flow:
    """Search, read, decide, let the model write, check what it wrote.

    A small model is not asked where the reader decides: the answer is the sentence that holds it, or there is none.
    What was searched and found, and what became of it, is in the answer's `trace`.

    Raises:
        AppError: the engine failed; or the documents did, and the answer may come from nowhere else.
    """
    settings = AnswerSettings(
        only_from_documents=ask.only_from_documents,
        passages=ask.passages,
        temperature=(drawn := ask.exact or ask.sampling).temperature,
        seed=drawn.seed,
    )
    return traced(guarded(_answer(ask), ask.question), ask.question, settings)


def _answer(ask: Ask) -> Flow:
    if is_small_talk(ask.question):
        ask = msgspec.structs.replace(ask, collections=None, attached=0)
    try:
        found = yield from _search(ask)
    except Stopped as stop:
        return partial(ask, stop, ())
    if found.result is not None and ask.only_from_documents:
        decided = ask.small and found.read and not wants_text(ask.question)
        if not found.passages or (decided and not found.sure):
            return _not_found(ask, found)
        if decided:
            return (yield from _quoted(ask, found))
    try:
        written = yield Step("engine", chat_of(ask, found.passages))
    except Stopped as stop:
        return partial(ask, stop, found.passages)
    assert isinstance(written, Chatted)
    return (yield from checked(ask, found.passages, found.notes, written))


def _search(ask: Ask) -> Generator[Step, Data, _Found]:
    """The passages to answer from: of the chat's own files where they hold the answer, else of all that is asked."""
    if ask.collections is None:
        return _Found(notes=[_pictured(ask)] if ask.pictures else [])
    ask_model = None if ask.small else lambda call: Step("engine", call, within_s=WITHIN_S)
    forms = yield from forms_of(ask.question, ask.history, ask_model)
    if ask.attached:
        own = msgspec.structs.replace(ask, collections=(ask.attached,), filter=Filter())
        found = yield from _search_in(own, forms)
        if found.sure or ask.collections == (ask.attached,):
            return found
    return (yield from _search_in(ask, forms))


def _pictured(ask: Ask) -> str:
    return PICTURED.format("pictures" if len(ask.pictures) > 1 else "picture")


def _search_in(ask: Ask, forms: Forms) -> Generator[Step, Data, _Found]:
    """The passages of the question's collections; without documents a note, unless they alone may answer."""
    assert ask.collections is not None
    call = Search(
        query=(query := forms.query),
        also=forms.also,
        collections=ask.collections,
        k=max(ask.passages, READ),
        trace=True,
        filter=ask.filter,
    )
    try:
        data = yield Step("documents", call)
    except AppError as error:
        if ask.only_from_documents:
            raise
        return _Found(notes=[WITHOUT_DOCUMENTS.format(reason=error.message)])
    assert isinstance(data, Searched)
    result = data.result
    readings = yield from read(query, result.passages)
    sentences = sentences_of(readings or (), result.passages)
    told = told_by_tables(query, result.passages, readings or (), sentences)
    passages = evidence(told, readings or (), result.passages)
    if passages != result.passages:
        result = msgspec.structs.replace(result, passages=(yield from mark(passages)))
    found = _Found(result, (), sentences, told, readings is not None, [result.note] if result.note else [])
    if result.found or found.sure:
        found.passages = _near(ask, result.passages, found)
    elif not ask.only_from_documents:
        found.notes.append(MODEL_ALONE)
    return found


def _near(ask: Ask, passages: tuple[Passage, ...], found: _Found) -> tuple[Passage, ...]:
    """The passages to answer from: the one with the answer first, far ones left out."""
    near = [passage for passage in passages if passage.score >= passages[0].score * FAR_SHARE]
    if found.sure:
        first = passages[(found.told or found.readings)[0].n - 1]
        near = [first, *(passage for passage in near if passage.id != first.id)]
    return tuple(near[: ask.passages])


def _not_found(ask: Ask, found: _Found) -> Answer:
    assert found.result is not None
    return Answer(
        text=NOT_FOUND,
        not_found=True,
        nearest=found.result.passages[:NEAREST],
        searched=names(ask),
        model=ask.model,
        note=" ".join(found.notes),
    )


def _quoted(ask: Ask, found: _Found) -> Generator[Step, Data, Answer]:
    """A cell where a table names what is asked, else the reader's sentence, or two of which one answers."""
    assert found.result is not None
    text, sources, note = quoted(found.told, found.readings, found.result.passages)
    if any(source.passage not in found.result.passages for source in sources):
        marked = yield from mark(tuple(source.passage for source in sources))
        sources = tuple(Source(n=source.n, passage=each) for source, each in zip(sources, marked, strict=True))
    notes = " ".join(each for each in (*found.notes, note) if each)
    return Answer(text=text, sources=sources, searched=names(ask), model=ask.model, note=notes)


def chat_of(ask: Ask, passages: tuple[Passage, ...] = ()) -> Chat:
    """What the model is asked, with these passages to answer from."""
    return Chat(
        conversation=ask.conversation,
        question=ask.question,
        history=ask.history,
        passages=passages,
        system=_system(ask, grounded=bool(passages)),
        sampling=(ask.exact if passages else None) or ask.sampling,
        logprobs=ask.shares,
        grounded=bool(passages),
        priority=ask.priority,
        keep=ask.keep,
        pictures=ask.pictures,
    )


def _system(ask: Ask, *, grounded: bool) -> str:
    """The rules with the user's own wishes after them; "" leaves the rules to the engine."""
    wishes = [ask.instructions.strip(), f"Answer in {ask.language}." if ask.language else ""]
    if not any(wishes):
        return ""
    rules = RESOURCES / "prompts" / ("grounded.txt" if grounded else "plain.txt")
    last = STANDS if grounded and wishes[0] else ""
    return "\n".join(part for part in (rules.read_text(encoding="utf-8").strip(), *wishes, last) if part)
