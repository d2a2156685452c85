"""How a question becomes an answer with evidence, without input or output: both front ends drive this one generator.

It yields the calls that workers should make and receives what they answer; a call that fails is thrown in.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import msgspec
from msgspec import Struct

from app.assistant.followup import WITHIN_S, Forms, forms_of
from app.assistant.guard import guarded
from app.assistant.query import is_small_talk, wants_text
from app.assistant.quote import Told, evidence, is_sure, quoted, sentences_of, told_by_tables
from app.assistant.trace import traced
from app.errors import AppError
from app.paths import RESOURCES
from app.settings import (
    ANSWER_LANGUAGE,
    INSTRUCTIONS,
    ONLY_FROM_DOCUMENTS,
    PASSAGES_PER_ANSWER,
    Settings,
)
from app.text.citations import cite, claims, clean, refuses, with_best
from app.text.plain import shown
from app.text.support import ENOUGH, STRICT, by_words
from app.types import (
    ALL_COLLECTIONS,
    Answer,
    AnswerSettings,
    Filter,
    InstalledModel,
    Message,
    Passage,
    Reading,
    Sampling,
    SearchResult,
    Source,
    Support,
)
from app.workers.calls.documents import Ground, Grounded, Mark, Marked, Read, Readings, Search, Searched
from app.workers.calls.engine import Chat, Chatted
from app.workers.message import Data, WorkerRole
from app.workers.protocol import AnyCall

NOT_FOUND = "Not found in your documents."
WITHOUT_DOCUMENTS = "This answer came without your documents: {reason}"
MODEL_ALONE = "Nothing near enough was found in your documents, so this comes from the model alone."
NO_ROOM = "The question leaves no room for your documents beside it. These passages come nearest."
ALONE_NO_ROOM = "The question left no room for your documents beside it, so this comes from the model alone."
REFUSED = "The model found no answer in your documents. These passages come nearest."
QUOTED = "The model's answer is not supported by your documents. These passages come nearest."
UNCHECKED = "The answer could not be checked against your documents. These passages come nearest."
STOPPED = "Stopped before the end."
CUT = "The answer reached the longest allowed length."
NEAREST = 3
READ = 10
"""Passages that the reader looks at (docs/retrieval.md: more cost time and find nothing more)."""
QUOTES = 2
FAR_SHARE = 0.05
"""Passages below this share of the first's score are not shown to the model: they only lead a small one astray."""
SMALL_PARAMETERS = 1_000_000_000
"""Below it a model often copies the right words into a wrong sentence: “leave the 30 days of leave to the employee”."""
CLOSE_SECOND = 0.85
"""A second passage is quoted too where its score is at least this share of the first's."""


class Ask(Struct, frozen=True, kw_only=True):
    """A question with all that its answer depends on."""

    question: str
    conversation: str = ""  # key of the KV cache, one a chat
    history: tuple[Message, ...] = ()
    collections: tuple[int, ...] | None = None  # None asks the model alone; () searches all
    searched: str = ""  # their names, for the record
    attached: int = 0  # the one of `collections` with the files of this chat: they are asked first; 0: there are none
    only_from_documents: bool = True
    instructions: str = ""
    language: str = ""  # "" answers in the language of the question
    passages: int = 6
    filter: Filter = Filter()  # which documents may answer
    sampling: Sampling = Sampling()
    model: str = ""  # its name, for the record
    priority: int = 0  # a person waits for it: before what programs ask
    small: bool = False  # a model whose words count only where every sentence of them is supported


@dataclass(frozen=True)
class Step:
    """A call that a worker should make now; send its result into the generator, or throw what it raised."""

    role: WorkerRole
    call: AnyCall
    written: str = ""  # text that the use case has written since its last step, and that stays
    fraction: float = 0.0  # of the use case, where it knows
    within_s: float = 0.0  # given up as failed after so many seconds, and nothing of it is heard before; 0: never


@dataclass(eq=False)
class Stopped(Exception):
    """Throw this in to end the answer with what has come so far; `note` says why where it was not the user."""

    text: str = ""
    thinking: str = ""
    note: str = STOPPED


Flow = Generator[Step, Data, Answer]


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


def ask_of(settings: Settings, question: str, **more: object) -> Ask:
    """An Ask with the user's settings; `more` sets or replaces its other fields, see also `is_small`."""
    ask = Ask(
        question=question,
        only_from_documents=settings.get(ONLY_FROM_DOCUMENTS),
        instructions=settings.get(INSTRUCTIONS),
        language=settings.get(ANSWER_LANGUAGE),
        passages=settings.get(PASSAGES_PER_ANSWER),
        sampling=settings.sampling(),
    )
    return msgspec.structs.replace(ask, **more)


def is_small(model: InstalledModel) -> bool:
    """Whether a model needs the stricter check; one of unknown size does not."""
    return 0 < model.parameters < SMALL_PARAMETERS


def run(flow: Flow, perform: Callable[[Step], Data]) -> Answer:
    """Drive a flow where a call may block: the command line and the tests do."""
    try:
        step = next(flow)
        while True:
            try:
                data = perform(step)
            except (AppError, Stopped) as error:
                step = flow.throw(error)
            else:
                step = flow.send(data)
    except StopIteration as stop:
        answer: Answer = stop.value
        return answer


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
        temperature=ask.sampling.temperature,
        seed=ask.sampling.seed,
    )
    return traced(guarded(_answer(ask), ask.question), ask.question, settings)


def _answer(ask: Ask) -> Flow:
    if is_small_talk(ask.question):
        ask = msgspec.structs.replace(ask, collections=None, attached=0)
    try:
        found = yield from _search(ask)
    except Stopped as stop:
        return _partial(ask, stop, ())
    if found.result is not None and ask.only_from_documents:
        decided = ask.small and found.read and not wants_text(ask.question)
        if not found.passages or (decided and not found.sure):
            return _not_found(ask, found)
        if decided:
            return (yield from _quoted(ask, found))
    try:
        written = yield Step("engine", _chat(ask, found.passages))
    except Stopped as stop:
        return _partial(ask, stop, found.passages)
    assert isinstance(written, Chatted)
    return (yield from _check(ask, found, written))


def _search(ask: Ask) -> Generator[Step, Data, _Found]:
    """The passages to answer from: of the chat's own files where they hold the answer, else of all that is asked."""
    if ask.collections is None:
        return _Found()
    ask_model = None if ask.small else lambda call: Step("engine", call, within_s=WITHIN_S)
    forms = yield from forms_of(ask.question, ask.history, ask_model)
    if ask.attached:
        own = msgspec.structs.replace(ask, collections=(ask.attached,), filter=Filter())
        found = yield from _search_in(own, forms)
        if found.sure or ask.collections == (ask.attached,):
            return found
    return (yield from _search_in(ask, forms))


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
    readings = yield from _read(query, result.passages)
    sentences = sentences_of(readings or (), result.passages)
    told = told_by_tables(query, result.passages, readings or (), sentences)
    passages = evidence(told, readings or (), result.passages)
    if passages != result.passages:
        result = msgspec.structs.replace(result, passages=(yield from _mark(passages)))
    found = _Found(result, (), sentences, told, readings is not None, [result.note] if result.note else [])
    if result.found or found.sure:
        found.passages = _near(ask, result.passages, found)
    elif not ask.only_from_documents:
        found.notes.append(MODEL_ALONE)
    return found


def _read(question: str, passages: tuple[Passage, ...]) -> Generator[Step, Data, tuple[Reading, ...] | None]:
    """Where the passages answer the question; None where the reader could not say: search alone then decides."""
    if not passages:
        return ()
    try:
        data = yield Step("documents", Read(question=question, passages=passages))
    except AppError:
        return None
    assert isinstance(data, Readings)
    return data.readings


def _mark(passages: tuple[Passage, ...]) -> Generator[Step, Data, tuple[Passage, ...]]:
    """The passages with the pages of what was marked in them, which may not be those they begin on."""
    if not any(passage.page and passage.best for passage in passages):
        return passages
    try:
        data = yield Step("documents", Mark(passages=passages))
    except AppError:
        return passages
    assert isinstance(data, Marked)
    return data.passages


def _placed(sources: tuple[Source, ...]) -> Generator[Step, Data, tuple[Source, ...]]:
    """The sources of an answer that stands, with the pages of what is marked in them; as they are if it is stopped."""
    try:
        marked = yield from _mark(tuple(source.passage for source in sources))
    except Stopped:
        return sources
    return tuple(Source(n=source.n, passage=passage) for source, passage in zip(sources, marked, strict=True))


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
        searched=_names(ask),
        model=ask.model,
        note=" ".join(found.notes),
    )


def _quoted(ask: Ask, found: _Found) -> Generator[Step, Data, Answer]:
    """A cell where a table names what is asked, else the reader's sentence, or two of which one answers."""
    assert found.result is not None
    text, sources, note = quoted(found.told, found.readings, found.result.passages)
    if any(source.passage not in found.result.passages for source in sources):
        marked = yield from _mark(tuple(source.passage for source in sources))
        sources = tuple(Source(n=source.n, passage=each) for source, each in zip(sources, marked, strict=True))
    notes = " ".join(each for each in (*found.notes, note) if each)
    return Answer(text=text, sources=sources, searched=_names(ask), model=ask.model, note=notes)


def _chat(ask: Ask, passages: tuple[Passage, ...]) -> Chat:
    return Chat(
        conversation=ask.conversation,
        question=ask.question,
        history=ask.history,
        passages=passages,
        system=_system(ask, grounded=bool(passages)),
        sampling=ask.sampling,
        grounded=bool(passages),
        priority=ask.priority,
    )


def _system(ask: Ask, *, grounded: bool) -> str:
    """The rules with the user's own wishes after them; "" leaves the rules to the engine."""
    wishes = [ask.instructions.strip(), f"Answer in {ask.language}." if ask.language else ""]
    if not any(wishes):
        return ""
    rules = RESOURCES / "prompts" / ("grounded.txt" if grounded else "plain.txt")
    return "\n".join(part for part in (rules.read_text(encoding="utf-8").strip(), *wishes) if part)


def _check(ask: Ask, found: _Found, written: Chatted) -> Generator[Step, Data, Answer]:
    """Give the model's text the citations that hold; quote the passages where none of it does."""
    notes = [note for note in (*found.notes, written.note, CUT if written.reason == "length" else "") if note]
    base = Answer(
        text=written.text,
        thinking=written.thinking,
        searched=_names(ask),
        model=ask.model,
        stats=written.stats,
        budget=written.budget,
    )
    used = found.passages[: written.passages_used]
    if found.passages and not used:
        return _without_room(ask, base, found.passages, notes)
    if not used:
        return msgspec.structs.replace(base, note=" ".join(notes))
    text = clean(written.text)
    stated = claims(text)
    try:
        support = yield from _ground([claim.text for claim in stated], used)
    except Stopped as stop:
        return _partial(ask, Stopped(written.text, written.thinking, stop.note), used)
    backing = support or [by_words(claim.text, used) for claim in stated]
    cited = cite(text, stated, backing, used, enough=STRICT if ask.small else ENOUGH, question=ask.question)
    if not cited.sources or (ask.small and (cited.unsupported or refuses(text))):
        quoted, sources = _quote(used, ask.question)
        reason = UNCHECKED if support is None else REFUSED if refuses(text) else QUOTED
        return msgspec.structs.replace(base, text=quoted, sources=sources, note=" ".join([*notes, reason]))
    sources = yield from _placed(cited.sources)
    return msgspec.structs.replace(
        base, text=cited.text, sources=sources, unsupported=cited.unsupported, note=" ".join(notes)
    )


def _without_room(ask: Ask, base: Answer, passages: tuple[Passage, ...], notes: list[str]) -> Answer:
    """The prompt held none of the passages, so what the model wrote does not come from the documents."""
    if not ask.only_from_documents:
        return msgspec.structs.replace(base, note=" ".join([*notes, ALONE_NO_ROOM]))
    quoted, sources = _quote(passages, ask.question)
    return msgspec.structs.replace(base, text=quoted, sources=sources, note=" ".join([*notes, NO_ROOM]))


def _ground(stated: list[str], passages: tuple[Passage, ...]) -> Generator[Step, Data, tuple[Support, ...] | None]:
    """The support of each sentence; None where the documents process could not say."""
    if not stated:
        return ()
    try:
        data = yield Step("documents", Ground(sentences=tuple(stated), passages=passages))
    except AppError:
        return None
    assert isinstance(data, Grounded)
    return data.support if len(data.support) == len(stated) else None


def _quote(passages: tuple[Passage, ...], question: str) -> tuple[str, tuple[Source, ...]]:
    """The best sentences of the best passages, word for word: right beats fluent."""
    near = [with_best(each, question) for each in passages if each.score >= passages[0].score * CLOSE_SECOND][:QUOTES]
    lines = [f"> {shown(passage)} [{n}]" for n, passage in enumerate(near, 1)]
    return "\n\n".join(lines), tuple(Source(n=n, passage=passage) for n, passage in enumerate(near, 1))


def _partial(ask: Ask, stop: Stopped, passages: tuple[Passage, ...]) -> Answer:
    """What had come when it was stopped, cited where the words alone are clear: whoever stops will not wait."""
    base = Answer(
        text=stop.text,
        thinking=stop.thinking,
        searched=_names(ask),
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


def _names(ask: Ask) -> str:
    if ask.collections is None:
        return ""
    return ask.searched or ALL_COLLECTIONS
